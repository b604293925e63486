"""The dialog of a blind campaign: what is shown again, what is golden, which stage; asks no workbench and paints nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..qt import Qt, QtWidgets, QWidget, Signal
from .sentence import Sentence


class CampaignDialog(QtWidgets.QDialog):
    """Stays open beside the images.

    Attributes:
        kept: (dict) the settings of a `core.grading.order.Blind`, to be used from now on.
        paint_asked: (count, share, survey). table_asked: golden objects from a table. cancel_asked: paint no more.
        stage_asked: (grade, share of the audit). end_asked: no stage any more.
    """

    kept = Signal(dict)
    paint_asked = Signal(int, float, str)
    table_asked = Signal()
    cancel_asked = Signal()
    stage_asked = Signal(str, float)
    end_asked = Signal()

    def __init__(self, surveys: Sequence[str], survey: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Blind campaign")
        self.resize(520, 660)
        self._painting = False
        layout = QtWidgets.QVBoxLayout(self)
        layout.setSpacing(10)
        for title, part in (
            ("Shown again", self._again()),
            ("Golden objects", self._golden(surveys, survey)),
            ("Stages", self._stages()),
        ):
            box = QtWidgets.QGroupBox(title)
            box.setLayout(part)
            layout.addWidget(box)
        self.said = Sentence()
        self.said.hide()
        self.use = QtWidgets.QPushButton("Use these settings", objectName="primary", autoDefault=False)
        self.use.setToolTip("For everybody who grades this project, from the next object on")
        self.use.clicked.connect(lambda: self.kept.emit(self.values()))
        leave = QtWidgets.QPushButton("Close", autoDefault=False)
        leave.clicked.connect(self.close)
        row = QtWidgets.QHBoxLayout()
        row.addStretch(1)
        row.addWidget(leave)
        row.addWidget(self.use)
        layout.addWidget(self.said)
        layout.addStretch(1)
        layout.addLayout(row)

    def _again(self) -> QtWidgets.QFormLayout:
        self.duplicates = _share("Of the objects that a grader grades, shown to the same grader once more, unmarked")
        self.spacing = QtWidgets.QSpinBox(minimum=1, maximum=100_000, toolTip="Between the first and the second time")
        self.spacing.setSuffix(" others")
        form = QtWidgets.QFormLayout()
        form.addRow("Objects shown twice", self.duplicates)
        form.addRow("After at least", self.spacing)
        return form

    def _golden(self, surveys: Sequence[str], survey: str) -> QtWidgets.QVBoxLayout:
        self.about = Sentence()
        self.golden = _share("Of what a grader sees; 0 % leaves them where the queue's order has them")
        self.early = QtWidgets.QSpinBox(minimum=0, maximum=1000, toolTip="So that a grader's skill is known soon")
        self.within = QtWidgets.QSpinBox(minimum=1, maximum=100_000)
        self.within.setPrefix("among the first ")
        early = _row(self.early, self.within)
        self.feedback = QtWidgets.QCheckBox("Tell the grader at once what it was")
        form = QtWidgets.QFormLayout()
        form.addRow("Golden share", self.golden)
        form.addRow("Of them early", early)
        form.addRow("", self.feedback)
        self.count = QtWidgets.QSpinBox(
            minimum=1, maximum=100_000, value=60, toolTip="Cutouts of this project, drawn at random"
        )
        self.count.setSuffix(" cutouts")
        self.lenses = _share("Of them with a lens painted in; the others stay as they are", most=100, value=50)
        self.lenses.setSuffix(" % lenses")
        self.survey = QtWidgets.QComboBox(toolTip="PSF and zero points, where the files don't say them")
        self.survey.addItems(list(surveys))
        self.survey.setCurrentText(survey)
        self.paint = QtWidgets.QPushButton("Paint", autoDefault=False)
        self.paint.setToolTip(
            "Paint lenses into copies of the project's own cutouts, and take them in under inconspicuous names"
        )
        self.paint.clicked.connect(self._paint)
        self.table = QtWidgets.QPushButton("From a table…", autoDefault=False)
        self.table.setToolTip(
            "Objects of this project that are known lenses (is_lens 1) or duds (0): a CSV with ID and is_lens"
        )
        self.table.clicked.connect(self.table_asked)
        self.bar = QtWidgets.QProgressBar(maximum=1000, textVisible=False)
        self.bar.hide()
        column = QtWidgets.QVBoxLayout()
        column.addWidget(self.about)
        column.addLayout(form)
        column.addWidget(QtWidgets.QLabel("Paint lenses into copies of", objectName="muted"))
        column.addLayout(_row(self.count, self.lenses, self.survey))
        column.addLayout(_row(self.paint, self.table))
        column.addWidget(self.bar)
        return column

    def _stages(self) -> QtWidgets.QVBoxLayout:
        self.stage_words = Sentence()
        self.threshold = QtWidgets.QComboBox(
            toolTip="What any grader gave this grade or a better one is looked at again"
        )
        self.audit = _share("Of what was graded lower, looked at again as well: tells what the threshold cost", value=5)
        self.audit.setSuffix(" % of the rest")
        self.begin = QtWidgets.QPushButton("Begin the next stage", autoDefault=False)
        self.begin.setToolTip("Everybody looks again at these objects, the grades so far hidden")
        self.begin.clicked.connect(
            lambda: self.stage_asked.emit(self.threshold.currentText(), self.audit.value() / 100)
        )
        self.end = QtWidgets.QPushButton(
            "End the stage", autoDefault=False, toolTip="Everybody grades the whole queue again"
        )
        self.end.clicked.connect(self.end_asked)
        column = QtWidgets.QVBoxLayout()
        column.addWidget(self.stage_words)
        column.addLayout(_row(self.threshold, self.audit))
        column.addLayout(_row(self.begin, self.end))
        return column

    def _paint(self) -> None:
        if self._painting:
            self.cancel_asked.emit()
        else:
            self.paint_asked.emit(self.count.value(), self.lenses.value() / 100, self.survey.currentText())

    # -- what is shown

    def values(self) -> dict[str, Any]:
        """The settings as they stand in the form."""
        return {
            "duplicates": self.duplicates.value() / 100,
            "spacing": self.spacing.value(),
            "golden": self.golden.value() / 100,
            "early": self.early.value(),
            "within": self.within.value(),
            "feedback": self.feedback.isChecked(),
        }

    def show_settings(self, settings: Any) -> None:
        """The project's, a `Blind`."""
        self.duplicates.setValue(round(100 * settings.duplicates))
        self.golden.setValue(round(100 * settings.golden))
        for name in ("spacing", "early", "within"):
            getattr(self, name).setValue(getattr(settings, name))
        self.feedback.setChecked(settings.feedback)

    def show_golden(self, listed: Sequence[Any]) -> None:
        """Those that the project has; which objects they are stays untold."""
        painted = [one for one in listed if one.kind == "painted"]
        known = len(listed) - len(painted)
        parts = (
            [f"{len(painted):,} painted cutouts, {sum(one.is_lens for one in painted):,} with a lens"]
            if painted
            else []
        )
        parts += [f"{known:,} objects of known class"] if known else []
        none = "None yet: paint some, or name a table of known lenses. Without them nobody's completeness is known."
        self.about.say("; ".join(parts) + "." if parts else none, "muted")

    def show_grades(self, grades: Sequence[str]) -> None:
        """The scheme's, best first."""
        before = self.threshold.currentText()
        self.threshold.clear()
        self.threshold.addItems([f"{one}" for one in grades[:-1]])
        self.threshold.setCurrentText(before if before in grades[:-1] else grades[min(1, len(grades) - 1)])

    def show_stages(self, sentences: Sequence[str], running: bool) -> None:
        """One sentence a stage; whether one is running."""
        none = "Grade all objects first, quickly; then look again at what came through, and at a few of the rest."
        self.stage_words.say("\n".join(sentences) or none, "" if sentences else "muted")
        self.end.setEnabled(running)

    def show_painting(self, fraction: float | None) -> None:
        """How far the painting is; None: nothing is painted now."""
        self._painting = fraction is not None
        self.bar.setVisible(self._painting)
        self.bar.setValue(round(1000 * (fraction or 0)))
        self.paint.setText("Stop" if self._painting else "Paint")

    def say(self, text: str, role: str = "muted") -> None:
        self.said.say(text, role)
        self.said.setVisible(bool(text))

    def keyPressEvent(self, event: Any) -> None:
        if event.key() not in (Qt.Key_Return, Qt.Key_Enter):  # they end the editing of a field, not the dialog
            super().keyPressEvent(event)


def _share(tip: str, most: int = 50, value: int = 0) -> QtWidgets.QSpinBox:
    box = QtWidgets.QSpinBox(minimum=0, maximum=most, value=value, toolTip=tip)
    box.setSuffix(" %")
    return box


def _row(*widgets: QWidget) -> QtWidgets.QHBoxLayout:
    row = QtWidgets.QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget, 1)
    return row
