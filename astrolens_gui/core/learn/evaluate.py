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
        scores: CSV with ID and `logit` (ranks are taken from it) or `score` (where no logit is a number).
        truth: CSV with ID and is_lens (0/1).
        prevalence: share of lenses for the purity. `threshold`: of the score.

    Returns:
        AUROC, TPR0, TPR10, completeness, purity, ECE, N_pos, N_neg, and 95 % intervals as `…_ci`. Areas have
        bootstrap intervals, counted rates binomial ones (a bootstrap of an extreme is invalid). Every object of the
        truth counts: `unscored` of them have no number to rank by and come last, `missing` of these are not even in
        the scores.

    Raises:
        UserError: a file or column is missing, an ID stands twice, or the two share no object.
    """
    if not 0 < prevalence < 1:
        raise UserError(f"--prevalence must lie between 0 and 1, not {prevalence:g}")
    is_lens = {name: _truth(row, truth) for name, row in _read(truth, ("is_lens",)).items()}
    given = _read(scores, ())
    if given and not {"logit", "score"} & next(iter(given.values())).keys():
        raise UserError(f"{scores}: there is no column logit or score; add one")
    missing = sum(name not in given for name in is_lens)
    if missing == len(is_lens):
        raise UserError(f"{scores} and {truth} have no ID in common; compare their ID columns")
    labels = np.array(list(is_lens.values()))
    if labels.all() or not labels.any():
        raise UserError(f"{truth}: the objects are all {'lenses' if labels.any() else 'non-lenses'}; add the others")
    logit, score = (
        np.array([_number(given.get(name, {}).get(column)) for name in is_lens]) for column in ("logit", "score")
    )
    if np.isfinite(logit).any():
        rank, score = logit, np.where(np.isnan(score), probability(logit), score)
    elif np.isfinite(score).any():
        rank = score
    else:
        raise UserError(f"{scores}: no object of {truth} has a number as logit or score; score them first")
    return {**_figures(labels, rank, score, prevalence, threshold), "missing": missing}


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


def _read(path: Path, columns: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """The rows by ID; `columns` must be there beside it."""
    rows: dict[str, dict[str, str]] = {}
    twice: list[str] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            header = reader.fieldnames or []
            if absent := [name for name in ("ID", *columns) if name not in header]:
                raise UserError(
                    f"{path}: there is no column {', '.join(absent)} (it has {', '.join(header) or 'none'})"
                )
            for row in reader:
                if row["ID"] in rows:
                    twice.append(row["ID"])
                rows[row["ID"]] = row
    except OSError as error:
        raise UserError(f"{path} can't be read ({error.strerror}); check the path") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is not a CSV table in UTF-8 ({error})") from None
    if twice:
        more = f", and {len(twice) - 1} more row{'s' * (len(twice) > 2)} repeat an ID" if len(twice) > 1 else ""
        raise UserError(f"{path}: the ID {twice[0]} stands twice{more}; keep one row an object")
    return rows


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
