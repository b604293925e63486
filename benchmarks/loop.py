"""Labels needed to find a pool's lenses, and to rank as well as with all labels: our loop against what else one could do.

    python benchmarks/loop.py [--seeds 5] [--labels 4000] [--gp-labels 2000] [--out docs/loop.json] [--plot docs/screenshots/loop.png]

The pool is that of `loop_pool.py`: 20,000 simulated stamps, 1 % lenses, with the shipped network's embedding and log-odds. A
simulated grader errs at a stated rate. All ways grade in batches of 100. Those but ours learn the same kind of model, a logistic
regression on the same embedding (`core.learn.head`), and differ in what they show next:

random       a seeded shuffle.
top          the highest scores of that model; a shuffle until it knows a lens and a non-lens.
improvement  Astronomaly's published way (Lochner & Bassett 2021, arXiv:2010.11202): expected improvement by a Gaussian process
             on the embedding. Its cost grows with the cube of the labels, so it is followed to --gp-labels only.
shipped      the shipped network's log-odds, never trained again: what a catalogue of scores gives.
ours         the program's: the shipped network's last layer is tuned after each batch (`astrolens_cnn.lasthead`), on those of the
             grades that the gate does not keep for itself. Shows the order `mixed` (Most useful).
ours, top    the same with the order `top` (Most lens-like).

"Found" are true lenses among the graded. The goal in AUROC is that of the model with all labels (five folds) less 0.01.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import loop_pool
import numpy as np
from astrolens_cnn import lasthead

from astrolens_gui.core.learn import acquire, active, head, metrics
from astrolens_gui.core.learn.dataset import VALIDATION_SHARE, balance

BATCH = 100
ERROR = 0.02
SHARES = (0.5, 0.7, 0.8, 0.9)
BELOW_FULL = 0.01
WAYS = ("random", "top", "improvement", "shipped", "ours", "ours, top")


class Pool:
    """Embedding and shipped log-odds, as they are and standardised, with the truth and the network's last layer."""

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        embedding, self.truth = arrays["embedding"].astype(np.float64), arrays["truth"]
        self.features, self.own = embedding, loop_pool.own_layer()
        self.embedding = (embedding - embedding.mean(axis=0)) / np.maximum(embedding.std(axis=0), 1e-6)
        self.shipped = (arrays["logit"] - arrays["logit"].mean()) / arrays["logit"].std()

    def full(self) -> float:
        """AUROC of the model with all labels, five folds."""
        logit, fold = np.empty(len(self.truth)), np.random.default_rng(0).permutation(len(self.truth)) % 5
        for number in range(5):
            target = np.where(fold == number, np.nan, self.truth)
            logit[fold == number] = head.fit(self.embedding, target).logit(self.embedding[fold == number])
        return metrics.auroc(self.truth, logit)


def campaign(pool: Pool, way: str, seed: int, labels: int, error: float) -> list[tuple[int, int, float]]:
    """(labels, true lenses among them, AUROC of the model on the whole pool) before each batch and at the end."""
    random = np.random.default_rng(seed)
    kept = np.random.default_rng([seed, 1]).random(len(pool.truth)) < VALIDATION_SHARE
    target, told = np.full(len(pool.truth), np.nan), []
    ours = way.startswith("ours")
    features = pool.embedding
    logit = pool.shipped if ours or way == "shipped" else np.full(len(target), np.nan)
    while True:
        labelled = np.isfinite(target)
        told.append(
            (int(labelled.sum()), int(pool.truth[labelled].sum()), metrics.auroc(pool.truth, np.nan_to_num(logit)))
        )
        if told[-1][0] >= labels:
            return told
        scores: dict[str, Any] = {"logit": logit, "score": 1 / (1 + np.exp(-logit)), "labelled": labelled}
        scores |= {"embedding": features, "target": target}
        order = {"random": active.random, "improvement": acquire.improvement, "ours": active.mixed}.get(way, active.top)
        useful = np.where(labelled, -np.inf, order(scores, seed))
        shown = np.argsort(-useful, kind="stable")[:BATCH]
        if way == "improvement" and not labelled.any():
            shown = random.permutation(len(target))[:BATCH]
        target[shown] = pool.truth[shown] != (random.random(BATCH) < error)
        if way != "shipped" and (target > 0.5).any() and (target < 0.5).any():
            logit = after(pool, target, kept) if ours else head.fit(features, target, seed=seed).logit(features)


def after(pool: Pool, target: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Log-odds float64 (N,) by the shipped network with its last layer tuned on the grades that are not `kept` aside."""
    rows = np.flatnonzero(np.isfinite(target) & ~kept)
    targets = np.stack([1 - target[rows], target[rows]], axis=1)
    if targets.sum(axis=0).min() < 1:
        return pool.shipped
    weights = balance(target[rows], np.zeros(rows.size))
    tuned = lasthead.tune(pool.own, lasthead.Graded(pool.features[rows], targets, weights))
    return tuned.layer.logits(pool.features) @ [-1, 1]


def needed(told: list[tuple[int, int, float]], lenses: int, goal: float) -> dict[str, float]:
    """Labels until each share was found and until the goal in AUROC; infinite where it was not reached."""
    when = {f"{share:.0%}": next((n for n, found, _ in told if found >= share * lenses), np.inf) for share in SHARES}
    return when | {"AUROC": next((n for n, _, auroc in told if auroc >= goal), np.inf)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--labels", type=int, default=4000)
    parser.add_argument("--gp-labels", type=int, default=2000)
    parser.add_argument("--error", type=float, default=ERROR)
    parser.add_argument("--ways", nargs="+", default=WAYS, choices=WAYS)
    parser.add_argument("--data", type=Path, default=loop_pool.DEFAULT_DATA)
    parser.add_argument("--out", type=Path, help="campaigns as JSON; what is there is not run again")
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args()
    pool = Pool(loop_pool.pool(given.data))
    goal = pool.full() - BELOW_FULL
    print(
        f"{len(pool.truth)} objects, {int(pool.truth.sum())} lenses, grader errs {given.error:.1%}, goal AUROC {goal:.4f}",
        flush=True,
    )
    kept: dict[str, Any] = json.loads(given.out.read_text()) if given.out and given.out.exists() else {}
    for seed in range(given.seeds):
        for way in given.ways:
            labels = given.gp_labels if way == "improvement" else given.labels
            name = f"{way} {seed} {labels} {given.error}"
            if name not in kept and not (way == "shipped" and seed):
                kept[name] = campaign(pool, way, seed, labels, given.error)
                print(name, needed(kept[name], int(pool.truth.sum()), goal), flush=True)
                if given.out:
                    given.out.write_text(json.dumps(kept), encoding="utf-8")
    curves = {
        way: [
            told
            for name, told in kept.items()
            if name.split(" ")[: len(way.split(" "))] == way.split(" ") and name[len(way) + 1].isdigit()
        ]
        for way in given.ways
    }
    report(curves, int(pool.truth.sum()), goal)
    if given.plot:
        plot(curves, int(pool.truth.sum()), given.plot)


def report(curves: dict[str, list[Any]], lenses: int, goal: float) -> None:
    """A Markdown table: median and range over the seeds of the labels needed."""
    print(f"| labels until | {' | '.join(f'{share:.0%} found' for share in SHARES)} | full AUROC - {BELOW_FULL} |")
    print(f"|---|{'---|' * (len(SHARES) + 1)}")
    for way, told in curves.items():
        every = [needed(one, lenses, goal) for one in told]
        print(f"| {way} | {' | '.join(_cell([one[key] for one in every], told) for key in every[0])} |")


def _cell(values: list[float], told: list[Any]) -> str:
    middle, low, high = (float(each) for each in (np.median(values), min(values), max(values)))
    most = max(one[-1][0] for one in told)

    def said(value: float) -> str:
        return f"{value:,.0f}" if np.isfinite(value) else f"> {most:,}"

    return said(middle) if low == high else f"{said(middle)} ({said(low)} to {said(high)})"


def plot(curves: dict[str, list[Any]], lenses: int, path: Path) -> None:
    """Share of the lenses found by labels: median and range over the seeds."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axis = plt.subplots(figsize=(7.5, 4.6))
    for way, told in curves.items():
        steps = np.array([n for n, *_ in told[0]])
        share = np.array([[found / lenses for _, found, _ in one] for one in told])
        (line,) = axis.plot(steps, np.median(share, axis=0), label=way, lw=2 if way.startswith("ours") else 1.2)
        axis.fill_between(steps, share.min(axis=0), share.max(axis=0), color=line.get_color(), alpha=0.15)
    axis.set(xlabel="labels given", ylabel="share of the lenses found", ylim=(0, 1), xlim=(0, None))
    axis.grid(alpha=0.3)
    axis.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
