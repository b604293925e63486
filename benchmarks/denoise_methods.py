"""What a denoiser is held against: Gaussian, wavelet, total variation and non-local means, each tuned; and networks of any folder.

All take images float32 (N, s, s) in units of the sky's noise and give the same. With `shot` above 0 a classical method works where the
noise is alike everywhere (generalised Anscombe transform, Mäkitalo & Foi 2013, IEEE TIP 22, 91), which it is better at: to be beaten
at its best.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

from astrolens_gui.api import Context, build
from astrolens_gui.core.learn.models import read_model
from astrolens_gui.core.plugins import Plugins, create

Method = Callable[[np.ndarray], np.ndarray]
ROOT = Path(__file__).resolve().parents[1]


def gaussian(width: float) -> Method:
    """Width in pixels."""
    return lambda images: np.stack([ndimage.gaussian_filter(each, width) for each in images])


def wavelet(name: str, how: str, scale: float) -> Method:
    """Soft thresholds (BayesShrink or VisuShrink) of `scale` times the noise, mean of 16 shifts."""
    from skimage.restoration import cycle_spin, denoise_wavelet

    asked = {"sigma": scale, "wavelet": name, "method": how, "mode": "soft", "rescale_sigma": False}
    return lambda images: np.stack(
        [cycle_spin(each, func=denoise_wavelet, max_shifts=3, func_kw=asked, workers=1) for each in images]
    )


def variation(weight: float) -> Method:
    """Total variation (Chambolle 2004)."""
    from skimage.restoration import denoise_tv_chambolle

    return lambda images: np.stack([denoise_tv_chambolle(each, weight=weight) for each in images])


def nonlocal_means(patch: int, strength: float) -> Method:
    """Patches of the neighbourhood of 15 x 15 pixels, weighed by likeness (Buades et al. 2005)."""
    from skimage.restoration import denoise_nl_means

    def one(image: np.ndarray) -> np.ndarray:
        return np.asarray(denoise_nl_means(image, patch, 7, h=strength, sigma=1.0, fast_mode=True))

    return lambda images: np.stack([one(each) for each in images])


GRIDS: dict[str, tuple[Callable[..., Method], tuple[tuple[Any, ...], ...]]] = {
    "Gaussian": (gaussian, ((0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 1.0, 1.3, 1.7),)),
    "wavelet": (wavelet, (("sym4", "bior4.4"), ("BayesShrink", "VisuShrink"), (0.3, 0.45, 0.6, 0.8, 1.0, 1.3, 1.7))),
    "total variation": (variation, ((0.2, 0.35, 0.6, 0.9, 1.3, 1.8, 2.5, 3.5),)),
    "non-local means": (nonlocal_means, ((3, 5, 7), (0.3, 0.45, 0.6, 0.75, 0.9, 1.1, 1.4))),
}
"""By name: what makes one, and the values that are tried of each of its settings."""


def stabilised(method: Method, shot: float) -> Method:
    """`method` where noise of variance 1 + shot x is 1 everywhere; with `shot` 0 the method itself."""
    if not shot:
        return method

    def run(images: np.ndarray) -> np.ndarray:
        inside = np.maximum(shot * images.astype(np.float64) + 0.375 * shot**2 + 1, 1e-3)
        made = method((2 / shot) * np.sqrt(inside))
        return np.asarray(shot * made**2 / 4 - shot / 8 - 1 / shot, np.float32)

    return run


def tuned(
    images: np.ndarray, error: Callable[[np.ndarray], float], shots: tuple[float, ...]
) -> Iterator[tuple[str, Method]]:
    """(name with its settings, method) of each, with the settings of the least `error(answers)`."""
    for name, (make, values) in GRIDS.items():
        tried = [(stabilised(make(*each), shot), each, shot) for *each, shot in product(*values, shots)]
        method, settings, shot = min(tried, key=lambda one: error(one[0](images)))
        told = ", ".join(map(str, settings)) + (f", stabilised {shot:.2g}" if shot else "")
        yield f"{name} ({told})", method


class Network:
    """A restorer's model folder, the denoiser's bare weights, or a backend that is loaded already."""

    def __init__(self, model: Path | Any) -> None:
        if isinstance(model, Path):
            info = read_model(model) if (model / "model.json").exists() else None
            spec = Plugins.discover().backend(info.backend if info else "autoencoder")
            self.backend: Any = create(spec.factory, info.network(spec.params) if info else build(spec.params, {}))
            self.backend.load(model)
        else:
            self.backend = model

    def restored(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(mean, sigma)."""
        found = self.backend.restore(np.asarray(images, np.float32)[..., None], Context(seed=1))
        return found.mean[..., 0], found.sigma[..., 0]

    def __call__(self, images: np.ndarray) -> np.ndarray:
        return self.restored(images)[0]


def timed(method: Method, images: np.ndarray) -> tuple[np.ndarray, float]:
    """(answers, seconds a million pixels), after a first call that compiles."""
    method(images[:1])
    began = time.perf_counter()
    made = method(images)
    return made, (time.perf_counter() - began) / images.size * 1e6
