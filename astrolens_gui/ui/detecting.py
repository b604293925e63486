"""Detecting lenses and judging what was found, as the actions call it; finds nothing itself, and shows nothing as kept that is not."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import Any

from astrolens_gui.workbench.fields import SMALLEST_PX

from .bridge import words_of
from .keeping import Kept
from .models import finds as _finds
from .models.finds import REJECTED, Find
from .qt import QApplication, QObject, Qt, QtCore, QTimer, QWidget
from .working import Work

ORIGIN = "detect"
KEPT = 64
"""Images whose finds are remembered with their masks; the store keeps all, the masks as outlines."""

SOON_MS = 120
CLICK_PX = 4
CLOSE_PX = 40
"""A find that is smaller than this on the screen is brought closer when one goes to it."""


class DetectCommands(QObject):
    """One method per action of its section; `window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self._window = window
        self.panel: Any = None
        self.layer: Any = None
        self._shown: Any = None
        self._rows: list[Any] = []
        self._live: OrderedDict[int, tuple[str, list[Find]]] = OrderedDict()
        self._all: list[Find] = []
        self._place: tuple[float, ...] | None = None
        self._coming: tuple[int, Any] | None = None
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._soon.timeout.connect(self._arrive)
        self._pressed: Any = None
        self._kept = Kept(
            window.workbench.settings, "detect", {"threshold": 0.5, "masks": True, "backend": "", "model": ""}
        )

    def build(self) -> QWidget:
        """The panel of the Detect dock and the layer on the image; made once the stage is built."""
        from .views.detect_panel import DetectPanel
        from .views.finds_layer import FindsLayer

        window = self._window
        self._image = window.stage.image
        self.layer = FindsLayer()
        self._image.canvas.add_layer(self.layer)
        self._image.canvas.installEventFilter(self)
        self.panel = panel = DetectPanel(window.workbench.plugins, window.action_set)
        self.work = Work(window, panel)
        panel.task.choose(self._kept["backend"], self._kept["model"])
        panel.set_threshold(self._kept["threshold"])
        panel.masks.setChecked(self._kept["masks"])
        self.layer.masks = self._kept["masks"]
        panel.asked.connect(self.detect)
        panel.asked_all.connect(self.detect_all)
        panel.cancelled.connect(self.work.cancel)
        panel.verdict_asked.connect(lambda name: getattr(self, name)())
        panel.picked.connect(lambda at: self._go(at))
        panel.copied.connect(self._copy)
        panel.threshold_changed.connect(lambda least: self._choose(threshold=least))
        panel.masks_changed.connect(self._show_masks)
        panel.task.changed.connect(lambda: self._choose(backend=panel.task.backend, model=panel.task.model))
        panel.task.train_asked.connect(self._train)
        self._image.shown.connect(self._on_shown)
        window.current.blind_changed.connect(lambda _: self._show())
        window.queue.dataChanged.connect(lambda *_: self._show())
        window.session.opened.connect(lambda _: self._on_project())
        window.session.closed.connect(self._on_project)
        window.bridge.changed.connect(self._on_changed)
        self._on_project()
        return panel

    # -- actions

    def detect(self) -> None:
        window, target = self._window, self._window.current.object_id
        window.show_dock("detect")
        if target < 0:
            window.say("There is no image to look at")
            return
        if self.panel.task.lack:
            window.say(self.panel.task.lack)
            return
        name = window.queue.name_of(target)

        def done(answer: Any) -> None:
            self._coming = None
            self._keep_live(target, answer)
            found = [one for one in self._live[target][1] if one.score >= self._kept["threshold"]]
            self.panel.say(f"{name}: {_finds.count(len(found))} of a score of {self._kept['threshold']:.2f} or more.")

        self.work.start(
            lambda: window.workbench.detect(target, self.panel.task.backend, self.panel.task.model),
            done,
            what=f"Looking at {name} …",
            cancelled="Cancelled; what was found until then is shown, and not kept.",
            partial=lambda answer: self._hand_out(target, answer),
        )

    def detect_all(self) -> None:
        window = self._window
        window.show_dock("detect")
        if self.panel.task.lack:
            window.say(self.panel.task.lack)
            return

        def done(answer: Any) -> None:
            self._live.clear()
            self._window.marking.ask_again()
            self.panel.say(_finds.said_of_all(answer))

        self.work.start(
            lambda: window.workbench.detect(None, self.panel.task.backend, self.panel.task.model),
            done,
            what="Looking at every image …",
            cancelled="Cancelled; what was found until then is kept.",
            partial=lambda answer: self._hand_out(answer.object_id, answer),
        )

    def next_find(self) -> None:
        self._step(1)

    def previous_find(self) -> None:
        self._step(-1)

    def accept_find(self) -> None:
        self._judge("accepted")

    def reject_find(self) -> None:
        self._judge(REJECTED)

    def correct_find(self) -> None:
        """Accept it, and give the left button to its box."""

        def opened(key: str) -> None:
            marking = self._window.marking
            if self._image.canvas.tool is not marking.tool:
                marking.draw_boxes()
            marking.layer.selected = key
            marking.ask_again()

        one = self.chosen
        if one is not None and one.verdict == "accepted" and one.box:
            opened(one.box)
        else:
            self._judge("accepted", opened)

    def show_detect(self) -> None:
        self._window.show_dock("detect")

    # -- what there is

    @property
    def finds(self) -> list[Find]:
        """Those that are shown: of the threshold's score at least, best first."""
        return [] if self.layer is None else list(self.layer.finds)

    @property
    def chosen(self) -> Find | None:
        at = self.layer.selected
        return self.layer.finds[at] if 0 <= at < len(self.layer.finds) else None

    @property
    def is_hidden(self) -> bool:
        """Of a stamp nothing before its grade, as the score is not shown; a field is no object that somebody grades."""
        window, shown = self._window, self._shown
        if shown is None or min(shown.raster.shape) >= SMALLEST_PX:
            return False
        return bool(window.current.blind and not window.queue.grade_of(shown.object_id))

    def take_rows(self, shown: Any, rows: list[Any]) -> None:
        """The stored boxes of the image that is shown, people's and models', in its pixels."""
        if self.layer is None or shown is not self._shown:
            return
        self._rows = rows
        self._refresh()

    def _hand_out(self, target: int, answer: Any) -> None:
        """Tiles come faster than anybody looks: the newest answer alone is painted, a few times a second."""
        self._coming = (target, answer)
        if not self._soon.isActive():
            self._soon.start()

    def _arrive(self) -> None:
        if self._coming is not None:
            coming, self._coming = self._coming, None
            self._keep_live(*coming)

    def _keep_live(self, target: int, answer: Any) -> None:
        """What a detector says of an object so far, or at the end."""
        finds = _finds.from_detections(answer.detections, answer.classes, answer.model)
        self._live[target] = (answer.band, finds)
        self._live.move_to_end(target)
        while len(self._live) > KEPT:
            self._live.popitem(last=False)
        if self._shown is not None and self._shown.object_id == target:
            self._refresh()

    def _refresh(self) -> None:
        """Once more from what is known: the detector's answer, or what is stored, with people's words about it."""
        shown = self._shown
        band, live = self._live.get(shown.object_id, ("", None)) if shown is not None else ("", None)
        if shown is not None and band not in ("", shown.band):
            live = None  # other pixels; what is stored has its place on the sky
        self._all = _finds.judged(
            _finds.stored(self._rows, self.panel.task.model) if live is None else live, self._rows
        )
        self._show()

    def _show(self) -> None:
        if self.layer is None:
            return
        from .views.detect_panel import EMPTY, HIDDEN

        if self._shown is None or self.is_hidden:
            there = self._all or (self._shown is not None and self._shown.object_id in self._live)
            self.layer.set_finds([])
            self.panel.show_finds([], -1, HIDDEN if there else EMPTY)
        else:
            least = self._kept["threshold"]
            finds = [one for one in self._all if one.score >= least]
            at = next((at for at, one in enumerate(finds) if one.place == self._place), -1)
            self.layer.set_finds(finds, at)
            looked = self._shown.object_id in self._live or bool(self._all)
            self.panel.show_finds(
                finds, at, _finds.summary(finds, len(self._all) - len(finds), least) if looked else EMPTY
            )
        self.panel.set_possible(self._window.current.object_id >= 0, self._window.session.is_open)

    def _on_shown(self, frame: Any) -> None:
        image = frame.image if frame is not None else None
        if image is self._shown:
            return
        former, self._shown = self._shown, image
        if image is None or former is None or (former.object_id, former.band) != (image.object_id, image.band):
            self._rows, self._place = [], None
            self._refresh()

    def _on_project(self) -> None:
        self._live.clear()
        self._rows, self._all = [], []
        self.work.cancel()
        self._show()
        self._ask_models()

    def _on_changed(self, changes: Any) -> None:
        if changes.models:
            self._ask_models()

    def _ask_models(self) -> None:
        window = self._window
        if window.session.is_open:
            window.bridge.when_done(window.workbench.model_rows(), self.panel.task.set_models, lambda _: None)

    # -- judging

    def _step(self, step: int) -> None:
        """To the next one, best first, that is not judged, round the end."""
        finds, at = self.layer.finds, self.layer.selected
        count = len(finds)
        if at < 0 and step < 0:
            at = 0
        for far in range(1, count + 1):
            place = (at + step * far) % count
            if not finds[place].verdict:
                self._go(place)
                return
        self._window.say("Every find here is judged" if finds else self.panel.summary.text())

    def _go(self, at: int) -> None:
        """Select a find and bring it into view."""
        if not 0 <= at < len(self.layer.finds):
            return
        one, canvas = self.layer.finds[at], self._image.canvas
        self._place = one.place
        self.layer.select(at)
        self.panel.select(at)
        view = canvas.view
        x, y = view.to_screen(one.x, one.y)
        scale = max(view.scale, CLOSE_PX / max(one.w, one.h, 1.0))
        if scale > view.scale or not (0.05 < x / view.width < 0.95 and 0.05 < y / view.height < 0.95):
            canvas.set_view(replace(view, x=one.x, y=one.y, scale=scale))

    def _judge(self, verdict: str, then: Any = None) -> None:
        window, one, shown = self._window, self.chosen, self._shown
        if one is None or shown is None:
            window.say("No find is chosen: [.] goes to the next one" if self.layer.finds else "Nothing is found here")
            return
        if one.verdict == verdict:
            window.say(f"It is {verdict} already")
            return
        region = one.region(verdict)
        region = {**region, "band": shown.band, "more": {**region["more"], "shape": list(shown.raster.shape)}}
        mine = any(row.box == one.box and row.source == window.workbench.grader for row in self._rows)

        def submit() -> Any:
            if one.box and mine:
                changed = {"class_name": region["class_name"], "more": region["more"]}
                return window.workbench.change_box(one.box, changed, origin=ORIGIN)
            return window.workbench.add_box(shown.object_id, region, wcs=shown.wcs, origin=ORIGIN)

        def saved(changes: Any) -> None:
            window.say(f"{verdict.capitalize()}: {one.class_name} {one.score:.2f}. Ctrl+Z takes it back.")
            if then is not None:
                then(one.box if one.box and mine else changes.extra["boxes"][0])
            elif shown is self._shown and self._place == one.place:
                self._step_from(one)

        def lost(error: BaseException) -> None:
            reason = words_of(error).rstrip(".")
            window.fail(f"The verdict on this find is not saved: {reason}.")

        try:
            job = submit()
        except (ValueError, RuntimeError) as error:  # no project is open, or the program closes
            lost(error)
        else:
            window.bridge.when_done(job, saved, lost)

    def _step_from(self, one: Find) -> None:
        """To the next that is open; the one judged just now may not be marked as judged yet."""
        finds = self.layer.finds
        at = next((at for at, other in enumerate(finds) if other.place == one.place), 0)
        order = [*range(at + 1, len(finds)), *range(at)]
        after = next((place for place in order if not finds[place].verdict), -1)
        if after >= 0:
            self._go(after)

    # -- the rest

    def _train(self, backend: str, values: dict[str, Any]) -> None:
        window = self._window

        def done(report: Any) -> None:
            self.panel.say(f"{report.verdict.capitalize()}: {report.reason}", "good" if report.champion else "warning")
            self._ask_models()

        self.work.start(
            lambda: window.workbench.train(backend, values),
            done,
            what="Training the detector on the boxes …",
            cancelled="Training cancelled; nothing changed.",
        )

    def _choose(self, **choice: Any) -> None:
        self._kept.set(**choice)
        if "threshold" in choice:
            self._show()
        elif self._shown is not None:
            self._refresh()
        self.panel.set_possible(self._window.current.object_id >= 0, self._window.session.is_open)

    def _show_masks(self, masks: bool) -> None:
        self._kept.set(masks=masks)
        self.layer.masks = masks
        self.layer.changed.emit()

    def _copy(self) -> None:
        QApplication.clipboard().setText(_finds.as_text(self._all))
        self._window.say("The finds are on the clipboard")

    def eventFilter(self, watched: Any, event: QtCore.QEvent) -> bool:
        """A click on a find, where no tool has the left button, chooses it; a drag pans as ever."""
        kind = event.type()
        if kind == QtCore.QEvent.MouseButtonPress and event.button() == Qt.LeftButton:
            self._pressed = event.pos() if self._image.canvas.tool is None else None
        elif kind == QtCore.QEvent.MouseButtonRelease and event.button() == Qt.LeftButton and self._pressed is not None:
            pressed, self._pressed = self._pressed, None
            if (event.pos() - pressed).manhattanLength() <= CLICK_PX:
                self._go(self.layer.at(*self._image.canvas.pixel_at(event.pos())))
        return False
