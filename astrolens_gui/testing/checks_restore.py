"""What every restorer, and everything that says how odd an image is, must do, one small check each; see `checks`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.api import InputSpec, Restored, TrainingSet

SIDE = 48
"""Pixels of the images that a backend without a size of its own is tried on."""


def pair_set(folder: Path, spec: InputSpec, count: int = 80, seed: int = 5, wanted: bool = True) -> TrainingSet:
    """Smooth blobs under unit noise and, if `wanted`, without it; a fifth is watched, a fifth held out."""
    folder.mkdir(parents=True, exist_ok=True)
    noisy, clean = skies(count, spec, seed)
    np.save(folder / "images.npy", noisy)
    if wanted:
        np.save(folder / "wanted.npy", clean)
    np.save(folder / "weights.npy", np.ones(count, np.float32))
    np.save(folder / "split.npy", np.array([(0, 0, 0, 1, 2)[row % 5] for row in range(count)], np.int8))
    about = {"kind": "pairs", "classes": [], "input": spec.as_dict(), "seed": seed}
    (folder / "set.json").write_text(json.dumps(about), encoding="utf-8")
    return TrainingSet.open(folder)


def skies(count: int, spec: InputSpec, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(with noise, without) float32 (N, s, s, bands) in units of the noise."""
    size, _, bands = spec.shape
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size]
    clean = np.zeros((count, size, size, bands))
    for row in range(count):
        for _ in range(4):
            place, width = random.uniform(6, size - 6, 2), random.uniform(1.8, 4)
            blob = np.exp(-0.5 * ((x - place[0]) ** 2 + (y - place[1]) ** 2) / width**2)
            clean[row] += random.uniform(4, 20) * blob[..., None]
    noisy = clean + random.normal(0, 1, clean.shape)
    return noisy.astype(np.float32), clean.astype(np.float32)


def restored_images_have_the_right_shape(subject: Any) -> None:
    """restore: a `Restored` like the batch, float32, mean and draws finite; its input as it was; another size will do."""
    subject.needs("restore")
    before = subject.images.copy()
    for images in (subject.images, subject.images[:2, :32, :32], np.tile(subject.images[:1], (1, 2, 2, 1))):
        made = subject.trained[0].restore(images, subject.context())
        assert isinstance(made, Restored), f"restore returned {type(made).__name__}, expected api.Restored"
        for name in ("mean", "sigma"):
            array = getattr(made, name)
            assert array.shape == images.shape, f"{name} has the shape {array.shape}, expected {images.shape}"
            assert array.dtype == np.float32, f"{name} is {array.dtype}, expected float32"
        draws = made.draws
        assert draws.ndim == 5, f"draws have the shape {draws.shape}, expected (N, D, s, s, bands)"
        assert (len(draws), *draws.shape[2:]) == images.shape, f"draws have the shape {draws.shape} for {images.shape}"
        assert np.isfinite(made.mean).all(), "mean has values that are not finite"
        assert np.isfinite(draws).all(), "draws have values that are not finite"
        assert not (made.sigma < 0).any(), "sigma is negative somewhere; say NaN where none is stated"
    assert np.array_equal(before, subject.images), "restore changed its input"


def restoring_one_by_one_gives_the_same(subject: Any) -> None:
    """N batches of one give the mean that one batch of N gives."""
    subject.needs("restore")
    backend, images = subject.trained[0], subject.images
    together = backend.restore(images, subject.context()).mean
    single = np.concatenate([backend.restore(images[i : i + 1], subject.context()).mean for i in range(len(images))])
    worst = float(np.abs(together - single).max())
    assert worst <= 1e-2, f"one by one, restored images differ by up to {worst:.3g} of the noise"


def restored_flux_is_the_images(subject: Any) -> None:
    """Bright sources keep their flux: the light of the brightest within 10 %, nothing clipped; the sky stays at 0."""
    subject.needs("restore")
    images = subject.images * 1.0
    size = images.shape[1]
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    images[:1] += (100 * np.exp(-0.5 * (x**2 + y**2) / 3**2))[None, ..., None].astype(np.float32)
    mean = subject.trained[0].restore(images, subject.context()).mean
    inside = np.hypot(x, y) < 9
    before, after = float(images[0][inside].sum()), float(mean[0][inside].sum())
    assert abs(after / before - 1) <= 0.1, f"a bright source comes out with {after / before:.2f} of its flux"


def answers_reach_no_farther_than_the_halo(subject: Any) -> None:
    """What lies farther than `halo` pixels away changes nothing, so that tiles join without a seam."""
    subject.needs("restore")
    halo = -(-max(subject.spec.halo, 1) // 16) * 16
    side = 2 * halo + 32
    base = skies(1, InputSpec(subject.spec.input.bands or ("r",), 0.2, side), seed=3)[0]
    other = base.copy()
    other[:, :8, :8] += 50
    backend = subject.trained[0]
    means = [backend.restore(image, subject.context()).mean for image in (base, other)]
    far = slice(8 + subject.spec.halo, None)
    worst = float(np.abs(means[0] - means[1])[:, far, far].max())
    assert worst <= 0.05, (
        f"a source {subject.spec.halo} pixels away changes an answer by {worst:.3g} of the noise; state a larger halo"
    )


def restoring_repeats_and_survives_saving(subject: Any) -> None:
    """The same seed gives the same mean and draws, also from a model that was saved and loaded."""
    subject.needs("restore")
    first = subject.trained[0].restore(subject.images, subject.context())
    loaded = subject.make()
    loaded.load(subject.saved)
    for backend, who in ((subject.trained[0], "asked again"), (loaded, "saved and loaded")):
        again = backend.restore(subject.images, subject.context())
        for name in ("mean", "draws"):
            worst = np.abs(getattr(first, name) - getattr(again, name)).max(initial=0)
            assert worst <= 1e-3, (
                f"{who}, {name} differs by up to {worst:.3g}; derive every random choice from ctx.seed"
            )


def pairs_are_not_needed_to_train(subject: Any) -> None:
    """fit learns from images alone where there are no wanted ones, or says in one sentence that it needs pairs."""
    subject.needs("restore")
    subject.needs_training()
    from astrolens_gui.api import UserError

    alone = pair_set(subject.folder / "alone", subject.training.input, wanted=False)
    backend = subject.make()
    try:
        backend.fit(alone, subject.fit_params, subject.context())
    except UserError as error:
        if "pairs" not in str(error):
            raise AssertionError(f"without wanted images it says only: {error}") from None
        return
    assert np.isfinite(backend.restore(subject.images, subject.context()).mean).all(), (
        "trained on images alone, it answers NaN"
    )


def odd_images_are_told_by_one_number(subject: Any) -> None:
    """anomaly: float32 (N,), finite; one by one as together; an image that is nothing like the training's is the oddest."""
    subject.needs("anomaly")
    backend, images = subject.trained[0], subject.images.copy()
    images[0] = np.random.default_rng(0).normal(0, 40, images[0].shape)
    found = backend.anomaly(images, subject.context())
    assert found.shape == (len(images),), f"anomaly returned shape {found.shape}, expected {(len(images),)}"
    assert found.dtype == np.float32, f"anomaly returned {found.dtype}, expected float32"
    assert np.isfinite(found).all(), "anomaly returned values that are not finite"
    single = np.concatenate([backend.anomaly(images[i : i + 1], subject.context()) for i in range(len(images))])
    assert np.allclose(found, single, rtol=1e-2, atol=1e-2), "one by one, anomaly gives other values"
    assert found.argmax() == 0, "an image of noise 40 times as strong is not the oddest"


CHECKS = (
    restored_images_have_the_right_shape,
    restoring_one_by_one_gives_the_same,
    restored_flux_is_the_images,
    answers_reach_no_farther_than_the_halo,
    restoring_repeats_and_survives_saving,
    pairs_are_not_needed_to_train,
    odd_images_are_told_by_one_number,
)
