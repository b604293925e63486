"""From boxes that people drew or judged to a training set for detectors; knows pixels by their sheets, no network and no SQL."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.api import MASK_SIDE, Context, InputSpec, TrainingSet

from ..images.prepare import FARTHEST
from .dataset import VALIDATION_SHARE, WATCHED_SHARE, DatasetError

BLOCK = 1024
"""Pixels a side of the parts of an image that are trained on, or held out, as a whole: neighbouring tiles share pixels."""
VIEWS = 2
"""Tiles round each box, each with the box at another place."""
FEWEST = 8
"""Boxes of a class below which nothing can be learnt."""
REJECTED = "rejected"
"""The class of a box that says: here is nothing, though it looked like something."""


@dataclass(frozen=True)
class Scene:
    """An image with what people say lies in it.

    Attributes:
        object, name: of the project. field: what it was cut from.
        open: → (sheets in the order of the bands, sky by place), read when it is needed.
        shape: (height, width). regions: boxes as `BoxRow.state` has them, in pixels of this image. events: of their history.
    """

    object: int
    name: str
    field: str
    open: Callable[[], tuple[Sequence[Any], Any]]
    shape: tuple[int, int]
    regions: Sequence[Mapping[str, Any]]
    events: tuple[int, ...] = ()


@dataclass(frozen=True)
class BoxesToFit:
    """A training set of the kind "boxes", what it was made of, and (object id, sentence) of what was refused."""

    set: TrainingSet
    hash: str
    events: tuple[int, ...]
    refused: list[tuple[int, str]] = field(default_factory=list)


def classes(scenes: Sequence[Scene], known: Sequence[str] = ()) -> tuple[str, ...]:
    """The names of what is to be found: those that the detector before has (`known`) where people drew enough of one, else all
    that they drew enough of, the most common first. Boxes of other names are background."""
    counts: dict[str, int] = {}
    for scene in scenes:
        for region in scene.regions:
            if region["class_name"] != REJECTED:
                counts[str(region["class_name"])] = counts.get(str(region["class_name"]), 0) + 1
    enough = {name for name, count in counts.items() if count >= FEWEST}
    if enough & set(known):
        return tuple(known)
    return tuple(sorted(enough, key=lambda name: (-counts[name], name)))


def build(
    folder: Path, scenes: Sequence[Scene], input: InputSpec, names: Sequence[str], *, seed: int, ctx: Context
) -> BoxesToFit:
    """Write tiles of `input.size` pixels round every box and every rejected find, with all boxes that lie in them.

    A tile belongs wholly to one block of its image, and a block is trained on, watched or held out by a hash for ever. What
    nobody drew a box round counts as background: draw them all, or judge the finds, before training.

    Raises:
        DatasetError: too few boxes, or no image can be read.
    """
    if not names:
        raise DatasetError(
            f"a detector needs {FEWEST} boxes of a class to learn from; draw boxes round lenses, or judge a detector's finds"
        )
    folder.mkdir(parents=True, exist_ok=True)
    size, _, bands = input.shape
    tiles: list[np.ndarray] = []
    boxes: list[tuple[float, ...]] = []
    masks: list[np.ndarray] = []
    split: list[int] = []
    refused: list[tuple[int, str]] = []
    events: set[int] = set()
    for number, scene in enumerate(scenes):
        ctx.progress(number / len(scenes), f"{len(tiles)} tiles cut")
        try:
            sheets, sky = scene.open()
            for corner, part in _corners(scene, size, seed):
                tiles.append(_cut(sheets, sky, corner, size, input.normalisation))
                split.append(part)
                for box, mask in _inside(scene, corner, size, names):
                    boxes.append((len(tiles) - 1, *box))
                    masks.append(mask)
            events.update(scene.events)
        except (OSError, ValueError) as error:
            refused.append((scene.object, str(error)))
    if not tiles or 0 not in split or not boxes:
        why = f": {refused[0][1]}" if refused else ""
        raise DatasetError(f"there is nothing to train a detector on{why}; draw more boxes, on more images")
    images = np.lib.format.open_memmap(folder / "images.npy", "w+", np.float32, (len(tiles), size, size, bands))
    for row, tile in enumerate(tiles):
        images[row] = tile
    images.flush()
    table = np.array(boxes, np.float32).reshape(-1, 6)
    np.save(folder / "boxes.npy", table)
    np.save(folder / "masks.npy", np.array(masks, np.uint8).reshape(-1, MASK_SIDE, MASK_SIDE))
    np.save(folder / "split.npy", np.array(split, np.int8))
    np.save(folder / "weights.npy", np.ones(len(tiles), np.float32))
    digest = hashlib.sha256(np.ascontiguousarray(images).tobytes() + table.tobytes()).hexdigest()
    about = {"kind": "boxes", "classes": list(names), "input": input.as_dict(), "seed": seed, "hash": digest}
    (folder / "set.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
    return BoxesToFit(TrainingSet.open(folder), digest, tuple(sorted(events)), refused)


def _corners(scene: Scene, size: int, seed: int) -> Iterator[tuple[tuple[int, int], int]]:
    """((top, left), split) of tiles round each region, shifted at random within its block; none twice."""
    digest = hashlib.blake2b(f"{seed}\0{scene.name}".encode(), digest_size=8).digest()
    random = np.random.default_rng(int.from_bytes(digest, "big"))
    seen: set[tuple[int, int]] = set()
    for region in scene.regions:
        block = (int(region["y"]) // BLOCK, int(region["x"]) // BLOCK)
        part = _part(scene, block, seed)
        for _ in range(VIEWS):
            corner = tuple(
                _start(float(region[axis]), size, at * BLOCK, min((at + 1) * BLOCK, length), random)
                for axis, at, length in (("y", block[0], scene.shape[0]), ("x", block[1], scene.shape[1]))
            )
            if corner not in seen:
                seen.add(corner)  # type: ignore[arg-type]
                yield corner, part  # type: ignore[misc]


def _start(middle: float, size: int, low: int, high: int, random: np.random.Generator) -> int:
    """Where a tile starts along one side so that it holds `middle` well inside and stays within [low, high) if it can."""
    shift = int(random.integers(-size // 4, size // 4 + 1))
    start = round(middle) - size // 2 + shift
    return int(max(min(start, high - size), low))


def _part(scene: Scene, block: tuple[int, int], seed: int) -> int:
    """0 train, 1 watch, 2 held out: by a hash of image and block, the same for ever."""
    key = f"{seed}\0{scene.field or scene.name}\0{block[0]}\0{block[1]}"
    share = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big") / 2**64
    if share < VALIDATION_SHARE:
        return 2
    return 1 if share < VALIDATION_SHARE + WATCHED_SHARE else 0


def _cut(sheets: Sequence[Any], sky: Any, corner: tuple[int, int], size: int, how: str) -> np.ndarray:
    """A tile as the sweep gives it to a detector, float32 (size, size, bands); beyond the image is sky."""
    from ..detect.sweep import normalised

    top, left = corner
    made = np.zeros((size, size, len(sheets)), np.float32)
    bottom, right = min(top + size, sheets[0].shape[0]), min(left + size, sheets[0].shape[1])
    y0, x0 = max(top, 0), max(left, 0)
    background, noise = sky.at(y0, bottom, x0, right)
    for channel, sheet in enumerate(sheets):
        flux = (np.asarray(sheet.read(y0, bottom, x0, right), np.float32) - background[..., channel]) / noise[
            ..., channel
        ]
        made[y0 - top : bottom - top, x0 - left : right - left, channel] = normalised(flux, how)
    return np.clip(made, -FARTHEST, FARTHEST)


def _inside(
    scene: Scene, corner: tuple[int, int], size: int, names: Sequence[str]
) -> Iterator[tuple[tuple[float, ...], np.ndarray]]:
    """(x, y, w, h, class) in pixels of the tile and the mask of each box whose middle lies in it."""
    for region in scene.regions:
        x, y = float(region["x"]) - corner[1], float(region["y"]) - corner[0]
        if region["class_name"] in names and -0.5 <= x < size - 0.5 and -0.5 <= y < size - 0.5:
            w, h = max(float(region["w"]), 1.0), max(float(region["h"]), 1.0)
            yield (x, y, w, h, float(list(names).index(region["class_name"]))), _mask(region)


def _mask(region: Mapping[str, Any]) -> np.ndarray:
    """uint8 (28, 28) over the box: the polygon's inside; all 0, which says that nobody knows, where there is none."""
    points = (region.get("more") or {}).get("points")
    if points is None or len(points) < 3:
        return np.zeros((MASK_SIDE, MASK_SIDE), np.uint8)
    from skimage.draw import polygon2mask

    at = (np.asarray(points, float) - (region["x"], region["y"])) / (max(region["w"], 1e-9), max(region["h"], 1e-9))
    return np.where(polygon2mask((MASK_SIDE, MASK_SIDE), (at[:, ::-1] + 0.5) * MASK_SIDE - 0.5), 255, 0).astype(
        np.uint8
    )
