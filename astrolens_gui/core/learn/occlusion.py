"""What a model's answer hangs on, asked from outside: a patch is replaced by sky, and the answer asked again.

Occlusion sensitivity (Zeiler & Fergus 2014, arXiv:1311.2901, section 4.2) for any model that scores. Knows no network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from astrolens_gui.api import Context

Run = Callable[[np.ndarray], np.ndarray]
"""Prepared stamps float32 (n, size, size, bands) → lens log-odds float64 (n,)."""

SKY = 0.0
"""What a prepared stamp has where there is only background."""

AT_ONCE = 256
"""Occluded stamps asked together."""


def patch_size(size: int) -> int:
    """Pixels a side of the patch for a stamp of `size` pixels: a tenth, odd, at least 3."""
    return max(3, size // 10 | 1)


def occlusion_map(
    stamp: np.ndarray, run: Run, ctx: Context, patch: int | None = None, stride: int | None = None
) -> tuple[np.ndarray, float]:
    """How much each pixel held the answer up.

    Args:
        stamp: float32 (size, size, bands), prepared. patch, stride: in pixels; by default a tenth of the stamp and half of that.

    Returns:
        float32 (size, size): by how much the lens log-odds fall when a patch over the pixel becomes sky, the mean of all
        patches that cover it; positive where the pixel speaks for a lens, negative where against. And the log-odds of the
        stamp as it is.
    """
    size = stamp.shape[0]
    patch = min(patch or patch_size(size), size)
    stride = stride or (patch + 1) // 2
    whole = float(run(stamp[None])[0])
    total, times = np.zeros((size, size)), np.zeros((size, size))
    places = [(top, left) for top in _starts(size, patch, stride) for left in _starts(size, patch, stride)]
    for low in range(0, len(places), AT_ONCE):
        part = places[low : low + AT_ONCE]
        stamps = np.repeat(stamp[None], len(part), axis=0)
        windows = [(slice(max(top, 0), top + patch), slice(max(left, 0), left + patch)) for top, left in part]
        for one, window in zip(stamps, windows, strict=True):
            one[window] = SKY
        for window, odds in zip(windows, run(stamps), strict=True):
            total[window] += whole - float(odds)
            times[window] += 1
        ctx.progress((low + len(part)) / len(places), f"{low + len(part)} of {len(places)} patches")
    return (total / np.maximum(times, 1)).astype(np.float32), whole


def _starts(size: int, patch: int, stride: int) -> Iterator[int]:
    """First pixels of the patches along one side; they hang over both edges, so that every pixel is covered as often."""
    overhang = patch - stride
    first = -overhang + ((size + overhang - patch) % stride) // 2
    return iter(range(first, size, stride))
