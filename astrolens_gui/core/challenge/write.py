"""Writes a simulation's stamps as the lens finding challenge had its own: folders, names, cards, masks, table; draws nothing.

The header cards and units are those measured on the released files: float32, CDELT and CRPIX without a projection, fluxes
10^(-0.4 mag), 100 where the ground images have no value.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...api import Context, UserError
from ..images import fits
from ..images.fits import Plane
from ..images.headers import BLOCK
from . import layout
from .truth import ARCSEC2_PER_STERADIAN

COLUMNS = ("ID", "is_lens", "Einstein_area", "numb_pix_lensed_image", "flux_lensed_image_in_sigma")
"""Of `classifications.csv`; the area in square radians."""
TABLE = "classifications.csv"
FIRST_ID = 100_000

Row = Mapping[str, str]


def convert(simulation: Path, out: Path, ctx: Context | None = None, first: int = 0) -> list[dict[str, str]]:
    """The images of a simulation (a folder with `truth.csv`) into `out/Public/…`; their truth's rows, with the IDs they got.

    IDs are `FIRST_ID + first`, … in the order of the truth; `name` keeps the former one. A row without a file is left out.

    Raises:
        UserError: no truth table, or bands that the challenge has no folder for.
    """
    ctx = ctx or Context()
    files = {path.name.partition(".fits")[0]: path for path in sorted(simulation.rglob("*.fits"))}
    rows = list(rows_of(simulation / "truth.csv"))
    written = []
    for number, row in enumerate(rows, first):
        if (number - first) % 32 == 0:
            ctx.progress((number - first) / len(rows), f"writing {out.name}: {number - first} of {len(rows)}")
        if (path := files.get(row["ID"])) is None:
            continue
        key = str(FIRST_ID + number)
        _images(path, out, key, (_number(row, "ra_deg"), _number(row, "dec_deg")))
        written.append({**row, "ID": key, "name": row["ID"]})
    ctx.progress(1.0, f"{len(written)} objects written")
    return written


def check_bands(simulation: Path) -> None:
    """Raises UserError: an image of a simulation has bands that the challenge has no folder for."""
    for path in simulation.rglob("*.fits"):
        bands = [plane.band for plane in fits.planes(path)]
        for band in bands:
            folder_of(band, bands, Path(path.name))


def tables(out: Path, rows: Iterable[Row]) -> Path:
    """`classifications.csv` with the challenge's columns, and `truth.csv` with all that is known; the former's path."""
    listed = list(rows)
    header = list(dict.fromkeys(name for row in listed for name in row)) or ["ID", "is_lens"]
    write_csv(out / "truth.csv", header, ([row.get(name, "") for name in header] for row in listed))
    write_csv(out / TABLE, COLUMNS, map(classification, listed))
    return out / TABLE


def classification(row: Row) -> list[Any]:
    """A line of the challenge's table from one of a simulation's truth: 0 in every column of a non-lens."""
    if row["is_lens"] != "1":
        return [row["ID"], 0, 0, 0, 0]
    area = math.pi * _number(row, "theta_E_arcsec") ** 2 / ARCSEC2_PER_STERADIAN
    return [
        row["ID"],
        1,
        f"{area:.6g}",
        round(_number(row, "arc_pixels")),
        round(_number(row, "arc_flux_sigma" if row.get("arc_flux_sigma") else "arc_snr")),
    ]


def rows_of(table: Path) -> Iterator[dict[str, str]]:
    """The rows of a simulation's truth table.

    Raises:
        UserError: there is none, or it lacks ID or is_lens.
    """
    try:
        with table.open(newline="", encoding="utf-8") as stream:
            reader = csv.DictReader(stream)
            if not {"ID", "is_lens"} <= set(reader.fieldnames or ()):
                raise UserError(f"{table}: a simulation's truth needs the columns ID and is_lens")
            yield from reader
    except OSError as error:
        raise UserError(
            f"{table} can't be read ({error.strerror}); name a folder that astrolens simulate wrote"
        ) from None


def _images(path: Path, out: Path, key: str, place_deg: tuple[float, float]) -> None:
    planes = fits.planes(path)
    named = {plane.band: plane for plane in planes}
    for band, plane in named.items():
        place = out / layout.PUBLIC / folder_of(band, list(named), path)
        place.mkdir(parents=True, exist_ok=True)
        camera = layout.GROUND.get(band) or layout.SPACE[band]
        unit = 10 ** (-0.4 * _zero_point(plane))
        pixels = fits.read(plane)
        if layout.is_ground(band):
            missing = ~np.isfinite(pixels) | ((pixels == layout.MASKED) & (unit == 1))
            pixels = np.where(missing, np.float32(layout.MASKED), pixels * np.float32(unit))
        else:
            pixels *= np.float32(unit)
        (place / f"image{camera}-{key}.fits").write_bytes(encoded(pixels, plane.pixel_scale or 0.0, place_deg))


def folder_of(band: str, bands: list[str], path: Path) -> str:
    """The challenge's folder of a band: Band1..4 of challenge 1, EUC_… of challenge 2.0 (VIS with Y, J, H).

    Raises:
        UserError: no challenge had these bands.
    """
    if set(bands) <= set(layout.GROUND) or bands == ["VIS"]:
        return layout.NUMBERED[band]
    if set(bands) <= set(layout.SPACE):
        return layout.SPACE[band]
    raise UserError(
        f"{path}: no challenge had the bands {', '.join(bands)}; simulate a survey of VIS, of VIS, Y, J, H, "
        "or of u, g, r, i with --survey, or leave --layout out"
    )


def _zero_point(plane: Plane) -> float:
    """AB magnitude of flux 1; fluxes of magnitude 0 as unit where the file does not say."""
    contents = fits.inspect(plane.path)
    for header in (contents.first, contents.primary):
        if header is not None and (value := header.number("MAGZERO")) is not None:
            return value
    return 0.0


def encoded(pixels: np.ndarray, pixel_scale: float, place_deg: tuple[float, float] = (0.0, 0.0)) -> bytes:
    """A FITS file of one float32 image with the challenge's cards; `pixel_scale` in arcsec, `place_deg` RA and Dec."""
    height, width = pixels.shape
    step = pixel_scale / 3600
    values: list[tuple[str, Any]] = [
        ("SIMPLE", True), ("BITPIX", -32), ("NAXIS", 2), ("NAXIS1", width), ("NAXIS2", height), ("EXTEND", True),
        ("CRPIX1", (width + 1) // 2), ("CRPIX2", (height + 1) // 2), ("CRVAL1", 0.0), ("CRVAL2", 0.0),
        ("CDELT1", -step), ("CDELT2", step), ("NX", width), ("NY", height),
        ("RA", place_deg[0]), ("DEC", place_deg[1]),
    ]  # fmt: skip
    cards = [_card(key, value) for key, value in values]
    cards.append(f"HIERARCH range x = {width * step!r}".ljust(80))
    head = ("".join(cards) + "END".ljust(80)).encode("ascii")
    data = np.ascontiguousarray(pixels, dtype=">f4").tobytes()
    return head.ljust(-(-len(head) // BLOCK) * BLOCK) + data.ljust(-(-len(data) // BLOCK) * BLOCK, b"\0")


def _card(key: str, value: Any) -> str:
    text = ("T" if value else "F") if isinstance(value, bool) else repr(value).upper()
    return f"{key:<8}= {text:>20}".ljust(80)


def _number(row: Row, name: str) -> float:
    try:
        return float(row.get(name) or 0)
    except ValueError:
        return 0.0


def write_csv(path: Path, header: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """A table that appears whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    partial.replace(path)
