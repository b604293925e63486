"""The backend: one object after the other from its own seed to a FITS file and a row of the truth table; numpy only."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from astrolens_gui.api import Context, UserError

from . import fitsfile
from .light import Grid, binned, blur, moffat
from .plugin import SimulatorParams
from .scenes import IMPOSTORS, Scene, Truth, field, lens, source_colour
from .surveys import Band, Survey, surveys

MARGIN_PX = 4
"""Drawn around the stamp and cut off, so that the periodic convolution does not bring light across the edges."""

OBJECTS_PER_FIELD = 64
COLUMNS = ("ID", "is_lens", "class", "theta_E_arcsec", "arc_snr", "magnification", "ra_deg", "dec_deg", "field")


@dataclass(frozen=True)
class Stamp:
    """One simulated object: `images` float32 (bands, size, size) in the survey's flux unit."""

    images: np.ndarray
    truth: Truth
    arc_snr: float


class Simulator:
    """Draws lenses and impostors of one survey (see the package's README)."""

    def __init__(self, params: SimulatorParams) -> None:
        self.params = params

    def save(self, folder: Path) -> None:
        """Nothing to write: the parameters, which the host stores, are the whole model."""

    def load(self, folder: Path) -> None:
        """Nothing to read."""

    @cached_property
    def survey(self) -> Survey:
        return surveys()[self.params.survey]

    @cached_property
    def size(self) -> int:
        return self.params.size or self.survey.size

    @cached_property
    def grid(self) -> Grid:
        fine = self.survey.oversample
        return Grid((self.size + 2 * MARGIN_PX) * fine, self.survey.pixel_scale / fine)

    def simulate(self, out: Path, count: int, ctx: Context) -> Path:
        """Write `count` FITS files to folders of `out`, one a field, and `out/truth.csv`; return the table's path.

        An object depends on `ctx.seed` and its number alone, so a longer run begins with the objects of a shorter one.

        Raises:
            UserError: when `count` is not positive, or `out` cannot be written or already holds a truth table.
            Cancelled: through ctx; the objects so far and their truth are kept.
        """
        table = Path(out) / "truth.csv"
        if count < 1:
            raise UserError(f"count must be at least 1, not {count}")
        if table.exists():
            raise UserError(f"{table} already exists; choose an empty folder for the simulation")
        try:
            table.parent.mkdir(parents=True, exist_ok=True)
            table.touch()
        except OSError as error:
            raise UserError(f"cannot write to {out}: {error.strerror}; choose another folder") from error
        with table.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(COLUMNS)
            for number in range(count):
                if number % 16 == 0:
                    ctx.progress(number / count, f"simulating {self.survey.name}: {number} of {count}")
                writer.writerow(self._write(table.parent, number, ctx.seed))
        ctx.progress(1.0, f"simulated {count} objects of {self.survey.name}")
        return table

    def _write(self, out: Path, number: int, seed: int) -> tuple:
        stamp = self.stamp(number, seed)
        name, patch = f"sim{seed:04d}_{number:06d}", f"field_{number // OBJECTS_PER_FIELD:04d}"
        ra, dec = _position(number, seed)
        folder = out / patch
        folder.mkdir(exist_ok=True)
        planes = [
            (image, self._cards(name, band, ra, dec))
            for band, image in zip(self.survey.bands, stamp.images, strict=True)
        ]
        fitsfile.write(folder / f"{name}.fits", planes)
        truth, is_lens = stamp.truth, int(stamp.truth.kind == "lens")
        numbers = (_text(truth.theta_e), _text(stamp.arc_snr), _text(truth.magnification))
        return (name, is_lens, truth.kind, *numbers, f"{ra:.7f}", f"{dec:.7f}", patch)

    def _cards(self, name: str, band: Band, ra: float, dec: float) -> list[fitsfile.Card]:
        middle, scale = (self.size + 1) / 2, self.survey.pixel_scale / 3600
        cards: list[fitsfile.Card] = [("EXTNAME", band.extname, "")] if len(self.survey.bands) > 1 else []
        cards += [
            ("OBJECT", name, ""), ("TELESCOP", self.survey.telescope, "imitated by a simulation"),
            ("FILTER", band.name, ""),
            ("MAGZERO", band.zero_point, "AB magnitude of flux 1"), ("GAIN", band.gain, "electrons per unit of flux"),
            ("WCSAXES", 2, ""), ("CTYPE1", "RA---TAN", ""), ("CTYPE2", "DEC--TAN", ""), ("CUNIT1", "deg", ""),
            ("CUNIT2", "deg", ""), ("CRPIX1", middle, ""), ("CRPIX2", middle, ""), ("CRVAL1", round(ra, 7), ""),
            ("CRVAL2", round(dec, 7), ""), ("CDELT1", -scale, ""), ("CDELT2", scale, ""), ("RADESYS", "ICRS", ""),
        ]  # fmt: skip
        if self.survey.unit:
            cards.append(("BUNIT", self.survey.unit, ""))
        return cards

    def stamp(self, number: int, seed: int) -> Stamp:
        """Object `number` of the run `seed`: drawn, blurred, with noise."""
        rng = np.random.default_rng([seed & 0xFFFFFFFF, number])
        scene = Scene(self.survey, self.grid, rng)
        truth = lens(scene) if rng.random() < self.params.lens_fraction else _impostor(scene)
        field(scene)
        seeing = 1 + self.survey.seeing_scatter * float(np.clip(rng.normal(), -3, 3))
        q, angle = 1 - abs(rng.normal(0, 0.03)), rng.uniform(0, math.pi)
        blurs = [moffat(self.grid, band.fwhm_arcsec * seeing, band.moffat_beta, q, angle) for band in self.survey.bands]
        clean = np.stack([self._pixels(light, psf) for light, psf in zip(scene.light, blurs, strict=True)])
        arc_snr = math.nan
        if scene.arc is not None:
            arc, arc_snr = self._arc(scene, blurs, clean)
            clean += arc
        sigmas = np.array([band.sigma for band in self.survey.bands], np.float32)[:, None, None]
        return Stamp((self._noisy(clean, rng) * sigmas).astype(np.float32), truth, arc_snr)

    def _pixels(self, light: np.ndarray, psf: np.ndarray) -> np.ndarray:
        inner = slice(MARGIN_PX, -MARGIN_PX)
        return binned(blur(light, psf), self.survey.oversample)[inner, inner]

    def _arc(self, scene: Scene, blurs: list[np.ndarray], clean: np.ndarray) -> tuple[np.ndarray, float]:
        """The arcs at a signal-to-noise drawn log-uniformly from the survey's range, and that number.

        That of a matched filter over all bands: sqrt(sum of arc^2 / variance), the lens's shot noise included.
        """
        assert scene.arc is not None
        weights = scene.weights(24.0, source_colour(scene.rng))
        unit = np.stack([weight * self._pixels(scene.arc, psf) for weight, psf in zip(weights, blurs, strict=True)])
        of_unit = math.sqrt(float(np.sum(unit**2 / self._variance(clean))))
        low, high = (self.params.arc_snr_scale * bound for bound in self.survey.arc_snr)
        wanted = math.exp(scene.rng.uniform(math.log(low), math.log(high)))
        return unit * np.float32(wanted / of_unit), wanted

    def _variance(self, clean: np.ndarray) -> np.ndarray:
        """Of every pixel in units of the sky's: 1 + electrons of the objects over electrons^2 of the sky."""
        per_unit = np.array([1 / (band.sigma * band.gain) for band in self.survey.bands], np.float32)[:, None, None]
        return 1 + np.maximum(clean, 0) * per_unit

    def _noisy(self, clean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Add sky and shot noise, correlated as resampling leaves it, and a background slightly off zero."""
        white, weight = rng.standard_normal(clean.shape, np.float32), np.float32(self.survey.noise_correlation)
        neighbours = sum(np.roll(white, step, axis) for step in (-1, 1) for axis in (1, 2))
        noise = (white + weight * neighbours) / np.float32(math.sqrt(1 + 4 * weight**2))
        return clean + noise * np.sqrt(self._variance(clean)) + np.float32(rng.normal(0, 0.12))


def _impostor(scene: Scene) -> Truth:
    shares = np.cumsum([share for _, share in IMPOSTORS])
    draw, _ = IMPOSTORS[int(np.searchsorted(shares, scene.rng.random() * shares[-1], side="right"))]
    return draw(scene)


def _position(number: int, seed: int) -> tuple[float, float]:
    """RA, Dec in degrees: fields of half a degree anywhere between -60 and 60, objects on a jittered place within."""
    patch = np.random.default_rng([seed & 0xFFFFFFFF, number // OBJECTS_PER_FIELD, 1])
    ra, dec = patch.uniform(0, 360), patch.uniform(-60, 60)
    own = np.random.default_rng([seed & 0xFFFFFFFF, number, 2]).uniform(-0.25, 0.25, 2)
    return float((ra + own[0] / math.cos(math.radians(dec))) % 360), float(dec + own[1])


def _text(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.5g}"
