"""Angles and directions on the sky: as astropy gives them, on every WCS at hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from astrolens_gui.core.images import fits, outline
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
            first, second = (SkyCoord(wcs.pixel_to_world(x, y)).icrs for x, y in ((x0, y0), (x1, y1)))
            if not np.isfinite([first.ra.deg, second.ra.deg]).all():
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


FRAMES = {
    "ICRS": ("RA---TAN", "DEC--TAN", "ICRS", None),
    "FK5 of another year": ("RA---TAN", "DEC--TAN", "FK5", 1983.5),
    "FK4": ("RA---TAN", "DEC--TAN", "FK4", 1950.0),
    "FK4 without aberration": ("RA---TAN", "DEC--TAN", "FK4-NO-E", 1950.0),
    "galactic": ("GLON-TAN", "GLAT-TAN", "", None),
    "latitude first": ("GLAT-TAN", "GLON-TAN", "", None),
}


def in_frame(name: str, lat: float = 80.0):
    """A WCS in one of FRAMES, turned, with north about 30 degrees from up in its own frame."""
    wcs = tan(30.0)
    first, second, system, equinox = FRAMES[name]
    wcs.wcs.ctype, wcs.wcs.radesys = [first, second], system
    wcs.wcs.crval = [lat, 150.0] if "LAT" in first else [150.0, lat]
    if equinox is not None:
        wcs.wcs.equinox = equinox
    wcs.wcs.set()
    return wcs


@pytest.mark.parametrize("lat", [80.0, -29.0, 89.9999])
@pytest.mark.parametrize("name", FRAMES)
def test_that_north_is_that_of_icrs_whatever_the_frame_of_the_file(name, lat):
    from astropy.coordinates import SkyCoord

    wcs = in_frame(name, lat)
    plate = Plate(wcs)
    here, there = (SkyCoord(wcs.pixel_to_world(x, y)).icrs for x, y in ((40.0, 50.0), (57.0, 62.0)))
    wanted = here.position_angle(there).deg
    span = plate.span(40.0, 50.0, 57.0, 62.0)
    assert span.position_angle == pytest.approx(wanted, abs=1e-4)
    assert span.length == pytest.approx(here.separation(there).arcsec, abs=1e-6)
    patch = plate.around(40.0, 50.0)
    east, north = patch.to_sky(57.0, 62.0)
    assert math.degrees(math.atan2(east, north)) % 360 == pytest.approx(wanted, abs=1e-3)
    assert plate.icrs(40.0, 50.0) == pytest.approx((here.ra.deg, here.dec.deg), abs=1e-9)


@pytest.mark.parametrize("name", FRAMES)
def test_that_a_box_along_the_ruler_has_the_rulers_position_angle(name):
    wcs = in_frame(name)
    dx, dy = 6.0, 8.0
    [box] = outline.on_sky(
        [{"kind": "box", "x": 50.0, "y": 50.0, "w": 4.0, "h": 10.0, "angle": math.degrees(math.atan2(-dx, dy))}], wcs
    )
    assert box["pa_deg"] == pytest.approx(Plate(wcs).span(50, 50, 50 + dx, 50 + dy).position_angle, abs=1e-3)


def test_that_a_frame_without_a_way_to_icrs_gives_its_own_angles_and_no_icrs_position():
    wcs, own = in_frame("ICRS"), in_frame("ICRS")
    wcs.wcs.ctype, wcs.wcs.radesys = ["ELON-TAN", "ELAT-TAN"], ""
    plate = Plate(wcs)
    assert plate.span(40, 50, 57, 62).position_angle == pytest.approx(Plate(own).span(40, 50, 57, 62).position_angle)
    assert plate.icrs(40, 50) is None
    assert plate.from_icrs(150.0, 80.0) is None
