"""How small a change of the image flips each verdict of a set, as a table; stores nothing, holds no Qt."""

from __future__ import annotations

import csv
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from astrolens_gui.api import Context, UserError
from astrolens_gui.core.learn import robust

from .asking import Asking, can

if TYPE_CHECKING:
    from .opened import Opened

TOGETHER = 64
"""Stamps attacked at once: enough for the network, few enough that cancelling is quick."""


@dataclass(frozen=True)
class Flips:
    """How small a change flips each verdict: arrays of equal length N, strengths in sky sigmas a pixel (see Robustness)."""

    model: str
    object: np.ndarray
    name: list[str]
    grade: list[str]
    logit: np.ndarray
    smallest: np.ndarray
    smallest_random: np.ndarray
    eps: np.ndarray
    flipped: np.ndarray
    flipped_random: np.ndarray
    refused: tuple[str, ...] = ()
    seconds: float = 0.0

    def __len__(self) -> int:
        return len(self.object)


def flips(opened: Opened, ids: Sequence[int] | None, model: str, ctx: Context) -> Flips:
    """How small a change flips each verdict; of all objects that this grader graded, or of `ids`. Runs on the infer lane.

    Raises:
        UserError: nothing is graded, no model fits, or its backend has no gradient.
    """
    start = time.perf_counter()
    grader = opened.bench.grader
    table = opened.on_db(lambda: opened.store.queue_table(grader))
    grades = dict(zip(table["object"].tolist(), table["grade"].tolist(), strict=True))
    wanted = [int(id) for id in ids] if ids is not None else table["object"][table["labelled"]].tolist()
    if not wanted:
        raise UserError("no object has a grade of yours yet; grade some first")
    asking = Asking(opened, model, wanted, ctx)
    if not can(asking.spec, asking.info, "gradient"):
        raise UserError(
            f"{asking.info.id}: its backend {asking.spec.id} has no gradient; only occlusion can be asked of it"
        )
    kept: list[int] = []
    parts: list[robust.Robustness] = []
    refused: list[str] = []
    for low in range(0, len(wanted), TOGETHER):
        part = ctx.part(low / len(wanted), min(low + TOGETHER, len(wanted)) / len(wanted))
        there, images, wrong = opened.images.batch(wanted[low : low + TOGETHER], asking.info.input)
        refused += [sentence for _, sentence in wrong]
        if len(there):
            normalisation = asking.info.input.normalisation
            parts.append(robust.robustness(images, normalisation, asking.run, asking.slope, part, seed=low))
            kept += there.tolist()
        ctx.progress(min(low + TOGETHER, len(wanted)) / len(wanted), f"{len(kept)} of {len(wanted)} verdicts")
    if not parts:
        raise UserError(refused[0] if refused else "none of the objects can be read")
    weights = np.array([len(one.logit) for one in parts], float) / len(kept)
    return Flips(
        model=asking.info.id,
        object=np.array(kept, np.int64),
        name=[row.name for row in opened.images.rows(kept)],
        grade=[grades.get(id, "") for id in kept],
        logit=np.concatenate([one.logit for one in parts]),
        smallest=np.concatenate([one.smallest for one in parts]),
        smallest_random=np.concatenate([one.smallest_random for one in parts]),
        eps=parts[0].eps,
        flipped=np.sum([weight * one.flipped for weight, one in zip(weights, parts, strict=True)], axis=0),
        flipped_random=np.sum(
            [weight * one.flipped_random for weight, one in zip(weights, parts, strict=True)], axis=0
        ),
        refused=tuple(refused),
        seconds=time.perf_counter() - start,
    )


COLUMNS = ("ID", "grade", "model", "logit", "verdict", "smallest_flip_sigma", "smallest_random_flip_sigma")


def write_flips(found: Flips, path: Path) -> int:
    """The table as CSV; a verdict that nothing up to the limit flips has an empty cell. The number of rows.

    Raises:
        UserError: the file can't be written.
    """
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for at in range(len(found)):
                strengths = (found.smallest[at], found.smallest_random[at])
                verdict = "lens" if found.logit[at] > 0 else "nonlens"
                row = [found.name[at], found.grade[at], found.model, f"{found.logit[at]:.17g}", verdict]
                writer.writerow([*row, *(f"{one:.6g}" if np.isfinite(one) else "" for one in strengths)])
    except OSError as error:
        raise UserError(f"{path} can't be written ({error.strerror}); choose another folder") from None
    return len(found)
