"""Where pairs come from: simulations with their clean images, good images made poor, tables of file pairs, repeated exposures;
reads files and writes none."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...api import Plane, UserError
from ..images import bands as _bands
from ..images import readers
from ..images.errors import ImageError
from .degrade import blur_sigma, degrade
from .pairs import Pair
from .register import flux_scale, register

SUFFIXES = (".fits", ".fit", ".fts", ".fits.fz", ".fits.gz", ".fz")


def from_simulations(folder: Path, bands: Sequence[str] = (), pixel_scale: float | None = None) -> Iterator[Pair | str]:
    """FOLDER/ID.fits with FOLDER/clean/ID.fits, as `astrolens simulate --clean` leaves them: the same unit, sky and grid."""
    folder = Path(folder)
    clean = {path.name: path for path in _files(folder / "clean")}
    if not clean:
        raise UserError(f"{folder} has no images in a folder clean; simulate with --clean true")
    for path in _beside(folder, "clean", clean):
        yield _guarded(path, lambda path: _same_grid(path, clean[path.name], bands, pixel_scale))


def from_repeats(folder: Path, bands: Sequence[str] = (), pixel_scale: float | None = None) -> Iterator[Pair | str]:
    """FOLDER/ID.fits with FOLDER/repeat2/ID.fits, repeat3 …: each exposure learns to tell of each other one (Lehtinen et al. 2018,
    arXiv:1803.04189). Grids are registered, skies and fluxes made alike."""
    folder = Path(folder)
    others = sorted(each for each in folder.glob("repeat*") if each.is_dir())
    if not others:
        raise UserError(f"{folder} has no folder repeat2 with further exposures; name pairs in a table instead")
    names = {path.name for other in others for path in _files(other)}
    for path in _beside(folder, "repeat2", dict.fromkeys(names)):
        exposures = [path, *(other / path.name for other in others if (other / path.name).is_file())]
        for one in exposures:
            for two in exposures:
                if one != two:
                    made = _guarded(one, lambda one, two=two: _registered(one, two, bands, pixel_scale))
                    yield made if isinstance(made, str) else replace(made, name=path.stem)


def from_table(table: Path, bands: Sequence[str] = (), pixel_scale: float | None = None) -> Iterator[Pair | str]:
    """A CSV with the columns poor, good and, where a file has several bands, poor_band, good_band; paths relative to the table.
    The good image is brought onto the poor one's grid, by WCS or by cross-correlation, and to its unit."""
    table = Path(table)
    try:
        with table.open(newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{table} can't be read as a table ({error})") from None
    if not rows or not {"poor", "good"} <= set(rows[0]):
        raise UserError(f"{table} must have the columns poor and good, and a pair of files in each row")
    for number, row in enumerate(rows, 2):
        poor, good = (table.parent / (row[column] or "") for column in ("poor", "good"))
        wanted = (row.get("poor_band") or "", row.get("good_band") or "")

        def make(path: Path, good: Path = good, wanted: tuple[str, str] = wanted) -> Pair:
            return _registered(path, good, bands, pixel_scale, *wanted)

        made = _guarded(poor, make)
        yield f"row {number}: {made}" if isinstance(made, str) else replace(made, name=f"{number - 1} {made.name}")


def from_degrading(
    files: Sequence[Path],
    *,
    fwhm: float,
    to_fwhm: Sequence[float],
    noise: Sequence[float],
    seed: int,
    bands: Sequence[str] = (),
    pixel_scale: float | None = None,
) -> Iterator[Pair | str]:
    """Good images and what they would be in worse air and a shorter time: every seeing with every noise, drawn in turn.

    Args:
        fwhm: seeing of the good ones; to_fwhm: of the poor ones, arcsec. noise: factors of the sky's scatter.
    """
    paths = [path for file in files for path in (_files(file) if Path(file).is_dir() else [Path(file)])]
    if not paths:
        raise UserError("there is no image to degrade; name FITS files or a folder of them")
    settings = [(worse, factor) for worse in to_fwhm for factor in noise]
    if not settings:
        raise UserError("say how the images are to become worse: --to-fwhm and --noise")
    for number, path in enumerate(paths):
        worse, factor = settings[number % len(settings)]
        random = np.random.default_rng((seed, number))

        def make(path: Path, worse: float = worse, factor: float = factor, random: Any = random) -> Pair:
            planes = _planes(path, bands)
            good = np.stack(readers.read_all(planes), axis=-1)
            scale = _scale(planes[0], pixel_scale)
            poor = degrade(good, blur_sigma(fwhm, worse, scale), factor, random)
            note = f"FWHM {fwhm:g} to {worse:g} arcsec, noise x {factor:g}"
            return Pair(path.stem, poor, good, tuple(plane.band for plane in planes), scale, note)

        yield _guarded(path, make)


def _guarded(path: Path, make: Any) -> Pair | str:
    """The pair, or the sentence why there is none."""
    try:
        return make(path)
    except ImageError as error:
        return str(error)
    except (UserError, ValueError) as error:
        return f"{path.name}: {error}"


def _files(folder: Path) -> list[Path]:
    return (
        sorted(path for path in Path(folder).glob("*") if path.name.lower().endswith(SUFFIXES))
        if Path(folder).is_dir()
        else []
    )


def _beside(folder: Path, kind: str, names: dict[str, Any]) -> list[Path]:
    """The images themselves: in the folder, or in images/ below it."""
    found = [path for place in (folder, folder / "images") for path in _files(place) if path.name in names]
    if not found:
        raise UserError(f"{folder}: none of its images has one of the same name in {kind}")
    return found


def _planes(path: Path, bands: Sequence[str], band: str | None = None) -> list[Plane]:
    """The named planes of a file; names for unnamed ones come from `bands`, in order, when they are as many.

    Args:
        band: the one that a row of a table wants, "" for all. A table may mix files that need names with files that have
            some; None is for a folder of like images, where names that a file does not take are refused.
    """
    planes = readers.inspect(path).planes
    given = iter(bands if sum(not plane.band for plane in planes) == len(bands) else ())
    named = [plane if plane.band else replace(plane, band=next(given, "")) for plane in planes]
    if band is None and (said := _bands.passed_over(bands, [plane.band for plane in named])):
        raise UserError(said)
    if band:
        named = [plane for plane in named if plane.band == band]
        if not named:
            raise UserError(
                f"it has no band {band} (it has {', '.join(p.band for p in planes if p.band) or 'none with a name'})"
            )
    if len(named) == 1 and not named[0].band:
        raise UserError("its band has no name; give it with --bands")
    named = [plane for plane in named if plane.band]
    if not named:
        raise UserError("none of its planes has a band's name; give them with --bands")
    first = [plane for plane in named if plane.shape == named[0].shape]
    return first


def _scale(plane: Plane, given: float | None) -> float:
    scale = plane.pixel_scale or given
    if not scale:
        raise UserError("its pixel scale is unknown; give it with --pixel-scale")
    return float(scale)


def _same_grid(path: Path, clean: Path, bands: Sequence[str], pixel_scale: float | None) -> Pair:
    planes, wanted = _planes(path, bands), {plane.band: plane for plane in _planes(clean, bands)}
    if absent := [plane.band for plane in planes if plane.band not in wanted]:
        raise UserError(f"its clean image lacks the band {', '.join(absent)}")
    poor = np.stack(readers.read_all(planes), axis=-1)
    good = np.stack(readers.read_all([wanted[plane.band] for plane in planes]), axis=-1)
    return Pair(
        path.stem, poor, good, tuple(plane.band for plane in planes), _scale(planes[0], pixel_scale), "simulated"
    )


def _registered(
    path: Path,
    other: Path,
    bands: Sequence[str],
    pixel_scale: float | None,
    band: str | None = None,
    other_band: str | None = None,
) -> Pair:
    planes = _planes(path, bands, band)
    theirs = readers.inspect(other).planes
    if other_band or len(theirs) > 1:
        theirs = _planes(other, bands, other_band)
    if len(theirs) == 1 and len(planes) > 1:
        raise UserError(f"it has {len(planes)} bands and {other.name} one; say which in the column poor_band")
    matched = theirs if len(planes) == len(theirs) == 1 else [_of_band(theirs, plane.band, other) for plane in planes]
    scale = _scale(planes[0], pixel_scale)
    poor, good, notes = [], [], []
    for plane, wanted in zip(planes, matched, strict=True):
        mine, image = readers.read(plane), readers.read(wanted)
        ratio = scale / (wanted.pixel_scale or pixel_scale or scale)
        found = register(image, readers.celestial(wanted), mine, readers.celestial(plane), ratio)
        factor, offset = flux_scale(found.image, mine)
        poor.append(mine)
        good.append((found.image * factor + offset).astype(np.float32))
        dy, dx = found.shift
        notes.append(f"{other.name} moved by {dx:+.2f}, {dy:+.2f} px, flux x {factor:.4g}, alike {found.alike:.2f}")
    names = tuple(plane.band for plane in planes)
    return Pair(path.stem, np.stack(poor, axis=-1), np.stack(good, axis=-1), names, scale, "; ".join(notes))


def _of_band(planes: Sequence[Plane], band: str, path: Path) -> Plane:
    found = next((plane for plane in planes if plane.band == band), None)
    if found is None:
        raise UserError(f"{path.name} has no band {band}")
    return found
