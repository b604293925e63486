"""Scores held against the truth, table against table: `astrolens evaluate`; knows files of DESIGN §8 only."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.api import UserError

from . import metrics
from .scoring import probability


def evaluate_tables(scores: Path, truth: Path, prevalence: float = 5e-4, threshold: float = 0.5) -> dict[str, Any]:
    """All metrics of a ranking.

    Args:
        scores: CSV with ID and `logit` (ranks are taken from it) or `score`.
        truth: CSV with ID and is_lens (0/1).
        prevalence: share of lenses for the purity. `threshold`: of the score.

    Returns:
        AUROC, TPR0, TPR10, completeness, purity, ECE, N_pos, N_neg, `unscored`, and 95 % intervals as `…_ci`. Areas
        have bootstrap intervals, counted rates binomial ones (a bootstrap of an extreme is invalid).

    Raises:
        UserError: a file or column is missing, or the two share no object.
    """
    if not 0 < prevalence < 1:
        raise UserError(f"--prevalence must lie between 0 and 1, not {prevalence:g}")
    is_lens = {row["ID"]: _truth(row, truth) for row in _read(truth, ("ID", "is_lens"))}
    given = {row["ID"]: row for row in _read(scores, ("ID",))}
    column = "logit" if any("logit" in row for row in given.values()) else "score"
    if given and not any(column in row for row in given.values()):
        raise UserError(f"{scores}: there is no column logit or score; add one")
    names = [name for name in is_lens if name in given]
    if not names:
        raise UserError(f"{scores} and {truth} have no ID in common; compare their ID columns")
    labels = np.array([is_lens[name] for name in names])
    rank = np.array([_number(given[name].get(column)) for name in names])
    score = np.array([_number(given[name].get("score")) for name in names])
    if np.isnan(score).all():
        score = probability(rank)
    if not labels.any() or labels.all():
        raise UserError(f"{truth}: the objects in common are all {'lenses' if labels.any() else 'non-lenses'}")
    return {**_figures(labels, rank, score, prevalence, threshold), "missing": len(is_lens) - len(names)}


def _figures(
    labels: np.ndarray, rank: np.ndarray, score: np.ndarray, prevalence: float, threshold: float
) -> dict[str, Any]:
    lenses, others = int(labels.sum()), int((~labels).sum())
    order = metrics.Ranking.of(labels, rank)
    (area, *_), _ = metrics.bootstrap(labels, (rank,))
    tpr0, tpr10 = order.tpr_n(1), order.tpr_n(10)
    complete = metrics.completeness(labels, np.nan_to_num(score, nan=-1.0), threshold)
    return {
        "AUROC": order.auroc(),
        "AUROC_ci": list(area),
        "TPR0": tpr0,
        "TPR0_ci": list(metrics.clopper_pearson(round(tpr0 * lenses), lenses)),
        "TPR10": tpr10,
        "TPR10_ci": list(metrics.clopper_pearson(round(tpr10 * lenses), lenses)),
        "N_pos": lenses,
        "N_neg": others,
        "completeness": complete,
        "completeness_ci": list(metrics.clopper_pearson(round(complete * lenses), lenses)),
        "purity": _finite(metrics.purity(labels, np.nan_to_num(score, nan=-1.0), threshold, prevalence)),
        "ECE": _finite(metrics.ece(labels, score)),
        "threshold": threshold,
        "prevalence": prevalence,
        "unscored": int(np.isnan(rank).sum()),
    }


def _read(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            header = reader.fieldnames or []
            if absent := [name for name in columns if name not in header]:
                raise UserError(
                    f"{path}: there is no column {', '.join(absent)} (it has {', '.join(header) or 'none'})"
                )
            return list(reader)
    except OSError as error:
        raise UserError(f"{path} can't be read ({error.strerror}); check the path") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is not a CSV table in UTF-8 ({error})") from None


def _truth(row: dict[str, str], path: Path) -> bool:
    text = (row["is_lens"] or "").strip().lower()
    if text in {"1", "1.0", "true"}:
        return True
    if text in {"0", "0.0", "false"}:
        return False
    raise UserError(f"{path}: is_lens of {row['ID']} is {row['is_lens']!r}; it must be 0 or 1")


def _number(text: str | None) -> float:
    try:
        value = float(text or "nan")
    except ValueError:
        return math.nan
    return value


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
