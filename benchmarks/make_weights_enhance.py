"""Makes the enhancer's weights that come with the program: simulate, degrade, train, judge on others, write the card.

    python benchmarks/make_weights_enhance.py gan-euclid-vis [--count 2000] [--minutes 5] [--plain] [--out resources/weights]

`--plain` trains the same U-Net without adversary and without spread, for `enhance.py` to compare; it is not shipped. No real
image is trained on.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import tempfile
import time
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import enhance_data
import numpy as np

from astrolens_gui.api import Context, as_dict, build
from astrolens_gui.core.learn.models import ModelInfo, write_model
from astrolens_gui.core.plugins import create
from astrolens_gui.core.restore.pairs import open_pairs, write_pairs

ROOT = Path(__file__).resolve().parents[1]
SEED = 5051
PLAIN = {"adversary_weight": 0.0, "spread_weight": 0.0}


def make(name: str, count: int, minutes: float, plain: bool, out: Path) -> Path:
    """The model's folder below `out`."""
    from astrolens_gan.plugin import GAN, Training

    with tempfile.TemporaryDirectory(prefix="astrolens-weights-") as work:
        folder = Path(work)
        about = {"survey": "euclid_vis", "seeing": enhance_data.SEEING, "noise": enhance_data.NOISE}
        written = write_pairs(
            folder / "pairs",
            enhance_data.pairs(count, SEED),
            size=enhance_data.SIZE,
            seed=1,
            about=about,
            ctx=Context(),
        )
        data = open_pairs(written.folder)
        print(f"{written.count} pairs, {written.held_out} held out", flush=True)
        backend = create(GAN.factory, build(GAN.params, {}))
        asked = {"minutes": minutes, "epochs": 1000, "patience": 1000, **(PLAIN if plain else {})}
        how: Any = build(Training, asked)
        began = time.perf_counter()
        report = backend.fit(data, how, Context(seed=1))
        seconds = time.perf_counter() - began
        print(
            f"trained for {seconds:.0f} s: {report.stopped}, {len(report.epochs)} epochs, {report.epochs[-1]}",
            flush=True,
        )
        figures = judged(backend, data)
        print(json.dumps(figures), flush=True)
        saved = folder / "saved"
        saved.mkdir()
        backend.save(saved)
        digest = json.loads((written.folder / "set.json").read_text(encoding="utf-8"))["hash"]
        info = ModelInfo(
            id=name, backend=GAN.id, backend_version=GAN.version, params=as_dict(backend.params),
            fit_params={**as_dict(how), **report.used}, input=written.input, classes=(),
            created=datetime.now(UTC).isoformat(timespec="seconds"), dataset_hash=digest, seed=1,
            split={"seed": 1, "rule": "object"},
            versions={"python": platform.python_version(), **{each: version(each) for each in ("keras", "tensorflow", "numpy")}},
            metrics=figures, verdict="accepted",
            reason=f"{figures['gain_db']:.1f} dB nearer to the truth than the image, on {figures['images']} held-out simulations",
            folder=out / name,
        )  # fmt: skip
        shutil.rmtree(out / name, ignore_errors=True)
        write_model(info, saved)
        (out / name / "README.md").write_text(card(info, len(report.epochs), seconds, count), encoding="utf-8")
    return out / name


def judged(backend: Any, data: Any) -> dict[str, Any]:
    """Mean gain in dB a held-out image, flux bias of the whole and how often the truth lies within 2 sigma of the mean."""
    rows = np.flatnonzero(np.load(data.folder / "split.npy") == 2)
    poor, wanted = np.asarray(data.images[rows]), np.asarray(data.wanted[rows])
    answer = backend.restore(poor, Context(seed=1))
    errors = [np.square(each - wanted).mean(axis=(1, 2, 3)) for each in (poor, answer.mean)]
    bright = wanted > 3
    return {
        "images": len(rows),
        "gain_db": float(10 * np.log10(errors[0] / errors[1]).mean()),
        "flux_ratio": float(answer.mean[bright].sum() / wanted[bright].sum()),
        "within_2_sigma": float((np.abs(answer.mean - wanted) < 2 * answer.sigma)[bright].mean()),
    }


def card(info: ModelInfo, epochs: int, seconds: float, count: int) -> str:
    """The model card: data, seed, metrics, limits, command."""
    found, (fine, coarse), (low, high) = info.metrics, enhance_data.SEEING, enhance_data.NOISE
    return f"""# {info.id}

From poor seeing and noise to Euclid VIS, sharp and without noise: the enhancer `{info.backend}`, made {date.today()} by

    python benchmarks/make_weights_enhance.py {info.id}

**Input** band VIS, {enhance_data.SCALE:g}″ a pixel, any even size from 32 px, in units of the noise.

**Data** {count:,} simulated stamps of the survey `euclid_vis` (seed {SEED}): wanted without noise at
{enhance_data.SHARP:g}″ FWHM, given at {fine:g}″ to {coarse:g}″ with {low:g} to {high:g} times the survey's noise. No real
image was trained on. {epochs} epochs in {seconds / 60:.0f} minutes on two shared cores.

**Figures** on {found["images"]} held-out simulations: {found["gain_db"]:.1f} dB nearer to the truth (mean square error,
linear flux); flux of what stands 3 sigma above the sky {found["flux_ratio"]:.3f} of the truth's; there
{found["within_2_sigma"]:.0%} of the pixels lie within twice the scatter of the draws (95 % would be honest).
Against Richardson-Lucy and Wiener: `benchmarks/enhance.py`.

**Limits** What it draws is not data: it draws what simulated galaxies look like, at the places that the image leaves open. The PSF
is a Gaussian's and the noise white; real images differ. Look at the scatter of its draws before you believe a feature.
"""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--out", type=Path, default=ROOT / "resources" / "weights")
    asked = parser.parse_args()
    print(make(asked.name, asked.count, asked.minutes, asked.plain, asked.out))
