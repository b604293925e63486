"""The Why dock: which map lies over the image, the verdict and its test, and the test of all verdicts; asks no model itself."""

from __future__ import annotations

from typing import Any

from astrolens_gui.workbench.asking import NEEDS, WHATS

from ..qt import QApplication, Qt, QtWidgets, QWidget, Signal
from .elided import Elided
from .sentence import Sentence
from .why_table import FlipsPanel
from .why_verdict import VerdictPanel, as_text

TITLES = {"": "Off", "gradcam": "Grad-CAM", "occlusion": "Occlusion", "integrated": "Integrated"}
TIPS = {
    "": "No map over the image",
    "gradcam": "What the network's last feature maps saw that spoke for a lens; coarse, quick",
    "occlusion": "By how much the logit drops when a patch becomes sky: what the answer hangs on; works with any model",
    "integrated": "What each pixel added to the logit, from an empty sky to this image",
}

HIDDEN = "Hidden until the object is graded, so that the model does not sway you; M shows it now."
EMPTY = "Choose a map, or test the verdict. A model is needed: shipped weights that fit, or one trained on your grades."


class WhyPanel(QWidget):
    """Attributes:
    chosen: (str) a key of TITLES: this map, please.
    tested: test the verdict on this object. cancelled: not any more.
    """

    chosen = Signal(str)
    tested = Signal()
    cancelled = Signal()

    def __init__(self, actions: Any) -> None:
        super().__init__()
        self._busy = False
        column = QtWidgets.QVBoxLayout(self)
        column.setSpacing(4)
        heading = QtWidgets.QLabel("Map over the image", objectName="heading")
        heading.setToolTip(actions["next_map"].toolTip())
        column.addWidget(heading)
        grid = QtWidgets.QGridLayout()
        grid.setSpacing(4)
        self.buttons: dict[str, QtWidgets.QToolButton] = {}
        for place, (what, title) in enumerate(TITLES.items()):
            button = QtWidgets.QToolButton(text=title, checkable=True, focusPolicy=Qt.NoFocus)
            button.setSizePolicy(QtWidgets.QSizePolicy.Expanding, QtWidgets.QSizePolicy.Fixed)
            button.setStyleSheet("padding: 4px 1px")  # two stand side by side in the narrowest dock
            button.clicked.connect(lambda _=False, what=what: self.chosen.emit(what))
            grid.addWidget(button, place // 2, place % 2)
            self.buttons[what] = button
        column.addLayout(grid)
        self.words = Sentence()
        column.addWidget(self.words)
        self._grid = QtWidgets.QGridLayout()
        self._grid.setColumnStretch(1, 1)
        self._values: dict[str, QtWidgets.QLabel] = {}
        self._facts = QWidget()
        self._facts.setLayout(self._grid)
        self._grid.setContentsMargins(0, 0, 0, 0)
        for name in ("Model", "Verdict", "Logit", "P(lens)"):
            label = QtWidgets.QLabel(name, objectName="muted")
            if name == "Model":  # its name may be wider than the dock, and names differ in their ends
                value: QtWidgets.QLabel = Elided(mode=Qt.ElideMiddle)
            else:
                value = QtWidgets.QLabel(textInteractionFlags=Qt.TextSelectableByMouse)
            value.setAlignment(Qt.AlignRight | Qt.AlignVCenter)
            row = self._grid.rowCount()
            self._grid.addWidget(label, row, 0)
            self._grid.addWidget(value, row, 1)
            self._values[name] = value
        column.addWidget(self._facts)
        self.test = QtWidgets.QPushButton("Test verdict", objectName="primary", focusPolicy=Qt.NoFocus)
        self.test.setToolTip(actions["test_verdict"].toolTip())
        self.test.clicked.connect(lambda: (self.cancelled if self._busy else self.tested).emit())
        self.copy = QtWidgets.QPushButton("Copy", focusPolicy=Qt.NoFocus)
        self.copy.setToolTip("Verdict, smallest flip and all curves as text, tabs between columns")
        self.copy.clicked.connect(self._copy)
        row = QtWidgets.QHBoxLayout()
        row.addWidget(self.test, 1)
        row.addWidget(self.copy)
        column.addLayout(row)
        self.progress = QtWidgets.QProgressBar(textVisible=False, maximum=100)
        column.addWidget(self.progress)
        self.verdict = VerdictPanel()
        column.addWidget(self.verdict)
        self.flips = FlipsPanel(actions["flip_graded"].toolTip())
        column.addWidget(self.flips)
        column.addStretch(1)
        self._examined: Any = None
        self.mark("")
        self.show_busy(None)
        self.clear(EMPTY)

    def clear(self, sentence: str, role: str = "muted") -> None:
        """Nothing is known of what is on the screen, or may be shown."""
        self.words.say(sentence, role)
        self._facts.hide()
        self.show_examination(None)

    def say(self, sentence: str, role: str = "muted") -> None:
        self.words.say(sentence, role)
        self.words.setVisible(bool(sentence))

    def mark(self, what: str) -> None:
        """This map is the one wanted."""
        for name, button in self.buttons.items():
            button.setChecked(name == what)

    def show_asked(self, asked: Any) -> None:
        """Who answered, and what."""
        self._values["Model"].setText(asked.model)
        self._values["Model"].setToolTip(asked.model)
        self._values["Verdict"].setText("lens" if asked.is_lens else "not a lens")
        self._values["Logit"].setText(f"{asked.logit:+.3f}")
        self._values["P(lens)"].setText(f"{asked.score:.3f}")
        self._values["P(lens)"].setToolTip(
            f"Calibrated, at a prevalence of {asked.prior:.3g}, as it stands with the model"
        )
        self._values["Verdict"].setToolTip("A lens where the logit is above 0, that is P(lens) above 0.5")
        self._facts.show()
        self.show_can(asked.explains, asked.backend)

    def show_can(self, explains: tuple[str, ...], backend: str) -> None:
        """Which maps the backend can make; the others say why not."""
        for what, button in self.buttons.items():
            can = not what or what in explains
            button.setEnabled(can)
            button.setToolTip(
                TIPS[what] if can else f"The backend {backend} has no {NEEDS[what]}: {WHATS['occlusion']} only"
            )

    def show_busy(self, fraction: float | None) -> None:
        """A test is under way (0..1 of it done), or not (None): the button cancels meanwhile."""
        self._busy = fraction is not None
        self.test.setText("Cancel" if self._busy else "Test verdict")
        self.progress.setVisible(self._busy)
        self.progress.setValue(round(100 * (fraction or 0.0)))

    def show_examination(self, found: Any, band: str = "") -> None:
        """An Examination of the object on the screen; None: there is none."""
        self._examined = found
        self.copy.setEnabled(found is not None)
        if found is None:
            self.verdict.hide()
        else:
            self.show_asked(found.asked)
            self.verdict.show_examination(found, band)

    def _copy(self) -> None:
        if self._examined is not None:
            QApplication.clipboard().setText(as_text(self._examined))
