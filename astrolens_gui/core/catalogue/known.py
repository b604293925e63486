"""Known lenses near places on the sky, from lenscat's catalogue or any table with positions; asks no network, knows no project."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from astrolens_gui.api import UserError

from . import columns, tables

LENSCAT = "lenscat"
"""In place of a path: the catalogue that the package lenscat has installed."""

_KEPT = ("zlens", "type", "grading", "ref")


@dataclass(frozen=True)
class Known:
    """A list of lenses: `names`, `ra` and `dec` float64 degrees (n,), and columns of text that it has besides."""

    path: Path
    names: list[str]
    ra: np.ndarray
    dec: np.ndarray
    more: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def redshifts(self) -> np.ndarray:
        """The first number of lenscat's text, which may be `0.55? | nan`, `not measured` or `L`; NaN where there is none."""
        first = (re.match(r"\s*(\d+(?:\.\d+)?)", text) for text in self.more.get("zlens", [""] * len(self.names)))
        return np.array([float(one[1]) if one else np.nan for one in first])


def read(source: str | Path) -> Known:
    """A table of lenses in any format that catalogues are read in; `LENSCAT` is the installed package's own.

    Raises:
        UserError: it isn't there or can't be read, or it has no positions.
    """
    path = installed() if str(source) == LENSCAT else Path(source)
    table = tables.read(path)
    found = columns.guess(table)
    if not found.on_sky:
        raise UserError(f"{path}: no columns for RA and Dec were found; name them ra and dec, in degrees")
    ra, dec = columns.positions(table, found)
    label = found.id or next((one for one in ("name", "Name", "ID") if one in table.names), "")
    names = table.text(label) if label else [f"{a:.5f}{d:+.5f}" for a, d in zip(ra, dec, strict=True)]
    good = np.flatnonzero(np.isfinite(ra) & np.isfinite(dec))
    more = {name: table.text(name) for name in _KEPT if name in table.names}
    return Known(
        path,
        [names[at] for at in good],
        ra[good],
        dec[good],
        {name: [values[at] for at in good] for name, values in more.items()},
    )


def installed() -> Path:
    """The file that the package lenscat brings; the package itself is not imported.

    Raises:
        UserError: it is not installed, or has no such file.
    """
    spec = find_spec("lenscat")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (path := Path(folder) / "data" / "catalog.csv").is_file():
            return path
    raise UserError(
        "lenscat's catalogue is not installed: pip install 'astrolens[known]', or name a table of known lenses"
    )


def nearest(ra: np.ndarray, dec: np.ndarray, known: Known) -> tuple[np.ndarray, np.ndarray]:
    """(row of the nearest known lens int (n,), its separation in arcsec float64 (n,)) for places in degrees; no lens: inf."""
    from scipy.spatial import KDTree

    from .mosaics import unit

    if not len(known.names) or not len(ra):
        return np.zeros(len(ra), int), np.full(len(ra), np.inf)
    chord, row = KDTree(unit(known.ra, known.dec)).query(unit(np.asarray(ra, float), np.asarray(dec, float)))
    return row, np.degrees(2 * np.arcsin(np.clip(chord / 2, 0, 1))) * 3600
