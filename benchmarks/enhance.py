"""The enhancer against Richardson-Lucy and Wiener with the PSF known, on simulations and on real pairs; what it invents, and whether it
helps a classifier.

    python benchmarks/enhance.py [--model FOLDER] [--plain FOLDER] [--denoiser FOLDER] [--count 300] [--negatives 1000] [--json]

PSNR: 20 log10(1 / RMSE) of (asinh(10 x) / asinh(10)) with x = flux over the truth's largest, and of x itself ("linear"); a stamp
without any light (an artefact alone) has none.
Features: of the places where the truth, smoothed by nobody, has a local maximum of 5 sigma of the poor image's noise, at least 5 px
from a brighter one, the share that a method shows as a maximum within 2 px; and of those that a method shows, the share that is not
there (as GalaxyGAN asks by eye, Schawinski et al. 2017). Deconvolutions are tuned on other simulations for their best linear PSNR.
False arcs: a patch of at least 12 joined pixels, 1.5 times as long as wide, 0.6" to 3" from the middle,
that stands 3 noise of the poor image above all that the truth has within a pixel, sharp or blurred as the poor image is; counted in
stamps that hold no lens, for every method by the same rule; "faint ones" stand 1 noise above it, which is nothing in an image with
noise but can be seen in one that shows none.
AUROC: of the shipped classifier on the pictures as they are, 95 %; "gained" is what it has above the raw ones, paired: the same
resampled stamps for both.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import enhance_data
import numpy as np
from enhance_data import SCALE, Degraded
from scipy import ndimage

from astrolens_gui.api import Context
from astrolens_gui.core.images.prepare import crop, levels, prepare_many
from astrolens_gui.core.learn.intervals import bootstrap
from astrolens_gui.core.learn.models import read_model
from astrolens_gui.core.learn.ranking import auroc
from astrolens_gui.core.learn.scoring import lens_logit
from astrolens_gui.core.plugins import Plugins, create

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = ROOT / "resources" / "weights"
TUNED_ON, JUDGED = 6061, 6062
"""Seeds of the simulations that the deconvolutions are tuned on and all are judged on; neither trained anything."""
STEPS = [1, 2, 3, 5, 8, 12, 20, 40]
BALANCES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]
Method = Callable[[list[Degraded]], np.ndarray]


def kernel(sigma: float) -> np.ndarray:
    """The Gaussian between the poor image and the wanted one."""
    reach = max(3, int(np.ceil(4 * sigma)))
    axis = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    made = np.outer(axis, axis)
    return made / made.sum()


EDGE = 16
"""Pixels that are mirrored around an image before it is deconvolved, and cut off again: what wraps there would ring."""


def lucy(iterations: int) -> Method:
    """Richardson-Lucy, with an offset of 5 sigma, for it takes positive values alone."""
    from skimage.restoration import richardson_lucy

    def run(one: Degraded, image: np.ndarray) -> np.ndarray:
        lifted = np.maximum(image + 5, 1e-3)
        return np.asarray(richardson_lucy(lifted, kernel(one.sigma_px), num_iter=iterations, clip=False) - 5)

    return _each(run)


def wiener(balance: float) -> Method:
    """Wiener-Hunt."""
    from skimage.restoration import wiener as hunt

    return _each(lambda one, image: np.asarray(hunt(image, kernel(one.sigma_px), balance, clip=False)))


def _each(run: Callable[[Degraded, np.ndarray], np.ndarray]) -> Method:
    """`run` on every stamp in units of its noise, with mirrored edges."""

    def method(stamps: list[Degraded]) -> np.ndarray:
        inner = slice(EDGE, -EDGE)
        made = [run(one, np.pad(one.poor.astype(np.float64) / one.noise, EDGE, mode="symmetric")) for one in stamps]
        return np.stack([each[inner, inner] * one.noise for each, one in zip(made, stamps, strict=True)])

    return method


class Network:
    """A restorer's model folder; it is told neither PSF nor noise."""

    def __init__(self, folder: Path) -> None:
        info = read_model(folder)
        spec = Plugins.discover().backend(info.backend)
        self.backend: Any = create(spec.factory, info.network(spec.params))
        self.backend.load(folder)

    def answer(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(mean, sigma) (N, s, s) in the images' unit."""
        background, noise = (each[:, None, None] for each in levels(np.asarray(images, np.float32)))
        given = ((images - background) / noise)[..., None].astype(np.float32)
        found = self.backend.restore(given, Context(seed=1))
        return found.mean[..., 0] * noise + background, found.sigma[..., 0] * noise

    def __call__(self, stamps: list[Degraded]) -> np.ndarray:
        return self.answer(np.stack([one.poor for one in stamps]))[0]


def psnr(image: np.ndarray, truth: np.ndarray, stretched: bool) -> float:
    peak = float(truth.max())
    x, y = image / peak, truth / peak
    if stretched:
        x, y = (np.arcsinh(10 * each) / np.arcsinh(10) for each in (x, y))
    return float(-10 * np.log10(np.square(x - y).mean()))


def fidelity(answers: np.ndarray, stamps: list[Degraded], stretched: bool) -> float:
    """Mean PSNR of the stamps that hold any light."""
    pairs = [(each, one.clean) for each, one in zip(answers, stamps, strict=True) if one.clean.max() > 0]
    return float(np.mean([psnr(each, clean, stretched) for each, clean in pairs]))


def maxima(image: np.ndarray, above: float) -> np.ndarray:
    """(n, 2) places of local maxima above a value, none within 5 px of a brighter one or of the edge."""
    peak = (image == ndimage.maximum_filter(image, 11)) & (image > above)
    peak[:5] = peak[-5:] = peak[:, :5] = peak[:, -5:] = False
    return np.argwhere(peak)


def features(answers: np.ndarray, stamps: list[Degraded]) -> tuple[float, float]:
    """(share of the truth's features that are shown, share of what is shown that is not there)."""
    there = shown = hit = false = 0
    for answer, one in zip(answers, stamps, strict=True):
        truth, found = maxima(one.clean, 5 * one.noise), maxima(answer, 5 * one.noise)
        there, shown = there + len(truth), shown + len(found)
        if len(found) and len(truth):
            hit += int((near(truth, found) <= 2).sum())
        if len(found):
            weak = maxima(one.clean, one.noise)  # a maximum that is there, only fainter, is none that was invented
            false += int((near(found, weak) > 2).sum()) if len(weak) else len(found)
    return hit / max(there, 1), false / max(shown, 1)


def near(places: np.ndarray, others: np.ndarray) -> np.ndarray:
    return np.hypot(*np.moveaxis(places[:, None] - others[None], 2, 0)).min(1)


def false_arcs(answers: np.ndarray, stamps: list[Degraded], above: float) -> float:
    """Stamps with an arc that is not there, `above` times the poor image's noise, per 1,000."""
    side = answers.shape[1]
    y, x = np.mgrid[:side, :side]
    away = np.hypot(x - (side - 1) / 2, y - (side - 1) / 2) * SCALE
    count = 0
    for answer, one in zip(answers, stamps, strict=True):
        blurred = ndimage.gaussian_filter(one.clean, one.sigma_px, mode="nearest")
        there = ndimage.maximum_filter(np.maximum(one.clean, blurred), 3)
        labels, number = ndimage.label(answer - there > above * one.noise, np.ones((3, 3)))
        count += any(_arc(labels == n + 1, away) for n in range(number))
    return 1000 * count / len(stamps)


def _arc(patch: np.ndarray, away: np.ndarray) -> bool:
    if patch.sum() < 12 or not 0.6 <= away[patch].mean() <= 3.0:
        return False
    short, long = np.sqrt(np.maximum(np.linalg.eigvalsh(np.cov(np.argwhere(patch).T)), 1 / 12))
    return bool(long >= 1.5 * short)


def tuned(make: Callable[[Any], Method], values: list[Any], stamps: list[Degraded]) -> tuple[Any, Method]:
    def quality(value: Any) -> float:
        return fidelity(make(value)(stamps), stamps, False)

    best = max(values, key=quality)
    return best, make(best)


def logits(images: np.ndarray) -> np.ndarray:
    """Of the shipped classifier on images as they are, float64 (N,)."""
    info = read_model(WEIGHTS / "cnn-euclid-vis")
    spec = Plugins.discover().backend(info.backend)
    backend: Any = create(spec.factory, info.network(spec.params))
    backend.load(WEIGHTS / "cnn-euclid-vis")
    cut = np.stack([crop(each.astype(np.float32), info.input.size or 0) for each in images])
    return lens_logit(backend.classify(prepare_many({"VIS": cut}, info.input), Context()), info.classes)


def measured(asked: argparse.Namespace) -> dict[str, Any]:
    other = list(enhance_data.stamps(40, TUNED_ON))
    stamps = list(enhance_data.stamps(asked.count, JUDGED))
    negatives = list(enhance_data.stamps(asked.negatives, JUDGED, {"lens_fraction": 0.0}, first=100_000))
    iterations, deconvolved = tuned(lucy, STEPS, other)
    balance, filtered = tuned(wiener, BALANCES, other)
    methods: dict[str, Method] = {
        "raw": lambda given: np.stack([one.poor for one in given]),
        f"Richardson-Lucy, {iterations} steps": deconvolved,
        f"Wiener, balance {balance:g}": filtered,
    }
    for name in ("plain", "denoiser", "model"):
        if (folder := getattr(asked, name)) and (folder / "model.json").exists():
            methods[{"model": "enhanced"}.get(name, name)] = Network(folder)
    is_lens = np.array([one.is_lens for one in stamps])
    clean, raw = (logits(np.stack([getattr(one, name) for one in stamps])) for name in ("clean", "poor"))
    found: dict[str, Any] = {"wanted": {"AUROC": auroc(is_lens, clean)}}
    print("wanted", json.dumps(found["wanted"]), flush=True)
    for name, method in methods.items():
        made = method(stamps)
        shown, invented = features(made, stamps)
        ranked = logits(made)
        (_, own), gained = bootstrap(is_lens, (raw, ranked))
        without = method(negatives)
        found[name] = {
            "PSNR": fidelity(made, stamps, True), "PSNR linear": fidelity(made, stamps, False),
            "features shown": shown, "of those shown, invented": invented,
            "false arcs per 1,000": false_arcs(without, negatives, 3),
            "faint ones": false_arcs(without, negatives, 1),
            "AUROC": auroc(is_lens, ranked), "interval": own, "gained": gained,
        }  # fmt: skip
        print(name, json.dumps({key: np.round(value, 4).tolist() for key, value in found[name].items()}), flush=True)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=WEIGHTS / "gan-euclid-vis")
    parser.add_argument("--plain", type=Path)
    parser.add_argument("--denoiser", type=Path)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--negatives", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    figures = measured(given)
    if given.json:
        print(json.dumps(figures, indent=1))
