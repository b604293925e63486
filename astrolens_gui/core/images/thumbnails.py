"""Small pictures of objects for lists and mosaics, a page at a time; knows no widget, no project and no label."""

from __future__ import annotations

import math
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...api import Plane, UserError
from . import colour, colourpage, stacks
from .bands import shown_first
from .raster import RESIDENT_PX, raster
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
    known: dict[str, object] = field(default_factory=dict, compare=False, repr=False)

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
    """Windows of a large image, and bands of one file, in one reading of it; a bad one among them does not keep the others."""
    whole = [at for at, plane in enumerate(planes) if not _is_field(plane)]
    found: dict[int, np.ndarray] = {}
    if len(whole) > 1:
        try:
            found = dict(zip(whole, read_all([planes[at] for at in whole]), strict=True))
        except UserError:
            found = {}  # find out below which is bad
    for at, plane in enumerate(planes):
        try:
            if _is_field(plane):
                yield small(raster(plane).overview())
            else:
                yield small(found[at] if at in found else read(plane))
        except UserError as error:
            yield error


def _is_field(plane: Plane) -> bool:
    """Too large to be read whole for a stamp."""
    return plane.window is None and math.prod(plane.shape) > RESIDENT_PX


def small(image: np.ndarray) -> Small:
    """An image, of a large one means of blocks and an evenly strided sample."""
    side = max(image.shape)
    if side <= KEEP_SIDE:
        return Small(image, image)
    step = -(-side // KEEP_SIDE)
    return Small(stacks.blocks(image[None], step)[0], np.ascontiguousarray(image[::step, ::step]))


def page(
    objects: Sequence[Sequence[Plane]],
    size: int,
    recipe: Recipe,
    shelf: Shelf = SHELF,
    names: Sequence[Sequence[str]] | None = None,
) -> list[np.ndarray | UserError]:
    """The pictures of several objects: uint8 (size, size, 4) BGRA, row 0 on top; the error of one that can't be read.

    Shown is the recipe's band, else the first plane, or its colour picture; whole and centred. Cuts are those of the whole image, so
    that a stamp looks as in the view.

    Args:
        names: what the planes of each object are called, where they have no band of their own.
    """
    called = [[plane.band for plane in planes] for planes in objects] if names is None else names
    made: dict[int, np.ndarray | UserError] = {}
    for at, planes in enumerate(objects):
        if not planes:
            made[at] = UserError("the object has no image")
    there = [at for at in range(len(objects)) if at not in made]
    if recipe.mode == "rgb":
        made |= _in_colour([(at, objects[at], called[at]) for at in there], size, recipe, shelf)
    else:
        made |= _in_one_band([(at, objects[at], called[at]) for at in there], size, recipe, shelf)
    return [made[at] for at in range(len(objects))]


_Members = Sequence[tuple[int, Sequence[Plane], Sequence[str]]]


def _in_one_band(members: _Members, size: int, recipe: Recipe, shelf: Shelf) -> dict[int, np.ndarray | UserError]:
    places = [shown_first(list(names), recipe.band) for _, _, names in members]
    found = shelf.take([planes[place] for (_, planes, _), place in zip(members, places, strict=True)])
    made: dict[int, np.ndarray | UserError] = {}
    groups: dict[tuple[tuple[int, ...], str], list[tuple[int, Small]]] = {}
    for (at, _, names), place, one in zip(members, places, found, strict=True):
        if isinstance(one, Small):
            groups.setdefault((one.pixels.shape, names[place]), []).append((at, one))
        else:
            made[at] = one
    for (_, band), group in groups.items():
        drawn = _draw([one for _, one in group], size, recipe, band)
        made |= {at: picture for (at, _), picture in zip(group, drawn, strict=True)}
    return made


def _in_colour(members: _Members, size: int, recipe: Recipe, shelf: Shelf) -> dict[int, np.ndarray | UserError]:
    wanted = [
        (at, name, planes[list(names).index(name)])
        for at, planes, names in members
        for name in colourpage.wanted(recipe, names)
    ]
    leads = {}
    for at, planes, names in members:
        lead = planes[shown_first(list(names), recipe.band)]
        leads[at] = lead, _stamp(lead.path)
    bands: dict[int, dict[str, colourpage.Band]] = {at: {} for at, _, _ in members}
    made: dict[int, np.ndarray | UserError] = {}
    for (at, name, plane), one in zip(wanted, shelf.take([plane for _, _, plane in wanted]), strict=True):
        if isinstance(one, Small):
            bands[at][name] = colourpage.Band(plane, leads[at], one.pixels, one.whole, one.known)
        else:
            made.setdefault(at, one)
    colourpage.ready(band for at, found in bands.items() if at not in made for band in found.values())
    for at, _, names in members:
        if at not in made:
            made[at] = colourpage.picture(bands[at], colour.channels(recipe, tuple(names)), size, recipe)
    return made


def _draw(images: Sequence[Small], size: int, recipe: Recipe, band: str) -> np.ndarray:
    """Images of one shape, uint8 (n, size, size, 4)."""
    stack = np.stack([image.pixels for image in images])
    if all(image.whole is image.pixels for image in images):
        lows, highs = stacks.cuts(stack, recipe, band)
    else:
        pairs = [stacks.cuts(image.whole[None], recipe, band) for image in images]
        lows, highs = (np.concatenate(side) for side in zip(*pairs, strict=True))
    step = max(stack.shape[1:]) // size
    return stacks.pictures(stacks.blocks(stack, step) if step > 1 else stack, recipe, lows, highs, size)


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
