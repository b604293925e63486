"""The sky under the pointer: what the readout says at a point of the screen is what astropy says, however one looks."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import Angle, SkyCoord
from astropy.io import fits as astropy_fits
from astropy.wcs import WCS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astrolens_gui.core.images import readers
from astrolens_gui.core.images.errors import ImageError
from astrolens_gui.core.images.geometry import View
from astrolens_gui.ui.qt import QtCore
from astrolens_gui.ui.views.canvas import Canvas
from astrolens_gui.ui.views.overlay import directions, scales_on_screen
from astrolens_gui.ui.views.readout import Readout
from astrolens_gui.ui.views.sky import compass

MAS = 1 / 3.6e6
"""Degrees."""

SIZE = (417, 333)

TAN = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 0.001, "CRVAL2": -61.2, "CRPIX1": 60.3, "CRPIX2": 31.9}
MORE = {
    "sip": TAN | {"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "CDELT1": -5e-5, "CDELT2": 5e-5, "A_ORDER": 2,
                  "B_ORDER": 2, "A_2_0": 3e-5, "A_1_1": -2e-5, "B_0_2": 4e-5},
    "tpv": TAN | {"CTYPE1": "RA---TPV", "CTYPE2": "DEC--TPV", "CDELT1": -5e-5, "CDELT2": 5e-5, "PV1_1": 1.01, "PV1_4": 0.01,
                  "PV2_1": 0.99},
    "oblong": TAN | {"CD1_1": -5e-5, "CD1_2": 1e-5, "CD2_1": 2e-5, "CD2_2": 1e-4},
    "galactic": TAN | {"CTYPE1": "GLON-TAN", "CTYPE2": "GLAT-TAN", "CDELT1": -5e-5, "CDELT2": 5e-5},
    "fk4": TAN | {"RADESYS": "FK4", "EQUINOX": 1950.0, "CDELT1": -5e-5, "CDELT2": 5e-5},
    "south_up": TAN | {"CDELT1": 5e-5, "CDELT2": -5e-5},
}  # fmt: skip
"""Kinds of headers that the shared data have few or none of."""


class Skies:
    """Every plane of some folders that has a sky: (our image as the readout takes it, astropy's full WCS)."""

    def __init__(self, *folders: Path) -> None:
        self.all = []
        for path in (found for folder in folders for found in sorted(folder.rglob("*.fits*"))):
            try:
                planes = readers.inspect(path).planes
            except ImageError:
                continue
            with warnings.catch_warnings(), astropy_fits.open(path) as hdus:
                warnings.simplefilter("ignore")
                for plane in planes:
                    wcs = readers.celestial(plane)
                    if wcs is not None:
                        self.all.append((self._image(plane, wcs, path), WCS(hdus[plane.hdu].header).celestial))

    @staticmethod
    def _image(plane, wcs, path):
        raster = SimpleNamespace(shape=plane.shape)
        about = {"unit": "", "pixel_scale": plane.pixel_scale, "wcs_problem": ""}
        return SimpleNamespace(raster=raster, wcs=wcs, path=path, **about)


@pytest.fixture(scope="module")
def skies(shared_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("more")
    for name, cards in MORE.items():
        hdu = astropy_fits.PrimaryHDU(np.zeros((70, 110), np.float32))
        hdu.header.update(cards)
        hdu.writeto(folder / f"{name}.fits")
    found = Skies(folder, shared_data)
    assert len(found.all) > 100
    kinds = [Path(image.path).stem for image, _ in found.all[: len(MORE)]]
    assert kinds == sorted(MORE)
    assert any("AZP" in str(theirs.wcs.ctype[0]) for _, theirs in found.all)
    return found


@pytest.fixture
def screen(qtbot):
    canvas, readout = Canvas(), Readout(value_of=lambda x, y: 1.0)
    for widget in (canvas, readout):
        qtbot.addWidget(widget)
    canvas.resize(*SIZE)
    canvas.show()
    qtbot.waitExposed(canvas)
    return canvas, readout


views = st.fixed_dictionaries(
    {
        "x": st.floats(0, 1), "y": st.floats(0, 1), "zoom": st.floats(-3, 5), "mirrored": st.booleans(),
        "angle": st.one_of(st.sampled_from([0.0, 90.0, 180.0, 270.0]), st.floats(0, 359.99)),
    }
)  # fmt: skip

points = st.tuples(st.integers(0, SIZE[0] - 1), st.integers(0, SIZE[1] - 1))
numbers = st.one_of(st.integers(0, len(MORE) - 1), st.integers(0, 10**6))


def look(canvas: Canvas, image, wish) -> View:
    """The wish as a View of this image, on the canvas."""
    height, width = image.raster.shape
    canvas.set_image_shape(
        (height, width), lambda x, y: compass(image.wcs, image.pixel_scale, width, height, at=(x, y))
    )
    view = View(
        *SIZE, wish["x"] * (width - 1), wish["y"] * (height - 1), 2.0 ** wish["zoom"], wish["angle"], wish["mirrored"]
    )
    canvas.set_view(view)
    return canvas.view


def pixel_under(view: View, point: tuple[int, int]) -> tuple[float, float]:
    """The image pixel at the middle of a screen pixel, by a rotation matrix and not by the program's affine map."""
    turn = math.radians(view.angle)
    across = (point[0] + 0.5 - view.width / 2) / view.scale
    up = -(point[1] + 0.5 - view.height / 2) / view.scale
    x, y = math.cos(turn) * across + math.sin(turn) * up, -math.sin(turn) * across + math.cos(turn) * up
    return view.x + (-x if view.mirrored else x), view.y + y


def place(wcs: WCS, x: float, y: float) -> SkyCoord | None:
    try:
        found = SkyCoord(wcs.pixel_to_world(x, y)).icrs
    except Exception:
        return None
    return found if np.isfinite([found.ra.deg, found.dec.deg]).all() else None


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    which=numbers,
    wish=views,
    point=st.tuples(st.integers(0, SIZE[0] - 1), st.integers(0, SIZE[1] - 1)),
)
def test_that_the_readout_says_astropys_position_under_every_rotation_flip_and_zoom(skies, screen, which, wish, point):
    canvas, readout = screen
    image, theirs = skies.all[which % len(skies.all)]
    view = look(canvas, image, wish)
    readout.set_image(image)
    pixel, _, sexagesimal, degrees = readout.texts(canvas.pixel_at(QtCore.QPoint(*point)))
    x, y = pixel_under(view, point)
    height, width = image.raster.shape
    if not (-0.49 < x < width - 0.51 and -0.49 < y < height - 0.51):
        return
    assert pixel.split() == ["x", str(math.floor(x + 0.5) + 1), "y", str(math.floor(y + 0.5) + 1)] or (
        abs(x % 1 - 0.5) < 1e-6 or abs(y % 1 - 0.5) < 1e-6  # on the edge of two pixels
    )
    wanted = place(theirs, x, y)
    if wanted is None:
        assert sexagesimal == "off the sky"
        return
    said = [float(part.rstrip("°")) for part in degrees.split()]
    assert SkyCoord(*said, unit="deg").separation(wanted).deg < 0.1 * MAS
    ra, dec = sexagesimal.split()
    said = SkyCoord(Angle(ra, "hourangle"), Angle(dec, "deg"))
    assert said.separation(wanted).deg < MAS


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=numbers, wish=views)
def test_that_arrows_and_scale_bar_are_those_of_the_sky_at_the_middle_of_the_view(skies, screen, which, wish):
    canvas, _ = screen
    image, theirs = skies.all[which % len(skies.all)]
    view = look(canvas, image, wish)
    here = place(theirs, view.x, view.y)
    if here is None or abs(here.dec.deg) > 89.9 or theirs.wcs.lngtyp.strip() not in {"RA", "GLON"}:
        return
    for letter, (across, up) in directions(canvas.compass, view):
        reach = 0.2 * view.scale  # a fifth of an image pixel along the arrow, on the screen
        along = view.to_image(view.width / 2 + reach * across, view.height / 2 - reach * up)
        turned = here.position_angle(place(theirs, *along)).wrap_at(180 * units.deg).deg
        assert turned == pytest.approx(0.0 if letter == "N" else 90.0, abs=1.0)
    half = 0.5 / view.scale
    for axis, said in enumerate(scales_on_screen(canvas.compass, view)):
        offset = (0.5, 0.0) if axis == 0 else (0.0, 0.5)
        ends = [
            theirs.pixel_to_world(*view.to_image(view.width / 2 + sign * offset[0], view.height / 2 + sign * offset[1]))
            for sign in (-1, 1)
        ]
        if half < 2:  # a screen pixel of a few image pixels: the sky is flat over it
            assert said == pytest.approx(ends[0].separation(ends[1]).arcsec, rel=0.02)


@pytest.mark.parametrize("hand", [1, -1])
@pytest.mark.parametrize("rotation", [0.0, 37.0, 180.0, -122.0])
def test_that_north_up_puts_north_up_and_east_left_whatever_hand_the_image_has(screen, hand, rotation):
    canvas, _ = screen
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [40.0, -30.0], [30.0, 20.0]
    turn = math.radians(rotation)
    wcs.wcs.cd = 1e-4 * np.array([[-hand * math.cos(turn), math.sin(turn)], [hand * math.sin(turn), math.cos(turn)]])
    canvas.set_image_shape((40, 60), lambda x, y: compass(wcs, None, 60, 40, at=(x, y)))
    canvas.north_up()
    arms = dict(directions(canvas.compass, canvas.view))
    assert arms["N"] == pytest.approx((0, 1), abs=1e-3)
    assert arms["E"] == pytest.approx((-1, 0), abs=1e-3)
    canvas.turn(90)
    canvas.flip()
    arms = dict(directions(canvas.compass, canvas.view))
    assert arms["N"] == pytest.approx((1, 0), abs=1e-3)  # turned left it pointed left, mirrored it points right
    assert arms["E"] == pytest.approx((0, -1), abs=1e-3)
    canvas.as_stored()
    assert (canvas.view.angle, canvas.view.mirrored) == (0.0, False)


@pytest.mark.parametrize("frame", ["galactic", "fk4", "icrs"])
def test_that_the_compass_points_to_the_north_and_east_of_icrs_whatever_the_frame_of_the_file(screen, frame):
    canvas, _ = screen
    wcs = WCS(
        astropy_fits.Header(
            {"galactic": MORE["galactic"], "fk4": MORE["fk4"] | {"CRVAL2": 80.0}}.get(
                frame, TAN | {"CDELT1": -5e-5, "CDELT2": 5e-5}
            )
        )
    )
    found = compass(wcs, None, 60, 40)
    x, y = 29.5, 19.5
    here = place(wcs, x, y)
    for (across, up), wanted in ((found.north, 0.0), (found.east, 90.0)):
        angle = here.position_angle(place(wcs, x + across, y + up)).wrap_at(180 * units.deg).deg
        assert angle == pytest.approx(wanted, abs=0.01)
    canvas.set_image_shape((40, 60), lambda x, y: compass(wcs, None, 60, 40, at=(x, y)))
    canvas.north_up()
    assert dict(directions(canvas.compass, canvas.view))["N"] == pytest.approx((0, 1), abs=1e-3)
