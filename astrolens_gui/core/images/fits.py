"""FITS files as the program sees them: the science planes of a file, and their pixels; knows no project and no screen."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...api import Plane
from . import bands as _bands
from . import fast, tiles
from . import wcs as _wcs
from .errors import ImageError
from .headers import Hdu, Header, walk
from .source import Source
from .values import Coding

__all__ = ["Contents", "ImageError", "Plane", "celestial", "inspect", "planes", "read", "read_all", "wcs_problem"]

MIN_SIDE = 2
MAX_PLANES = 256
"""Planes of a cube that are listed; a longer one is a spectrum, not an image in bands."""

_BLOCK = 1 << 22


@dataclass(frozen=True)
class Contents:
    """What a file holds: `planes` to show, and (extension, reason) of everything in `not_shown`."""

    path: str
    planes: list[Plane]
    not_shown: list[tuple[str, str]] = field(default_factory=list)
    primary: Header | None = None
    first: Header | None = None


def planes(path: str | Path) -> list[Plane]:
    """The science planes of a file, in file order; PSF, RMS, weight and mask extensions are none.

    Raises:
        ImageError: when there is nothing to show, with the reason.
    """
    return inspect(path).planes


def inspect(path: str | Path) -> Contents:
    """Like `planes`, with what is not shown and why, and the headers of the primary HDU and of the first science plane."""
    path = os.fspath(path)
    with Source(path) as source:
        hdus = walk(source)
    images: list[Hdu] = []
    not_shown: list[tuple[str, str]] = []
    for hdu in hdus:
        reason = _unfit(hdu)
        if reason:
            not_shown.append((hdu.title, reason))
        elif hdu.kind != "empty":
            images.append(hdu)
    images = _science(images, not_shown)
    if not images:
        extension, reason = not_shown[0] if len(not_shown) == 1 else ("", _summary(not_shown))
        raise ImageError(path, reason, extension)
    parts = _cut(path, images, hdus[0])
    return Contents(path, parts, not_shown, hdus[0].header, images[0].header)


def _unfit(hdu: Hdu) -> str:
    """Why an HDU is no image that can be shown; "" if it may be one (or is an empty header, which is no loss)."""
    if hdu.kind == "groups":
        return "it holds random groups (visibilities), not an image"
    if hdu.kind == "table":
        return "it is a table, not an image"
    if hdu.problem:
        return hdu.problem
    if hdu.kind == "empty":
        return f"its image has no pixels ({_size(hdu)})" if hdu.shape else ""
    if hdu.kind == "other":
        return f"it is an extension of type {hdu.header.text('XTENSION') or 'unknown'}, not an image"
    if hdu.kind == "compressed" and (reason := tiles.trouble(hdu)):
        return reason
    if len(hdu.shape) < 2 or min(hdu.shape[-2:]) < MIN_SIDE:
        return f"its {_size(hdu)} pixels are no image"
    depth = math.prod(hdu.shape[:-2])
    if depth > MAX_PLANES:
        return f"it is a cube of {depth:,} planes; give at most {MAX_PLANES}"
    if word := _bands.not_science(hdu.extname):
        return f"it is no science image (its name says {word.upper()})"
    return ""


def _size(hdu: Hdu) -> str:
    return " x ".join(str(n) for n in reversed(hdu.shape)) or "0"


def _science(images: list[Hdu], not_shown: list[tuple[str, str]]) -> list[Hdu]:
    """Among several images without any name only the first counts: the others may be its weight map or PSF, nobody can know."""
    nameless = [hdu for hdu in images if not hdu.extname and not _bands.header_band(hdu.header)[0]]
    for hdu in nameless[1:]:
        not_shown.append(
            (hdu.title, "it has neither EXTNAME nor FILTER, so only the first such image is taken for science")
        )
    return [hdu for hdu in images if hdu not in nameless[1:]]


def _summary(not_shown: list[tuple[str, str]]) -> str:
    if not not_shown:
        return "it holds no image"
    shown = "; ".join(f"[{extension}] {reason}" for extension, reason in not_shown[:3])
    more = f"; and {len(not_shown) - 3} more" if len(not_shown) > 3 else ""
    return f"it holds nothing to show: {shown}{more}"


def _cut(path: str, images: list[Hdu], primary: Hdu) -> list[Plane]:
    """The planes of the images, with band, scale and unit; what an extension does not say the empty primary header may."""
    folder = Path(path).parent.name
    above = primary.header if primary.kind == "empty" else None
    rows: list[tuple[Plane, str]] = []
    for hdu in images:
        depth = math.prod(hdu.shape[:-2])
        band, full = _bands.band_of(hdu.header, hdu.extname)
        if not band and above is not None:
            band, full = _bands.header_band(above)
        if not band:
            band, full = _bands.band_of(hdu.header, hdu.extname, folder)
        scale = _wcs.pixel_scale(hdu.header)
        if scale is None and above is not None:
            scale = _wcs.pixel_scale(above)
        shape = (hdu.shape[-2], hdu.shape[-1])
        common: dict[str, Any] = {
            "shape": shape,
            "pixel_scale": scale,
            "unit": hdu.header.text("BUNIT"),
            "extname": hdu.extname,
        }
        for plane in range(depth):
            own = _bands.filter_band(hdu.header.text(f"BAND{plane + 1}")) if depth > 1 else ""
            name = own if depth > 1 else band
            rows.append((Plane(path, hdu.index, plane if len(hdu.shape) > 2 else None, name, **common), full))
    titles = {hdu.index: hdu.title for hdu in images}
    names = _bands.apart([(plane.band, full, titles[plane.hdu]) for plane, full in rows])
    return [Plane(**{**plane.__dict__, "band": name}) for (plane, _), name in zip(rows, names, strict=True)]


def read(plane: Plane) -> np.ndarray:
    """The pixels of a plane: float32 (h, w), native, C-contiguous; BSCALE, BZERO and BLANK applied, NaN kept.

    Values beyond float32 become infinite. Raises ImageError also when the file is no longer what `plane` was made from.
    """
    if (
        plane.plane is None
        and (quick := fast.read(plane.path, (plane.hdu,))) is not None
        and quick[0].shape == plane.shape
    ):
        return _float32(quick[0])
    try:
        with Source(plane.path) as source:
            hdu = find(source, plane)
            found = pixels(source, hdu, plane.plane or 0)
    except MemoryError:
        raise ImageError(plane.path, "there is not enough memory for it", plane.extname or plane.hdu) from None
    except ImageError:
        raise
    except Exception as error:
        raise ImageError(plane.path, str(error) or type(error).__name__, plane.extname or plane.hdu) from None
    if found.shape != tuple(plane.shape):
        raise _changed(plane)
    return found


def read_all(wanted: Sequence[Plane]) -> list[np.ndarray]:
    """The pixels of several planes, each as `read` gives them; planes of one plain file cost one read of it."""
    groups: dict[str, list[int]] = {}
    for at, plane in enumerate(wanted):
        groups.setdefault(plane.path, []).append(at)
    found: dict[int, np.ndarray] = {}
    for path, members in groups.items():
        if len(members) > 1 and all(wanted[at].plane is None for at in members):
            members.sort(key=lambda at: wanted[at].hdu)
            hdus = [wanted[at].hdu for at in members]
            quick = fast.read(path, hdus) if len(set(hdus)) == len(hdus) else None
            if quick is not None and all(a.shape == wanted[at].shape for at, a in zip(members, quick, strict=True)):
                found.update((at, _float32(a)) for at, a in zip(members, quick, strict=True))
    return [found[at] if at in found else read(plane) for at, plane in enumerate(wanted)]


def find(source: Source, plane: Plane, any_shape: bool = False) -> Hdu:
    """The HDU that a plane was made from.

    Raises:
        ImageError: it holds no such image any more; of another shape only with `any_shape`.
    """
    hdus = walk(source)
    if not 0 <= plane.hdu < len(hdus):
        raise _changed(plane)
    hdu = hdus[plane.hdu]
    if hdu.kind == "empty" or not hdu.shape:
        raise _changed(plane)
    if reason := _unfit(hdu):
        raise ImageError(plane.path, reason, hdu.title)
    if not any_shape and tuple(hdu.shape[-2:]) != tuple(plane.shape):
        raise _changed(plane)
    return hdu


def _changed(plane: Plane) -> ImageError:
    reason = f"it has changed: there is no image of {plane.shape[1]} x {plane.shape[0]} px any more; import it again"
    return ImageError(plane.path, reason, plane.extname or plane.hdu)


def pixels(source: Source, hdu: Hdu, plane: int) -> np.ndarray:
    """One plane of an HDU, whole, as `read` gives it; raises ValueError with a sentence."""
    height, width = hdu.shape[-2:]
    depth = math.prod(hdu.shape[:-2])
    if not 0 <= plane < depth:
        raise ValueError(f"it has {depth} planes, not {plane + 1}")
    if hdu.kind == "compressed":
        data = tiles.decompress(source, hdu)
        if data.shape != hdu.shape:
            raise ValueError("its compressed image has not the size its header says")
        return _float32(data.reshape(depth, height, width)[plane])
    return _stored(source, hdu, plane * height * width, height * width).reshape(height, width)


def _stored(source: Source, hdu: Hdu, first: int, count: int) -> np.ndarray:
    """`count` physical values from the `first` on, float32, flat.

    In blocks, so that a wide field takes its own size in memory and no more.
    """
    coding = Coding.of(hdu)
    size = coding.dtype.itemsize
    out = np.empty(count, np.float32)
    for start in range(0, count, _BLOCK):
        many = min(_BLOCK, count - start)
        part = np.frombuffer(source.read(hdu.offset + (first + start) * size, many * size), coding.dtype, many)
        out[start : start + many] = coding.physical(part)
    return out


def _float32(array: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.ascontiguousarray(array, dtype=np.float32)


def _header(plane: Plane) -> Header:
    with Source(plane.path) as source:
        return find(source, plane).header


def celestial(plane: Plane) -> Any:
    """The plane's celestial astropy WCS (0-based pixels), or None where there is none or a wrong one (see `wcs_problem`)."""
    return _wcs.build(_header(plane))


def wcs_problem(plane: Plane) -> str:
    """Why `celestial` is None although the file has a WCS, in one sentence; "" otherwise."""
    header = _header(plane)
    reason = _wcs.problem(header)
    if not reason and _wcs.has_wcs(header) and _wcs.build(header) is None:
        reason = "the WCS can't be evaluated"
    return reason
