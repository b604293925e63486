"""Boxes between pixels and sky: astropy and the regions package are the judges."""

from __future__ import annotations

import math

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS, Sip
from hypothesis import given, settings
from hypothesis import strategies as st
from regions import RectangleSkyRegion

from astrolens_gui.core.images import outline
from astrolens_gui.core.images.outline import icrs

MAS = 1e-3


def wcs(
    turn: float = 0.0,
    handed: int = -1,
    scale: float = 0.1,
    at: tuple[float, float] = (150.0, 2.0),
    frame: str = "ICRS",
    galactic: bool = False,
) -> WCS:
    made = WCS(naxis=2)
    made.wcs.ctype = ["GLON-TAN", "GLAT-TAN"] if galactic else ["RA---TAN", "DEC--TAN"]
    made.wcs.crval, made.wcs.crpix = at, [50.5, 60.0]
    if not galactic:
        made.wcs.radesys = frame
    r = math.radians(turn)
    made.wcs.cd = np.diag([handed * scale, scale]) / 3600 @ [[math.cos(r), -math.sin(r)], [math.sin(r), math.cos(r)]]
    made.wcs.set()
    return made


def box(**more: float) -> dict[str, object]:
    return {"kind": "box", "x": 70.0, "y": 20.0, "w": 30.0, "h": 10.0, "angle": 15.0, **more}


@pytest.mark.parametrize("handed", [-1, 1])
@pytest.mark.parametrize("turn", [0.0, 33.0, 211.0])
def test_that_a_box_on_a_turned_plane_lies_where_astropy_and_regions_say(turn: float, handed: int) -> None:
    here, there = wcs(turn, handed), wcs(turn + 77, handed, scale=0.3)
    [drawn] = outline.on_sky([box()], here)
    true = here.pixel_to_world(70.0, 20.0)
    assert true.separation(SkyCoord(drawn["ra"], drawn["dec"], unit="deg")).arcsec < MAS
    corners = here.pixel_to_world(*outline.corners(box()).T)
    [shown] = outline.on_image([drawn], there)
    again = there.pixel_to_world(*outline.corners(shown).T)
    assert corners.separation(again).arcsec.max() < MAS
    region = RectangleSkyRegion(
        SkyCoord(drawn["ra"], drawn["dec"], unit="deg"),
        drawn["w_arcsec"] * u.arcsec,
        drawn["h_arcsec"] * u.arcsec,
        drawn["pa_deg"] * u.deg,
    ).to_pixel(there)
    assert (region.center.x, region.center.y) == pytest.approx((shown["x"], shown["y"]), abs=1e-6)
    assert (region.width, region.height) == pytest.approx((shown["w"], shown["h"]), abs=1e-6)
    assert math.sin(2 * math.radians(region.angle.to_value("deg") - shown["angle"])) == pytest.approx(0.0, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    turn=st.floats(0, 360),
    handed=st.sampled_from([-1, 1]),
    at=st.tuples(st.floats(0, 360), st.floats(-89.5, 89.5)),
    angle=st.floats(-179, 179),
    x=st.floats(0, 100),
    y=st.floats(0, 100),
)
def test_that_a_box_comes_back_to_its_pixels(
    turn: float, handed: int, at: tuple[float, float], angle: float, x: float, y: float
) -> None:
    """Also across RA 0 and close to a pole, where differences of angles mislead."""
    plane = wcs(turn, handed, at=at)
    [drawn] = outline.on_sky([box(x=x, y=y, angle=angle)], plane)
    [back] = outline.on_image([drawn], plane)
    assert [back[name] for name in "xywh"] == pytest.approx([x, y, 30.0, 10.0], abs=1e-5)
    assert (back["angle"] - angle + 180) % 360 - 180 == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize("plane", [wcs(frame="FK5"), wcs(galactic=True, at=(30.0, 40.0))])
def test_that_positions_are_icrs_whatever_the_plane_is_in(plane: WCS) -> None:
    [drawn] = outline.on_sky([box()], plane)
    true = plane.pixel_to_world(70.0, 20.0).icrs
    assert true.separation(SkyCoord(drawn["ra"], drawn["dec"], unit="deg")).arcsec < MAS
    [back] = outline.on_image([drawn], plane)
    assert (back["x"], back["y"]) == pytest.approx((70.0, 20.0), abs=1e-5)


def test_that_a_polygon_keeps_its_vertices_on_the_sky() -> None:
    points = [[10.0, 10.0], [30.0, 12.0], [20.0, 40.0]]
    region = {"kind": "polygon", **outline.frame(points), "more": {"points": points}}
    [drawn] = outline.on_sky([region], wcs(40.0))
    [back] = outline.on_image([drawn], wcs(40.0))
    np.testing.assert_allclose(back["more"]["points"], points, atol=1e-6)
    assert (back["w"], back["h"]) == pytest.approx((20.0, 30.0))


def test_that_without_a_wcs_a_region_stays_in_pixels_and_comes_to_no_other_plane() -> None:
    assert outline.on_sky([box()], None) == [box()]
    assert outline.on_image([box()], wcs()) == []


@pytest.mark.parametrize("kind", ["E", "H", "S"])
def test_that_a_frame_that_astropy_cannot_name_leaves_a_region_in_pixels(kind: str) -> None:
    ecliptic = WCS(naxis=2)
    ecliptic.wcs.ctype, ecliptic.wcs.cdelt = [f"{kind}LON-TAN", f"{kind}LAT-TAN"], [-1e-4, 1e-4]
    ecliptic.wcs.set()
    assert outline.on_sky([box()], ecliptic) == [box()]
    [drawn] = outline.on_sky([box()], wcs())
    assert outline.on_image([drawn], ecliptic) == []


def test_that_the_inverse_of_a_distortion_that_does_not_converge_leaves_a_region_out() -> None:
    wild = wcs()
    wild.wcs.ctype = ["RA---TAN-SIP", "DEC--TAN-SIP"]
    a = np.zeros((4, 4))
    a[2, 0], a[3, 0] = 5e-2, -1e-3
    wild.sip = Sip(a, a.T.copy(), None, None, wild.wcs.crpix)
    wild.wcs.set()
    [drawn] = outline.on_sky([box(x=400.0)], wcs())
    for placed in outline.on_image([drawn], wild):
        truth = SkyCoord(drawn["ra"], drawn["dec"], unit="deg")
        assert wild.pixel_to_world(placed["x"], placed["y"]).separation(truth).arcsec < MAS
    assert outline.on_image([{**drawn, "ra": 150.2}], wild) == []


def test_that_a_box_lies_right_on_a_distorted_plane() -> None:
    """SIP as surveys have it: a hundredth of a pixel per pixel at the edge."""
    here, there = wcs(20.0), wcs(0.0)
    there.wcs.ctype = ["RA---TAN-SIP", "DEC--TAN-SIP"]
    a = np.zeros((3, 3))
    a[2, 0], a[1, 1] = 1e-4, -5e-5
    there.sip = Sip(a, a.T.copy(), None, None, there.wcs.crpix)
    there.wcs.set()
    [drawn] = outline.on_sky([box()], here)
    [shown] = outline.on_image([drawn], there)
    again = there.pixel_to_world(shown["x"], shown["y"])
    assert here.pixel_to_world(70.0, 20.0).separation(again).arcsec < MAS


def test_that_a_region_on_the_far_side_of_the_sky_is_left_out() -> None:
    far = {**box(), "ra": 330.0, "dec": -2.0, "w_arcsec": 3.0, "h_arcsec": 1.0, "pa_deg": 0.0}
    assert outline.on_image([far], wcs()) == []


def test_that_resizing_takes_the_vertices_along_and_keeps_a_circle_round() -> None:
    points = [[0.0, 0.0], [10.0, 0.0], [10.0, 20.0]]
    polygon = {"kind": "polygon", **outline.frame(points), "more": {"points": points}}
    made = outline.fitted(polygon, x=105.0, y=10.0, w=20.0, h=20.0)
    np.testing.assert_allclose(made["more"]["points"], [[95.0, 0.0], [115.0, 0.0], [115.0, 20.0]])
    circle = outline.fitted({"kind": "circle", "x": 0.0, "y": 0.0, "w": 4.0, "h": 4.0}, w=8.0)
    assert (circle["w"], circle["h"]) == (8.0, 8.0)


def test_that_each_kind_is_drawn_as_what_it_is() -> None:
    shapes = {
        kind: outline.outlines({**box(angle=0.0), "kind": kind}) for kind in ("box", "ellipse", "annulus", "point")
    }
    assert [len(shapes["box"]), len(shapes["box"][0])] == [1, 4]
    across = shapes["ellipse"][0] - (70.0, 20.0)
    np.testing.assert_allclose((across[:, 0] / 15) ** 2 + (across[:, 1] / 5) ** 2, 1.0)
    assert len(shapes["annulus"]) == 2
    assert shapes["point"][0].tolist() == [[70.0, 20.0]]


def test_that_outlines_of_a_field_are_placed_as_one_by_one_and_not_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    here, random = wcs(33.0), np.random.default_rng(0)
    drawn = [box(x=float(x), more={"points": (x + random.random((4 + x % 5, 2))).tolist()}) for x in range(200)]
    drawn[7] = box()
    apart = [outline.on_sky([one], here)[0] for one in drawn]
    asked = []
    monkeypatch.setattr(outline, "icrs", lambda *of: asked.append(0) or icrs(*of))
    together = outline.on_sky(drawn, here)
    assert len(asked) < 6
    for one, other in zip(apart, together, strict=True):
        assert one["pa_deg"] == pytest.approx(other["pa_deg"])
        assert one.get("more", {}).get("sky", []) == pytest.approx(np.array(other.get("more", {}).get("sky", [])))
