"""A large image is looked at in tiles: nothing is lost or doubled at a border, and the sky is the same for every tile."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui.api import Cancelled, Context, Detections, InputSpec, UserError
from astrolens_gui.core.detect.mesh import BLOCK, Mesh
from astrolens_gui.core.detect.sweep import found, side, sweep
from astrolens_gui.core.images.overlap import plan, spans

SPEC = InputSpec(("VIS",), 0.1, 64, "noise")
HALO = 16


class Pixels:
    """An image in memory that counts what is read at once."""

    def __init__(self, data: np.ndarray) -> None:
        self.data, self.shape, self.most = data, data.shape, 0

    def read(self, y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
        self.most = max(self.most, (y1 - y0) * (x1 - x0))
        return self.data[y0:y1, x0:x1]


def peaks(batch: np.ndarray, ctx: Context) -> dict[str, np.ndarray]:
    """A detector of 3-pixel surroundings: bright local maxima of the first band."""
    image = batch[0, ..., 0]
    framed = np.pad(image, 3, constant_values=-np.inf)
    near = np.stack([framed[y : y + image.shape[0], x : x + image.shape[1]] for y in range(7) for x in range(7)])
    y, x = np.nonzero((image == near.max(axis=0)) & (image > 20))
    boxes = np.stack([x, y, np.full(len(x), 7), np.full(len(x), 7)], 1).astype(np.float32)
    score = (1 - np.exp(-image[y, x] / 100)).astype(np.float32)
    return Detections(np.zeros(len(x), np.int32), boxes, score, np.zeros(len(x), np.int32)).arrays()


@pytest.fixture(scope="module")
def field():
    random = np.random.default_rng(5)
    data = 3e-9 + 1e-11 * random.normal(size=(450, 620))
    places = [(x, y) for x in range(12, 620, 31) for y in range(9, 450, 29)]
    for x, y in places:
        data[y, x] += 1e-11 * random.uniform(50, 200)
    data[100:140, 200:260] = np.nan
    return Pixels(data), [(x, y) for x, y in places if not (100 <= y < 140 and 200 <= x < 260)]


def looked(field: Pixels, tile: int) -> Detections:
    return found(list(sweep([field], Mesh([field]), SPEC, peaks, Context(), halo=HALO, tile=tile)))


def test_that_every_source_is_found_once_whatever_the_tiles(field):
    pixels, places = field
    whole = looked(pixels, 0)
    assert sorted(map(tuple, whole.boxes[:, :2].astype(int).tolist())) == sorted(places)
    for tile in (64, 96, 208):
        tiled = looked(pixels, tile)
        assert np.allclose(np.sort(tiled.score), np.sort(whole.score), atol=1e-6)
        assert sorted(map(tuple, tiled.boxes.tolist())) == sorted(map(tuple, whole.boxes.tolist()))


def test_that_no_more_than_a_tile_is_read_at_once(field):
    pixels, _ = field
    pixels.most = 0
    sky = Mesh([pixels])
    assert pixels.most <= BLOCK * pixels.shape[1]
    pixels.most = 0
    list(sweep([pixels], sky, SPEC, peaks, Context(), halo=HALO, tile=96))
    assert pixels.most <= 96 * 96


def test_that_a_cancelled_sweep_stops_and_keeps_what_it_told(field):
    pixels, _ = field
    told: list[Detections] = []
    ctx = Context(is_cancelled=lambda: len(told) >= 2)
    parts = sweep([pixels], Mesh([pixels]), SPEC, peaks, ctx, halo=HALO, tile=96)
    with pytest.raises(Cancelled):
        told.extend(parts)
    assert len(told) == 2


def test_that_the_sky_follows_a_gradient_and_leaves_galaxies_out():
    random = np.random.default_rng(2)
    _, x = np.mgrid[:700, :900]
    data = 100 + 0.01 * x + random.normal(0, 2, (700, 900))
    data[300:340, 400:440] += 5000
    data[:, 850:] = np.nan
    background, noise = Mesh([Pixels(data)]).at(0, 700, 0, 800)
    assert np.abs(background[..., 0] - (100 + 0.01 * x[:, :800]))[:, 160:640].max() < 0.6
    assert np.median(noise) == pytest.approx(2.0, rel=0.15)


def test_that_an_image_without_values_has_a_sky_that_nothing_is_divided_by_zero_with():
    background, noise = Mesh([Pixels(np.full((300, 200), np.nan))]).at(0, 10, 0, 10)
    assert (background == 0).all()
    assert (noise == 1).all()
    assert len(looked(Pixels(np.full((300, 200), np.nan)), 0)) == 0


@pytest.mark.parametrize(("length", "across", "halo"), [(26, 32, 0), (1000, 256, 64), (2600, 512, 128), (511, 512, 0)])
def test_that_cores_cover_a_side_once_and_keep_their_distance(length, across, halo):
    found_, stop = list(spans(length, across, halo)), 0
    for span in found_:
        assert span.core_start == stop
        assert span.core_start == 0 or span.core_start - span.start >= halo
        assert span.core_stop == length or span.start + across - span.core_stop >= halo
        stop = span.core_stop
    assert stop == length


def test_that_tiles_without_a_core_are_refused_and_a_small_image_is_one_tile():
    with pytest.raises(ValueError, match="no core"):
        list(spans(1000, 128, 64))
    assert len(list(plan((26, 30), 32, 16))) == 1
    assert side((26, 30), 16) == 32
    assert side((20_000, 20_000), 192) == 1152


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"boxes": np.zeros((2, 4), np.float32)}, "don't fit"),
        ({"score": np.array([np.nan], np.float32)}, "not finite"),
        ({"masks": np.zeros((3, 28, 28), np.float32)}, "3 masks for 1"),
    ],
)
def test_that_a_wrong_answer_is_said_in_a_sentence(wrong, says):
    def broken(batch: np.ndarray, ctx: Context) -> dict[str, np.ndarray]:
        right = Detections(*(np.zeros(n, np.float32) for n in ((1,), (1, 4), (1,), (1,)))).arrays()
        return {**right, **wrong}

    data = Pixels(np.zeros((64, 64)))
    with pytest.raises(UserError, match=says):
        list(sweep([data], Mesh([data]), SPEC, broken, Context()))
