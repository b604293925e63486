"""A campaign of people: how good each grader is, how far they agree, what they add up to; reads the history, writes no label."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.api import Context, UserError

from .answers import Answers, gathered
from .golden import PAINTED

if TYPE_CHECKING:
    from astrolens_gui.core.grading.agreement import Fleiss, Pairs, SelfAgreement
    from astrolens_gui.core.grading.consensus import Rules, Verdict
    from astrolens_gui.core.grading.graders import Work
    from astrolens_gui.core.grading.swap import Skill, Swapped
    from astrolens_gui.core.learn.recovery import Recovery

    from .opened import Opened

BY = ("mean", "trimmed", "majority", "posterior")
"""What a consensus may be by."""

IMPORT = "import"
"""Stands in the reason of what came from a table."""

BINS, FEWEST = 5, 8
"""Bins of a grader's completeness at most, and golden lenses in each at least."""

AT_ONCE_S = 0.1
"""Seconds an answer: faster is a table being read, not a person."""


@dataclass(frozen=True)
class Grader:
    """One grader.

    Attributes:
        work: counts and pace. own: first against repeated answers. confusion: grade → (lenses, others) on golden objects.
        skill: on golden objects, None where they graded none. learnt: from all answers by expectation-maximisation, with its
            intervals; None for a single grader. found: completeness against Einstein radius and arc S/N.
    """

    name: str
    work: Work
    own: SelfAgreement
    confusion: Mapping[str, tuple[int, int]]
    skill: Skill | None
    learnt: Skill | None
    found: tuple[Recovery, ...] = ()


@dataclass(frozen=True)
class Agreement:
    """What `agreement` found: `pairs` Cohen's kappa of each two, `fleiss` and `alpha` (ordinal) of all; `note` for the person."""

    graders: tuple[Grader, ...]
    pairs: Pairs
    fleiss: Fleiss
    alpha: float
    golden: int
    lenses: int
    truth: Path | None
    objects: int
    note: str = ""


@dataclass(frozen=True)
class Consensus:
    """What `consensus` found.

    Attributes:
        by: one of BY. rules: of lists by grades. verdicts: best first by `by`. apart: those to be graded again together.
        ids: of objects by name. given: object → grader → number. swapped: the posteriors' EM.
        lists: how many on each list. silent: answers without a number. assumed: the prior is SWAP's own, for every graded object is
            golden and none tells the share of lenses. agreed: object → the number that graders agreed on together, which decides
            its list (but by the posterior). painted: golden objects that are not in the sky; they tell what the lists would miss, and
            stand on none that is handed on.
    """

    by: str
    rules: Rules
    verdicts: tuple[Verdict, ...]
    apart: tuple[Verdict, ...]
    ids: Mapping[str, int]
    given: Mapping[str, Mapping[str, float]]
    swapped: Swapped
    lists: Mapping[str, int]
    silent: int = 0
    graders: tuple[str, ...] = ()
    places: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    assumed: bool = False
    agreed: Mapping[str, float] = field(default_factory=dict)
    painted: frozenset[str] = frozenset()

    def list_of(self, one: Verdict) -> str:
        """The list that an object is on by this rule: of the number, or of SWAP the word for its posterior; "painted" for a golden
        one, that nobody may take for a find."""
        return PAINTED if one.object in self.painted else list_of(one, self.by, self.rules, self.agreed)

    def is_listed(self, one: Verdict) -> bool:
        """Whether the rule finds it, golden or not: SWAP's "rejected" is no list of candidates."""
        return list_of(one, self.by, self.rules, self.agreed) not in ("", "rejected")

    @property
    def listed(self) -> list[Verdict]:
        """The objects of the sky on a list, best first."""
        return [one for one in self.verdicts if self.is_listed(one) and one.object not in self.painted]

    @property
    def done(self) -> int:
        """Objects that need no more graders: see `consensus.Stop`."""
        return sum(bool(one.done) for one in self.verdicts)

    @property
    def rule_words(self) -> str:
        """What the lists are made by, and where that was published."""
        if self.by == "posterior":
            return "detected above 0.95, rejected below 1e-7 (Marshall et al. 2016, Space Warps I)"
        return f"{self.rules.title} ({self.rules.source})"

    @property
    def prior_words(self) -> str:
        """What share of lenses the posteriors begin with, and where it is from."""
        why = (
            "assumed, as every graded object is golden"
            if self.assumed
            else "estimated with the graders' skills from graded objects that are not golden"
        )
        return f"prior share of lenses {self.swapped.prior:.3g}, {why}"

    def grades_of(self, one: Verdict, most: int = 8) -> str:
        """All grades of an object as numbers, best first; how many where there are more than `most`."""
        numbers = sorted(self.given[one.object].values(), reverse=True)
        told = " ".join(f"{n:.3g}" for n in numbers) if len(numbers) <= most else f"{len(numbers)} grades"
        return f"{told} → {self.agreed[one.object]:.3g}" if one.object in self.agreed else told


def posterior_words(value: float) -> str:
    """A probability without a false nought or one: 0.998 is no 1.00."""
    if math.isnan(value):
        return "–"
    return f"{value:.2f}" if 0.01 <= value <= 0.99 else "> 0.99" if value > 0.99 else "< 0.01"


def agreement(opened: Opened, golden: Path | None, ctx: Context, said: Answers | None = None) -> Agreement:
    """Every grader by themselves and against the others.

    Args:
        golden: a truth table whose objects are of known class; None takes the project's own, where it has one.
        said: the answers, where they are read already.

    Raises:
        UserError: nobody graded, or the table can't be read.
    """
    from astrolens_gui.core.grading import agreement as between
    from astrolens_gui.core.grading import consensus, graders, swap

    said = said or gathered(opened, golden)
    ctx.progress(0.4, f"{len(said.last):,} answers")
    answers = consensus.as_answers(said.first)
    skills = swap.skills((one for one in answers if one.object in said.golden), said.golden)
    names = said.graders
    learnt = swap.offline(answers, said.golden).skills if len(names) > 1 and answers else {}
    ctx.progress(0.7, "who agrees with whom")
    level = {number: at for at, number in enumerate(sorted({one.number for one in said.last}))}
    _, _, table = between.as_table([(one.grader, one.object, level[one.number]) for one in said.last])
    order = list(dict.fromkeys(one.grader for one in said.last))
    table = table[:, [order.index(name) for name in names if name in order]] if order else np.zeros((0, 0))
    pairs = between.pairs([name for name in names if name in order], table)
    truth = truth_of(said)
    edges = edges_of(truth) if truth is not None else {}
    made = []
    for name in names:
        repeats: dict[Hashable, Sequence[float]] = {
            one: [float(_place(level, n)) for n in numbers] for one, numbers in said.repeats.get(name, {}).items()
        }
        found = tuple(graders.recovery_of(name, said.first, truth, edges=edges)) if truth is not None else ()
        work = _work(name, said)
        own = between.self_agreement(repeats)
        made.append(Grader(name, work, own, _confusion(name, said), skills.get(name), learnt.get(name), found))
    alpha = between.krippendorff(table) if table.size else math.nan
    return Agreement(
        graders=tuple(made),
        pairs=pairs,
        fleiss=between.fleiss(table),
        alpha=alpha,
        golden=len(said.golden),
        lenses=sum(said.golden.values()),
        truth=said.truth,
        objects=said.objects,
        note=_note(said),
    )


def consensus(
    opened: Opened, by: str, rules: str | None, golden: Path | None, ctx: Context, said: Answers | None = None
) -> Consensus:
    """What all graders' answers add up to, by one of BY, with the lists of published rules (`consensus.PUBLISHED`; None takes
    HOLISMOKES', and the posterior, which has lists of its own, takes nothing else).

    Raises:
        UserError: nobody graded, there is no such rule, or rules are asked for that the posterior does not know.
    """
    from astrolens_gui.core.grading import consensus as together
    from astrolens_gui.core.grading import swap

    if by not in BY or rules not in {None, *together.PUBLISHED}:
        asked = f"{by} {rules or ''}".strip()
        raise UserError(
            f"a consensus is by {', '.join(BY)}, with the lists of {', '.join(together.PUBLISHED)}; not {asked}"
        )
    if by == "posterior" and rules is not None:
        raise UserError(
            f"the rules {rules} are of grades, and lists by the posterior have their own (detected, rejected): leave out the "
            "rules, or make the lists by mean, trimmed or majority"
        )
    said = said or gathered(opened, golden)
    ctx.progress(0.4, f"{len(said.last):,} answers")
    swapped = swap.offline(together.as_answers(said.first), said.golden)
    chosen = together.PUBLISHED[rules or together.HOLISMOKES.id]
    made = together.verdicts(said.last, swapped.posterior, rules=chosen)

    def worth(one: Verdict) -> tuple[float, float, str]:
        value = getattr(one, by) if by == "posterior" else said.joint.get(one.object, getattr(one, by))
        return (-(value if value == value else -1.0), -one.mean, one.object)

    made.sort(key=worth)
    given: dict[str, dict[str, float]] = {}
    for one in said.last:
        given.setdefault(one.object, {})[one.grader] = one.number
    rows = opened.on_db(lambda: opened.store.objects([said.ids[one.object] for one in made]))
    places = {row.name: (row.ra, row.dec) for row in rows if row.ra is not None and row.dec is not None}
    return Consensus(
        by=by,
        rules=chosen,
        verdicts=tuple(made),
        apart=tuple(
            together.disagreements(
                one for one in made if one.object not in said.joint and one.object not in said.painted
            )
        ),
        ids=said.ids,
        given=given,
        swapped=swapped,
        lists=dict(Counter(list_of(one, by, chosen, said.joint) for one in made if one.object not in said.painted)),
        silent=sum(said.silent.values()),
        graders=tuple(said.graders),
        places=places,
        assumed=all(one.object in said.golden for one in made),
        agreed={one.object: said.joint[one.object] for one in made if one.object in said.joint},
        painted=said.painted,
    )


def list_of(one: Verdict, by: str, rules: Rules, agreed: Mapping[str, float]) -> str:
    """See `Consensus.list_of`."""
    if by == "posterior":
        from astrolens_gui.core.grading.swap import Settings

        return {"open": ""}.get(word := Settings().status(one.posterior), str(word))
    return rules.of(agreed.get(one.object, getattr(one, by)))


def truth_of(said: Answers) -> Any:
    """The golden objects with their Einstein radii and arc S/N; None where there is none."""
    from astrolens_gui.core.learn.entries import read_truth

    if said.truth is None or not said.golden:
        return None
    try:
        return read_truth(said.truth)
    except UserError:  # a challenge's own table: classes, but no columns of ours
        return None


def edges_of(truth: Any) -> dict[str, list[float]]:
    """The same bins for every grader: of equal number among the golden lenses, at most `BINS` and `FEWEST` lenses in each."""
    made = {}
    for quantity, values in truth.columns.items():
        known = values[truth.is_lens & np.isfinite(values)]
        if known.size:
            count = int(np.clip(known.size // FEWEST, 1, BINS))
            made[quantity] = np.unique(np.quantile(known, np.linspace(0, 1, count + 1))).tolist()
    return {quantity: edges for quantity, edges in made.items() if len(edges) > 1}


def _work(name: str, said: Answers) -> Work:
    """Counts and pace. Labels of a table without times have that of their import, all at once, which is none: their own seconds
    count, if they have any."""
    from astrolens_gui.core.grading.graders import Pace, Work, pace

    mine = [row for row in said.rows if row[0] == name]
    found = pace([row[2] for row in mine if IMPORT not in row[4]])
    taken = [row for row in mine if IMPORT in row[4]]
    if len(taken) > found.answers:
        theirs = pace([row[2] for row in taken])
        took = [row[3] for row in taken if row[3]]
        if took:
            found = Pace(len(mine), math.fsum(took), 1, float(np.median(took)), float(np.mean(took)))
        elif theirs.rate_s > AT_ONCE_S:
            found = theirs
    return Work(name, dict(Counter(row[1] for row in mine)), found, max(said.objects - len(mine), 0))


def _confusion(name: str, said: Answers) -> dict[str, tuple[int, int]]:
    """Number of a grade → (lenses, others) on golden objects, by first answers, best first."""
    counts: dict[float, list[int]] = {}
    for one in said.first:
        if one.grader == name and one.object in said.golden:
            counts.setdefault(one.number, [0, 0])[not said.golden[one.object]] += 1
    return {said.titles.get(n, f"{n:g}"): (counts[n][0], counts[n][1]) for n in sorted(counts, reverse=True)}


def _place(level: Mapping[float, int], number: float) -> int:
    """A repeated answer's level; one that stands nowhere any more is counted at the nearest that does."""
    return level[min(level, key=lambda one: abs(one - number))] if level else 0


def _note(said: Answers) -> str:
    parts = []
    if not said.golden:
        parts.append("no object here is of known class: name a truth table to learn what each answer is worth")
    if said.silent:
        listed = ", ".join(
            f"{count:,} × {grade}" for (_, grade), count in sorted(said.silent.items(), key=lambda one: -one[1])[:5]
        )
        parts.append(f"answers that say nothing of a lens are left out of the numbers ({listed})")
    return "; ".join(parts)
