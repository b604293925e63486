"""Reader of the challenge's ground images: FITS whose masked pixels hold exactly 100; knows no object and no folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ..images import fits
from .layout import MASKED


def planes(path: str | Path) -> list[fits.Plane]:
    """As `fits.planes`."""
    return fits.planes(path)


def read(plane: fits.Plane) -> np.ndarray:
    """The pixels as `fits.read` gives them, NaN where the file says 100: fluxes are of the order of 1e-12."""
    pixels = fits.read(replace(plane, reader="fits"))
    pixels[pixels == np.float32(MASKED)] = np.nan
    return pixels
