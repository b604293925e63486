"""The Map dock: which map, coloured by what, the map itself and what can be done with the lasso; asks no model itself."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from ..qt import Qt, QtGui, QtWidgets, QWidget, Signal
from .map_view import MapView
from .sentence import Sentence, short

METHODS = {
    "pca": ("PCA", "The two directions in which what the model sees varies most; at once, the same each time"),
    "umap": ("UMAP", "Neighbours stay neighbours, distances between groups mean little; takes a minute"),
}
COLOURS = {"grade": ("Grade", "Dots by grade"), "score": ("Score", "Dots by score, as far as it may be seen")}
EMPTY = (
    "A dot for each object, alike beside alike, as the model in use sees them. It has to look at every object once: about "
    "a second for a thousand. A model is needed: shipped weights that fit, or one trained on your grades."
)
HOW = "Click: go there. Drag: lasso. Wheel: zoom, right drag: pan, double click: all."


class MapPanel(QWidget):
    """Attributes:
    method_chosen, colour_chosen: (str) another map, other colours. look_asked: have the model look at every object.
    cancelled: not any more. alike_asked: order the queue by likeness to what the lasso caught.
    """

    method_chosen = Signal(str)
    colour_chosen = Signal(str)
    look_asked = Signal()
    cancelled = Signal()
    alike_asked = Signal()

    def __init__(self, actions: Any, bridge: Any, workbench: Any) -> None:
        super().__init__()
        self._busy = False
        column = QtWidgets.QVBoxLayout(self)
        column.setSpacing(4)
        self._method = _choice(METHODS, "Which map")
        self._colour = _choice(COLOURS, "What the colours say")
        if find_spec("umap") is None:
            item = self._method.model().item(list(METHODS).index("umap"))
            item.setEnabled(False)
            item.setToolTip("UMAP needs the package umap-learn: pip install umap-learn")
        self._method.activated.connect(lambda _: self.method_chosen.emit(self.method))
        self._colour.activated.connect(lambda _: self.colour_chosen.emit(self.colour))
        row = QtWidgets.QHBoxLayout()
        row.addWidget(self._method, 1)
        row.addWidget(self._colour, 1)
        self._choices = QWidget()
        self._choices.setLayout(row)
        row.setContentsMargins(0, 0, 0, 0)
        self.words = Sentence()
        self.look = QtWidgets.QPushButton("Look at every object", objectName="primary", focusPolicy=Qt.NoFocus)
        self.look.setToolTip(actions["look_at_all"].toolTip())
        self.look.clicked.connect(lambda: (self.cancelled if self._busy else self.look_asked).emit())
        self.progress = QtWidgets.QProgressBar(textVisible=False, maximum=100)
        self.view = MapView(bridge, workbench)
        self.view.setToolTip(HOW)
        self.told = QtWidgets.QLabel(objectName="muted", wordWrap=True, alignment=Qt.AlignTop)
        self.told.setMinimumHeight(3 * self.told.fontMetrics().lineSpacing())  # no other text moves the map
        self.told.setMinimumWidth(1)  # nor widens it beyond the dock
        self.alike = QtWidgets.QPushButton("More like these", focusPolicy=Qt.NoFocus)
        self.alike.setToolTip("Order the queue by likeness to what the lasso caught")
        self.alike.clicked.connect(self.alike_asked)
        for part in (self._choices, self.words, self.look, self.progress):
            column.addWidget(part)
        column.addWidget(self.view, 1)
        column.addWidget(self.told)
        column.addWidget(self.alike)
        self._bottom = QWidget()
        column.addWidget(self._bottom)
        self.show_busy(None)
        self.clear()

    def choose(self, method: str = "pca", colour: str = "grade") -> None:
        """As it was remembered; what is not installed is not chosen."""
        self._colour.setCurrentIndex(max(self._colour.findData(colour), 0))
        at = self._method.findData(method)
        if at >= 0 and self._method.model().item(at).isEnabled():
            self._method.setCurrentIndex(at)

    @property
    def method(self) -> str:
        return str(self._method.currentData())

    @property
    def colour(self) -> str:
        return str(self._colour.currentData())

    def clear(self) -> None:
        self.view.clear()
        self.show_lacking("")

    def say(self, text: str, role: str = "muted") -> None:
        self.words.say(text, role)
        self.words.setVisible(bool(text))

    def show_lacking(self, why: str) -> None:
        """There is no map: because of `why`, or as the model has not looked yet."""
        self.say(why or EMPTY, "bad" if why else "muted")
        for part in (self.view, self.told, self.alike, self._choices):
            part.hide()
        self._bottom.show()
        self.look.show()

    def show_atlas(self, atlas: Any) -> None:
        self.say("")
        self.view.set_map(atlas.ids, atlas.places)
        unseen = atlas.objects - len(atlas.ids)
        self.look.setVisible(unseen > 0 or self._busy)
        self._about = f"{len(atlas.ids):,} objects as {short(atlas.model)} sees them"
        self._about += f"; {unseen:,} not looked at yet. " if unseen else ". "
        self.told.setToolTip(atlas.model)
        self._bottom.hide()
        for part in (self.view, self._choices, self.told, self.alike):
            part.show()
        self.show_caught(0)

    def show_caught(self, count: int) -> None:
        """So many objects are within the lasso."""
        caught = f"{count:,} caught, listed in the queue; Esc in its filter ends it."
        self.told.setText(caught if count else self._about + HOW)
        self.alike.setEnabled(count > 0)

    def show_busy(self, fraction: float | None) -> None:
        """The model looks (0..1 of it done), or not (None): the button cancels meanwhile."""
        self._busy = fraction is not None
        self.look.setText("Cancel" if self._busy else "Look at every object")
        self.progress.setVisible(self._busy)
        self.progress.setValue(round(100 * (fraction or 0.0)))

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        event.ignore()


def _choice(entries: dict[str, tuple[str, str]], tip: str) -> QtWidgets.QComboBox:
    choice = QtWidgets.QComboBox(focusPolicy=Qt.NoFocus, toolTip=tip)
    choice.setSizeAdjustPolicy(QtWidgets.QComboBox.AdjustToMinimumContentsLengthWithIcon)
    for key, (title, about) in entries.items():
        choice.addItem(title, key)
        choice.setItemData(choice.count() - 1, about, Qt.ToolTipRole)
    return choice
