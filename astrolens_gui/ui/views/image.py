"""The single view: shows the current object's pixels by the current recipe; reads no file and keeps no label."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..bridge import words_of
from ..prefetch import Prefetch
from ..qt import QApplication, Qt, QtGui, QTimer, QtWidgets, QWidget, Signal
from ..roots import when_missing
from ..sight import Sight
from . import display
from .aids import Aids
from .blinking import Blinking, Processed
from .canvas import Canvas
from .notice import Notice
from .orientation import Orientation
from .readout import Readout
from .rendering import Rendering
from .sky import compass
from .wide import Wide

PATIENCE_MS = 200
"""The former image stays this long while the next one loads; then the view says so, lest the wrong one be graded."""

EMPTY = ("Nothing to look at yet", "Import images (a folder of FITS cutouts), or choose an object in the queue.")

ALL_OUTSIDE = "All pixels lie outside the cuts — [A] finds automatic ones"


@dataclass(frozen=True)
class Frame:
    """What is on the screen, and the cuts that it is drawn with.

    Attributes:
        image: the LoadedImage. raster: the pixels shown: its own, or those of what was made from it.
        title: what was made from it ("residual"); "" where its own pixels are shown.
    """

    image: Any
    low: float
    high: float
    raster: Any = None
    title: str = ""


class ImageView(QWidget):
    """The pixels with compass, scale bar and readout.

    Attributes:
        shown: (Frame, or None when there is no image) after every new rendering; histogram and band buttons follow it.
        appeared: (bool) the view came to the front, or went behind another.
        painted: (object id, monotonic seconds) when a new rendering has been painted.
    """

    shown = Signal(object)
    appeared = Signal(bool)
    painted = Signal(int, float)

    def __init__(self, bridge: Any, workbench: Any, current: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("imageView")
        self.setFocusPolicy(Qt.ClickFocus)  # the canvas in it has none: its clicks come here
        self._bridge, self._workbench, self._current = bridge, workbench, current
        self._prefetch = Prefetch(bridge, workbench, self)
        self._upcoming: Callable[[], Iterable[int]] = tuple
        self._wanted: tuple[int, str] = (-1, "")
        self._frame: Frame | None = None
        self._refused = ""
        self._image: Any = None
        self._image_of: tuple[int, str] = (-1, "")
        self._pointer: tuple[float, float] | None = None
        self._drag_from: Any = None
        self.canvas = Canvas(self)
        self.rendering = Rendering(bridge, workbench.runner, self.canvas, self)
        self.notice = Notice(self)
        self.wide = Wide(bridge, workbench, self.rendering, self)
        self.readout = Readout(self, self.wide.value)
        self.aids = Aids(self.canvas, self.rendering, self.readout, current, self)
        self.blinking = Blinking(current, self.canvas, self)
        self._stack = QtWidgets.QStackedLayout()
        self._stack.addWidget(self.notice)
        self._stack.addWidget(self.canvas)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._stack, 1)
        column.addWidget(self.readout)
        self._impatient = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._impatient.timeout.connect(self._say_loading)
        self.canvas.hovered.connect(self._on_hover)
        self.canvas.right_dragged.connect(self._on_right_drag)
        self.canvas.painted.connect(self._on_painted)
        self.rendering.ready.connect(self._on_ready)
        self.rendering.failed.connect(lambda error: self._on_error(self._wanted, error))
        self.wide.refined.connect(self.rendering.again)
        self.wide.told.connect(self._on_value)
        self.blinking.turned.connect(self._on_turned)
        current.object_changed.connect(self._on_object)
        current.recipe_changed.connect(self._on_recipe)
        bridge.changed.connect(self._on_changed)
        self._request(-1, "")

    def set_upcoming(self, upcoming: Callable[[], Iterable[int]]) -> None:
        """`upcoming()` gives the ids that the person will probably see next; they are read ahead after each image."""
        self._upcoming = upcoming

    @property
    def frame(self) -> Frame | None:
        """What is on the screen, or None."""
        return self._frame

    @property
    def engine(self) -> Any:
        """What renders the image on the screen (core's Engine), or None."""
        return self.rendering.engine

    @property
    def orientation(self) -> Orientation:
        """Which way up images are looked at; it stays from one to the next."""
        return self.canvas.orientation

    def sight(self, object_id: int) -> Sight:
        """Whether the pixels on the screen are this object's, else why not."""
        if self._frame is not None and self._frame.image.object_id == object_id:
            return Sight()
        if self._refused and self._wanted[0] == object_id:
            return Sight(self._refused, final=True)
        return Sight("its image is still on the way")

    def fit(self) -> None:
        self.canvas.fit()

    def one_to_one(self) -> None:
        self.canvas.zoom_to(1.0)

    def larger(self) -> None:
        self.canvas.zoom_by(1.25)

    def smaller(self) -> None:
        self.canvas.zoom_by(0.8)

    def copy_position(self) -> str:
        """Put RA and Dec (degrees) of the pointer, else of the image's centre, on the clipboard; the text."""
        text = self.readout.sky_text(self._pointer)
        if text:
            QApplication.clipboard().setText(text)
        return text

    def show_processed(self, title: str, array: np.ndarray | None, unit: str = "") -> None:
        """A picture made from the current object's pixels (a residual, a model), shown at once and blinked with the raw ones; None
        takes it away, as does another object.

        Args:
            array: of the object's shape; NaN where there is no value.

        Raises:
            ValueError: it has another shape.
        """
        self.show_made(None if array is None else Processed.of(title, array, unit))

    def show_made(self, made: Processed | None) -> None:
        """As `show_processed`, for a picture that says itself how it is painted."""
        if self._image is None:
            return
        shape = self._image.raster.shape
        if made is not None and made.raster.shape != shape:
            raise ValueError(f"{made.title} has the shape {made.raster.shape}, its image {shape}")
        self.blinking.set_processed(made)

    def blink(self) -> str:
        """See `Blinking.blink`."""
        return self.blinking.blink(self._image) if self._image is not None else ""

    def show_band(self, place: int) -> str:
        """The band at a place, counted from 0; what could not be done, as a sentence."""
        return self.blinking.show_band(self._image, place) if self._image is not None else ""

    # -- which image

    def _on_object(self, object_id: int) -> None:
        if self.isVisible():  # behind the mosaic it reads nothing; `showEvent` catches up
            self._request(object_id, self._current.recipe.band if object_id >= 0 else "")

    def showEvent(self, event: QtGui.QShowEvent) -> None:
        super().showEvent(event)
        self.appeared.emit(True)
        if self._wanted[0] != self._current.object_id:
            self._on_object(self._current.object_id)

    def hideEvent(self, event: QtGui.QHideEvent) -> None:
        super().hideEvent(event)
        self.appeared.emit(False)

    def _request(self, object_id: int, band: str) -> None:
        self._wanted = (object_id, band)
        self._refused = ""
        if object_id < 0:
            self._impatient.stop()
            self._clear(*EMPTY)
            return
        self._impatient.start()
        wanted = self._wanted
        self._prefetch.ask(
            object_id, band, lambda image: self._on_image(wanted, image), lambda error: self._on_error(wanted, error)
        )

    def _on_image(self, wanted: tuple[int, str], image: Any) -> None:
        if wanted != self._wanted:
            return
        if self._image_of[0] != image.object_id or self.blinking.processed is not None:
            self.blinking.reset()  # also for another band: what was made is of other pixels
        self._image, self._image_of = image, wanted
        self._frame = None  # from here on nothing draws the former image again
        height, width = image.raster.shape
        self.canvas.set_image_shape(
            (height, width), lambda x, y: compass(image.wcs, image.pixel_scale, width, height, at=(x, y))
        )
        self.readout.set_image(image)
        self._show_pixels()

    def _show_pixels(self) -> None:
        """The image's, or the picture made from them."""
        image, processed = self._image, self._processed()
        self.wide.set_raster(image.raster if processed is None else processed.raster)
        if processed is not None:
            self.rendering.set_rasters(processed.rasters, self._recipe_for(image))
        else:
            self.rendering.set_rasters(image.rasters, self._recipe_for(image), image.maps, image.zero_points)

    def _processed(self) -> Processed | None:
        """What is on the screen in place of the image's own pixels."""
        return self.blinking.processed if self.blinking.shows_processed else None

    def _recipe_for(self, image: Any) -> Any:
        """The recipe with the band that is shown: an object without the band asked for shows another."""
        processed = self._processed()
        if processed is not None:
            recipe = replace(self._current.recipe, band=processed.title, mode="single")
            return processed.display(recipe) if processed.display is not None else recipe
        return replace(self._current.recipe, band=image.band)

    def _on_turned(self) -> None:
        """Raw and processed have changed places."""
        if self._image is not None:
            processed = self._processed()
            self.readout.set_unit(processed.unit if processed is not None else self._image.unit)
            self._show_pixels()

    def _on_ready(self, low: float, high: float) -> None:
        """There are pixels to paint, by these cuts."""
        image, processed = self._image, self._processed()
        if image is None:
            return
        first = self._frame is None
        raster = image.raster if processed is None else processed.raster
        self._frame = Frame(image, low, high, raster, processed.title if processed is not None else "")
        self.canvas.say(ALL_OUTSIDE if self._all_outside(raster, low, high) else "")
        if first:
            self._impatient.stop()
            self._stack.setCurrentWidget(self.canvas)
            self._under_pointer()
            QTimer.singleShot(0, self._look_ahead)
            QTimer.singleShot(0, lambda: self.wide.refine(image.name))
        unit = processed.unit if processed is not None else image.unit
        self.aids.show(self._recipe_for(image), low, high, raster, unit)
        self.shown.emit(self._frame)

    def _all_outside(self, raster: Any, low: float, high: float) -> bool:
        if self._current.recipe.cuts != "manual":
            return False
        values = raster.overview()
        return not np.any((values > low) & (values < high))

    def _on_error(self, wanted: tuple[int, str], error: BaseException) -> None:
        if wanted != self._wanted:
            return
        self._impatient.stop()
        self._refused = words_of(error)
        self._clear("This image cannot be shown", self._refused, copyable=True)
        if isinstance(error, ValueError):
            when_missing(self._bridge, self._workbench, lambda cause: self._explain(wanted, cause))
        QTimer.singleShot(0, self._look_ahead)

    def _explain(self, wanted: tuple[int, str], cause: str) -> None:
        """The images' folder is gone: that, and the remedy, instead of one of the thousand files in it."""
        if wanted == self._wanted and self._frame is None and self.notice.text == self._refused:
            self._refused = cause
            self._clear("The images are not where they were", cause, copyable=True)

    def _look_ahead(self) -> None:
        bands = self._image.bands if self._image is not None else ()
        self._prefetch.expect(self._upcoming(), self._wanted[1], bands)

    def _say_loading(self) -> None:
        if self._image_of != self._wanted:
            self._clear("Loading …")
        else:  # the file is open, its pixels are on their way
            self._frame = None
            self.notice.say("Loading …")
            self._stack.setCurrentWidget(self.notice)
            self.shown.emit(None)

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        """What no action took may mean something to the tool."""
        if not self.canvas.take_key(event):
            super().keyPressEvent(event)

    def _clear(self, heading: str, sentence: str = "", copyable: bool = False) -> None:
        self._frame = self._image = None
        self.wide.set_raster(None)
        self.rendering.clear()
        self.aids.clear()
        self.readout.set_image(None)
        self.notice.say(heading, sentence, copyable)
        self._stack.setCurrentWidget(self.notice)
        self.shown.emit(None)

    def _on_changed(self, changes: Any) -> None:
        if self._wanted[0] >= 0 and (changes.project or self._wanted[0] in changes.objects):
            self._request(*self._wanted)

    # -- how it looks

    def _on_recipe(self, recipe: Any) -> None:
        if self._wanted[0] >= 0 and recipe.band != self._wanted[1]:
            self._request(self._wanted[0], recipe.band)
        elif self._image is not None:
            self.rendering.set_recipe(self._recipe_for(self._image))

    def _on_right_drag(self, across: float, down: float, begins: bool) -> None:
        if begins or self._drag_from is None:
            self._drag_from = self._current.recipe
        self._current.set_recipe(**display.drag(self._drag_from, across, down))

    def _on_painted(self, moment: float) -> None:
        if self._frame is not None:
            self.painted.emit(self._frame.image.object_id, moment)

    # -- what is under the pointer

    def _on_hover(self, position: tuple[float, float] | None) -> None:
        self._pointer = position
        self.readout.point(position)

    def _on_value(self) -> None:
        """The value under the pointer has come from the disk."""
        self.readout.repeat()
        self.canvas.update()  # the crosshair says it too

    def _under_pointer(self) -> None:
        """The pointer rests while the image changes: its line is about the new one."""
        self.canvas.tell_pointer()
