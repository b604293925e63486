"""Makes the denoiser's weights that come with the program: simulate, train, judge on others, write the card.

    python benchmarks/make_weights_denoise.py autoencoder-euclid-vis [--count 3000] [--minutes 5] [--mode supervised] [--out FOLDER]

`--mode recorrupted` and `blind_spot` learn from the same noisy stamps without ever seeing a clean one, `second` from a second exposure of
each, for `denoise.py` to compare; they are not shipped. No real image is trained on.
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

import denoise_data
import numpy as np

from astrolens_gui.api import Context, as_dict, build
from astrolens_gui.core.learn.models import ModelInfo, write_model
from astrolens_gui.core.plugins import create
from astrolens_gui.core.restore.pairs import open_pairs, write_pairs
from astrolens_gui.kit import budget

ROOT = Path(__file__).resolve().parents[1]
SEED = 5161


def make(name: str, count: int, minutes: float, mode: str, width: int, out: Path) -> Path:
    """The model's folder below `out`."""
    from astrolens_autoencoder.plugin import AUTOENCODER, Training

    with tempfile.TemporaryDirectory(prefix="astrolens-weights-") as work:
        folder = Path(work)
        data = _set(folder / "clean", count, "clean")
        given = _set(folder / "second", count, "second") if mode == "second" else data
        backend = create(AUTOENCODER.factory, build(AUTOENCODER.params, {"width": width}))
        learning = "supervised" if mode == "second" else mode
        how: Any = build(Training, {"minutes": minutes, "epochs": 1000, "patience": 1000, "mode": learning})
        began = time.perf_counter()
        report = backend.fit(given, how, Context(seed=1))
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
        digest = json.loads((data.folder / "set.json").read_text(encoding="utf-8"))["hash"]
        info = ModelInfo(
            id=name, backend=AUTOENCODER.id, backend_version=AUTOENCODER.version, params=as_dict(backend.params),
            fit_params={**as_dict(how), **report.used}, input=data.input, classes=(),
            created=datetime.now(UTC).isoformat(timespec="seconds"), dataset_hash=digest, seed=1,
            split={"seed": 1, "rule": "object"},
            versions={"python": platform.python_version(), **{each: version(each) for each in ("keras", "tensorflow", "numpy")}},
            metrics=figures, verdict="accepted",
            reason=f"{figures['gain_db']:.1f} dB nearer to the truth than the image, on {figures['images']} held-out simulations",
            folder=out / name,
        )  # fmt: skip
        shutil.rmtree(out / name, ignore_errors=True)
        write_model(info, saved)
        (out / name / "README.md").write_text(card(info, len(report.epochs), minutes, count), encoding="utf-8")
    return out / name


def _set(folder: Path, count: int, wanted: str) -> Any:
    written = write_pairs(
        folder,
        denoise_data.pairs(count, SEED, wanted),
        size=denoise_data.SIZE,
        seed=1,
        about={"survey": "euclid_vis"},
        ctx=Context(),
    )
    print(f"{written.count} stamps, {written.held_out} held out", flush=True)
    return open_pairs(written.folder)


def judged(backend: Any, data: Any) -> dict[str, Any]:
    """On held-out stamps: mean gain in dB, flux of what stands 3 sigma above the sky, and how often the truth lies within
    twice the stated error, below and above that."""
    rows = np.flatnonzero(np.load(data.folder / "split.npy") == 2)
    noisy, wanted = np.asarray(data.images[rows]), np.asarray(data.wanted[rows])
    answer = backend.restore(noisy, Context(seed=1))
    errors = [np.nanmean(np.square(each - wanted), axis=(1, 2, 3)) for each in (noisy, answer.mean)]
    known = np.isfinite(wanted)
    bright, faint = known & (wanted > 3), known & (wanted <= 3)
    near = np.abs(answer.mean - wanted) < 2 * answer.sigma
    return {
        "images": len(rows),
        "gain_db": float(10 * np.log10(errors[0] / errors[1]).mean()),
        "flux_ratio": float(answer.mean[bright].sum() / wanted[bright].sum()),
        "within_2_sigma": float(near[bright].mean()),
        "within_2_sigma_faint": float(near[faint].mean()),
    }


def card(info: ModelInfo, epochs: int, minutes: float, count: int) -> str:
    """The model card: data, seed, metrics, limits, command."""
    found = info.metrics
    return f"""# {info.id}

Takes the noise out of Euclid VIS images: the denoiser `{info.backend}`, made {date.today()} by

    python benchmarks/make_weights_denoise.py {info.id}

**Input** band VIS, {denoise_data.SCALE:g}″ a pixel, any even size from 32 px, in units of the noise.

**Data** {count:,} simulated stamps of the survey `euclid_vis` (seed {SEED}), wanted without noise; pixels with cosmic rays taught
nothing. No real image was trained on. {epochs} epochs in {minutes:g} minutes of two cores.

**Figures** on {found["images"]} held-out simulations: {found["gain_db"]:.1f} dB nearer to the truth (mean square error, linear flux,
mean over stamps); flux of what stands 3 sigma above the sky {found["flux_ratio"]:.4f} of the truth's; the truth lies within twice
the stated error in {found["within_2_sigma"]:.0%} of those pixels and in {found["within_2_sigma_faint"]:.0%} of the fainter ones (95 %
would be honest). Against Gaussian, wavelet, total variation and non-local means: `benchmarks/denoise.py`.

**Limits** It knows VIS's noise and its growth with flux. Cosmic rays, trails and gaps stay in the image. Noise of another correlation
(resampled, stacked) is taken for structure in part: train on such images themselves, which needs no clean ones.
"""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--mode", choices=("supervised", "second", "recorrupted", "blind_spot"), default="supervised")
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--out", type=Path, default=ROOT / "resources" / "weights")
    asked = parser.parse_args()
    # Minutes of both cores, so that the weights do not depend on what else the machine did.
    budget.clock = lambda: time.process_time() / 2
    print(make(asked.name, asked.count, asked.minutes, asked.mode, asked.width, asked.out))
