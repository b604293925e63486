"""Scales and centres against astropy's WCS, and wrong ones refused."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from astrolens_gui.core.images import fits, wcs


def test_that_scale_and_centre_of_every_real_wcs_equal_astropys(shared_data):
    from astropy.coordinates import SkyCoord
    from astropy.wcs.utils import proj_plane_pixel_scales

    compared = 0
    for path in sorted(p for p in shared_data.rglob("*") if p.suffix in {".fits", ".gz"}):
        try:
            found = fits.inspect(path)
        except fits.ImageError:
            continue
        plane = found.planes[0]
        sky = fits.celestial(plane)
        if sky is None:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scale = np.sqrt(np.prod(proj_plane_pixel_scales(sky))) * 3600
            at = SkyCoord(sky.pixel_to_world((plane.shape[1] - 1) / 2, (plane.shape[0] - 1) / 2)).icrs
        assert plane.pixel_scale == pytest.approx(scale, rel=1e-3), path.name
        centre = wcs.centre(found.first, plane.shape)
        assert centre is not None
        assert at.separation(SkyCoord(*centre, unit="deg")).arcsec < 0.05, path.name
        compared += 1
    assert compared > 40


def test_that_a_rotated_pc_matrix_gives_the_same_scale(write):
    angle = np.radians(30)
    cards = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 10.0, "CRVAL2": 5.0, "CRPIX1": 1.0, "CRPIX2": 1.0}
    cards |= {"CDELT1": -0.2, "CDELT2": 0.2, "CUNIT1": "arcsec", "CUNIT2": "arcsec"}
    cards |= {"PC1_1": np.cos(angle), "PC1_2": -np.sin(angle), "PC2_1": np.sin(angle), "PC2_2": np.cos(angle)}
    assert fits.planes(write("a.fits", np.ones((9, 9), np.float32), **cards))[0].pixel_scale == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"CD1_1": 0.0, "CD2_2": 0.0}, "singular"),
        ({"CD1_1": -90.0, "CD2_2": 90.0}, "arcsec a pixel"),
        ({"CRVAL2": 123.0}, "declination at 123"),
        ({"CTYPE1": "LAMBDA"}, "not of the sky"),
        ({"CRPIX1": "here"}, "no usable CRPIX1"),
        ({"A_ORDER": 30000, "B_ORDER": 2}, "order above 9"),
    ],
)
def test_that_a_wrong_wcs_is_none_with_a_reason(write, tan, wrong, why):
    (plane,) = fits.planes(write("a.fits", np.ones((9, 9), np.float32), **{**tan, **wrong}))
    assert fits.celestial(plane) is None
    assert why in fits.wcs_problem(plane)


def test_that_no_wcs_is_no_problem(write):
    (plane,) = fits.planes(write("a.fits", np.ones((9, 9), np.float32)))
    assert (fits.celestial(plane), fits.wcs_problem(plane), plane.pixel_scale) == (None, "", None)


@pytest.mark.parametrize(
    ("cards", "scale"),
    [
        ({"PIXSCALE": 0.08}, 0.08),
        ({"CDELT1": -0.0001, "CDELT2": 0.0001}, 0.36),
        ({"CDELT1": 1.0, "CDELT2": 1.0}, None),
        ({"CD1_1": 1e-4, "CD2_2": 1e-4}, 0.36),
    ],
)
def test_that_a_scale_is_found_without_a_wcs(write, cards, scale):
    found = fits.planes(write("a.fits", np.ones((9, 9), np.float32), **cards))[0].pixel_scale
    assert found == (pytest.approx(scale) if scale else None)
