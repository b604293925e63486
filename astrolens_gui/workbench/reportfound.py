"""What a campaign finds and what it misses, as the report says it: by drawn orders, by golden objects, by posteriors; draws no page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from . import reportplots as plots
from .reportparts import estimate, number, ranged, share, table

if TYPE_CHECKING:
    from .reporting import Facts

EXACT = 2_000
"""Objects up to which the spread of a sum of chances is added up term by term; beyond, it is normal."""


def completeness(found: Facts) -> Iterable[str]:
    """Blocks of HTML: shares with their intervals, then completeness against Einstein radius and arc S/N."""
    search, listed = found.searched.search, found.searched.listed
    on_l, lenses, on_d, duds = found.truth_list
    rows = []
    if search is not None:
        whole, part = estimate(search.lenses, ".0f"), estimate(search.completeness, ".2f")
        rows.append(
            ("Lenses in the whole project (drawn order)", whole, f"{search.graded:,} of {search.pool:,} graded")
        )
        rows.append(("Completeness of what is graded", part, f"{search.found:,} found"))
    if listed is not None and listed.size:
        size = f"{listed.size:,} objects"
        rows.append(("Completeness of the model’s list, P(lens) ≥ 0.5", estimate(listed.completeness, ".2f"), size))
        rows.append(("Purity of the same list", estimate(listed.purity, ".2f"), ""))
    if lenses:
        rows.append(("Golden lenses on a list", share(on_l, lenses), f"{on_l} of {lenses}"))
    if duds:
        rows.append(("Golden non-lenses on a list", share(on_d, duds), f"{on_d} of {duds}"))
    several = len(found.agreement.graders) > 1
    likely = _by_posteriors(found) if several else []
    rows += likely
    if not rows:
        yield (
            "<p>Not estimated: one grader alone, no grade in a drawn order of the queue, and no graded object of known class. "
            "Grade in such an order, or name a truth table with <code>--golden</code>.</p>"
        )
        return
    yield table(("", "estimate (95 %)", ""), rows)
    if likely:
        yield (
            "<p class='soft'>By posteriors: each object counts as its probability of a lens. That takes the graders’ errors for "
            "independent; where all take the same ring galaxy for a lens, it says too much.</p>"
        )
    if lenses or duds:
        yield (
            "<p class='soft'>A purity of the list follows from the two golden rates only with the share of lenses among all objects, "
            "which golden objects don’t have.</p>"
        )
    yield from _recovery(found)


def _by_posteriors(found: Facts) -> list[tuple[str, str, str]]:
    together = found.consensus
    golden = found.golden
    unknown = [one for one in together.verdicts if one.object not in golden and one.posterior == one.posterior]
    on = np.array([one.posterior for one in unknown if together.is_listed(one)])
    every = np.array([one.posterior for one in unknown])
    if not on.size or every.sum() <= 0:
        return []
    low, high = chances(on)
    rest = chances(every[[not together.is_listed(one) for one in unknown]])
    purity = ranged(float(on.mean()), (low / on.size, high / on.size))
    total = float(every.sum())
    part = ranged(float(on.sum()) / total, (low / max(low + rest[1], 1e-12), high / max(high + rest[0], 1e-12)))
    return [
        ("Purity of the lists, by posteriors", purity, f"{on.sum():.1f} lenses among {on.size:,} listed"),
        ("Completeness of the lists, by posteriors", part, f"of {total:.1f} lenses among {every.size:,} graded"),
    ]


def chances(each: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """The central `level` of how many of independent events happen whose probabilities are `each`, float (n,): Poisson-binomial."""
    from scipy.special import ndtri

    each = np.asarray(each, float)
    if each.size > EXACT:
        half = float(ndtri(0.5 + level / 2)) * float(np.sqrt((each * (1 - each)).sum()))
        return max(float(each.sum()) - half, 0.0), min(float(each.sum()) + half, float(each.size))
    mass = np.ones(1)
    for one in each:
        mass = np.append(mass * (1 - one), 0.0) + np.append(0.0, mass * one)
    below = np.cumsum(mass)
    tail = (1 - level) / 2
    return float(np.searchsorted(below, tail)), min(float(np.searchsorted(below, 1 - tail)), float(each.size))


def _recovery(found: Facts) -> Iterable[str]:
    """For each quantity of the golden lenses: a plot, and the same as numbers."""
    from astrolens_gui.core.learn.recovery import QUANTITIES

    for quantity, title in QUANTITIES.items():
        lines = [
            (name, next((one for one in of if one.quantity == quantity), None))
            for name, of in (
                ("on a list", found.list_found),
                *((one.name, one.found) for one in found.agreement.graders),
            )
        ]
        told = [(name, one) for name, one in lines if one is not None and one.bins]
        if not told:
            continue
        edges = [(one.low, one.high) for one in told[0][1].bins]
        head = (title, *(f"{number(low, '.3g')}–{number(high, '.3g')}" for low, high in edges))
        body = [(name, *(_cell(edge, one.bins) for edge in edges)) for name, one in told]
        yield (
            f"<p>Golden lenses found, by {escape(title)}: by the lists (thick, with 95 % intervals) and by each grader "
            "(thin; any grade but the lowest).</p>"
            + plots.recovery(told, title)
            + f'<div class="wide">{table(head, body)}</div>'
        )


def _cell(edge: tuple[float, float], bins: Sequence[Any]) -> str:
    one = next((one for one in bins if (one.low, one.high) == edge), None)
    return f"{one.completeness:.2f} ({one.found}/{one.lenses})" if one is not None and one.lenses else "–"
