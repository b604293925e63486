"""Stamps in colour: the same colours as in the view, whatever grids the bands are on."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui.core.images import fits
from astrolens_gui.core.images.colourstamp import colour_stamp
from astrolens_gui.core.images.recipe import Recipe


def write(path, data, scale, crval=(150.0, 2.0)) -> fits.Plane:
    from astropy.io import fits as io

    height, width = data.shape
    header = io.Header()
    for key, value in (
        ("CTYPE1", "RA---TAN"), ("CTYPE2", "DEC--TAN"), ("CRVAL1", crval[0]), ("CRVAL2", crval[1]), ("FILTER", path.stem),
        ("CRPIX1", width / 2 + 0.5), ("CRPIX2", height / 2 + 0.5), ("CD1_1", -scale / 3600), ("CD2_2", scale / 3600),
        ("CD1_2", 0.0), ("CD2_1", 0.0),
    ):  # fmt: skip
        header[key] = value
    io.writeto(path, data.astype(np.float32), header)
    return fits.planes(path)[0]


def source(shape, x, y, width) -> np.ndarray:
    rng = np.random.default_rng(int(x))
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return rng.normal(0, 1, shape) + 300 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * width**2))


def test_that_bands_of_different_pixel_scale_fall_on_each_other(tmp_path):
    """A source 2 arcsec left of and 3 above the centre is at one place in both bands: white, not red beside blue.

    The frame is that of z, which is looked at first: 15 arcsec high and 18 wide, half a pixel of it on one of the screen.
    """
    fine = write(tmp_path / "g.fits", source((120, 120), 59.5 - 20, 59.5 + 30, 6), 0.1)
    coarse = write(tmp_path / "z.fits", source((50, 60), 29.5 - 6.667, 24.5 + 10, 2), 0.3)
    made = colour_stamp([fine, coarse], 120, Recipe(mode="rgb", grain=0.0)).astype(int)
    assert made.shape == (120, 120, 3)
    y, x = np.mgrid[:120, :120]
    for channel in (0, 2):
        weight = np.clip(made[..., channel] - 60, 0, None) * 1.0
        assert ((x * weight).sum() / weight.sum(), (y * weight).sum() / weight.sum()) == pytest.approx(
            (46.7, 40.0), abs=2.0
        )


def test_that_one_band_alone_makes_a_grey_stamp(tmp_path):
    plane = write(tmp_path / "g.fits", source((30, 20), 10, 10, 3), 0.1)
    made = colour_stamp([plane], 64, Recipe(mode="rgb"))
    assert (
        np.ptp(made[:, 12:50].astype(int), axis=-1) <= 70
    ).all()  # beside it, and where there is nothing: the chequer
    assert made[32:].max() > 150


def test_that_a_real_stamp_has_the_colours_of_its_view(shared_data):
    planes = fits.planes(shared_data / "lenses/euclid_q1/102020057_NEG582019329494705421.fits")
    made = colour_stamp(planes, 150, Recipe(mode="rgb")).astype(int)
    galaxy = made[150 - 76 : 150 - 70, 72:78].mean(axis=(0, 1))
    assert galaxy[0] > galaxy[2] + 30
    assert np.median(made) < 70
    with pytest.raises(ValueError, match="no image"):
        colour_stamp([], 10, Recipe())
