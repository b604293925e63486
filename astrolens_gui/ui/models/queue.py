"""The queue as Qt's tables and the mosaic see it: a million rows by array look-up; asks nobody for labels or pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from astrolens_gui.core.grading.order import DUPLICATE, GOLDEN

from ..qt import QColor, QIcon, QObject, Qt, QtCore, Signal
from .columns import Facts
from .dots import NEUTRAL, dot
from .pile import Pile
from .sift import Sift

NAME, GRADE, SCORE = range(3)
COLUMNS = ("Object", "Grade", "Score")
OBJECT_ROLE = Qt.UserRole
GRADE_ROLE = Qt.UserRole + 1
SCORE_ROLE = Qt.UserRole + 2
"""`data(index, SCORE_ROLE)` is a float or None; it does not know about blindness: only what is displayed is hidden."""

PAGE = 400
"""So many drawn objects are looked at together at most: within them any may be graded first."""

HIDDEN = "•••"
"""Stands for a score that there is, and that nobody shall see yet."""


class QueueModel(QtCore.QAbstractTableModel):
    """Rows in the order of labelling, or sorted by a column; columns NAME, GRADE, SCORE.

    The scores of ungraded objects show as dots while `blind`, and no order or filter tells of them. A label changes one row in
    place and moves none.

    Attributes:
        reranked: the order is new; rows are not what they were.
        told: (str) one sentence about what was done in the list.
        wanted: (str) a column to be fetched and given to `take_column`; "" asks for the names of all.
        sorting: (function) a sort that takes long: have it called elsewhere, and its result given to `take_order`.
        learned: the names of all columns are known now.
        colours: grade value → "#rrggbb", from the scheme, in its order.
        walk: objects that the graders now grade again together, in that order; () while each grades alone.
        asked: object → how the reason begins for which it is shown now, where it is not the queue's turn.
        anew: objects that are judged anew: the grade that they have is not shown until then.
        picked: objects that a person chose to look at, on a map or in a list: they were not drawn, whatever order comes meanwhile.
    """

    reranked = Signal()
    told = Signal(str)
    wanted = Signal(str)
    sorting = Signal(object)
    learned = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.strategy = ""
        self.colours: dict[str, str] = {}
        self.picked: set[int] = set()
        self.walk: tuple[int, ...] = ()
        self.asked: dict[int, str] = {}
        self.anew: set[int] = set()
        self._golden: frozenset[int] = frozenset()
        self._dots: dict[str, QIcon] = {}
        self._sift = Sift(self.wanted.emit, self.sorting.emit)
        self._pile = Pile()
        self._take_rows(np.arange(0))

    def set_table(self, table: Any) -> None:
        """Take a new order: `table` is a QueueTable, its arrays in the order of labelling."""
        self.strategy = table.strategy
        self._golden = getattr(table, "golden", frozenset())
        self._new_pile(Pile(table))

    def _new_pile(self, pile: Pile) -> None:
        self.beginResetModel()
        self._pile = pile
        self._sift.facts.moved()
        self._sift.moved()
        self._take_rows(self._sift.rows(pile))
        self.endResetModel()
        self.reranked.emit()

    def _take_rows(self, rows: np.ndarray) -> None:
        self._rows = rows
        self._row_of = np.full(len(self._pile), -1)
        self._row_of[rows] = np.arange(len(rows))

    def refresh(self, table: Any) -> None:
        """Take grades and scores from a newer table, moving no row; other objects than before are a new order."""
        pile, objects, at = self._pile, np.asarray(table.object), getattr(table, "by_id", None)
        at = np.argsort(objects, kind="stable") if at is None else at
        if not np.array_equal(objects[at], pile.objects[pile.sorted]):
            self.set_table(table)
            return
        place = np.empty(len(pile), np.intp)
        place[pile.sorted] = at
        pile.take_answers(table, place)
        self._redraw()

    def clear(self) -> None:
        self._sift.text, self._sift.facts = "", Facts()
        self.picked.clear()
        self._sift.lists.clear()
        self.leave_walk()
        self._sift.sort_by("")
        self._new_pile(Pile())

    # -- which rows, in which order

    def set_filter(self, text: str) -> None:
        """Show only the objects that meet all of it: parts of the name, and conditions as `models.terms` understands them."""
        self._sift.text = text.strip()
        self._again()

    @property
    def sorted_by(self) -> tuple[str, bool]:
        """(column, whether the highest comes first); ("", False) in the order of labelling."""
        return self._sift.sort

    def sort_by(self, column: str, descending: bool | None = None) -> None:
        """Rows in the order of a column; "" in that of labelling. Grades given from now on move no row."""
        self._sift.sort_by(column, descending)
        self._again()

    def why_not(self, column: str) -> str:
        """Why rows can't be sorted or filtered by a column now; "" where they can."""
        return self._sift.why_not(column, self._pile)

    @property
    def columns(self) -> list[str]:
        """Every column that there is, as far as it is known; `wanted` asks for the rest."""
        return self._sift.columns

    @property
    def problem(self) -> str:
        """One sentence on what of the filter or the order could not be done; "" otherwise."""
        return self._sift.problem

    def take_column(self, name: str, answer: Any) -> None:
        """What was `wanted`: the names of all columns for "", else what `Facts.take` takes."""
        if name:
            self._sift.facts.take(name, answer)
            self._again()
        else:
            self._sift.facts.names = list(answer)
            self.learned.emit()
            if self.problem:
                self._again()

    def take_order(self, asked: Any, order: np.ndarray) -> None:
        """The result of a `sorting`; one that is no longer asked for is dropped."""
        if self._sift.take_order(asked, order):
            self._again()

    def forget_columns(self) -> None:
        """The objects, or what others say of them, changed: fetch columns anew when they are next used."""
        self._sift.facts.forget()
        self._sift.moved()

    def _again(self) -> None:
        self.beginResetModel()
        self._take_rows(self._sift.rows(self._pile))
        self.endResetModel()
        self.reranked.emit()

    @property
    def unmatched(self) -> str:
        """The sentence for an empty list: the filter fits no object; "" where it does."""
        text = self._sift.text
        if not text or len(self._rows):
            return ""
        only_names = all(term.column == "name" for term in self._sift.terms)
        return (f"No name contains “{text.lower()}”" if only_names else f"Nothing meets “{text}”") + " — Esc clears"

    @property
    def why_done(self) -> str:
        """The sentence for a list in which `next_ungraded` finds nothing."""
        if self.unmatched:
            return self.unmatched
        if self._sift.text and self._pile.open.any():
            return f"Every object with “{self._sift.text.lower()}” has a grade — Esc shows the others"
        return "Every object of this queue has a grade"

    # -- what is known of an object

    @property
    def blind(self) -> bool:
        return self._sift.blind

    def set_blind(self, blind: bool) -> None:
        self._sift.blind = blind
        if self._sift.tells:
            self._sift.moved()
            self._again()
        else:
            self._redraw()

    @property
    def any_score(self) -> bool:
        """Whether an object has a score."""
        return self._pile.any_score

    def set_grade(self, object_id: int, grade: str) -> None:
        """One object's grade is now this ("" = none)."""
        self.set_grades({object_id: grade})

    def set_grades(self, grades: Mapping[int, str]) -> None:
        """The grades of several objects are now these; no row moves."""
        rows = []
        for object_id, grade in grades.items():
            self.anew.discard(object_id)
            if self.asked.get(object_id) == DUPLICATE:  # a kind or a change of mind after it is no third answer
                del self.asked[object_id]
            at = self._pile.find(object_id)
            if at >= 0:
                self._pile.set_grade(at, grade)
                rows.append(int(self._row_of[at]))
        rows = [row for row in rows if row >= 0]
        if rows:
            self.dataChanged.emit(self.index(min(rows), 0), self.index(max(rows), len(COLUMNS) - 1))

    def set_colours(self, colours: dict[str, str]) -> None:
        """The grades of the scheme from now on."""
        self.colours = dict(colours)
        self._dots = {value: dot(QColor(colour)) for value, colour in colours.items()}
        self._sift.scheme = list(colours)
        self._redraw()

    def _redraw(self) -> None:
        if len(self._rows):
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(COLUMNS) - 1))

    def row_of(self, object_id: int) -> int:
        """The displayed row of an object; -1 when it is not in the queue or filtered out."""
        at = self._pile.find(object_id)
        return int(self._row_of[at]) if at >= 0 else -1

    def rank_of(self, object_id: int) -> int:
        """1 for the most useful object, whatever the filter and the order; 0 when it is not in the queue."""
        return self._pile.find(object_id) + 1

    def why(self, object_id: int) -> str:
        """Why it is shown, for its label: "STRATEGY#RANK", and " p=CHANCE" where the queue drew it and nobody chose."""
        at = self._pile.find(object_id)
        said = f"{self.strategy}#{at + 1}"
        if object_id in self.asked:
            return f"{self.asked[object_id]} {said}"
        if object_id in self._golden:
            return f"{GOLDEN} {said}"
        if at < 0 or object_id in self.picked or self._sift.text or self._sift.sort[0]:
            return said
        chance = self._pile.chance_of(at, PAGE)
        return f"{said} p={chance:.9g}" if np.isfinite(chance) else said

    def object_at(self, row: int) -> int:
        return int(self._pile.objects[self._rows[row]]) if 0 <= row < len(self._rows) else -1

    def named(self, text: str) -> int:
        """The object of this name, else the first whose name contains it, whatever its case; -1 for none."""
        if not len(self._pile):
            return -1
        same = np.flatnonzero(self._pile.names == text)
        found = same if len(same) else np.flatnonzero(self._pile.search.containing(text))
        return int(self._pile.objects[found[0]]) if len(found) else -1

    def name_of(self, object_id: int) -> str:
        at = self._pile.find(object_id)
        return str(self._pile.names[at]) if at >= 0 else ""

    def grade_of(self, object_id: int) -> str:
        at = self._pile.find(object_id)
        return self._pile.grade(at) if at >= 0 and object_id not in self.anew else ""

    def judge_anew(self, reasons: Mapping[int, str]) -> None:
        """These objects are shown for this reason, and the grades they have are hidden until they have another."""
        self.asked |= reasons
        self.anew |= reasons.keys()
        self._redraw()

    def leave_walk(self) -> None:
        """The queue's own order again; every grade that there is shows."""
        self.walk = ()
        self.asked.clear()
        self.anew.clear()
        self._redraw()

    def grades_of(self, ids: np.ndarray) -> tuple[np.ndarray, list[str], np.ndarray]:
        """(codes, levels, listed) of many objects: codes int32 into `levels`, 0 for none; listed bool, whether a row shows it."""
        at = self._pile.find_all(ids)
        known = at >= 0
        codes, listed = np.zeros(len(ids), np.int32), np.zeros(len(ids), bool)
        codes[known], listed[known] = self._pile.codes[at[known]], self._row_of[at[known]] >= 0
        if self.anew:
            codes[np.isin(ids, list(self.anew))] = 0
        return codes, list(self._pile.levels), listed

    def score_of(self, object_id: int) -> float | None:
        at = self._pile.find(object_id)
        return float(self._pile.scores[at]) if at >= 0 and np.isfinite(self._pile.scores[at]) else None

    def scores_of(self, ids: np.ndarray) -> np.ndarray:
        """float64, the scores of many objects; NaN for none, and for one that is hidden."""
        at = self._pile.find_all(ids)
        known = at >= 0
        if self.blind:
            known[known] = ~self._pile.open[at[known]]
        found = np.full(len(ids), np.nan)
        found[known] = self._pile.scores[at[known]]
        return found

    def take_list(self, name: str, ids: np.ndarray) -> None:
        """The objects that a filter `NAME:any` lists."""
        self._sift.lists[name] = np.asarray(ids, np.int64)
        self._again()

    def objects(self) -> np.ndarray:
        """int64, the displayed objects in order."""
        return self._pile.objects[self._rows]

    def next_ungraded(self, after_row: int) -> int:
        """The first displayed row behind `after_row` without a grade, round the end; -1 when all are graded. Of what is graded
        together the next one displayed, graded or not; -1 behind the last."""
        if self.walk:
            at = self.walk.index(now) if (now := self.object_at(after_row)) in self.walk else -1
            return next((row for one in self.walk[at + 1 :] if (row := self.row_of(one)) >= 0), -1)
        waiting = self._pile.open
        if self.anew:
            waiting = waiting.copy()
            again = self._pile.find_all(np.fromiter(self.anew, np.int64, len(self.anew)))
            waiting[again[again >= 0]] = True
        if self._sift.sort[0] or len(self._rows) < len(waiting):
            waiting = waiting[self._rows]
        for start, stop in ((after_row + 1, len(waiting)), (0, after_row + 1)):
            part = waiting[start:stop]
            if part.size and part[place := int(part.argmax())]:
                return start + place
        return -1

    def progress(self) -> tuple[int, int]:
        """(graded, all), whatever the filter."""
        return self._pile.graded, len(self._pile)

    def grades(self) -> set[str]:
        """The grades that a row can show: the present scheme's and those given by another."""
        return {*self._dots, *self._pile.counts()}

    @property
    def foreign(self) -> int:
        """How many grades are none of the present scheme's, whatever the filter."""
        return sum(count for grade, count in self._pile.counts().items() if grade not in self._dots)

    # -- what Qt asks

    def rowCount(self, parent: QtCore.QModelIndex = QtCore.QModelIndex()) -> int:  # noqa: B008 (Qt's signature)
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QtCore.QModelIndex = QtCore.QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.DisplayRole) -> Any:
        if orientation == Qt.Horizontal and role == Qt.DisplayRole:
            return COLUMNS[section]
        return None

    def data(self, index: QtCore.QModelIndex, role: int = Qt.DisplayRole) -> Any:
        if not index.isValid():
            return None
        at, column = int(self._rows[index.row()]), index.column()
        grade, score = self._grade_shown(at), float(self._pile.scores[at])
        if role == OBJECT_ROLE:
            return int(self._pile.objects[at])
        if role == GRADE_ROLE:
            return grade
        if role == SCORE_ROLE:
            return score if np.isfinite(score) else None
        if role == Qt.DisplayRole:
            return self._shown(at, column)
        if role == Qt.TextAlignmentRole and column != NAME:
            return int((Qt.AlignRight if column == SCORE else Qt.AlignHCenter) | Qt.AlignVCenter)
        if role == Qt.DecorationRole and column == NAME:
            return self._dots.get(grade) or dot(QColor(NEUTRAL) if grade else None)
        if role == Qt.ToolTipRole:
            other = "" if grade in self._dots else " of another scheme"
            return f"{self._pile.names[at]} · rank {at + 1}" + (f" · grade {grade}{other}" if grade else "")
        return None

    def _grade_shown(self, at: int) -> str:
        return "" if self.anew and int(self._pile.objects[at]) in self.anew else self._pile.grade(at)

    def _shown(self, at: int, column: int) -> str:
        if column == NAME:
            return str(self._pile.names[at])
        if column == GRADE:
            return self._grade_shown(at) or "·"
        if not np.isfinite(self._pile.scores[at]):
            return "—"
        return HIDDEN if self.blind and self._pile.open[at] else f"{self._pile.scores[at]:.3f}"
