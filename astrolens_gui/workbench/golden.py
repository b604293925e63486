"""A project's golden objects: lenses painted into its own cutouts, and objects of known class; told to nobody before they are graded."""

from __future__ import annotations

import csv
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.api import Context, UserError

if TYPE_CHECKING:
    from .opened import Opened

FILE = "golden.csv"
"""In the project's folder. A truth table as every other, which `agreement` uses unless another is named."""

HEAD = ("ID", "is_lens", "kind", "theta_E_arcsec", "arc_snr", "host")
PAINTED, KNOWN = "painted", "known"

ADDED = "added"
"""The project's folder of painted cutouts; nothing in it is called what it is."""


@dataclass(frozen=True)
class Golden:
    """One golden object: what it is, and for one that was painted the name of the object whose cutout it was made of."""

    name: str
    is_lens: bool
    kind: str
    theta_e: float = float("nan")
    arc_snr: float = float("nan")
    host: str = ""

    @property
    def words(self) -> str:
        """What a grader is told who asked for feedback."""
        if self.kind == KNOWN:
            return "a known lens" if self.is_lens else "known to be no lens"
        if not self.is_lens:
            return "no lens was painted into it"
        parts = [f'θ_E {self.theta_e:.2f}"'] if np.isfinite(self.theta_e) else []
        parts += [f"arc S/N {self.arc_snr:.0f}"] if np.isfinite(self.arc_snr) else []
        return f"a painted lens ({', '.join(parts)})" if parts else "a painted lens"


def read(folder: Path) -> list[Golden]:
    """The golden objects of the project in `folder`; none where it has no table.

    Raises:
        UserError: the table is not what was written there.
    """
    path = folder / FILE
    if not path.is_file():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            return [_golden(row) for row in csv.DictReader(lines)]
    except (KeyError, ValueError, TypeError, OSError) as error:
        raise UserError(
            f"{path}: not a table of golden objects ({error}); correct it, or move it away to have none"
        ) from None


def _golden(row: Mapping[str, str]) -> Golden:
    theta_e, snr = (float(row[name]) if row.get(name) else float("nan") for name in ("theta_E_arcsec", "arc_snr"))
    return Golden(row["ID"], bool(int(row["is_lens"])), row.get("kind") or KNOWN, theta_e, snr, row.get("host") or "")


def ids(opened: Opened, *kinds: str) -> dict[int, Golden]:
    """Object id → golden object, of these kinds (all where none is named); those that the project lacks are left out."""
    listed = {one.name: one for one in read(opened.project.folder) if not kinds or one.kind in kinds}
    if not listed:
        return {}
    here = opened.on_db(lambda: opened.store.ids(listed))
    return {id: listed[name] for name, id in here.items()}


def painted(opened: Opened) -> frozenset[int]:
    """The objects that are not in the sky: no model learns from them, no list has them, no estimate counts them."""
    return frozenset(ids(opened, PAINTED))


def take(opened: Opened, table: Path, ctx: Context) -> int:
    """Objects of a truth table (ID, is_lens) become golden: known lenses, and duds; how many are new, or of another class than
    an earlier table said. What was painted stays what it is.

    Raises:
        UserError: the table can't be read, or names no object of the project.
    """
    from astrolens_gui.core.challenge import truth

    classes = truth.read_truth(Path(table))
    here = opened.on_db(lambda: opened.store.ids(classes))
    if not here:
        raise UserError(f"{table}: none of its IDs is an object of {opened.project.name}; compare their names")
    had = read(opened.project.folder)
    known = {one.name: one for one in had}
    fresh = [Golden(name, classes[name], KNOWN) for name in here if name not in known]
    wrong = {
        name: replace(known[name], is_lens=classes[name])
        for name in here
        if name in known and known[name].kind == KNOWN and known[name].is_lens != classes[name]
    }
    _write(opened.project.folder, [*(wrong.get(one.name, one) for one in had), *fresh])
    return len(fresh) + len(wrong)


def paint(
    opened: Opened, count: int, share: float, survey: str, seed: int, params: Mapping[str, Any] | None, ctx: Context
) -> list[Golden]:
    """Paint lenses into a `share` of the cutouts of `count` objects drawn at random, leave the others as they are, and take both
    into the project under names like those of its other objects.

    Args:
        survey: the preset of what the files don't say (PSF, zero points). params: other parameters of the painter.

    Raises:
        UserError: there is no painter, no object, or none whose cutout can be painted; one sentence.
    """
    from .importing import import_images
    from .simulating import Sample, simulate

    project = opened.project
    had = read(project.folder)
    table = opened.on_db(lambda: opened.store.queue_table(""))
    known = {one.name for one in had}
    names = dict(zip(table["object"].tolist(), table["name"], strict=True))
    able = [one for one, name in names.items() if name not in known]
    if not able:
        raise UserError(f"{project.name} has no images yet that a lens could be painted into; import some first")
    drawn = np.random.default_rng([seed & 0xFFFFFFFF, 21]).permutation(np.array(able))[:count]
    with tempfile.TemporaryDirectory(prefix="golden-", dir=_writable(project.folder)) as work:
        hosts, out = Path(work) / "hosts", Path(work) / "out"
        hosts.mkdir()
        for at, row in enumerate(opened.images.rows(drawn)):
            ctx.progress(0.2 * at / len(drawn), f"cutouts: {at} of {len(drawn)}")
            host(opened.images.source(row)[1], hosts / f"{row.id}.fits")
        asked = {**(params or {}), "into": str(hosts), "fraction": share, "survey": survey, "blind": True}
        inner = replace(ctx, on_progress=lambda one: ctx.progress(0.2 + 0.6 * one.fraction, one.message))
        truth = simulate(opened.bench, Sample("painter", out, len(drawn), seed, asked), inner)
        with truth.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        fresh_names = alike(list(names.values()), len(rows), seed)
        made, place = [], project.folder / ADDED / secrets.token_hex(4)
        place.mkdir(parents=True)
        for said, name in zip(rows, fresh_names, strict=True):
            shutil.move(str(out / f"{said['ID']}.fits"), place / f"{name}.fits")
            number = Path(said["source"]).stem
            source = names.get(int(number), "") if number.isdigit() else ""
            made.append(replace(_golden({**said, "ID": name, "kind": PAINTED}), host=source))
    _write(project.folder, [*had, *made])  # before the images: none of them is ever there as if it were real
    ctx.progress(0.85, "taking them into the project")
    import_images(opened, [place], None, None, replace(ctx, on_progress=lambda _: None))
    return made


def host(planes: list[Any], out: Path) -> None:
    """An object's cutout as one FITS file: a link to its own where it has one, else its planes with their headers, cut out."""
    from astrolens_gui.core.images import readers
    from astrolens_gui.core.restore.write import source_header

    files = {plane.path for plane in planes}
    if len(files) == 1 and all(one.reader == "fits" and one.window is None and one.plane is None for one in planes):
        os.symlink(Path(planes[0].path).absolute(), out)
        return
    from astropy.io import fits

    hdus: list[Any] = [fits.PrimaryHDU()]
    for plane in planes:
        pixels = readers.read(plane)
        hdu = fits.ImageHDU(pixels, source_header(plane), name=plane.band or None)
        if plane.pixel_scale and "PIXSCALE" not in hdu.header:
            hdu.header["PIXSCALE"] = plane.pixel_scale
        hdus.append(hdu)
    fits.HDUList(hdus).writeto(out, output_verify="silentfix")


def alike(names: Collection[str], count: int, seed: int) -> list[str]:
    """So many names that are not taken and look like the others: the last number of one of them is another, as long and of the
    range that theirs have, or a little beyond it where that is full.

    A name in a folder ("tile/a_12") gives one without it; a name without digits gets some.
    """
    chance = np.random.default_rng([seed & 0xFFFFFFFF, 22])
    taken, short = set(names), [Path(name).name.removesuffix(".fits") for name in sorted(names)]
    ranges: dict[tuple[str, int, str], list[int]] = {}
    for name in short:
        if (shape := _shape(name)) is not None:
            key, value = shape
            low, high, many = ranges.get(key, [value, value, 0])
            ranges[key] = [min(low, value), max(high, value), many + 1]
    made: list[str] = []
    tries = 0
    while len(made) < count:
        model = short[int(chance.integers(len(short)))]
        tries += 1
        shape = _shape(model)
        if shape is None or tries > 20 * count:
            name = f"{model}{chance.integers(10, 10_000_000)}"
        else:
            (before, length, after), _ = shape
            low, high, many = ranges[shape[0]]
            full = high - low + 1 < many + 4 * count
            top = min(high + (4 * count if full else 0), 10**length - 1)
            name = f"{before}{chance.integers(low, top + 1):0{length}d}{after}"
        if name not in taken:
            taken.add(name)
            made.append(name)
    return made


def _shape(name: str) -> tuple[tuple[str, int, str], int] | None:
    """((what is before its last number, digits, what is behind it), the number); None without one. A single digit is a number
    only where there is no longer one: as in a_n2."""
    runs = list(re.finditer(r"\d+", name))
    chosen = next((one for one in reversed(runs) if 1 < len(one[0]) < 18), runs[-1] if runs else None)
    if chosen is None or len(chosen[0]) >= 18:
        return None
    return (name[: chosen.start()], len(chosen[0]), name[chosen.end() :]), int(chosen[0])


def _writable(folder: Path) -> Path:
    if not os.access(folder, os.W_OK):
        raise UserError(f"{folder} can't be written; golden objects are kept in the project's folder")
    return folder


def _write(folder: Path, listed: Iterable[Golden]) -> None:
    from astrolens_gui.core.labels.export import whole

    def write(partial: Path) -> None:
        with partial.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(HEAD)
            for one in listed:
                numbers = (f"{value:.4g}" if np.isfinite(value) else "" for value in (one.theta_e, one.arc_snr))
                writer.writerow((one.name, int(one.is_lens), one.kind, *numbers, one.host))

    whole(folder / FILE, write)
