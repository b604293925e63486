"""Which model does a task, and how it is trained: a choice, a form and a button; runs no model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from astrolens_gui.api import as_dict
from astrolens_gui.core.plugins import missing

from ..forms import Folded, ParamsForm
from ..qt import Qt, QtWidgets, QWidget, Signal
from .elided import Elided
from .grouped import Choice, GroupedChoice

BEST = "The best there is"


class TaskModel(QWidget):
    """Attributes:
    changed: another backend, or another of its models, was chosen.
    train_asked: (backend, parameters of its training).
    refused: (sentence) what is in the form makes no sense.
    """

    changed = Signal()
    train_asked = Signal(str, dict)
    refused = Signal(str)

    def __init__(self, plugins: Any, capability: str, train_tip: str) -> None:
        super().__init__()
        self._specs = {spec.id: spec for spec in plugins.backends(capability)}
        self._form: ParamsForm | None = None
        self._rows: list[Any] = []
        self._busy = False
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.backends = GroupedChoice()
        self.backends.setToolTip("Which method: what each does stands below")
        self.backends.fill(
            Choice(spec.id, spec.title, "", _plain(spec.doc), missing(spec) or "") for spec in self._specs.values()
        )
        self.about = Elided(name="muted")
        self.models = GroupedChoice()
        self.models.setToolTip(f"{BEST}: the champion of this project, else weights that came with the program and fit")
        self.train_button = QtWidgets.QPushButton("Train", focusPolicy=Qt.NoFocus)
        self.train_button.setToolTip(train_tip)
        self._place = QtWidgets.QVBoxLayout()
        self._place.setContentsMargins(0, 0, 0, 0)
        self._place.addWidget(self.train_button)
        self.folded = Folded("Training", self._place, self)  # without a parent it would show as a window of its own
        self.folded.button.setToolTip(train_tip)
        for part in (self.backends, self.about, self.models):
            column.addWidget(part)
        self.train_button.clicked.connect(self.train)
        self.backends.currentIndexChanged.connect(lambda _: self._chosen())
        self.models.currentIndexChanged.connect(lambda _: self.changed.emit())
        self._chosen()

    @property
    def backend(self) -> str:
        """Id of the chosen backend; "" when there is none."""
        return self.backends.currentData() or ""

    @property
    def model(self) -> str:
        """The chosen model; "" leaves the choice to the program."""
        chosen = self.models.currentData() or BEST
        return "" if chosen == BEST else str(chosen)

    @property
    def lack(self) -> str:
        """Why nothing can run; "" where it can."""
        spec = self._specs.get(self.backend)
        if spec is None:
            return "No backend for this is installed; Plugins [Ctrl+Shift+P] lists those that are."
        return missing(spec) or ""

    def choose(self, backend: str, model: str = "") -> None:
        """As remembered; what is not there any more leaves the choice as it is."""
        for box, wanted in ((self.backends, backend), (self.models, model or BEST)):
            place = box.findData(wanted)
            if place >= 0:
                box.setCurrentIndex(place)

    def set_models(self, rows: Iterable[Any]) -> None:
        """The models of the project (`ModelRow`s): those of the chosen backend can be chosen."""
        self._rows = list(rows)
        self._fill_models()

    def set_busy(self, busy: bool) -> None:
        self._busy = busy
        self._enable()

    def train(self) -> None:
        if not self.train_button.isEnabled() or self._form is None:
            return
        try:
            values = as_dict(self._form.params())
        except ValueError as error:
            self.refused.emit(str(error))
            return
        self.train_asked.emit(self.backend, values)

    def _chosen(self) -> None:
        spec = self._specs.get(self.backend)
        if self._form is not None:
            self._place.removeWidget(self._form)
            self._form.hide()
            self._form.deleteLater()
            self._form = None
        doc = _plain(spec.doc) if spec is not None else self.lack
        self.about.say(self.lack or doc)
        if spec is not None and spec.fit_params is not None:
            self._form = ParamsForm(spec.fit_params)
            self._place.insertWidget(0, self._form)
        self.folded.setVisible(self._form is not None)
        self._fill_models()
        self._enable()
        self.changed.emit()

    def _fill_models(self) -> None:
        kept = self.model
        mine = [row for row in self._rows if row.backend == self.backend]
        self.models.blockSignals(True)
        self.models.fill(
            [
                Choice(BEST, BEST, "", self.models.toolTip()),
                *(Choice(row.id, _title(row), "", f"{row.id}, made {row.created}: {row.verdict}") for row in mine),
            ]
        )
        self.models.setCurrentIndex(max(self.models.findData(kept or BEST), 0))
        self.models.blockSignals(False)
        self.models.setVisible(bool(mine))

    def _enable(self) -> None:
        ready = not self.lack and not self._busy
        self.backends.setEnabled(bool(self._specs))
        self.train_button.setEnabled(ready and self._form is not None)


def _title(row: Any) -> str:
    return f"{row.id} · in use" if row.champion else str(row.id)


def _plain(doc: str) -> str:
    """Markdown as a label shows it."""
    return doc.replace("**", "").replace("`", "").strip()


def push(text: str, tip: str, name: str = "") -> QtWidgets.QPushButton:
    button = QtWidgets.QPushButton(text, objectName=name, focusPolicy=Qt.NoFocus)
    button.setToolTip(tip)
    return button


def in_row(*parts: QWidget) -> QtWidgets.QHBoxLayout:
    row = QtWidgets.QHBoxLayout()
    row.setSpacing(4)
    for place, part in enumerate(parts):
        row.addWidget(part, 1 if place == 0 or isinstance(part, QtWidgets.QPushButton) else 0)
    return row
