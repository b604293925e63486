"""Angles and directions on the sky: as astropy gives them, on every WCS at hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from astrolens_gui.core.images import fits
from astrolens_gui.core.images.errors import ImageError
from astrolens_gui.core.measure.plate import Plate


def tan(angle: float = 0.0, flipped: bool = False, scale: float = 0.1):
    """A TAN WCS of 101 x 101 pixels: north turned by `angle` degrees from up; flipped: east to the right."""
    from astropy.wcs import WCS

    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [150.1, 52.2]
    wcs.wcs.crpix = [51, 51]
    turn = math.radians(angle)
    hand = 1.0 if flipped else -1.0
    wcs.wcs.cd = (scale / 3600) * (
        np.diag([hand, 1.0]) @ np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    )
    return wcs


def every_wcs(folder):
    for path in sorted(folder.rglob("*.fits*")):
        try:
            planes = fits.planes(path)
        except (ImageError, OSError):
            continue
        for plane in planes[:1]:
            wcs = fits.celestial(plane)
            if wcs is not None:
                yield path.name, wcs, plane.shape


@pytest.fixture(scope="module")
def skies(shared_data):
    return list(every_wcs(shared_data))


def test_that_the_ruler_is_the_great_circle_on_every_wcs_at_hand(skies):
    from astropy.coordinates import SkyCoord

    measured = 0
    for name, wcs, (height, width) in skies:
        plate = Plate(wcs)
        rng = np.random.default_rng(len(name))
        for x0, y0, x1, y1 in rng.uniform(0, 1, (4, 4)) * [width - 1, height - 1, width - 1, height - 1]:
            first, second = SkyCoord(wcs.pixel_to_world(x0, y0)), SkyCoord(wcs.pixel_to_world(x1, y1))
            if not np.isfinite([first.data.lon.deg, second.data.lon.deg]).all():
                continue
            span = plate.span(x0, y0, x1, y1)
            assert span.unit == "arcsec", name
            assert span.length == pytest.approx(first.separation(second).arcsec, abs=1e-6), name
            angle = (span.position_angle - first.position_angle(second).deg + 180) % 360 - 180
            assert abs(angle) < 1e-6, name
            measured += 1
    assert measured > 200


def test_that_a_patch_is_the_sky_close_by_on_every_wcs_at_hand(skies):
    for name, wcs, (height, width) in skies:
        plate = Plate(wcs)
        x, y = (width - 1) / 2, (height - 1) / 2
        if plate.sky(x, y) is None:
            continue
        patch = plate.around(x, y)
        for angle in (0, 37, 90, 200):
            radius = min(20 * patch.scale, 60.0)  # flat enough, even where a pixel is arcminutes
            px, py = patch.at(radius, angle)
            span = plate.span(x, y, float(px), float(py))
            assert span.length == pytest.approx(radius, rel=3e-3), name
            assert abs((span.position_angle - angle + 180) % 360 - 180) < 0.3, name


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("angle", [0, 30, 135, 270])
def test_that_north_is_found_whatever_way_the_image_lies(angle, flipped):
    patch = Plate(tan(angle, flipped)).around(50, 50)
    assert patch.scale == pytest.approx(0.1, rel=1e-6)
    assert patch.oriented
    north, east = patch.at(1.0, 0.0), patch.at(1.0, 90.0)
    wcs = tan(angle, flipped)
    (ra0, dec0), (ra_n, dec_n), (ra_e, dec_e) = (wcs.pixel_to_world_values(*p) for p in ((50.0, 50.0), north, east))
    assert dec_n > dec0
    assert abs(ra_n - ra0) < 1e-9
    assert ra_e > ra0
    assert abs(dec_e - dec0) < 1e-9


def test_that_a_pixel_scale_alone_gives_arcseconds_but_no_north():
    span = Plate(None, 0.2).span(10, 10, 13, 14)
    assert (span.length, span.unit, span.position_angle) == (pytest.approx(1.0), "arcsec", None)
    assert Plate(None, 0.2).span(0, 0, 0, 5).turn == 0
    assert Plate(None, 0.2).span(0, 0, -5, 0).turn == 90


def test_that_without_any_scale_pixels_are_counted():
    span = Plate().span(0, 0, 3, 4)
    assert (span.length, span.unit) == (5.0, "px")
    patch = Plate().around(5, 5)
    assert (patch.unit, patch.oriented, patch.scale) == ("px", False, 1.0)
    assert float(patch.radius(8, 9)) == 5.0


def test_that_positions_go_to_icrs_and_back_in_any_frame(skies):
    for name, wcs, (height, width) in skies[:40]:
        plate = Plate(wcs)
        here = plate.icrs(width / 3, height / 4)
        if here is None:
            continue
        x, y = plate.from_icrs(*here)
        assert (x, y) == (pytest.approx(width / 3, abs=1e-3), pytest.approx(height / 4, abs=1e-3)), name
