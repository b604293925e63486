"""Network input is finite whatever the pixels are, and the same alone or in a stack."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from astrolens_gui.api import InputSpec
from astrolens_gui.core.images import fits
from astrolens_gui.core.images.prepare import NORMALISATIONS, crop, levels, prepare, prepare_many

SPEC = InputSpec(("r",), 0.2, 32)


def test_that_noise_becomes_unit_noise_around_zero():
    rng = np.random.default_rng(0)
    sky = rng.normal(1e5, 37.0, size=(200, 64, 64)).astype(np.float32)
    values = np.sinh(prepare_many({"r": sky}, InputSpec(("r",), 0.2, 64)).astype(float))
    assert abs(np.median(values)) < 0.02
    assert np.std(values) == pytest.approx(1, abs=0.05)


def test_that_units_do_not_matter():
    image = np.random.default_rng(1).normal(size=(32, 32)) + np.eye(32) * 50
    one = prepare({"r": image}, SPEC)
    for unit in (1e-11, 1e5):
        np.testing.assert_allclose(prepare({"r": image * unit}, SPEC), one, rtol=1e-3, atol=1e-4)


def test_that_real_lenses_of_all_surveys_are_finite_and_of_one_range(shared_data):
    for name in ("lenses", "nonlenses", "fields"):
        for path in sorted((shared_data / name).rglob("*.fits")):
            for plane in fits.planes(path):
                image = fits.read(plane)
                out = prepare({"r": image}, InputSpec(("r",), None, min(image.shape)))
                assert np.isfinite(out).all(), path.name
                assert np.abs(out).max() < 25, path.name
                assert out.std() > 0.1, path.name


@pytest.mark.parametrize(
    "image",
    [
        np.full((32, 32), np.nan),
        np.full((32, 32), np.inf),
        np.full((32, 32), 7.0),
        np.zeros((32, 32)),
        np.full((32, 32), 1e-38),
        np.full((32, 32), 3e38),
        np.where(np.eye(32) > 0, 1e38, -1e38),
        np.where(np.arange(1024).reshape(32, 32) < 700, 0.0, np.random.default_rng(0).normal(size=(32, 32))),
        np.where(np.arange(1024).reshape(32, 32) < 700, np.nan, np.random.default_rng(0).normal(size=(32, 32))),
        np.where(np.arange(1024).reshape(32, 32) == 528, 5.0, 0.0),
    ],
    ids=["nan", "inf", "constant", "zero", "tiny", "huge", "both ends", "zero wedge", "nan wedge", "one pixel"],
)
@pytest.mark.filterwarnings("error")
def test_that_broken_stamps_give_finite_input_without_a_warning(image):
    out = prepare({"r": image.astype(np.float32)}, SPEC)
    assert out.dtype == np.float32
    assert np.isfinite(out).all()


def test_that_a_source_on_a_noiseless_sky_stays_visible():
    image = np.zeros((32, 32), np.float32)
    image[14:18, 14:18] = 5.0
    out = prepare({"r": image}, SPEC)[..., 0]
    assert out[16, 16] > 0.5
    assert out[0, 0] == 0


@settings(max_examples=80, deadline=None)
@given(hnp.arrays(np.float32, (3, 8, 8), elements=st.floats(width=32, allow_nan=True, allow_infinity=True)))
def test_that_any_stack_is_finite_and_equals_its_members_alone(stack):
    spec = InputSpec(("r",), None, 8)
    before = stack.copy()
    together = prepare_many({"r": stack}, spec)
    assert np.isfinite(together).all()
    for n in range(3):
        np.testing.assert_array_equal(together[n], prepare({"r": stack[n]}, spec))
    np.testing.assert_array_equal(stack, before)


def test_that_bands_come_in_the_specs_order_whatever_the_mappings():
    rng = np.random.default_rng(2)
    images = {band: rng.normal(size=(40, 40)) for band in "gri"}
    out = prepare(images, InputSpec(("i", "g"), None, 32))
    turned = prepare(dict(reversed(images.items())), InputSpec(("g", "i"), None, 32))
    np.testing.assert_array_equal(out, turned[..., ::-1])
    np.testing.assert_array_equal(out[..., 0], prepare({"r": images["i"]}, SPEC)[..., 0])


@pytest.mark.parametrize(
    ("height", "width", "size"), [(101, 101, 99), (100, 101, 50), (64, 64, 64), (65, 70, 32), (66, 71, 33)]
)
def test_that_the_crop_keeps_the_centre(height, width, size):
    image = np.zeros((height, width))
    image[height // 2, width // 2] = 1
    y, x = np.argwhere(crop(image, size))[0]
    assert abs(y - size // 2) <= 1
    assert abs(x - size // 2) <= 1
    assert crop(image, size).shape == (size, size)


def test_that_a_small_stamp_is_refused_and_never_padded():
    with pytest.raises(ValueError, match="20 x 30 px, the model needs 32"):
        prepare({"r": np.zeros((30, 20))}, SPEC)
    with pytest.raises(ValueError, match="band r is missing"):
        prepare({"g": np.zeros((40, 40))}, SPEC)
    with pytest.raises(ValueError, match="no normalisation 'x'; there are: asinh_noise"):
        prepare({"r": np.zeros((40, 40))}, InputSpec(("r",), None, 32, "x"))


@pytest.mark.parametrize("unit", [1e-11, 1.0, 3e4])
def test_that_noise_is_linear_and_its_levels_bring_the_flux_back(unit):
    rng = np.random.default_rng(3)
    flux = (rng.normal(7, 2, (3, 32, 32)) * unit).astype(np.float32)
    flux[:, 14:18, 14:18] += 500 * unit
    flux[1, :5] = np.nan
    flux[2] = np.nan
    background, sigma = levels(flux)
    made = NORMALISATIONS["noise"](flux.copy())
    assert made.dtype == np.float32
    assert np.isfinite(made).all()
    assert (made[np.isnan(flux)] == 0).all()
    back = made * sigma[:, None, None] + background[:, None, None]
    known = np.isfinite(flux)
    np.testing.assert_allclose(back[known], flux[known], rtol=1e-5)
    assert made[0].max() == pytest.approx(250, rel=0.2)  # 500 units of flux are some 250 of noise: nothing is clipped
    assert (background[2], sigma[2]) == (0, 1)


def test_that_asinh_noise_is_the_asinh_of_noise():
    flux = np.random.default_rng(4).normal(100, 3, (2, 24, 24)).astype(np.float32)
    linear, curved = NORMALISATIONS["noise"](flux.copy()), NORMALISATIONS["asinh_noise"](flux.copy())
    np.testing.assert_allclose(np.arcsinh(linear), curved, atol=1e-5)
