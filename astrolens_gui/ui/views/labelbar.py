"""The grade bar: a button for every grade and kind, the comment, undo and the model's answer; saves nothing itself."""

from __future__ import annotations

from typing import Any

from ..actionset import ActionSet
from ..current import Current
from ..grading import Grading, Saved
from ..models.queue import QueueModel
from ..qt import Qt, QtWidgets, QWidget
from .sentence import Sentence, short

SHORT_GRADE = 3
"""Letters of a grade that stands on its button beside the title."""


class LabelBar(QWidget):
    """Every grade is one click or one key; the kinds apply to the object graded last, which is named."""

    def __init__(self, actions: ActionSet, grading: Grading, current: Current, queue: QueueModel) -> None:
        super().__init__(minimumWidth=210)
        self._actions, self._grading, self._current, self._queue = actions, grading, current, queue
        self._scheme: Any = None
        self._about, self._said = -1, ""  # the object that the comment is about, and what is saved of it
        self._grade_buttons: dict[str, QtWidgets.QPushButton] = {}
        layout = QtWidgets.QVBoxLayout(self)
        layout.setSpacing(4)
        self._grades = QtWidgets.QVBoxLayout(spacing=4)
        layout.addLayout(self._grades)
        layout.addWidget(_rule())
        self._armed = _label("heading", "Kind: grade an object first")
        layout.addWidget(self._armed)
        self._kinds = QtWidgets.QVBoxLayout(spacing=3)
        layout.addLayout(self._kinds)
        layout.addWidget(_rule())
        layout.addWidget(_label("heading", "Comment"))
        self.comment = QtWidgets.QLineEdit(placeholderText="c to write, Enter to save")
        self.comment.setToolTip(
            "A comment on the object on the screen; Enter saves, and so does moving on; Esc drops it  [C]"
        )
        self.comment.setFocusPolicy(Qt.ClickFocus)
        self.comment.editingFinished.connect(self.send_draft)
        layout.addWidget(self.comment)
        steps = QtWidgets.QHBoxLayout(spacing=4)
        for name in ("undo", "redo"):
            steps.addWidget(_action_button(actions[name]))
        layout.addLayout(steps)
        layout.addWidget(_rule())
        layout.addWidget(_label("heading", "Model"))
        self.model = _label("model", "")
        self.model.setFont(_large(self.model.font()))
        layout.addWidget(self.model)
        self.last = _label("muted", "")
        layout.addWidget(self.last)
        self.problem = Sentence()
        self.problem.hide()
        layout.addWidget(self.problem)
        layout.addStretch(1)
        grading.saved.connect(self._saved)
        grading.forgotten.connect(self._forget)
        grading.failed.connect(self._failed)
        grading.recalled.connect(self._recalled)
        current.object_changed.connect(lambda _: self._moved())
        current.blind_changed.connect(lambda _: self._show_model())
        queue.dataChanged.connect(lambda *_: self._refresh())
        queue.modelReset.connect(self._refresh)

    def set_scheme(self, scheme: Any) -> None:
        """Buttons for this scheme's grades and kinds."""
        self._scheme = scheme
        self._grade_buttons = {}
        _clear(self._grades)
        _clear(self._kinds)
        for grade in scheme.grades:
            button = grade_button(grade)
            button.setToolTip(self._actions[f"grade:{grade.value}"].toolTip())
            button.clicked.connect(lambda _, value=grade.value: self._clicked(value))
            self._grades.addWidget(button)
            self._grade_buttons[grade.value] = button
        for kind in scheme.subtypes:
            button = kind_button(kind)
            button.setToolTip(self._actions[f"subtype:{kind.value}"].toolTip())
            button.setProperty("kind", kind.value)
            button.clicked.connect(lambda _, value=kind.value: self._grading.subtype(value))
            self._kinds.addWidget(button)
        self._arm(self._grading.armed)
        self._refresh()

    def _clicked(self, value: str) -> None:
        self._refresh()  # a click toggles the button; what it shows is what is on disk
        self._actions[f"grade:{value}"].trigger()

    def write_comment(self) -> None:
        self.comment.setFocus(Qt.ShortcutFocusReason)

    def send_draft(self) -> None:
        """Save what was typed since, to the object that it was written about: a comment is never lost by moving on."""
        if self.comment.isModified() and self._about >= 0:
            self._said = self.comment.text().strip()
            self.comment.setModified(False)
            self._grading.comment(self._said, self._about)

    def keyPressEvent(self, event: Any) -> None:
        if event.key() == Qt.Key_Escape and self.comment.hasFocus() and self.comment.isModified():
            self._grading.told.emit(f"Not saved: “{self.comment.text().strip()}”")
            self.comment.setText(self._said)
        super().keyPressEvent(event)  # the window takes the keyboard back

    def _moved(self) -> None:
        self.send_draft()
        self._about, self._said = self._current.object_id, ""
        self.comment.setText("")  # clear() would count as typed
        self.problem.hide()
        self._refresh()

    def _refresh(self) -> None:
        grade = self._queue.grade_of(self._current.object_id)
        for value, button in self._grade_buttons.items():
            button.setChecked(value == grade)
            button.setEnabled(self._current.object_id >= 0)
        self._show_model()

    def _show_model(self) -> None:
        target = self._current.object_id
        score = self._queue.score_of(target)
        hidden = self._current.blind and not self._queue.grade_of(target)
        if target < 0:
            text, tip = "", ""
        elif score is None:
            text, tip = "no score yet", "Press Score (F5) to let the model look at every object"
        elif hidden:
            text, tip = "hidden until graded", "So that the model does not sway you; M shows it now"
        else:
            text, tip = f"{score:.3f}", "Calibrated probability of a lens at the prevalence stored with the model"
        self.model.setText(text)
        self.model.setToolTip(tip)

    def _recalled(self, row: Any) -> None:
        """What was said of the object on the screen before: its comment can be read and mended."""
        self._said = row.comment
        if not self.comment.isModified():
            self.comment.setText(row.comment)

    def _saved(self, saved: Saved) -> None:
        self.problem.hide()
        score = "" if saved.score is None else f" · model {saved.score:.3f}"
        kind = f" ({saved.subtype})" if saved.subtype else ""
        said = f"{short(saved.name)} {saved.grade or 'no grade'}{kind}{score}"
        self.last.setText(f"Last: comment on {short(saved.name)}" if saved.remark else f"Last: {said}")
        self.last.setToolTip(f"{saved.name}, saved at {saved.clock}")
        self._arm(self._grading.armed)

    def _forget(self) -> None:
        self.last.clear()
        self.last.setToolTip("")
        self._arm(None)

    def _arm(self, saved: Saved | None) -> None:
        armed = saved is not None
        kind = saved.subtype if saved is not None else ""
        self._armed.setText(f"Kind of {short(saved.name)} ({saved.grade})" if saved else "Kind: grade an object first")
        self._armed.setToolTip(saved.name if saved else "")
        for place in range(self._kinds.count()):
            button = self._kinds.itemAt(place).widget()
            button.setEnabled(armed)
            button.setChecked(armed and kind != "" and button.property("kind") == kind)

    def _failed(self, sentence: str) -> None:
        self.problem.say(sentence, "bad")
        self.problem.show()


def grade_button(grade: Any) -> QtWidgets.QPushButton:
    """The button of a grade (key, value, title, colour), tied to nothing yet."""
    button = QtWidgets.QPushButton(_worded(grade), objectName="grade", checkable=True)
    button.setFocusPolicy(Qt.NoFocus)
    button.setStyleSheet(
        f"QPushButton#grade {{ border-left: 5px solid {grade.colour}; }}"
        f"QPushButton#grade:checked {{ border: 2px solid {grade.colour}; border-left-width: 9px; }}"
    )
    return button


def kind_button(kind: Any) -> QtWidgets.QPushButton:
    """The button of a kind (key, title), tied to nothing yet."""
    button = QtWidgets.QPushButton(f"{kind.key.upper()}   {kind.title}", objectName="subtype", checkable=True)
    button.setFocusPolicy(Qt.NoFocus)
    return button


def _worded(grade: Any) -> str:
    """Key, grade and title; a grade that is a word of its own says what the title says, and key and digit are one."""
    letter = grade.value if len(grade.value) <= SHORT_GRADE and grade.value != grade.key else ""
    return "   ".join(part for part in (grade.key, letter, grade.title) if part)


def _action_button(action: Any) -> QtWidgets.QToolButton:
    button = QtWidgets.QToolButton()
    button.setDefaultAction(action)
    button.setFocusPolicy(Qt.NoFocus)
    button.setSizePolicy(QtWidgets.QSizePolicy.Expanding, QtWidgets.QSizePolicy.Fixed)
    return button


def _label(name: str, text: str) -> QtWidgets.QLabel:
    return QtWidgets.QLabel(text, objectName=name, wordWrap=True)


def _rule() -> QtWidgets.QFrame:
    return QtWidgets.QFrame(objectName="rule", frameShape=QtWidgets.QFrame.HLine)


def _large(font: Any) -> Any:
    font.setPointSizeF(font.pointSizeF() * 1.3)
    return font


def _clear(layout: QtWidgets.QLayout) -> None:
    while layout.count():
        item = layout.takeAt(0)
        if widget := item.widget():
            widget.hide()
            widget.deleteLater()
