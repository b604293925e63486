"""Einstein circles: of doubles, of many images, of images on one line; and the source in the middle."""

from __future__ import annotations

import math

import numpy as np
import pytest

from astrolens_gui.core.measure.circle import brightest, through, widest


def test_that_a_double_gives_half_its_separation():
    found = through([(1.0, 1.0), (4.0, 5.0)])
    assert (found.x, found.y, found.radius) == (2.5, 3.0, 2.5)
    assert math.isnan(found.rms)


def test_that_one_image_asks_for_no_circle():
    assert through([(1.0, 1.0)]) is None
    assert through([]) is None


@pytest.mark.parametrize("count", [3, 4, 9])
def test_that_images_on_a_circle_give_it_back(count):
    angles = np.linspace(0.1, 4.0, count)
    found = through(np.column_stack([7 + 1.3 * np.cos(angles), -2 + 1.3 * np.sin(angles)]))
    assert (found.x, found.y, found.radius) == (pytest.approx(7), pytest.approx(-2), pytest.approx(1.3))


def test_that_the_fit_is_the_least_squares_one():
    from scipy.optimize import least_squares

    rng = np.random.default_rng(4)
    angles = rng.uniform(0, 2 * np.pi, 12)
    points = np.column_stack([np.cos(angles), np.sin(angles)]) * 5 + rng.normal(0, 0.4, (12, 2))
    best = least_squares(lambda p: np.hypot(*(points - p[:2]).T) - p[2], [0, 0, 4], xtol=1e-14, ftol=1e-14)
    found = through(points)
    assert [found.x, found.y, found.radius] == pytest.approx(list(best.x), abs=1e-5)
    assert found.rms == pytest.approx(math.sqrt(np.mean(best.fun**2)), rel=1e-6)


@pytest.mark.parametrize("bend", [0.0, 1e-9, 1e-3])
def test_that_images_on_a_line_are_taken_as_a_double(bend):
    found = through([(0, 0), (1, bend), (4, 0)])
    assert found.radius == pytest.approx(2.0, abs=1e-3)
    assert found.x == pytest.approx(2.0)


def test_that_the_widest_pair_is_found():
    assert widest([(0, 0), (1, 1), (9, 9), (2, 0)]) == (0, 2)


def spot(image, x, y, height, width=1.5):
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    image += height * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * width**2))


def test_that_the_central_source_comes_before_a_brighter_one_at_the_edge():
    image = np.random.default_rng(0).normal(0, 0.1, (101, 101))
    spot(image, 51.3, 48.6, 10)
    spot(image, 8, 90, 40)
    x, y = brightest(image)
    assert (x, y) == (pytest.approx(51.3, abs=0.1), pytest.approx(48.6, abs=0.1))


def test_that_the_source_near_a_point_is_found():
    image = np.zeros((101, 101))
    spot(image, 50, 50, 10)
    spot(image, 20, 30, 3)
    assert brightest(image, (22, 31), width=4) == (pytest.approx(20, abs=0.1), pytest.approx(30, abs=0.1))


def test_that_holes_and_empty_images_are_survived():
    image = np.full((40, 40), np.nan)
    assert brightest(image) == (19.5, 19.5)
    image[:, 15:] = 0.0
    spot(image, 25, 20, 5)
    assert brightest(image) == (pytest.approx(25, abs=0.2), pytest.approx(20, abs=0.2))
