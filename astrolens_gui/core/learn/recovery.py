"""Which lenses are found, against their Einstein radius and the S/N of their arcs; knows arrays, a table and a plot."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.api import UserError

from .entries import Entry, Truth
from .metrics import Ranking, clopper_pearson

QUANTITIES = {"theta_E_arcsec": "Einstein radius, arcsec", "arc_snr": "S/N of the arcs"}
"""Columns of a truth table that a recovery is drawn against, with the name of the axis."""

BINS, FEWEST = 8, 12
"""Bins at most, and lenses a bin at least."""


@dataclass(frozen=True)
class Bin:
    """Lenses with `low` ≤ value < `high` (the last bin holds its upper end): how many there are, how many were found,
    the share with its binomial 95 % interval. `middle` is their median value."""

    low: float
    high: float
    middle: float
    lenses: int
    found: int
    interval: tuple[float, float]

    @property
    def completeness(self) -> float:
        return self.found / self.lenses if self.lenses else float("nan")


@dataclass(frozen=True)
class Recovery:
    """An entry's completeness in bins of one quantity, at the lowest threshold whose false-positive rate is at most
    `fpr`: there `false_positives` of `others` non-lenses are selected. `unknown` lenses have no value."""

    entry: str
    quantity: str
    fpr: float
    threshold: float
    false_positives: int
    others: int
    bins: tuple[Bin, ...]
    unknown: int


def recoveries(
    truth: Truth, entry: Entry, fpr: float = 1e-3, edges: Mapping[str, Sequence[float]] | None = None
) -> list[Recovery]:
    """One for each of `QUANTITIES` that the truth has for its lenses; unscored lenses are not found.

    Args:
        edges: of the bins, by quantity; without, the lenses are cut into up to eight bins of equal number.
    """
    rank = Ranking.of(truth.is_lens, entry.logit)
    threshold, false = rank.threshold_at_fpr(fpr)
    found = np.nan_to_num(entry.logit, nan=-np.inf) >= threshold
    made = []
    for quantity in QUANTITIES:
        if quantity not in truth.columns:
            continue
        values, hit = truth.columns[quantity][truth.is_lens], found[truth.is_lens]
        known = np.isfinite(values)
        if known.any():
            given = (edges or {}).get(quantity)
            bins = binned(values[known], hit[known], given)
            name, unknown = entry.name, int((~known).sum())
            made.append(Recovery(name, quantity, fpr, threshold, false, rank.others, bins, unknown))
    return made


def binned(values: np.ndarray, found: np.ndarray, edges: Sequence[float] | None = None) -> tuple[Bin, ...]:
    """`values` (n,) of lenses and whether each was `found`, cut at `edges` or into bins of equal number."""
    if edges is None:
        count = int(np.clip(values.size // FEWEST, 1, BINS))
        cut = np.unique(np.quantile(values, np.linspace(0, 1, count + 1)))
        cut = cut if cut.size > 1 else np.array([cut[0], cut[0]])
    else:
        cut = np.asarray(edges, float)
    bins = []
    for at, (low, high) in enumerate(itertools.pairwise(cut)):
        inside = (values >= low) & ((values <= high) if at == cut.size - 2 else (values < high))
        lenses, hits = int(inside.sum()), int(found[inside].sum())
        middle = float(np.median(values[inside])) if lenses else float((low + high) / 2)
        bins.append(Bin(float(low), float(high), middle, lenses, hits, clopper_pearson(hits, lenses)))
    return tuple(bins)


def needed(made: Sequence[Recovery], truth: Path) -> None:
    """Raise where there is nothing to draw: the truth has none of the quantities."""
    if not made:
        raise UserError(f"{truth}: a recovery needs a column {' or '.join(QUANTITIES)} with numbers for its lenses")


def as_json(made: Sequence[Recovery]) -> list[dict[str, Any]]:
    return [
        {
            **{name: getattr(one, name) for name in ("entry", "quantity", "fpr", "threshold", "false_positives")},
            "N_neg": one.others,
            "unknown": one.unknown,
            "bins": [
                {
                    **{name: getattr(bin, name) for name in ("low", "high", "middle", "lenses", "found")},
                    "completeness": bin.completeness,
                    "completeness_ci": list(bin.interval),
                }
                for bin in one.bins
            ],
        }
        for one in made
    ]


def write(made: Sequence[Recovery], out: Path) -> None:
    """A table (.csv) or a picture (.png, .pdf, .svg), by the name's suffix.

    Raises:
        UserError: another suffix, or the file can't be written.
    """
    try:
        if out.suffix == ".csv":
            _csv(made, out)
        elif out.suffix in {".png", ".pdf", ".svg"}:
            plot(made).savefig(out, dpi=160)
        else:
            raise UserError(f"{out}: a recovery is written as .csv, .png, .pdf or .svg; end the name so")
    except OSError as error:
        raise UserError(f"{out} can't be written ({error.strerror}); choose another place") from None


def _csv(made: Sequence[Recovery], out: Path) -> None:
    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        head = "entry,quantity,low,high,middle,lenses,found,completeness,completeness_low,completeness_high"
        writer.writerow([*head.split(","), "fpr", "threshold", "false_positives", "N_neg"])
        for one in made:
            tail = (one.fpr, one.threshold, one.false_positives, one.others)
            for bin in one.bins:
                share = (bin.lenses, bin.found, bin.completeness, *bin.interval)
                writer.writerow([one.entry, one.quantity, bin.low, bin.high, bin.middle, *share, *tail])


def logarithmic(made: Sequence[Recovery]) -> bool:
    """Whether the bins span so much that a plot needs a logarithmic axis."""
    edges = [edge for one in made for bin in one.bins for edge in (bin.low, bin.high)]
    return bool(edges) and min(edges) > 0 and max(edges) > 8 * min(edges)


def plot(made: Sequence[Recovery]) -> Any:
    """A matplotlib Figure: a panel a quantity, a line an entry, the bins' widths and intervals as bars."""
    from matplotlib.figure import Figure

    quantities = [one for one in QUANTITIES if any(two.quantity == one for two in made)]
    names = list(dict.fromkeys(one.entry for one in made))
    figure = Figure(figsize=(4.6 * max(len(quantities), 1), 3.7), layout="constrained")
    panels = figure.subplots(1, max(len(quantities), 1), sharey=True, squeeze=False)[0]
    for panel, quantity in zip(panels, quantities, strict=False):
        for one in (two for two in made if two.quantity == quantity):
            colour = f"C{names.index(one.entry) % 10}"
            bins = [bin for bin in one.bins if bin.lenses]
            x, y = np.array([bin.middle for bin in bins]), np.array([bin.completeness for bin in bins])
            low, high = np.array([bin.interval for bin in bins]).T
            error = np.array([[bin.middle - bin.low for bin in bins], [bin.high - bin.middle for bin in bins]])
            panel.errorbar(x, y, [y - low, high - y], error, "o-", color=colour, ms=4, lw=1.2, elinewidth=0.8,
                           capsize=0, label=one.entry)  # fmt: skip
        if logarithmic([one for one in made if one.quantity == quantity]):
            panel.set_xscale("log")
        panel.set(xlabel=QUANTITIES[quantity], ylim=(-0.03, 1.03))
        panel.grid(alpha=0.25)
    panels[0].set_ylabel(f"completeness at FPR ≤ {made[0].fpr:g}")
    if len(names) > 1:
        panels[-1].legend(fontsize=8, frameon=False)
    else:
        few = made[0]
        figure.suptitle(f"{few.entry}: {few.false_positives} of {few.others:,} non-lenses selected", fontsize=9)
    return figure
