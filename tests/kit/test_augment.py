"""Augmentation keeps the class, follows the seed and leaves its input alone."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui import kit

STAMPS = np.random.default_rng(0).normal(0, 1, (16, 26, 26, 2)).astype(np.float32)


def test_that_the_eight_symmetries_are_all_different_and_move_pixels_only():
    stamp = np.repeat(STAMPS[:1], 8, axis=0)
    turned = kit.dihedral(stamp, np.arange(8))
    assert len({each.tobytes() for each in turned}) == 8
    for each in turned:
        np.testing.assert_array_equal(np.sort(each.ravel()), np.sort(STAMPS[0].ravel()))


def test_that_a_centred_ring_stays_a_ring_under_every_symmetry():
    y, x = np.mgrid[:26, :26] - 12.5
    ring = np.exp(-((np.hypot(y, x) - 7) ** 2)).astype(np.float32)[None, :, :, None]
    for element in range(8):
        np.testing.assert_array_equal(kit.dihedral(ring, np.array([element])), ring)


def test_that_jitter_follows_its_seed_and_leaves_the_input_alone():
    before = STAMPS.copy()
    first = kit.jitter(STAMPS, np.random.default_rng(1))
    again, other = kit.jitter(STAMPS, np.random.default_rng(1)), kit.jitter(STAMPS, np.random.default_rng(2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    np.testing.assert_array_equal(STAMPS, before)
    assert first.dtype == np.float32


def test_that_jitter_without_strength_is_a_symmetry():
    out = kit.jitter(STAMPS, np.random.default_rng(1), shift=0, contrast=0, noise=0)
    for before, after in zip(STAMPS, out, strict=True):
        assert any(np.array_equal(kit.dihedral(before[None], np.array([k]))[0], after) for k in range(8))


def test_that_a_shift_moves_by_at_most_its_share_of_the_side():
    point = np.zeros((200, 31, 31, 1), np.float32)
    point[:, 15, 15] = 1
    out = kit.jitter(point, np.random.default_rng(0), shift=0.1, contrast=0, noise=0)
    places = np.array([np.unravel_index(np.argmax(each), (31, 31)) for each in out[..., 0]])
    assert np.abs(places - 15).max() == 3


def test_that_noise_has_the_strength_asked_for_and_is_another_one_for_each_stamp():
    flat = np.zeros((400, 26, 26, 2), np.float32)
    out = kit.jitter(flat, np.random.default_rng(0), shift=0, contrast=0, noise=0.5)
    spread = out.std(axis=(1, 2, 3))
    assert spread.max() == pytest.approx(0.5, rel=0.1)
    assert spread.mean() == pytest.approx(0.25, rel=0.1)
    assert abs(out.mean()) < 0.01
    between = np.corrcoef(out.reshape(400, -1)[:40])
    assert np.abs(between - np.eye(40)).max() < 0.2
    assert kit.jitter(flat[:0], np.random.default_rng(0)).shape == (0, 26, 26, 2)


def test_that_rows_come_as_often_as_their_weight_says():
    weights = np.r_[np.full(5, 50.0), np.full(500, 0.5)]
    rows = kit.weighted_rows(weights, 1000, np.random.default_rng(0))
    counts = np.bincount(rows, minlength=505)
    assert np.abs(counts - weights / weights.sum() * 1000).max() <= 1
    assert not np.array_equal(rows, np.sort(rows))
