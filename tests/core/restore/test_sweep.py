"""Tiles give what the whole gives, units come back, and what has no value gets none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from astrolens_gui.api import Context, InputSpec, UserError
from astrolens_gui.core.images.sections import Whole
from astrolens_gui.core.restore import sweep as restoring
from astrolens_gui.core.restore.sweep import Flat, Scene, sweep, together

INPUT = InputSpec(("r",), 0.2, None, "noise")


def smooth(batch, ctx):
    """Every pixel the mean of 9 x 9 weighted ones: its reach is 8 pixels."""
    mean = np.stack([gaussian_filter(one, (2, 2, 0), radius=(8, 8, 0), mode="constant") for one in batch])
    draws = np.stack([mean - 1, mean, mean + 1], axis=1)
    return {"mean": mean, "sigma": np.full_like(mean, 0.5), "draws": draws}


def identity(batch, ctx):
    return {"mean": batch, "sigma": np.full_like(batch, np.nan), "draws": np.zeros((len(batch), 0, *batch.shape[1:]))}


def scene(*bands):
    return Scene(tuple(Whole(band) for band in bands), Flat.of(bands))


def restored(image, run, **how):
    return together(sweep([scene(image)], INPUT, run, Context(), **how), image.shape, 1)


@pytest.mark.parametrize("shape", [(26, 26), (41, 51), (100, 37), (64, 64), (700, 530)])
@pytest.mark.parametrize("unit", [1e-11, 40.0])
def test_that_doing_nothing_gives_the_image_back_whatever_its_size_and_unit(shape, unit):
    image = ((np.random.default_rng(1).normal(3, 1, shape)) * unit).astype(np.float32)
    image[5:7, 3:9] = np.nan
    image[0, 0] = np.inf
    made = restored(image, identity, halo=24)
    good = np.isfinite(image)
    np.testing.assert_allclose(made["mean"][good, 0], image[good], rtol=1e-4, atol=1e-5 * unit)
    assert np.isnan(made["mean"][~good]).all()
    assert np.isnan(made["spread"]).all()  # no draws, no spread
    assert np.abs(made["residual"][good]).max() < 1e-3


def test_that_tiles_with_a_halo_give_what_the_whole_gives(monkeypatch):
    image = np.random.default_rng(2).normal(10, 2, (610, 430)).astype(np.float32)
    tiled = restored(image, smooth, halo=8)
    assert restoring.side(image.shape, 8) == 256
    monkeypatch.setattr(restoring, "TILE", 1024)
    whole = restored(image, smooth, halo=8)
    for name in ("mean", "sigma", "spread", "residual"):
        np.testing.assert_allclose(tiled[name], whole[name], rtol=1e-4, atol=1e-4, err_msg=name)


def test_that_sigma_and_spread_come_in_the_images_unit_and_the_residual_in_its_noise():
    image = np.random.default_rng(3).normal(100, 5, (64, 64)).astype(np.float32)
    made = restored(image, smooth)
    noise = Flat.of([image]).noise[0]
    assert made["sigma"][9, 9, 0] == pytest.approx(0.5 * noise, rel=1e-4)
    assert made["spread"][9, 9, 0] == pytest.approx(noise, rel=1e-4)  # draws at -1, 0 and 1 sigma
    np.testing.assert_allclose(made["residual"], (made["raw"] - made["mean"]) / noise, rtol=1e-4)


def test_that_stamps_of_several_sizes_share_batches_and_keep_their_own_sky():
    random = np.random.default_rng(4)
    images = [random.normal(n, 1 + n, (40 + 10 * (n % 2), 40)).astype(np.float32) for n in range(9)]
    sizes = []

    def counted(batch, ctx):
        sizes.append(batch.shape[:2])
        return identity(batch, ctx)

    pieces = {piece.scene: piece for piece in sweep([scene(image) for image in images], INPUT, counted, Context())}
    assert sorted(sizes) == [(4, 64), (5, 48)]
    for number, image in enumerate(images):
        np.testing.assert_allclose(pieces[number].mean[..., 0], image, rtol=1e-4, atol=1e-4)


def test_that_a_piece_of_a_large_image_comes_before_all_of_it_was_read():
    class Counting(Whole):
        read_px = 0

        def read(self, *box):
            part = super().read(*box)
            self.read_px += part.size
            return part

    band = Counting(np.zeros((2000, 1500), np.float32))
    pieces = sweep([Scene((band,), Flat(np.zeros(1), np.ones(1)))], INPUT, identity, Context(), halo=16)
    next(pieces)
    assert band.read_px < 0.2 * 2000 * 1500


@pytest.mark.parametrize(
    ("run", "input", "said"),
    [
        (identity, InputSpec(("r",), 0.2, None, "asinh_noise"), "asinh_noise is not linear in flux"),
        (lambda b, c: {**identity(b, c), "mean": b[:, :-1]}, INPUT, "mean has the shape"),
        (lambda b, c: {**identity(b, c), "mean": b * np.nan}, INPUT, "not finite"),
        (lambda b, c: {**identity(b, c), "draws": b}, INPUT, "draws have the shape"),
    ],
)
def test_that_a_wrong_model_is_refused_in_one_sentence(run, input, said):
    with pytest.raises(UserError, match=said):
        list(sweep([scene(np.ones((40, 40), np.float32))], input, run, Context()))


def test_that_an_image_without_any_value_comes_back_without_any():
    made = restored(np.full((26, 30), np.nan, np.float32), smooth)
    assert all(np.isnan(array).all() for array in made.values())
