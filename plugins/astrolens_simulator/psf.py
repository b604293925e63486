"""Point-spread functions on the fine grid: Moffat profiles or a FITS file of the user's; knows no scene."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
from scipy import fft, ndimage

from astrolens_gui.api import UserError

from .light import Grid


def from_fits(path: str, grid: Grid, pixel_scale: float, widen: float = 1.0) -> np.ndarray:
    """The transform of a FITS image of the PSF, resampled to the grid, ready for `light.blur`.

    The image's own pixel scale is read from PIXSCALE, CDELT1, CD1_1 or PC1_1 (degrees but for PIXSCALE); without any it is
    the survey's. `widen` stretches it (seeing that varies).

    Raises:
        UserError: unreadable, not an image, or without flux.
    """
    image, own_scale = _image(path)
    zoom = (own_scale or pixel_scale) / grid.step * widen
    half = min(math.ceil(max(image.shape) / 2 * zoom), grid.padded // 2 - 1)
    axis = np.arange(-half, half + 1) / zoom
    height, width = image.shape
    place = np.meshgrid(axis + (height - 1) / 2, axis + (width - 1) / 2, indexing="ij")
    kernel = ndimage.map_coordinates(image, place, order=3, mode="constant")
    return kernel_transform(kernel, grid)


def kernel_transform(kernel: np.ndarray, grid: Grid) -> np.ndarray:
    """The transform of a kernel of odd sides, sampled at the grid's step, of unit flux."""
    full = np.zeros((grid.padded, grid.padded), np.float32)
    height, width = kernel.shape
    full[:height, :width] = kernel / kernel.sum()
    return fft.rfft2(np.roll(full, (-(height // 2), -(width // 2)), axis=(0, 1)))


@cache
def _image(path: str) -> tuple[np.ndarray, float]:
    from astropy.io import fits

    try:
        with fits.open(Path(path).expanduser()) as hdus:
            found = [h for h in hdus if h.data is not None and h.data.ndim == 2]
            if not found:
                raise UserError(f"{path}: holds no image; give a FITS file with the point-spread function as its image")
            image, header = np.asarray(found[0].data, np.float64), found[0].header
    except OSError as error:
        raise UserError(
            f"{path}: not a readable FITS file ({error}); give an image of the point-spread function"
        ) from None
    image = np.nan_to_num(image)
    if image.sum() <= 0:
        raise UserError(
            f"{path}: the point-spread function has no flux; give an image whose pixels add up to more than 0"
        )
    peak = np.unravel_index(int(np.argmax(image)), image.shape)
    reach = min(min(peak), min(np.subtract(image.shape, peak)) - 1)  # the peak in the middle of an odd square
    image = image[peak[0] - reach : peak[0] + reach + 1, peak[1] - reach : peak[1] + reach + 1]
    scale = float(header.get("PIXSCALE", 0.0)) or 3600 * abs(
        float(header.get("CD1_1", 0.0)) or float(header.get("PC1_1", 1.0)) * float(header.get("CDELT1", 0.0))
    )
    return image, scale if 1e-4 < scale < 10 else 0.0
