"""The tables of the Graders dock: skills, kappas by colour, objects to choose from; computes nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .. import theme
from ..qt import QColor, Qt, QtWidgets, Signal
from .tables import FittedTable

MOST_ACROSS = 7
"""Graders whose kappas stand side by side in the narrowest dock; more of them can be scrolled."""

SMALLER = 0.85
"""Size of the figures in a matrix."""

MOST_OBJECTS = 2_000
"""Rows of objects; beyond, the file has them all."""


class SkillTable(FittedTable):
    """A line a grader; the tooltip has intervals, pace and the confusion on golden objects."""

    HEAD = (
        ("Grader", ""),
        ("n", "Objects graded"),
        ("P_L", "Share of lenses that they call lenses: on golden objects, or in grey by all answers together"),
        ("P_D", "Share of others that they call no lens"),
        ("bit", "What an answer tells of an object that is a lens as likely as not; 1 is never wrong, 0 a coin"),
    )

    def __init__(self) -> None:
        super().__init__()
        self.setTextElideMode(Qt.ElideRight)
        self.setFont(smaller(self.font()))

    def show_graders(self, found: Any) -> None:
        self.setColumnCount(len(self.HEAD))
        self.setHorizontalHeaderLabels([title for title, _ in self.HEAD])
        for column, (_, tip) in enumerate(self.HEAD):
            self.horizontalHeaderItem(column).setToolTip(tip)
        self.setRowCount(len(found.graders))
        for row, one in enumerate(found.graders):
            measured = one.skill is not None and one.skill.lenses + one.skill.duds > 0
            skill = one.skill if measured else one.learnt
            tip = grader_words(one, found.objects)
            self.put(row, 0, f"{row + 1} {one.name}", tip, right=False)
            self.put(row, 1, f"{one.work.graded:,}", tip)
            values = (skill.p_l, skill.p_d, skill.bits) if skill is not None else (math.nan,) * 3
            for column, value in enumerate(values, 2):
                item = self.put(row, column, bare(value), tip)
                if not measured:
                    item.setForeground(theme.colour("muted"))
        self.fit()


class KappaTable(FittedTable):
    """Every pair by the numbers that the table of graders gives them: the more colour, the better they agree."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextElideMode(Qt.ElideNone)
        self.setFont(smaller(self.font()))

    def show_pairs(self, pairs: Any) -> None:
        names = pairs.graders
        self.setColumnCount(len(names) + 1)
        self.setHorizontalHeaderLabels(["", *(str(at + 1) for at in range(len(names)))])
        self.setRowCount(len(names))
        self.setSelectionMode(QtWidgets.QAbstractItemView.NoSelection)
        for row, name in enumerate(names):
            self.horizontalHeaderItem(row + 1).setToolTip(name)
            self.put(row, 0, str(row + 1), name, right=False)
            for column, other in enumerate(names):
                kappa, common = float(pairs.kappa[row, column]), int(pairs.common[row, column])
                if row == column:
                    self.put(row, column + 1, "")
                    continue
                same = float(pairs.same[row, column])
                share = f", the same grade for {same:.0%}" if math.isfinite(same) else ""
                item = self.put(
                    row, column + 1, bare(kappa), f"{name} and {other}: {common:,} objects in common{share}"
                )
                shade = QColor(theme.colour("accent"))
                shade.setAlphaF(0.0 if math.isnan(kappa) else 0.55 * min(max(kappa, 0.0), 1.0))
                item.setBackground(shade)
        self.fit()
        wide = len(names) > MOST_ACROSS
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAsNeeded if wide else Qt.ScrollBarAlwaysOff)
        header = self.horizontalHeader()
        header.setSectionResizeMode(0, QtWidgets.QHeaderView.ResizeToContents)
        for column in range(1, self.columnCount()):
            header.setSectionResizeMode(
                column, QtWidgets.QHeaderView.ResizeToContents if wide else QtWidgets.QHeaderView.Stretch
            )


class ObjectTable(FittedTable):
    """Objects with one value; `picked` (int): show this one, it was clicked twice."""

    picked = Signal(int)

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setColumnCount(2)
        self.setHorizontalHeaderLabels(["Object", title])
        self.cellDoubleClicked.connect(lambda row, _: self.picked.emit(int(self.item(row, 0).data(Qt.UserRole))))

    def show_rows(self, rows: Sequence[tuple[int, str, str, str]]) -> None:
        """(object id, name, value, tooltip), the first `MOST_OBJECTS` of them; what is chosen stays so."""
        chosen = self.item(self.currentRow(), 0).data(Qt.UserRole) if self.currentRow() >= 0 else -1
        self.setUpdatesEnabled(False)
        self.setRowCount(min(len(rows), MOST_OBJECTS))
        for row, (object_id, name, value, tip) in enumerate(rows[:MOST_OBJECTS]):
            self.put(row, 0, name, tip, right=False).setData(Qt.UserRole, object_id)
            self.put(row, 1, value, tip)
            if object_id == chosen:
                self.setCurrentCell(row, 0)
        self.setUpdatesEnabled(True)
        self.fit()


def smaller(font: Any) -> Any:
    """The same font for figures that stand close."""
    font.setPointSizeF(font.pointSizeF() * SMALLER)
    return font


def left_words(graders: Sequence[Any], most: int = 4) -> str:
    """Who still has how much to grade, and how long it takes at their present rate; the first `most` of them by name."""
    waiting = [one for one in graders if one.work.left]
    each = [
        f"{one.name} {one.work.left:,}"
        + (f" ({hours(one.work.pace.left_s(one.work.left))})" if math.isfinite(one.work.pace.rate_s) else "")
        for one in waiting[:most]
    ]
    more = f", and {len(waiting) - most} more graders" if len(waiting) > most else ""
    return f"Left to grade: {', '.join(each)}{more}" if each else "Every grader has graded every object."


def hours(seconds: float) -> str:
    """A time that somebody plans with."""
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def bare(value: float) -> str:
    """A figure between -1 and 1 without its nought: a dock is narrow."""
    return "–" if math.isnan(value) else f"{value:.2f}".replace("0.", ".", 1).replace("-", "−")


def grader_words(one: Any, objects: int) -> str:
    """All numbers of a grader, a line each."""
    pace = one.work.pace
    lines = [
        one.name,
        f"{one.work.graded:,} of {objects:,} graded: "
        + ", ".join(f"{n:,} {g}" for g, n in sorted(one.work.grades.items())),
    ]
    if math.isfinite(pace.rate_s):
        lines.append(f"{pace.rate_s:.1f} s each of late; {pace.left_s(one.work.left) / 3600:.1f} h left at that rate")
    if one.own.pairs:
        lines.append(f"the same grade again for {one.own.same} of {one.own.pairs}")
    for skill, where in ((one.skill, "on golden objects"), (one.learnt, "by all answers together")):
        if skill is not None and (skill is one.learnt or skill.lenses + skill.duds > 0):
            rates = (
                f"{name} {value:.2f} ({low:.2f}–{high:.2f})"
                for name, value, (low, high) in (
                    ("P_L", skill.p_l, skill.p_l_interval),
                    ("P_D", skill.p_d, skill.p_d_interval),
                )
            )
            lines.append(f"{where}: {', '.join(rates)}, {skill.bits:.2f} bit")
    if one.confusion:
        lines.append(
            "golden lenses / others: " + ", ".join(f"{grade} {a}/{b}" for grade, (a, b) in one.confusion.items())
        )
    return "\n".join(lines)
