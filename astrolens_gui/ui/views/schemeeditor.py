"""The editor of grading schemes: one to start from, its grades and kinds, what is wrong, how it will look; writes no file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from ..qt import QtWidgets, QWidget, Signal
from .labelbar import grade_button, kind_button
from .schemerows import SchemeRows
from .sentence import Sentence

GRADES, KINDS = "grades", "subtypes"
FRESH = {"key": "", "value": "", "title": "", "criterion": "", "colour": "#CC79A7"}
PREVIEW_PX = 230


class SchemeDialog(QtWidgets.QDialog):
    """Shows what it is told, and says what the person wrote as a scheme's TOML would say it.

    Attributes:
        chosen: (id) another scheme is to be shown. copied: (id) a copy of it is to be made. edited: something was written.
        saved: write what `values()` says.
    """

    chosen, copied = Signal(str), Signal(str)
    edited, saved = Signal(), Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Grading schemes")
        self.resize(1160, 760)
        self.setMinimumWidth(1000)
        self._shown = ""
        self._unsaved, self._asked = False, False
        self.scheme = QtWidgets.QComboBox(toolTip="The scheme that is shown below", minimumContentsLength=24)
        self.scheme.activated.connect(lambda _: self._choose())
        self.copy = QtWidgets.QPushButton("New from this one", autoDefault=False)
        self.copy.setToolTip("A scheme of your own that begins as this one")
        self.copy.clicked.connect(lambda: self._may_leave() and self.copied.emit(self._shown))
        self.about = Sentence()
        self.texts = {
            "title": QtWidgets.QLineEdit(toolTip="As the menu of schemes calls it"),
            "id": QtWidgets.QLineEdit(toolTip="Stands in every label given by it, and names its file"),
            "doc": QtWidgets.QLineEdit(toolTip="One sentence: what it is for"),
        }
        self.grades = SchemeRows(("key", "value", "title", "positive", "colour", "criterion"), "grade", FRESH)
        self.kinds = SchemeRows(("key", "value", "title"), "kind", {"key": "", "value": "", "title": ""})
        self.problem, self.warning = Sentence(), Sentence()
        self.save = QtWidgets.QPushButton("Save", objectName="primary", autoDefault=False)
        self.save.setToolTip("Write it to your schemes; those in use change at once")
        self.save.clicked.connect(self.saved)
        self._preview = QtWidgets.QVBoxLayout(spacing=4)
        self._compose()
        for field in self.texts.values():
            field.textEdited.connect(lambda _: self.edited.emit())
        self.edited.connect(self._written)
        self.grades.edited.connect(self.edited)
        self.kinds.edited.connect(self.edited)

    def _compose(self) -> None:
        top = QtWidgets.QHBoxLayout()
        top.addWidget(QtWidgets.QLabel("Scheme"))
        top.addWidget(self.scheme, 1)
        top.addWidget(self.copy)
        form = QtWidgets.QGridLayout()
        for name, title, row, column, span in (
            ("title", "Title", 0, 0, 1),
            ("id", "Id", 0, 2, 1),
            ("doc", "For", 1, 0, 3),
        ):
            form.addWidget(QtWidgets.QLabel(title), row, column)
            form.addWidget(self.texts[name], row, column + 1, 1, span)
        form.setColumnStretch(1, 2)
        form.setColumnStretch(3, 1)
        left = QtWidgets.QVBoxLayout()
        left.addLayout(form)
        left.addWidget(_heading("Grades, from the best to the lowest (the space bar gives the lowest)"))
        left.addWidget(self.grades, 3)
        left.addWidget(_heading("Kinds, given after the grade"))
        left.addWidget(self.kinds, 2)
        right = QtWidgets.QVBoxLayout()
        right.addWidget(_heading("Grade bar, preview"))
        right.addLayout(self._preview)
        right.addStretch(1)
        side = QWidget()
        side.setFixedWidth(PREVIEW_PX)
        side.setLayout(right)
        middle = QtWidgets.QHBoxLayout()
        middle.addLayout(left, 1)
        middle.addWidget(side)
        close = QtWidgets.QPushButton("Close", autoDefault=False, clicked=self.reject)
        close.setToolTip("Leave; what is not saved is asked for once  [Esc]")
        bottom = QtWidgets.QHBoxLayout()
        bottom.addStretch(1)
        bottom.addWidget(self.save)
        bottom.addWidget(close)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.about)
        layout.addLayout(middle, 1)
        layout.addWidget(self.problem)
        layout.addWidget(self.warning)
        layout.addLayout(bottom)

    def offer(self, schemes: Iterable[tuple[str, str]], shown: str) -> None:
        """(id, title) of all there are, and which one is shown; "" for one that has no file yet."""
        self.scheme.clear()
        for name, title in schemes:
            self.scheme.addItem(title, name)
        if not shown:
            self.scheme.addItem("A new one", "")
        self.scheme.setCurrentIndex(self.scheme.findData(shown))

    def show_scheme(self, values: Mapping[str, Any], source: str, about: str, *, writable: bool, new: bool) -> None:
        """One scheme; `source` is the id that "New from this one" starts from. The id of one that has labels stays."""
        self._shown = source
        self._unsaved = self._asked = False
        self.about.say(about, "muted")
        self.copy.setEnabled(not new)
        for name, field in self.texts.items():
            field.setText(values[name])
            field.setCursorPosition(0)
            field.setReadOnly(not writable or (name == "id" and not new))
            field.setEnabled(not field.isReadOnly())
        self.grades.show_rows(values[GRADES], writable=writable)
        self.kinds.show_rows(values[KINDS], writable=writable)
        self.show_preview(values)

    def _written(self) -> None:
        self._unsaved, self._asked = True, False

    def _may_leave(self) -> bool:
        """What is not saved is dropped only by the second try."""
        if not self._unsaved or self._asked:
            return True
        self._asked = True
        self.about.say("What you wrote is not saved: Save keeps it, the same again drops it.", "warning")
        return False

    def _choose(self) -> None:
        if (name := self.scheme.currentData()) and self._may_leave():
            self.chosen.emit(name)
        else:
            self.scheme.setCurrentIndex(max(self.scheme.findData(self._shown), self.scheme.findData("")))

    def reject(self) -> None:
        if self._may_leave():
            super().reject()

    def values(self) -> dict[str, Any]:
        texts = {name: field.text().strip() for name, field in self.texts.items()}
        return {**texts, GRADES: self.grades.rows(), KINDS: self.kinds.rows()}

    def show_faults(self, found: Sequence[Any], *, savable: bool) -> None:
        """`schemecheck.Fault`s, each beside its row, those of the whole scheme below; it can be saved where there are none."""
        for table, rows in ((GRADES, self.grades), (KINDS, self.kinds)):
            said: dict[int, list[str]] = {}
            for fault in found:
                if fault.table == table:
                    said.setdefault(fault.row, []).append(fault.sentence)
            rows.show_faults({row: "; ".join(sentences) for row, sentences in said.items()})
        whole = [fault.sentence for fault in found if not fault.table]
        self.problem.say(". ".join(whole), "bad")
        self.problem.setVisible(bool(whole))
        self.save.setEnabled(savable and not found)

    def show_warning(self, sentences: Sequence[str]) -> None:
        """What saving does to labels that there are."""
        self.warning.say("\n".join(sentences), "warning")
        self.warning.setVisible(bool(sentences))

    def show_preview(self, values: Mapping[str, Any]) -> None:
        """The grade bar of it, as far as it is written."""
        while self._preview.count():
            widget = self._preview.takeAt(0).widget()
            widget.hide()
            widget.deleteLater()
        makers: tuple[tuple[str, Callable[[Any], QtWidgets.QPushButton]], ...]
        makers = ((GRADES, grade_button), (KINDS, kind_button))
        for table, make in makers:
            for row in values[table]:
                button = make(SimpleNamespace(**FRESH | row))
                button.setToolTip(row.get("criterion", ""))
                button.setCheckable(False)
                self._preview.addWidget(button)


def _heading(text: str) -> QtWidgets.QLabel:
    return QtWidgets.QLabel(text, objectName="heading", wordWrap=True)
