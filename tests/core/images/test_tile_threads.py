"""Compressed tiles asked for by several threads: every pixel right, though the decoders keep their place in static variables."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from astropy.io import fits

from astrolens_gui.core.images import readers, sections


@pytest.mark.parametrize("kind", ["HCOMPRESS_1", "RICE_1"])
def test_that_threads_that_decode_at_once_get_the_right_pixels(kind, tmp_path):
    planes = []
    for number in range(4):
        pixels = np.random.default_rng(number).normal(100, 10, (600, 600)).astype("f4")
        image = fits.CompImageHDU(pixels, compression_type=kind, tile_shape=(60, 60), quantize_level=16)
        fits.HDUList([fits.PrimaryHDU(), image]).writeto(tmp_path / f"{number}.fits")
        planes += readers.inspect(tmp_path / f"{number}.fits").planes
    alone = [readers.read(plane) for plane in planes]

    def part(step: int) -> bool:
        place, top = step % 4, 60 * (step % 9)
        got = sections.sheet(planes[place]).read(top, top + 120, 0, 600)
        return np.array_equal(got, alone[place][top : top + 120]) and np.array_equal(
            readers.read(planes[place]), alone[place]
        )

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(part, range(24)))
