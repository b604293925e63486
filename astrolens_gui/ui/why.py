"""Asking the model why, as the actions call it; shows nothing of an object that is not graded yet, as the score is not shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .bridge import is_cancelled, words_of
from .qt import QApplication, QTimer, QtWidgets, QWidget

REST_MS = 150
"""A map that takes a while is asked for once the person stays at an object so long."""

HIDDEN = "Why: hidden until graded"


class WhyCommands:
    """One method per action of its section; `window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        self._window = window
        self.what = ""
        self.panel: Any = None
        self.layer: Any = None
        self._map_job: Any = None
        self._test_job: Any = None
        self._flips_job: Any = None
        self._examined: dict[int, Any] = {}
        self._explained: Any = None
        self._was_hidden = True

    def build(self) -> QWidget:
        """The panel of the Why dock and the layer on the image; made once the stage is built."""
        from .views.why_layer import WhyLayer
        from .views.why_panel import WhyPanel

        window = self._window
        self._image = window.stage.image
        self.layer = WhyLayer(window)
        self._image.canvas.add_layer(self.layer)
        self.panel = WhyPanel(window.action_set)
        self._soon = QTimer(window, singleShot=True, interval=REST_MS)
        self._soon.timeout.connect(self._ask)
        self.panel.chosen.connect(self.choose)
        self.panel.tested.connect(self.test_verdict)
        self.panel.cancelled.connect(lambda: self._test_job is not None and self._test_job.cancel())
        flips = self.panel.flips
        flips.asked.connect(self.flip_graded)
        flips.cancelled.connect(lambda: self._flips_job is not None and self._flips_job.cancel())
        flips.picked.connect(self._show_object)
        flips.copied.connect(self._copy_flips)
        flips.saved.connect(self._save_flips)
        self._image.shown.connect(self._on_shown)
        window.current.object_changed.connect(lambda _: self._on_object())
        window.current.blind_changed.connect(lambda _: self._follow())
        window.queue.dataChanged.connect(lambda *_: self._on_grades())
        window.queue.reranked.connect(self._on_grades)
        window.session.closed.connect(self._on_project)
        window.session.opened.connect(lambda _: self._on_project())
        window.bridge.changed.connect(self._on_changed)
        window.bridge.job.connect(self._on_job)
        self._follow()
        return self.panel

    # -- actions

    def next_map(self) -> None:
        """Off, then each map that there is, then off again."""
        there = [what for what, button in self.panel.buttons.items() if button.isEnabled()]
        at = there.index(self.what) if self.what in there else 0
        self.choose(there[(at + 1) % len(there)])
        title = self.panel.buttons[self.what].text()
        self._window.say(f"Why: {title}" if self.what else "Why: no map over the image")

    def choose(self, what: str) -> None:
        """Have this map over the images from now on; "" none."""
        self.what = what
        self.panel.mark(what)
        self._explained = None
        self._follow()

    def test_verdict(self) -> None:
        window, target = self._window, self._window.current.object_id
        window.show_dock("why")
        if target < 0:
            window.say("There is no object to ask about")
            return
        if self.is_hidden:
            window.say("The verdict is hidden until the object is graded; M shows it now")
            return
        if self._test_job is not None:
            window.say("The verdict is being tested already")
            return

        def done(found: Any) -> None:
            self._examined[target] = found
            self._ended_test()
            if target == window.current.object_id:
                self._follow()

        def failed(error: BaseException) -> None:
            self._ended_test()
            if target == window.current.object_id:
                self._failed(error)

        self.panel.show_busy(0.0)
        self._test_job = window.workbench.examine(target)
        window.bridge.when_done(self._test_job, done, failed)

    def flip_graded(self) -> None:
        window, flips = self._window, self.panel.flips
        window.show_dock("why")
        if self._flips_job is not None:
            window.say("The verdicts are being tested already")
            return

        def done(found: Any) -> None:
            self._flips_job = None
            flips.show_busy(None)
            flips.show_flips(found)

        def failed(error: BaseException) -> None:
            self._flips_job = None
            flips.show_busy(None)
            flips.say(
                "Cancelled." if is_cancelled(error) else words_of(error), "muted" if is_cancelled(error) else "bad"
            )

        flips.show_busy(0.0)
        self._flips_job = window.workbench.flips()
        window.bridge.when_done(self._flips_job, done, failed)

    def show_why(self) -> None:
        self._window.show_dock("why")

    # -- what may be shown

    @property
    def is_hidden(self) -> bool:
        """The same rule as the score's: nothing of the model before the grade, unless the person asked for it."""
        window = self._window
        return bool(window.current.blind and not window.queue.grade_of(window.current.object_id))

    def _on_object(self) -> None:
        self._explained = None
        for job in (self._map_job, self._test_job):
            if job is not None:
                job.cancel()
        self._follow()

    def _follow(self) -> None:
        """The object, its grade or the wish has changed: show what may be shown, ask for what is missing."""
        target = self._window.current.object_id
        self._soon.stop()
        self._was_hidden = self.is_hidden
        if target < 0:
            self.layer.say("")
            self.panel.clear(_empty())
            return
        if self.is_hidden:
            self.layer.say(HIDDEN if self.what else "")
            self.panel.clear(_hidden())
            return
        if self._explained is None and target not in self._examined:
            self.panel.clear(_empty())
        if (found := self._examined.get(target)) is not None:
            frame = self._image.frame
            self.panel.say("")
            self.panel.show_examination(found, frame.image.band if frame is not None else "")
        if not self.what:
            self.layer.say("")
        elif self._explained is not None:
            self._draw()
        else:
            self.layer.say("Why: asking the model …")
            self._soon.start(0 if self.what == "gradcam" else REST_MS)

    def _ask(self) -> None:
        window, target, what = self._window, self._window.current.object_id, self.what
        if self._map_job is not None:
            self._map_job.cancel()

        def is_wanted() -> bool:
            return self._map_job is job and target == window.current.object_id and what == self.what

        def done(found: Any) -> None:
            if is_wanted() and not self.is_hidden:
                self._explained = found
                self.panel.show_asked(found.asked)
                self.panel.say(found.note)
                self._draw()

        def failed(error: BaseException) -> None:
            if is_wanted() and not is_cancelled(error):
                self.layer.say("Why: no map; the Why dock says why")
                self._failed(error)

        job = self._map_job = window.workbench.explain(target, what)
        window.bridge.when_done(job, done, failed)

    def _draw(self) -> None:
        """Lay the map over the band that is shown: the model sees the middle of each band, at its own pixel scale."""
        from astrolens_gui.core.images.geometry import Affine
        from astrolens_gui.workbench.why import corner

        frame, found = self._image.frame, self._explained
        if frame is None or found is None or frame.image.object_id != found.asked.object_id:
            return
        shape, size = frame.image.raster.shape, found.map.shape[0]
        ratio = (found.asked.pixel_scale or 1.0) / (frame.image.pixel_scale or found.asked.pixel_scale or 1.0)
        if frame.image.band in found.asked.bands or (min(shape) >= size and abs(ratio - 1) < 0.05):
            x, y = corner(shape, size)
            place = Affine(1, 0, x, 0, 1, y)
        else:  # a band that the model does not eat, on other pixels: about the same middle
            middle = (size - 1) / 2
            x, y = ((side - 1) / 2 - ratio * middle for side in shape[::-1])
            place = Affine(ratio, 0, x, 0, ratio, y)
        self.layer.show(found, place)

    def _on_shown(self, frame: Any) -> None:
        if frame is not None and self._explained is not None and self.what and not self.is_hidden:
            self._draw()

    # -- what happens elsewhere

    def _on_changed(self, changes: Any) -> None:
        """Another champion, other images: answers of before are not shown again."""
        if changes.models or changes.objects or changes.project:
            self._examined.clear()
            self._explained = None
            self._follow()

    def _on_grades(self) -> None:
        """The queue has other grades: what was hidden may be shown, or the other way round."""
        if self.is_hidden != self._was_hidden:
            self._follow()

    def _on_project(self) -> None:
        self._examined.clear()
        self._explained = None
        self.panel.flips.clear()
        for job in (self._map_job, self._test_job, self._flips_job):
            if job is not None:
                job.cancel()
        self.panel.show_can(tuple(self.panel.buttons), "")
        self._follow()

    def _on_job(self, event: Any) -> None:
        if event.progress is None:
            return
        if self._test_job is not None and event.job == self._test_job.id:
            self.panel.show_busy(event.progress.fraction)
        elif self._flips_job is not None and event.job == self._flips_job.id:
            self.panel.flips.show_busy(event.progress.fraction)

    def _ended_test(self) -> None:
        self._test_job = None
        self.panel.show_busy(None)

    def _failed(self, error: BaseException) -> None:
        if not is_cancelled(error):
            self.panel.say(words_of(error), "bad")

    # -- the table

    def _show_object(self, object_id: int) -> None:
        row = self._window.queue.row_of(object_id)
        self._window.current.show(object_id, row)

    def _copy_flips(self) -> None:
        from .views.why_table import as_text

        QApplication.clipboard().setText(as_text(self.panel.flips.found))
        self._window.say("The table is on the clipboard")

    def _save_flips(self) -> None:
        window, found = self._window, self.panel.flips.found
        path, _ = QtWidgets.QFileDialog.getSaveFileName(
            window, "Save the flips", f"flips-{found.model}.csv", "CSV (*.csv)"
        )
        if path:
            job = window.workbench.write_flips(found, Path(path))
            window.bridge.when_done(job, lambda rows: window.say(f"{rows:,} rows written to {Path(path).name}"))


def _empty() -> str:
    from .views.why_panel import EMPTY

    return EMPTY


def _hidden() -> str:
    from .views.why_panel import HIDDEN as said

    return said
