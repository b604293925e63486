"""The generator of stamps as a backend: learns from images, draws FITS files that say that they are not data."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from astropy.io import fits

from astrolens_gui import kit
from astrolens_gui.api import Context, FitReport, TrainingSet, UserError
from astrolens_gui.kit import budget

from . import stampnet
from .drawn import likeness, spectra_apart

WEIGHTS = "weights.safetensors"
NOT_DATA = "not data: drawn by a generative network"
COMPARED = 256
"""Drawn and real stamps that the likeness is told of."""
_AT_ONCE = 64


class Dcgan:
    """Draws stamps like those of its training set, in units of their noise."""

    def __init__(self, params: Any) -> None:
        self.params = params
        self._trained: keras.Model | None = None
        self._about: dict[str, Any] = {}

    def fit(self, data: TrainingSet, fit_params: Any, ctx: Context) -> FitReport:
        """From the images alone, whatever the set is for; the central part whose side is a multiple of 8. What the networks
        pay each other does not fall as the drawings get better, so `loss` is how far their power spectrum is from the
        stamps' (mean of |log10|). The last epoch of the report holds the `drawn.Likeness` to the training stamps.

        Raises:
            UserError: fewer than two stamps, or the loss is no number any more.
        """
        if data.input.normalisation not in ("noise", "asinh_noise"):
            raise UserError(f"the generator learns from images in units of their noise, not {data.input.normalisation}")
        rows, side = data.indices("train"), data.input.shape[0] // stampnet.FACTOR * stampnet.FACTOR
        if len(rows) < 2 or side < 16:
            raise UserError("the generator needs at least two stamps of 16 pixels a side; add some to the project")
        cut, limit = (data.input.shape[0] - side) // 2, budget.Budget(fit_params.minutes)
        size = min(fit_params.batch_size, len(rows))
        inner = slice(cut, cut + side)

        def batch(which: np.ndarray) -> np.ndarray:
            taken = np.asarray(data.images[np.sort(which)][:, inner, inner], np.float32)
            return taken if data.input.normalisation == "asinh_noise" else np.arcsinh(taken)

        bands, width, latent = len(data.input.bands), int(self.params.width), int(self.params.latent)
        some = np.random.default_rng(ctx.seed).choice(rows, min(len(rows), COMPARED), replace=False)
        latents = np.random.default_rng(ctx.seed).standard_normal((min(len(some), _AT_ONCE), latent), np.float32)
        epochs: list[dict[str, float]] = []
        ended = "all epochs"
        with kit.device_scope(ctx), kit.deterministic(ctx.seed):
            with kit.dtype_scope("float32"):
                learner = stampnet.Learner(side, bands, width, latent, fit_params)
            for epoch in range(fit_params.epochs):
                random = np.random.default_rng([ctx.seed & 0xFFFFFFFF, epoch])
                order, sums, done = random.permutation(rows), np.zeros(2), 0
                for start in range(0, len(order) - size + 1, size):
                    real = np.rot90(batch(order[start : start + size]), int(random.integers(4)), axes=(1, 2))
                    sums += learner.step(tf.constant(np.ascontiguousarray(real))).numpy()
                    done += 1
                    share = max((epoch + done * size / len(rows)) / fit_params.epochs, limit.share())
                    ctx.progress(min(share, 1.0), f"epoch {epoch + 1}", generator=sums[0] / done)
                    if limit.over():
                        break
                made = np.asarray(learner.draws(latents, training=False))
                loss = float(spectra_apart(made, batch(some[:_AT_ONCE])).mean())
                named = zip(("generator", "adversary"), (sums / done).tolist(), strict=True)
                epochs.append({"loss": loss, **dict(named)})
                ctx.progress(min(share, 1.0), f"epoch {epoch + 1}", loss=loss)
                if not np.isfinite(list(epochs[-1].values())).all():
                    raise UserError(f"the loss is no longer a number in epoch {epoch + 1}; lower learning_rate")
                if limit.over():
                    ended = "the time was used up"
                    break
        self._trained = learner.draws
        self._about = {
            "side": side, "bands": list(data.input.bands), "width": width, "latent": latent,
            "pixel_scale": data.input.pixel_scale,
        }  # fmt: skip
        epochs[-1] |= asdict(likeness(np.arcsinh(self.draw(len(some), ctx)), batch(some)))
        return FitReport(tuple(epochs), ended)

    def draw(self, count: int, ctx: Context, first: int = 0) -> np.ndarray:
        """float32 (count, s, s, bands) in units of the noise; stamp number n depends on `ctx.seed` and n alone."""
        network, about = self._known()
        noise = np.stack(
            [
                np.random.default_rng([ctx.seed & 0xFFFFFFFF, n]).standard_normal(about["latent"])
                for n in range(first, first + count)
            ]
        ).astype(np.float32)
        parts = []
        with kit.device_scope(ctx):
            for start in range(0, count, _AT_ONCE):
                part = noise[start : start + _AT_ONCE]
                padded = np.pad(part, ((0, _AT_ONCE - len(part)), (0, 0)))  # one shape: the same bytes in any company
                parts.append(np.asarray(network(padded, training=False))[: len(part)])
        return np.sinh(np.concatenate(parts)).astype(np.float32)

    def simulate(self, out: Path, count: int, ctx: Context) -> Path:
        """Write `out/drawn_N.fits`, one HDU a band, in units of the noise, and `out/truth.csv` with is_lens empty.

        Raises:
            UserError: no model, nothing to draw, or a folder that can't be written or holds a table already.
        """
        if self._trained is None:
            if not self.params.model:
                raise UserError("the generator has learnt nothing yet; name the folder of a trained one as model")
            self.load(Path(self.params.model))
        if count < 1:
            raise UserError(f"count must be at least 1, not {count}")
        out = Path(out)
        table = out / "truth.csv"
        if table.exists():
            raise UserError(f"{table} already exists; choose an empty folder")
        try:
            out.mkdir(parents=True, exist_ok=True)
            with table.open("w", newline="", encoding="utf-8") as stream:
                rows = csv.writer(stream, lineterminator="\n")
                rows.writerow(("ID", "is_lens"))
                for start in range(0, count, _AT_ONCE):
                    made = self.draw(min(_AT_ONCE, count - start), ctx, start)
                    for number, stamp in enumerate(made, start):
                        name = f"drawn{ctx.seed:04d}_{number:06d}"
                        self._file(stamp, name).writeto(out / f"{name}.fits")
                        rows.writerow((name, ""))
                    ctx.progress((start + len(made)) / count, f"drew {start + len(made)} of {count}")
        except OSError as error:
            raise UserError(f"cannot write to {out}: {error.strerror or error}; choose another folder") from None
        return table

    def _file(self, stamp: np.ndarray, name: str) -> fits.HDUList:
        _, about = self._known()
        files = [fits.PrimaryHDU()]
        for number, band in enumerate(about["bands"]):
            image = fits.ImageHDU(np.ascontiguousarray(stamp[..., number], ">f4"), name=band)
            image.header["FILTER"] = band
            if about["pixel_scale"]:
                image.header["CDELT1"], image.header["CDELT2"] = (
                    sign * about["pixel_scale"] / 3600 for sign in (-1, 1)
                )
                image.header["CTYPE1"], image.header["CTYPE2"] = "RA---TAN", "DEC--TAN"
                image.header["CUNIT1"] = image.header["CUNIT2"] = "deg"
            files.append(image)
        for each in files:
            each.header["OBJECT"] = name
            each.header["ALDRAWN"] = ("dcgan", "NOT DATA: network that drew it")
            each.header.add_history(NOT_DATA)
        return fits.HDUList(files)

    def save(self, folder: Path) -> None:
        network, about = self._known()
        kit.save_keras(network, Path(folder) / WEIGHTS, {"about": json.dumps(about)})

    def load(self, folder: Path) -> None:
        path = Path(folder) / WEIGHTS
        _, held = kit.read_header(path)
        try:
            about = json.loads(held["about"])
            side, width, latent = (int(about[name]) for name in ("side", "width", "latent"))
            bands = [str(band) for band in about["bands"]]
            scale = float(about["pixel_scale"]) if about["pixel_scale"] else None
        except (KeyError, ValueError, TypeError, RecursionError):
            raise UserError(f"{path}: these weights do not say which generator they are for") from None
        sound = 16 <= side <= 512 and not side % stampnet.FACTOR and 1 <= len(bands) <= 64
        if not (sound and 1 <= width <= 128 and 1 <= latent <= 512):
            raise UserError(f"{path}: no generator has {side} pixels, {len(bands)} bands and {width} filters")
        network = stampnet.generator(side, len(bands), width, latent)
        kit.load_keras(network, path)
        self._trained = network
        self._about = {"side": side, "bands": bands, "width": width, "latent": latent, "pixel_scale": scale}

    def _known(self) -> tuple[keras.Model, dict[str, Any]]:
        if self._trained is None:
            raise UserError("the generator has learnt nothing yet; train it or load a model")
        return self._trained, self._about
