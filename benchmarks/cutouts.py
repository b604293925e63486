"""Cutouts a second from one large image by catalogue: AstroLens against astropy.nddata.Cutout2D in a loop, same run, same pixels.

    python benchmarks/cutouts.py [--side 8192] [--big] [--count 10000] [--size 64] [--rounds 3] [--json] [--dir DIR]

"read_all" is what the program calls: `core.images.readers.read_all` with planes that have windows, all at once and in batches of 256:
in the order in which an import numbers sources (as scoring reads them), and shuffled (as a random queue does). "Cutouts.batch" also
prepares each for a network and keeps it in the project's cache. The loop is what astropy's documentation shows: a memory-mapped array,
or the opened section of a tile-compressed image, `Cutout2D(data, position, size)`, and float32 at the end. A tile-compressed image is
also timed as most people read it: unpacked whole, then the loop. Rounds are interleaved and the best of each counts; the file is in
the page cache. `--big` adds an image of 20,000 x 20,000 pixels.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.nddata import Cutout2D
from astropy.wcs import WCS

from astrolens_gui.api import InputSpec, Plane
from astrolens_gui.core.images import readers
from astrolens_gui.core.images.cutouts import Cutouts

SCALE = 0.1
BATCH = 256
SECTION_LOOP = 500
"""Cutouts of the slow loop over a compressed section; its rate does not depend on how many."""


def make(folder: Path, side: int, compressed: bool) -> tuple[Path, int]:
    """A float32 image with a survey's header; RICE in tiles of 256 x 256 where compressed. (path, hdu)"""
    path = folder / f"{'tiles' if compressed else 'plain'}{side}.fits"
    header = fits.Header()
    header["CTYPE1"], header["CTYPE2"], header["FILTER"] = "RA---TAN", "DEC--TAN", "r"
    header["CRVAL1"], header["CRVAL2"], header["CRPIX1"], header["CRPIX2"] = 150.0, 2.0, side / 2, side / 2
    header["CD1_1"], header["CD2_2"] = -SCALE / 3600, SCALE / 3600
    random = np.random.default_rng(1)
    image = np.empty((side, side), np.float32)
    for start in range(0, side, 512):
        image[start : start + 512] = random.standard_normal(image[start : start + 512].shape, np.float32) * 5 + 100
    if compressed:
        fits.CompImageHDU(image, header, compression_type="RICE_1", tile_shape=(256, 256)).writeto(path)
        return path, 1
    fits.PrimaryHDU(image, header).writeto(path)
    return path, 0


def loop(path: Path, hdu: int, at: np.ndarray, size: int, how: str) -> list[np.ndarray]:
    """Cutout2D once per source; `how`: "data", "section", or "wcs" (each cutout with its own)."""
    out = []
    with fits.open(path, memmap=True) as file:
        source = file[hdu].section if how == "section" else file[hdu].data
        sky = WCS(file[hdu].header) if how == "wcs" else None
        for place in at:
            cutout = Cutout2D(source, place, size, wcs=sky, mode="partial", fill_value=np.nan)
            out.append(cutout.data.astype(np.float32))
    return out


def best(rounds: int, work: dict[str, Callable[[], Any]]) -> tuple[dict[str, float], dict[str, Any]]:
    """Least seconds of each, and what it gave; interleaved, for the machine may be busy."""
    seconds = dict.fromkeys(work, np.inf)
    made: dict[str, Any] = {}
    for _ in range(rounds):
        for name, call in work.items():
            begun = time.perf_counter()
            made[name] = call()
            seconds[name] = min(seconds[name], time.perf_counter() - begun)
    return seconds, made


def measure(folder: Path, side: int, compressed: bool, count: int, size: int, rounds: int) -> dict[str, Any]:
    path, hdu = make(folder, side, compressed)
    random = np.random.default_rng(2)
    at = random.uniform(size, side - size, (count, 2))
    corner = np.ceil(at - size / 2).astype(int)
    planes = [
        Plane(str(path), hdu, band="r", shape=(size, size), pixel_scale=SCALE, window=(x, y, size, size))
        for x, y in corner.tolist()
    ]
    spec = InputSpec(("r",), SCALE, size)
    stores = iter(range(1_000))

    def batched() -> list[np.ndarray]:
        return [image for n in range(0, count, BATCH) for image in readers.read_all(planes[n : n + BATCH])]

    walk = np.lexsort((corner[:, 0], corner[:, 1] // 256)).tolist()

    def walked() -> list[np.ndarray]:
        return [
            image
            for n in range(0, count, BATCH)
            for image in readers.read_all([planes[at] for at in walk[n : n + BATCH]])
        ]

    def prepared() -> int:
        cache = Cutouts(folder / f"cache{next(stores)}")
        images, refused = cache.batch([(n, [plane]) for n, plane in enumerate(planes)], spec)
        cache.close()
        assert not refused
        return len(images)

    work: dict[str, Callable[[], Any]] = {
        "ours, read_all": lambda: readers.read_all(planes),
        "ours, batches as numbered": walked,
        "ours, batches shuffled": batched,
        "ours, Cutouts.batch": prepared,
        "Cutout2D loop": lambda: loop(path, hdu, at, size, "data"),
    }
    seconds, made = best(rounds, work)
    np.testing.assert_array_equal(made["ours, read_all"], made["Cutout2D loop"])
    np.testing.assert_array_equal(made["ours, batches shuffled"], made["Cutout2D loop"])
    np.testing.assert_array_equal(made["ours, batches as numbered"], [made["Cutout2D loop"][n] for n in walk])
    rates = {name: count / seconds[name] for name in work}
    few = min(SECTION_LOOP, count)
    how = "section" if compressed else "wcs"
    begun = time.perf_counter()
    some = loop(path, hdu, at[:few], size, how)
    rates[f"Cutout2D loop, {how}"] = few / (time.perf_counter() - begun)
    np.testing.assert_array_equal(some, made["ours, read_all"][:few])
    path.unlink()
    found = {"image": f"{side} x {side} {'RICE tiles' if compressed else 'plain'}", "rates": rates}
    found["ratio"] = rates["ours, read_all"] / rates["Cutout2D loop"]
    found["ratio in batches"] = rates["ours, batches as numbered"] / rates["Cutout2D loop"]
    found[f"ratio to {how}"] = rates["ours, read_all"] / rates[f"Cutout2D loop, {how}"]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=8192)
    parser.add_argument("--big", action="store_true")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--dir", type=Path, help="where the images are made (default: a temporary folder)")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    results = []
    for side in [arguments.side, *([20_000] if arguments.big else [])]:
        for compressed in (False, True):
            if compressed and side > 10_000:
                continue  # over the program's limit for compressed images
            folder = Path(tempfile.mkdtemp(prefix="astrolens-cutouts-", dir=arguments.dir))
            try:
                results.append(measure(folder, side, compressed, arguments.count, arguments.size, arguments.rounds))
            finally:
                shutil.rmtree(folder)
            if not arguments.json:
                shown = results[-1]
                print(f"{shown['image']}, {arguments.count:,} cutouts of {arguments.size}² px")
                for name, rate in shown["rates"].items():
                    print(f"  {name:28} {rate:12,.0f} /s")
                print(
                    "  " + ", ".join(f"{name} {shown[name]:.1f}x" for name in shown if name.startswith("ratio")),
                    flush=True,
                )
    if arguments.json:
        print(json.dumps(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
