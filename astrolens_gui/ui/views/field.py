"""The field view: the large image around the current object, with every source as a marker; reads no file and keeps no label."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from astrolens_gui.workbench import fields

from ..bridge import words_of
from ..qt import Qt, QtGui, QTimer, QtWidgets, QWidget, Signal
from ..sight import Sight
from . import display
from .canvas import Canvas
from .fieldmarkers import Markers
from .layer import Spot, Tool
from .notice import Notice
from .readout import Readout
from .rendering import Rendering
from .sky import compass
from .wide import Wide

PATIENCE_MS = 300

SEEN_PX = 20
"""A cutout smaller than this on the screen shows nobody what it is."""

LARGE_SIDES = 6
"""How many cutouts fit side by side when the view comes close to one."""


class Picking(Tool):
    """Click a marker to go to its source, double-click to see it large; anywhere else the left button pans.

    Attributes:
        picked, opened: (object id).
        pointed: (object id, or -1) the marker under the pointer is another.
    """

    picked = Signal(int)
    opened = Signal(int)
    pointed = Signal(int)

    cursor = Qt.ArrowCursor

    def __init__(self, nearest: Callable[[Spot], int]) -> None:
        super().__init__()
        self._nearest = nearest
        self._pressed = -1

    def press(self, spot: Spot) -> bool:
        self._pressed = self._nearest(spot)
        return self._pressed >= 0

    def release(self, spot: Spot) -> None:
        if self._pressed >= 0 and self._nearest(spot) == self._pressed:
            self.picked.emit(self._pressed)

    def hover(self, spot: Spot) -> None:
        self.pointed.emit(self._nearest(spot))

    def double_click(self, spot: Spot) -> bool:
        found = self._nearest(spot)
        if found >= 0:
            self.opened.emit(found)
        return found >= 0


class FieldView(QWidget):
    """Attributes:
    opened: (object id) to be shown large.
    """

    opened = Signal(int)

    def __init__(self, bridge: Any, workbench: Any, current: Any, queue: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("fieldView")
        self.setFocusPolicy(Qt.ClickFocus)
        self._bridge, self._workbench, self._current, self._queue = bridge, workbench, current, queue
        self.field: Any = None
        self._wanted: tuple[int, str] = (-1, "")
        self._asked: Any = None
        self._refused = ""
        self._ready = False
        self._drag_from: Any = None
        self.canvas = Canvas(self)
        self.markers = Markers()
        self.canvas.add_layer(self.markers)
        self.rendering = Rendering(bridge, workbench.runner, self.canvas, self)
        self.notice = Notice(self)
        self.wide = Wide(bridge, workbench, self.rendering, self)
        self.readout = Readout(self, self.wide.value)
        self.line = QtWidgets.QLabel(objectName="fieldLine")
        self.line.setContentsMargins(10, 0, 10, 2)
        self.line.setProperty("role", "muted")
        self.line.setTextFormat(Qt.PlainText)  # names come from catalogues
        self.line.setSizePolicy(QtWidgets.QSizePolicy.Ignored, QtWidgets.QSizePolicy.Preferred)
        self._stack = QtWidgets.QStackedLayout()
        self._stack.addWidget(self.notice)
        self._stack.addWidget(self.canvas)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._stack, 1)
        column.addWidget(self.line)
        column.addWidget(self.readout)
        self._impatient = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._impatient.timeout.connect(lambda: self._clear("Loading the field …"))
        self._connect()

    def _connect(self) -> None:
        self.picking = Picking(lambda spot: self.markers.nearest(spot.x, spot.y, self.canvas.scale_px))
        self.picking.picked.connect(self._go_to)
        self.picking.opened.connect(self._open)
        self.picking.pointed.connect(lambda found: self.markers.set_under(found, self._title(found)))
        self.canvas.set_tool(self.picking)
        self.canvas.hovered.connect(self._on_hover)
        self.canvas.right_dragged.connect(self._on_right_drag)
        self.rendering.ready.connect(self._on_ready)
        self.rendering.failed.connect(self._refuse)
        self.wide.refined.connect(self.rendering.again)
        self.wide.told.connect(self.readout.repeat)
        self._current.object_changed.connect(self._on_object)
        self._current.recipe_changed.connect(self._on_recipe)
        self._queue.reranked.connect(self._mark)
        self._queue.dataChanged.connect(lambda *_: self._mark())
        self._bridge.changed.connect(self._on_changed)

    # -- the stage's page

    def sight(self, object_id: int) -> Sight:
        """Whether the object's pixels are on the screen, large enough to be judged."""
        if self._refused and self._wanted[0] == object_id:
            return Sight(self._refused, final=True)
        place = self.markers.place_of(object_id) if self._holds(object_id) else None
        if place is None:
            return Sight("its field is still on the way")
        view, side = self.canvas.view, self.field.side
        x, y = view.to_screen(*place)
        if side and side * self.canvas.scale_px < SEEN_PX:
            return Sight("it is too small here to be judged; come closer [+], or double-click it", final=True)
        if side and not (0 <= x < view.width and 0 <= y < view.height):
            return Sight("it lies outside of what is shown; choose it in the queue, or look at the whole field [F]")
        return Sight()

    def larger(self) -> None:
        """Closer, at the current object."""
        self.canvas.zoom_by(1.25, self._current_point())

    def smaller(self) -> None:
        self.canvas.zoom_by(0.8, self._current_point())

    def fit(self) -> None:
        """The whole field."""
        self.canvas.fit()

    def come_close(self) -> None:
        """The current object in the middle, with its neighbours."""
        place = self.markers.place_of(self._current.object_id)
        if place is not None:
            view = self.canvas.view
            side = max(self.field.side, 1) * LARGE_SIDES
            scale = max(min(view.width, view.height) / side, view.scale) if self.field.side else view.scale
            self.canvas.set_view(replace(view, x=place[0], y=place[1], scale=scale))

    def _current_point(self) -> tuple[float, float] | None:
        """Device pixels of the current object, where it is in view: what one comes closer to."""
        place = self.markers.place_of(self._current.object_id) if self._ready else None
        if place is None:
            return None
        view = self.canvas.view
        x, y = (float(value) for value in view.to_screen(*place))
        return (x, y) if 0 <= x < view.width and 0 <= y < view.height else None

    # -- which field

    def showEvent(self, event: QtGui.QShowEvent) -> None:
        super().showEvent(event)
        self._on_object(self._current.object_id)
        self._on_recipe(self._current.recipe)

    def _holds(self, object_id: int) -> bool:
        """Whether the pixels here lie around this object: numbers alone mean another one in the next project."""
        if not self._ready or self.field.opened.project is not self._workbench.project:
            return False
        return bool(self.field.place(object_id) >= 0)

    def _on_object(self, object_id: int) -> None:
        if not self.isVisible():
            return
        self._refused = ""
        if self._holds(object_id):
            self._wanted = (object_id, self._wanted[1])
            self.markers.set_current(object_id)
            self._keep_in_view(object_id)
            self._say()
        else:
            self._request(object_id, self._current.recipe.band)

    def _keep_in_view(self, object_id: int) -> None:
        """Move there, at the same zoom, when it is not well inside of what is shown."""
        place, view = self.markers.place_of(object_id), self.canvas.view
        if place is None:
            return
        x, y = view.to_screen(*place)
        if not (0.05 < x / view.width < 0.95 and 0.05 < y / view.height < 0.95):
            self.canvas.set_view(replace(view, x=place[0], y=place[1]))

    def _request(self, object_id: int, band: str) -> None:
        self._drop()
        self._wanted = (object_id, band)
        if object_id < 0:
            self._clear(
                "Nothing to look at yet", "Import a catalogue with its images, or choose an object in the queue."
            )
            return
        self._impatient.start()
        self._asked = job = fields.field(self._workbench, object_id, band)
        self._bridge.when_done(
            job,
            lambda found: self._on_field(found) if job is self._asked else None,
            lambda error: self._refuse(error) if job is self._asked else None,
        )

    def _drop(self) -> None:
        """No answer to what was asked for is wanted any more."""
        self._impatient.stop()
        self._asked, self._wanted, self._refused = None, (-1, ""), ""

    def _on_field(self, found: Any) -> None:
        self.field, self._ready = found, False
        image = found.image
        height, width = image.raster.shape
        self.markers.set_sources(found.ids, found.x, found.y, found.side)
        self._mark()
        self.canvas.set_image_shape(
            (height, width), lambda x, y: compass(image.wcs, image.pixel_scale, width, height, at=(x, y))
        )
        self.readout.set_image(image)
        self.wide.set_raster(image.raster)
        self.rendering.set_rasters(image.rasters, self._recipe(), image.maps)

    def _recipe(self) -> Any:
        return replace(self._current.recipe, band=self.field.image.band)

    def _on_ready(self, low: float, high: float) -> None:
        if self.field is None:
            return
        first, self._ready = not self._ready, True
        if first:
            self._impatient.stop()
            self._stack.setCurrentWidget(self.canvas)
            self.markers.set_current(self._current.object_id)
            self._keep_in_view(self._current.object_id)
            self._say()
            self.wide.refine(self.field.image.path.name)

    def _refuse(self, error: BaseException) -> None:
        self._impatient.stop()
        self._refused = words_of(error)
        stamp = isinstance(error, fields.NoField)
        self._clear("No field around this object" if stamp else "This field cannot be shown", self._refused, not stamp)

    def _clear(self, heading: str, sentence: str = "", copyable: bool = False) -> None:
        self.field, self._ready = None, False
        self.wide.set_raster(None)
        self.rendering.clear()
        self.readout.set_image(None)
        self.markers.set_sources(np.empty(0, np.int64), np.empty(0), np.empty(0), 0)
        self.line.clear()
        self.notice.say(heading, sentence, copyable)
        self._stack.setCurrentWidget(self.notice)

    def _on_changed(self, changes: Any) -> None:
        if not (changes.project or changes.objects):
            return
        if not self.isVisible():  # shown again, it asks anew
            self._drop()
            self._clear("Loading the field …")
        elif self._wanted[0] >= 0:
            self._request(self._current.object_id, self._current.recipe.band)

    # -- markers

    def _mark(self) -> None:
        """Grades, and what the queue lists: its filter is the markers' too."""
        if self.field is None:
            return
        codes, levels, listed = self._queue.grades_of(self.field.ids)
        self.markers.set_grades(codes, levels, listed, self._queue.colours)
        self._say()

    def _title(self, object_id: int) -> str:
        if object_id < 0:
            return ""
        grade = self._queue.grade_of(object_id)
        return self._queue.name_of(object_id) + (f"  {grade}" if grade else "")

    def _say(self) -> None:
        if self.field is None:
            return
        image, count = self.field.image, self.markers.count
        hidden = len(self.field.ids) - count
        band = "RGB" if self._current.recipe.mode == "rgb" else image.band
        said = f"{image.path.name} · {band} · " if band else f"{image.path.name} · "
        said += f"{count:,} {'source' if count == 1 else 'sources'}"
        said += f" ({hidden:,} hidden by the filter)" if hidden else ""
        self.line.setText(f"{said} · {self._title(self._current.object_id)}")
        self.line.setToolTip(str(image.path))

    def _go_to(self, object_id: int) -> None:
        self._current.show(object_id, self._queue.row_of(object_id))

    def _open(self, object_id: int) -> None:
        self._go_to(object_id)
        self.opened.emit(object_id)

    # -- how it looks, and what is under the pointer

    def _on_recipe(self, recipe: Any) -> None:
        if self.field is None or not self.isVisible():
            return
        if recipe.band != self._wanted[1] and recipe.band in self.field.image.bands:
            self._request(self._current.object_id, recipe.band)
        else:
            self.rendering.set_recipe(self._recipe())
            self._say()

    def _on_right_drag(self, across: float, down: float, begins: bool) -> None:
        if begins or self._drag_from is None:
            self._drag_from = self._current.recipe
        self._current.set_recipe(**display.drag(self._drag_from, across, down))

    def _on_hover(self, position: tuple[float, float] | None) -> None:
        self.readout.point(position)
        if position is None:
            self.markers.set_under(-1, "")

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        if event.key() == Qt.Key_F:
            self.fit()
        elif event.key() in (Qt.Key_Return, Qt.Key_Enter) and self._current.object_id >= 0:
            self._open(self._current.object_id)
        else:
            super().keyPressEvent(event)
