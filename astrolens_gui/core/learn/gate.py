"""The gate: may a new model take the champion's place? Knows logits and true classes of held-out objects, nothing
else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from . import metrics
from .models import Calibration
from .scoring import calibrated, probability

FEWEST = 20
"""Held-out objects a class below which nothing can be said (DESIGN §8)."""
FEWEST_TO_COMPARE = 5
"""Held-out objects a class from which a loss that the paired interval is sure of refuses, though nothing else can be said."""
FEWEST_TO_CALIBRATE = 10
MANY_NEGATIVES = 1000
LOW_FPR = 1e-3
ALLOWED_AUROC, ALLOWED_TPR = 0.005, 0.02
"""Losses that no search would notice: a training that changes next to nothing has an interval as narrow, now and then below 0."""

ALLOWED_LOG_LOSS = 0.05
"""Nats, at even odds; a coin costs 0.69."""
DRAWS = 2000

Kind = Literal["accepted", "provisional", "refused"]


@dataclass(frozen=True)
class Verdict:
    """`reason` is one sentence with its numbers; `metrics` are JSON-able. Accepted and provisional models become
    champion."""

    kind: Kind
    reason: str
    metrics: dict[str, Any] = field(default_factory=dict)

    @property
    def activates(self) -> bool:
        return self.kind != "refused"


def calibrate(
    logit: np.ndarray, targets: np.ndarray, weights: np.ndarray, prior_train: float, prior: float
) -> Calibration:
    """One temperature by the likelihood of held-out objects (Guo et al. 2017, arXiv:1706.04599), nobody's word taken for more than so
    many objects can show: lenses count as (n + 1) / (n + 2) lens, n of them held out, non-lenses likewise (Platt 1999, §2.2). Else a
    sample that the model happens to sort without an error would make its scores as sure as the bounds allow.

    Args:
        logit: uncalibrated lens log-odds, float64 (N,). `targets`: probability of a lens (N,). `weights`: as in
            training, so that the held-out objects have the prior that the network learnt.
        prior: the prevalence to state scores for.

    Where a class has fewer than ten objects the temperature stays 1 and `calibrated` is False.
    """
    lenses, others = int((targets > 0.5).sum()), int((targets < 0.5).sum())
    if min(lenses, others) < FEWEST_TO_CALIBRATE or not np.isfinite(logit).all():
        return Calibration(1.0, prior_train, prior, False)

    surest, least = (lenses + 1) / (lenses + 2), 1 / (others + 2)
    shown = least + (surest - least) * targets
    return Calibration(likeliest_temperature(logit, shown, weights), prior_train, prior, True)


def likeliest_temperature(logit: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> float:
    """What logits must be divided by to make the targets most probable, 0.05 to 20."""
    from scipy.optimize import minimize_scalar

    def nll(log_temperature: float) -> float:
        z = logit / np.exp(log_temperature)
        return float((weights * (np.logaddexp(0, z) - targets * z)).sum() / weights.sum())

    return float(np.exp(minimize_scalar(nll, bounds=(np.log(0.05), np.log(20.0)), method="bounded").x))


def judge(
    truth: np.ndarray,
    challenger: np.ndarray,
    champion: np.ndarray | None = None,
    *,
    calibration: Calibration | None = None,
    before: Calibration | None = None,
    lineage: str = "",
    seed: int = 0,
) -> Verdict:
    """Hold a challenger's lens logits against the champion's on the same held-out objects.

    Refused when its output is not finite or says the same of everything, or when the paired 95 % interval of the
    change in AUROC (or in TPR at FPR 1e-3, with 1,000 non-lenses) lies wholly below 0 and the loss is more than
    `ALLOWED_AUROC` (`ALLOWED_TPR`); provisional with fewer than 20 held-out objects a class, or, without a champion, when
    the AUROC's interval reaches 0.5; refused where it lies below. With five to 20 a class a loss that the interval is sure
    of refuses all the same.

    Args:
        truth: bool (N,). `challenger`, `champion`: the networks' own lens logits, float64 (N,).
        calibration: the challenger's, for the ECE of the scores that people will be given and the purity of the best k (as many as
            lenses are held out), among objects of the prevalence that it states. before: the champion's; where both are calibrated,
            a clearly larger log-loss at even odds is refused too, from 20 objects a class on: the scores would
            say less of what they are worth.
        lineage: why there is no champion to compare with, as a clause, when there is one that cannot be compared.
    """
    truth = np.asarray(truth, bool)
    lenses, others = int(truth.sum()), int((~truth).sum())
    figures: dict[str, Any] = {"N_pos": lenses, "N_neg": others}
    suffix = f"; {lineage}" if lineage else ""
    broken = _broken(challenger)
    if broken:
        return Verdict("refused", broken, figures)
    if lenses and others:
        rank = metrics.Ranking.of(truth, challenger)
        figures |= {"AUROC": rank.auroc(), "TPR0": rank.tpr_n(1), "TPR10": rank.tpr_n(10)}
        (interval, *_), _ = metrics.bootstrap(truth, (challenger,), seed=seed)
        figures["AUROC_ci"] = list(interval)
        if calibration is not None:
            given = probability(calibrated(challenger, calibration))
            figures["ECE"] = metrics.ece(truth, given, prevalence=calibration.prior)
            figures["purity@k"] = metrics.purity_at_k(rank, lenses, calibration.prior)[0]
            figures["k"] = lenses
        if champion is not None:
            figures["AUROC_champion"] = metrics.auroc(truth, champion)
    if champion is not None and FEWEST_TO_COMPARE <= min(lenses, others) < FEWEST:
        told = _against(truth, challenger, champion, figures, seed, calibration, before)
        if told.kind == "refused":
            return told
    if min(lenses, others) < FEWEST:
        held = f"only {lenses} lenses and {others} non-lenses are held out"
        reason = f"{held}, {FEWEST} of each are needed to judge{_shown(figures)}"
        return Verdict("provisional", reason + suffix, figures)
    if champion is None:
        return _alone(figures, suffix)
    return _against(truth, challenger, champion, figures, seed, calibration, before)


def _broken(logit: np.ndarray) -> str:
    if logit.size and not np.isfinite(logit).all():
        return f"{int((~np.isfinite(logit)).sum())} of {logit.size} held-out objects got no finite score"
    if logit.size > 1 and np.ptp(logit) < 1e-6:
        return f"the model says the same of all {logit.size} held-out objects (lens logit {logit[0]:.3g})"
    return ""


def _shown(figures: dict[str, Any]) -> str:
    return f" (AUROC {figures['AUROC']:.3f})" if "AUROC" in figures else ""


def _counts(figures: dict[str, Any]) -> str:
    return f"on {figures['N_pos']} lenses and {figures['N_neg']} non-lenses held out"


def _alone(figures: dict[str, Any], suffix: str) -> Verdict:
    low, high = figures["AUROC_ci"]
    said = f"AUROC {figures['AUROC']:.3f} ({low:.3f} to {high:.3f}) {_counts(figures)}"
    if low > 0.5:
        return Verdict("accepted", f"{said} lies above chance{suffix}", figures)
    if high < 0.5:
        return Verdict(
            "refused", f"{said} lies below chance: look at the labels, lenses may be called non-lenses", figures
        )
    return Verdict("provisional", f"{said} cannot be told from chance{suffix}", figures)


def _log_loss_change(
    truth: np.ndarray,
    challenger: np.ndarray,
    champion: np.ndarray,
    calibrations: tuple[Calibration, Calibration],
    seed: int,
) -> tuple[float, float, float]:
    """(change, low, high) of the mean log-loss of calibrated scores at even odds, classes weighing the same; paired, 95 %."""
    sign = np.where(truth, 1.0, -1.0)
    now, was = (
        np.logaddexp(0, -sign * logit / one.temperature)
        for logit, one in zip((challenger, champion), calibrations, strict=True)
    )
    random, each = np.random.default_rng(seed), []
    for rows in (np.flatnonzero(truth), np.flatnonzero(~truth)):
        moved = (now - was)[rows]
        each.append((moved.mean(), moved[random.integers(0, rows.size, (DRAWS, rows.size))].mean(axis=1)))
    low, high = metrics.interval((each[0][1] + each[1][1]) / 2)
    return float(each[0][0] + each[1][0]) / 2, low, high


def _against(
    truth: np.ndarray,
    challenger: np.ndarray,
    champion: np.ndarray,
    figures: dict[str, Any],
    seed: int,
    calibration: Calibration | None = None,
    before: Calibration | None = None,
) -> Verdict:
    worse = []
    was, now = figures["AUROC_champion"], figures["AUROC"]
    compared: list[tuple[str, metrics.Metric, float]] = [("AUROC", metrics.auroc_metric, now - was + ALLOWED_AUROC)]
    if figures["N_neg"] >= MANY_NEGATIVES:
        change = metrics.tpr_at_fpr(truth, challenger, LOW_FPR) - metrics.tpr_at_fpr(truth, champion, LOW_FPR)
        compared.append((f"TPR at FPR {LOW_FPR:g}", metrics.tpr_metric(LOW_FPR), change + ALLOWED_TPR))
    for name, metric, beyond in compared:
        _, (low, high) = metrics.bootstrap(truth, (champion, challenger), metric, seed=seed)
        figures[f"{name} change_ci"] = [low, high]
        if high < 0 and beyond < 0:
            worse.append(f"the change in {name} lies between {low:+.3f} and {high:+.3f}")
    enough = min(figures["N_pos"], figures["N_neg"]) >= FEWEST
    if enough and calibration is not None and before is not None and calibration.calibrated and before.calibrated:
        change, low, high = _log_loss_change(truth, challenger, champion, (calibration, before), seed)
        figures["log-loss change_ci"] = [low, high]
        if low > 0 and change > ALLOWED_LOG_LOSS:
            worse.append(f"the change in log-loss lies between {low:+.3f} and {high:+.3f}")
    if worse:
        return Verdict(
            "refused", f"{' and '.join(worse)} (95 %, {_counts(figures)}): AUROC {now:.3f}, was {was:.3f}", figures
        )
    low, high = figures["AUROC change_ci"]
    said = f"AUROC {now:.3f}, was {was:.3f} (change {low:+.3f} to {high:+.3f})"
    same = "no better and no worse than" if low == high == 0 else "not worse than"
    if high < 0:
        same = f"less than {ALLOWED_AUROC:g} worse than"
    reason = f"{said} {_counts(figures)}: {same} the champion"
    return Verdict("accepted", reason, figures)
