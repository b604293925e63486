"""The enhancer on real pairs: SDSS against KiDS (four galaxies) and HSC against HST (two fields), with both deconvolutions beside it.

    python benchmarks/enhance_real.py [--model FOLDER] [--picture FILE]

The better image is brought onto the poor one's pixels (by WCS, or where there is none by cross-correlation) and into its unit; it has noise
and seeing of its own, so its distance is not the error. The PSFs of these files are not known: the deconvolutions take Gaussians of the
surveys' usual seeing (`SETS`), and of each that number of steps or that balance which comes nearest to the better image: more than anybody
could know who has no such image. The model was trained on pixels of 0.1": here it sees the same widths in pixels, not in arcsec.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import enhance
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from enhance_data import Degraded
from real_stamps import DATA

from astrolens_gui.core.images.prepare import levels
from astrolens_gui.core.restore.degrade import PER_SIGMA
from astrolens_gui.core.restore.register import by_correlation, by_wcs, flux_scale

SETS = {"SDSS/KiDS": (1.3, 0.65, 0.339), "HSC/HST": (0.6, 0.26, 0.168)}
"""FWHM of the poor image and of the good one on its pixels, and the poor one's pixel scale, in arcsec."""
HSC_I = 2
"""Plane of the cube in the order g, r, i, z, y."""


def pairs() -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    """(set, name, poor, good on its pixels and in its unit), float32."""
    for path in sorted((DATA / "nonlenses" / "gama_sdss_r").glob("*.fits")):
        poor, good = (_image(each)[0] for each in (path, DATA / "nonlenses" / "gama_kids_r" / path.name))
        found = by_correlation(good, poor, 0.339 / 0.2)
        print(f"{path.stem}: moved by {found.shift[0]:.2f}, {found.shift[1]:.2f} px, sources alike {found.alike:.2f}")
        yield "SDSS/KiDS", path.stem, poor, _scaled(found.image, poor)
    folder = DATA / "pairs" / "cosmos_hsc_hst"
    for end in ("", "1"):
        (cube, sky), (sharp, sharp_sky) = _image(folder / f"Cut_HSC{end}.fits"), _image(folder / f"Cut_HST{end}.fits")
        found = by_wcs(sharp, sharp_sky, sky, cube.shape[1:])
        yield "HSC/HST", f"field{end or '0'}", cube[HSC_I], _scaled(found.image, cube[HSC_I])


def _image(path: Path) -> tuple[np.ndarray, Any]:
    with fits.open(path) as file:
        hdu = next(each for each in file if each.data is not None and each.data.ndim >= 2)
        return np.asarray(hdu.data, np.float32), WCS(hdu.header).celestial


def _scaled(good: np.ndarray, poor: np.ndarray) -> np.ndarray:
    factor, offset = flux_scale(good, poor)
    return np.asarray(factor * good + offset, np.float32)


def measured(model: Path, picture: Path | None) -> None:
    network, rows = enhance.Network(model), []
    for kind, name, poor, good in pairs():
        wide, fine, scale = SETS[kind]
        poor, good = (each[: each.shape[0] // 2 * 2, : each.shape[1] // 2 * 2] for each in (poor, good))
        (sky,), (noise,) = levels(poor[None])
        known = np.isfinite(good)
        sigma = float(np.sqrt(wide**2 - fine**2)) / scale / PER_SIGMA
        one = Degraded(name, False, poor - sky, np.where(known, good - sky, 0), sigma, float(noise))
        made = {
            "raw": one.poor,
            "Richardson-Lucy": _best(enhance.lucy, enhance.STEPS, one, known),
            "Wiener": _best(enhance.wiener, enhance.BALANCES, one, known),
        }
        mean, spread = network.answer(one.poor[None])
        made["enhanced"] = mean[0]
        inside = known & (one.clean > 3 * noise)
        told = [f"{kind} {name}:"]
        for each, image in made.items():
            decibel = enhance.psnr(image[known], one.clean[known], False)
            told.append(f"{each} {decibel:.2f} dB, flux {image[inside].sum() / one.clean[inside].sum():.3f};")
        print(*told, flush=True)
        rows.append((f"{kind} {name}", one, made, spread[0]))
    if picture is not None:
        _draw(rows, picture)


def _best(make: Callable[[Any], enhance.Method], values: list[Any], one: Degraded, known: np.ndarray) -> np.ndarray:
    """A deconvolution's answer with the setting that comes nearest to the better image."""
    made = [make(value)([one])[0] for value in values]
    return max(made, key=lambda image: enhance.psnr(image[known], one.clean[known], False))


def _draw(rows: list[Any], path: Path) -> None:
    """One row a pair: data, deconvolutions, enhanced, scatter of the draws, the better survey's image."""
    from PIL import Image

    lines = []
    for _, one, made, spread in rows:
        panels = [*made.values(), spread, one.clean]
        side = min(one.poor.shape)
        top, left = ((edge - side) // 2 for edge in one.poor.shape)
        shown = []
        for panel in panels:
            grey = np.arcsinh(panel[top : top + side, left : left + side] / (2 * one.noise)) / np.arcsinh(100)
            image = Image.fromarray(np.uint8(255 * np.clip(0.05 + grey, 0, 1))[::-1])
            shown.append(np.asarray(image.resize((220, 220), Image.Resampling.NEAREST)))
        lines.append(np.hstack(shown))
    Image.fromarray(np.vstack(lines)).save(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=enhance.WEIGHTS / "gan-euclid-vis")
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args()
    measured(asked.model, asked.picture)
