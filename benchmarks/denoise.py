"""The denoiser against Gaussian, wavelet, total variation and non-local means on simulated Euclid VIS stamps, whose truth is known.

    python benchmarks/denoise.py [--model NAME=FOLDER ...] [--count 300] [--picture FILE] [--json]

PSNR (peak: the truth's range) and SSIM are means over stamps, in linear flux. Flux: summed light within 1.5" of the middle, of all
stamps and of the fainter half, over the truth's, less 1. Arc: what of the arcs' light is left (amplitude of the true arc in the image
less the lens; 1 is all), and its S/N by a matched filter with the pixels' rms error there (correlated errors are not accounted
for, so it flatters all that smooth). The classical methods are tuned on other simulations, those that the weights were trained on.
Pixels with cosmic rays count for nobody.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import denoise_data
import denoise_methods
import numpy as np
from denoise_data import SCALE, SIZE, Noisy

from astrolens_gui.core.images.prepare import levels
from astrolens_gui.core.restore import quality

TRAINED_ON, JUDGED = 5161, 5162
"""Seeds of the simulations that all is tuned on and that all is judged on."""
TUNED = 60
RADIUS = 1.5 / SCALE
SHOWN = 0.5
"""Of the sky's noise: fainter pixels of an arc do not count for it."""


class Stamps:
    """Stamps in units of their own noise, as the program prepares them."""

    def __init__(self, given: list[Noisy]) -> None:
        raw = np.stack([one.image for one in given])
        self.sky, self.noise = (each[:, None, None] for each in levels(raw))
        self.raw = self._prepared(raw)
        self.truth = self._prepared(np.stack([one.clean for one in given]))
        self.arc = np.stack([one.arc for one in given]) / self.noise
        self.is_lens = np.array([one.is_lens for one in given])
        self.shot = given[0].shot

    def _prepared(self, flux: np.ndarray) -> np.ndarray:
        return np.asarray((flux - self.sky) / self.noise, np.float32)

    def error(self, made: np.ndarray) -> float:
        """Mean over stamps of ln of the mean square error: what PSNR is made of."""
        return float(np.log(np.nanmean(np.square(made - self.truth), axis=(1, 2))).mean())


def figures(made: np.ndarray, stamps: Stamps) -> dict[str, float]:
    """Everything that is told of one method."""
    pairs = list(zip(made, stamps.truth, strict=True))
    gains = [quality.gain_db(raw, image, truth) for raw, (image, truth) in zip(stamps.raw, pairs, strict=True)]
    light, true = _light(made, stamps.truth), _light(stamps.truth, stamps.truth)
    faint = true <= np.median(true)
    arcs = np.array([_arc(*each) for each in zip(made, stamps.truth, stamps.arc, strict=True)])[stamps.is_lens]
    return {
        "PSNR": float(np.mean([quality.psnr(image, truth) for image, truth in pairs])),
        "gain": float(np.mean(gains)),
        "gain_error": float(np.std(gains) / np.sqrt(len(gains))),
        "SSIM": float(np.mean([quality.ssim(image, truth) for image, truth in pairs])),
        "flux": float(light.sum() / true.sum() - 1),
        "flux_faint": float(light[faint].sum() / true[faint].sum() - 1),
        "arc": float(np.nanmedian(arcs[:, 0])),
        "arc_snr": float(np.nanmedian(arcs[:, 1])),
    }


def _light(images: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Aperture flux in the middle, without the truth's sky; pixels without a truth are left out."""
    known = np.isfinite(truth)
    sky = levels(np.where(known, truth, np.nan).astype(np.float32))[0]
    middle = [((SIZE - 1) / 2, (SIZE - 1) / 2)]
    kept = np.where(known, images - sky[:, None, None], 0)
    return np.array([quality.aperture_flux(each, middle, RADIUS)[0] for each in kept])


def _arc(image: np.ndarray, truth: np.ndarray, arc: np.ndarray) -> tuple[float, float]:
    """(amplitude of the true arc, S/N); NaN without an arc that could be seen."""
    there = (arc > SHOWN) & np.isfinite(truth)
    if there.sum() < 10:
        return np.nan, np.nan
    alone = np.where(there, image - truth + arc, np.nan)
    shape = np.where(there, arc, 0)
    noise = float(np.sqrt(np.square(image - truth)[there].mean()))
    return float(np.nansum(alone * shape) / np.sum(shape**2)), quality.arc_snr(alone, shape, noise)


def draw(made: dict[str, np.ndarray], stamps: Stamps, path: Path) -> None:
    """A row for each of eight lenses: every method, then the truth; below each its distance from the truth, ± 3 of the noise."""
    from PIL import Image

    rows = []
    for at in np.flatnonzero(stamps.is_lens)[:8]:
        truth = np.nan_to_num(stamps.truth[at])
        images = [each[at] for each in made.values()] + [truth]
        grey = [np.clip(0.06 + np.arcsinh(each / 2) / np.arcsinh(100), 0, 1) for each in images]
        away = [np.clip(0.5 + (each - truth) / 6, 0, 1) for each in images]
        for line in (grey, away):
            panels = [
                Image.fromarray(np.uint8(255 * each)[::-1]).resize((192, 192), Image.Resampling.NEAREST)
                for each in line
            ]
            rows.append(np.hstack([np.pad(np.asarray(each), 1) for each in panels]))
    Image.fromarray(np.vstack(rows)).save(path)


def measured(models: dict[str, Path], count: int, picture: Path | None) -> dict[str, Any]:
    """Figures by method."""
    other = Stamps(list(denoise_data.stamps(TUNED, TRAINED_ON)))
    stamps = Stamps(list(denoise_data.stamps(count, JUDGED)))
    methods: dict[str, denoise_methods.Method] = {"as observed": lambda images: images}
    methods |= dict(denoise_methods.tuned(other.raw, other.error, (0.0, stamps.shot)))
    methods |= {name: denoise_methods.Network(folder) for name, folder in models.items()}
    found, answers = {}, {}
    for name, method in methods.items():
        answers[name], seconds = denoise_methods.timed(method, stamps.raw)
        found[name] = {**figures(answers[name], stamps), "s_per_Mpx": seconds}
        print(name, json.dumps({key: round(value, 4) for key, value in found[name].items()}), flush=True)
        if isinstance(method, denoise_methods.Network):
            print(f"  {honest(method, stamps)}", flush=True)
    if picture is not None:
        draw(answers, stamps, picture)
    return found


def honest(network: denoise_methods.Network, stamps: Stamps) -> str:
    """How often the truth lies within the stated error."""
    mean, sigma = network.restored(stamps.raw)
    away = np.abs(mean - stamps.truth) / np.maximum(sigma, 1e-9)
    parts = {"sky": stamps.truth < 1, "1 to 10": (stamps.truth >= 1) & (stamps.truth < 10), "above": stamps.truth >= 10}
    told = [f"{name} {(away[where] < 1).mean():.2f}/{(away[where] < 2).mean():.2f}" for name, where in parts.items()]
    return "truth within 1/2 stated sigma (0.68/0.95 would be normal), by brightness in sigma: " + ", ".join(told)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shipped = denoise_methods.ROOT / "resources" / "weights" / "autoencoder-euclid-vis"
    parser.add_argument("--model", action="append", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    named = dict(each.split("=", 1) for each in asked.model)
    result = measured(
        {name: Path(folder) for name, folder in named.items()} or {"autoencoder": shipped}, asked.count, asked.picture
    )
    if asked.json:
        print(json.dumps(result, indent=1))
