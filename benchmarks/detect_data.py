"""Simulated fields for the detector's benchmarks: in memory, in units of the noise, as training set or as truth."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astrolens_simulator.fields import Field, Fields
from astrolens_simulator.plugin import FieldParams

from astrolens_gui.api import InputSpec, TrainingSet, build
from astrolens_gui.core.detect.mesh import Mesh
from astrolens_gui.core.detect.metrics import Truth

TILE = 256


@dataclass(frozen=True)
class Pixels:
    """An image in memory where the program expects a part of a file."""

    image: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        return self.image.shape

    def read(self, y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
        return self.image[y0:y1, x0:x1]


def prepared(images: np.ndarray) -> np.ndarray:
    """Fluxes (bands, h, w) → (h, w, bands) as the program hands a large image to a detector."""
    bands = [Pixels(image) for image in images]
    background, noise = Mesh(bands).at(0, images.shape[1], 0, images.shape[2])
    return np.arcsinh((np.nan_to_num(np.moveaxis(images, 0, -1)) - background) / noise).astype(np.float32)


def mask(arcs: np.ndarray, number: int, box: tuple[float, ...]) -> np.ndarray:
    """uint8 (28, 28): where in the box the arc of that number is."""
    at = (np.arange(28) + 0.5) / 28 - 0.5
    rows, columns = (
        np.clip(np.rint(box[axis] + at * box[2 + axis]), 0, arcs.shape[1 - axis] - 1).astype(int) for axis in (1, 0)
    )
    return ((arcs[np.ix_(rows, columns)] == number) * 255).astype(np.uint8)


def fields(count: int, seed: int, params: dict[str, Any]) -> Iterator[Field]:
    backend = Fields(build(FieldParams, params))
    for number in range(count):
        yield backend.field(number, seed)


def training_set(folder: Path, drawn: Iterable[tuple[Field, int]], input: InputSpec) -> TrainingSet:
    """Fields, each with its split, cut into tiles of `TILE` pixels; a box belongs to the tile that holds its middle."""
    images, boxes, masks, split = [], [], [], []
    for field, part in drawn:
        whole = prepared(field.images)
        for top in range(0, whole.shape[0] - TILE + 1, TILE):
            for left in range(0, whole.shape[1] - TILE + 1, TILE):
                for one in field.objects:
                    if one.box is None or not (left - 0.5 <= one.box[0] < left + TILE - 0.5):
                        continue
                    if top - 0.5 <= one.box[1] < top + TILE - 0.5:
                        boxes.append((len(images), one.box[0] - left, one.box[1] - top, *one.box[2:], 0))
                        masks.append(mask(field.arcs, one.number, one.box))
                images.append(whole[top : top + TILE, left : left + TILE])
                split.append(part)
    folder.mkdir(parents=True)
    np.save(folder / "images.npy", np.stack(images))
    np.save(folder / "boxes.npy", np.array(boxes, np.float32).reshape(-1, 6))
    np.save(folder / "masks.npy", np.array(masks, np.uint8).reshape(-1, 28, 28))
    np.save(folder / "weights.npy", np.ones(len(images), np.float32))
    np.save(folder / "split.npy", np.array(split, np.int8))
    about = {"kind": "boxes", "classes": ["lens"], "input": input.as_dict()}
    (folder / "set.json").write_text(json.dumps(about), encoding="utf-8")
    return TrainingSet.open(folder)


def truth(drawn: list[Field]) -> Truth:
    """The lenses of fields as the metrics want them."""
    rows = [(number, one) for number, field in enumerate(drawn) for one in field.objects if one.box is not None]
    masks = [mask(drawn[number].arcs, one.number, one.box) for number, one in rows]
    boxes = np.array([one.box for _, one in rows], np.float64).reshape(-1, 4)
    image = np.array([number for number, _ in rows], np.int64)
    return Truth(image, boxes, np.zeros(len(rows), np.int64), np.array(masks).reshape(-1, 28, 28))
