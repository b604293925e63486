"""The painting backend: simulated arcs into the user's own cutouts, and as many left as they are; draws no galaxy of its own.

Painted and unpainted cutouts are read and written by the same steps, so that only the arc tells them apart.
"""

from __future__ import annotations

import csv
import math
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.api import Context, UserError

from . import hosts
from .arcs import ArcBand, ArcTruth, draw_arcs
from .hosts import Cutout, Image
from .light import Grid
from .plugin import PainterParams, SimulatorParams
from .surveys import Survey, surveys
from .truthfile import begin_table, free_table

COLUMNS = (
    "ID", "is_lens", "class", "subclass", "theta_E_arcsec", "arc_snr", "magnification", "z_lens", "z_source", "n_images",
    "ra_deg", "dec_deg", "field", "is_golden", "source", "mag_source", "q", "shear", "x_px", "y_px", "arc_pixels",
    "arc_flux_sigma", "bands",
)  # fmt: skip
FINE = 3
"""Samples of the arcs a pixel and axis."""
LARGEST_SHARE = 0.6
"""Of half the cutout's side: no Einstein radius is larger, for images lie up to 1.6 of them out."""


@dataclass(frozen=True)
class Painted:
    """Arcs for a cutout: `light` of each image in its flux unit, float64 of its shape; where; `above` pixels over the noise."""

    light: list[np.ndarray]
    truth: ArcTruth
    x: float
    y: float
    above: int
    flux: float


class Painter:
    """Paints lenses into the cutouts of a folder (docs/challenge.md)."""

    def __init__(self, params: PainterParams) -> None:
        self.params = params

    def save(self, folder: Path) -> None:
        """Nothing to write: the parameters, which the host stores, are the whole model."""

    def load(self, folder: Path) -> None:
        """Nothing to read."""

    @cached_property
    def survey(self) -> Survey:
        return surveys()[self.params.survey]

    @cached_property
    def psf(self) -> np.ndarray | None:
        """The user's PSF, sampled as his images are; None where each file or the preset has its own."""
        if not self.params.psf:
            return None
        from astropy.io import fits

        try:
            with fits.open(Path(self.params.psf).expanduser(), memmap=False) as hdus:
                data = next((hdu.data for hdu in hdus if hdu.data is not None and hdu.data.ndim == 2), None)
        except OSError as error:
            raise UserError(
                f"{self.params.psf}: not a readable FITS image ({error}); name the PSF with --psf"
            ) from None
        if data is None or not np.nan_to_num(data).sum() > 0:
            raise UserError(f"{self.params.psf}: holds no image with flux; name a FITS image of the PSF with --psf")
        return hosts.centred(np.asarray(data, np.float64))

    def simulate(self, out: Path, count: int, ctx: Context, first: int | None = None) -> Path:
        """Write up to `count` cutouts of the folder, each once, in an order of the seed's, and `out/truth.csv`.

        Cutouts that can't be used (no known band, no pixel scale) are left out and counted in the last message; an object
        depends on the seed and its number alone. With `first`, this is a part of a longer run, from that number on: it may
        come out empty.

        Raises:
            UserError: no folder, nothing in it that can be painted, or a simulation in `out` already; one sentence.
        """
        self._check()
        start = first or 0
        table = free_table(out)
        with ExitStack() as stack:
            if self.params.into:
                every = hosts.find(self.params.into)
                order = np.random.default_rng([ctx.seed & 0xFFFFFFFF, 11]).permutation(len(every))
                todo = [(number, every[order[number]]) for number in range(start, min(start + count, len(every)))]
            else:
                todo = list(enumerate(self._drawn(stack, count, ctx, start), start))
            return self._all(table, todo, ctx, whole=first is None)

    def _all(self, table: Path, todo: Sequence[tuple[int, Cutout]], ctx: Context, whole: bool) -> Path:
        begin_table(table)
        refused: list[str] = []
        with table.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(COLUMNS)
            for done, (number, cutout) in enumerate(todo):
                if done % 4 == 0:
                    ctx.progress(done / len(todo), f"painting: {done} of {len(todo)}")
                try:
                    writer.writerow(self._one(table.parent, number, cutout, ctx.seed))
                except UserError as error:
                    refused.append(str(error))
                except (OSError, ValueError, TypeError) as error:  # what astropy says of a damaged file
                    refused.append(f"{cutout.files[0].name}: can't be read ({error})")
        if whole and todo and len(refused) == len(todo):
            table.unlink()
            raise UserError(f"no cutout can be painted: {refused[0]}")
        for sentence in refused:
            ctx.log.warning("left out: %s", sentence)
        left = f", {len(refused)} left out ({refused[0]})" if refused else ""
        ctx.progress(1.0, f"{len(todo) - len(refused)} cutouts written{left}")
        return table

    def _check(self) -> None:
        how = self.params
        for low, high, what in (
            (how.theta_e_low, how.theta_e_high, "Einstein radius"),
            (how.arc_snr_low, how.arc_snr_high, "arc's signal-to-noise"),
        ):
            if low is not None and high is not None and low > high:
                raise UserError(f"the lowest {what}, {low:g}, is above the highest, {high:g}; exchange them")

    def _drawn(self, stack: ExitStack, count: int, ctx: Context, first: int) -> list[Cutout]:
        """Without a folder of cutouts: the simulator's own non-lenses, which go when the painting is done."""
        from .simulator import Simulator

        folder = Path(tempfile.mkdtemp(prefix="hosts-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        drawing = Simulator(SimulatorParams(survey=self.params.survey, lens_fraction=0.0))
        drawing.simulate(folder, count, replace(ctx, on_progress=lambda _: None), first=first)
        return hosts.find(str(folder))

    def _one(self, out: Path, number: int, cutout: Cutout, seed: int) -> list[Any]:
        """One object to its file (or one a band); its row of the table."""
        from astropy.io import fits

        rng = np.random.default_rng([seed & 0xFFFFFFFF, number, 12])
        with ExitStack() as stack:
            files = [stack.enter_context(fits.open(path, memmap=False)) for path in cutout.files]
            images = hosts.images(
                files, cutout.files, self.survey, self.psf, self.params.pixel_scale or 0.0, self.params.band
            )
            paint = rng.random() < self.params.fraction
            drawn = self._arcs(
                images, rng, number, seed
            )  # of both kinds, so that both are refused for the same reasons
            arcs = drawn if paint else None
            for n, image in enumerate(images):
                _put(files[image.file], image, None if arcs is None else arcs.light[n], rng)
            name = f"paint{seed:04d}_{number:06d}"
            for path, hdus in zip(cutout.files, files, strict=True):
                hdus[0].header.add_history(_history(arcs, cutout, self.params.blind))
                place = out / cutout.folder / (path.parent.name if len(files) > 1 else "") / f"{name}.fits"
                place.parent.mkdir(parents=True, exist_ok=True)
                hdus.writeto(place, output_verify="silentfix", overwrite=True)
            sky = _centre(files[images[0].file][images[0].hdu])
        return _row(name, cutout, images, arcs, sky)

    def _arcs(self, images: list[Image], rng: np.random.Generator, number: int, seed: int) -> Painted:
        """The same lensed source through every image's own PSF, scale, zero point and noise."""
        how, survey = self.params, self.survey
        main = min(images, key=lambda image: abs(image.band.wavelength_um - 0.7))
        x, y, q, angle = galaxy(main)
        reach = LARGEST_SHARE * min(main.pixels.shape) / 2 * main.scale
        low = how.theta_e_low or survey.theta_e_arcsec[0]
        high = max(low, how.theta_e_high or survey.theta_e_arcsec[1])
        if low > reach:
            wanted = f"an Einstein radius of {low:.2g} arcsec"
            raise UserError(
                f"{main.pixels.shape[1]} x {main.pixels.shape[0]} px are too few for {wanted}; lower --theta-e-low"
            )
        theta_e = rng.uniform(low, min(high, reach))
        snr_low = how.arc_snr_low or survey.arc_snr[0]
        wanted_snr = math.exp(
            rng.uniform(math.log(snr_low), math.log(max(snr_low, how.arc_snr_high or survey.arc_snr[1])))
        )
        light: list[np.ndarray] = [np.empty(0)] * len(images)
        truth: ArcTruth | None = None
        for alike in _grids(images):  # each draws the same system: the same generator, and nothing else that is drawn
            own = np.random.default_rng([seed & 0xFFFFFFFF, number, 13])
            group = [images[n] for n in alike]
            planes, drawn = _through(group, main, (x * main.scale, y * main.scale), own, theta_e, q, angle, how.sources)
            for n, plane in zip(alike, planes, strict=True):
                light[n] = plane
            truth = truth or drawn
        assert truth is not None
        snr = math.sqrt(sum(float(np.sum((plane / i.sigma) ** 2)) for plane, i in zip(light, images, strict=True)))
        if snr == 0:
            raise UserError("the arcs fall where the images have no value; leave this cutout out of the folder")
        scale = wanted_snr / snr
        light = [plane * scale for plane in light]
        first = light[images.index(main)]
        over = first > main.sky
        truth = replace(truth, arc_snr=wanted_snr, mag_source=truth.mag_source - 2.5 * math.log10(scale))
        return Painted(light, truth, x, y, int(over.sum()), float(first[over].sum() / main.sky))


def _grids(images: list[Image]) -> list[list[int]]:
    """The images that share shape and pixel scale, by their numbers."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for n, image in enumerate(images):
        groups.setdefault((image.pixels.shape, round(image.scale, 5)), []).append(n)
    return list(groups.values())


def _through(
    group: list[Image],
    main: Image,
    at: tuple[float, float],
    rng: np.random.Generator,
    theta_e: float,
    q: float | None,
    angle: float | None,
    sources: str,
) -> tuple[list[np.ndarray], ArcTruth]:
    """The arcs as images on one grid see them, `at` arcsec from their middle; q and angle of the lens's light."""
    (height, width), scale = group[0].pixels.shape, group[0].scale
    dx, dy = (round(place / scale) for place in at)
    side = max(height, width) + 2 * max(abs(dx), abs(dy)) + 1
    side += (side - height) % 2
    seen = group if any(image is main for image in group) else [main, *group]  # colours are those against the main band
    bands = [
        ArcBand(image.band.name, image.band.wavelength_um, image.zero_point, image.psf, image.sky, image.gain)
        for image in seen
    ]
    grid = Grid(side * FINE, scale / FINE)
    light, truth = draw_arcs(grid, rng, bands, oversample=FINE, theta_e=theta_e, q=q, angle=angle, sources=sources)
    top, left = (side - height) // 2 - dy, (side - width) // 2 - dx
    cut = light[len(seen) - len(group) :, top : top + height, left : left + width]
    return list(cut.astype(np.float64)), truth


def galaxy(image: Image) -> tuple[float, float, float | None, float | None]:
    """Where the central galaxy is (px from the middle, x and y), its axis ratio and position angle (radians from +x).

    By moments of the light in an ellipse of 2 arcsec (at least 6 px) that takes on their shape; the middle, None, None where
    there is no light.
    """
    height, width = image.pixels.shape
    light = np.maximum(np.where(image.missing, 0.0, image.pixels.astype(np.float64) - image.level - image.sky), 0)
    v, u = np.mgrid[:height, :width] - np.array([(height - 1) / 2, (width - 1) / 2])[:, None, None]
    core, reach = max(0.8 / image.scale, 3.0), max(2.0 / image.scale, 6.0)
    x = y = 0.0
    for _ in range(3):
        near = light * (np.hypot(u - x, v - y) < core)
        if (total := near.sum()) <= 0:
            return 0.0, 0.0, None, None
        x, y = float((near * u).sum() / total), float((near * v).sum() / total)
    q, angle = 1.0, 0.0
    for _ in range(6):
        du, dv = u - x, v - y
        along, across = math.cos(angle) * du + math.sin(angle) * dv, math.cos(angle) * dv - math.sin(angle) * du
        near = light * (np.hypot(along, across / q) < reach)
        xx, yy, xy = ((near * first * second).sum() / near.sum() for first, second in ((du, du), (dv, dv), (du, dv)))
        root = math.hypot((xx - yy) / 2, xy)
        major, minor = (xx + yy) / 2 + root, (xx + yy) / 2 - root
        q = max(math.sqrt(max(minor, 0.0) / major), 0.2) if major > 0 else 1.0
        angle = 0.5 * math.atan2(2 * xy, xx - yy)
    return x, y, q, angle


def _put(hdus: Any, image: Image, arc: np.ndarray | None, rng: np.random.Generator) -> None:
    """The image back into its HDU, the arc and the arc's shot noise added where there is one.

    The sky's noise is in the image already; pixels without value stay so. Packed and integer images become plain floats, painted or not.
    """
    from astropy.io import fits

    hdu = hdus[image.hdu]
    kind = image.pixels.dtype if image.pixels.dtype.kind == "f" else np.dtype(np.float32)
    pixels = image.pixels.astype(kind)
    if arc is not None:
        electrons = arc * image.gain
        light = np.where(electrons < 1e12, rng.poisson(np.clip(electrons, 0, 1e12)), electrons) / image.gain
        pixels = np.where(image.missing, pixels, (pixels + light).astype(kind))
    if isinstance(hdu, fits.CompImageHDU):
        hdus[image.hdu] = hdu = fits.ImageHDU(pixels, hdu.header)
    else:
        hdu.data = pixels
    for stale in ("CHECKSUM", "DATASUM"):
        hdu.header.remove(stale, ignore_missing=True)


def _history(arcs: Painted | None, cutout: Cutout, blind: bool) -> str:
    """What the file says of itself; with `blind` the same words for both, so that nobody is told by a header."""
    if blind:
        return "AstroLens painter: a test object; what was painted stands in truth.csv"
    if arcs is None:
        return f"AstroLens painter: nothing was added to {cutout.files[0].name}"
    about = f"theta_E {arcs.truth.theta_e:.3f} arcsec, S/N {arcs.truth.arc_snr:.1f}"
    return f"AstroLens painter: NOT REAL: lensed arcs painted into {cutout.files[0].name} ({about})"


def _centre(hdu: Any) -> tuple[str, str]:
    """RA and Dec (degrees) of the image's middle as text; empty without a celestial WCS."""
    import warnings

    from astropy.wcs import WCS

    if not str(hdu.header.get("CTYPE1", "")).startswith(("RA", "DEC")):
        return "", ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            height, width = hdu.data.shape
            ra, dec = WCS(hdu.header, naxis=2).celestial.pixel_to_world_values((width - 1) / 2, (height - 1) / 2)
        except Exception:  # a WCS that can't be evaluated is none
            return "", ""
    return f"{float(ra):.7f}", f"{float(dec):.7f}"


def _row(name: str, cutout: Cutout, images: list[Image], arcs: Painted | None, sky: tuple[str, str]) -> list[Any]:
    bands = " ".join(image.band.name for image in images)
    where = [*sky, cutout.folder or cutout.files[0].parent.name]
    if arcs is None:
        return [name, 0, *[""] * 8, *where, 0, cutout.name, *[""] * 7, bands]
    t = arcs.truth
    numbers = [f"{value:.5g}" for value in (t.theta_e, t.arc_snr, t.magnification, t.z_lens, t.z_source)]
    more = [f"{value:.5g}" for value in (t.mag_source, t.q, t.shear, arcs.x, arcs.y)]
    return [
        name,
        1,
        "lens",
        t.kind,
        *numbers,
        t.n_images,
        *where,
        1,
        cutout.name,
        *more,
        arcs.above,
        f"{arcs.flux:.5g}",
        bands,
    ]
