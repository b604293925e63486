"""The scoreboard: models, people and tables ranked on the same objects, with paired differences; knows entries and a
truth, no store and no window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from astrolens_gui.api import UserError

from . import metrics
from .entries import Entry, Kind, Truth, require_both
from .evaluate import FEWEST_FALSE, LOW_FPR

COMPARED = {"AUROC": "AUROC", "tpr_fpr1e3": "TPR at FPR 1e-3"}
"""The figures whose differences are paired by the bootstrap, as the columns of a Row, with their titles."""

FEWEST_NEGATIVES = 1000
"""Non-lenses below which no false positive is allowed at FPR 1e-3, so that its bootstrap would be one of an extreme."""

DRAWS = 2000


@dataclass(frozen=True)
class Row:
    """One entry's figures; `…_ci` are 95 % intervals (docs/metrics.md says of which kind).

    `unscored` objects rank last; `learnt`: how many of the objects taught the entry. `difference`: of a figure in
    `COMPARED`, this entry's less the reference's, with its paired interval; empty for the reference itself, and without
    TPR at FPR 1e-3 below 1,000 non-lenses.
    """

    name: str
    kind: Kind
    AUROC: float
    AUROC_ci: metrics.Interval
    TPR0: float
    TPR0_ci: metrics.Interval
    TPR10: float
    TPR10_ci: metrics.Interval
    tpr_fpr1e3: float
    tpr_fpr1e3_ci: metrics.Interval
    N_pos: int
    N_neg: int
    unscored: int
    note: str = ""
    learnt: int = 0
    difference: dict[str, tuple[float, metrics.Interval]] = field(default_factory=dict)

    def beats(self, figure: str) -> bool:
        """Whether this entry is better than the reference beyond the paired 95 % interval."""
        return figure in self.difference and self.difference[figure][1][0] > 0


@dataclass(frozen=True)
class Board:
    """Entries on the same objects, best AUROC first.

    `draws` (figures of COMPARED, entries, draws) are their figures on the same resampled objects, so that any entry may
    become the reference at once.
    """

    truth: Truth
    entries: tuple[Entry, ...]
    plain: tuple[Row, ...]
    draws: np.ndarray
    reference: str
    objects: str = ""

    @property
    def rows(self) -> list[Row]:
        return self.against(self.reference)

    def against(self, reference: str) -> list[Row]:
        """The rows with their differences to the entry of this name."""
        at = next(place for place, one in enumerate(self.plain) if one.name == reference)
        made = []
        for place, row in enumerate(self.plain):
            if place == at:
                made.append(row)
                continue
            difference = {
                figure: (
                    getattr(row, figure) - getattr(self.plain[at], figure),
                    metrics.interval(self.draws[which, place] - self.draws[which, at]),
                )
                for which, figure in enumerate(COMPARED)
                if figure == "AUROC" or row.N_neg >= FEWEST_NEGATIVES
            }
            made.append(Row(**{**vars(row), "difference": difference}))
        return made

    def better_than(self, default: str) -> list[tuple[str, str, float, metrics.Interval]]:
        """What beats `default`: (entry, figure, difference, paired interval), where the interval lies above 0.

        An empty list is the claim that no entry beats it on AUROC or on TPR at FPR 1e-3.
        """
        return [
            (row.name, figure, *row.difference[figure])
            for row in self.against(default)
            for figure in COMPARED
            if row.beats(figure)
        ]


def scoreboard(
    truth: Truth,
    entries: Sequence[Entry],
    *,
    reference: str = "",
    among: str = "",
    objects: str = "all objects of the truth",
    draws: int = DRAWS,
    seed: int = 0,
    progress: Callable[[float], object] = lambda _: None,
) -> Board:
    """Rank the entries.

    Args:
        reference: the entry that differences are taken to (default: the one of the best AUROC).
        among: the entry whose scored objects alone count, for all; "" all objects of the truth.
        objects: says which these are.
        progress: told the share done; may raise to stop.

    Raises:
        UserError: no entry, two of one name, an unknown name, or a class is empty on these objects.
    """
    names = [one.name for one in entries]
    if not entries:
        raise UserError("there is nothing to compare: score the project, grade objects, or add a table of scores")
    if twice := {one for one in names if names.count(one) > 1}:
        raise UserError(f"two entries are called {min(twice)}; give one another name")
    for name in filter(None, (reference, among)):
        if name not in names:
            raise UserError(f"there is no entry called {name}; there are {', '.join(names)}")
    if among:
        chosen = ~np.isnan(entries[names.index(among)].logit)
        truth, entries = truth.only(chosen), [one.only(chosen) for one in entries]
        objects = f"of {objects}, those that {among} ranks"
    require_both(truth)
    figures = (metrics.auroc_metric, metrics.tpr_metric(LOW_FPR))
    drawn = metrics.resampled(
        truth.is_lens, [one.logit for one in entries], figures, draws=draws, seed=seed, progress=progress
    )
    made = [_row(truth, one, drawn[:, at]) for at, one in enumerate(entries)]
    order = sorted(range(len(made)), key=lambda at: -made[at].AUROC)
    rows = tuple(made[at] for at in order)
    ranked = tuple(entries[at] for at in order)
    return Board(truth, ranked, rows, drawn[:, order], reference or rows[0].name, objects)


def _row(truth: Truth, entry: Entry, drawn: np.ndarray) -> Row:
    rank = metrics.Ranking.of(truth.is_lens, entry.logit)
    zero, ten = rank.tpr_n(1), rank.tpr_n(10)
    enough = rank.others * LOW_FPR >= FEWEST_FALSE
    return Row(
        entry.name,
        entry.kind,
        rank.auroc(),
        metrics.interval(drawn[0]),
        zero,
        metrics.clopper_pearson(round(zero * rank.lenses), rank.lenses),
        ten,
        metrics.clopper_pearson(round(ten * rank.lenses), rank.lenses),
        rank.tpr_at_fpr(LOW_FPR),
        metrics.interval(drawn[1]) if enough else metrics.tpr_interval(rank, LOW_FPR),
        rank.lenses,
        rank.others,
        entry.unscored,
        " · ".join(
            filter(None, (entry.note, f"learnt from {entry.learnt:,} of these objects" if entry.learnt else ""))
        ),
        entry.learnt,
    )
