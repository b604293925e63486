"""The view's affine map: what stays where it is when one zooms, pans, turns and flips."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astrolens_gui.core.images.geometry import Affine, View

number = st.floats(-500, 500)
views = st.builds(
    View,
    st.integers(20, 2000),
    st.integers(20, 2000),
    number,
    number,
    st.floats(0.01, 100),
    st.one_of(st.sampled_from([0.0, 90.0, 180.0, 270.0]), st.floats(0, 360)),
    st.booleans(),
)


@given(views, number, number)
def test_that_screen_and_image_are_each_others_inverse(view, x, y):
    assert view.to_image(*view.to_screen(x, y)) == pytest.approx((x, y), abs=1e-6)
    assert view.to_screen(view.x, view.y) == pytest.approx((view.width / 2, view.height / 2), abs=1e-6)
    assert abs(view.to_screen.determinant) == pytest.approx(view.scale**2)


@given(views, st.floats(0.2, 5), st.floats(0, 2000), st.floats(0, 2000))
def test_that_zooming_keeps_the_point_under_the_pointer(view, factor, sx, sy):
    before = view.to_image(sx, sy)
    after = view.zoomed(factor, (sx, sy)).to_image(sx, sy)
    assert after == pytest.approx(before, abs=1e-6 * max(1, 2000 / view.scale))


@given(views, number, number)
def test_that_panning_moves_the_image_with_the_hand(view, right, down):
    x, y = view.x, view.y
    sx, sy = view.panned(right, down).to_screen(x, y)
    assert (sx - view.width / 2, sy - view.height / 2) == pytest.approx((right, down), abs=1e-5)


@given(views, number, number, st.booleans())
def test_that_a_flip_mirrors_what_is_seen(view, x, y, vertically):
    sx, sy = view.to_screen(x, y)
    fx, fy = view.flipped(vertically).to_screen(x, y)
    expected = (sx, view.height - sy) if vertically else (view.width - sx, sy)
    assert (fx, fy) == pytest.approx(expected, abs=1e-4 * max(1, view.scale))


@given(views, st.floats(0, 2 * math.pi), st.booleans())
def test_that_north_up_puts_east_left(view, direction, other_hand):
    north = (math.cos(direction), math.sin(direction))
    east = (-north[1], north[0]) if not other_hand else (north[1], -north[0])
    turned = view.north_up(north, east)
    origin = np.array(turned.to_screen(0.0, 0.0))
    to_north = (np.array(turned.to_screen(*north)) - origin) / view.scale
    to_east = (np.array(turned.to_screen(*east)) - origin) / view.scale
    assert to_north == pytest.approx([0, -1], abs=1e-6)
    assert to_east == pytest.approx([-1, 0], abs=1e-6)


@given(views, st.integers(2, 9000), st.integers(2, 9000))
def test_that_fitting_shows_every_corner(view, height, width):
    fitted = view.fitted((height, width))
    corners = [fitted.to_screen(x, y) for x in (-0.5, width - 0.5) for y in (-0.5, height - 0.5)]
    assert all(-1e-6 <= sx <= view.width + 1e-6 and -1e-6 <= sy <= view.height + 1e-6 for sx, sy in corners)


@given(views)
def test_that_maps_compose(view):
    both = view.to_image.after(view.to_screen)
    assert [both.a, both.e] == pytest.approx([1, 1])
    assert [both.b, both.c, both.d, both.f] == pytest.approx([0, 0, 0, 0], abs=1e-6)


def test_that_a_map_is_found_through_points():
    known = Affine(2, 0.5, -3, 0.25, -1, 7)
    points = np.array([(0, 0), (1, 0), (0, 1), (5, 4)], float)
    found = Affine.through(points, [known(x, y) for x, y in points])
    assert found(3.0, 9.0) == pytest.approx(known(3.0, 9.0))
