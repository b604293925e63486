"""What a restorer learns from and is judged by: a project's own images, or pairs; knows cutouts, no network and no SQL.

Where nobody knows what an image should look like, a restorer is judged on noise that it did not see: to each held-out image y one
noise z of the sky's own scatter is added, and y - z/ALPHA is what the answer to y + ALPHA z is compared with. For white Gaussian
noise the two errors are independent, so that the mean square distance is that to the clean image plus a constant, which is the
same for all that are compared (Recorrupted-to-Recorrupted, Pang et al. 2021, CVPR, 2043).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from astrolens_gui.api import BackendSpec, Context, InputSpec, TrainingSet

from ..images.prepare import levels
from ..restore.pairs import open_pairs
from . import dataset
from .fitting import Measure, Quality, Yardstick

ALPHA = 0.5
"""Strength of the noise that is added for judging; the answer is asked for at sqrt(1 + ALPHA²) of the image's own noise."""

LARGEST_SIZE = 64
"""Pixels a side where the backend names none."""

SMALLEST_SIZE = 32


@dataclass(frozen=True)
class PairsToFit:
    """A training set of the kind "pairs" and what its held-out rows are judged by.

    Attributes:
        judged: float32 (n, size, size, bands) that are to be restored; `truth` of the same shape, NaN where unknown.
        floor: mean square error that even the clean image would have, by the noise in `truth`; NaN where nobody knows.
        refused: (object id, sentence).
    """

    set: TrainingSet
    judged: np.ndarray
    truth: np.ndarray
    floor: float
    hash: str
    refused: list[tuple[int, str]] = field(default_factory=list)


def choose_input(spec: BackendSpec, rows: Sequence[dataset.Example], bands: Sequence[str] | None = None) -> InputSpec:
    """As `dataset.choose_input`, for images that nobody labelled: an even size of at least 32 pixels.

    Raises:
        DatasetError: no named band, no pixel scale, or stamps that are too small.
    """
    try:
        made = dataset.choose_input(
            replace(spec, input=replace(spec.input, size=spec.input.size or LARGEST_SIZE)), rows, bands
        )
    except dataset.DatasetError as error:
        raise dataset.DatasetError(str(error).replace("labelled ", "")) from None
    size = made.shape[0] // 2 * 2
    if size < SMALLEST_SIZE:
        raise dataset.DatasetError(
            f"the stamps are {made.size} pixels wide; at least {SMALLEST_SIZE} are needed to train a restorer"
        )
    return replace(made, size=size)


def from_objects(
    folder: Path,
    rows: Sequence[dataset.Example],
    cutouts: dataset.Batches,
    input: InputSpec,
    *,
    seed: int,
    rule: str,
    ctx: Context,
) -> PairsToFit:
    """The project's own images, without any wanted ones: what a self-supervised training learns from.

    Raises:
        DatasetError: none fits the input.
    """
    built = dataset.build(folder, rows, cutouts, input, seed=seed, rule=rule, ctx=ctx, need_both=False)
    about = json.loads((folder / "set.json").read_text(encoding="utf-8"))
    about |= {"kind": "pairs", "classes": []}
    (folder / "set.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
    (folder / "targets.npy").unlink()
    np.save(folder / "weights.npy", np.ones(len(built.objects), np.float32))
    data = TrainingSet.open(folder)
    held = np.asarray(data.images[np.flatnonzero(built.validation)])
    judged, truth = recorrupted(held, np.random.default_rng(seed))
    return PairsToFit(data, judged, truth, 1 / ALPHA**2, built.hash, built.refused)


def from_pairs(folder: Path, source: Path) -> PairsToFit:
    """A set that `astrolens pairs` made, copied so that nothing changes under a training.

    Raises:
        UserError: it is none.
    """
    shared = open_pairs(source)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("images.npy", "wanted.npy", "weights.npy", "split.npy", "set.json"):
        shutil.copyfile(shared.folder / name, folder / name)
    data = TrainingSet.open(folder)
    rows = np.flatnonzero(np.load(folder / "split.npy", allow_pickle=False) == 2)
    wanted = data.wanted
    assert wanted is not None
    digest = hashlib.sha256((folder / "set.json").read_bytes()).hexdigest()
    told = json.loads((folder / "set.json").read_text(encoding="utf-8")).get("hash", digest)
    return PairsToFit(data, np.asarray(data.images[rows]), np.asarray(wanted[rows]), float("nan"), str(told))


def recorrupted(images: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(asked, truth) float32 of images in units of their noise; missing pixels (0) are 0 in the one and NaN in the other.

    The noise that is added has the scatter that each band of each image is found to have, and both are brought back to that scatter.
    """
    count, height, width, bands = images.shape
    stack = np.moveaxis(images, 3, 1).reshape(count * bands, height, width).astype(np.float32)
    _, scatter = levels(stack)
    unit = np.moveaxis(scatter.reshape(count, bands, 1, 1), 1, 3)
    noise = random.normal(0, 1, images.shape).astype(np.float32) * unit
    shrink = np.float32(1 / np.sqrt(1 + ALPHA**2))
    missing = images == 0
    asked = np.where(missing, 0, (images + ALPHA * noise) * shrink)
    truth = np.where(missing, np.nan, (images - noise / ALPHA) * shrink)
    return asked.astype(np.float32), truth.astype(np.float32)


def errors(answers: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """float64 (n,): mean square error of each image where the truth is known, in units of the sky's variance; NaN where nowhere."""
    known = np.isfinite(truth)
    away = np.where(known, answers - np.where(known, truth, 0), 0).astype(np.float64)
    count = known.sum(axis=(1, 2, 3))
    return np.divide((away**2).sum(axis=(1, 2, 3)), count, out=np.full(len(truth), np.nan), where=count > 0)


def yardstick(built: PairsToFit) -> Yardstick:
    """The mean square error that a restorer takes away, over all held-out images, in units of the sky's variance; for the record
    the error before and after, less what the truth's own noise adds, and their ratio in dB where both are above 0."""
    raw = errors(built.judged, built.truth)
    floor = built.floor if np.isfinite(built.floor) else 0.0

    def mean(of: np.ndarray, counts: np.ndarray) -> float:
        known = np.isfinite(of)
        many = float(counts[known].sum())
        return float((of[known] * counts[known]).sum()) / many if many else float("nan")

    def measure(of: Callable[[float, float], float]) -> Measure:
        def over(answers: dict[str, np.ndarray], data: TrainingSet, rows: np.ndarray) -> Quality:
            mine = errors(answers["mean"], built.truth)
            return lambda counts: of(mean(raw, counts) - floor, mean(mine, counts) - floor)

        return over

    def decibel(before: float, now: float) -> float:
        return 10 * float(np.log10(before / now)) if before > 0 and now > 0 else float("nan")

    others = (
        ("MSE", measure(lambda before, now: now)),
        ("MSE_raw", measure(lambda before, now: before)),
        ("gain_db", measure(decibel)),
    )
    return Yardstick("gain", measure(lambda before, now: before - now), others)
