"""One picture among several: a title, a canvas and what the crosshair's pixel is worth; decides nothing."""

from __future__ import annotations

from typing import Any

from ..bridge import words_of
from ..qt import QColor, Qt, QtCore, QtGui, QtWidgets, QWidget, Signal
from .bond import Site
from .canvas import Canvas
from .layer import Layer
from .panelplan import Content
from .rendering import Rendering
from .sky import compass, format_value

TITLE_PX = 28
TITLE_STYLE = (
    "QPushButton { text-align: left; padding: 1px 8px; border: 1px solid transparent; border-radius: 3px;"
    " background: transparent; } QPushButton:checked { border-color: palette(highlight); }"
    " QPushButton:hover { background: palette(button); }"
)
"""The chosen band's title is framed; the sheet of the theme would draw every title as a button."""

GAP, ARM = 5, 22
"""Device independent pixels from the crosshair's middle to where its arms begin and end."""


class Cross(Layer):
    """A crosshair at an image position that leaves the pixel itself free."""

    def __init__(self) -> None:
        super().__init__()
        self.at: tuple[float, float] | None = None
        self.ratio = 1.0

    def put(self, at: tuple[float, float] | None) -> None:
        if at != self.at:
            self.at = at
            self.changed.emit()

    def paint(self, painter: QtGui.QPainter, view: Any) -> None:
        if self.at is None:
            return
        x, y = view.to_screen(*self.at)
        near, far = GAP * self.ratio, ARM * self.ratio
        painter.setRenderHint(QtGui.QPainter.Antialiasing, False)
        for ink, width in ((QColor(0, 0, 0, 170), 3.0), (QColor(120, 230, 255), 1.0)):
            painter.setPen(QtGui.QPen(ink, width * self.ratio))
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                start = QtCore.QPointF(x + dx * near, y + dy * near)
                painter.drawLine(start, QtCore.QPointF(x + dx * far, y + dy * far))


class Panel(QtWidgets.QFrame):
    """Attributes:
    chosen: the title was clicked. opened: the picture was clicked twice. dropped: the pin's × was clicked.
    ready: there is a picture. failed: (sentence) there will be none.
    """

    chosen = Signal()
    opened = Signal()
    dropped = Signal()
    ready = Signal()
    failed = Signal(str)

    def __init__(self, bridge: Any, runner: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.content: Content | None = None
        self.problem = ""
        self.is_ready = False
        self.canvas = Canvas(self)
        self.rendering = Rendering(bridge, runner, self.canvas, self)
        self.cross = Cross()
        self.canvas.add_layer(self.cross)
        self.title = QtWidgets.QPushButton(objectName="panelTitle", flat=True)
        self.title.setStyleSheet(TITLE_STYLE)
        self.title.setFocusPolicy(Qt.NoFocus)
        self.title.setCheckable(True)
        self.title.setSizePolicy(QtWidgets.QSizePolicy.Ignored, QtWidgets.QSizePolicy.Expanding)
        self.title.clicked.connect(lambda _: self.chosen.emit())
        self.value = QtWidgets.QLabel(objectName="muted")
        self.value.setAlignment(Qt.AlignRight | Qt.AlignVCenter)
        self.drop = QtWidgets.QToolButton(text="×", autoRaise=True, toolTip="Take this object off the panels")
        self.drop.setFocusPolicy(Qt.NoFocus)
        self.drop.clicked.connect(lambda _: self.dropped.emit())
        head = QWidget()
        head.setFixedHeight(TITLE_PX)  # a pin's × must not make its picture smaller than the others
        row = QtWidgets.QHBoxLayout(head)
        row.setContentsMargins(0, 0, 6, 0)
        row.setSpacing(4)
        row.addWidget(self.title, 1)
        row.addWidget(self.value)
        row.addWidget(self.drop)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addWidget(self.canvas, 1)
        self.canvas.installEventFilter(self)
        self.rendering.ready.connect(lambda *_: self._on_ready())
        self.rendering.failed.connect(self._on_failed)

    @property
    def site(self) -> Site:
        assert self.content is not None
        image = self.content.image
        return Site(image.wcs, tuple(self.raster.shape), image.pixel_scale)

    @property
    def raster(self) -> Any:
        assert self.content is not None
        return self.content.raster if self.content.raster is not None else self.content.image.raster

    def show_content(self, content: Content, recipe: Any) -> None:
        """Other pixels, shown by `recipe` (of this panel's band)."""
        self.content, self.is_ready, self.problem = content, False, ""
        self.title.setText(content.title)
        self.drop.setVisible(content.kind == "pin")
        tips = {
            "band": f"Look at {content.band} from here on, also in the single view; twice on the picture opens it large",
            "colour": "The bands as one colour picture; twice on the picture opens it large",
            "pin": f"{content.image.name}, pinned to be compared; twice on the picture opens it large",
            "processed": "A processed picture of this object, not data",
            "raw": "The data; twice on the picture opens it large",
            "made": "Made from the data, not data",
        }
        self.title.setToolTip(tips[content.kind])
        self.value.clear()
        self.cross.put(None)
        image, (height, width) = content.image, self.raster.shape
        self.canvas.set_image_shape(
            (height, width), lambda x, y: compass(image.wcs, image.pixel_scale, width, height, at=(x, y))
        )
        self.canvas.name("processed, not data" if content.kind == "processed" else "")
        if content.kind == "colour":
            self.rendering.set_rasters(image.rasters, recipe, image.maps, image.zero_points)
        else:
            self.rendering.set_rasters({content.band: self.raster}, recipe)

    def show_recipe(self, recipe: Any) -> None:
        if self.content is not None:
            self.rendering.set_recipe(recipe)

    def clear(self) -> None:
        self.content, self.is_ready = None, False
        self.rendering.clear()
        self.canvas.forget()

    def point(self, at: tuple[float, float] | None, own: bool) -> None:
        """The crosshair is at pixel `at` of this image; in the panel under the pointer (`own`) the pointer is the crosshair."""
        self.cross.ratio = self.canvas.devicePixelRatioF()
        self.cross.put(None if own else at)
        self.value.setText(self._value(at))

    def _value(self, at: tuple[float, float] | None) -> str:
        if at is None or self.content is None or self.content.kind == "colour" or not self.raster.resident:
            return ""
        x, y = round(at[0]), round(at[1])
        height, width = self.raster.shape
        if not (0 <= x < width and 0 <= y < height):
            return ""
        return format_value(float(self.raster.value(x, y)), self.content.image.unit)

    def say(self, sentence: str) -> None:
        self.canvas.say(sentence)

    def eventFilter(self, watched: Any, event: QtCore.QEvent) -> bool:
        if event.type() == QtCore.QEvent.MouseButtonDblClick and event.button() == Qt.LeftButton:
            self.opened.emit()
            return True
        return bool(super().eventFilter(watched, event))

    def _on_ready(self) -> None:
        self.is_ready = True
        self.ready.emit()

    def _on_failed(self, error: BaseException) -> None:
        self.problem = words_of(error)
        self.say(self.problem)
        self.failed.emit(self.problem)
