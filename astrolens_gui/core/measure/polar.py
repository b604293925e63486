"""The image unrolled around a centre: position angle across, radius upwards, so that a ring becomes a level line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .plate import Patch
from .profiles import sample

WIDEST = 720
"""Columns at most: half a degree each."""


@dataclass(frozen=True)
class Polar:
    """An unrolled image.

    Attributes:
        values: float32 (radii, angles), row 0 at the centre; NaN outside the image.
        angle: (angles,) degrees east of north (counter-clockwise from up where no WCS tells north), from 0, rising.
        radius: (radii,) in `unit`. unit: "arcsec" or "px". oriented: whether the angle is one on the sky.
    """

    values: np.ndarray
    angle: np.ndarray
    radius: np.ndarray
    unit: str
    oriented: bool

    def ring(self) -> np.ndarray:
        """(radii,) median over the angles: where a ring stands out."""
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # rows without any data
            return np.nanmedian(self.values, axis=1)


def unroll(data: np.ndarray, patch: Patch, reach: float | None = None, step: float | None = None) -> Polar:
    """Unroll `data` about the patch's centre out to `reach`, `step` a row (default: one pixel), in the patch's unit.

    Angles are as many as the outermost circle has pixels, 90 to 720. Sampled bilinearly.
    """
    height, width = data.shape
    step = step or patch.scale
    if reach is None:
        corners = patch.radius(np.array([0, width - 1, 0, width - 1]), np.array([0, 0, height - 1, height - 1]))
        reach = float(corners.max()) / np.sqrt(2)
    rows = max(int(reach / step), 3)
    columns = int(min(max(2 * np.pi * rows, 90), WIDEST))
    radius = (np.arange(rows) + 0.5) * step
    angle = (np.arange(columns) + 0.5) * (360.0 / columns)
    x, y = patch.at(radius[:, None], angle[None, :])
    return Polar(sample(data, x, y).astype(np.float32), angle, radius, patch.unit, patch.oriented)
