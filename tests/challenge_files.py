"""Challenge folders made by hand, card by card as the released files were measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.io import fits

SIGMA = {"R": 1.6e-12, "I": 3.3e-12, "G": 1.3e-12, "U": 2.0e-12, "VIS": 8e-13}
BAND = {"R": "Band1", "I": "Band2", "G": "Band3", "U": "Band4"}


def image(path: Path, band: str, step_deg: float, seed: int = 0, side: int = 101, masked: int = 0) -> np.ndarray:
    """One file as the challenge has it; the pixels that were written."""
    pixels = np.random.default_rng([seed, *band.encode()]).normal(0, SIGMA.get(band, 1e-12), (side, side)).astype(">f4")
    pixels[side // 2, side // 2] = 2e-9
    pixels[:masked, :] = 100.0
    header = fits.Header()
    for key, value in (("CDELT1", -step_deg), ("CDELT2", step_deg), ("CRPIX1", 51), ("CRPIX2", 51)):
        header[key] = value
    for key, value in (("CRVAL1", 0.0), ("CRVAL2", 0.0), ("NX", side), ("NY", side), ("RA", 0.0123), ("DEC", -0.004)):
        header[key] = value
    header["HIERARCH range x"] = side * step_deg
    path.parent.mkdir(parents=True, exist_ok=True)
    fits.PrimaryHDU(pixels, header).writeto(path)
    return pixels.astype(np.float32)


def ground(folder: Path, ids, masked: int = 0, bands: str = "RIGU") -> None:
    for key in ids:
        for band in bands:
            path = folder / "Public" / BAND[band] / f"imageSDSS_{band}-{key}.fits"
            image(path, band, 5.5556e-5, seed=int(key), masked=masked)


def space(folder: Path, ids) -> None:
    for key in ids:
        image(folder / "Public" / "Band1" / f"imageEUC_VIS-{key}.fits", "VIS", 2.7778e-5, seed=int(key))


TABLE = "ID,is_lens,Einstein_area,numb_pix_lensed_image,flux_lensed_image_in_sigma\n"
