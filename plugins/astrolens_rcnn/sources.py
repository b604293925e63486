"""Where sources stand above the sky: the proposals of Fast R-CNN (Girshick 2015, arXiv:1504.08083); knows no network."""

from __future__ import annotations

import numpy as np

THRESHOLD = 2.5
"""In units of the noise, for at least `PIXELS` connected pixels."""
PIXELS = 12
SIDES = (16.0, 26.0, 42.0)
"""Of the squares proposed round each source, in pixels: a lens is larger than the galaxy in its middle."""
MOST = 120
"""Proposals of one training image; the brightest sources first."""
HIGHEST = 12.0
"""Of asinh of the image: no float overflows when it is taken back."""


def places(image: np.ndarray) -> np.ndarray:
    """Squares about each source of a prepared image (h, w, bands) → float32 (3 K, 4), the brightest source first.

    Sources are found by SExtractor's method (Bertin & Arnouts 1996; sep, Barbary 2016) on the mean of the bands in units of
    the noise.
    """
    import sep

    light = np.ascontiguousarray(np.sinh(np.clip(image, -HIGHEST, HIGHEST)).mean(axis=-1), np.float32)
    sep.set_extract_pixstack(max(1_000_000, light.size))
    sep.set_sub_object_limit(8192)
    found = sep.extract(light, THRESHOLD / np.sqrt(image.shape[-1]), minarea=PIXELS, deblend_cont=0.005)
    found = found[np.argsort(-found["flux"], kind="stable")]
    squares = np.empty((len(found), len(SIDES), 4), np.float32)
    squares[..., 0], squares[..., 1] = found["x"][:, None], found["y"][:, None]
    squares[..., 2] = squares[..., 3] = np.asarray(SIDES)
    return squares.reshape(-1, 4)
