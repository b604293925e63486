"""Small pictures of objects for lists and mosaics; knows no widget and keeps nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...api import Plane
from .bands import shown_first
from .readers import read
from .stretch import Recipe, limits, render


def thumb(planes: Sequence[Plane], size: int, recipe: Recipe) -> np.ndarray:
    """The recipe's band (else the first plane) as uint8 (size, size, 3): whole and centred, black beside it if not square.

    Raises:
        ImageError: when the plane can't be read.
        ValueError: when there is no plane.
    """
    if not planes:
        raise ValueError("the object has no image")
    place = shown_first([plane.band for plane in planes], recipe.band)
    return picture(read(planes[place]), size, recipe)


def picture(image: np.ndarray, size: int, recipe: Recipe) -> np.ndarray:
    """An image as uint8 (size, size, 3); cuts are those of the whole image, so that a thumbnail looks like the view."""
    low, high = limits(image, recipe)
    small = shrink(image, size)
    canvas = np.full((size, size), np.nan, np.float32)
    height, width = small.shape
    top, left = (size - height) // 2, (size - width) // 2
    canvas[top : top + height, left : left + width] = small
    return render(canvas, recipe, low, high)


def shrink(image: np.ndarray, size: int) -> np.ndarray:
    """The image with its longer side `size` pixels: means of blocks and nearest pixels when smaller, nearest pixels when larger."""
    height, width = image.shape
    block = max(height, width) // size
    if block > 1:
        rows, columns = height // block * block, width // block * block
        if rows and columns:
            tiles = image[:rows, :columns].reshape(rows // block, block, columns // block, block)
            with np.errstate(all="ignore"):
                image = tiles.mean(axis=(1, 3), dtype=np.float32)
    factor = size / max(image.shape)
    tall, wide = (min(size, max(1, round(n * factor))) for n in image.shape)
    row = np.minimum(((np.arange(tall) + 0.5) / factor).astype(np.intp), image.shape[0] - 1)
    column = np.minimum(((np.arange(wide) + 0.5) / factor).astype(np.intp), image.shape[1] - 1)
    return image[row[:, None], column[None, :]]
