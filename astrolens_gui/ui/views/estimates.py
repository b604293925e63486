"""Numbers with their intervals as people read them, and rows of them; knows no store and estimates nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..qt import Qt, QtWidgets, QWidget


def share(one: Any) -> str:
    """ "72 % (58–91)", "100 %" where no doubt is left, or a dash for what is not known."""
    if not math.isfinite(one.value):
        return f"– ({100 * one.low:.0f}–{100 * one.high:.0f} %)"
    low, high = f"{100 * one.low:.0f}", f"{100 * one.high:.0f}"
    return f"{100 * one.value:.0f} %" + (f" ({low}–{high})" if low != high else "")


def rate(one: Any) -> str:
    """The same with a digit more where it is small: a search among thousands."""
    if not math.isfinite(one.value):
        return "–"
    digits = 1 if one.high < 0.1 else 0
    return f"{100 * one.value:.{digits}f} % ({100 * one.low:.{digits}f}–{100 * one.high:.{digits}f})"


def count(value: float, low: float, high: float) -> str:
    """ "13 (3–25)"."""
    return f"{value:,.0f} ({low:,.0f}–{high:,.0f})"


def facts(rows: Sequence[tuple[str, str]]) -> tuple[QWidget, dict[str, QtWidgets.QLabel]]:
    """(a small table of names and values, its values by name); each row is (name, tooltip)."""
    made = QWidget()
    grid = QtWidgets.QGridLayout(made)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setVerticalSpacing(3)
    grid.setHorizontalSpacing(2)
    grid.setColumnStretch(1, 1)
    values = {}
    for row, (name, tip) in enumerate(rows):
        label = QtWidgets.QLabel(name, objectName="muted", toolTip=tip)
        value = values[name] = QtWidgets.QLabel("–", toolTip=tip, textInteractionFlags=Qt.TextSelectableByMouse)
        value.setAlignment(Qt.AlignRight | Qt.AlignVCenter)
        grid.addWidget(label, row, 0)
        grid.addWidget(value, row, 1)
    return made, values
