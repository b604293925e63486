"""Simulated graders of known skill: how often the stated intervals hold it, and how often the consensus beats the best of them.

    python benchmarks/graders_known.py [--campaigns 40] [--objects 500] [--golden 50] [--lenses 0.3]

The consensus calls an object a lens from posterior 1/2 on; the best grader is the one with the fewest errors on the same objects.
"""

from __future__ import annotations

import argparse

import numpy as np

from astrolens_gui.core.grading import swap

P_L, P_D = (0.6, 0.7, 0.75, 0.8, 0.65, 0.7), (0.8, 0.85, 0.9, 0.8, 0.9, 0.75)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--campaigns", type=int, default=40)
    parser.add_argument("--objects", type=int, default=500)
    parser.add_argument("--golden", type=int, default=50)
    parser.add_argument("--lenses", type=float, default=0.3)
    given = parser.parse_args()
    for count in (3, 6):
        within, plain, better, errors, best = [], [], 0, [], []
        for seed in range(given.campaigns):
            random = np.random.default_rng(seed)
            true = random.random(given.objects) < given.lenses
            said = np.stack(
                [
                    random.random(given.objects) < np.where(true, p, 1 - q)
                    for p, q in zip(P_L[:count], P_D[:count], strict=True)
                ]
            )
            golden = {str(n): bool(true[n]) for n in range(given.golden)}
            answers = [
                swap.Answer(str(g), str(n), bool(said[g, n])) for g in range(count) for n in range(given.objects)
            ]
            made = swap.offline(answers, golden, swap.Settings(prior=0.1))
            for g in range(count):
                skill = made.skills[str(g)]
                for planted, (low, high), (part, whole) in (
                    (P_L[g], skill.p_l_interval, (skill.hits, skill.lenses)),
                    (P_D[g], skill.p_d_interval, (skill.rejections, skill.duds)),
                ):
                    within.append(low <= planted <= high)
                    low, high = swap.jeffreys(part, whole)
                    plain.append(low <= planted <= high)
            rest = range(given.golden, given.objects)
            found = np.array([made.posterior[str(n)] > 0.5 for n in rest])
            errors.append(np.mean(found != true[given.golden :]))
            best.append((said[:, given.golden :] != true[given.golden :]).mean(1).min())
            better += errors[-1] < best[-1]
        print(
            f"{count} graders, {given.campaigns} campaigns: planted skill in the stated interval {np.mean(within):.1%} (in that of plain "
            f"counts {np.mean(plain):.1%}); errors of the consensus {np.mean(errors):.1%}, of the best grader {np.mean(best):.1%}; "
            f"consensus better in {better} of {given.campaigns}"
        )


if __name__ == "__main__":
    main()
