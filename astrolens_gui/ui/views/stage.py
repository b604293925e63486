"""The centre: the single view or the mosaic over one display bar, made only when a project opens; decides nothing."""

from __future__ import annotations

from typing import Any

from ..bridge import Bridge
from ..current import Current
from ..models.queue import QueueModel
from ..qt import QApplication, Qt, QtWidgets, QWidget, Signal
from ..sight import Sight

AHEAD = 5
NARROWEST = 360


class Stage(QWidget):
    """Attributes:
    turned: (bool) whether the mosaic shows now.
    graded: (int, str) a label was committed under the mosaic's cursor.
    painted: (int, float) the single view shows an object since that moment.
    """

    turned = Signal(bool)
    graded = Signal(int, str)
    painted = Signal(int, float)

    def __init__(self, bridge: Bridge, workbench: Any, current: Current, queue: QueueModel) -> None:
        super().__init__(objectName="stage")
        self._parts = (bridge, workbench, current, queue)
        self._layout = QtWidgets.QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._views: QtWidgets.QStackedWidget | None = None
        self._scheme: Any = None
        self.image: Any = None
        self.mosaic: Any = None
        self.bar: Any = None
        self.setFocusPolicy(Qt.ClickFocus)

    def build(self) -> None:
        """Make the views; pyqtgraph and numpy's friends are imported here, after the window's first paint."""
        if self._views is not None:
            return
        from .displaybar import DisplayBar
        from .image import ImageView
        from .mosaic import MosaicView

        bridge, workbench, current, queue = self._parts
        settings = workbench.settings
        self.image = ImageView(bridge, workbench, current)
        self.image.set_upcoming(self._upcoming)
        self.image.painted.connect(self.painted)
        self.mosaic = MosaicView(bridge, workbench, current, queue, columns=settings["mosaic"]["columns"])
        self.mosaic.opened.connect(lambda _: self.show_mosaic(False))
        self.mosaic.graded.connect(self.graded)
        self.mosaic.columns_changed.connect(
            lambda count: settings.set("mosaic", {**settings["mosaic"], "columns": count})
        )
        self.mosaic.set_scheme(self._scheme)
        self._views = QtWidgets.QStackedWidget()
        self._views.addWidget(self.image)
        self._views.addWidget(self.mosaic)
        self._layout.addWidget(self._views, 1)
        self.bar = DisplayBar(current, self.image)
        for part in (self._views, self.bar):  # a long name in the readout must never make the window wider
            part.setMinimumSize(NARROWEST, 0)
        self._layout.addWidget(self.bar)
        self.setFocusProxy(self.image)

    def _upcoming(self) -> list[int]:
        """The objects that will probably be looked at next: the next without a grade, and the neighbours."""
        _, _, current, queue = self._parts
        rows = [current.position + 1, current.position - 1]
        row = current.position
        for _ in range(AHEAD):
            row = queue.next_ungraded(row)
            if row < 0 or row in rows[2:]:
                break
            rows.append(row)
        ordered = [*rows[2:3], *rows[:2], *rows[3:]]
        return [found for row in dict.fromkeys(ordered) if (found := queue.object_at(row)) >= 0]

    def set_scheme(self, scheme: Any) -> None:
        self._scheme = scheme
        if self.mosaic is not None:
            self.mosaic.set_scheme(scheme)

    @property
    def is_mosaic(self) -> bool:
        return self._views is not None and self._views.currentWidget() is self.mosaic

    def toggle_mosaic(self) -> None:
        self.show_mosaic(not self.is_mosaic)

    def show_mosaic(self, mosaic: bool) -> None:
        if self._views is None:
            return
        view = self.mosaic if mosaic else self.image
        self._views.setCurrentWidget(view)
        self.setFocusProxy(view)
        self.take_focus()
        self.turned.emit(mosaic)

    def sight(self, object_id: int) -> Sight:
        """How well an object can be seen now, in whichever view is in front."""
        return (self.mosaic if self.is_mosaic else self.image).sight(object_id)  # type: ignore[no-any-return]

    def larger(self) -> None:
        """Zoom in, or larger stamps."""
        (self.mosaic.larger if self.is_mosaic else self.image.zoom_in)()

    def smaller(self) -> None:
        """Zoom out, or smaller stamps."""
        (self.mosaic.smaller if self.is_mosaic else self.image.zoom_out)()

    def take_focus(self) -> None:
        """Keys go to what is looked at, also from a dock that floats as a window of its own."""
        self.setFocus()
        if isinstance(QApplication.activeWindow(), QtWidgets.QDockWidget):
            self.window().activateWindow()
