"""Thumbnails keep the whole image, its cuts and its shape."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui.core.images import fits
from astrolens_gui.core.images.stretch import Recipe
from astrolens_gui.core.images.thumbnails import picture, shrink, thumb


def test_that_every_real_lens_has_a_thumbnail_that_is_not_flat(shared_data):
    for path in sorted((shared_data / "lenses").rglob("*.fits")):
        small = thumb(fits.planes(path), 96, Recipe())
        assert small.shape == (96, 96, 3)
        assert small.std() > 5, path.name


def test_that_the_recipes_band_is_shown_and_the_first_one_else(shared_data):
    planes = fits.planes(shared_data / "lenses/euclid_q1/J0331163-274757_group.fits")
    assert (thumb(planes, 64, Recipe(band="H")) == thumb(planes[-1:], 64, Recipe())).all()
    assert (thumb(planes, 64, Recipe(band="u")) == thumb(planes[:1], 64, Recipe())).all()
    with pytest.raises(ValueError, match="no image"):
        thumb([], 64, Recipe())


@pytest.mark.parametrize("shape", [(2, 2), (26, 26), (169, 187), (2600, 100), (3, 1000), (64, 64)])
@pytest.mark.parametrize("size", [32, 64, 200])
def test_that_any_shape_fits_the_square(shape, size):
    image = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    assert picture(image, size, Recipe()).shape == (size, size, 3)
    small = shrink(image, size)
    assert max(small.shape) == size
    assert abs(min(small.shape) - size * min(shape) / max(shape)) <= 1.5


def test_that_a_source_keeps_its_place():
    image = np.zeros((300, 300), np.float32)
    image[60:66, 210:216] = 1
    y, x = np.argwhere(shrink(image, 100) > 0.5).mean(axis=0)
    assert (y, x) == pytest.approx((20.5, 70.5), abs=1)
