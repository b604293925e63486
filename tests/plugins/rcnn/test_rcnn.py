"""The detector: what it learns in seconds, where its answers come from, and that files and tiles do not change them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from astrolens_gui.api import (
    Cancelled,
    Context,
    Detections,
    Detects,
    InputSpec,
    Trainable,
    TrainingSet,
    UserError,
    build,
)
from astrolens_gui.core.plugins import create

pytest.importorskip("tensorflow")

from astrolens_rcnn.plugin import HALO_PX, RCNN

TINY = {"width": 4, "least_score": 0.001}


def scene(side: int, rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """(image (side, side), boxes (count, 4), masks): rings among blobs in noise."""
    y, x = np.mgrid[:side, :side].astype(np.float32)
    image = rng.normal(0, 0.3, (side, side)).astype(np.float32)
    boxes, masks = [], []
    for number in range(3 * count):
        cx, cy, radius = *rng.uniform(14, side - 14, 2), rng.uniform(6, 10)
        away = np.hypot(x - cx, y - cy)
        image += 3 * np.exp(-((away / 3) ** 2))
        if number < count:
            image += 2.5 * np.exp(-(((away - radius) / 1.5) ** 2))
            boxes.append((cx, cy, 2 * radius + 3, 2 * radius + 3))
            at = (np.arange(28) + 0.5) / 28 - 0.5
            own = np.hypot(*np.meshgrid(at, at)) * (2 * radius + 3)
            masks.append((np.abs(own - radius) < 1.5) * np.uint8(255))
    return image, np.array(boxes, np.float32).reshape(-1, 4), masks


def box_set(folder: Path, count: int = 12, side: int = 64, boxed: bool = True) -> TrainingSet:
    rng, images, rows, masks = np.random.default_rng(5), [], [], []
    for row in range(count):
        image, boxes, own = scene(side, rng, 2 if boxed else 0)
        images.append(image[..., None])
        rows += [(row, *box, 0) for box in boxes]
        masks += own
    spec = InputSpec(("r",), 0.2, side)
    folder.mkdir(parents=True)
    np.save(folder / "images.npy", np.stack(images))
    np.save(folder / "boxes.npy", np.array(rows, np.float32).reshape(-1, 6))
    np.save(folder / "masks.npy", np.array(masks, np.uint8).reshape(-1, 28, 28))
    np.save(folder / "weights.npy", np.ones(count, np.float32))
    np.save(folder / "split.npy", (np.arange(count) % 4 == 3).astype(np.int8))
    (folder / "set.json").write_text(json.dumps({"kind": "boxes", "classes": ["lens"], "input": spec.as_dict()}))
    return TrainingSet.open(folder)


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory):
    """(backend, report, folder it is saved in) of a tiny detector after a short training."""
    folder = tmp_path_factory.mktemp("rcnn")
    backend = create(RCNN.factory, build(RCNN.params, TINY))
    how = build(
        RCNN.fit_params, {"epochs": 14, "batch_size": 2, "ema": 0.5, "learning_rate": 0.01, "precision": "float32"}
    )
    report = backend.fit(box_set(folder / "set"), how, Context(seed=1))
    (folder / "model").mkdir()
    backend.save(folder / "model")
    return backend, report, folder / "model"


def image(side: int = 160, seed: int = 9) -> np.ndarray:
    return scene(side, np.random.default_rng(seed), 4)[0][None, ..., None]


def same(a: Detections, b: Detections) -> bool:
    return len(a) == len(b) and all(
        np.allclose(one, other, atol=2e-4) for one, other in zip(a.arrays().values(), b.arrays().values(), strict=True)
    )


def test_that_it_learns_and_tells_what_it_found_in_the_shape_that_the_program_expects(taught):
    backend, report, _ = taught
    assert isinstance(backend, Detects)
    assert isinstance(backend, Trainable)
    losses = [epoch["loss"] for epoch in report.epochs]
    assert losses[-1] < 0.5 * losses[0]
    found = backend.detect(np.concatenate([image(), image(seed=10)]), Context())
    assert len(found) > 0
    assert found.masks.shape == (len(found), 28, 28)
    assert {name: value.dtype.name for name, value in found.arrays().items()} == {
        "image": "int32", "boxes": "float32", "score": "float32", "label": "int32", "masks": "float32"
    }  # fmt: skip
    for row in (0, 1):
        own = found.take(found.image == row)
        assert (np.diff(own.score) <= 0).all()
        assert ((own.boxes[:, :2] > -0.5) & (own.boxes[:, :2] < 159.5)).all()
    assert 0 <= found.masks.min() <= found.masks.max() <= 1


def test_that_an_image_is_answered_alike_alone_and_in_a_batch_and_the_input_stays(taught):
    backend, _, _ = taught
    batch = np.concatenate([image(seed=seed) for seed in (1, 2, 3)])
    batch.setflags(write=False)
    whole = backend.detect(batch, Context())
    for row in range(3):
        alone = backend.detect(batch[row : row + 1], Context())
        assert same(alone, whole.take(whole.image == row)) or (whole.take(whole.image == row).image == row).all()
        assert np.allclose(alone.boxes, whole.take(whole.image == row).boxes, atol=2e-4)


def test_that_nothing_beyond_the_halo_changes_an_answer(taught):
    backend, _, _ = taught
    side, at = 2 * HALO_PX + 96, HALO_PX + 48
    rng = np.random.default_rng(3)
    first = scene(side, rng, 30)[0][None, ..., None]
    other = np.where(
        np.hypot(*(np.mgrid[:side, :side] - at))[None, ..., None] > HALO_PX + 40, rng.normal(3, 5, first.shape), first
    )
    a, b = (backend.detect(each.astype(np.float32), Context()) for each in (first, other))
    a, b = (each.take(np.hypot(*(each.boxes[:, :2] - at).T) < 40) for each in (a, b))
    assert len(a) > 0
    assert same(a, b)


def test_that_a_part_of_an_image_is_answered_as_the_whole_away_from_its_edges(taught):
    backend, _, _ = taught
    whole = scene(512, np.random.default_rng(4), 25)[0][None, ..., None]
    a, b = backend.detect(whole, Context()), backend.detect(whole[:, 8:, 16:], Context())
    b = Detections(b.image, b.boxes + np.float32([16, 8, 0, 0]), b.score, b.label, b.masks)
    a, b = (each.take((each.boxes[:, :2] > HALO_PX + 16).all(axis=1)) for each in (a, b))
    assert len(a) > 0
    assert same(a, b)


def test_that_odd_sizes_empty_skies_and_no_images_are_answered(taught):
    backend, _, _ = taught
    for shape in ((1, 26, 26, 1), (1, 101, 75, 1), (2, 64, 64, 1), (0, 64, 64, 1)):
        found = backend.detect(np.zeros(shape, np.float32), Context())
        assert found.boxes.shape == (len(found), 4)
        assert (found.boxes[:, 0] < shape[2]).all()


def test_that_a_model_answers_alike_in_a_new_process_and_foreign_weights_are_refused(taught, tmp_path: Path):
    backend, _, folder = taught
    np.save(tmp_path / "image.npy", image())
    code = (
        "import sys, numpy as np; from pathlib import Path\n"
        "from astrolens_rcnn.detector import Rcnn; from astrolens_rcnn.plugin import Detector\n"
        "from astrolens_gui.api import Context\n"
        f"it = Rcnn(Detector(width=16, least_score=0.001)); it.load(Path({str(folder)!r}))\n"
        f"found = it.detect(np.load({str(tmp_path / 'image.npy')!r}), Context())\n"
        f"np.savez({str(tmp_path / 'found.npz')!r}, **found.arrays())\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=200, capture_output=True)
    with np.load(tmp_path / "found.npz") as arrays:
        assert same(Detections(**arrays), backend.detect(image(), Context()))
    other = create(RCNN.factory, build(RCNN.params, {}))
    with pytest.raises(UserError, match="missing"):
        other.load(tmp_path)
    with pytest.raises(UserError, match="no weights yet"):
        other.detect(image(), Context())
    with pytest.raises(UserError, match="1 band"):
        backend.detect(np.zeros((1, 64, 64, 3), np.float32), Context())


def test_that_a_loaded_detector_goes_on_from_where_it_was(taught, tmp_path: Path):
    _, report, folder = taught
    backend = create(RCNN.factory, build(RCNN.params, TINY))
    backend.load(folder)
    how = build(RCNN.fit_params, {"epochs": 1, "batch_size": 2, "precision": "float32", "ema": 0.0})
    again = backend.fit(box_set(tmp_path / "set"), how, Context(seed=1))
    assert again.epochs[0]["loss"] < 0.7 * report.epochs[0]["loss"]


def test_that_cancelling_ends_a_training_and_a_set_without_boxes_is_said(tmp_path: Path):
    backend = create(RCNN.factory, build(RCNN.params, TINY))
    how = build(RCNN.fit_params, {"batch_size": 2, "precision": "float32", "ema": 0.0})
    with pytest.raises(UserError, match="draw boxes"):
        backend.fit(box_set(tmp_path / "none", 4, boxed=False), how, Context())
    told = []
    ctx = Context(on_progress=told.append, is_cancelled=lambda: len(told) >= 1)
    with pytest.raises(Cancelled):
        backend.fit(box_set(tmp_path / "some", 4), how, ctx)
    assert "loss" in told[0].metrics


def test_that_turned_boxes_lie_where_the_turned_image_has_their_pixels():
    from astrolens_rcnn.batches import turned

    from astrolens_gui import kit

    picture = np.zeros((8, 12, 12, 1), np.float32)
    picture[:, 2:5, 7:9] = 1
    box = np.float32([7.5, 3, 2, 3])
    moved = kit.dihedral(picture, np.arange(8))
    for which in range(8):
        y, x = np.nonzero(moved[which, ..., 0])
        wanted = ((x.min() + x.max()) / 2, (y.min() + y.max()) / 2, np.ptp(x) + 1, np.ptp(y) + 1)
        assert tuple(turned(box, which, 12)) == wanted


def test_that_sources_above_the_sky_are_looked_at_where_the_parameters_say_so(taught):
    from astrolens_rcnn.sources import SIDES, places

    _, _, folder = taught
    empty = np.random.default_rng(1).normal(0, 0.5, (96, 96, 1)).astype(np.float32)
    shown = empty.copy()
    shown[40:46, 60:66] += 4
    assert len(places(empty)) == 0
    found = places(shown)
    assert len(found) == len(SIDES)
    assert np.abs(found[:, :2] - (62.5, 42.5)).max() < 1
    backend = create(RCNN.factory, build(RCNN.params, {**TINY, "proposals": "sources"}))
    backend.load(folder)
    assert len(backend.detect(empty[None], Context())) == 0
    seen = backend.detect(shown[None], Context())
    assert len(seen) >= 1
    assert np.hypot(*(seen.boxes[0, :2] - (62.5, 42.5))) < 25
