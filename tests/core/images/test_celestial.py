"""RA and Dec of a pixel: ours are astropy's, for every file of the shared data and every sort of header."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits as astropy_fits
from astropy.utils.exceptions import AstropyWarning
from astropy.wcs import WCS

from astrolens_gui.core.images import readers
from astrolens_gui.core.images.celestial import Celestial
from astrolens_gui.core.images.errors import ImageError

PLACES = [(0.0, 0.0), (0.31, 0.77), (0.5, 0.5), (1.0, 0.2), (0.93, 1.0)]
"""Fractions of width and height."""

TAN = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 150.1, "CRVAL2": 2.2, "CRPIX1": 60.3, "CRPIX2": 71.9}
SCALE = {"CDELT1": -0.2 / 3600, "CDELT2": 0.2 / 3600}
SIP = {"A_ORDER": 2, "B_ORDER": 2, "A_2_0": 3e-5, "A_1_1": -2e-5, "B_0_2": 4e-5, "B_1_1": 1e-5}
TNX = 'wtype=tnx axtype={} lngcor = "3. 3. 3. 2. -0.02 0.02 -0.02 0.02 1e-5 2e-4 -3e-4 1e-3 2e-3 -1e-2 " '

HEADERS = {
    "plain": TAN | SCALE,
    "rotated": TAN | SCALE | {"CROTA2": 33.0},
    "PC matrix": TAN | SCALE | {"PC1_1": 0.8, "PC1_2": -0.6, "PC2_1": 0.6, "PC2_2": 0.8},
    "CD matrix, not square": TAN | {"CD1_1": -5e-5, "CD1_2": 1e-5, "CD2_1": 2e-5, "CD2_2": 1e-4},
    "north down": TAN | {"CDELT1": 5e-5, "CDELT2": -5e-5},
    "over the pole": TAN | SCALE | {"CRVAL2": 89.9999},
    "across RA 0": TAN | SCALE | {"CRVAL1": 0.0001, "CRVAL2": -60.0},
    "SIP": TAN | SCALE | SIP | {"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP"},
    "TPV": TAN | SCALE | {"CTYPE1": "RA---TPV", "CTYPE2": "DEC--TPV", "PV1_0": 0, "PV1_1": 1.01, "PV1_4": 0.3, "PV2_1": 0.99},
    "ZPN": TAN | SCALE | {"CTYPE1": "RA---ZPN", "CTYPE2": "DEC--ZPN", "PV2_1": 1.0, "PV2_3": 42.0},
    "SIN": TAN | SCALE | {"CTYPE1": "RA---SIN", "CTYPE2": "DEC--SIN", "PV2_1": 0.1, "PV2_2": -0.2},
    "LONPOLE": TAN | SCALE | {"LONPOLE": 170.0},
    "FK5 by RADECSYS": TAN | SCALE | {"RADECSYS": "FK5", "EQUINOX": 2000.0},
    "ICRS by RADECSYS": TAN | SCALE | {"RADECSYS": "ICRS", "EQUINOX": 2000.0},
    "FK5 of another year": TAN | SCALE | {"RADESYS": "FK5", "EQUINOX": 1983.5},
    "FK4": TAN | SCALE | {"RADESYS": "FK4", "EQUINOX": 1950.0},
    "FK4 by EPOCH": TAN | SCALE | {"EPOCH": 1950.0},
    "galactic": TAN | SCALE | {"CTYPE1": "GLON-TAN", "CTYPE2": "GLAT-TAN"},
    "latitude first": TAN | {"CTYPE1": "DEC--TAN", "CTYPE2": "RA---TAN", "CDELT1": 5e-5, "CDELT2": -5e-5, "CRVAL1": 2.2, "CRVAL2": 50.0},
    "in arcsec": TAN | {"CUNIT1": "arcsec", "CUNIT2": "arcsec", "CDELT1": -0.2, "CDELT2": 0.2, "CRVAL1": 3600.0, "CRVAL2": 90.0},
    "all the sky": TAN | {"CTYPE1": "RA---AIT", "CTYPE2": "DEC--AIT", "CDELT1": -1.0, "CDELT2": 1.0, "CRVAL2": 0.0},
}  # fmt: skip


def expected(wcs: WCS, x: float, y: float) -> SkyCoord | None:
    try:
        place = SkyCoord(wcs.pixel_to_world(x, y)).icrs
    except Exception:
        return None
    return place if np.isfinite([place.ra.deg, place.dec.deg]).all() else None


def assert_equal(ours: Celestial, theirs: WCS, shape: tuple[int, int]) -> None:
    height, width = shape
    for across, up in PLACES:
        x, y = across * (width - 1), up * (height - 1)
        found, wanted = ours.icrs(x, y), expected(theirs, x, y)
        assert (found is None) == (wanted is None)
        if found is not None:
            assert SkyCoord(*found, unit="deg").separation(wanted).arcsec < 1e-5


def write(path, cards, shape=(140, 120)):
    hdu = astropy_fits.PrimaryHDU(np.zeros(shape, np.float32))
    hdu.header.update(cards)
    hdu.writeto(path)
    return path


@pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyWarning")
@pytest.mark.parametrize("kind", HEADERS)
def test_that_a_header_of_every_kind_gives_astropys_position(tmp_path, kind):
    path = write(tmp_path / "one.fits", HEADERS[kind])
    plane = readers.inspect(path).planes[0]
    theirs = WCS(astropy_fits.getheader(path)).celestial
    assert_equal(Celestial.of(readers.celestial(plane)), theirs, plane.shape)


@pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyWarning")
def test_that_irafs_distortion_is_kept_to_the_letter(tmp_path):
    cards = TAN | {
        "CTYPE1": "RA---TNX",
        "CTYPE2": "DEC--TNX",
        "CD1_1": -5e-5,
        "CD2_2": 5e-5,
        "WAT0_001": "system=image",
    }
    for axis, name in ((1, "ra"), (2, "dec")):
        text = TNX.format(name).replace("lngcor", "lngcor" if axis == 1 else "latcor")
        for piece in range(0, len(text), 68):
            cards[f"WAT{axis}_{piece // 68 + 1:03d}"] = text[piece : piece + 68]
    path = write(tmp_path / "tnx.fits", cards)
    theirs = WCS(astropy_fits.getheader(path)).celestial
    plain = write(tmp_path / "plain.fits", {key: value for key, value in cards.items() if not key.startswith("WAT")})
    bent = WCS(astropy_fits.getheader(plain)).celestial.pixel_to_world(10, 10).separation(theirs.pixel_to_world(10, 10))
    assert bent.arcsec > 0.01  # there is something to keep
    plane = readers.inspect(path).planes[0]
    assert_equal(Celestial.of(readers.celestial(plane)), theirs, plane.shape)


def test_that_every_file_of_the_shared_data_gives_astropys_position(shared_data):
    compared, unlike = 0, []
    for path in sorted(shared_data.rglob("*.fits*")):
        try:
            planes = readers.inspect(path).planes
        except ImageError:
            continue
        with warnings.catch_warnings(), astropy_fits.open(path) as hdus:
            warnings.simplefilter("ignore", AstropyWarning)
            for plane in planes:
                theirs = WCS(hdus[plane.hdu].header)
                ours = Celestial.of(readers.celestial(plane))
                if (ours is None) == theirs.has_celestial:
                    unlike.append(f"{path.name}[{plane.hdu}]")
                elif ours is not None:
                    assert_equal(ours, theirs.celestial, plane.shape)
                    compared += 1
    assert compared > 100
    assert unlike == []


def test_that_a_frame_other_than_icrs_is_named_with_the_files_own_numbers(tmp_path):
    plane = readers.inspect(write(tmp_path / "galactic.fits", HEADERS["galactic"])).planes[0]
    found = Celestial.of(readers.celestial(plane))
    assert found.frame == "galactic"
    assert found.native(59.3, 70.9) == pytest.approx((150.1, 2.2))
    assert found.icrs(59.3, 70.9) != pytest.approx((150.1, 2.2))
    fk4 = readers.inspect(write(tmp_path / "fk4.fits", HEADERS["FK4"])).planes[0]
    assert Celestial.of(readers.celestial(fk4)).frame == "FK4 1950"
    plain = readers.inspect(write(tmp_path / "plain.fits", HEADERS["plain"])).planes[0]
    assert Celestial.of(readers.celestial(plain)).frame == ""


def test_that_a_frame_nobody_can_transform_gives_its_own_numbers_and_says_so(tmp_path):
    cards = TAN | SCALE | {"CTYPE1": "ELON-TAN", "CTYPE2": "ELAT-TAN"}
    plane = readers.inspect(write(tmp_path / "ecliptic.fits", cards)).planes[0]
    found = Celestial.of(readers.celestial(plane))
    assert (found.frame, found.is_icrs) == ("ecliptic", False)
    assert found.icrs(59.3, 70.9) == pytest.approx((150.1, 2.2))


@pytest.mark.parametrize("kind", ["plain", "galactic", "FK5 of another year", "FK4", "SIP"])
def test_that_a_position_costs_well_under_a_millisecond(tmp_path, kind):
    import time

    plane = readers.inspect(write(tmp_path / "one.fits", HEADERS[kind])).planes[0]
    found = Celestial.of(readers.celestial(plane))
    found.icrs(1.0, 2.0)
    start = time.perf_counter()
    for step in range(100):
        found.icrs(0.3 * step, 70.0)
    assert (time.perf_counter() - start) / 100 < 1e-3
