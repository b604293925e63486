"""The sky of an image that is to be restored: a stamp's from its frame, a large image's by place; knows no network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...api import UserError
from ..detect.mesh import Mesh
from ..images.sections import Sheet
from .sweep import Flat, Levels

STAMP_PX = 1 << 18
"""Images of at most so many pixels are stamps: their sky is that of their frame, as it was in training."""


def levels_of(bands: Sequence[Sheet], name: str = "the image") -> Levels:
    """Background and noise of each band; a large image is read once for it, row of blocks by row.

    Raises:
        UserError: a stamp has no value in any band; the sentence calls it `name`.
    """
    height, width = bands[0].shape
    if height * width > STAMP_PX:
        return Mesh(bands)
    images = [band.read(0, height, 0, width) for band in bands]
    if not any(np.isfinite(image).any() for image in images):
        raise UserError(f"{name}: none of its pixels has a value; leave it out or download it again")
    return Flat.of(images)
