"""Toy data that any classifier can learn: smooth blobs against rings; no files but the training set's own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from astrolens_gui.api import InputSpec, TrainingSet

CLASSES = ("nonlens", "lens")


def concrete(spec: InputSpec) -> InputSpec:
    """An input with the open fields filled for toy data: band r, 0.2 arcsec, 32 px."""
    return InputSpec(spec.bands or ("r",), spec.pixel_scale or 0.2, spec.size or 32, spec.normalisation)


def stamps(count: int, spec: InputSpec, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """`count` stamps: every second one has a ring round its blob.

    Returns:
        images float32 (count, size, size, bands) in units of the noise, is_lens bool (count,).
    """
    random = np.random.default_rng(seed)
    size, _, bands = spec.shape
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    is_lens = np.arange(count) % 2 == 1
    images = random.normal(0, 0.3, (count, size, size, bands))
    for row in range(count):
        dy, dx = random.normal(0, 0.5, 2)
        radius = np.hypot(y - dy, x - dx)
        blob = random.uniform(2, 4) * np.exp(-radius / (size * 0.08))
        ring = np.exp(-0.5 * ((radius - size * 0.28) / (size * 0.03)) ** 2) if is_lens[row] else 0
        images[row] += (blob + random.uniform(1.0, 2.0) * ring)[..., None]
    return images.astype(np.float32), is_lens


def training_set(folder: Path, spec: InputSpec, count: int = 160, seed: int = 1) -> TrainingSet:
    """Write a toy training set into `folder` (made if absent); a quarter is validation."""
    folder.mkdir(parents=True, exist_ok=True)
    images, is_lens = stamps(count, spec, seed)
    np.save(folder / "images.npy", images)
    np.save(folder / "targets.npy", np.eye(2, dtype=np.float32)[is_lens.astype(int)])
    np.save(folder / "weights.npy", np.ones(count, np.float32))
    np.save(folder / "split.npy", (np.arange(count) % 8 >= 6).astype(np.int8))
    about = {"classes": list(CLASSES), "input": spec.as_dict(), "seed": seed}
    (folder / "set.json").write_text(json.dumps(about), encoding="utf-8")
    return TrainingSet.open(folder)
