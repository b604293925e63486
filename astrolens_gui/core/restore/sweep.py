"""Images of any size through a restorer: tiles with a halo in, cores in the image's own units out; knows no file and no network.

A restorer sees (flux - background) / noise and answers in that unit. What comes back has the image's own unit again, and no value
where the image has none. Stamps share batches; a large image is read and answered tile by tile and is never in memory whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol

import numpy as np

from ...api import Context, InputSpec, UserError
from ..images.overlap import plan, up
from ..images.prepare import levels

TILE = 256
"""Pixels a side of the tiles of a large image, where the halo does not ask for more."""

SMALLEST = 32
"""Pixels a side that every restorer takes (see `api.Restores`); smaller images are laid on so much sky."""

BATCH_PX = 1 << 18
"""Pixels of one call of the model: progress moves and cancelling is quick."""

LINEAR = ("noise", "none")
"""Normalisations that can be undone without a change to any sum of flux."""

Run = Callable[[np.ndarray, Context], "dict[str, np.ndarray]"]


class Pixels(Protocol):
    """A band of an image: `core.images.sections.Sheet`, or `Whole` around an array."""

    @property
    def shape(self) -> tuple[int, int]: ...

    def read(self, y0: int, y1: int, x0: int, x1: int) -> np.ndarray: ...


class Levels(Protocol):
    """Sky of an image by place."""

    def at(self, y0: int, y1: int, x0: int, x1: int) -> tuple[np.ndarray, np.ndarray]:
        """(background, noise) in the image's unit; each broadcasts to (y1 - y0, x1 - x0, bands)."""


@dataclass(frozen=True)
class Flat:
    """One background and one noise a band, float32 (bands,): a stamp's."""

    background: np.ndarray
    noise: np.ndarray

    @classmethod
    def of(cls, images: Sequence[np.ndarray]) -> Flat:
        """As training sees them (see `prepare.levels`), of the bands (h, w) of one image."""
        found = [levels(np.asarray(image, np.float32)[None]) for image in images]
        return cls(np.array([one[0][0] for one in found]), np.array([one[1][0] for one in found]))

    def at(self, y0: int, y1: int, x0: int, x1: int) -> tuple[np.ndarray, np.ndarray]:
        return self.background, self.noise


@dataclass(frozen=True)
class Scene:
    """One image to restore: its bands in the model's order, all on one grid, and its sky."""

    bands: tuple[Pixels, ...]
    levels: Levels

    @property
    def shape(self) -> tuple[int, int]:
        height, width = self.bands[0].shape
        return int(height), int(width)


@dataclass(frozen=True)
class Piece:
    """A part [y0:y1, x0:x1] of scene number `scene`; arrays float32 (y1 - y0, x1 - x0, bands).

    Attributes:
        raw, mean: as it came, and restored; sigma: the model's standard error, NaN where it states none; spread: the standard
            deviation of its draws, NaN with fewer than two. All in the image's unit, NaN where the image has no value.
        residual: (raw - mean) / noise of the sky.
    """

    scene: int
    y0: int
    y1: int
    x0: int
    x1: int
    raw: np.ndarray
    mean: np.ndarray
    sigma: np.ndarray
    spread: np.ndarray
    residual: np.ndarray


PLANES = tuple(field.name for field in fields(Piece))[5:]
"""Names of the arrays of a `Piece`."""


@dataclass(frozen=True)
class _Tile:
    scene: int
    core: tuple[int, int, int, int]
    y0: int
    x0: int
    pixels: np.ndarray
    levels: Levels


def side(shape: tuple[int, int], halo: int) -> int:
    """Pixels a side of the tiles of an image: all of a stamp in one. Of a tile 14 halos wide 73 % is its own, of one 6 halos wide 44 %:
    the rest is worked out twice; wider ones leave the processor's cache."""
    whole = up(max(*shape, SMALLEST))
    return min(whole, up(max(TILE, 14 * halo)))


def sweep(
    scenes: Iterable[Scene], input: InputSpec, run: Run, ctx: Context, *, halo: int = 0, total: int = 0
) -> Iterator[Piece]:
    """Restore images; pieces come as they are made, of one image row by row, of several not always in their order.

    Args:
        input: of the model; its normalisation must be linear. run: (batch, ctx) → the arrays of an `api.Restored`.
        halo: `BackendSpec.halo`. total: pixels of all scenes, for the progress; 0 where nobody knows.

    Raises:
        UserError: the normalisation can't be undone, or the answers don't have the shape that they should have.
    """
    if input.normalisation not in LINEAR:
        raise UserError(
            f"the normalisation {input.normalisation} is not linear in flux, so nothing restored in it can be brought back; "
            f"use {' or '.join(LINEAR)}"
        )
    waiting: dict[int, list[_Tile]] = {}
    quiet = _silenced(ctx)
    done = 0

    def answered(tiles: list[_Tile]) -> Iterator[Piece]:
        nonlocal done
        ctx.progress(done / total if total else 0.0)  # the cancellation point before each call
        yield from _answer(tiles, input.normalisation, run, quiet)
        done += sum((tile.core[1] - tile.core[0]) * (tile.core[3] - tile.core[2]) for tile in tiles)
        ctx.progress(min(done / total, 1.0) if total else 0.0, f"{done / 1e6:.3g} Mpx restored")

    for number, scene in enumerate(scenes):
        across = side(scene.shape, halo)
        for tile in _tiles(number, scene, across, halo):
            queue = waiting.setdefault(across, [])
            queue.append(tile)
            if len(queue) * across * across >= BATCH_PX:
                yield from answered(waiting.pop(across))
    for queue in waiting.values():
        yield from answered(queue)


def together(pieces: Iterable[Piece], shape: tuple[int, int], bands: int) -> dict[str, np.ndarray]:
    """All pieces of one image as whole arrays by name (see `PLANES`), float32 (h, w, bands)."""
    made = {name: np.full((*shape, bands), np.nan, np.float32) for name in PLANES}
    for piece in pieces:
        for name, array in made.items():
            array[piece.y0 : piece.y1, piece.x0 : piece.x1] = getattr(piece, name)
    return made


def _tiles(number: int, scene: Scene, across: int, halo: int) -> Iterator[_Tile]:
    height, width = scene.shape
    if any(tuple(band.shape) != (height, width) for band in scene.bands):
        sizes = ", ".join(f"{band.shape[1]} x {band.shape[0]}" for band in scene.bands)
        raise UserError(f"the bands of an image must be of one size to be restored together, not {sizes} px")
    for top, left, y0, y1, x0, x1 in plan((height, width), across, up(halo)):
        pixels = np.full((across, across, len(scene.bands)), np.nan, np.float32)
        for channel, band in enumerate(scene.bands):
            part = band.read(top, min(top + across, height), left, min(left + across, width))
            pixels[: part.shape[0], : part.shape[1], channel] = part
        yield _Tile(number, (y0, y1, x0, x1), top, left, pixels, scene.levels)


def _answer(tiles: list[_Tile], normalisation: str, run: Run, ctx: Context) -> Iterator[Piece]:
    raw = np.stack([tile.pixels for tile in tiles])
    raw[~np.isfinite(raw)] = np.nan
    across = raw.shape[1]
    skies = [tile.levels.at(tile.y0, tile.y0 + across, tile.x0, tile.x0 + across) for tile in tiles]
    batch = raw.copy()
    if normalisation == "noise":
        for row, (background, noise) in enumerate(skies):
            batch[row] = (batch[row] - background) / noise
    batch[~np.isfinite(batch)] = 0
    said = _checked(run(batch, ctx), batch.shape)
    draws = said["draws"]
    spread = draws.std(axis=1, ddof=1, dtype=np.float64) if draws.shape[1] > 1 else np.full(batch.shape, np.nan)
    for row, (tile, (background, noise)) in enumerate(zip(tiles, skies, strict=True)):
        unit, zero = (noise, background) if normalisation == "noise" else (1.0, 0.0)
        planes = {
            "raw": raw[row],
            "mean": said["mean"][row] * unit + zero,
            "sigma": said["sigma"][row] * unit,
            "spread": spread[row] * unit,
        }
        planes["residual"] = (planes["raw"] - planes["mean"]) / noise
        y0, y1, x0, x1 = tile.core
        part = (slice(y0 - tile.y0, y1 - tile.y0), slice(x0 - tile.x0, x1 - tile.x0))
        gone = np.isnan(raw[row][part])
        made = {}
        for name, plane in planes.items():
            made[name] = np.array(plane[part], np.float32)
            made[name][gone] = np.nan
        yield Piece(tile.scene, y0, y1, x0, x1, **made)


def _checked(said: Any, shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    """The arrays of an answer, or a sentence on what is wrong with it."""
    arrays = {name: np.asarray(said[name]) for name in ("mean", "sigma", "draws")}
    for name in ("mean", "sigma"):
        if arrays[name].shape != shape:
            raise UserError(
                f"the model's {name} has the shape {arrays[name].shape} instead of {shape}; its backend is wrong"
            )
    draws = arrays["draws"].shape
    if len(draws) != 5 or (draws[0], *draws[2:]) != shape:
        raise UserError(f"the model's draws have the shape {draws}, which does not fit {shape}; its backend is wrong")
    if not np.isfinite(arrays["mean"]).all():
        raise UserError("the model answers with values that are not finite; train it again or choose another")
    return arrays


def _silenced(ctx: Context) -> Context:
    """A model's own progress within a batch is not the job's."""
    return replace(ctx, on_progress=lambda _: None)
