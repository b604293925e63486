"""What the finders measure, against drawn things whose measures are known and against scikit-image."""

from __future__ import annotations

import numpy as np
import pytest
from astrolens_classical import arcs, gabor, hog, yatta
from astrolens_classical.bands import blue_and_red, wavelength_um
from astrolens_classical.missing import filled

from astrolens_gui import kit

pytest.importorskip("scipy", reason="SciPy is not installed")


@pytest.fixture(scope="module")
def injected(drawn):
    """(images in units of the noise, radius px, aperture rad, S/N) of 80 arcs: radii 5..20 px, S/N above 10."""
    random = np.random.default_rng(1)
    images, truth = [], []
    for _ in range(80):
        radius, aperture = random.uniform(5, 20), random.uniform(0.8, 2.5)
        snr = 10 * 20 ** random.uniform(0, 1)
        arc = drawn(radius, aperture, random.uniform(0, 2 * np.pi), snr)
        images.append(arc + random.normal(0, 1, arc.shape))
        truth.append((radius, aperture, snr))
    return np.array(images, np.float32), *np.array(truth).T


@pytest.fixture(scope="module")
def blank():
    return np.random.default_rng(2).normal(0, 1, (120, 64, 64)).astype(np.float32)


def best(segments, count):
    """Row of the brightest segment of every stamp, -1 where there is none."""
    rows = np.full(count, -1)
    for row in np.argsort(segments.flux):
        rows[segments.stamp[row]] = row
    return rows


def test_that_injected_arcs_are_found_and_blank_sky_has_none(injected, blank):
    images, *_ = injected
    found = np.unique(arcs.find(images).segments.stamp)
    assert len(found) >= 0.8 * len(images)
    assert len(np.unique(arcs.find(blank).segments.stamp)) < 0.05 * len(blank)


def test_that_the_length_and_curvature_of_drawn_arcs_are_recovered(injected):
    images, radius, aperture, snr = injected
    segments = arcs.find(images).segments
    rows = best(segments, len(images))
    clear = (rows >= 0) & (snr > 40)
    rows = rows[clear]
    long = segments.length[rows] / (radius * aperture)[clear]
    bent = segments.curvature[rows] * radius[clear]
    assert abs(np.median(long) - 1) < 0.05
    assert abs(np.median(bent) - 1) < 0.05
    assert np.mean(np.abs(long - 1) < 0.1) > 0.8
    wide = (aperture * radius)[clear] > 12  # shorter ones are hardly longer than the blur
    assert np.mean(np.abs(bent[wide] - 1) < 0.1) > 0.8


def test_that_a_straight_line_is_found_without_a_curvature():
    image = np.zeros((1, 64, 64), np.float32)
    image[0, 30:33, 15:50] = 5
    segments = arcs.find(image + np.random.default_rng(0).normal(0, 0.5, image.shape).astype(np.float32)).segments
    row = best(segments, 1)[0]
    assert abs(segments.curvature[row]) < 0.01
    assert segments.length[row] == pytest.approx(35, rel=0.1)


def test_that_an_arc_on_a_galaxy_is_found_after_subtraction(injected):
    pytest.importorskip("sep", reason="sep is not installed")
    images, *_ = injected
    y, x = np.mgrid[:64, :64] - 31.5
    galaxy = 300 * np.exp(-2.5 * np.sqrt(np.hypot(x, y) / 2.0))
    random = np.random.default_rng(5)
    red = galaxy + random.normal(0, 1, images.shape)
    stamps = np.arcsinh(np.stack([images + 0.4 * galaxy, red], axis=-1)).astype(np.float32)
    _, found = yatta.detect(*yatta.subtract(stamps, ["g", "i"]))
    assert len(np.unique(found.stamp[yatta.is_arc(found)])) >= 0.8 * len(images)
    bare = np.arcsinh(np.stack([0.4 * galaxy + random.normal(0, 1, red.shape), red], axis=-1)).astype(np.float32)
    _, found = yatta.detect(*yatta.subtract(bare, ["g", "i"]))
    assert len(np.unique(found.stamp[yatta.is_arc(found)])) < 0.1 * len(bare)


def test_that_blank_sky_has_no_tangential_arc(blank):
    pytest.importorskip("sep", reason="sep is not installed")
    _, found = yatta.detect(*yatta.subtract(np.arcsinh(blank)[..., None], ["VIS"]))
    assert len(np.unique(found.stamp[yatta.is_arc(found)])) < 0.05 * len(blank)


def test_that_a_symmetric_galaxy_turned_by_half_a_turn_leaves_nothing():
    y, x = np.mgrid[:51, :51] - 25
    galaxy = 80 * np.exp(-np.hypot(x, 1.4 * y) / 4)
    residual, errors = yatta.subtract(np.arcsinh(galaxy)[None, ..., None].astype(np.float32), ["VIS"])
    inside = np.hypot(x, y) < 12
    assert np.abs(residual[0][inside]).max() < 0.01
    assert errors[0][25, 25] > errors[0][0, 0] >= 1


def test_that_a_gabor_filter_answers_to_its_own_orientation_and_wavelength():
    i, j = np.mgrid[:48, :96]
    lengths = gabor.wavelengths(48)
    filters = [(length, angle) for length in lengths for angle in gabor.ANGLES]
    for length, angle in ((lengths[1], 0.0), (lengths[2], np.pi / 2), (lengths[2], gabor.ANGLES[5])):
        wave = np.cos(2 * np.pi * (i * np.cos(angle) + j * np.sin(angle)) / length).astype(np.float32)
        strength = gabor.responses(wave[None])[0, :, 12:-12, 24:-24].std(axis=(1, 2))
        assert filters[int(strength.argmax())] == (length, angle)
        across = filters.index((length, min(gabor.ANGLES, key=lambda a: abs(np.cos(a - angle)))))
        assert strength.max() > 20 * strength[across]


def test_that_a_constant_image_has_no_gabor_response_and_a_ring_is_a_straight_stripe():
    assert np.abs(gabor.responses(np.full((1, 48, 96), 7, np.float32))).max() < 1e-3
    y, x = np.mgrid[:101, :101] - 50
    ring = np.exp(-((np.hypot(x, y) - 20) ** 2) / 8).astype(np.float32)
    straight = gabor.polar(ring[None, ..., None])[0]
    assert straight.std(axis=1).max() < 0.05
    assert abs(straight.mean(axis=1).argmax() / 47 * 49.49 - 20) < 1.5


def test_that_gabor_measures_do_not_know_mirrored_from_plain():
    stamps = np.random.default_rng(0).normal(0, 1, (2, 41, 41, 1)).astype(np.float32)
    finder = gabor.GaborSvm(None)
    turned = kit.dihedral(stamps, np.array([4, 6]))
    np.testing.assert_allclose(finder.measures(turned, {}), finder.measures(stamps, {}), atol=2e-2)


def test_that_histograms_and_blocks_are_those_of_scikit_image():
    feature = pytest.importorskip("skimage.feature", reason="scikit-image is not installed")
    images = np.random.default_rng(0).normal(0, 1, (3, 48, 48)).astype(np.float32)
    ours = hog.blocks(hog.histograms(images, 6, 8), 2)
    for image, mine in zip(images, ours, strict=True):
        theirs = feature.hog(image, 8, (8, 8), (2, 2), block_norm="L2-Hys", feature_vector=False)
        np.testing.assert_allclose(mine, theirs, atol=1e-6)


def test_that_symmetric_histograms_are_alike_in_all_eight_views():
    image = np.random.default_rng(0).normal(0, 1, (1, 48, 48, 1)).astype(np.float32)
    image[:, [0, -1]] = image[:, :, [0, -1]] = 0
    views = np.concatenate([kit.dihedral(image, np.array([view])) for view in range(8)])
    found = hog.symmetric(hog.blocks(hog.histograms(np.ascontiguousarray(views[..., 0]), 6, 8), 2))
    np.testing.assert_allclose(found, found[:1].repeat(8, axis=0), atol=0.01)
    assert found.std(axis=1).min() > 0.02


@pytest.mark.parametrize(
    ("bands", "pair"),
    [
        (("VIS",), (0, 0)),
        (("i", "r", "g"), (2, 0)),
        (("u", "g", "r", "i"), (1, 3)),
        (("NIR_H", "VIS"), (1, 0)),
        (("F814W", "F160W", "F475W"), (2, 1)),
        (("one", "two"), (0, 1)),
    ],
)
def test_that_bands_are_blue_and_red_by_name(bands, pair):
    assert blue_and_red(bands) == pair


def test_that_filters_have_their_wavelengths():
    found = [wavelength_um(band) for band in ("HSC-G", "F140W", "F444W", "F606W", "nonsense")]
    assert found == [0.48, 1.40, 4.44, 0.606, None]


def test_that_masked_blocks_are_filled_and_whole_stamps_left_alone():
    y, x = np.mgrid[:40, :40] - 20.0
    galaxy = (3 + 5 * np.exp(-np.hypot(x, y) / 8)).astype(np.float32)
    stamps = np.stack([galaxy, galaxy], axis=-1)[None]
    assert filled(stamps) is stamps
    stamps = stamps.copy()
    stamps[0, 24:30, 10:24, 1] = 0
    found = filled(stamps)
    assert np.abs(found[0, ..., 1] - galaxy).max() < 1  # before: 6
    np.testing.assert_array_equal(found[0, ..., 0], galaxy)
    assert not filled(np.zeros((1, 26, 26, 1), np.float32)).any()
