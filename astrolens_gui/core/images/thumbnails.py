"""Small pictures of objects for lists and mosaics, a page at a time; knows no widget, no project and no label."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ...api import Plane, UserError
from . import stacks
from .bands import shown_first
from .errors import ImageError
from .readers import read, read_all
from .stretch import Recipe

KEEP_SIDE = 640
"""Images up to this side are held as they are; of larger ones means of blocks are, and a sample that their cuts come from."""

HELD_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Small:
    """An image as a mosaic needs it, row 0 at the bottom: `pixels` are drawn, the cuts are those of `whole`."""

    pixels: np.ndarray
    whole: np.ndarray

    @property
    def nbytes(self) -> int:
        return self.pixels.nbytes + (0 if self.whole is self.pixels else self.whole.nbytes)


class Shelf:
    """The float stamps that were shown last, so that another stretch reads no file; safe from several threads.

    A file that changed on disk is read again: each stamp is known by its plane and the file's size and time.
    """

    def __init__(self, nbytes: int = HELD_BYTES) -> None:
        self._most = nbytes
        self._held: OrderedDict[tuple[Plane, tuple[int, int]], Small] = OrderedDict()
        self._nbytes = 0
        self._lock = threading.Lock()
        self.reads = 0

    def take(self, planes: Sequence[Plane]) -> list[Small | UserError]:
        """Each plane's image, read where it is not held; an ImageError in the place of one that can't be read."""
        keys = [(plane, _stamp(plane.path)) for plane in planes]
        with self._lock:
            found: dict[int, Small | UserError] = {}
            for at, key in enumerate(keys):
                if key in self._held:
                    self._held.move_to_end(key)
                    found[at] = self._held[key]
        missing = [at for at in range(len(planes)) if at not in found]
        for at, made in zip(missing, _load([planes[at] for at in missing]), strict=True):
            found[at] = made
            if isinstance(made, Small):
                self._keep(keys[at], made)
        return [found[at] for at in range(len(planes))]

    def _keep(self, key: tuple[Plane, tuple[int, int]], made: Small) -> None:
        with self._lock:
            self.reads += 1
            former = self._held.pop(key, None)
            self._held[key] = made
            self._nbytes += made.nbytes - (former.nbytes if former is not None else 0)
            while self._nbytes > self._most and len(self._held) > 1:
                _, gone = self._held.popitem(last=False)
                self._nbytes -= gone.nbytes

    def clear(self) -> None:
        """Hold nothing."""
        with self._lock:
            self._held.clear()
            self._nbytes = 0


SHELF = Shelf()
"""The process's own: stamps are known by their file, whichever project shows them."""


def _stamp(path: str) -> tuple[int, int]:
    """What changes with a file: (bytes, ns); (0, 0) where there is none, which reading will say."""
    try:
        about = os.stat(path)
    except (OSError, ValueError):
        return 0, 0
    return about.st_size, about.st_mtime_ns


def _load(planes: Sequence[Plane]) -> Iterable[Small | UserError]:
    """Windows of large images together, so that a file is gone through once; whole ones each for itself."""
    together = [at for at, plane in enumerate(planes) if plane.window is not None]
    found: dict[int, np.ndarray] = {}
    if len(together) > 1:
        try:
            found = dict(zip(together, read_all([planes[at] for at in together]), strict=True))
        except UserError:
            found = {}  # one is bad: find out below which, the others are shown
    for at, plane in enumerate(planes):
        try:
            yield small(found[at] if at in found else read(plane))
        except UserError as error:
            yield error


def small(image: np.ndarray) -> Small:
    """An image, of a large one means of blocks and an evenly strided sample."""
    side = max(image.shape)
    if side <= KEEP_SIDE:
        return Small(image, image)
    step = -(-side // KEEP_SIDE)
    return Small(blocks(image[None], step)[0], np.ascontiguousarray(image[::step, ::step]))


def blocks(stack: np.ndarray, step: int) -> np.ndarray:
    """float32 (n, h, w) → means of `step` x `step` pixels; a side shorter than that is left as it is."""
    count, height, width = stack.shape
    down, across = min(step, height), min(step, width)
    rows, columns = height // down * down, width // across * across
    tiles = stack[:, :rows, :columns].reshape(count, rows // down, down, columns // across, across)
    with np.errstate(all="ignore"):
        return tiles.mean(axis=(2, 4), dtype=np.float32)  # type: ignore[no-any-return]


def page(
    objects: Sequence[Sequence[Plane]], size: int, recipe: Recipe, shelf: Shelf = SHELF
) -> list[np.ndarray | UserError]:
    """The pictures of several objects: uint8 (size, size, 4) BGRA, row 0 on top; the error of one that can't be read.

    Shown is the recipe's band, else the first plane; whole and centred. Cuts are those of the whole image, so that a stamp looks as
    in the view.
    """
    made: list[np.ndarray | UserError | None] = [None] * len(objects)
    chosen: list[Plane] = []
    places: list[int] = []
    for at, planes in enumerate(objects):
        if planes:
            chosen.append(planes[shown_first([plane.band for plane in planes], recipe.band)])
            places.append(at)
        else:
            made[at] = UserError("the object has no image")
    groups: dict[tuple[tuple[int, int], str], list[tuple[int, Small]]] = {}
    for at, plane, found in zip(places, chosen, shelf.take(chosen), strict=True):
        if isinstance(found, Small):
            groups.setdefault((found.pixels.shape, plane.band), []).append((at, found))
        else:
            made[at] = found
    for (_, band), members in groups.items():
        drawn = _draw([one for _, one in members], size, recipe, band)
        for (at, _), one in zip(members, drawn, strict=True):
            made[at] = one
    return [one for one in made if one is not None]


def _draw(images: Sequence[Small], size: int, recipe: Recipe, band: str) -> np.ndarray:
    """Images of one shape, uint8 (n, size, size, 4)."""
    stack = np.stack([image.pixels for image in images])
    if all(image.whole is image.pixels for image in images):
        lows, highs = stacks.cuts(stack, recipe, band)
    else:
        pairs = [stacks.cuts(image.whole[None], recipe, band) for image in images]
        lows, highs = (np.concatenate(side) for side in zip(*pairs, strict=True))
    step = max(stack.shape[1:]) // size
    return stacks.pictures(blocks(stack, step) if step > 1 else stack, recipe, lows, highs, size)


def thumb(planes: Sequence[Plane], size: int, recipe: Recipe) -> np.ndarray:
    """One object's picture as uint8 (size, size, 3) RGB.

    Raises:
        ImageError: when the plane can't be read.
        ValueError: when there is no plane.
    """
    if not planes:
        raise ValueError("the object has no image")
    plane = planes[shown_first([plane.band for plane in planes], recipe.band)]
    return picture(read(plane), size, recipe, plane.band)


def picture(image: np.ndarray, size: int, recipe: Recipe, band: str | None = None) -> np.ndarray:
    """An image as uint8 (size, size, 3) RGB, row 0 on top."""
    return _draw([small(image)], size, recipe, recipe.band if band is None else band)[0, :, :, 2::-1]


__all__ = ["HELD_BYTES", "SHELF", "ImageError", "Shelf", "Small", "blocks", "page", "picture", "small", "thumb"]
