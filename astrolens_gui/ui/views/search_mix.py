"""Sliders for what a drawn queue is made of: a share for each strategy, and one at random; draws nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from astrolens_gui.workbench.ranking import DRAWN, MIX, SMALLEST_SHARE

from ..qt import Qt, QtWidgets, QWidget, Signal
from .elided import Elided
from .sentence import Sentence

LEFT_OUT = (DRAWN, "random", "mixed")
"""No parts of a mixture: these are mixtures, and the random share has a slider of its own."""

ABOUT = (
    "Each next object is drawn by lot: strategies give the most useful more tickets, the random share gives every object some. "
    "That makes what nobody has seen estimable."
)
RANDOM_TIP = (
    "Of all draws, spread evenly over what is not graded. The more, the surer the estimate of what is left; at least "
    f"{SMALLEST_SHARE:.0%}, for with none nothing could be estimated"
)


class MixView(QWidget):
    """Attributes: drawn: draw the queue by the mixture that `mix` says."""

    page: QWidget
    drawn = Signal()

    def __init__(self, actions: Any, strategies: Sequence[Any]) -> None:
        super().__init__()
        column = QtWidgets.QVBoxLayout(self)
        column.setSpacing(4)
        self.words = Sentence(ABOUT)
        self.words.say(ABOUT, "muted")
        column.addWidget(self.words)
        self.sliders: dict[str, QtWidgets.QSlider] = {}
        self._shares: dict[str, QtWidgets.QLabel] = {}
        grid = QtWidgets.QGridLayout()
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(0, 1)
        for spec in strategies:
            if spec.id not in LEFT_OUT:
                self._add(grid, spec.id, spec.title, spec.doc, 0)
        rule = QtWidgets.QFrame(objectName="rule")
        rule.setFixedHeight(1)
        grid.addWidget(rule, grid.rowCount(), 0, 1, 2)
        self._add(grid, "random", "At random", RANDOM_TIP, round(100 * SMALLEST_SHARE))
        column.addLayout(grid)
        self.draw = QtWidgets.QPushButton("Draw anew", objectName="primary", focusPolicy=Qt.NoFocus)
        self.draw.setToolTip(actions["draw_anew"].toolTip())
        self.draw.clicked.connect(self.drawn)
        column.addWidget(self.draw)
        column.addStretch(1)
        self.show_mix(None)

    def _add(self, grid: QtWidgets.QGridLayout, name: str, title: str, tip: str, least: int) -> None:
        row = grid.rowCount()
        label = Elided()
        label.setText(title)
        label.setToolTip(f"{title}. {tip}")
        slider = QtWidgets.QSlider(Qt.Horizontal, minimum=least, maximum=100, focusPolicy=Qt.NoFocus, toolTip=tip)
        value = QtWidgets.QLabel(alignment=Qt.AlignRight | Qt.AlignVCenter)
        value.setMinimumWidth(value.fontMetrics().horizontalAdvance("100 %") + 2)
        slider.valueChanged.connect(lambda _: self._tell())
        grid.addWidget(label, row, 0, 1, 2)
        grid.addWidget(slider, row + 1, 0)
        grid.addWidget(value, row + 1, 1)
        self.sliders[name], self._shares[name] = slider, value

    def show_mix(self, mix: Mapping[str, float] | None) -> None:
        """Shares as the project has them; None: as they are until somebody moves one."""
        for name, slider in self.sliders.items():
            slider.blockSignals(True)
            slider.setValue(round(100 * float((mix or MIX).get(name, 0.0))))
            slider.blockSignals(False)
        self._tell()

    def mix(self) -> dict[str, float]:
        """{strategy: share, "random": share}, those of nothing left out."""
        return {name: slider.value() / 100 for name, slider in self.sliders.items() if slider.value()}

    def _tell(self) -> None:
        """What each is of all draws: strategies by their shares of what the random ones leave."""
        random = self.sliders["random"].value() / 100
        total = sum(slider.value() for name, slider in self.sliders.items() if name != "random")
        for name, label in self._shares.items():
            of_all = random if name == "random" else (1 - random) * self.sliders[name].value() / total if total else 0.0
            if name == "random" and not total:
                of_all = 1.0
            label.setText(f"{100 * of_all:.0f} %")
            label.setEnabled(of_all > 0)
