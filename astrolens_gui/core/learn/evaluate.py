"""Scores held against the truth, table against table: `astrolens evaluate`; knows files of DESIGN §8 only."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.api import UserError

from . import metrics, recovery
from .entries import Entry, Truth, read_scores, read_truth, require_both

LOW_FPR = 1e-3
FEWEST_FALSE = 5
"""False positives that an FPR must allow before the TPR there has a bootstrap interval: with fewer its coverage falls
below 0.93 (docs/metrics.md), and the conservative interval stands."""


@dataclass(frozen=True)
class Question:
    """What to state: the prevalence of purities, the threshold of the score, the F-beta's beta, the k of purity@k,
    false-positive rates beside 1e-3, and which challenge's TPR10 is meant where the sample is smaller."""

    prevalence: float = 5e-4
    threshold: float = 0.5
    beta: float = 0.01
    k: tuple[int, ...] = (100, 1000)
    fpr: tuple[float, ...] = (LOW_FPR,)
    kind: str = "space"

    @classmethod
    def asked(cls, options: Mapping[str, Any]) -> Question:
        """From a command's options: `k` and `fpr` are text, numbers with commas between them.

        Raises:
            UserError: what is no number, or can't be meant.
        """
        lists: dict[str, tuple[Any, ...]] = {}
        for name, kind in (("k", int), ("fpr", float)):
            try:
                lists[name] = tuple(kind(part) for part in options[name].split(",") if part.strip())
            except ValueError:
                raise UserError(f"--{name} takes numbers with commas between them, not {options[name]!r}") from None
        rest = {name: options[name] for name in ("prevalence", "threshold", "beta", "kind")}
        return cls(k=lists["k"], fpr=lists["fpr"] or (LOW_FPR,), **rest)

    def check(self) -> None:
        """Raise a UserError where a number can't be meant."""
        shares = [("prevalence", self.prevalence), *(("fpr", one) for one in self.fpr)]
        for name, value in shares:
            if not 0 < value < 1:
                raise UserError(f"--{name} must lie between 0 and 1, not {value:g}")
        if not 0 < self.beta < math.inf:
            raise UserError(f"--beta must be a positive number, not {self.beta:g}")
        if self.k and min(self.k) < 1:
            raise UserError(f"--k must be 1 or more, not {min(self.k)}")


def evaluate_tables(
    scores: Path, truth: Path, question: Question = Question(), out: Path | None = None
) -> dict[str, Any]:
    """All metrics of a ranking, as docs/metrics.md defines them.

    Args:
        scores: CSV with ID and `logit` (ranks are taken from it) or `score` (where no logit is a number).
        truth: CSV with ID and is_lens (0/1).
        out: where the recovery against Einstein radius and arc S/N goes (.csv, .png); it is in the answer in any case.

    Returns:
        AUROC, TPR0, TPR10, completeness, purity, ECE, N_pos, N_neg …, and 95 % intervals as `…_ci`. Areas have
        bootstrap intervals, counted rates binomial ones (a bootstrap of an extreme is invalid). Every object of the
        truth counts: `unscored` of them have no number to rank by and come last, `missing` of these are not even in
        the scores.

    Raises:
        UserError: a file or column is missing, an ID stands twice, or the two share no object.
    """
    question.check()
    known = read_truth(truth)
    entry, missing = read_scores(scores, known)
    require_both(known)
    found = recovery.recoveries(known, entry, question.fpr[0])
    if out is not None:
        recovery.needed(found, truth)
        recovery.write(found, out)
    return {
        **figures(known, entry, question),
        "missing": missing,
        "excluded": known.excluded,
        "recovery": recovery.as_json(found),
    }


def figures(truth: Truth, entry: Entry, question: Question = Question()) -> dict[str, Any]:
    """The answer of `evaluate_tables` for one entry; None for what the sample can't say."""
    labels = truth.is_lens
    rank = metrics.Ranking.of(labels, entry.logit)
    wanted = tuple(dict.fromkeys((LOW_FPR, *question.fpr)))
    drawn = metrics.resampled(
        labels, (entry.logit,), (metrics.auroc_metric, *(metrics.tpr_metric(fpr) for fpr in wanted))
    )[:, 0]
    rates = [_at_fpr(rank, fpr, values) for fpr, values in zip(wanted, drawn[1:], strict=True)]
    norm = metrics.tpr10_fpr(question.kind)
    best, threshold = rank.f_beta(question.beta)
    answer = {
        "AUROC": rank.auroc(),
        "AUROC_ci": list(metrics.interval(drawn[0])),
        "TPR0": rank.tpr_n(1),
        "TPR0_ci": _counted(rank.tpr_n(1), rank.lenses),
        "TPR10": rank.tpr_n(10),
        "TPR10_ci": _counted(rank.tpr_n(10), rank.lenses),
        "N_pos": rank.lenses,
        "N_neg": rank.others,
        "unscored": entry.unscored,
        "tpr_fpr1e3": rates[0]["tpr"],
        "tpr_fpr1e3_ci": rates[0]["ci"],
        "TPR_at_FPR": rates,
        "TPR10_normalised": rank.tpr_at_fpr(norm),
        "TPR10_normalised_ci": list(metrics.tpr_interval(rank, norm)),
        "TPR10_normalised_fpr": norm,
        "average_precision": rank.average_precision(),
        "F_beta": best,
        "F_beta_threshold": threshold,
        "beta": question.beta,
        **_at_threshold(labels, entry, question),
        "purity_at_k": [_top(rank, k, question.prevalence) for k in question.k],
        "threshold": question.threshold,
        "prevalence": question.prevalence,
    }
    return {name: finite(value) for name, value in answer.items()}


def _at_fpr(rank: metrics.Ranking, fpr: float, drawn: np.ndarray) -> dict[str, Any]:
    threshold, false = rank.threshold_at_fpr(fpr)
    enough = math.floor(fpr * rank.others + 1e-9) >= FEWEST_FALSE
    interval = metrics.interval(drawn) if enough else metrics.tpr_interval(rank, fpr)
    return {
        "fpr": fpr,
        "tpr": rank.tpr_at_fpr(fpr),
        "ci": list(interval),
        "threshold": finite(threshold),
        "false_positives": false,
    }


def _at_threshold(labels: np.ndarray, entry: Entry, question: Question) -> dict[str, Any]:
    """What depends on the scores as probabilities."""
    given = entry.logit if entry.score is None else entry.score
    score = np.nan_to_num(given, nan=-np.inf)
    chosen, lenses, others = score >= question.threshold, int(labels.sum()), int((~labels).sum())
    found, false = int((chosen & labels).sum()), int((chosen & ~labels).sum())
    purity_ci = [
        metrics.shifted(one, lenses / labels.size, question.prevalence)
        for one in metrics.clopper_pearson(found, found + false)
    ]
    answer: dict[str, Any] = {
        "completeness": found / lenses,
        "completeness_ci": list(metrics.clopper_pearson(found, lenses)),
        "FPR": false / others,
        "FPR_ci": list(metrics.clopper_pearson(false, others)),
        "purity": metrics.purity(labels, score, question.threshold, question.prevalence),
        "purity_ci": purity_ci if found + false else None,
    }
    probabilities = bool(np.nanmin(given) >= 0 and np.nanmax(given) <= 1)
    for name, measure in (("ECE", metrics.ece), ("Brier", metrics.brier)):
        answer[name] = measure(labels, given) if probabilities else None
        answer[f"{name}_at_prevalence"] = (
            measure(labels, given, prevalence=question.prevalence) if probabilities else None
        )
    return answer


def _top(rank: metrics.Ranking, k: int, prevalence: float) -> dict[str, Any]:
    (sample, ci), (stated, stated_ci) = metrics.purity_at_k(rank, k), metrics.purity_at_k(rank, k, prevalence)
    known = math.isfinite(sample)
    return {
        "k": k,
        "purity": finite(sample),
        "ci": list(ci) if known else None,
        "purity_at_prevalence": finite(stated),
        "ci_at_prevalence": list(stated_ci) if known else None,
    }


def _counted(rate: float, total: int) -> list[float]:
    return list(metrics.clopper_pearson(round(rate * total), total))


def finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def lines(answer: dict[str, Any]) -> list[str]:
    """The answer of `evaluate_tables` for a person."""
    stated = f"at prevalence {answer['prevalence']:g}"
    head = f"{answer['N_pos']:,} lenses, {answer['N_neg']:,} non-lenses; {answer['unscored']:,} unscored (ranked last)"
    if answer["excluded"]:
        head += f"; {answer['excluded']:,} objects without a class left out"
    said = [head, "", "Ranking" + " " * 28 + "value    95 % interval"]
    said += [
        _line("AUROC", answer["AUROC"], answer["AUROC_ci"]),
        _line("average precision", answer["average_precision"]),
        _line("TPR0   no false positive", answer["TPR0"], answer["TPR0_ci"]),
        _line("TPR10  fewer than ten", answer["TPR10"], answer["TPR10_ci"]),
        _line(
            f"  at its FPR, {answer['TPR10_normalised_fpr']:.2g}",
            answer["TPR10_normalised"],
            answer["TPR10_normalised_ci"],
        ),
    ]
    for one in answer["TPR_at_FPR"]:
        note = f"{one['false_positives']} false positives"
        said.append(_line(f"TPR at FPR {one['fpr']:g}", one["tpr"], one["ci"], note))
    said.append(
        _line(f"F-beta, β = {answer['beta']:g}", answer["F_beta"], None, f"at score {_at(answer['F_beta_threshold'])}")
    )
    for one in answer["purity_at_k"]:
        said.append(_line(f"purity of the best {one['k']:,}", one["purity"], one["ci"], "of this sample"))
        said.append(_line("", one["purity_at_prevalence"], one["ci_at_prevalence"], stated))
    said += ["", f"Scores of at least {answer['threshold']:g}"]
    said += [
        _line("completeness", answer["completeness"], answer["completeness_ci"]),
        _line("false-positive rate", answer["FPR"], answer["FPR_ci"]),
        _line("purity", answer["purity"], answer["purity_ci"], stated),
        "",
        "Probabilities",
        *(
            _line(f"{name}{tail}", answer[f"{name}{key}"], None, note)
            for name in ("ECE", "Brier")
            for tail, key, note in (("", "", "of this sample"), ("", "_at_prevalence", stated))
        ),
    ]
    for one in answer["recovery"]:
        said += ["", f"Completeness by {recovery.QUANTITIES[one['quantity']]} at FPR ≤ {one['fpr']:g}"]
        for bin in one["bins"]:
            name = f"{bin['low']:.3g} to {bin['high']:.3g}"
            said.append(_line(name, bin["completeness"], bin["completeness_ci"], f"{bin['found']} of {bin['lenses']}"))
    return said


def _line(name: str, value: float | None, interval: Any = None, note: str = "") -> str:
    text = "–".rjust(8) if value is None else f"{value:8.4f}"
    between = f"{interval[0]:.4f} to {interval[1]:.4f}" if interval and value is not None else ""
    return f"  {name:30} {text}    {between:18}  {note}".rstrip()


def _at(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
