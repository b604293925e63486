"""Contact sheets of the simulator: a row a class, as the survey would show them, for a person to judge by eye.

python benchmarks/contact_sheet.py --survey euclid_vis --out docs/screenshots/simulated-euclid_vis.png
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from astrolens_simulator.impostors import IMPOSTORS
from astrolens_simulator.plugin import SimulatorParams
from astrolens_simulator.simulator import Simulator, Stamp
from astrolens_simulator.surveys import Survey
from astropy.visualization import make_lupton_rgb

from astrolens_gui.api import build

CLASSES = ("lens", *IMPOSTORS)
RGB = {"kids_gri": "irg", "kids_ugri": "irg", "des_gri": "irg", "hsc_grizy": "irg", "lsst": "irg",
       "challenge1_ground": "irg", "euclid_vyjh": ("H", "J", "VIS")}  # fmt: skip


def grey(stamp: Stamp, survey: Survey) -> np.ndarray:
    """(s, s, 3) uint8 of the reference band, asinh from -1 sigma to 60 sigma; masked pixels blue."""
    band = survey.bands.index(survey.reference)
    image = stamp.images[band] / survey.bands[band].sigma
    top = max(40.0, float(np.nanpercentile(image, 99.7)) * 0.6)
    level = np.arcsinh((image + 1.5) / 3) / np.arcsinh((top + 1.5) / 3)
    plane = (255 * np.clip(np.nan_to_num(level), 0, 1)).astype(np.uint8)
    out = np.repeat(plane[..., None], 3, axis=2)
    out[np.isnan(image)] = (30, 40, 110)
    return out


def colour(stamp: Stamp, survey: Survey) -> np.ndarray:
    """(s, s, 3) uint8 of Lupton et al. (2004), each band over its zero point so that fluxes compare."""
    names = [band.name for band in survey.bands]
    planes = []
    for name in RGB[survey.name]:
        band = survey.bands[names.index(name)]
        planes.append(stamp.images[names.index(name)] * 10 ** (-0.4 * (band.zero_point - 30)))
    weights = (1.0, 1.25, 1.9) if survey.name != "euclid_vyjh" else (0.5, 0.6, 2.2)
    planes = [weight * plane for weight, plane in zip(weights, planes, strict=True)]
    reference = survey.reference
    noise = reference.sigma * 10 ** (-0.4 * (reference.zero_point - 30)) * 1.3
    bad = np.isnan(np.sum(planes, axis=0))
    rgb = make_lupton_rgb(*[np.nan_to_num(plane) for plane in planes], minimum=-noise, stretch=10 * noise, Q=9)
    rgb[bad] = (30, 40, 110)
    return rgb


def sheet(survey: str, columns: int, seed: int, size: int | None, classes: tuple[str, ...], **params) -> np.ndarray:
    """(rows, columns) stamps with a two-pixel gap, uint8 RGB, north up as the arrays lie."""
    rows = []
    for name in classes:
        simulator = Simulator(build(SimulatorParams, {"survey": survey, "only": name, "size": size, **params}))
        draw = colour if survey in RGB else grey
        stamps = [draw(simulator.stamp(number, seed), simulator.survey)[::-1] for number in range(columns)]
        rows.append(np.concatenate([np.pad(stamp, ((1, 1), (1, 1), (0, 0))) for stamp in stamps], axis=1))
    return np.concatenate(rows)


def main() -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--survey", default="euclid_vis")
    parser.add_argument("--columns", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=None)
    parser.add_argument("--classes", nargs="*", default=CLASSES)
    parser.add_argument("--population", default="standard")
    parser.add_argument("--nuisance", default="standard")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    image = sheet(given.survey, given.columns, given.seed, given.size, tuple(given.classes),
                  population=given.population, nuisance=given.nuisance)  # fmt: skip
    import matplotlib
    from PIL import Image

    matplotlib.use("Agg")
    from matplotlib import pyplot

    height, width = image.shape[:2]
    rows = len(given.classes)
    figure = pyplot.figure(figsize=((width + 90) / 100, height / 100), dpi=100, facecolor="black")
    axes = figure.add_axes((90 / (width + 90), 0, width / (width + 90), 1))
    axes.imshow(image, interpolation="nearest", aspect="auto")
    axes.axis("off")
    for row, name in enumerate(given.classes):
        figure.text(0.004, 1 - (row + 0.5) / rows, name.replace("_", " "), color="white", fontsize=9, va="center")
    given.out.parent.mkdir(parents=True, exist_ok=True)
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3]  # type: ignore[attr-defined]
    coarse = pixels // 8 * 8 + 4  # noise does not compress; the eye does not see the last three bits
    Image.fromarray(coarse).save(given.out, optimize=True)
    print(f"{given.out}: {given.out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
