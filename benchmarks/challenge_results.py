"""The challenge's results on disk and their figures: logits against the truth, paired with the default; trains nothing.

`<results>/<kind>/truth.npy` bool (N,) in the test set's order; a folder a result with `result.json` and `logit.npy`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from challenge_data import Stamps

from astrolens_gui.api import UserError
from astrolens_gui.core.learn import metrics

DEFAULT = "cnn"
LOW_FPR = 1e-3
GRADES = {"A": 3.0, "B": 2.0, "C": 1.0, "X": 0.0}
"""A person's grades as ranks; grades of other schemes must be numbers, larger for a surer lens."""


class Results:
    """What has been measured so far."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def folder(self, kind: str, name: str) -> Path:
        return self.root / kind / name

    def read(self, folder: Path) -> dict[str, Any] | None:
        path = folder / "result.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def write(self, folder: Path, result: dict[str, Any]) -> None:
        """Whole or not at all: a power cut leaves the result to be had again."""
        folder.mkdir(parents=True, exist_ok=True)
        new = folder / "result.new"
        new.write_text(json.dumps({**result, "name": folder.name}, indent=1) + "\n", encoding="utf-8")
        new.replace(folder / "result.json")

    def forget_failures(self) -> None:
        for path in self.root.glob("*/*/result.json"):
            if "failed" in json.loads(path.read_text(encoding="utf-8")):
                path.unlink()

    def keep_truth(self, kind: str, truth: np.ndarray) -> None:
        """Raises UserError where results of another test set stand already."""
        path = self.root / kind / "truth.npy"
        if path.exists() and not np.array_equal(np.load(path), truth):
            raise UserError(f"{path.parent} holds results of another test set; name another --results")
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, truth)

    def kinds(self) -> list[str]:
        return sorted((path.parent.name for path in self.root.glob("*/truth.npy")), key=lambda kind: kind != "space")

    def truth(self, kind: str) -> np.ndarray:
        return np.load(self.root / kind / "truth.npy")

    def all(self, kind: str) -> Iterator[dict[str, Any]]:
        for path in sorted((self.root / kind).glob("*/result.json")):
            yield self.figured(path.parent)

    def leaders(self, kind: str, count: int, minutes: float | None = None) -> list[dict[str, Any]]:
        """The entries with the largest AUROC, each at its longest budget (or at this one), best first."""
        best: dict[str, dict[str, Any]] = {}
        for result in self.all(kind):
            if "AUROC" not in result.get("figures", {}) or not result.get("minutes"):
                continue
            if minutes is not None and result["minutes"] != minutes:
                continue
            if result["minutes"] >= best.get(result["entry"], result)["minutes"]:
                best[result["entry"]] = result
        return sorted(best.values(), key=lambda result: -result["figures"]["AUROC"])[:count]

    def keep_person(self, name: str, path: Path, test: Stamps, kind: str) -> None:
        """A person's grades of (some of) the test set as a result: CSV with ID and grade, logit or score."""
        with path.open(newline="", encoding="utf-8-sig") as stream:
            given = {row["ID"]: row for row in csv.DictReader(stream)}
        rows = [given.get(row["ID"]) for row in test.truth()]
        rank = np.array([np.nan if row is None else _rank(row, path) for row in rows])
        if np.isnan(rank).all():
            raise UserError(f"{path}: none of its IDs is one of the test set's ({test.truth()[0]['ID']}, …)")
        folder = self.folder(kind, f"person-{name}")
        self.keep_truth(kind, test.is_lens())
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "logit.npy", rank)
        self.write(folder, {"entry": name, "title": name, "kind": kind, "person": True, "test": test.about})

    def figured(self, folder: Path) -> dict[str, Any]:
        """A result with its `figures`; computed once for these logits and those of the default of the same budget."""
        result = self.read(folder) or {}
        if "failed" in result or not (folder / "logit.npy").exists():
            return result
        kind, own = folder.parent.name, folder / "logit.npy"
        default = folder.with_name(f"{DEFAULT}{folder.name.removeprefix(result['entry'])}")
        if result.get("person"):
            trained = [path.parent for path in folder.parent.glob(f"{DEFAULT}-*min/logit.npy")]
            default = max(trained, key=lambda one: float(one.name[len(DEFAULT) + 1 : -3]), default=default)
        paths = [own, default / "logit.npy", folder / "logit-negatives.npy"]
        stamp = [f"{path.parent.name} {path.stat().st_mtime_ns}" if path.exists() else "" for path in paths]
        if result.get("stamp") != stamp:
            truth, logit = self.truth(kind), np.load(own)
            against = np.load(paths[1]) if paths[1].exists() and paths[1] != own else None
            result |= {"stamp": stamp, "figures": figures(truth, logit, against, bool(result.get("person")))}
            if paths[2].exists():
                others = np.load(paths[2])
                both = np.r_[np.ones(int(truth.sum()), bool), np.zeros(len(others), bool)]
                result["figures_negatives"] = figures(both, np.r_[logit[truth], others], None)
            self.write(folder, result)
        return result


def _rank(row: dict[str, str], path: Path) -> float:
    text = next((row[name] for name in ("logit", "score", "grade") if row.get(name)), "")
    try:
        return GRADES[text.upper()] if text.upper() in GRADES else float(text or "nan")
    except ValueError:
        raise UserError(f"{path}: {text!r} is neither a grade of {', '.join(GRADES)} nor a number") from None


def figures(
    truth: np.ndarray, logit: np.ndarray, default: np.ndarray | None, only_scored: bool = False
) -> dict[str, Any]:
    """The challenge's figures of a ranking, with 95 % intervals, and its paired differences to the default's.

    Areas and TPR at FPR 1e-3 have bootstrap intervals, TPR0 and TPR10 binomial ones. `only_scored`: of the objects with
    a number alone, as for a person who graded a part; otherwise what has none ranks last.
    """
    if only_scored:
        seen = ~np.isnan(logit)
        truth, logit, default = truth[seen], logit[seen], None if default is None else default[seen]
    lenses, others = int(truth.sum()), int((~truth).sum())
    found: dict[str, Any] = {"N_pos": lenses, "N_neg": others, "unscored": int(np.isnan(logit).sum())}
    if not lenses or not others:
        return found
    rank = metrics.Ranking.of(truth, logit)
    found |= {"AUROC": rank.auroc(), "TPR1e-3": rank.tpr_at_fpr(LOW_FPR)}
    for name, below in (("TPR0", 1), ("TPR10", 10)):
        found[name] = rank.tpr_n(below)
        found[f"{name}_ci"] = list(metrics.clopper_pearson(round(found[name] * lenses), lenses))
    lists = (logit,) if default is None else (default, logit)
    names = ("AUROC", "TPR1e-3")
    drawn = metrics.resampled(truth, lists, (metrics.auroc_metric, metrics.tpr_metric(LOW_FPR)))
    for name, values in zip(names, drawn, strict=True):
        found[f"{name}_ci"] = list(metrics.interval(values[-1]))
        if default is not None:
            was = metrics.Ranking.of(truth, default)
            before = was.auroc() if name == "AUROC" else was.tpr_at_fpr(LOW_FPR)
            found[f"{name}_change"] = found[name] - before
            found[f"{name}_change_ci"] = list(metrics.interval(values[-1] - values[0]))
    return found


def verdict(found: dict[str, Any]) -> str:
    """How it stands to the default: by the paired 95 % intervals of both figures."""
    if "AUROC_change_ci" not in found:
        return ""
    said = []
    for name in ("AUROC", "TPR1e-3"):
        low, high = found[f"{name}_change_ci"]
        said.append("better" if low > 0 else "worse" if high < 0 else "equal")
    return " / ".join(said)
