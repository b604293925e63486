"""The Graders dock: each grader's numbers, who agrees with whom, disagreements and the consensus; asks and counts nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..qt import Qt, QtWidgets, QWidget, Signal
from .graders_tables import KappaTable, ObjectTable, SkillTable, left_words
from .sentence import Sentence

EMPTY = "Counts what all graders of this project say: how good each is, how far they agree, and which objects they take for lenses."
STALE = "Grades have changed since; Count counts again."
BY = {"mean": "Mean", "trimmed": "Trimmed mean", "majority": "Majority", "posterior": "Posterior (SWAP)"}


class GradersPanel(QWidget):
    """Attributes:
    counted: count, please. cancelled: not any more. golden_asked: another table of golden objects.
    by_chosen: (str) a key of BY. queued: list what graders disagree on. picked: (int) show this object.
    saved, reported: the consensus is wanted as a file, the campaign as a report.
    """

    counted = Signal()
    cancelled = Signal()
    golden_asked = Signal()
    by_chosen = Signal(str)
    queued = Signal()
    together_asked = Signal()
    picked = Signal(int)
    saved = Signal()
    reported = Signal()

    def __init__(self, actions: Any) -> None:
        super().__init__()
        self._busy = False
        column = QtWidgets.QVBoxLayout(self)
        column.setSpacing(4)
        self.count = _button("Count", actions["count_graders"], primary=True)
        self.count.clicked.connect(lambda: (self.cancelled if self._busy else self.counted).emit())
        self.golden = _button("Golden…", actions["choose_golden"])
        self.golden.clicked.connect(self.golden_asked)
        column.addLayout(_row(self.count, self.golden))
        self.words, self.stale = Sentence(), Sentence(STALE)
        self.stale.say(STALE, "warning")
        self.skills, self.kappa = SkillTable(), KappaTable()
        self.agreed, self.left = Sentence(), Sentence()
        self.apart, self.listed = ObjectTable("Grades"), ObjectTable("List")
        self.apart_words, self.listed_words = Sentence(), Sentence()
        self.queue = _button("List them in the queue", actions["queue_disagreements"])
        self.queue.clicked.connect(self.queued)
        self.together = _button("Regrade together", actions["regrade_together"])
        self.together.clicked.connect(self.together_asked)
        self.joint = Sentence()
        self.joint.hide()
        self.by = QtWidgets.QComboBox(focusPolicy=Qt.NoFocus)
        for key, title in BY.items():
            self.by.addItem(title, key)
        self.by.setToolTip(
            "What the lists are made of; A > 2.5, B > 1.5 of the number, or found above 0.95 of the posterior"
        )
        self.by.activated.connect(lambda at: self.by_chosen.emit(self.by.itemData(at)))
        self.save = _button("Save list…", actions["save_consensus"])
        self.save.clicked.connect(self.saved)
        self.report = _button("Report…", actions["save_report"])
        self.report.clicked.connect(self.reported)
        self._results = QWidget()
        results = QtWidgets.QVBoxLayout(self._results)
        results.setContentsMargins(0, 0, 0, 0)
        results.setSpacing(4)
        for table in (self.apart, self.listed):
            table.picked.connect(self.picked)
        for part in (
            *(_heading("Graders"), self.skills, self.left, _heading("Agreement, κ"), self.kappa, self.agreed),
            *(_heading("Disagreements"), self.apart_words, self.apart, self.queue, self.together, self.joint),
            *(_heading("Consensus"), self.by, self.listed_words, self.listed),
        ):
            results.addWidget(part)
        results.addLayout(_row(self.save, self.report))
        for part in (self.words, self.stale, self._results):
            column.addWidget(part)
        column.addStretch(1)
        self.clear()

    def clear(self) -> None:
        self.say(EMPTY)
        self.mark_stale(False)
        self._results.hide()

    def say(self, text: str, role: str = "muted") -> None:
        self.words.say(text, role)
        self.words.setVisible(bool(text))

    def mark_stale(self, stale: bool) -> None:
        self.stale.setVisible(stale)

    def show_busy(self, busy: bool) -> None:
        """Counting: the button cancels meanwhile."""
        self._busy = busy
        self.count.setText("Cancel" if busy else "Count")

    def show_joint(self, text: str) -> None:
        """Who gave what, while graders agree on a grade; "" when each grades alone."""
        self.together.setText("End regrading together" if text else "Regrade together")
        self.joint.say(text, "muted")
        self.joint.setVisible(bool(text))

    def show_agreement(self, found: Any) -> None:
        """An Agreement: graders and pairs."""
        golden = f"{found.golden:,} golden objects, {found.lenses:,} of them lenses." if found.golden else ""
        note = f"{found.note[0].upper()}{found.note[1:]}." if found.note else ""
        self.say(" ".join(one for one in (golden, note) if one))
        self.skills.show_graders(found)
        self.left.say(left_words(found.graders), "muted")
        self.kappa.show_pairs(found.pairs)
        several = len(found.pairs.graders) > 1
        self.kappa.setVisible(several)
        self.agreed.say(
            f"All: Fleiss’ κ {_figure(found.fleiss.kappa)}, Krippendorff’s α {_figure(found.alpha)}, {found.fleiss.objects:,} objects"
            if several
            else "One grader alone: there is nobody to agree with.",
            "muted",
        )

    def show_consensus(
        self, found: Any, apart: Sequence[Any], all_apart: int, listed: Sequence[Any], all_listed: int
    ) -> None:
        """A Consensus; `apart` and `listed` are the verdicts that may be shown, of so many."""
        self.by.setCurrentIndex(self.by.findData(found.by))
        self.apart_words.say(_told(len(apart), all_apart, "with grades two or more apart"), "muted")
        self.apart.show_rows(
            [(found.ids[one.object], one.object, _grades(found, one), _tip(found, one)) for one in apart]
        )
        self.apart.setVisible(bool(apart))
        self.queue.setEnabled(all_apart > 0)
        self.together.setEnabled(bool(apart) or not self.joint.isHidden())
        self.listed_words.say(_told(len(listed), all_listed, "on a list"), "muted")
        self.listed.show_rows(
            [
                (found.ids[one.object], one.object, f"{found.list_of(one)}  {_value(found, one)}", _tip(found, one))
                for one in listed
            ]
        )
        self.listed.setVisible(bool(listed))
        self._results.show()


def _told(shown: int, count: int, what: str) -> str:
    hidden = f"; {count - shown:,} are hidden until you graded them" if shown < count else ""
    return f"{count:,} object{'' if count == 1 else 's'} {what}{hidden}"


def _grades(found: Any, one: Any) -> str:
    return " ".join(f"{number:g}" for number in sorted(found.given[one.object].values(), reverse=True)[:6])


def _value(found: Any, one: Any) -> str:
    value = getattr(one, found.by)
    return "–" if math.isnan(value) else f"{value:.3g}" if found.by == "posterior" else f"{value:.2f}"


def _tip(found: Any, one: Any) -> str:
    each = "\n".join(f"{who}: {number:g}" for who, number in sorted(found.given[one.object].items()))
    return f"{one.object}\nmean {one.mean:.2f}, posterior {one.posterior:.3g}\n{each}\nTwice: show it"


def _figure(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "–"


def _heading(text: str) -> QWidget:
    return QtWidgets.QLabel(text, objectName="heading")


def _button(text: str, action: Any, primary: bool = False) -> QtWidgets.QPushButton:
    button = QtWidgets.QPushButton(text, objectName="primary" if primary else "", focusPolicy=Qt.NoFocus)
    button.setToolTip(action.toolTip())
    return button


def _row(*parts: QWidget) -> QtWidgets.QHBoxLayout:
    row = QtWidgets.QHBoxLayout()
    for part in parts:
        row.addWidget(part, 1)
    return row
