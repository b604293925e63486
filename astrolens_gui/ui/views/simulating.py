"""The dialog of a simulation: which simulator, with which settings, how many objects and where; draws nothing and knows no
workbench."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from astrolens_gui.api import UserError, as_dict
from astrolens_gui.core.plugins import missing

from ..forms import ParamsForm
from ..qt import Qt, QtWidgets, QWidget, Signal
from .sentence import Sentence

LAYOUTS = {"plain": "Folders by field", "challenge": "Lens finding challenge"}
"""How a `simulating.Sample` names the layouts, and what they are for a person."""


USUAL = "simulator"
"""What draws, until somebody chooses: it needs no model."""


class SimulateDialog(QtWidgets.QDialog):
    """Stays open beside the images while the objects are drawn.

    Attributes:
        simulate_asked: (backend, folder, count, dict of seed, params and layout).
        cancel_asked: what is drawn so far is enough.
        import_asked: (folder) make a project of it and open it.
    """

    simulate_asked = Signal(str, object, int, dict)
    cancel_asked = Signal()
    import_asked = Signal(object)

    def __init__(self, specs: Sequence[Any], folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Simulate")
        self.resize(560, 720)
        self._specs = {spec.id: spec for spec in specs}
        self._running, self._made = False, False
        self.form: ParamsForm | None = None
        self.choice = QtWidgets.QComboBox(toolTip="What draws the objects")
        for spec in specs:
            self.choice.addItem(spec.title, spec.id)
        self.choice.setCurrentIndex(max(self.choice.findData(USUAL), 0))
        self.about, self.note = Sentence(), Sentence()
        self.scroll = QtWidgets.QScrollArea(widgetResizable=True, frameShape=QtWidgets.QFrame.NoFrame)
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setSpacing(8)
        for widget in (self.choice, self.about):
            layout.addWidget(widget)
        layout.addWidget(self.scroll, 1)
        layout.addWidget(self.note)
        layout.addLayout(self._sample(folder))
        self.bar = QtWidgets.QProgressBar(maximum=1000, textVisible=False)
        self.said = Sentence()
        layout.addWidget(self.bar)
        layout.addWidget(self.said)
        layout.addLayout(self._buttons())
        self.choice.currentIndexChanged.connect(lambda _: self._chosen())
        self._chosen()
        self.show_idle()

    def _sample(self, folder: Path) -> QtWidgets.QFormLayout:
        self.count = QtWidgets.QSpinBox(minimum=1, maximum=10_000_000, value=1000)
        self.count.setGroupSeparatorShown(True)
        self.count.setToolTip("How many objects are drawn")
        self.seed = QtWidgets.QSpinBox(minimum=0, maximum=2**31 - 1, value=1)
        self.seed.setToolTip("The same seed gives the same objects")
        self.order = QtWidgets.QComboBox(toolTip="How the files are named and sorted into folders")
        for key, title in LAYOUTS.items():
            self.order.addItem(title, key)
        self.place = QtWidgets.QLineEdit(str(folder), toolTip="An empty or new folder")
        self.ask = QtWidgets.QPushButton("Choose…", autoDefault=False, toolTip="Choose the folder")
        self.ask.clicked.connect(self._ask_folder)
        row = QtWidgets.QHBoxLayout()
        row.addWidget(self.place, 1)
        row.addWidget(self.ask)
        form = QtWidgets.QFormLayout()
        for name, widget in (("Objects", self.count), ("Seed", self.seed), ("Layout", self.order), ("Folder", row)):
            form.addRow(name, widget)
        return form

    def _buttons(self) -> QtWidgets.QHBoxLayout:
        row = QtWidgets.QHBoxLayout()
        self.open = QtWidgets.QPushButton("Import and open", autoDefault=False)
        self.open.setToolTip("Make a project of these objects beside their folder, and open it")
        self.open.clicked.connect(lambda: self.import_asked.emit(self.folder()))
        self.start = QtWidgets.QPushButton("Simulate", autoDefault=False)
        self.start.setToolTip("Draw the objects and write them with their truth table")
        self.start.clicked.connect(self._start)
        self.leave = QtWidgets.QPushButton("Close", autoDefault=False)
        self.leave.clicked.connect(lambda: self.cancel_asked.emit() if self._running else self.close())
        row.addStretch(1)
        for button in (self.leave, self.start, self.open):
            row.addWidget(button)
        return row

    @property
    def backend(self) -> str:
        """Id of the chosen simulator, "" where there is none."""
        return self.choice.currentData() or ""

    def folder(self) -> Path:
        return Path(self.place.text().strip()).expanduser()

    def _ask_folder(self) -> None:
        if folder := QtWidgets.QFileDialog.getExistingDirectory(self, "An empty folder for the objects"):
            self.place.setText(folder)

    def _chosen(self) -> None:
        spec = self._specs.get(self.backend)
        self.form = None
        self.scroll.takeWidget()
        if spec is None:
            self.about.say("No simulator is installed; see Plugins.", "bad")
            return
        lack = missing(spec)
        self.about.say(f"{spec.title} {lack}" if lack else spec.doc, "bad" if lack else "muted")
        self.form = ParamsForm(spec.params)
        self.form.layout().addStretch(1)
        self.form.layout().setContentsMargins(0, 0, 8, 0)  # off the scroll bar
        self.form.setSizePolicy(
            QtWidgets.QSizePolicy.Preferred, QtWidgets.QSizePolicy.Minimum
        )  # scrolled, not squeezed
        self.form.edited.connect(self._warn)
        self.scroll.setWidget(self.form)
        self._warn()
        self._enable()

    def _warn(self) -> None:
        """What these settings mean that one may not expect."""
        try:
            note = str(getattr(self.form.params(), "note", "")) if self.form is not None else ""
        except UserError as error:
            note = str(error)
        self.note.say(f"{note[:1].upper()}{note[1:]}." if note else "", "warning")
        self.note.setVisible(bool(note))

    def _start(self) -> None:
        if self.form is None:
            return
        if not self.place.text().strip():
            self.show_problem("Say in which folder the objects go.")
            return
        try:
            params = as_dict(self.form.params())
        except UserError as error:
            self.show_problem(str(error))
            return
        how = {"seed": self.seed.value(), "params": params, "layout": self.order.currentData()}
        self.simulate_asked.emit(self.backend, self.folder(), self.count.value(), how)

    # -- what is shown of it

    def show_idle(self, said: str = "", role: str = "muted", *, made: bool = False) -> None:
        """Nothing is being drawn; `made`: the folder holds objects now."""
        self._running, self._made = False, made
        self.bar.setValue(1000 if made else 0)
        self.said.say(said, role)
        self.said.setVisible(bool(said))
        self._enable()

    def show_problem(self, sentence: str) -> None:
        self.show_idle(sentence, "bad")

    def show_running(self, fraction: float, said: str) -> None:
        if not self._running:
            self._running, self._made = True, False
            self._enable()
        self.bar.setValue(round(1000 * fraction))
        self.said.say(said, "muted")
        self.said.show()

    def _enable(self) -> None:
        spec = self._specs.get(self.backend)
        idle = not self._running
        for widget in (self.choice, self.scroll, self.count, self.seed, self.order, self.place, self.ask):
            widget.setEnabled(idle)
        self.start.setEnabled(idle and spec is not None and not missing(spec))
        self.start.setObjectName("" if self._made else "primary")
        self.open.setObjectName("primary" if self._made else "")
        self.open.setVisible(self._made)
        self.bar.setVisible(self._running)
        self.leave.setText("Stop" if self._running else "Close")
        self.leave.setToolTip("Keep what is drawn so far" if self._running else "Back to the images")
        for button in (self.start, self.open):
            button.style().unpolish(button)
            button.style().polish(button)

    def keyPressEvent(self, event: Any) -> None:
        if event.key() not in (Qt.Key_Return, Qt.Key_Enter):  # they end the editing of a field, not the dialog
            super().keyPressEvent(event)
