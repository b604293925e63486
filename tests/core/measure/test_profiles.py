"""Profiles and the unrolled image, against pictures whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from test_plate import tan

from astrolens_gui.core.measure.plate import Plate
from astrolens_gui.core.measure.polar import unroll
from astrolens_gui.core.measure.profiles import line_profile, radial_profile, sample
from astrolens_gui.core.measure.sersic import shape

NORTHS = [(0, False), (37, False), (200, True)]


def offsets(patch, size=101):
    rows, columns = np.mgrid[:size, :size]
    return patch.to_sky(columns, rows)


def test_that_a_radial_profile_is_the_sersic_profile_that_was_drawn():
    image = 7.0 * shape((151, 151), 20.0, 2.0, 75.0, 75.0, 1.0, 0.0) + 1.5
    found = radial_profile(image, Plate(None, 0.1).around(75, 75))
    assert found.unit == "arcsec"
    b = 2 * 2.0 - 1 / 3 + 0.009876 / 2.0
    expected = 7.0 * np.exp(-b * ((found.radius / 2.0) ** 0.5 - 1)) + 1.5
    outer = found.radius > 0.4
    assert found.mean[outer] == pytest.approx(expected[outer], rel=0.01)
    assert found.median[outer] == pytest.approx(expected[outer], rel=0.02)
    assert found.radius.max() < 7.6


def test_that_the_error_of_a_mean_is_the_noise_over_the_root_of_its_pixels():
    image = np.random.default_rng(1).normal(3.0, 2.0, (201, 201))
    found = radial_profile(image, Plate().around(100, 100))
    far = found.count > 200
    assert found.unit == "px"
    assert found.error[far] == pytest.approx(2.0 / np.sqrt(found.count[far]), rel=0.25)
    assert np.mean(((found.mean - 3.0) / found.error)[far] ** 2) == pytest.approx(1.0, abs=0.4)


def test_that_pixels_without_data_are_no_part_of_a_profile():
    image = np.full((61, 61), 5.0)
    image[:, :30] = np.nan
    found = radial_profile(image, Plate().around(30, 30))
    assert np.allclose(found.mean, 5.0)
    assert np.allclose(found.median, 5.0)
    whole = radial_profile(np.full((61, 61), 5.0), Plate().around(30, 30))
    assert found.count.sum() < 0.6 * whole.count.sum()


def test_that_an_outlier_moves_the_mean_but_not_the_median():
    image = np.zeros((61, 61))
    image[30, 45] = 1000.0
    found = radial_profile(image, Plate().around(30, 30))
    ring = int(np.argmax(found.mean))
    assert found.radius[ring] == pytest.approx(15, abs=0.6)
    assert found.median[ring] == 0


@pytest.mark.parametrize(("angle", "flipped"), NORTHS)
def test_that_radii_are_arcseconds_on_the_sky(angle, flipped):
    patch = Plate(tan(angle, flipped, scale=0.2)).around(50, 50)
    image = np.exp(-((patch.radius(*np.meshgrid(np.arange(101), np.arange(101))) - 4.0) ** 2) / 0.5)
    found = radial_profile(image, patch)
    assert found.radius[np.argmax(found.mean)] == pytest.approx(4.0, abs=0.2)


def test_that_a_line_profile_has_the_values_under_the_line_and_the_length_on_the_sky():
    rows, columns = np.mgrid[:40, :50].astype(float)
    image = 2 * columns + 3 * rows
    found = line_profile(image, (5.0, 5.0), (35.0, 25.0), Plate(None, 0.5).around(5, 5))
    assert found.value == pytest.approx(
        2 * np.linspace(5, 35, len(found.value)) + 3 * np.linspace(5, 25, len(found.value))
    )
    assert found.distance[-1] == pytest.approx(math.hypot(30, 20) * 0.5)
    assert found.unit == "arcsec"


def test_that_width_averages_across_the_line():
    image = np.zeros((31, 31))
    image[15] = 9.0
    thin = line_profile(image, (5, 15), (25, 15), Plate().around(5, 15))
    wide = line_profile(image, (5, 15), (25, 15), Plate().around(5, 15), width=3)
    assert np.allclose(thin.value, 9.0)
    assert np.allclose(wide.value, 3.0)


def test_that_a_line_leaves_the_image_and_crosses_holes_without_inventing_values():
    image = np.ones((20, 20))
    image[:, 8:12] = np.nan
    found = line_profile(image, (-5, 10), (19, 10), Plate().around(0, 0))
    assert np.isnan(found.value[:4]).all()
    assert np.isnan(found.value[14:16]).all()
    assert set(np.unique(found.value[np.isfinite(found.value)])) == {1.0}


def test_that_a_sample_is_bilinear():
    image = np.array([[0.0, 1.0], [2.0, 3.0]])
    assert sample(image, np.array([0.5]), np.array([0.5]))[0] == 1.5


@pytest.mark.parametrize(("angle", "flipped"), NORTHS)
def test_that_a_ring_becomes_a_level_line_at_its_radius(angle, flipped):
    patch = Plate(tan(angle, flipped)).around(50, 50)
    east, north = offsets(patch)
    image = np.exp(-((np.hypot(east, north) - 2.5) ** 2) / 0.02)
    found = unroll(image, patch)
    crest = found.radius[np.argmax(found.values[:, :], axis=0)]
    assert np.ptp(crest) <= 0.1 + 1e-9
    assert np.median(crest) == pytest.approx(2.5, abs=0.06)
    assert found.radius[np.argmax(found.ring())] == pytest.approx(2.5, abs=0.06)


@pytest.mark.parametrize(("angle", "flipped"), NORTHS)
def test_that_a_spot_stands_at_its_position_angle_east_of_north(angle, flipped):
    patch = Plate(tan(angle, flipped)).around(50, 50)
    east, north = offsets(patch)
    image = np.exp(-((east - 2 * math.sin(1.0)) ** 2 + (north - 2 * math.cos(1.0)) ** 2) / 0.02)
    found = unroll(image, patch)
    row, column = np.unravel_index(np.nanargmax(found.values), found.values.shape)
    assert found.oriented
    assert found.angle[column] == pytest.approx(math.degrees(1.0), abs=3)
    assert found.radius[row] == pytest.approx(2.0, abs=0.1)


def test_that_without_a_wcs_angles_run_counter_clockwise_from_up():
    image = np.zeros((41, 41))
    image[20, 10] = 1.0  # ten pixels to the left
    found = unroll(image, Plate().around(20, 20))
    row, column = np.unravel_index(np.nanargmax(found.values), found.values.shape)
    assert not found.oriented
    assert found.angle[column] == pytest.approx(90, abs=3)
    assert found.radius[row] == pytest.approx(10, abs=0.6)


def test_that_what_lies_outside_the_image_is_no_data():
    found = unroll(np.ones((21, 21)), Plate().around(2, 10))
    left = np.abs(found.angle - 90) < 20
    assert np.isnan(found.values[-1, left]).all()
    assert np.isfinite(found.values[0]).all()
