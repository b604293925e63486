"""The backend: one object after the other from its own seed to a FITS file and a row of the truth table."""

from __future__ import annotations

import csv
import importlib.util
import math
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from astrolens_gui.api import Context, UserError

from . import artefacts, fitsfile, noise
from .impostors import IMPOSTORS, impostor
from .light import Grid, binned, blur, moffat
from .plugin import SimulatorParams
from .psf import from_fits
from .scenes import MARGIN_PX, Scene, Truth, lens, surroundings
from .surveys import Band, Survey, surveys
from .truthfile import begin_table, free_table

OBJECTS_PER_FIELD = 64
COLUMNS = (
    "ID", "is_lens", "class", "subclass", "theta_E_arcsec", "arc_snr", "magnification", "z_lens", "z_source",
    "n_images", "ra_deg", "dec_deg", "field", "mag_lens", "mag_source", "sigma_km_s", "q", "shear", "n_members",
    "arc_pixels", "arc_flux_sigma",
)  # fmt: skip
ARC_MAG = 24.0
"""Of the unlensed source in the reference band, before its arc is brought to its signal-to-noise."""


@dataclass(frozen=True)
class Stamp:
    """One simulated object: `images` float32 (bands, size, size) in the survey's flux unit, NaN where masked.

    `arc_pixels` counts pixels whose arc stands above the sky's sigma in the reference band, `arc_flux_sigma` is the arc's
    flux there over that sigma, `mag_source` the unlensed source's magnitude. `clean`: the images without noise, sky and
    defects, float32 of their shape and unit. `repeats`: further exposures of the same scene through the same PSF, each with
    noise and defects of its own, like `images`.
    """

    images: np.ndarray
    truth: Truth
    arc_snr: float
    mag_source: float = math.nan
    arc_pixels: int = 0
    arc_flux_sigma: float = math.nan
    clean: np.ndarray = field(default_factory=lambda: np.empty(0, np.float32))
    repeats: tuple[np.ndarray, ...] = ()


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

    def simulate(self, out: Path, count: int, ctx: Context, first: int = 0) -> Path:
        """Write `count` FITS files to folders of `out`, one a field, and `out/truth.csv`; return the table's path.

        An object depends on `ctx.seed` and its number alone, so a longer run begins with the objects of a shorter one, and
        runs that each begin at another `first` number are parts of one. Beside them, where the parameters ask for it,
        `out/clean/ID.fits` without noise and `out/repeat2/ID.fits`, `out/repeat3/ID.fits`, … of the same scenes.

        Raises:
            UserError: when `count` is not positive, or `out` cannot be written or already holds a truth table.
            Cancelled: through ctx; the objects so far and their truth are kept.
        """
        table = free_table(out)
        if self.params.mass == "power_law" and importlib.util.find_spec("lenstronomy") is None:
            raise UserError("power-law lenses need lenstronomy: pip install lenstronomy, or keep mass isothermal")
        if count < 1:
            raise UserError(f"count must be at least 1, not {count}")
        self.stamp(first, ctx.seed)  # a PSF or sources that can't be used are said before anything is written
        begin_table(table)
        with table.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(COLUMNS)
            for number in range(count):
                if number % 16 == 0:
                    ctx.progress(number / count, f"simulating {self.survey.name}: {number} of {count}")
                writer.writerow(self._write(table.parent, first + number, ctx.seed))
        ctx.progress(1.0, f"simulated {count} objects of {self.survey.name}")
        return table

    def _write(self, out: Path, number: int, seed: int) -> tuple:
        stamp = self.stamp(number, seed)
        name, patch = f"sim{seed:04d}_{number:06d}", f"field_{number // OBJECTS_PER_FIELD:04d}"
        ra, dec = _position(number, seed)
        folder = out / patch
        every = [(folder, stamp.images), *((out / f"repeat{n}", images) for n, images in enumerate(stamp.repeats, 2))]
        for place, images in [*every, (out / "clean", stamp.clean)] if self.params.clean else every:
            place.mkdir(exist_ok=True)
            cards = (self._cards(name, band, ra, dec) for band in self.survey.bands)
            fitsfile.write(place / f"{name}.fits", list(zip(images, cards, strict=True)))
        return (name, *_row(stamp, ra, dec, patch))

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
        """Object `number` of the run `seed`: drawn, blurred, with noise and defects."""
        rng = np.random.default_rng([seed & 0xFFFFFFFF, number])
        nuisance = noise.NUISANCES[self.params.nuisance]
        crowd = 1 + 0.2 * (nuisance.artefacts - 1)
        params = self.params
        scene = Scene(self.survey, self.grid, rng, params.population, params.sources, crowd, params.mass == "power_law")
        truth = self._drawn(scene)
        surroundings(scene)
        blurs = self._blurs(nuisance, rng)
        sky = noise.sky_factors(self.survey, nuisance, rng)
        clean = np.stack([self._pixels(light, psf) for light, psf in zip(scene.light, blurs, strict=True)])
        arc_snr = mag_source = flux = math.nan
        above = 0
        if scene.arc is not None:
            arc, arc_snr = self._arc(scene, blurs, clean, sky)
            mag_source = scene.source_mag
            clean += arc
            plane = arc[self.survey.bands.index(self.survey.reference)]
            above, flux = int(np.count_nonzero(plane > 1)), float(plane[plane > 1].sum())
        # All that is asked for beyond the first exposure is drawn behind it: the same bytes whether it is asked for or not.
        images, *repeats = (self._exposed(scene, clean, sky, nuisance) for _ in range(1 + params.repeats))
        clean *= self._sigmas
        return Stamp(images, truth, arc_snr, mag_source, above, flux, clean, tuple(repeats))

    @cached_property
    def _sigmas(self) -> np.ndarray:
        return np.array([band.sigma for band in self.survey.bands], np.float32)[:, None, None]

    def _exposed(self, scene: Scene, clean: np.ndarray, sky: np.ndarray, nuisance: noise.Nuisance) -> np.ndarray:
        """`clean` (in sky sigmas) as one exposure sees it, in flux units: noise, defects and masks of its own."""
        survey, rng = self.survey, scene.rng
        images = noise.add_noise(clean, self._variance(clean, sky), survey, nuisance, rng)
        self._defects(scene, images, nuisance)
        images *= self._sigmas
        if rng.random() < max(survey.masked * nuisance.artefacts**0.5, nuisance.floor * (survey.masked > 0)):
            images[noise.masked_blocks(images.shape, rng)] = np.nan
        return images

    def _drawn(self, scene: Scene) -> Truth:
        if self.params.only:
            return lens(scene) if self.params.only == "lens" else IMPOSTORS[self.params.only](scene)
        return lens(scene) if scene.rng.random() < self.params.lens_fraction else impostor(scene)

    def _blurs(self, nuisance: noise.Nuisance, rng: np.random.Generator) -> list[np.ndarray]:
        """Transforms of every band's PSF in this stamp; three quarters of the seeing's variance is common to the bands."""
        survey = self.survey
        spread, common = math.hypot(survey.seeing_scatter, nuisance.seeing_scatter), rng.normal()
        q, angle = 1 - abs(rng.normal(0, nuisance.ellipticity)), rng.uniform(0, math.pi)
        blurs = []
        for band in survey.bands:
            own = 0.87 * common + 0.5 * rng.normal() if len(survey.bands) > 1 else common
            widen = nuisance.seeing * (1 + spread * float(np.clip(own, -2.5, 2.5)))
            if self.params.psf:
                blurs.append(from_fits(self.params.psf, self.grid, survey.pixel_scale, widen))
            else:
                blurs.append(moffat(self.grid, band.fwhm_arcsec * widen, band.moffat_beta, q, angle))
        return blurs

    def _pixels(self, light: np.ndarray, psf: np.ndarray) -> np.ndarray:
        inner = slice(MARGIN_PX, -MARGIN_PX)
        return binned(blur(light, psf), self.survey.oversample)[inner, inner]

    def _arc(
        self, scene: Scene, blurs: list[np.ndarray], clean: np.ndarray, sky: np.ndarray
    ) -> tuple[np.ndarray, float]:
        """The arcs at a signal-to-noise drawn log-uniformly from the survey's range, and that number.

        That of a matched filter over all bands: sqrt(sum of arc^2 / variance), the lens's shot noise included.
        The source's magnitude follows.
        """
        assert scene.arc is not None
        weights = scene.weights(ARC_MAG, scene.arc_colour)
        unit = np.stack([weight * self._pixels(scene.arc, psf) for weight, psf in zip(weights, blurs, strict=True)])
        of_unit = math.sqrt(float(np.sum(unit**2 / self._variance(clean, sky))))
        low, high = (self.params.arc_snr_scale * bound for bound in self.survey.arc_snr)
        wanted = math.exp(scene.rng.uniform(math.log(low), math.log(high)))
        scale = wanted / of_unit
        scene.source_mag = ARC_MAG - 2.5 * math.log10(scale)
        return unit * np.float32(scale), wanted

    def _variance(self, clean: np.ndarray, sky: np.ndarray) -> np.ndarray:
        """Of every pixel in units of the survey's sky: this stamp's sky and the objects' electrons over electrons^2."""
        per_unit = np.array([1 / (band.sigma * band.gain) for band in self.survey.bands], np.float32)[:, None, None]
        return (sky**2)[:, None, None] + np.maximum(clean, 0) * per_unit

    def _defects(self, scene: Scene, images: np.ndarray, nuisance: noise.Nuisance) -> None:
        rng, survey = scene.rng, self.survey
        for draw in scene.defects:
            draw(images)
        for _ in range(int(rng.poisson(max(survey.cosmic_rays * nuisance.artefacts, nuisance.floor)))):
            artefacts.cosmic_ray(images, rng)
        if rng.random() < max(survey.trails * nuisance.artefacts, nuisance.floor / 2):
            artefacts.trail(images, rng)


def _row(stamp: Stamp, ra: float, dec: float, patch: str) -> tuple:
    """The truth table's row behind the ID."""
    truth = stamp.truth
    is_lens = int(truth.kind == "lens")
    own = (truth.n_members, stamp.arc_pixels, _text(stamp.arc_flux_sigma)) if is_lens else ("", "", "")
    numbers = (truth.theta_e, stamp.arc_snr, truth.magnification, truth.z_lens, truth.z_source, truth.n_images)
    more = (truth.mag, stamp.mag_source, truth.sigma_km_s, truth.q, truth.shear)
    return (
        is_lens, truth.kind, truth.subclass, *map(_text, numbers), f"{ra:.7f}", f"{dec:.7f}", patch,
        *map(_text, more), *own,
    )  # fmt: skip


def _position(number: int, seed: int) -> tuple[float, float]:
    """RA, Dec in degrees: fields of half a degree anywhere between -60 and 60, objects on a jittered place within."""
    patch = np.random.default_rng([seed & 0xFFFFFFFF, number // OBJECTS_PER_FIELD, 1])
    ra, dec = patch.uniform(0, 360), patch.uniform(-60, 60)
    own = np.random.default_rng([seed & 0xFFFFFFFF, number, 2]).uniform(-0.25, 0.25, 2)
    return float((ra + own[0] / math.cos(math.radians(dec))) % 360), float(dec + own[1])


def _text(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.5g}"
