"""Stamps per second from disk: our reader against astropy and fitsio, in one run on the same files.

    python benchmarks/ingest.py [--count 5000] [--json]

Every reader gives the pixels of every science band as a native float32 array. Three rounds, interleaved, the best of each counts
(the machine may be busy); files are in the page cache, as they are after the first look.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from astrolens_gui.api import InputSpec
from astrolens_gui.core.images import fits
from astrolens_gui.core.images.cutouts import Cutouts
from astrolens_gui.core.images.fits import Plane

EUCLID = ("VIS", "Y", "J", "H")


def make_plain(folder: Path, count: int) -> list[str]:
    """101 x 101 float32 stamps with a real survey's length of header, in the primary HDU."""
    from astropy.io import fits as afits

    rng = np.random.default_rng(1)
    paths = []
    for n in range(count):
        hdu = afits.PrimaryHDU(rng.normal(size=(101, 101)).astype(np.float32))
        hdu.header["FILTER"], hdu.header["PIXSCALE"] = "r", 0.2
        hdu.header.extend([(f"KEY{k}", k * 1.5, "a comment") for k in range(40)])
        paths.append(str(folder / f"plain{n:06d}.fits"))
        hdu.writeto(paths[-1])
    return paths


def make_euclid(folder: Path, count: int) -> list[str]:
    """Euclid-like cutouts: an empty primary HDU and four 101 x 101 bands with WCS."""
    from astropy.io import fits as afits

    rng = np.random.default_rng(2)
    paths = []
    for n in range(count):
        hdus = [afits.PrimaryHDU()]
        for band in EUCLID:
            name = band if band == "VIS" else f"NIR_{band}"
            hdu = afits.ImageHDU(rng.normal(size=(101, 101)).astype(np.float32), name=f"{name}_FLUX")
            cards = {"FILTER": name, "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 58.2, "CRVAL2": -49.5}
            cards |= {"CRPIX1": 51.0, "CRPIX2": 51.0, "CD1_1": -0.1 / 3600, "CD2_2": 0.1 / 3600}
            hdu.header.update(cards)
            hdus.append(hdu)
        paths.append(str(folder / f"euclid{n:06d}.fits"))
        afits.HDUList(hdus).writeto(paths[-1])
    return paths


def with_astropy(path: str, hdus: tuple[int, ...]) -> list[np.ndarray]:
    from astropy.io import fits as afits

    if len(hdus) == 1:
        return [afits.getdata(path, hdus[0]).astype(np.float32)]
    with afits.open(path, memmap=False) as file:
        return [file[hdu].data.astype(np.float32) for hdu in hdus]


def with_fitsio(path: str, hdus: tuple[int, ...]) -> list[np.ndarray]:
    import fitsio

    with fitsio.FITS(path) as file:
        return [file[hdu].read().astype(np.float32, copy=False) for hdu in hdus]


def bare(path: str, hdus: tuple[int, ...]) -> bytes:
    fd = os.open(path, os.O_RDONLY)
    try:
        return os.read(fd, 1 << 24)
    finally:
        os.close(fd)


def rate(work: Callable[[], object], count: int) -> float:
    begun = time.perf_counter()
    work()
    return count / (time.perf_counter() - begun)


def compare(paths: list[str], hdus: tuple[int, ...], bands: tuple[str, ...]) -> dict[str, float]:
    """Stamps (objects) per second of each way; the arrays are first checked to be equal."""
    planes = {
        path: [Plane(path, hdu, None, band, (101, 101), 0.1) for hdu, band in zip(hdus, bands, strict=True)]
        for path in paths
    }
    for path in paths[:20]:
        for ours, theirs, third in zip(
            fits.read_all(planes[path]), with_astropy(path, hdus), with_fitsio(path, hdus), strict=True
        ):
            assert np.array_equal(ours, theirs)
            assert np.array_equal(ours, third)
    ways: dict[str, Callable[[list[str]], object]] = {
        "astrolens": lambda some: [fits.read_all(planes[path]) for path in some],
        "fitsio": lambda some: [with_fitsio(path, hdus) for path in some],
        "astropy": lambda some: [with_astropy(path, hdus) for path in some],
        "bare read": lambda some: [len(bare(path, hdus)) for path in some],
        "headers": lambda some: [fits.inspect(path) for path in some],
    }
    best = dict.fromkeys(ways, 0.0)
    for _ in range(3):
        for name, work in ways.items():
            some = paths[:1000] if name in {"astropy", "headers"} else paths
            best[name] = max(best[name], rate(lambda work=work, some=some: work(some), len(some)))
    spec = InputSpec(bands, 0.1, 64)
    objects = [(n, planes[path]) for n, path in enumerate(paths)]
    cold, warm = 0.0, 0.0
    for _ in range(2):
        with tempfile.TemporaryDirectory() as cache:
            for name in ("cold", "warm"):
                cutouts = Cutouts(cache)
                done = rate(
                    lambda cutouts=cutouts: [
                        cutouts.batch(objects[n : n + 256], spec) for n in range(0, len(objects), 256)
                    ],
                    len(objects),
                )
                cutouts.close()
                cold, warm = (max(cold, done), warm) if name == "cold" else (cold, max(warm, done))
    return best | {"read + prepare + store": cold, "from the cache": warm}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        plain = make_plain(Path(folder), args.count)
        results["101x101 float32, primary HDU"] = compare(plain, (0,), ("r",))
        euclid = make_euclid(Path(folder), max(args.count // 4, 1))
        results["Euclid-like, 4 bands of 101x101 in 5 HDUs"] = compare(euclid, (1, 2, 3, 4), EUCLID)
    good = True
    for rates in results.values():
        rates["times fitsio"] = rates["astrolens"] / rates["fitsio"]
        rates["times astropy"] = rates["astrolens"] / rates["astropy"]
        good &= rates["times fitsio"] >= 1 and rates["times astropy"] >= 7
    if args.json:
        print(json.dumps(results, indent=1))
    else:
        for title, rates in results.items():
            print(title)
            for name, value in rates.items():
                print(f"  {name:24} {value:10,.1f}" + ("" if name.startswith("times") else " /s"))
        print("meets the target (1x fitsio, 7x astropy)" if good else "MISSES the target (1x fitsio, 7x astropy)")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
