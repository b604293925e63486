"""Data, restored, residual and spread side by side, moved together; reads no file, runs no model and keeps no label."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from astrolens_gui.core.images.raster import ArrayRaster
from astrolens_gui.workbench.records import LoadedImage

from ..models import restored
from ..models.restored import Made
from ..qt import Qt, QtGui, QtWidgets, QWidget, Signal
from ..sight import Sight
from . import display
from .board import Board
from .elided import Elided
from .image import Frame
from .lockstep import Lockstep
from .notdata import NotData
from .notice import Notice
from .panel import Panel
from .panelplan import Content

ORDER = ("raw", "restored", "residual", "spread")
WAITING = "Restoring …"
NOBODY = "Restored preview [F8] restores each object that is shown."


class CompareView(QWidget):
    """Attributes:
    opened: (object id) a picture was clicked twice: show it large.
    shown: (Frame of the data, or None) after what is shown or how changed; the display bar follows it.
    wanted: the page has come to the front, or an object: a restoration is asked for, by `show_restoration`.
    canvas: what is saved as a picture of this page.
    """

    opened = Signal(int)
    shown = Signal(object)
    wanted = Signal(int)

    def __init__(self, bridge: Any, workbench: Any, current: Any, queue: Any) -> None:
        super().__init__(objectName="compare")
        self.setFocusPolicy(Qt.ClickFocus)
        self._bridge, self._workbench, self._current, self._queue = bridge, workbench, current, queue
        self._of = -1
        self._refused = ""
        self._drag_from: Any = None
        self._made: dict[str, Made] = {}
        self.panels: list[Panel] = []
        self.marks: dict[int, NotData] = {}
        self._spare: list[Panel] = []
        self.steps = Lockstep("pixel", lambda: self.panels[0] if self.panels else None)
        self.canvas = Board(self)
        self.notice = Notice(self)
        self.line = Elided(self, "muted")
        self.line.setContentsMargins(10, 3, 10, 3)
        self._stack = QtWidgets.QStackedLayout()
        self._stack.addWidget(self.notice)
        self._stack.addWidget(self.canvas)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.line)
        column.addLayout(self._stack, 1)
        current.object_changed.connect(self._on_object)
        current.recipe_changed.connect(lambda recipe: self._on_new_recipe(recipe))
        self.say(-1, NOBODY)

    # -- the stage's page

    def sight(self, object_id: int) -> Sight:
        """Whether this object's data are on the screen beside what was made of them."""
        if self._refused and object_id == self._of:
            return Sight(self._refused, final=True)
        if self._of != object_id or not self.panels or not self.panels[0].is_ready:
            return Sight("its pictures are still on the way")
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

    # -- what is shown

    def say(self, object_id: int, sentence: str, failed: bool = False) -> None:
        """Nothing to compare of this object (yet); `failed`: there will not be anything."""
        self._of, self._refused = object_id, sentence if failed else ""
        self._take([])
        self.line.say("")
        self.notice.say("This object cannot be restored" if failed else "Compare", sentence, failed)
        self._stack.setCurrentWidget(self.notice)
        self.shown.emit(None)

    def show_restoration(self, found: Any, name: str, scale: float | None, unit: str = "") -> None:
        """The pictures of a `workbench.restoring.Restoration`; `scale`: arcsec per pixel."""
        self._of, self._refused = int(found.object_id), ""
        self._made = {look: one for look in ORDER if (one := restored.made(found, look, unit)) is not None}
        contents = []
        for look, one in self._made.items():
            raster = ArrayRaster(one.array)
            image = LoadedImage(
                self._of, name, found.band, (found.band,), raster, found.wcs, scale, one.unit, Path(), "", {found.band: raster}
            )  # fmt: skip
            contents.append(Content("raw" if look == "raw" else "made", image, found.band, one.heading))
        with self.steps.still():
            self._take(contents)
            for panel, content, look in zip(self.panels, contents, self._made, strict=True):
                panel.show_content(content, self._recipe(look))
                panel.title.setToolTip(restored.TIPS[look])
                self.marks[id(panel)].say("" if look == "raw" else str(found.model))
        self.steps.set_panels(self.panels)
        self._stack.setCurrentWidget(self.canvas)
        self._on_recipe()
        self.steps.follow_lead()
        missing = "" if "spread" in self._made else " · one draw: no spread"
        self.line.say(f"{name} · {found.band} · {found.not_data or f'restored by {found.model}, not data'}{missing}")

    def _take(self, contents: list[Content]) -> None:
        """As many panels as there are pictures."""
        while len(self.panels) > len(contents):
            panel = self.panels.pop()
            panel.clear()
            panel.hide()
            self._spare.append(panel)
        while len(self.panels) < len(contents):
            self.panels.append(self._spare.pop() if self._spare else self._new())
        self.canvas.set_panels(self.panels)

    def _new(self) -> Panel:
        panel = Panel(self._bridge, self._workbench.runner, self.canvas)
        mark = self.marks[id(panel)] = NotData()
        panel.canvas.add_layer(mark)
        panel.title.setCheckable(False)
        panel.canvas.view_changed.connect(lambda view: self.steps.moved(panel, view))
        panel.canvas.hovered.connect(lambda at: self.steps.point(panel, at))
        panel.canvas.right_dragged.connect(self._on_right_drag)
        panel.opened.connect(lambda: self.opened.emit(self._of))
        return panel

    # -- how it looks

    def _recipe(self, look: str) -> Any:
        """The data and what was restored between the same cuts; what has other units between its own."""
        one, lead = self._made[look], self.panels[0]
        band = lead.content.band if lead.content is not None else ""
        recipe = replace(self._current.recipe, band=band, mode="single")
        if look == "raw" or lead.rendering.engine is None:
            return recipe
        return painted(one, lead.rendering.engine, band)(recipe)

    def _on_new_recipe(self, recipe: Any) -> None:
        if not self.panels or not self.isVisible():
            return
        band = self.panels[0].content.band if self.panels[0].content is not None else ""
        if recipe.band and recipe.band != band:
            self.wanted.emit(self._of)  # another band of it
        self._on_recipe()

    def _on_recipe(self) -> None:
        if not self.panels:
            return
        for panel, look in zip(self.panels, self._made, strict=True):
            panel.show_recipe(self._recipe(look))
        lead = self.panels[0]
        assert lead.content is not None
        assert lead.rendering.engine is not None
        low, high = lead.rendering.engine.cuts(self._recipe("raw"))
        self.shown.emit(Frame(lead.content.image, low, high, lead.raster))

    def _on_right_drag(self, across: float, down: float, begins: bool) -> None:
        if begins or self._drag_from is None:
            self._drag_from = self._current.recipe
        self._current.set_recipe(**display.drag(self._drag_from, across, down))

    # -- which object

    def _on_object(self, object_id: int) -> None:
        if self.isVisible():
            self._want(object_id)

    def showEvent(self, event: QtGui.QShowEvent) -> None:
        super().showEvent(event)
        if self._of != self._current.object_id or not self.panels:
            self._want(self._current.object_id)
        else:
            self._on_recipe()

    def _want(self, object_id: int) -> None:
        self.say(object_id, WAITING if object_id >= 0 else "Import images, or choose an object in the queue.")
        if object_id >= 0:
            self.wanted.emit(object_id)

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        if not self.steps.key(event):
            super().keyPressEvent(event)


def between(recipe: Any, cuts: tuple[float, float]) -> Any:
    """The recipe with these cuts, whatever it had."""
    return replace(recipe, cuts="manual", low=cuts[0], high=cuts[1], lock="image")


def painted(one: Made, engine: Any, band: str) -> Callable[[Any], Any]:
    """How a recipe is changed for one picture: by the cuts of the data (`engine` has them), or by its own limits."""
    if one.limits is not None:
        return lambda recipe: of_limits(recipe, one)
    return lambda recipe: between(recipe, engine.cuts(replace(recipe, band=band)))


def of_limits(recipe: Any, one: Made) -> Any:
    """The recipe for a picture with a unit of its own: linear, between its limits, without the contrast given to the data."""
    assert one.limits is not None
    fresh = type(recipe)()
    return replace(
        between(recipe, one.limits),
        stretch="linear",
        colormap=one.colormap or recipe.colormap,
        invert=False,
        contrast=fresh.contrast,
        bias=fresh.bias,
    )
