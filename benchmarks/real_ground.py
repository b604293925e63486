"""The weights for g, r, i on real galaxies: lenses painted into half of the galaxies of a real KiDS field, ranked against the rest.

    python benchmarks/real_ground.py [--weights cnn-ground-gri] [--picture FILE] [--json]

The field lies beside the checkout (shared/data, or where ASTROLENS_DATA says): 2,600 x 2,600 px of 0.339 arcsec, no WCS. Its
galaxies are cut out in three bands where sep finds them in r (cubic splines put them on 0.2 arcsec); small ones and what touches the
edge are left out. Galaxies, neighbours and seeing are real, the arcs are not, and half of them lie around discs, which seldom lens:
a check until real lenses are at hand.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import real_stamps
import sep
from astropy.io import fits
from scipy.ndimage import zoom

from astrolens_gui.api import UserError
from astrolens_gui.core.learn import metrics
from astrolens_gui.demo_loop import truth_of
from astrolens_gui.workbench import Workbench

FIELD, BANDS, SCALE, SIDE, FINE = "fields/profound_multiband", "gri", 0.339, 48, 0.2
"""The folder of the field's bands, arcsec a pixel, side of a cutout in pixels (16 arcsec), arcsec a pixel that the weights take."""
BRIGHTEST = 400
"""So many galaxies, by their flux in r."""
STAR_PX = 1.25
"""Half-light radius in pixels: what is smaller is a star."""


def plane(band: str) -> np.ndarray:
    path = real_stamps.DATA / FIELD / f"{band}.fits"
    if not path.is_file():
        raise UserError(f"{path} is missing; set ASTROLENS_DATA to the folder of the real images")
    with fits.open(path) as hdus:
        return next(np.asarray(hdu.data, np.float32) for hdu in hdus if hdu.data is not None)


def cut_galaxies(folder: Path) -> int:
    """Write the galaxies as FITS files of three bands on FINE pixels; their number."""
    images = {band: np.ascontiguousarray(plane(band)) for band in BANDS}
    red = np.nan_to_num(images["r"])
    sky = sep.Background(red, bw=128, bh=128)
    found = sep.extract(red - sky.back(), 3.0, err=sky.globalrms, minarea=12)
    radius, _ = sep.flux_radius(red - sky.back(), found["x"], found["y"], np.full(len(found), 12.0), 0.5)
    half, (height, width) = SIDE // 2, red.shape
    inside = (found["x"] > half) & (found["x"] < width - half) & (found["y"] > half) & (found["y"] < height - half)
    galaxies = found[inside & (radius > STAR_PX) & (found["flag"] & sep.OBJ_TRUNC == 0)]
    galaxies = galaxies[np.argsort(-galaxies["flux"])][:BRIGHTEST]
    folder.mkdir()
    for number, one in enumerate(galaxies):
        x, y = round(float(one["x"])), round(float(one["y"]))
        hdus = [fits.PrimaryHDU()]
        for band, image in images.items():
            hdu = fits.ImageHDU(zoom(image[y - half : y + half, x - half : x + half], SCALE / FINE, order=3), name=band)
            hdu.header["FILTER"], hdu.header["PIXSCALE"] = band, FINE
            hdus.append(hdu)
        fits.HDUList(hdus).writeto(folder / f"galaxy{number:04d}.fits")
    return len(galaxies)


def judged(weights: str, picture: Path | None = None) -> dict[str, Any]:
    """AUROC of painted against unpainted galaxies with its interval, and by the arcs' signal-to-noise."""
    with tempfile.TemporaryDirectory(prefix="astrolens-ground-") as work:
        folder = Path(work)
        os.environ["ASTROLENS_HOME"] = str(folder / "home")
        count = cut_galaxies(folder / "galaxies")
        with Workbench.start() as bench:
            how = {"into": str(folder / "galaxies"), "survey": "kids_gri", "pixel_scale": FINE}
            bench.simulate("painter", folder / "images", count, seed=5, params=how).result()
            bench.open(folder / "p.astrolens", create={}).result()
            bench.import_images([folder / "images"]).result()
            report = bench.score(model=weights).result()
            queue = bench.queue("top").result()
        logit = dict(zip(queue.name, map(float, queue.logit), strict=True))
        truth = truth_of(folder)
        names = [name for name in logit if np.isfinite(logit[name])]
        lens, answer = np.array([truth[name] for name in names]), np.array([logit[name] for name in names])
        (interval, *_), _ = metrics.bootstrap(lens, (answer,))
        if picture:
            _draw(folder, names, lens, answer, picture)
    return {
        "galaxies": count,
        "scored": report.scored,
        "lenses": int(lens.sum()),
        "others": int((~lens).sum()),
        "AUROC": metrics.auroc(lens, answer),
        "AUROC_ci": list(interval),
        "others above probability 0.5": int((answer[~lens] > 0).sum()),
        "lenses above probability 0.5": int((answer[lens] > 0).sum()),
    }


def _draw(folder: Path, names: list[str], lens: np.ndarray, answer: np.ndarray, path: Path) -> None:
    """The surest 20 of each kind and the 20 lenses furthest down, in colour."""
    import matplotlib

    matplotlib.use("Agg")
    from astropy.visualization import make_lupton_rgb
    from matplotlib import pyplot as plt

    order = np.argsort(-answer)
    rows = [order[lens[order]][:20], order[~lens[order]][:20], order[lens[order]][::-1][:20]]
    figure, axes = plt.subplots(3, 20, figsize=(30, 5))
    for row, line in zip(rows, axes, strict=True):
        for place, axis in zip(row, line, strict=False):
            file = next((folder / "images").rglob(f"{names[place]}.fits"))
            with fits.open(file) as hdus:
                blue, green, red = (
                    np.asarray(hdu.data, float) for hdu in hdus if hdu.data is not None and hdu.data.ndim == 2
                )
            noise = 1.48 * np.median(np.abs(green - np.median(green)))
            axis.imshow(
                make_lupton_rgb(*((each - np.median(each)) / noise for each in (red, green, blue)), stretch=15, Q=8),
                origin="lower",
            )
            axis.set_title(f"{answer[place]:+.1f}", fontsize=8)
    for axis in axes.flat:
        axis.axis("off")
    figure.tight_layout()
    figure.savefig(path, dpi=60)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default="cnn-ground-gri")
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = judged(given.weights, given.picture)
    print(json.dumps(found, indent=1) if given.json else "\n".join(f"{name}: {value}" for name, value in found.items()))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        sys.exit(f"real_ground.py: {error}")
