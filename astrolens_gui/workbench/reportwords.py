"""The methods paragraphs of a report: every number that a referee asks for, in sentences; computes nothing but shares."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from astrolens_gui.core.grading.consensus import Stop

if TYPE_CHECKING:
    from .reporting import Facts

STOP = Stop()


def methods(found: Facts) -> list[str]:
    """Paragraphs for a paper, to be edited by its authors."""
    told, together = found.agreement, found.consensus
    each = np.array([one.graders for one in together.verdicts])
    answers = sum(one.work.graded for one in told.graders)
    scheme = f"the scheme “{found.scheme.title}”" if found.scheme else "a scheme of their own"
    people = "One grader" if len(told.graders) == 1 else f"{len(told.graders)} graders"
    first = (
        f"{people} gave {answers:,} grades to {len(together.verdicts):,} of {told.objects:,} objects, with {scheme}; an object has "
        f"{np.median(each) if len(each) else 0:g} grades in the median ({_range(each)}). "
    )
    hours = math.fsum(
        one.work.pace.working_s for one in told.graders if one.work.pace.working_s == one.work.pace.working_s
    )
    paces = [one.work.pace.median_s for one in told.graders if one.work.pace.median_s == one.work.pace.median_s]
    if paces:
        first += (
            f"A grade took {np.median(paces):.1f} s in the median, {hours / 3600:.1f} hours in all without pauses. "
        )
    pairs = sum(one.own.pairs for one in told.graders)
    if pairs:
        same = sum(one.own.same for one in told.graders)
        first += f"{pairs:,} grades were repetitions shown blind; {same / pairs:.0%} of them repeat the first. "
    if len(told.pairs.graders) > 1:
        first += (
            f"The graders agree with Fleiss’ κ = {_figure(told.fleiss.kappa)} ({told.fleiss.objects:,} objects) and Krippendorff’s "
            f"α = {_figure(told.alpha)} (ordinal). "
        )
    tiny = f"{STOP.rejected:.0e}".replace("e-0", "e-")
    second = (
        "Grades count as numbers from 3 (best) to 0. "
        + f"Objects are listed by {_by(together.by)}, {together.rule_words}: "
        + (", ".join(f"{count:,} {name}" for name, count in sorted(together.lists.items()) if name) or "none")
        + f". {len(together.apart):,} objects have grades two or more apart. "
        + (
            f"{len(together.agreed):,} were graded again by the graders together; the agreed grade decides their list, and counts in no "
            "grader’s numbers. "
            if together.agreed
            else ""
        )
        + "Posteriors follow from each grader’s P(“LENS”|lens) and P(“NOT”|not a lens), LENS being any grade but the lowest, estimated "
        + "by expectation-maximisation over all answers (Marshall et al. 2016; Dawid & Skene 1979); the share of lenses before any "
        + f"answer is {'assumed to be' if together.assumed else 'estimated with them,'} {together.swapped.prior:.3g}. "
        + f"{together.done:,} objects need no more graders by the stop rule: {STOP.graders} grades, or at least {STOP.fewest} and a "
        + f"posterior above {STOP.detected:g} or below {tiny}. "
    )
    if not together.swapped.converged:
        second += "The iteration did not come to rest; the posteriors are not to be relied on. "
    second += _golden(found)
    return [first.strip(), second.strip(), *_search(found)]


def _golden(found: Facts) -> str:
    told = found.agreement
    if not told.golden:
        return "No objects of known class were among them, so that completeness and purity of the graders are not measured."
    on, lenses, false, duds = found.truth_list
    return (
        f"{told.golden:,} objects are of known class ({told.lenses:,} lenses); {on} of {lenses} such lenses that were graded and "
        f"{false} of {duds} others are on a list."
    )


def _search(found: Facts) -> list[str]:
    search = found.searched.search
    if search is None:
        return []
    one, whole = search.completeness, search.lenses
    model = f" The queue was ordered with the model {found.model}." if found.model else ""
    open_ones = f" {found.searched.undecided:,} undecided objects count as none." if found.searched.undecided else ""
    return [
        f"{found.searched.drawn:,} objects were graded in a drawn order whose chances are stored. By inverse-probability weights the "
        f"{search.pool:,} objects hold {whole.value:.0f} lenses ({whole.low:.0f}–{whole.high:.0f}, 95 %), of which {one.value:.0%} "
        f"({one.low:.0%}–{one.high:.0%}) are found.{open_ones}{model} {found.searched.caution}".rstrip()
    ]


def _range(each: np.ndarray) -> str:
    if not len(each):
        return "none"
    return f"{each.min()} each" if each.min() == each.max() else f"{each.min()} to {each.max()}"


def _by(by: str) -> str:
    return {"mean": "the mean", "trimmed": "the mean without a fifth at each end", "majority": "the grade given most",
            "posterior": "the posterior"}[by]  # fmt: skip


def _figure(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "undefined"
