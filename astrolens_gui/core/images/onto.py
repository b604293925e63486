"""Where the bands of many objects fall on each other, from few headers; reads no pixel and draws nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...api import Plane, UserError
from . import align, readers, windows
from . import wcs as _wcs
from .geometry import Affine
from .headers import walk
from .source import Source

AS_IT_IS = Affine(1.0, 0.0, 0.0, 0.0, 1.0, 0.0)

SLIGHT = 0.005
"""Pixels by which a window's corner may be off."""


def maps(pairs: Sequence[tuple[Plane, Plane]]) -> list[Affine]:
    """From the pixels of the first plane of each pair to those of the second: by their WCS, without one by centre and pixel scale.

    A plane on the same grid as the other costs a comparison of cards, windows of the same two images one transformation together.
    """
    files = _Files()
    made: dict[int, Affine] = {}
    groups: dict[tuple[Any, Any], list[int]] = {}
    for at, (first, second) in enumerate(pairs):
        if _same_pixels(first, second) and files.same_grid(first, second):
            made[at] = AS_IT_IS
        else:
            groups.setdefault((_image(first), _image(second)), []).append(at)
    for members in groups.values():
        found = _by_wcs([pairs[at] for at in members], files)
        for at, (first, second), one in zip(members, [pairs[at] for at in members], found, strict=True):
            made[at] = (
                straight(one, first.shape) if one else align.centred(first.shape, second.shape, _ratio(first, second))
            )
    return [made[at] for at in range(len(pairs))]


def straight(onto: Affine, shape: tuple[int, int]) -> Affine:
    """Without a turn that moves no pixel of the window by more than SLIGHT of one: rows and columns are sampled in half the time."""
    y, x = (side / 2 for side in shape)
    u, v = onto((shape[1] - 1) / 2, (shape[0] - 1) / 2)
    if abs(onto.b) * y < SLIGHT and abs(onto.d) * x < SLIGHT:
        a, b, d, e = onto.a, 0.0, 0.0, onto.e
    elif abs(onto.a) * x < SLIGHT and abs(onto.e) * y < SLIGHT:
        a, b, d, e = 0.0, onto.b, onto.d, 0.0
    else:
        return onto
    x, y = x - 0.5, y - 0.5
    return Affine(a, b, u - a * x - b * y, d, e, v - d * x - e * y)


def _image(plane: Plane) -> tuple[str, int]:
    return plane.path, plane.hdu


def _same_pixels(first: Plane, second: Plane) -> bool:
    return (first.shape, first.window, first.pixel_scale) == (second.shape, second.window, second.pixel_scale)


def _ratio(first: Plane, second: Plane) -> float | None:
    return second.pixel_scale / first.pixel_scale if first.pixel_scale and second.pixel_scale else None


def _by_wcs(pairs: Sequence[tuple[Plane, Plane]], files: _Files) -> Sequence[Affine | None]:
    """The maps of pairs of parts of the same two images; windows count from the first pair's, whose WCS are taken."""
    first, second = pairs[0]
    sky = files.celestial(first), files.celestial(second)
    if None in sky:
        return [None] * len(pairs)
    (x, y), (u, v) = _corner(first), _corner(second)
    boxes, ends = [], []
    for one, other in pairs:
        x0, y0 = _corner(one)
        u0, v0 = _corner(other)
        boxes.append((x0 - x, y0 - y, one.shape[1], one.shape[0]))
        ends.append(Affine(1.0, 0.0, u - u0, 0.0, 1.0, v - v0))
    try:
        found = align.window_maps(*sky, boxes)
    except (
        Exception
    ):  # as celestial.world: a projection may refuse a pixel in a dozen ways; the other stamps are shown nevertheless
        return [None] * len(pairs)
    starts = [Affine(1.0, 0.0, box[0], 0.0, 1.0, box[1]) for box in boxes]
    return [one and end.after(one).after(start) for one, start, end in zip(found, starts, ends, strict=True)]


def _corner(plane: Plane) -> tuple[int, int]:
    return plane.window[:2] if plane.window is not None else (0, 0)


class _Files:
    """The headers of some files, each read once."""

    def __init__(self) -> None:
        self._hdus: dict[str, Any] = {}
        self._numbers: dict[tuple[str, int], Any] = {}
        self._sky: dict[tuple[Any, ...], Any] = {}

    def same_grid(self, first: Plane, second: Plane) -> bool:
        """Whether the cards say so; a distorted image is on the grid of none but itself."""
        if _image(first) == _image(second):
            return True
        numbers = self._of(first)
        return numbers is not None and numbers == self._of(second)

    def _of(self, plane: Plane) -> tuple[Any, ...] | None:
        key = _image(plane)
        if key not in self._numbers:
            header = self._header(plane)
            self._numbers[key] = None if header is None else _wcs.numbers(header)
        return self._numbers[key]

    def _header(self, plane: Plane) -> Any:
        """None of other readers' files, and of one that can't be read, which its pixels will say."""
        if plane.reader != readers.FITS:
            return None
        try:
            if plane.window is not None:
                return windows.header(plane)
            if plane.path not in self._hdus:
                with Source(plane.path) as source:
                    self._hdus[plane.path] = walk(source)
        except UserError:
            self._hdus.setdefault(plane.path, [])
            return None
        hdus = self._hdus[plane.path]
        return hdus[plane.hdu].header if plane.hdu < len(hdus) else None

    def celestial(self, plane: Plane) -> Any:
        """As `readers.celestial`; None also where the file can't be read."""
        key = (*_image(plane), plane.window)
        if key not in self._sky:
            header = self._header(plane) if plane.window is None else None
            try:
                self._sky[key] = readers.celestial(plane) if header is None else _wcs.build(header)
            except UserError:
                self._sky[key] = None
        return self._sky[key]
