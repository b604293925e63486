"""The denoiser: what it learns in each mode, that flux and stated errors are right, and how far an answer reaches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from astrolens_gui.api import Cancelled, Context, InputSpec, Restores, Trainable, UserError, build
from astrolens_gui.core.plugins import create
from astrolens_gui.testing.checks_restore import pair_set, skies

pytest.importorskip("tensorflow")

from astrolens_autoencoder.learner import Learner
from astrolens_autoencoder.noise import Noise, level
from astrolens_autoencoder.plugin import AUTOENCODER, HALO_PX, Training

SPEC = InputSpec(("r",), 0.2, 32, "noise")
WHITE = np.pad(np.ones((1, 1, 1)), ((0, 0), (2, 2), (2, 2)))
QUICK = {"epochs": 12, "patience": 50, "learning_rate": 8e-3, "ema": 0.9, "precision": "float32"}


def made(**params):
    return create(AUTOENCODER.factory, build(AUTOENCODER.params, {"width": 6, **params}))


def how(**values):
    return build(AUTOENCODER.fit_params, {**QUICK, **values})


@pytest.fixture
def eager():
    """Compiling takes longer than a few steps do."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    return pair_set(tmp_path_factory.mktemp("autoencoder") / "set", SPEC, 80)


@pytest.fixture(scope="module")
def trained(pairs):
    backend = made()
    return backend, backend.fit(pairs, how(), Context(seed=3))


def share_left(backend, seed=77):
    """Of the mean square error."""
    noisy, clean = skies(12, SPEC, seed)
    answer = backend.restore(noisy, Context()).mean
    return np.square(answer - clean).mean() / np.square(noisy - clean).mean()


def test_it_keeps_the_contract_and_takes_pairs_where_there_are_some(trained):
    backend, report = trained
    assert isinstance(backend, Restores)
    assert isinstance(backend, Trainable)
    assert report.used["mode"] == "supervised"
    assert report.epochs[-1]["val_loss"] < report.epochs[0]["val_loss"]


def test_from_pairs_it_takes_most_of_the_noise_away(trained):
    assert share_left(trained[0]) < 0.35


@pytest.mark.parametrize("mode", ["recorrupted", "blind_spot"])
def test_alone_it_takes_most_of_the_noise_away_without_ever_seeing_a_clean_image(tmp_path, mode):
    alone = pair_set(tmp_path / "alone", SPEC, 80, wanted=False)
    backend = made()
    report = backend.fit(alone, how(mode=mode, epochs=10), Context(seed=3))
    assert report.used["mode"] == mode
    assert report.epochs[-1]["loss"] > 0  # an estimate of a squared error that falls below 0 has been outwitted
    assert share_left(backend) < 0.6
    noisy, clean = skies(12, SPEC, 5)
    answer = backend.restore(noisy, Context())
    assert (np.abs(answer.mean - clean) < 2 * answer.sigma).mean() > (0.8 if mode == "recorrupted" else 0.7)


def test_a_second_exposure_with_gaps_teaches_as_a_clean_image_does(tmp_path):
    twice = pair_set(tmp_path / "twice", SPEC, 80)
    wanted = np.array(twice.wanted)
    wanted += np.random.default_rng(1).normal(0, 1, wanted.shape)
    wanted[::3, :8] = np.nan
    np.save(twice.folder / "wanted.npy", wanted)
    backend = made()
    report = backend.fit(twice, how(), Context(seed=3))
    assert np.isfinite([each["loss"] for each in report.epochs]).all()
    assert share_left(backend) < 0.6
    noisy, clean = skies(12, SPEC, 5)
    answer = backend.restore(noisy, Context())
    error = np.square(answer.mean - clean).mean()
    assert 0.3 * error < np.square(answer.sigma).mean() < 0.6  # the second exposure has 1, which is not its own


def test_the_stated_error_is_the_error(trained):
    noisy, clean = skies(20, SPEC, 78)
    answer = trained[0].restore(noisy, Context())
    assert 0.9 < (np.abs(answer.mean - clean) < 2 * answer.sigma).mean() < 0.99
    bright = clean > 5
    assert answer.sigma[bright].mean() > 1.3 * answer.sigma[clean < 0.1].mean()


def test_one_pixel_of_absurd_doubt_does_not_decide_how_large_the_stated_error_is(eager):
    learner = Learner(1, 4, build(Training, {}), "recorrupted", np.zeros(1, np.float32), 5.0)
    images = np.random.default_rng(1).normal(0, 1, (2, 16, 16, 1)).astype(np.float32)
    batch = (images, images[:, ::-1].copy(), np.ones((2, 1, 1, 1), np.float32))
    modest = learner.watch(batch)[3]
    weights = learner.averaged.get_layer("doubt")
    weights.set_weights([weights.get_weights()[0], np.full(1, 20.0)])
    assert 0 < modest < learner.watch(batch)[3] <= images.size


@pytest.mark.parametrize("factor", [1.0, 30.0, 3000.0])
def test_flux_is_kept_whatever_the_brightness(trained, factor):
    y, x = np.mgrid[:64, :64] - 31.5
    source = 10 * np.exp(-0.5 * (x**2 + y**2) / 3**2)
    noise = np.random.default_rng(2).normal(0, 1, (8, 64, 64))
    images = (factor * source + noise)[..., None].astype(np.float32)
    mean = trained[0].restore(images, Context()).mean[..., 0]
    inside = np.hypot(x, y) < 9
    ratio = (mean[:, inside].sum() - images[:, inside, 0].sum()) / (8 * factor * source[inside].sum())
    assert abs(ratio) < 0.04  # of a tiny network that learnt from peaks of 20; the benchmark measures the shipped one


def test_before_any_training_the_answer_is_the_image_itself_bright_or_negative():
    from astrolens_autoencoder import network
    from astrolens_autoencoder.training import Trained

    backend = made()
    backend._take(Trained(network.denoiser(1, 6), "supervised", np.zeros(1, np.float32), 1.0), 1, 6)
    image = np.random.default_rng(0).normal(0, 1, (1, 34, 38, 1)).astype(np.float32)
    image[0, 3, 4], image[0, 20, 9] = 30_000, -500
    np.testing.assert_allclose(backend.restore(image, Context()).mean, image, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("symmetries", ["1", "4", "8"])
def test_a_mirrored_image_gives_the_mirrored_answer_where_symmetries_are_averaged(trained, tmp_path, symmetries):
    trained[0].save(tmp_path)
    backend = made(symmetries=symmetries)
    backend.load(tmp_path)
    image = np.random.default_rng(1).normal(0, 1, (1, 32, 48, 1)).astype(np.float32)
    answer, mirrored = (backend.restore(each, Context()).mean for each in (image, image[:, :, ::-1]))
    same = np.allclose(mirrored[:, :, ::-1], answer, atol=1e-4)
    assert same == (symmetries != "1")


def test_an_answer_reaches_no_farther_than_the_halo(trained):
    backend, side = trained[0], 3 * HALO_PX
    image = np.random.default_rng(4).normal(0, 1, (1, side, side, 1)).astype(np.float32)
    base = backend.restore(image, Context()).mean
    farthest = 0
    for at in (72, 79):  # first and last of a coarsest cell
        other = image.copy()
        other[0, at, at] += 1e4
        touched = np.argwhere(np.abs(backend.restore(other, Context()).mean - base)[0, :, :, 0] > 1e-6)
        farthest = max(farthest, int(np.abs(touched - at).max()))
    assert 16 < farthest <= HALO_PX


def test_tiles_with_the_halo_give_what_the_whole_image_gives(trained):
    image = skies(1, replace(SPEC, size=256), 9)[0]
    whole = trained[0].restore(image, Context())
    tile = trained[0].restore(image[:, :192, 64:], Context())
    core = slice(HALO_PX, 128)
    np.testing.assert_allclose(tile.mean[:, core, core], whole.mean[:, core, HALO_PX + 64 : 192], atol=1e-4)
    np.testing.assert_allclose(tile.sigma[:, core, core], whole.sigma[:, core, HALO_PX + 64 : 192], atol=1e-4)


def test_a_saved_denoiser_answers_the_same(trained, tmp_path):
    trained[0].save(tmp_path)
    again = made()
    again.load(tmp_path)
    images = skies(2, SPEC, 8)[0]
    for name in ("mean", "sigma"):
        first, second = (getattr(each.restore(images, Context()), name) for each in (trained[0], again))
        np.testing.assert_array_equal(first, second)
    assert [path.name for path in tmp_path.iterdir()] == ["weights.safetensors"]


def test_the_same_seed_learns_the_same(eager, tmp_path):
    few = pair_set(tmp_path / "few", SPEC, 20)
    runs = [made(symmetries="1"), made(symmetries="1")]
    told = [backend.fit(few, how(epochs=2), Context(seed=3)).epochs for backend in runs]
    assert told[0] == told[1]
    np.testing.assert_array_equal(*(each.restore(few.images[:2], Context()).mean for each in runs))


def test_it_goes_on_from_loaded_weights_and_keeps_the_time_given(pairs, trained, eager, tmp_path):
    trained[0].save(tmp_path)
    backend = made()
    backend.load(tmp_path)
    report = backend.fit(pairs, how(minutes=0.004, epochs=1000), Context(seed=12))
    assert report.stopped == "the time was used up"
    assert report.used["minutes"] == 0
    assert report.epochs[0]["val_loss"] < 1.2 * trained[1].epochs[-1]["val_loss"]


def test_a_cancelled_training_stops(pairs, eager):
    with pytest.raises(Cancelled):
        made().fit(pairs, how(), Context(is_cancelled=lambda: True))


def test_what_is_odd_stands_out_from_what_is_only_noisy(trained):
    images = skies(12, SPEC, 6)[0]
    images[7, :, 12:14] += 15 * (np.arange(32) % 2)[:, None, None]  # a dashed line: nothing of the kind was learnt
    found = trained[0].anomaly(images, Context())
    assert found.argmax() == 7
    assert found[7] > 1.2 * np.delete(found, 7).max()


def test_the_noise_is_measured_in_the_images():
    random = np.random.default_rng(3)
    _, clean = skies(60, replace(SPEC, size=64), 4)
    white = random.normal(0, 1, clean.shape) * np.sqrt(1 + 0.2 * clean * 4)
    made = 4 * clean[..., 0] + (white[..., 0] + 0.3 * np.roll(white[..., 0], 1, 2)) / np.hypot(1, 0.3)
    noise = Noise.of(made[..., None].astype(np.float32))
    assert noise.shot[0] == pytest.approx(0.2, rel=0.3)
    row = noise.correlation[0, 2]
    assert row[3] == pytest.approx(0.3 / 1.09, abs=0.06)
    assert abs(row[4]) < 0.06
    drawn = noise.draw((20, 64, 64, 1), random)[..., 0]
    assert drawn.std() == pytest.approx(1, abs=0.02)
    assert (drawn[..., 1:] * drawn[..., :-1]).mean() == pytest.approx(row[3], abs=0.03)


def test_an_image_is_made_two_whose_noises_are_independent():
    from astrolens_autoencoder.training import ALPHA, recorrupted

    random = np.random.default_rng(8)
    white = random.normal(0, 1, (40, 64, 64, 1))
    images = ((white + 0.3 * np.roll(white, 1, 2)) / np.hypot(1, 0.3)).astype(np.float32)
    noise = Noise.of(images)
    given, wanted = recorrupted(images, noise, level(images, noise.correlation), random)
    assert given.var() == pytest.approx(1 + ALPHA**2, rel=0.05)
    assert wanted.var() == pytest.approx(1 + 1 / ALPHA**2, rel=0.05)
    for shift in (0, 1):
        assert abs((given * np.roll(wanted, shift, 2)).mean()) < 0.05


def test_a_clean_image_is_known_by_having_no_noise():
    noisy, clean = skies(6, SPEC, 2)
    assert not level(clean, WHITE).any()
    np.testing.assert_allclose(level(noisy, WHITE), 1, atol=0.2)


def test_without_pairs_or_with_other_bands_it_says_what_to_do(trained, pairs, tmp_path):
    alone = pair_set(tmp_path / "alone", SPEC, 20, wanted=False)
    with pytest.raises(UserError, match="astrolens pairs"):
        made().fit(alone, how(mode="supervised"), Context())
    with pytest.raises(UserError, match="1 bands"):
        trained[0].restore(np.zeros((1, 32, 32, 3), np.float32), Context())
    with pytest.raises(UserError, match="no weights"):
        made().restore(np.zeros((1, 32, 32, 1), np.float32), Context())
    (tmp_path / "weights.safetensors").write_bytes(b"no weights")
    with pytest.raises(UserError, match=r"weights\.safetensors"):
        made().load(Path(tmp_path))


def test_an_image_without_a_value_anywhere_comes_out_finite(trained):
    answer = trained[0].restore(np.zeros((1, 32, 32, 1), np.float32), Context())
    assert np.isfinite(answer.mean).all()
    assert (answer.sigma >= 0).all()
