"""The list of models as the window follows it: keeps it fresh, and goes back to a model at a click; judges none."""

from __future__ import annotations

from functools import partial
from typing import Any

from astrolens_gui.workbench.lineage import before

from .bridge import words_of
from .qt import QTimer
from .versing import VersusCommands

FRESH_MS = 300


class Ancestry:
    """Fills `views.lineage`; `window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        self._window = window
        self._stale = True
        self.view: Any = None
        self.versus = VersusCommands(window)

    def build(self, view: Any) -> None:
        """Follow the project from now on; once the docks are there."""
        window = self._window
        self.view = view
        view.use_asked.connect(self.use)
        view.compare_asked.connect(self.versus.compare)
        self._soon = QTimer(window, singleShot=True, interval=FRESH_MS)
        self._soon.timeout.connect(self._refresh)
        window.bridge.changed.connect(self._on_changed)
        window.session.opened.connect(lambda _: self._turn())
        window.session.closed.connect(self._turn)
        window.docks["models"].visibilityChanged.connect(lambda _: self._soon.start())

    def use(self, model: str) -> None:
        """Go back (or forward) to a model: the queue is in its order at once; what it has not scored follows."""
        window = self._window
        job = window.workbench.set_champion(model)
        window.bridge.when_done(job, partial(self._used, model), self._failed)

    def back(self) -> None:
        """Use the model that the one in use took the place of."""

        def found(models: list[Any]) -> None:
            if former := before(models):
                self.use(former)
            else:
                self._window.say("There is no model before the one in use.")

        self._window.bridge.when_done(self._window.workbench.lineage(), found, self._failed)

    def _used(self, model: str, _: Any) -> None:
        window = self._window
        window.say(f"{model} is in use; the queue follows it")
        window.bridge.when_done(window.workbench.unscored(), self._score_rest, self._failed)

    def _score_rest(self, ids: list[int]) -> None:
        if ids:
            self._window.learning.score_rest(ids)

    def _failed(self, error: BaseException) -> None:
        self._window.fail(words_of(error))

    def _turn(self) -> None:
        """Another project, or none."""
        self.view.show_models([])
        self._stale = True
        self._soon.start()

    def _on_changed(self, changes: Any) -> None:
        if changes.models:
            self._stale = True
            self._soon.start()

    def _refresh(self) -> None:
        window = self._window
        if self._stale and window.session.is_open and self.view.isVisible():
            self._stale = False
            window.bridge.when_done(window.workbench.lineage(), self.view.show_models, self._failed)
