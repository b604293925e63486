"""A detector over an image of any size: tiles with a halo in, finds in pixels of the image out; knows no file and no network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from ...api import Context, Detections, InputSpec, UserError
from ..images.overlap import plan, up
from ..images.prepare import FARTHEST
from .boxes import best, joined

TILE = 512
"""Pixels a side of a tile, where the halo does not ask for more."""
HALOS = 6
"""A tile is so many halos wide at least: two thirds of it is its own."""
WHOLE = 1536
"""An image up to so many pixels a side is one tile."""

Run = Callable[[np.ndarray, Context], "dict[str, np.ndarray]"]


class Sky(Protocol):
    """Background and noise by place (see `mesh.Mesh`)."""

    def at(self, y0: int, y1: int, x0: int, x1: int) -> tuple[np.ndarray, np.ndarray]: ...


def side(shape: tuple[int, int], halo: int, tile: int = 0) -> int:
    """Pixels a side of the tiles of an image."""
    whole = up(max(*shape, 32))
    wanted = tile or (whole if whole <= WHOLE else max(TILE, HALOS * up(halo)))
    return min(whole, up(max(wanted, 2 * up(halo) + 16)))


def sweep(
    bands: Sequence[Any], sky: Sky, input: InputSpec, run: Run, ctx: Context, *, halo: int = 0, tile: int = 0
) -> Iterator[Detections]:
    """What is found in each tile's own part, tile by tile, best first, in pixels of the image.

    A find belongs to the tile in whose core its middle lies. As it depends on nothing farther away than the halo, it is
    what it would be in the image as a whole; joined by `found`, no border shows.

    Args:
        bands: `core.images.sections.Sheet`s in the model's order, of one shape. run: (batch, ctx) → arrays of `Detections`.
        tile: side of the tiles in pixels; 0: a good one.

    Raises:
        UserError: the bands differ in size, or the answer is none.
    """
    shape = tuple(bands[0].shape)
    if any(tuple(band.shape) != shape for band in bands):
        sizes = ", ".join(f"{band.shape[1]} x {band.shape[0]}" for band in bands)
        raise UserError(f"the bands of an image must be of one size to be looked at together, not {sizes} px")
    across, quiet, done = side(shape, halo, tile), replace(ctx, on_progress=lambda _: None), 0
    for each in plan(shape, across, min(up(halo), across // 2 - 8)):
        ctx.progress(done / (shape[0] * shape[1]))  # the cancellation point before each call
        batch = np.zeros((1, across, across, len(bands)), np.float32)
        bottom, right = min(each.top + across, shape[0]), min(each.left + across, shape[1])
        background, noise = sky.at(each.top, bottom, each.left, right)
        for channel, band in enumerate(bands):
            part = np.asarray(band.read(each.top, bottom, each.left, right), np.float32)
            flux = (part - background[..., channel]) / noise[..., channel]
            batch[0, : part.shape[0], : part.shape[1], channel] = normalised(flux, input.normalisation)
        yield _own(checked(run(batch, quiet)), each.top, each.left, (each.y0, each.y1, each.x0, each.x1), shape)
        done += (each.y1 - each.y0) * (each.x1 - each.x0)
        ctx.progress(min(done / (shape[0] * shape[1]), 1.0), f"{done / 1e6:.3g} Mpx looked at")


def found(parts: list[Detections]) -> Detections:
    """The finds of all tiles as one image's, without doubles."""
    return best(joined(parts))


def normalised(flux: np.ndarray, how: str) -> np.ndarray:
    """In units of the noise, as a stamp is (see `core.images.prepare`); missing pixels are sky."""
    flux = np.nan_to_num(flux, nan=0.0, posinf=FARTHEST, neginf=-FARTHEST, copy=False)
    if how == "noise":
        return flux
    if how == "asinh_noise":
        return np.arcsinh(flux.clip(-FARTHEST, FARTHEST))
    raise UserError(f"a detector's images can't be normalised by {how!r}; use asinh_noise or noise")


def checked(said: dict[str, np.ndarray]) -> Detections:
    """The arrays of an answer as a record, or a sentence on what is wrong with them."""
    made = Detections(**{name: np.asarray(array) for name, array in said.items()})
    count = len(made.score)
    if made.boxes.shape != (count, 4) or len(made.label) != count or len(made.image) != count:
        raise UserError(f"the model's finds don't fit each other ({count} scores, boxes {made.boxes.shape})")
    if len(made.masks) not in (0, count):
        raise UserError(f"the model has {len(made.masks)} masks for {count} finds; its backend is wrong")
    if not (np.isfinite(made.boxes).all() and np.isfinite(made.score).all()):
        raise UserError("the model's finds are not finite; train it again or choose another")
    return made


def _own(said: Detections, top: int, left: int, core: tuple[int, int, int, int], shape: tuple[int, int]) -> Detections:
    """Those whose middle lies in the core, at their place in the image."""
    boxes = said.boxes.astype(np.float32) + np.array([left, top, 0, 0], np.float32)
    y0, y1, x0, x1 = core
    x, y = np.floor(boxes[:, 0] + 0.5), np.floor(boxes[:, 1] + 0.5)
    low_x, low_y = (-np.inf if x0 == 0 else x0), (-np.inf if y0 == 0 else y0)
    high_x, high_y = (np.inf if x1 == shape[1] else x1), (np.inf if y1 == shape[0] else y1)
    inside = (x >= low_x) & (x < high_x) & (y >= low_y) & (y < high_y)
    inside &= (boxes[:, 0] >= -0.5) & (boxes[:, 0] < shape[1]) & (boxes[:, 1] >= -0.5) & (boxes[:, 1] < shape[0])
    kept = replace(said, boxes=boxes).take(np.flatnonzero(inside))
    return replace(kept, image=np.zeros(len(kept), np.int32))
