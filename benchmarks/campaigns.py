"""How often the stated intervals of a search hold the truth: simulated campaigns graded in a drawn order, by people who err.

    python benchmarks/campaigns.py [--campaigns 100] [--pool 20000] [--lenses 200] [--grades 1500] [--json]

No network: a classifier is a score of known strength that grows with the number of grades, as the loop's does. Each campaign
is drawn by the program's own mixture (`workbench.ranking.MIX`), 300 grades a round. At the end the model has learnt three
quarters of the grades by heart, as a network may: these objects rank by them. A lens is missed, a non-lens called a lens, and
either left undecided, at stated rates. "Truth" is what the same person would have said of every object: slips are not the
estimate's business. The same count for the true lenses is printed beside it.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass

import numpy as np

from astrolens_gui.core.learn import draws, estimate
from astrolens_gui.workbench.ranking import MIX
from astrolens_gui.workbench.searching import LENS

ROUND = 300
BY_HEART = 6.0
"""Log-odds by which the model is surer of what it learnt than of what it never saw."""
HELD_OUT = 0.25
THRESHOLD = 2.0
"""Logit of the list whose completeness and purity are estimated."""


@dataclass(frozen=True)
class Person:
    """Rates of a grader: lenses missed, non-lenses called lenses, and both left undecided (the first two of what is decided)."""

    missed: float = 0.1
    false: float = 0.002
    unsure_lens: float = 0.15
    unsure_other: float = 0.01

    def grades(self, truth: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """What this person says of every object, 1, 0.5 or 0."""
        slip = random.random(len(truth)) < np.where(truth, self.missed, self.false)
        said = np.where(slip, ~truth, truth).astype(np.float64)
        said[random.random(len(truth)) < np.where(truth, self.unsure_lens, self.unsure_other)] = 0.5
        return said


def campaign(seed: int, pool: int, lenses: int, grades: int, person: Person) -> dict[str, bool | float]:
    """One search: which of its intervals hold what is true."""
    random = np.random.default_rng(seed)
    truth = random.permutation(pool) < lenses
    said = person.grades(truth, random)
    lens = said > LENS
    strength = random.uniform(2.0, 5.0)  # of the final model: AUROC 0.92 to 0.9998
    logit = random.normal(size=pool) * 2 + strength * truth - 4
    left, rows, chances = np.arange(pool), [], []
    for number in range(-(-grades // ROUND)):
        count = min(ROUND, grades - number * ROUND)
        seen = logit + random.normal(size=pool) * 4 / (1 + number)
        share = 1 / (1 + np.exp(-seen[left]))
        wishes = {"top": (MIX["top"], seen[left]), "uncertain": (MIX["uncertain"], -np.abs(share - 0.5))}
        drawn = draws.draw(draws.weights(wishes, MIX["random"]), seed * 100 + number)
        rows.append(left[drawn.order[:count]])
        chances.append(drawn.chance[:count])
        left = np.delete(left, drawn.order[:count])
    at = np.concatenate(rows)
    held, graded = random.random(len(at)) < HELD_OUT, lens[at].astype(float)
    logit[at[~held]] += BY_HEART * np.where(lens[at[~held]], 1, -1)
    done = estimate.Drawn(at, np.concatenate(chances), graded, logit, ~held, held)
    whole, listed, above = done.search(), done.listed(THRESHOLD), logit >= THRESHOLD

    def holds(found: estimate.Estimate, value: float) -> bool:
        return bool(found.low - 1e-9 <= value <= found.high + 1e-9)

    return {
        "lenses": holds(whole.lenses, lens.sum()),
        "completeness": holds(whole.completeness, lens[at].sum() / lens.sum()),
        "completeness of the list": holds(listed.completeness, (lens & above).sum() / lens.sum()),
        "purity of the list": holds(listed.purity, (lens & above).sum() / max(above.sum(), 1)),
        "true lenses": holds(whole.lenses, truth.sum()),
        "ratio": whole.lenses.value / lens.sum(),
        "width": (whole.lenses.high - whole.lenses.low) / lens.sum(),
        "found": lens[at].sum() / lens.sum(),
    }


def measured(campaigns: int, pool: int, lenses: int, grades: int, person: Person) -> dict[str, float]:
    """{what: share of the campaigns whose interval holds it}, and the medians of the ratio, the width and what was found."""
    every = [campaign(seed, pool, lenses, grades, person) for seed in range(campaigns)]
    shares = {
        name: float(np.mean([one[name] for one in every])) for name in every[0] if isinstance(every[0][name], bool)
    }
    return shares | {name: float(np.median([one[name] for one in every])) for name in ("ratio", "width", "found")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--campaigns", type=int, default=100)
    parser.add_argument("--pool", type=int, default=20_000)
    parser.add_argument("--lenses", type=int, default=200)
    parser.add_argument("--grades", type=int, default=1500)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    people = {
        "never errs": Person(0, 0, 0, 0),
        "errs": Person(),
        "errs often": Person(0.25, 0.01, 0.25, 0.05),
    }
    size = (given.campaigns, given.pool, given.lenses, given.grades)
    found = {name: measured(*size, person) for name, person in people.items()}
    if given.json:
        print(json.dumps(found, indent=1))
        return
    for name, values in found.items():
        print(f"{name}: " + ", ".join(f"{what} {value:.2f}" for what, value in values.items()))


if __name__ == "__main__":
    main()
