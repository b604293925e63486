"""Tuning the last layer: what it minimises, what slips among the grades do to it, what the evidence chooses."""

from __future__ import annotations

import numpy as np
import pytest
from astrolens_cnn import lasthead
from astrolens_cnn.lasthead import Graded, Layer
from scipy.optimize import approx_fprime
from scipy.special import softmax


def zero(features: int, classes: int = 2) -> Layer:
    return Layer(np.zeros((features, classes)), np.zeros(classes))


def drawn(count: int, slope: list[float], seed: int, slips: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    features = random.normal(size=(count, len(slope)))
    is_lens = random.random(count) < 1 / (1 + np.exp(-(features @ slope - 1)))
    return features, is_lens ^ (random.random(count) < slips)


def graded(features: np.ndarray, is_lens: np.ndarray, weights: np.ndarray | None = None) -> Graded:
    targets = np.stack([~is_lens, is_lens], 1).astype(float)
    return Graded(features, targets, np.ones(len(features)) if weights is None else weights)


def test_that_it_is_a_logistic_regression_where_nothing_pulls_and_nobody_slips():
    linear = pytest.importorskip("sklearn.linear_model")
    features, is_lens = drawn(400, [1.5, -1.0, 0.3], 0)
    free = lasthead.fit(zero(3), graded(features, is_lens), 1e-9, 1e-12).layer
    same = linear.LogisticRegression(C=1e9, max_iter=2000).fit(features, is_lens)
    assert np.allclose(free.kernel[:, 1] - free.kernel[:, 0], same.coef_[0], atol=5e-3)


def test_that_a_firm_pull_leaves_the_direction_as_it_was():
    """The scale and the offset stay free: they do not change the order."""
    features, is_lens = drawn(200, [0.0, 0.0, 2.0], 1)
    before = Layer(np.random.default_rng(1).normal(size=(3, 2)), np.zeros(2))
    after = lasthead.fit(before, graded(features, is_lens), 1e9, 0.02).layer
    was, now = before.kernel @ [-1, 1], after.kernel @ [-1, 1]
    assert abs(was @ now) / np.linalg.norm(was) / np.linalg.norm(now) > 1 - 1e-6


def test_that_wrong_grades_bend_it_less_where_slips_are_allowed_for():
    """A layer that is right, and grades of which one in twenty is wrong: as many as the lenses."""
    random = np.random.default_rng(2)
    features = random.normal(size=(3000, 20))
    truth = features[:, 0] > 2.0  # 2 %
    right = Layer(np.stack([np.zeros(20), 5 * np.eye(20)[0]], 1), np.array([10.0, 0.0]))
    given = graded(features, truth ^ (random.random(3000) < 0.05))

    def astray(slips: float) -> float:
        kernel = lasthead.fit(right, given, 60.0, slips).layer.kernel @ [-1, 1]
        return float(np.linalg.norm(kernel[1:]) / abs(kernel[0]))

    assert astray(0.05) < 0.5 * astray(1e-9)


@pytest.mark.parametrize("slips", [0.0, 0.1])
def test_that_the_share_of_slips_is_found(slips):
    features, is_lens = drawn(3000, [6.0, 0.0, 0.0], 3, slips)
    tuned = lasthead.tune(Layer(np.stack([np.zeros(3), [6.0, 0, 0]], 1), np.zeros(2)), graded(features, is_lens))
    assert tuned.fits[-1].slips == (0.002 if slips == 0 else 0.1)
    assert tuned.slips == pytest.approx(slips, abs=0.02)
    assert [one.evidence for one in tuned.fits] == sorted(one.evidence for one in tuned.fits)


def test_that_the_pull_is_loose_only_where_the_grades_ask_for_it():
    features, is_lens = drawn(1500, [3.0, 0.0, 0.0, 0.0], 4)
    wrong, right = np.stack([np.zeros(4), [0, 3.0, 0, 0]], 1), np.stack([np.zeros(4), [3.0, 0, 0, 0]], 1)
    loose = lasthead.tune(Layer(wrong, np.zeros(2)), graded(features, is_lens)).fits[-1].pull
    firm = lasthead.tune(Layer(right, np.zeros(2)), graded(features, is_lens)).fits[-1].pull
    assert loose == min(lasthead.PULLS) < firm


@pytest.mark.parametrize("classes", [2, 3])
def test_that_the_evidence_is_that_of_the_integral(classes):
    """Laplace's determinant is that of the loss's Hessian where it is the expected one: soft targets that the model meets."""
    random = np.random.default_rng(5)
    features = random.normal(size=(60, 2))
    own = Layer(random.normal(size=(2, classes)), random.normal(size=classes))
    targets = lasthead._named(softmax(own.logits(features), axis=1), 0.05)
    x, ways = features / features.std(axis=0), lasthead.helmert(classes).T

    def loss(moved: np.ndarray) -> float:
        p = softmax(own.logits(features) + x @ moved.reshape(2, classes - 1) @ ways.T, axis=1)
        return float(-(targets * np.log(lasthead._named(p, 0.05))).sum())

    nothing = np.zeros(2 * (classes - 1))
    hessian = np.array(
        [approx_fprime(nothing, lambda at, k=k: approx_fprime(at, loss, 1e-5)[k], 1e-4) for k in range(nothing.size)]
    )
    told = lasthead._information(softmax(own.logits(features), axis=1), np.ones(60), 0.05, ways)
    expected = np.linalg.slogdet(np.eye(nothing.size) + hessian / 7.0)[1]
    assert lasthead._log_determinant(x, told, 7.0) == pytest.approx(expected, rel=2e-2)


def test_that_weights_which_make_classes_even_only_shift_the_logits():
    features, is_lens = drawn(500, [1.0, 1.0], 6)
    weights = np.where(is_lens, 0.5 / is_lens.mean(), 0.5 / (~is_lens).mean())
    plain = lasthead.fit(zero(2), graded(features, is_lens), 60.0, 0.02).layer
    even = lasthead.fit(zero(2), graded(features, is_lens, weights), 60.0, 0.02).layer
    assert np.allclose(plain.kernel, even.kernel, atol=0.05)
    away = (even.bias - plain.bias) @ [-1, 1]
    assert away == pytest.approx(np.log((~is_lens).sum() / is_lens.sum()), abs=0.1)


def test_that_more_features_than_grades_give_the_same_answer():
    """In the space the grades span, to which everything is turned, the fit is the same as in the whole."""
    random = np.random.default_rng(7)
    features, is_lens = random.normal(size=(40, 90)), random.random(40) < 0.5
    own = Layer(random.normal(size=(90, 2)), np.zeros(2))
    narrow = lasthead.fit(own, graded(features, is_lens), 200.0, 0.02)
    twice = graded(np.tile(features, (3, 1)), np.tile(is_lens, 3), np.full(120, 1.0))
    wide = lasthead.fit(own, Graded(twice.features, twice.targets, twice.weights), 600.0, 0.02)
    assert np.allclose(narrow.layer.kernel, wide.layer.kernel, atol=0.1)
    assert np.isfinite(narrow.evidence)


def test_that_three_lenses_of_one_hundred_are_enough_for_numbers():
    features, _ = drawn(100, [1.0, 0.0], 8)
    tuned = lasthead.tune(zero(2), graded(features, np.arange(100) < 3))
    assert np.isfinite(tuned.layer.kernel).all()
    assert np.isfinite([one.evidence for one in tuned.fits]).all()


def test_that_the_answer_is_the_mean_over_all_choices():
    """Weighed by their evidence: between the layers of the single fits, near the best one."""
    features, is_lens = drawn(300, [2.0, 0.5], 9)
    tuned = lasthead.tune(zero(2), graded(features, is_lens))
    share = softmax([one.evidence for one in tuned.fits])
    mean = sum(part * one.layer.kernel for part, one in zip(share, tuned.fits, strict=True))
    assert np.allclose(tuned.layer.kernel, mean)
    assert 0.002 <= tuned.slips <= 0.1
