"""The report's plots as SVG: skills with their intervals, and the learning curve; computes nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import numpy as np

LEFT, WIDTH, ROW = 150, 640, 24
POINTS = 400
LONGEST = 18
"""Letters of a name that have room."""


def skills(graders: Sequence[Any], best: Callable[[Any], tuple[Any, str]]) -> str:
    """P_L and P_D of each grader on an axis from 0 to 1, with their intervals; one half is a coin."""
    told = [(one.name, best(one)[0]) for one in graders if best(one)[0] is not None]
    if not told:
        return ""
    height = ROW * len(told) + 46

    def at(value: float) -> float:
        return LEFT + value * (WIDTH - LEFT - 20)

    parts = []
    for tick in (0, 0.25, 0.5, 0.75, 1):
        dash = ' stroke-dasharray="4 3"' if tick == 0.5 else ""
        parts.append(
            f'<line x1="{at(tick):.1f}" x2="{at(tick):.1f}" y1="6" y2="{height - 40}" stroke="var(--line)"{dash}/>'
        )
        parts.append(f'<text x="{at(tick):.1f}" y="{height - 24}" text-anchor="middle">{tick:g}</text>')
    for row, (name, skill) in enumerate(told):
        y = 6 + ROW * row + ROW / 2
        parts.append(
            f'<text class="ink" x="{LEFT - 10}" y="{y + 4:.1f}" text-anchor="end">{escape(short(name))}</text>'
        )
        for value, (low, high), colour, shift in (
            (skill.p_l, skill.p_l_interval, "var(--main)", -4),
            (skill.p_d, skill.p_d_interval, "var(--other)", 4),
        ):
            parts.append(
                f'<line x1="{at(low):.1f}" x2="{at(high):.1f}" y1="{y + shift:.1f}" y2="{y + shift:.1f}" '
                f'stroke="{colour}" stroke-width="2"/>'
            )
            parts.append(f'<circle cx="{at(value):.1f}" cy="{y + shift:.1f}" r="3.2" fill="{colour}"/>')
    key = height - 6
    parts.append(f'<circle cx="{at(0.2):.0f}" cy="{key - 4}" r="3.2" fill="var(--main)"/>')
    parts.append(f'<text x="{at(0.2) + 8:.0f}" y="{key}">P_L, lenses called lenses</text>')
    parts.append(f'<circle cx="{at(0.62):.0f}" cy="{key - 4}" r="3.2" fill="var(--other)"/>')
    parts.append(f'<text x="{at(0.62) + 8:.0f}" y="{key}">P_D, others called others</text>')
    return f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" role="img" aria-label="skills">{"".join(parts)}</svg>'


def short(name: str) -> str:
    """A name that has room beside a plot."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def recovery(told: Sequence[tuple[str, Any]], title: str) -> str:
    """Completeness by bins: of the lists (the first) with intervals, each grader a thin line; the axis is logarithmic."""
    left, right, low, high = 52, WIDTH - 12, 190, 10
    middles = [math.log(max(one.middle, 1e-9)) for _, found in told for one in found.bins if one.lenses]
    if not middles:
        return ""
    least, most = min(middles), max(middles)
    span = max(most - least, 1e-9)

    def x(value: float) -> float:
        return left + 20 + (right - left - 40) * (math.log(max(value, 1e-9)) - least) / span

    def y(value: float) -> float:
        return low - (low - high) * value

    parts = []
    for value in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(f'<line x1="{left}" x2="{right}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="var(--line)"/>')
        parts.append(f'<text x="{left - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g}</text>')
    for value in {f"{one.middle:.3g}": one.middle for one in told[0][1].bins if one.lenses}.values():
        parts.append(f'<text x="{x(value):.1f}" y="{low + 18}" text-anchor="middle">{value:.3g}</text>')
    for at, (_, found) in reversed(list(enumerate(told))):
        seen = [one for one in found.bins if one.lenses]
        line = " ".join(f"{x(one.middle):.1f},{y(one.completeness):.1f}" for one in seen)
        colour, width = ("var(--main)", 2.5) if at == 0 else ("var(--soft)", 1)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
        for one in seen:
            parts.append(f'<circle cx="{x(one.middle):.1f}" cy="{y(one.completeness):.1f}" r="2.5" fill="{colour}"/>')
            if at == 0:
                ends = f'y1="{y(one.interval[0]):.1f}" y2="{y(one.interval[1]):.1f}"'
                parts.append(
                    f'<line x1="{x(one.middle):.1f}" x2="{x(one.middle):.1f}" {ends} stroke="{colour}" stroke-width="2"/>'
                )
    parts.append(f'<text x="{(left + right) / 2:.0f}" y="{low + 36}" text-anchor="middle">{escape(title)}</text>')
    return (
        f'<svg viewBox="0 0 {WIDTH} 232" width="{WIDTH}" role="img" aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )


def learning(curve: Any) -> str:
    """Lenses found by grades given, and with an estimate of all lenses what a random order would have found."""
    steps = len(curve.found)
    rows = np.unique(np.linspace(0, steps - 1, min(steps, POINTS)).round().astype(int))
    known = np.isfinite(curve.random).all()
    top = max(float(curve.found[-1]), float(curve.random[-1]) if known else 0.0, 1.0) * 1.08
    left, right, low, high = 52, WIDTH - 12, 230, 10

    def line(values: np.ndarray) -> str:
        return " ".join(f"{x(row):.1f},{y(values[row]):.1f}" for row in rows)

    def x(row: float) -> float:
        return left + (right - left) * row / max(steps - 1, 1)

    def y(value: float) -> float:
        return low - (low - high) * min(float(value), top) / top

    parts = []
    for value in ticks(top):
        parts.append(f'<line x1="{left}" x2="{right}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="var(--line)"/>')
        parts.append(f'<text x="{left - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g}</text>')
    for value in ticks(steps - 1):
        parts.append(f'<text x="{x(value):.1f}" y="{low + 18}" text-anchor="middle">{value:g}</text>')
    if known:
        band = line(curve.random_high) + " " + " ".join(reversed(line(curve.random_low).split(" ")))
        parts.append(f'<polygon points="{band}" fill="var(--other)" opacity="0.15"/>')
        parts.append(
            f'<polyline points="{line(curve.random)}" fill="none" stroke="var(--other)" stroke-dasharray="5 4"/>'
        )
        parts.append(f'<text x="{right}" y="{y(curve.random[-1]) + 16:.1f}" text-anchor="end">a random order</text>')
    parts.append(f'<polyline points="{line(curve.found)}" fill="none" stroke="var(--main)" stroke-width="2"/>')
    parts.append(f'<text x="{(left + right) / 2:.0f}" y="{low + 36}" text-anchor="middle">objects graded</text>')
    parts.append(
        f'<text x="14" y="{(low + high) / 2}" text-anchor="middle" transform="rotate(-90 14 {(low + high) / 2})">lenses found</text>'
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} 272" width="{WIDTH}" role="img" aria-label="learning curve">{"".join(parts)}</svg>'
    )


def ticks(top: float) -> list[float]:
    """Round whole numbers from 0 to `top`, five or so."""
    if top < 1:
        return [0.0]
    raw = top / 5
    scale = 10 ** math.floor(math.log10(raw)) if raw >= 1 else 1
    step = max(next(scale * one for one in (1, 2, 5, 10) if scale * one >= raw), 1)
    return [float(value) for value in np.arange(0, top + 1e-9, step)]
