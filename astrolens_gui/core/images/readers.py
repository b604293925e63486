"""Which reader a file is for, and the one way to planes and pixels whatever the format; knows no format itself.

FITS is the default, for every name that no plugin's reader claims, so that an unknown file is refused in its words.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ...api import Plane, ReaderSpec, UserError
from . import bands as _bands
from . import fits, windows
from .errors import ImageError
from .fits import Contents

__all__ = ["celestial", "centre", "inspect", "read", "read_all", "register", "suffix_of", "wcs_problem"]

FITS = "fits"


@dataclass(frozen=True)
class _Readers:
    """Those there are: by id, and (suffix in lower case, id), the longest first."""

    by_id: dict[str, ReaderSpec]
    suffixes: tuple[tuple[str, str], ...]


_known: _Readers | None = None
"""None until plugins were discovered in this process."""


def register(specs: Iterable[ReaderSpec]) -> None:
    """The readers there are, in place of those of an earlier call."""
    global _known
    by_id = {spec.id: spec for spec in specs}
    suffixes = [(suffix.lower(), spec.id) for spec in by_id.values() for suffix in spec.suffixes]
    _known = _Readers(by_id, tuple(sorted(suffixes, key=lambda pair: -len(pair[0]))))


def _readers() -> _Readers:
    """The readers; a process that did not look for plugins yet does so with the first image it meets."""
    if _known is None:
        from ..plugins import Plugins

        Plugins.discover()
    assert _known is not None
    return _known


def _choice(path: str | Path) -> tuple[str, str]:
    """(id of the reader, its suffix) of the longest suffix that fits; FITS without a suffix where none does."""
    name = os.path.basename(path).lower()
    return next(((id, suffix) for suffix, id in _readers().suffixes if name.endswith(suffix)), (FITS, ""))


def suffix_of(name: str) -> str:
    """The part of a file's name that a plugin's reader claims; "" for FITS and for what nobody claims."""
    reader, suffix = _choice(name)
    return name[len(name) - len(suffix) :] if reader != FITS else ""


def inspect(path: str | Path) -> Contents:
    """The planes of a file, with what is not shown of it and its headers where it has any.

    Raises:
        ImageError: when there is nothing to show, with the reason.
    """
    reader, _ = _choice(path)
    if reader == FITS:
        return fits.inspect(path)
    path = os.fspath(path)
    found = _call(path, reader, "planes", path)
    try:
        planes = [_plane(one, path, reader) for one in found]
    except (TypeError, ValueError, AttributeError) as error:
        raise ImageError(path, f"the reader {reader} gave planes that can't be used ({error})") from None
    if not planes:
        raise ImageError(path, f"the reader {reader} finds no image in it")
    names = _bands.apart([(p.band, p.extname or p.band, p.extname or str(n + 1)) for n, p in enumerate(planes)])
    return Contents(path, [replace(plane, band=name) for plane, name in zip(planes, names, strict=True)])


def _plane(made: Any, path: str, reader: str) -> Plane:
    """A reader's plane as projects keep it: plain types, a band also from the image's name or the folder, as in FITS."""
    if not isinstance(made, Plane):
        raise TypeError(f"a {type(made).__name__} instead of a Plane")
    height, width = (operator.index(side) for side in made.shape)
    if min(height, width) < fits.MIN_SIDE:
        raise ValueError(f"{width} x {height} pixels are no image")
    name = str(made.extname)
    folder = Path(path).parent.name
    return Plane(
        path=path,
        hdu=operator.index(made.hdu),
        plane=None if made.plane is None else operator.index(made.plane),
        band=str(made.band) or _bands.known_band(name) or _bands.folder_band(folder),
        shape=(height, width),
        pixel_scale=None if made.pixel_scale is None else float(made.pixel_scale),
        unit=str(made.unit),
        extname=name,
        reader=reader,
    )


def read(plane: Plane) -> np.ndarray:
    """The pixels of a plane: float32 (h, w), native, C-contiguous, NaN where there is no value and beyond a window's edge.

    Raises:
        ImageError: also when the file is no longer what `plane` was made from, or its reader is not installed.
    """
    if plane.window is not None:
        return _checked(plane, windows.read(plane))
    return _checked(plane, fits.read(plane) if plane.reader == FITS else _call(plane.path, plane.reader, "read", plane))


def _checked(plane: Plane, made: Any) -> np.ndarray:
    """What a reader gave, as pixels of this plane.

    Raises:
        ImageError: it is none of real numbers, or not of the plane's shape.
    """
    try:
        pixels = np.asarray(made)
        if pixels.dtype.kind not in "biufO":
            raise TypeError(f"{pixels.dtype.name} instead of real numbers")
        with np.errstate(all="ignore"):
            pixels = np.asarray(pixels, dtype=np.float32, order="C")
    except (TypeError, ValueError) as error:
        reason = f"the reader {plane.reader} gave no array of numbers ({error})"
        raise ImageError(plane.path, reason, plane.extname) from None
    if pixels.shape != tuple(plane.shape) or pixels.size == 0:
        sizes = f"{' x '.join(map(str, pixels.shape[::-1])) or 'no'} px instead of {plane.shape[1]} x {plane.shape[0]}"
        reason = f"the reader {plane.reader} gave {sizes}; if the file has changed, import it again"
        raise ImageError(plane.path, reason, plane.extname)
    return pixels


def read_all(wanted: Sequence[Plane]) -> list[np.ndarray]:
    """The pixels of several planes, each as `read` gives them; planes of one plain FITS file cost one read of it, windows of one
    image one opening."""
    cut = [at for at, plane in enumerate(wanted) if plane.window is not None]
    if cut:
        windowed = [wanted[at] for at in cut]
        found = dict(zip(cut, map(_checked, windowed, windows.read_all(windowed)), strict=True))
        rest = [at for at in range(len(wanted)) if at not in found]
        found.update(zip(rest, read_all([wanted[at] for at in rest]), strict=True))
        return [found[at] for at in range(len(wanted))]
    if all(plane.reader == FITS for plane in wanted):
        return list(map(_checked, wanted, fits.read_all(wanted)))
    return [read(plane) for plane in wanted]


def celestial(plane: Plane) -> Any:
    """The plane's celestial astropy WCS (0-based pixels, of the window where it is one), or None."""
    if plane.window is not None:
        return windows.celestial(plane)
    if plane.reader == FITS:
        return fits.celestial(plane)
    return _call(plane.path, plane.reader, "celestial", plane, optional=True)


def wcs_problem(plane: Plane) -> str:
    """Why `celestial` is None although the file has a WCS, in one sentence; "" otherwise."""
    if plane.window is not None:
        return windows.wcs_problem(plane)
    return fits.wcs_problem(plane) if plane.reader == FITS else ""


def centre(plane: Plane) -> tuple[float, float] | None:
    """(RA, Dec) in degrees of the middle of a plane by its WCS; None where it has none that gives a place."""
    sky = celestial(plane)
    if sky is None:
        return None
    try:
        from astropy.coordinates import SkyCoord

        at = SkyCoord(sky.pixel_to_world((plane.shape[1] - 1) / 2, (plane.shape[0] - 1) / 2)).icrs
        ra, dec = float(at.ra.deg), float(at.dec.deg)
    except Exception:  # as wcs.centre: a WCS that can't be evaluated is none
        return None
    return (ra, dec) if np.isfinite([ra, dec]).all() else None


def _call(path: str, reader: str, name: str, argument: Any, optional: bool = False) -> Any:
    """What a reader's function gives; whatever it raises is an ImageError that names the file."""
    extension = argument.extname if isinstance(argument, Plane) else ""
    spec = _readers().by_id.get(reader)
    if spec is None:
        there = f"it needs the reader {reader}, which no plugin offers; install its plugin (see `astrolens plugins`)"
        raise ImageError(path, there, extension)
    try:
        function: Callable[[Any], Any] | None = getattr(import_module(spec.factory), name, None)
        if function is None and optional:
            return None
        if function is None:
            raise UserError(f"the reader {reader} has no function {name} in {spec.factory}")
        result = function(argument)
        return list(result) if name == "planes" else result
    except UserError as error:
        reason = error.reason if isinstance(error, ImageError) else str(error)
        raise ImageError(path, reason, extension) from error
    except MemoryError:
        raise ImageError(path, "there is not enough memory for it", extension) from None
    except (Exception, SystemExit) as error:
        reason = f"the reader {reader} failed: {type(error).__name__}: {error}"
        raise ImageError(path, reason, extension) from error
