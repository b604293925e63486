"""Small FITS files made on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """write(name, array, extensions=[(name, array, cards)], **cards) → path of a new FITS file."""

    def _write(name: str, data: np.ndarray | None = None, extensions=(), **cards) -> Path:
        from astropy.io import fits

        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        hdus = [fits.PrimaryHDU(data)]
        hdus[0].header.update(cards)
        for extname, array, more in extensions:
            hdus.append(fits.ImageHDU(array, name=extname or None))
            hdus[-1].header.update(more)
        fits.HDUList(hdus).writeto(path, overwrite=True)
        return path

    return _write


TAN = {
    "CTYPE1": "RA---TAN",
    "CTYPE2": "DEC--TAN",
    "CRVAL1": 58.2,
    "CRVAL2": -49.5,
    "CRPIX1": 10.0,
    "CRPIX2": 10.0,
    "CD1_1": -0.1 / 3600,
    "CD2_2": 0.1 / 3600,
}


@pytest.fixture
def tan() -> dict:
    return dict(TAN)
