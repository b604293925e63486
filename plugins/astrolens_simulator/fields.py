"""The backend for survey fields: many galaxies on one image, some of them lenses, with boxes and arc masks; knows no detector."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from astrolens_gui.api import Context, UserError

from . import artefacts, fitsfile, noise
from .impostors import IMPOSTORS
from .light import Grid, Sersic, Window
from .plugin import FieldParams, SimulatorParams
from .population import Colour, faint
from .scenes import MARGIN_PX, Scene, Truth, add_star, lens
from .simulator import ARC_MAG, Simulator
from .truthfile import begin_table, free_table

COLUMNS = (
    "ID", "is_lens", "class", "subclass", "image", "number", "x", "y", "w", "h", "ra_deg", "dec_deg", "theta_E_arcsec",
    "arc_snr", "magnification", "z_lens", "z_source", "mag_lens", "mag_source", "arc_pixels",
)  # fmt: skip
PATCH_PX = 184
"""Side of the part of the field that one lens or impostor is drawn in."""
PAD_PX = PATCH_PX // 2 + MARGIN_PX
"""Drawn around the field, so that every patch whose middle lies in the field lies on the canvas."""
RIM_PX = 16
"""No lens lies nearer to the field's edge, none nearer than twice that to another."""
REACH_ARCSEC = 24.0
"""Beyond it a galaxy's light is below a hundredth of the noise."""


@dataclass(frozen=True)
class Found:
    """A lens or impostor of a field: middle (x, y) as 0-based pixel centres; of a lens `box` (x, y, w, h) in pixels, which
    holds its visible arcs and the circle of the Einstein radius, and its `number` in the image of arcs."""

    truth: Truth
    x: float
    y: float
    number: int = 0
    box: tuple[float, float, float, float] | None = None
    arc_snr: float = math.nan
    mag_source: float = math.nan
    arc_pixels: int = 0


@dataclass(frozen=True)
class Field:
    """`images`, `clean` float32 (bands, size, size) in the survey's flux unit; `arcs` int16 (size, size), the number of the
    lens whose arc stands above the noise there, else 0; `objects`: lenses and impostors, the faint crowd left out."""

    images: np.ndarray
    clean: np.ndarray
    arcs: np.ndarray
    objects: tuple[Found, ...]


class Patch(Scene):
    """One object's surroundings: all that is drawn lands on the canvas, `origin` fine samples (row, column) from its corner."""

    def __init__(self, canvas: Scene, grid: Grid, origin: tuple[int, int]) -> None:
        super().__init__(canvas.survey, grid, canvas.rng, canvas.population, canvas.sources)
        self.light, self.canvas, self.origin = canvas.light, canvas, origin

    @property
    def half_arcsec(self) -> float:
        """As of a stamp of the survey: distances within an object's scene do not depend on the patch."""
        return (self.survey.size / 2 + MARGIN_PX) * self.survey.pixel_scale

    def add(self, mag: float, spectrum: Colour, image: np.ndarray, window: Window | None = None) -> None:
        rows, columns = (_moved(span, by) for span, by in zip(window or self.grid.whole, self.origin, strict=True))
        self.canvas.add(mag, spectrum, image, (rows, columns))

    def add_sersic(self, mag: float, spectrum: Colour, profile: Sersic) -> None:
        """On the canvas itself: the wings of a bright galaxy do not end with the patch."""
        grid, half = self.canvas.grid, (self.grid.side - self.canvas.grid.side) / 2
        there = replace(
            profile,
            x=profile.x + (self.origin[1] + half) * grid.step,
            y=profile.y + (self.origin[0] + half) * grid.step,
        )
        window = grid.around(there.x, there.y, min(REACH_ARCSEC, 40 * profile.radius / math.sqrt(profile.q)))
        self.canvas.add(
            mag, spectrum, there.at(*grid.offsets(window, there.x, there.y, there.angle)) * grid.step**2, window
        )


def _moved(span: slice, by: int) -> slice:
    return slice(span.start + by, span.stop + by)


class Fields:
    """Draws survey fields (see the package's README)."""

    def __init__(self, params: FieldParams) -> None:
        self.params = params

    def save(self, folder: Path) -> None:
        """Nothing to write: the parameters, which the host stores, are the whole model."""

    def load(self, folder: Path) -> None:
        """Nothing to read."""

    def _simulator(self, size: int) -> Simulator:
        how = self.params
        return Simulator(
            SimulatorParams(how.survey, size=size, population=how.population, nuisance=how.nuisance, psf=how.psf, sources=how.sources)
        )  # fmt: skip

    @cached_property
    def _canvas(self) -> Simulator:
        return self._simulator(self.params.size + 2 * (PAD_PX - MARGIN_PX))

    @cached_property
    def _patch(self) -> Simulator:
        return self._simulator(PATCH_PX)

    def simulate(self, out: Path, count: int, ctx: Context) -> Path:
        """Write `count` FITS files of a field each and `out/truth.csv`, a row for each lens and impostor (`image`: the
        file's stem; boxes as 0-based pixel centres and sizes); return the table's path.

        Behind its bands a file has the extension ARCS, the number of the lens whose arc is in a pixel. A field depends on
        `ctx.seed` and its number alone.

        Raises:
            UserError: when `count` is not positive, or `out` cannot be written or already holds a truth table.
            Cancelled: through ctx; the fields so far and their truth are kept.
        """
        table = free_table(out)
        if count < 1:
            raise UserError(f"count must be at least 1, not {count}")
        begin_table(table)
        with table.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(COLUMNS)
            for number in range(count):
                ctx.progress(number / count, f"simulating fields of {self.params.survey}: {number} of {count}")
                writer.writerows(self._write(table.parent, number, ctx.seed))
        ctx.progress(1.0, f"simulated {count} fields of {self.params.survey}")
        return table

    def _write(self, out: Path, number: int, seed: int) -> list[tuple]:
        field, name = self.field(number, seed), f"field{seed:04d}_{number:04d}"
        own = np.random.default_rng([seed & 0xFFFFFFFF, number, 22])
        ra, dec = float(own.uniform(0, 360)), float(own.uniform(-60, 60))
        whole, survey = self._simulator(self.params.size), self._canvas.survey
        planes = [
            (image, whole._cards(name, band, ra, dec)) for band, image in zip(survey.bands, field.images, strict=True)
        ]
        planes = [(image, [("EXTNAME", band.extname, ""), *(each for each in cards if each[0] != "EXTNAME")])
                  for band, (image, cards) in zip(survey.bands, planes, strict=True)]  # fmt: skip
        about = ("EXTNAME", "ARCS", "number of the lens whose arc this is")
        fitsfile.write(out / f"{name}.fits", [*planes, (field.arcs.astype(np.float32), [about])])
        return [self._row(name, place, one, ra, dec) for place, one in enumerate(field.objects)]

    def _row(self, name: str, place: int, one: Found, ra: float, dec: float) -> tuple:
        truth, scale = one.truth, self._canvas.survey.pixel_scale / 3600
        middle = (self.params.size - 1) / 2
        # the inverse gnomonic projection of the header's WCS (Calabretta & Greisen 2002, eq. 54)
        xi, eta = math.radians(-(one.x - middle) * scale), math.radians((one.y - middle) * scale)
        root, dec0 = math.hypot(xi, eta), math.radians(dec)
        arc = math.atan(root)
        sine = math.cos(arc) * math.sin(dec0) + (eta * math.sin(arc) * math.cos(dec0) / root if root else 0)
        east = math.atan2(
            xi * math.sin(arc), root * math.cos(dec0) * math.cos(arc) - eta * math.sin(dec0) * math.sin(arc)
        )
        sky = (f"{(ra + math.degrees(east)) % 360:.7f}", f"{math.degrees(math.asin(sine)):.7f}")
        box = one.box or (one.x, one.y, math.nan, math.nan)
        numbers = (
            truth.theta_e,
            one.arc_snr,
            truth.magnification,
            truth.z_lens,
            truth.z_source,
            truth.mag,
            one.mag_source,
        )
        return (
            f"{name}_{place:03d}", int(one.box is not None), truth.kind, truth.subclass, name, one.number or "",
            *(_text(value, ".2f") for value in box), *sky, *(_text(value, ".5g") for value in numbers), one.arc_pixels or "",
        )  # fmt: skip

    def field(self, number: int, seed: int) -> Field:
        """Field `number` of the run `seed`."""
        rng = np.random.default_rng([seed & 0xFFFFFFFF, number, 20])
        survey, how, canvas = self._canvas.survey, self.params, self._canvas
        nuisance = noise.NUISANCES[how.nuisance]
        scene = Scene(survey, canvas.grid, rng, how.population, how.sources)
        area = (2 * scene.half_arcsec / 60) ** 2
        self._crowd(scene, area)
        drawn = [(patch, self._object(patch, kind)) for patch, kind in self._patches(scene)]
        blurs, narrow = (
            each._blurs(nuisance, np.random.default_rng([seed & 0xFFFFFFFF, number, 21]))
            for each in (canvas, self._patch)
        )
        sky = noise.sky_factors(survey, nuisance, rng)
        clean = np.stack([canvas._pixels(light, psf) for light, psf in zip(scene.light, blurs, strict=True)])
        labels, objects = np.zeros(clean.shape[1:], np.int16), []
        for patch, truth in drawn:
            objects.append(self._arc(patch, truth, narrow, clean, sky, labels))
        images = noise.add_noise(clean, canvas._variance(clean, sky), survey, nuisance, rng)
        for patch, _ in drawn:
            for draw in patch.defects:
                draw(images[(slice(None), *self._window(patch))])
        stamps = canvas.size**2 / survey.size**2
        for _ in range(int(rng.poisson(stamps * max(survey.cosmic_rays * nuisance.artefacts, nuisance.floor)))):
            artefacts.cosmic_ray(images, rng)
        for _ in range(
            int(rng.poisson(math.sqrt(stamps) * max(survey.trails * nuisance.artefacts, nuisance.floor / 2)))
        ):
            artefacts.trail(images, rng)
        inner = slice(PAD_PX - MARGIN_PX, PAD_PX - MARGIN_PX + how.size)
        sigmas = canvas._sigmas
        images, clean = (np.ascontiguousarray(each[:, inner, inner] * sigmas) for each in (images, clean))
        kept = sorted(objects, key=lambda one: one.box is None)
        return Field(images, clean, np.ascontiguousarray(labels[inner, inner]), tuple(kept))

    def _crowd(self, scene: Scene, area: float) -> None:
        """Faint galaxies: 10^(0.3 mag) between 20 and 27, `galaxies_arcmin2` of them brighter than 24.5 (Laureijs et al. 2011)."""
        rng = scene.rng
        for _ in range(int(rng.poisson(self.params.galaxies_arcmin2 * 10 ** (0.3 * 2.5) * area))):
            x, y = rng.uniform(-1, 1, 2) * scene.half_arcsec
            scene.add_faint(faint(rng), float(x), float(y))

    def _patches(self, scene: Scene) -> Iterator[tuple[Patch, str]]:
        """What is drawn where: lenses, impostors by the population's shares, stars; lenses apart from everything else."""
        rng, how, fine = scene.rng, self.params, scene.survey.oversample
        area = (how.size * scene.survey.pixel_scale / 60) ** 2
        shares = [(name, share) for name, share in scene.about.shares if name not in ("artefact", "star")]
        names, weights = [name for name, _ in shares], np.array([share for _, share in shares])
        kinds = ["lens"] * int(rng.poisson(how.lenses_arcmin2 * area))
        kinds += list(rng.choice(names, int(rng.poisson(how.impostors_arcmin2 * area)), p=weights / weights.sum()))
        kinds += ["stars"] * int(rng.poisson(scene.survey.stars_arcmin2 * area))
        taken = np.empty((0, 2))
        for kind in kinds:
            for _ in range(50):
                place = rng.integers(RIM_PX * fine, (how.size - RIM_PX) * fine, 2)
                if not len(taken) or np.min(np.hypot(*(taken - place).T)) > 2 * RIM_PX * fine:
                    taken = np.vstack([taken, place])
                    yield Patch(scene, self._patch.grid, (int(place[0]), int(place[1]))), kind
                    break

    def _object(self, patch: Patch, kind: str) -> Truth:
        if kind == "lens":
            return lens(patch)
        if kind != "stars":
            return IMPOSTORS[kind](patch)
        mag = float(patch.rng.uniform(17.0, 25.0))
        add_star(patch, mag, 0.0, 0.0)
        return Truth("star", subclass="field", mag=mag)

    def _window(self, patch: Patch) -> Window:
        """The patch's pixels in the images."""
        top, left = (at // patch.survey.oversample for at in patch.origin)
        return slice(top, top + PATCH_PX), slice(left, left + PATCH_PX)

    def _arc(
        self,
        patch: Patch,
        truth: Truth,
        blurs: list[np.ndarray],
        clean: np.ndarray,
        sky: np.ndarray,
        labels: np.ndarray,
    ) -> Found:
        """The object with its arc, if it is a lens, added to `clean` and numbered in `labels`."""
        survey, (row, column) = patch.survey, patch.origin
        y, x = (at / survey.oversample - 0.5 for at in (row, column))
        if patch.arc is None:
            return Found(truth, x, y)
        shifted = np.roll(patch.arc, (row % survey.oversample, column % survey.oversample), axis=(0, 1))
        weights = patch.weights(ARC_MAG, patch.arc_colour)
        unit = np.stack([w * self._patch._pixels(shifted, psf) for w, psf in zip(weights, blurs, strict=True)])
        part = clean[(slice(None), *self._window(patch))]
        of_unit = math.sqrt(float(np.sum(unit**2 / self._canvas._variance(part, sky))))
        low, high = (self.params.arc_snr_scale * bound for bound in survey.arc_snr)
        wanted = math.exp(patch.rng.uniform(math.log(low), math.log(high)))
        part += unit * np.float32(wanted / of_unit)
        plane = unit[survey.bands.index(survey.reference)] * (wanted / of_unit)
        above = plane > min(1.0, float(plane.max()) / 3)
        number = int(labels.max()) + 1
        labels[self._window(patch)][above] = number
        reach = truth.theta_e / survey.pixel_scale
        edges = []
        for axis, middle in ((1, x), (0, y)):
            hit = (
                np.flatnonzero(above.any(axis=1 - axis))
                + patch.origin[axis] // survey.oversample
                - (PAD_PX - MARGIN_PX)
            )
            low_edge, high_edge = min(hit[0] - 0.5, middle - reach), max(hit[-1] + 0.5, middle + reach)
            edges.append((max(low_edge, -0.5), min(high_edge, self.params.size - 0.5)))
        (left, right), (top, bottom) = edges
        box = ((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)
        mag_source = ARC_MAG - 2.5 * math.log10(wanted / of_unit)
        return Found(truth, x, y, number, box, wanted, mag_source, int(above.sum()))


def _text(value: float, how: str) -> str:
    return "" if math.isnan(value) else format(value, how)
