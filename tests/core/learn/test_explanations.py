"""Occlusion, integrated gradients, the attack and the probe, on answers that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui.api import Cancelled, Context, InputSpec, UserError
from astrolens_gui.core.images.prepare import prepare
from astrolens_gui.core.learn.integrated import integrated_gradients
from astrolens_gui.core.learn.noise_units import NoiseUnits
from astrolens_gui.core.learn.occlusion import occlusion_map, patch_size
from astrolens_gui.core.learn.robust import attacked, directions, robustness, strengths
from astrolens_gui.core.learn.sensitivity import SHIFTS_PX, sensitivity, symmetries

SIZE = 26
SPEC = InputSpec(("r", "i"), 0.2, SIZE)
RNG = np.random.default_rng(8)


def field(seed: int = 1, size: int = 48) -> dict[str, np.ndarray]:
    """A galaxy on noise of 3 on a sky of 40, in two bands."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size] - size // 2
    light = 400 * np.exp(-np.hypot(x, y) / 3)
    return {band: (light + random.normal(40, 3, (size, size))).astype(np.float32) for band in SPEC.bands}


@pytest.fixture(scope="module")
def stamps() -> np.ndarray:
    return np.stack([prepare(field(seed), SPEC) for seed in range(6)])


def in_window(stamps: np.ndarray) -> np.ndarray:
    """Log-odds that hang on a 5 x 5 window alone."""
    return stamps[:, 4:9, 15:20].sum(axis=(1, 2, 3)).astype(np.float64)


def test_that_occlusion_points_at_the_only_pixels_that_matter():
    stamp = np.full((SIZE, SIZE, 2), 0.1, np.float32)
    stamp[4:9, 15:20] = 1.0
    said = []
    found, whole = occlusion_map(stamp, in_window, Context(on_progress=lambda one: said.append(one.fraction)))
    assert whole == pytest.approx(50)
    assert found.shape == (SIZE, SIZE)
    top, left = np.unravel_index(found.argmax(), found.shape)
    assert 4 <= top < 9
    assert 15 <= left < 20
    reach = patch_size(SIZE)
    far = np.ones_like(found, bool)
    far[4 - reach : 9 + reach, 15 - reach : 20 + reach] = False
    assert not found[far].any()
    assert said == sorted(said)
    assert said[-1] == 1


def test_that_occlusion_by_single_pixels_is_the_answer_pixel_by_pixel():
    """A linear answer: covering a pixel takes away what it gave."""
    stamp = RNG.normal(size=(SIZE, SIZE, 2)).astype(np.float32)
    found, _ = occlusion_map(stamp, in_window, Context(), patch=1, stride=1)
    expected = np.zeros((SIZE, SIZE))
    expected[4:9, 15:20] = stamp[4:9, 15:20].sum(axis=-1)
    assert found == pytest.approx(expected, abs=1e-4)


def test_that_a_cancelled_occlusion_stops():
    with pytest.raises(Cancelled):
        occlusion_map(np.zeros((SIZE, SIZE, 2), np.float32), in_window, Context(is_cancelled=lambda: True))


def test_that_integrated_gradients_add_up_to_the_difference_of_the_answers(stamps: np.ndarray):
    weight = RNG.normal(size=(SIZE, SIZE, 2))

    def run(x: np.ndarray) -> np.ndarray:
        return np.asarray(np.tanh(0.05 * (x * weight).sum(axis=(1, 2, 3))))

    def slope(x: np.ndarray) -> np.ndarray:
        return np.asarray((0.05 * (1 - run(x) ** 2))[:, None, None, None] * weight)

    found = integrated_gradients(stamps[0], run, slope, Context())
    difference = float(np.diff(run(np.stack([0 * stamps[0], stamps[0]])))[0])
    assert found.map.sum() == pytest.approx(difference, rel=0.01)
    assert abs(found.gap) <= 0.01


def linear(weight: np.ndarray, offset: float):
    return (lambda x: (x * weight).sum(axis=(1, 2, 3)) + offset), (lambda x: np.repeat(weight[None], len(x), axis=0))


def test_that_the_smallest_flip_of_a_linear_answer_is_its_distance_in_sky_sigmas():
    """In flux, |logit| = eps · noise · sum |w|: known without searching; random signs need far more."""
    flux = np.stack([np.stack(list(field(seed).values()), axis=-1)[11:37, 11:37] for seed in range(4)])
    weight = RNG.normal(size=flux.shape[1:]) / 1e3
    run, slope = linear(weight, 0.0)
    run_, offset = run, -float(np.median(run(flux))) + 0.2
    run, slope = linear(weight, offset)
    units = NoiseUnits(flux.astype(np.float32), "none")
    assert units.noise == pytest.approx(3, rel=0.35)
    found = robustness(flux, "none", run, slope, Context())
    expected = np.abs(run_(flux) + offset) / (np.abs(weight) * units.noise).sum(axis=(1, 2, 3))
    within = expected <= found.eps[-1]
    assert within.any()
    assert found.smallest[within] == pytest.approx(expected[within], rel=0.02)
    assert np.isinf(found.smallest[~within]).all()
    assert (found.smallest_random > 2 * found.smallest)[within].all()
    assert found.flipped[0] == found.flipped_random[0] == 0
    assert (np.diff(found.flipped) >= 0).all()
    assert found.accuracy(found.lens)[0] == 1
    assert found.accuracy(~found.lens)[0] == 0


def test_that_the_attack_moves_every_pixel_by_the_same_flux_and_nothing_at_zero(stamps: np.ndarray):
    units = NoiseUnits(stamps, "asinh_noise")
    hole = stamps.copy()
    hole[:, 3, 3] = 0.0
    holed = NoiseUnits(hole, "asinh_noise")
    signs = directions(holed, RNG.normal(size=stamps.shape), np.array([True, False] * 3))
    assert np.array_equal(attacked(hole, holed, signs, np.zeros(6)), hole)
    moved = attacked(hole, holed, signs, np.full(6, 0.25))
    assert not moved[:, 3, 3].any()
    there = ~holed.missing
    change = np.sinh(moved.astype(np.float64)) - np.sinh(hole.astype(np.float64))
    assert np.abs(change[there]) == pytest.approx(0.25, abs=2e-3)
    assert units.measured_anew(units.flux) == pytest.approx(stamps, abs=2e-3)


def test_that_the_sign_of_the_gradient_is_that_of_a_step_in_flux(stamps: np.ndarray):
    weight = RNG.normal(size=stamps.shape[1:])
    run, slope = linear(weight, 0.0)
    units = NoiseUnits(stamps[:1], "asinh_noise")
    for y, x, band in ((3, 4, 0), (13, 13, 1), (20, 7, 0)):
        step = np.zeros(units.flux.shape)
        step[0, y, x, band] = 0.5
        ends = [run(units.prepared(units.flux + sign * step).astype(np.float64)) for sign in (1, -1)]
        assert np.sign(ends[0] - ends[1])[0] == np.sign(slope(stamps[:1]))[0, y, x, band]


def test_that_a_normalisation_without_noise_is_refused(stamps: np.ndarray):
    with pytest.raises(UserError, match="no unit of noise"):
        robustness(stamps, "ranks", in_window, in_window, Context())


def test_that_strengths_begin_at_nothing_and_end_at_the_limit():
    assert strengths(4.0)[0] == 0
    assert strengths(4.0)[-1] == 4
    assert np.all(np.diff(strengths(4.0)) > 0)


def test_that_the_probe_finds_what_an_answer_depends_on():
    images = field()
    stamp = prepare(images, SPEC)

    def reddening(x: np.ndarray) -> np.ndarray:
        return np.asarray((x[:, 10:16, 10:16, 1] - x[:, 10:16, 10:16, 0]).mean(axis=(1, 2)), np.float64)

    curves = {curve.name: curve for curve in sensitivity(stamp, images, SPEC, reddening)}
    assert set(curves) == {"PSF", "noise", "flux of r", "flux of i", "shift x", "shift y", "orientation"}
    assert (np.diff(curves["flux of i"].logit) > 0).all()
    assert (np.diff(curves["flux of r"].logit) < 0).all()
    assert curves["flux of i"].swing > 5 * curves["orientation"].swing
    as_it_is = reddening(stamp[None])[0]
    for curve in curves.values():
        assert np.isfinite(curve.logit).all()
    for name, place in (("PSF", 0), ("noise", 0), ("flux of r", 3), ("orientation", 0)):
        assert curves[name].logit[place] == pytest.approx(as_it_is)
    assert curves["shift x"].logit[SHIFTS_PX.index(0)] == pytest.approx(as_it_is, abs=1e-6)


def test_that_a_shift_cuts_real_pixels_and_mirrors_beyond_them():
    images = field(size=SIZE + 8)
    seen: list[np.ndarray] = []

    def watch(x: np.ndarray) -> np.ndarray:
        seen.append(x.copy())
        return np.zeros(len(x))

    sensitivity(prepare(images, SPEC), images, SPEC, watch)
    shifts = seen[0][-8 - 2 * len(SHIFTS_PX) : -8]
    by_hand = {band: np.roll(image, -2, axis=1) for band, image in images.items()}
    assert shifts[SHIFTS_PX.index(2)] == pytest.approx(prepare(by_hand, SPEC))
    assert np.isfinite(shifts).all()


def test_that_blur_leaves_the_noise_as_it_was():
    images = {band: np.random.default_rng(5).normal(0, 1, (48, 48)).astype(np.float32) for band in SPEC.bands}
    spread: list[float] = []

    def watch(x: np.ndarray) -> np.ndarray:
        spread.extend(np.sinh(x).std(axis=(1, 2, 3)))
        return np.zeros(len(x))

    sensitivity(prepare(images, SPEC), images, SPEC, watch)
    by_width = np.array(spread[1 : 1 + 4 * 6]).reshape(6, 4).mean(axis=1)
    assert by_width == pytest.approx(np.ones(6), rel=0.15)


def test_that_there_are_eight_symmetries():
    made = symmetries(np.arange(32.0).reshape(4, 4, 2))
    assert len({one.tobytes() for one in made}) == 8
    assert np.array_equal(made[0], np.arange(32.0).reshape(4, 4, 2))
