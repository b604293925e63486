"""The backend panel: which model, with which settings, and the verdict on the last training; runs no model."""

from __future__ import annotations

from typing import Any

from astrolens_gui.api import as_dict
from astrolens_gui.core.plugins import missing

from ..forms import Folded, ParamsForm
from ..qt import Qt, QtWidgets, QWidget, Signal
from .grouped import Choice, GroupedChoice
from .lineage import LineageView
from .lineage_graph import VERDICTS
from .sentence import Sentence

GROUPS = {
    "default": "Recommended",
    "challenge": "Lens finding challenge",
    "classical": "Classical",
    "textbook": "Textbook networks",
}
"""Headings of the groups that we know, in their order; a stranger's group comes after them under its own name."""
OTHERS = "Others"


class BackendPanel(QWidget):
    """Choose a backend; its forms are made from its parameters' schema.

    Attributes:
        score_asked, train_asked: (str backend, dict of parameters).
    """

    score_asked = Signal(str, dict)
    train_asked = Signal(str, dict)

    def __init__(self, plugins: Any) -> None:
        super().__init__(objectName="scrolled")
        self._specs = {spec.id: spec for spec in sorted(plugins.backends("classify"), key=_place)}
        self._form: ParamsForm | None = None
        self._project = False
        self.choice = GroupedChoice()
        self.choice.setToolTip("The model backend that scores and trains")
        self.choice.fill(
            Choice(spec.id, spec.title, _heading(spec), _plain(spec.doc), missing(spec) or "")
            for spec in self._specs.values()
        )
        self.about = QtWidgets.QLabel(objectName="muted", wordWrap=True, textInteractionFlags=Qt.TextSelectableByMouse)
        self.about.setTextFormat(Qt.MarkdownText)
        self.about.setMinimumWidth(1)
        self._place = QtWidgets.QVBoxLayout()
        self.score_button = QtWidgets.QPushButton(
            "Score", toolTip="Let the model score every object of the project  [F5]"
        )
        self.train_button = QtWidgets.QPushButton("Retrain", objectName="primary")
        self.train_button.setToolTip("What it would learn from and change, then train  [F6]")
        for button in (self.score_button, self.train_button):
            button.setFocusPolicy(Qt.NoFocus)  # Space is a grade's key
        self.verdict = Sentence("No training yet in this session.")
        self.score_button.clicked.connect(self.score)
        self.train_button.clicked.connect(self.train)
        self.lineage = LineageView()
        self._lay_out()
        self.choice.currentIndexChanged.connect(lambda _: self._chosen())
        self._choose_first_ready()
        self._chosen()

    def _lay_out(self) -> None:
        layout = QtWidgets.QVBoxLayout(self)
        buttons = QtWidgets.QHBoxLayout()
        buttons.addWidget(self.score_button)
        buttons.addWidget(self.train_button)
        layout.addWidget(self.choice)
        layout.addWidget(self.about)
        settings = Folded("Settings", self._place, self)
        settings.button.setToolTip("They do well as they are")
        layout.addWidget(settings)
        layout.addLayout(buttons)
        layout.addWidget(self.verdict)
        layout.addWidget(self.lineage)
        layout.addStretch(1)

    def _choose_first_ready(self) -> None:
        ready = [spec for spec in self._specs.values() if not missing(spec)]
        trained = [spec for spec in ready if spec.fit_params is not None]
        if ready:
            self.choose((trained or ready)[0].id)

    @property
    def backend(self) -> str:
        """Id of the chosen backend, "" when there is none."""
        return self.choice.currentData() or ""

    @property
    def title(self) -> str:
        """Of the chosen backend."""
        return self._specs[self.backend].title if self.backend else ""

    def choose(self, backend: str) -> None:
        place = self.choice.findData(backend)
        if place >= 0:
            self.choice.setCurrentIndex(place)

    def _chosen(self) -> None:
        spec = self._specs.get(self.backend)
        while self._place.count():
            old = self._place.takeAt(0).widget()
            old.hide()  # at once: it is deleted only when the event loop comes round
            old.deleteLater()
        self._form = None
        if spec is None:
            self.about.setText("No backend is installed; see Plugins.")
        else:
            lack = missing(spec)
            self.about.setText(f"{spec.title} {lack}" if lack else spec.doc or f"Version {spec.version}")
            if spec.fit_params is not None:
                self._form = ParamsForm(spec.fit_params)
                self._place.addWidget(self._form)
            else:
                self._place.addWidget(QtWidgets.QLabel("This backend can't be trained here.", objectName="muted"))
        self._enable()

    def set_project(self, project: bool) -> None:
        self._project = project
        self._enable()

    def _enable(self) -> None:
        spec = self._specs.get(self.backend)
        ready = self._project and spec is not None and not missing(spec)
        self.score_button.setEnabled(ready)
        self.train_button.setEnabled(ready and self._form is not None)
        if self._form is not None:
            self._form.setEnabled(spec is not None and not missing(spec))

    def score(self) -> None:
        if self.score_button.isEnabled():
            self.score_asked.emit(self.backend, {})

    def train(self) -> None:
        if not self.train_button.isEnabled() or self._form is None:
            return
        try:
            values = as_dict(self._form.params())
        except ValueError as error:
            self.say(str(error), "bad")
            return
        self.train_asked.emit(self.backend, values)

    def show_verdict(self, report: Any) -> None:
        """The gate's word on the last training (a TrainReport): verdict and reason."""
        self.say(f"{report.verdict.capitalize()}: {report.reason}", VERDICTS.get(report.verdict, ""))

    def say(self, text: str, role: str = "") -> None:
        self.verdict.say(text, role)


def _place(spec: Any) -> int:
    """Where its group stands: ours first, then those of others, then what has none."""
    known = list(GROUPS)
    return known.index(spec.group) if spec.group in known else len(known) + (not spec.group)


def _heading(spec: Any) -> str:
    return GROUPS.get(spec.group) or spec.group.capitalize() or OTHERS


def _plain(doc: str) -> str:
    """Markdown as a tooltip shows it."""
    return doc.replace("**", "").replace("`", "")
