"""The enhancer: what it learns, how far an answer reaches, that its spread is honest and that files do not change it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from astrolens_gui.api import Cancelled, Context, FitReport, InputSpec, Restores, Trainable, UserError, build
from astrolens_gui.core.plugins import create
from astrolens_gui.testing.checks_restore import pair_set, skies

pytest.importorskip("tensorflow")

from astrolens_gan.plugin import GAN, HALO_PX

SPEC = InputSpec(("r",), 0.2, 32, "noise")
QUICK = {"epochs": 18, "patience": 50, "learning_rate": 3e-3, "ema": 0.97, "batch_size": 8, "precision": "float32"}


def made(**params):
    return create(GAN.factory, build(GAN.params, {"width": 6, "draws": 4, **params}))


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    return pair_set(tmp_path_factory.mktemp("gan") / "set", SPEC, 80)


@pytest.fixture(scope="module")
def trained(pairs):
    backend = made()
    report = backend.fit(pairs, build(GAN.fit_params, QUICK), Context(seed=3))
    return backend, report


@pytest.fixture
def eager():
    """Few steps are quicker one by one than compiled."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def test_it_keeps_the_contract(trained):
    backend, report = trained
    assert isinstance(backend, Restores)
    assert isinstance(backend, Trainable)
    assert isinstance(report, FitReport)
    assert report.used["precision"] == "float32"


def test_it_learns_and_its_mean_is_nearer_to_the_truth_than_the_image(trained):
    backend, report = trained
    assert report.epochs[-1]["val_loss"] < report.epochs[0]["val_loss"]
    noisy, clean = skies(8, SPEC, 77)
    made = backend.restore(noisy, Context(seed=1))
    assert np.square(made.mean - clean).mean() < 0.7 * np.square(noisy - clean).mean()


def test_before_any_training_the_answer_is_the_image_itself_bright_or_negative():
    from astrolens_gan import network

    backend = made()
    backend._take(network.generator(1, 6), 1, 6)
    image = np.random.default_rng(0).normal(0, 1, (1, 34, 34, 1)).astype(np.float32)
    image[0, 3, 4], image[0, 20, 9] = 30_000, -500
    answer = backend.restore(image, Context())
    np.testing.assert_allclose(answer.mean, image, rtol=2e-5, atol=1e-5)
    np.testing.assert_allclose(answer.sigma, 0, atol=1e-2)


def test_mean_and_sigma_are_those_of_its_draws_and_the_draws_differ(trained):
    backend, _ = trained
    answer = backend.restore(skies(3, SPEC, 5)[0], Context(seed=2))
    assert answer.draws.shape == (3, 4, 32, 32, 1)
    np.testing.assert_allclose(answer.mean, answer.draws.mean(1), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(answer.sigma, answer.draws.std(1, ddof=1), rtol=1e-4, atol=1e-5)
    assert answer.sigma.mean() > 0.01
    other = backend.restore(skies(3, SPEC, 5)[0], Context(seed=9))
    assert not np.allclose(other.draws, answer.draws)


@pytest.mark.parametrize("side", [32, 46])
def test_any_even_side_comes_out_as_it_went_in(trained, side):
    image = np.random.default_rng(1).normal(0, 1, (2, side, side, 1)).astype(np.float32)
    assert trained[0].restore(image, Context()).mean.shape == image.shape


def test_tiles_of_an_image_join_without_a_seam(trained):
    image = skies(1, replace(SPEC, size=2 * HALO_PX + 48), 6)[0]
    whole, tile = (trained[0].restore(each, Context(seed=2)).draws for each in (image, image[:, 16:, 32:]))
    inner = slice(HALO_PX, None)
    np.testing.assert_allclose(
        whole[:, :, 16:, 32:][:, :, inner, inner], tile[:, :, inner, inner], rtol=1e-3, atol=1e-3
    )


def test_an_answer_reaches_no_farther_than_the_halo(trained):
    backend, side = trained[0], 3 * HALO_PX
    image = np.random.default_rng(4).normal(0, 1, (1, side, side, 1)).astype(np.float32)
    base = backend.restore(image, Context()).draws
    farthest = 0
    for at in (72, 79):  # first and last of a coarsest cell
        other = image.copy()
        other[0, at, at] += 1e4
        touched = np.argwhere(np.abs(backend.restore(other, Context()).draws - base)[0, :, :, :, 0].max(0) > 1e-3)
        farthest = max(farthest, int(np.abs(touched - at).max()))
    assert 8 < farthest <= HALO_PX


def test_a_saved_enhancer_answers_the_same(trained, tmp_path):
    backend, _ = trained
    backend.save(tmp_path)
    again = made()
    again.load(tmp_path)
    images = skies(2, SPEC, 8)[0]
    np.testing.assert_array_equal(backend.restore(images, Context()).draws, again.restore(images, Context()).draws)
    assert [path.name for path in tmp_path.iterdir()] == ["weights.safetensors"]


def test_the_same_seed_learns_the_same(trained, eager, tmp_path):
    """Also from loaded weights, where it goes on from what it has, within the time given, and of pixels nobody knows nothing."""
    half = pair_set(tmp_path / "half", SPEC, 30)
    wanted = np.array(half.wanted)
    wanted[:, :16] = np.nan
    np.save(half.folder / "wanted.npy", wanted)
    trained[0].save(tmp_path)
    short = replace(build(GAN.fit_params, QUICK), learning_rate=1e-4, epochs=1)
    told = []
    for _ in range(2):
        backend = made()
        backend.load(tmp_path)
        told.append(backend.fit(half, short, Context(seed=11)).epochs)
    assert told[0] == told[1]
    assert np.isfinite(list(told[0][0].values())).all()
    assert told[0][0]["val_loss"] < trained[1].epochs[0]["val_loss"]


def test_without_adversary_and_spread_it_is_a_plain_network_and_keeps_the_time_given(pairs, eager):
    plain = {"adversary_weight": 0.0, "spread_weight": 0.0, "minutes": 0.004, "epochs": 1000, "patience": 1000}
    report = made().fit(pairs, replace(build(GAN.fit_params, QUICK), **plain), Context(seed=3))
    assert report.epochs[-1]["adversary"] == 0
    assert report.epochs[-1]["loss"] == pytest.approx(100 * report.epochs[-1]["pixel"])
    assert report.stopped == "the time was used up"
    assert report.used["minutes"] == 0


def test_a_cancelled_training_stops(pairs):
    with pytest.raises(Cancelled):
        made().fit(pairs, build(GAN.fit_params, QUICK), Context(is_cancelled=lambda: True))


def test_without_pairs_or_with_other_bands_it_says_what_to_do(trained, tmp_path):
    alone = pair_set(tmp_path / "alone", SPEC, 20, wanted=False)
    with pytest.raises(UserError, match="astrolens pairs"):
        made().fit(alone, build(GAN.fit_params, QUICK), Context())
    with pytest.raises(UserError, match="1 bands"):
        trained[0].restore(np.zeros((1, 32, 32, 3), np.float32), Context())
    with pytest.raises(UserError, match="no weights"):
        made().restore(np.zeros((1, 32, 32, 1), np.float32), Context())
    (tmp_path / "weights.safetensors").write_bytes(b"no weights")
    with pytest.raises(UserError, match=r"weights\.safetensors"):
        made().load(Path(tmp_path))
