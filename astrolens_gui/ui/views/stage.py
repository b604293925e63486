"""The centre: image, mosaic, panels or field over one display bar, made only when they are looked at; decides nothing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..bridge import Bridge
from ..current import Current
from ..models.queue import QueueModel
from ..qt import QApplication, Qt, QtWidgets, QWidget, Signal
from ..sight import Sight

AHEAD = 5
NARROWEST = 360

PAGES = {"panels": ("panels", "PanelsView"), "field": ("field", "FieldView"), "compare": ("compare", "CompareView")}
"""Pages made when they are first looked at: name → (module beside this one, its class). Each takes what `Stage` takes, has
`opened` (object id to show large), `sight`, `larger` and `smaller`."""


class Stage(QWidget):
    """Attributes:
    turned: (str) the page that shows now: "image", "mosaic", "panels", "field" or "compare".
    graded: (int, str) a label was committed under the mosaic's cursor.
    painted: (int, float) the single view shows an object since that moment.
    """

    turned = Signal(str)
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
        self.pages: dict[str, Any] = {}
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
        self.pages = {"image": self.image, "mosaic": self.mosaic}
        for page in self.pages.values():
            self._views.addWidget(page)
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
    def page(self) -> str:
        """The name of the page in front; "image" before there is any."""
        front = self._views.currentWidget() if self._views is not None else None
        return next((name for name, page in self.pages.items() if page is front), "image")

    @property
    def front(self) -> Any:
        """The page in front."""
        return self.pages[self.page]

    @property
    def is_mosaic(self) -> bool:
        return self.page == "mosaic"

    def show_page(self, name: str) -> None:
        """Bring a page to the front; nothing before `build`."""
        if self._views is None:
            return
        if name not in self.pages:
            self._make(name)
        page = self.pages[name]
        self._views.setCurrentWidget(page)
        self.setFocusProxy(page)
        self.take_focus()
        self.turned.emit(name)

    def _make(self, name: str) -> None:
        module, kind = PAGES[name]
        page = getattr(import_module(f".{module}", __package__), kind)(*self._parts)
        page.opened.connect(lambda _: self.show_page("image"))
        self.pages[name] = page
        assert self._views is not None
        self._views.addWidget(page)

    def toggle(self, name: str) -> None:
        """A page, or back to the image."""
        self.show_page("image" if self.page == name else name)

    def show_mosaic(self, mosaic: bool) -> None:
        self.show_page("mosaic" if mosaic else "image")

    def sight(self, object_id: int) -> Sight:
        """How well an object can be seen now, in whichever view is in front."""
        return self.front.sight(object_id)  # type: ignore[no-any-return]

    def larger(self) -> None:
        """Zoom in, or larger stamps."""
        self.front.larger()

    def smaller(self) -> None:
        """Zoom out, or smaller stamps."""
        self.front.smaller()

    def take_focus(self) -> None:
        """Keys go to what is looked at, also from a dock that floats as a window of its own."""
        self.setFocus()
        if isinstance(QApplication.activeWindow(), QtWidgets.QDockWidget):
            self.window().activateWindow()
