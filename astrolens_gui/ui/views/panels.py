"""Several canvases side by side: the bands of an object, its colours, others pinned to compare; reads no file and keeps no label."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from astrolens_gui.core.links import sexagesimal
from astrolens_gui.core.settings import DEFAULTS

from ..bridge import words_of
from ..prefetch import Prefetch
from ..qt import Qt, QtGui, QTimer, QtWidgets, QWidget, Signal
from ..sight import Sight
from . import display
from .board import Board
from .image import Frame
from .lockstep import Lockstep
from .notice import Notice
from .panel import Content, Panel
from .panelbar import PanelBar
from .panelplan import MOST, Together, chosen_contents

AHEAD = 3


class PanelsView(QWidget):
    """Attributes:
    opened: (object id) a picture was clicked twice: show it large.
    told: (str) something for the status line.
    shown: (Frame of the lead, or None) after what is shown or how changed; the display bar follows it.
    canvas: what is saved as a picture of this page.
    """

    opened = Signal(int)
    told = Signal(str)
    shown = Signal(object)

    def __init__(self, bridge: Any, workbench: Any, current: Any, queue: Any) -> None:
        super().__init__(objectName="panels")
        self.setFocusPolicy(Qt.ClickFocus)
        self._bridge, self._workbench, self._current, self._queue = bridge, workbench, current, queue
        self._prefetch = Prefetch(bridge, Together(workbench), self, ahead=AHEAD)
        self._chosen = {**DEFAULTS["panels"], **workbench.settings["panels"]}
        self._project = workbench.project
        self._wanted = -1
        self._bands: Any = None
        self._coloured = False
        self._refused = ""
        self._pins: list[tuple[Any, str]] = []
        self._awaited: tuple[int, Callable[[], None]] = (-1, lambda: None)
        self._processed: tuple[int, str, Any] | None = None
        self._drag_from: Any = None
        self._spare: list[Panel] = []
        self.panels: list[Panel] = []
        self.steps = Lockstep(str(self._chosen["lock"]), lambda: self.lead)
        self.canvas = Board(self)
        self.bar = PanelBar(self)
        self.notice = Notice(self)  # without a parent the stack would show it as a window of its own
        self._stack = QtWidgets.QStackedLayout()
        self._stack.addWidget(self.notice)
        self._stack.addWidget(self.canvas)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addLayout(self._stack, 1)
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._look_ahead)
        self.bar.lock_asked.connect(self.cycle_lock)
        self.bar.cuts_asked.connect(self.toggle_cuts)
        self.bar.pin_asked.connect(self.toggle_pin)
        self.bar.chosen.connect(lambda name, on: self._choose(**{name: on}))
        current.object_changed.connect(self._on_object)
        current.recipe_changed.connect(lambda _: self._on_new_recipe())
        bridge.changed.connect(self._on_changed)
        self._show_state()
        self._tell()

    # -- what the stage and the actions ask for

    @property
    def lead(self) -> Any:
        """The panel of the recipe's band: it is fitted, and its cuts are the shared ones."""
        first = self._bands.opened_all.band if self._bands is not None else ""
        wanted = (self._current.recipe.band, first)
        own = [one for one in self.panels if one.content is not None and one.content.kind == "band"]
        ranked = sorted(own, key=lambda one: wanted.index(one.content.band) if one.content.band in wanted else 2)  # type: ignore[union-attr]
        return next(iter([*ranked, *self.panels]), None)

    def sight(self, object_id: int) -> Sight:
        """Whether all that there is of this object is on the screen, else why not."""
        if self._refused and self._wanted == object_id:
            return Sight(self._refused, final=True)
        mine = [one for one in self.panels if one.content is not None and one.content.image.object_id == object_id]
        if self._bands is None or self._wanted != object_id or not all(one.is_ready or one.problem for one in mine):
            return Sight("its images are still on the way")
        if not any(one.is_ready for one in mine):
            return Sight(mine[0].problem if mine else "it has no panel", final=True)
        return Sight()

    def larger(self) -> None:
        self._zoom(1.25)

    def smaller(self) -> None:
        self._zoom(0.8)

    def _zoom(self, factor: float) -> None:
        for panel in self.steps.drivers():
            panel.canvas.zoom_by(factor)

    def fit(self) -> None:
        for panel in self.steps.drivers():
            panel.canvas.fit()

    def cycle_lock(self) -> None:
        self._chosen["lock"] = self.steps.next_lock()
        self._keep()
        what = {"sky": "show the same sky", "pixel": "show the same pixels", "off": "move on their own"}
        self.told.emit(f"The panels {what[self.steps.lock]}")

    def toggle_cuts(self) -> None:
        self._chosen["shared"] = not self._chosen["shared"]
        self._keep()
        self._on_recipe()

    def toggle_pin(self) -> None:
        """Keep the object on the screen to compare others with it, or let it go."""
        if self._bands is None:
            return
        here = self._bands.object_id
        if any(bands.object_id == here for bands, _ in self._pins):
            self._pins = [(bands, band) for bands, band in self._pins if bands.object_id != here]
            self.told.emit(f"{self._bands.name} is no longer pinned")
        else:
            band = self._current.recipe.band
            found = self._bands.of(band) or self._bands.images[0]
            self._pins = [*self._pins, (self._bands, found.band)][-(MOST - 1) :]
            self.told.emit(f"{self._bands.name} {found.band} is pinned: it stays beside the objects that you go to")
        self._compose()

    def when_seen(self, object_id: int, then: Callable[[], None]) -> None:
        """Call `then` once this object's bands are here; never if another one comes first."""
        if self._bands is not None and self._bands.object_id == object_id == self._wanted:
            then()
        else:
            self._awaited = (object_id, then)

    def show_again(self) -> None:
        """Say once more what is shown: somebody has begun to listen."""
        self._on_recipe()

    def unpin_all(self) -> None:
        self._pins = []
        self._compose()

    def show_processed(self, object_id: int, title: str, raster: Any | None) -> None:
        """A processed picture of an object (a residual) gets a panel of its own while the object shows; None: no more."""
        self._processed = None if raster is None else (object_id, title, raster)
        self._compose()

    def _choose(self, **choice: bool) -> None:
        self._chosen.update(choice)
        self._keep()
        if choice.get("colour"):
            self._request(self._wanted)  # a colour picture may need bands that are not open yet
        else:
            self._compose()

    def _keep(self) -> None:
        settings = self._workbench.settings  # other panels keep what is theirs there
        settings.set("panels", {**settings["panels"], **{name: self._chosen[name] for name in DEFAULTS["panels"]}})
        self._show_state()

    def _show_state(self) -> None:
        self.bar.show_state(self._chosen, any(bands.object_id == self._wanted for bands, _ in self._pins))

    # -- which object

    def _on_object(self, object_id: int) -> None:
        if self.isVisible():
            self._request(object_id)

    def showEvent(self, event: QtGui.QShowEvent) -> None:
        super().showEvent(event)
        if self._wanted != self._current.object_id or self._bands is None:
            self._request(self._current.object_id)

    def _kind(self) -> str:
        return "colour" if self._chosen["colour"] or self._current.recipe.mode == "rgb" else ""

    def _request(self, object_id: int) -> None:
        self._wanted, self._refused = object_id, ""
        if object_id < 0:
            self._pins, self._processed = [], None
            self._clear()
            return
        self._prefetch.ask(
            object_id, self._kind(), partial(self._on_bands, object_id), partial(self._on_error, object_id)
        )

    def _on_bands(self, object_id: int, bands: Any) -> None:
        if object_id == self._wanted:
            self._bands, self._coloured = bands, self._kind() == "colour"
            self._compose()
            self._later.start()
            (awaited, then), self._awaited = self._awaited, (-1, lambda: None)
            if awaited == object_id:
                then()

    def _on_error(self, object_id: int, error: BaseException) -> None:
        if object_id == self._wanted:
            self._refused = words_of(error)
            self._clear("This object cannot be shown", self._refused)
            self._later.start()

    def _clear(self, heading: str = "Nothing to compare yet", sentence: str = "") -> None:
        self._bands = None
        self.shown.emit(None)
        self._take([])
        self.notice.say(heading, sentence or "Import images, or choose an object in the queue.", bool(sentence))
        self._stack.setCurrentWidget(self.notice)
        self._show_state()
        self._tell()

    def _look_ahead(self) -> None:
        here = self._current.position
        rows = [self._queue.next_ungraded(here), here + 1, here - 1]
        ids = [found for row in dict.fromkeys(rows) if row >= 0 and (found := self._queue.object_at(row)) >= 0]
        self._prefetch.expect(ids, self._kind())

    def _on_changed(self, changes: Any) -> None:
        if not (changes.project or changes.objects):
            return
        former, self._project = self._project, self._workbench.project
        kept = [(b, band) for b, band in self._pins if b.object_id not in changes.objects]
        self._pins = kept if former is self._project else []  # another project gives the same numbers to other objects
        if changes.project or self._wanted in changes.objects:
            self._bands, self._processed = None, None
            if self._wanted >= 0 and self.isVisible():
                self._request(self._current.object_id)

    # -- which pictures

    def _contents(self) -> list[Content]:
        return chosen_contents(self._bands, self._current.recipe, self._chosen, self._pins, self._processed)

    def _with_content(self) -> list[Any]:
        return [one for one in self.panels if one.content is not None]

    def _compose(self) -> None:
        """Give each picture its panel, and let all follow the lead."""
        if self._bands is None:
            return
        contents = self._contents()
        with self.steps.still():
            self._take(contents)
            for panel, content in zip(self.panels, contents, strict=True):
                if not content.is_same(panel.content):
                    panel.show_content(content, content.recipe(self._current.recipe, bool(self._chosen["shared"])))
        self.steps.set_panels(self.panels)
        self._stack.setCurrentWidget(self.canvas)
        self._on_recipe()
        self.steps.follow_lead()
        self._show_state()
        self._tell()

    def _take(self, contents: list[Content]) -> None:
        """As many panels as there are pictures."""
        while len(self.panels) > len(contents):
            panel = self.panels.pop()
            panel.clear()
            panel.hide()
            self._spare.append(panel)
        while len(self.panels) < len(contents):
            self.panels.append(self._spare.pop() if self._spare else self._made())
        self.canvas.set_panels(self.panels)

    def _made(self) -> Panel:
        panel = Panel(self._bridge, self._workbench.runner, self.canvas)
        panel.canvas.view_changed.connect(lambda view: self.steps.moved(panel, view))
        panel.canvas.hovered.connect(lambda at: self._on_hover(panel, at))
        panel.canvas.right_dragged.connect(self._on_right_drag)
        panel.chosen.connect(lambda: self._on_chosen(panel))
        panel.opened.connect(lambda: self._on_opened(panel))
        panel.dropped.connect(lambda: self._on_dropped(panel))
        return panel

    def _tell(self, at: str = "") -> None:
        """What there is, or where the crosshair is."""
        if self._bands is None:
            self.bar.tell("")
            return
        parts = [self._bands.name]
        if len(self.panels) == 1:
            parts.append("one band only: pin it and go to another object to compare")
        if self._bands.left_out:
            parts.append(f"not shown: {', '.join(self._bands.left_out)}")
        parts += [f"{band} can't be read" for band, _ in self._bands.refused]
        self.bar.tell(at or " · ".join(parts), "\n".join(sentence for _, sentence in self._bands.refused))

    # -- how they look

    def _on_new_recipe(self) -> None:
        """Another stretch, or another band: then it may be another picture."""
        if self._bands is None or not self.isVisible():
            return
        if self._kind() == "colour" and not self._coloured:
            self._request(self._wanted)  # a colour picture may need bands that are not open yet
        elif [one.key for one in self._contents()] != [one.content.key for one in self._with_content()]:
            self._compose()
        else:
            self._on_recipe()

    def _on_recipe(self) -> None:
        """The same pictures, by the recipe as it is now."""
        lead = self.lead
        if self._bands is None or lead is None:
            return
        now, shared = self._current.recipe, bool(self._chosen["shared"])
        first = lead.content.recipe(now, shared)
        low, high = lead.rendering.engine.cuts(first)
        hand = {"cuts": "manual", "low": low, "high": high, "lock": "image"} if shared else {}
        for panel in self._with_content():
            mine = panel.content.recipe(now, shared)
            panel.show_recipe(mine if mine.mode == "rgb" else replace(mine, **hand))
            panel.title.setChecked(panel is lead)
        self.shown.emit(Frame(lead.content.image, low, high, lead.raster))

    def _on_right_drag(self, across: float, down: float, begins: bool) -> None:
        if begins or self._drag_from is None:
            self._drag_from = self._current.recipe
        self._current.set_recipe(**display.drag(self._drag_from, across, down))

    def _on_chosen(self, panel: Panel) -> None:
        content = panel.content
        panel.title.setChecked(panel is self.lead)
        if content is not None and content.kind in ("band", "colour"):
            self._current.set_recipe(band=content.band, mode="rgb" if content.kind == "colour" else "single")

    def _on_opened(self, panel: Panel) -> None:
        if panel.content is None:
            return
        object_id = panel.content.image.object_id
        self._on_chosen(panel)
        if object_id != self._current.object_id:
            self._current.show(object_id, self._queue.row_of(object_id))
        self.opened.emit(object_id)

    def _on_dropped(self, panel: Panel) -> None:
        if panel.content is not None:
            gone = panel.content.key[1:]
            self._pins = [(bands, band) for bands, band in self._pins if (bands.object_id, band) != gone]
            self._compose()

    # -- the crosshair

    def _on_hover(self, panel: Panel, at: tuple[float, float] | None) -> None:
        if panel.content is not None:
            self.steps.point(panel, at)
            self._tell(self._place(panel, at))

    def _place(self, panel: Panel, at: tuple[float, float] | None) -> str:
        from astrolens_gui.core.images.celestial import Celestial

        wcs = panel.content.image.wcs if panel.content is not None else None
        celestial = Celestial.of(wcs) if at is not None and wcs is not None else None
        here = celestial.icrs(*at) if celestial is not None and at is not None else None
        return "  ".join(sexagesimal(*here)) if here is not None else ""

    # -- keys

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        if not self.steps.key(event):
            super().keyPressEvent(event)
