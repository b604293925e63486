"""Between the retrain button and the training: the dialog that says what it means, and how long trainings took here."""

from __future__ import annotations

import math
from typing import Any

from .bridge import words_of
from .qt import QTimer
from .views.retrain import RetrainDialog

WARM_AFTER = 20
"""Grades after which a training is likely soon: the model is loaded where it runs, so that a quick one need not wait for that."""
SOON_MS = 300
"""Grades that come while the dialog is open are counted so long after: not at every key of a fast grader."""


class Retraining:
    """Asks the workbench what a training would do, and remembers what trainings took; `window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        self._window = window
        self._asked: tuple[str, dict[str, Any]] = ("", {})
        self._found: Any = None
        self._begun: Any = None
        self._grades = 0
        self._job: Any = None
        self._soon = QTimer(window, singleShot=True, interval=SOON_MS)
        self._soon.timeout.connect(self._count)
        self.dialog: RetrainDialog | None = None
        self.last = ""

    def ask(self, backend: str, values: dict[str, Any]) -> None:
        """Open the dialog on a training with these settings; asked again for the same while it is open, begin."""
        window = self._window
        if self.dialog is not None and self.dialog.isVisible() and self._asked == (backend, values):
            self.dialog.start.click()
            return
        if self.dialog is None:
            self.dialog = RetrainDialog(window)
            self.dialog.begun.connect(self._begin)
            self.dialog.resumed.connect(window.learning.resume)
            self.dialog.settings_asked.connect(window.learning.show_models)
            self.dialog.finished.connect(lambda _: window.stage.take_focus())
        self._asked, self._found = (backend, values), None
        self.dialog.ask(window.panel.title, self.last)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()
        self._count()
        self._warm_up()

    def _warm_up(self) -> None:
        """Whatever goes wrong is said by the training itself, if one comes."""
        self._window.bridge.when_done(self._window.workbench.warm_up(), lambda _: None, lambda _: None)

    def on_changed(self, changes: Any) -> None:
        """Grades come in: enough of them make a training likely; while the dialog is open it counts them."""
        if changes.labels:
            before, self._grades = self._grades, self._grades + len(changes.labels)
            if before < WARM_AFTER <= self._grades:
                self._warm_up()
        if self.dialog is not None and self.dialog.isVisible() and (changes.labels or changes.models):
            self._soon.start()

    def _count(self) -> None:
        if self._job is not None:
            self._job.cancel()
        job = self._job = self._window.workbench.prospect(self._asked[0])

        def counted(found: Any) -> None:
            if self._job is job and self.dialog is not None:
                self._found = found
                backend, values = self._asked
                past = self._past(self._key(backend, values, found, False))
                quick = self._past(self._key(backend, {}, found, True))
                self.dialog.show_prospect(found, _guess(past, found), len(past), _guess(quick, found))

        def failed(error: BaseException) -> None:
            if self._job is job and self.dialog is not None:
                self.dialog.show_problem(words_of(error))

        self._window.bridge.when_done(job, counted, failed)

    def _begin(self, quick: bool) -> None:
        self._begun = self._found
        if quick:
            self._window.learning.tune()
        else:
            self._window.learning.start_training(*self._asked)

    # -- how long it takes

    def timed(self, backend: str, values: dict[str, Any], quick: bool, report: Any) -> None:
        """A training ended: what it took is remembered for the next guess."""
        from astrolens_gui.core.learn.pace import noted

        found, self._begun, self._grades = self._begun, None, 0
        seconds = float(getattr(report, "seconds", 0.0))
        window = self._window

        def note(found: Any) -> None:
            if found.labels:
                key = self._key(backend, values, found, quick)
                pace = dict(window.workbench.settings["pace"])
                window.workbench.settings.set("pace", {**pace, key: noted(self._past(key), found.labels, seconds)})

        if not seconds:
            return
        if found is not None:
            note(found)
        else:  # begun without the dialog
            window.bridge.when_done(window.workbench.prospect(backend), note, lambda _: None)

    def _key(self, backend: str, values: dict[str, Any], found: Any, quick: bool) -> str:
        """Trainings that take alike: the same backend and settings, from the start or going on."""
        if quick:
            return f"{backend} quick"
        settings = ",".join(f"{name}={values[name]}" for name in sorted(values))
        return f"{backend} {'on' if found.goes_on else 'anew'} {settings}"

    def _past(self, key: str) -> list[tuple[int, float]]:
        return [tuple(one) for one in self._window.workbench.settings["pace"].get(key, [])]


def _guess(past: list[tuple[int, float]], found: Any) -> float:
    from astrolens_gui.core.learn.pace import guess

    return guess(past, found.labels) if past else math.nan
