"""The denoiser on real repeat exposures: how well one visit of VISTA, denoised, foretells the next one.

    python benchmarks/denoise_real.py [--model FOLDER] [--minutes 2.5] [--modes supervised,recorrupted] [--picture FILE]

The second visit is brought onto the first one's pixels by cross-correlation and into its unit; its noise is its own, so the least
distance to it belongs to the best guess of the sky. Patches are split by place: on one part the classical methods are tuned
and networks are trained, from the shipped weights on (its modes: "supervised", the second visit wanted, as in Noise2Noise; "recorrupted"
and "blind_spot", from the first visit alone), on the other all are judged. Told are the mean square error in units of the sky's
variance, where the sources' smoothed light is below 30 of the noise (above it, the visits' seeing differs by more than their
noise), and the gain in dB when the variance of the second visit's sky is taken off; and the first visit's light that is
left in the second visit's sources.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import denoise_methods
import numpy as np
from astropy.io import fits
from real_stamps import DATA
from scipy import ndimage

from astrolens_gui.api import Context, build
from astrolens_gui.core.images.prepare import levels
from astrolens_gui.core.restore.pairs import Pair, open_pairs, write_pairs
from astrolens_gui.core.restore.register import by_correlation, flux_scale

SIZE, SCALE = 64, 0.339
MOST = 30.0
"""Of the noise: brighter places say more about the seeing than about the denoiser."""
SHOTS = (0.0, 0.05, 0.15)
"""Growth of the variance with flux: not known here, so the classical methods are tuned in this as well."""
EVERY = 4
"""Of the patches to learn from, those that the classical methods are tuned on: they have two or three settings."""
BOOTSTRAPS = 2000


class Visits:
    """Patches (n, s, s) of the first visit, of the second one, and where they count."""

    def __init__(self, first: np.ndarray, second: np.ndarray) -> None:
        self.first, self.second = first, second
        later = ndimage.gaussian_filter(np.nan_to_num(second), (0, 1.5, 1.5))
        light = (ndimage.gaussian_filter(first, (0, 1.5, 1.5)) + later) / 2
        self.counts = np.isfinite(second) & (first != 0) & (ndimage.maximum_filter(light, (0, 9, 9)) < MOST)
        self.sources = self.counts & (later > 1)  # chosen without the first visit's noise

    def errors(self, made: np.ndarray, where: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(sum of squares, pixels) by patch."""
        away = np.where(where, made - np.where(where, self.second, 0), 0).astype(np.float64)
        return (away**2).sum(axis=(1, 2)), where.sum(axis=(1, 2))

    def error(self, made: np.ndarray) -> float:
        squares, count = self.errors(made, self.counts)
        return float(squares.sum() / count.sum())


def visits(folder: Path) -> Any:
    """The pair as a set to learn from."""
    first, second = (_image(DATA / "pairs" / "vista_two_visits" / f"Zim{number}.fits") for number in (1, 2))
    found = by_correlation(second, first)
    factor, offset = flux_scale(found.image, first)
    moved = f"moved by {found.shift[0]:.2f}, {found.shift[1]:.2f} px, sources alike {found.alike:.2f}, flux times {factor:.3f}"
    print(moved, flush=True)
    pair = Pair("vista", first[..., None], (factor * found.image + offset)[..., None], ("Z",), SCALE, moved)
    write_pairs(folder, [pair], size=SIZE, seed=1, about={"source": "two VISTA visits"}, ctx=Context())
    return open_pairs(folder)


def _image(path: Path) -> np.ndarray:
    with fits.open(path) as file:
        return np.asarray(next(each.data for each in file if each.data is not None), np.float32)


def learnt(data: Any, model: Path, mode: str, minutes: float, start: bool) -> denoise_methods.Network:
    """A network trained on the pair's training patches; from the shipped weights on, if `start`."""
    from astrolens_autoencoder.plugin import Training

    network = denoise_methods.Network(model)
    if not start:
        network = denoise_methods.Network(type(network.backend)(network.backend.params))
    asked = {"mode": mode, "minutes": minutes, "epochs": 1000, "patience": 1000}
    report = network.backend.fit(data, build(Training, asked), Context(seed=1))
    print(f"{mode}: {len(report.epochs)} epochs, {report.epochs[-1]}", flush=True)
    return network


def told(name: str, made: np.ndarray, judged: Visits, best: np.ndarray | None, floor: float) -> str:
    """One line; with `best` the other's answers, the 95 % interval of the difference of errors by resampling patches."""
    squares, count = judged.errors(made, judged.counts)
    error = squares.sum() / count.sum()
    bright = [part.sum() for part in judged.errors(made, judged.sources)]
    raw = judged.error(judged.first)
    gain = 10 * np.log10((raw - floor) / (error - floor)) if error > floor else np.inf
    line = f"{name}: error {error:.4f}, gain {gain:.2f} dB, on sources {bright[0] / bright[1]:.4f}"
    inside = judged.sources
    line += f", flux {made[inside].sum() / judged.first[inside].sum():.4f}"
    if best is not None:
        other, _ = judged.errors(best, judged.counts)
        drawn = np.random.default_rng(1).integers(0, len(count), (BOOTSTRAPS, len(count)))
        low, high = np.quantile((squares - other)[drawn].sum(1) / count[drawn].sum(1), (0.025, 0.975))
        line += f"; less than the best classical by {-high:.4f} to {-low:.4f}"
    return line


def measured(model: Path, modes: list[str], minutes: float, picture: Path | None) -> None:
    """Prints a line for each method."""
    with tempfile.TemporaryDirectory(prefix="astrolens-visits-") as work:
        data = visits(Path(work) / "pairs")
        split = np.load(data.folder / "split.npy")
        first, second = (np.asarray(each)[..., 0] for each in (data.images, data.wanted))
        learn, judged = (Visits(first[rows], second[rows]) for rows in (split < 2, split == 2))
        floor = float(np.mean(levels(np.ascontiguousarray(second[split == 2]))[1] ** 2))
        print(
            f"{len(learn.first)} patches to learn from, {len(judged.first)} to judge by; the second visit's variance {floor:.3f}"
        )
        answers = {"as observed": judged.first}
        some = Visits(learn.first[::EVERY], learn.second[::EVERY])
        for name, method in denoise_methods.tuned(some.first, some.error, SHOTS):
            answers[name] = method(judged.first)
        classical = list(answers)
        answers["as shipped"] = denoise_methods.Network(model)(judged.first)
        for mode in modes:
            answers[f"{mode}, from the shipped"] = learnt(data, model, mode, minutes, True)(judged.first)
        best = min(classical, key=lambda name: judged.error(answers[name]))
        for name, made in answers.items():
            print(told(name, made, judged, None if name in classical else answers[best], floor), flush=True)
        if picture is not None:
            _draw({**answers, "second visit": np.nan_to_num(judged.second)}, judged, picture)


def _draw(answers: dict[str, np.ndarray], judged: Visits, path: Path) -> None:
    """Six patches with most sources, every method side by side."""
    from PIL import Image

    rows = []
    for at in np.argsort(judged.sources.sum(axis=(1, 2)))[::-1][:6]:
        grey = [
            np.uint8(255 * np.clip(0.15 + np.arcsinh(each[at] / 2) / np.arcsinh(50), 0, 1)) for each in answers.values()
        ]
        rows.append(np.hstack([np.asarray(Image.fromarray(each[::-1]).resize((192, 192), 0)) for each in grey]))
    Image.fromarray(np.vstack(rows)).save(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--model", type=Path, default=denoise_methods.ROOT / "resources" / "weights" / "autoencoder-euclid-vis"
    )
    parser.add_argument("--minutes", type=float, default=2.5)
    parser.add_argument("--modes", default="supervised,recorrupted")
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args()
    measured(asked.model, [each for each in asked.modes.split(",") if each], asked.minutes, asked.picture)
