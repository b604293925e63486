"""Boxes and other regions as tables: the rows, CSV and DS9's region file; knows no widget and no pixel."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...api import ExporterSpec
from .export import path_of, text_cell, whole

if TYPE_CHECKING:
    from .store import Store

COLUMNS = ("ID", "path", "class", "score", "x", "y", "w", "h", "ra_deg", "dec_deg")
"""Header of every table of boxes, whoever found them."""

MORE = ("source", "kind", "band", "angle_deg", "w_arcsec", "h_arcsec", "pa_deg", "note")
"""What ours say besides."""

_NUMBERS = {"ra_deg": "ra", "dec_deg": "dec", "angle_deg": "angle"}


def rows(
    store: Store, resolve: Callable[[str, str], Path] | None = None, *, object_id: int | None = None
) -> list[dict[str, Any]]:
    """One plain dict (keys `COLUMNS`, `MORE`, and `more` with vertices) a box of a person or a model, in import order.

    x, y are the centre (0-based pixel centres, row 0 at the bottom), w and h the size, in pixels of the plane `band`.
    `resolve` (a project's) makes `path` absolute; numbers that there are not are NaN.
    """
    found = store.boxes(object_id)
    things = {thing.id: thing for thing in store.objects(sorted({box.object for box in found}))}
    table = []
    for box in found:
        thing = things[box.object]
        named = {"ID": thing.name, "path": path_of(thing, resolve), "class": box.class_name}
        texts = {name: getattr(box, name) for name in ("source", "kind", "band", "note")}
        names = ("score", "x", "y", "w", "h", "ra_deg", "dec_deg", "angle_deg", "w_arcsec", "h_arcsec", "pa_deg")
        values = {name: getattr(box, _NUMBERS.get(name, name)) for name in names}
        numbers = {name: math.nan if value is None else float(value) for name, value in values.items()}
        row = {**named, **texts, **numbers}
        table.append({**{name: row[name] for name in (*COLUMNS, *MORE)}, "more": box.more or {}})
    return table


def write_csv(rows: Iterable[dict[str, Any]], path: Path) -> None:
    """UTF-8, LF, one header line; numbers in full precision, a missing one empty."""

    def write(partial: Path) -> None:
        with open(partial, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow((*COLUMNS, *MORE))
            writer.writerows([text_cell(row[name]) for name in (*COLUMNS, *MORE)] for row in rows)

    whole(path, write)


def write_reg(rows: Iterable[dict[str, Any]], path: Path) -> None:
    """On the sky (ICRS) where a box has its place there, else in image pixels; ID and class as tags."""
    from ..images.regions_io import write

    back = {"class_name": "class", **{name: column for column, name in _NUMBERS.items()}}
    names = ("kind", "note", "ID", "class_name", "x", "y", "w", "h", "angle", "w_arcsec", "h_arcsec", "pa_deg", "more")
    regions = []
    for row in rows:
        region = {name: row[back.get(name, name)] for name in names}
        if math.isfinite(row["ra_deg"]) and math.isfinite(row["w_arcsec"]):
            region |= {"ra": row["ra_deg"], "dec": row["dec_deg"]}
        if not math.isfinite(region["angle"]):
            region["angle"] = 0.0
        regions.append(region)
    text = write(regions).encode()

    def put(partial: Path) -> None:
        partial.write_bytes(text)

    whole(path, put)


EXPORTERS = (
    ExporterSpec("boxes", "Boxes as text", ".csv", write_csv, "Boxes of people and models, comma-separated.", "boxes"),
    ExporterSpec(
        "reg", "DS9 regions", ".reg", write_reg, "Boxes and regions for DS9, on the sky where there is a WCS.", "boxes"
    ),
)
