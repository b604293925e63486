"""The σ map that a file may hold beside an image, found by its name; knows no fit."""

from __future__ import annotations

import math

import numpy as np

from astrolens_gui.api import Plane

LARGEST_PX = 16 << 20
"""A larger map is not read: σ then comes from the pixels themselves."""

WORDS = ("RMS", "ERR", "SIGMA", "STD")


def names(extname: str) -> set[str]:
    """What the σ map of an image of this EXTNAME may be called: `VIS_FLUX` → `VIS_RMS`, `SCI` → `ERR`, …"""
    name = extname.upper()
    if not name:
        return set(WORDS)
    stems = {name.replace(word, "{}") for word in ("FLUX", "SCI", "IMAGE") if word in name} or {f"{name}_{{}}"}
    return {stem.format(word) for stem in stems for word in WORDS}


def read(plane: Plane) -> np.ndarray | None:
    """float32 of the plane's shape: the σ of its pixels, NaN outside the file's image; None where the file has none."""
    from astrolens_gui.core.images import fits
    from astrolens_gui.core.images.headers import walk
    from astrolens_gui.core.images.source import Source

    if plane.reader != "fits" or plane.plane is not None:
        return None
    wanted = names(plane.extname)
    with Source(plane.path) as source:
        hdus = walk(source)
        science = hdus[plane.hdu].shape if plane.hdu < len(hdus) else ()
        for hdu in hdus:
            if hdu.extname.upper() in wanted and hdu.shape == science and not hdu.problem:
                if math.prod(hdu.shape) > LARGEST_PX:
                    return None
                found = fits.pixels(source, hdu, 0)
                break
        else:
            return None
    if plane.window is None:
        return found if found.shape == tuple(plane.shape) else None
    x0, y0, width, height = plane.window
    cut = np.full((height, width), np.nan, np.float32)
    rows, columns = (
        slice(max(low, 0), max(min(low + size, side), 0))
        for low, size, side in ((y0, height, found.shape[0]), (x0, width, found.shape[1]))
    )
    part = found[rows, columns]
    cut[rows.start - y0 :, columns.start - x0 :][: part.shape[0], : part.shape[1]] = part
    return cut
