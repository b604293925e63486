"""Small pieces of a report's HTML: tables, numbers with their intervals; knows no campaign."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

SMALL = 24
"""Rows of a table that stays on one page in print."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows of text below their heads; the text is escaped."""
    top = "".join(f"<th>{escape(one)}</th>" for one in head)
    listed = list(rows)
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in listed)
    kind = ' class="keep"' if len(listed) <= SMALL else ""
    return f"<table{kind}><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def number(value: float, how: str) -> str:
    """A number, or a dash where there is none."""
    return format(value, how) if math.isfinite(value) else "–"


def ranged(value: float, interval: tuple[float, float]) -> str:
    return f"{value:.2f} ({interval[0]:.2f}–{interval[1]:.2f})"


def estimate(one: Any, how: str) -> str:
    return f"{number(one.value, how)} ({number(one.low, how)}–{number(one.high, how)})"


def share(part: int, whole: int) -> str:
    from astrolens_gui.core.grading.proportions import wilson

    return ranged(part / whole, wilson(part, whole))
