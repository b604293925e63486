"""Zero points: which cards and units say the AB magnitude of a count, on real headers too."""

from __future__ import annotations

import pytest

from astrolens_gui.core.images import fits
from astrolens_gui.core.images.zeropoints import zero_point, zero_points


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"MAGZERO": 24.6}, 24.6),
        ({"ZP_STACK": 30.132}, 30.132),
        ({"MAGZERO": 29.915, "MAGZPT": 24.842}, 29.915),  # DECam: of the exposure, not of a second
        ({"ZEROPNT": 0.0}, 0.0),
        ({"MAGZERO": 0.0}, None),
        ({"MAGZERO": "30"}, None),
        ({"MAGZERO": float("nan"), "PHOTZP": 25.0}, 25.0),
        ({"ABMAGLIM": 24.9}, None),
        ({"PHOTFLAM": 0.0, "PHOTPLAM": 0.0, "PHOTZPT": -21.1}, None),
        ({"PHOTFLAM": 7.0331e-20, "PHOTPLAM": 8045.0}, 25.946),  # ACS F814W: 25.947 in 2014
        ({"FLUXMAG0": 63095734448.0}, 27.0),
        ({"BUNIT": "nJy"}, 31.4),
        ({"BUNIT": "uJy"}, 23.9),
        ({"BUNIT": "Jy"}, 8.9),
        ({"BUNIT": "nanomaggies"}, 22.5),
        ({"BUNIT": "nanomaggy", "MAGZERO": 3.0}, 22.5),
        ({"BUNIT": "MJy/sr"}, None),
        ({"BUNIT": "JY/BEAM"}, None),
        ({"BUNIT": "ELECTRONS/S"}, None),
        ({"BUNIT": 7}, None),
        ({}, None),
    ],
)
def test_that_each_card_says_what_it_means(header, expected):
    found = zero_point(header)
    assert found is None if expected is None else found == pytest.approx(expected, abs=0.01)


def test_that_the_primary_header_speaks_where_the_extension_is_silent():
    assert zero_point({"BUNIT": "adu"}, {"MAGZERO": 29.9}) == 29.9
    assert zero_point({"MAGZERO": 24.6}, {"MAGZERO": 29.9}) == 24.6
    assert zero_point({}, None) is None


def test_that_real_files_have_theirs(shared_data):
    euclid = fits.planes(shared_data / "lenses/euclid_q1/102020057_NEG582019329494705421.fits")
    assert {plane.band: zero for plane, zero in zip(euclid, zero_points(euclid), strict=True)} == {
        "VIS": 24.6, "Y": 29.8, "J": 30.0, "H": 29.9,
    }  # fmt: skip
    assert zero_points(fits.planes(shared_data / "fields/decam_z_c4d_170316.fits")) == [29.915]
    assert zero_points(fits.planes(shared_data / "fields/kids_g.fits")) == [0.0]
    assert zero_points(fits.planes(shared_data / "fields/vics82_J.fits")) == [None]
