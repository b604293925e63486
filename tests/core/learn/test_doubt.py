"""Wrong grades are found, a search says how it goes, and a map puts like beside like."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui.api import UserError
from astrolens_gui.core.learn import atlas, curve, doubt
from astrolens_gui.core.learn.estimate import Estimate, Search


@pytest.fixture(scope="module")
def graded():
    random = np.random.default_rng(4)
    truth = np.arange(400) < 100
    features = random.normal(size=(400, 8)).astype(np.float32)
    features[truth, 0] += 5
    target = truth.astype(float)
    wrong = np.array([3, 50, 200, 333])
    target[wrong] = 1 - target[wrong]
    target[350:] = np.nan
    return features, target, wrong


def test_that_wrong_grades_come_first(graded):
    features, target, wrong = graded
    found = doubt.doubt(features, target)
    assert set(wrong) <= set(found.rows[:8].tolist())
    assert len(set(wrong) & set(found.contradicting(0.8).tolist())) >= 3
    assert len(found.contradicting(0.8)) < 40
    assert not set(found.rows.tolist()) & set(range(350, 400)), "only graded objects are doubted"


def test_that_few_grades_form_no_opinion(graded):
    features, target, _ = graded
    few = np.full_like(target, np.nan)
    few[:9], few[200:260] = 1.0, 0.0
    assert len(doubt.doubt(features, few).rows) == 0


def search(value, low, high, found=50, pool=1000):
    lenses = Estimate(value, low, high)
    return Search(pool, 200, found, lenses, Estimate(found, found, found) / lenses)


@pytest.mark.parametrize(
    ("known", "says"),
    [
        (None, "grade in the queue's order"),
        (search(52, 50, 54), "Stop: at least 93%"),
        (search(54, 51, 90), "Nearly done: 93% found"),
        (search(100, 70, 150), "Go on: 50%"),
    ],
)
def test_that_the_hint_follows_the_estimate(known, says):
    lens = np.zeros(200)
    lens[:50] = 1
    assert says in curve.curve(lens, known).hint


def test_that_the_curve_counts_and_compares_with_a_random_order():
    lens = np.array([1, 1, 0, 1, 0])
    found = curve.curve(lens, search(10, 8, 20, found=3, pool=100), recent=2)
    assert found.found.tolist() == [0, 1, 2, 2, 3, 3]
    assert np.allclose(found.random, np.arange(6) * 0.1)
    assert found.yield_now.value == 0.5
    assert curve.curve(np.zeros(0)).hint == "Nothing is graded yet."


def test_that_alike_lies_beside_alike_and_the_map_stays():
    random = np.random.default_rng(1)
    group = np.arange(300) % 3
    features = random.normal(size=(300, 10)) + 8 * np.eye(10)[group]
    places = atlas.atlas(features)
    middles = np.stack([places[group == one].mean(axis=0) for one in range(3)])
    away = np.linalg.norm(places[:, None] - middles, axis=2)
    assert (away.argmin(axis=1) == group).mean() > 0.97
    assert np.array_equal(places, atlas.atlas(features))
    assert places.dtype == np.float32


def test_that_a_map_of_nothing_or_of_an_unknown_kind_is_said():
    assert atlas.atlas(np.zeros((0, 5))).shape == (0, 2)
    assert atlas.atlas(np.ones((10, 5))).shape == (10, 2)
    with pytest.raises(UserError, match="there is no map"):
        atlas.atlas(np.ones((10, 5)), "globe")
