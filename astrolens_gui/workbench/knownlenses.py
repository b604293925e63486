"""Which objects of a project are known lenses: written to a table and shown nowhere, so that graders stay blind."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from astrolens_gui.api import Context, UserError

if TYPE_CHECKING:
    from .opened import Opened

HEAD = ("ID", "is_lens", "known_as", "separation_arcsec", "z_lens", "type", "grading", "ref", "ra_deg", "dec_deg")


def crossmatch(
    opened: Opened, source: str, radius_arcsec: float, confident: bool, out: Path, ctx: Context
) -> tuple[int, int]:
    """Write a row for each object within `radius_arcsec` of a known lens; (rows, objects with a place).

    The table can be given as golden objects: each has is_lens = 1. With `confident` only lenses that lenscat grades so.

    Raises:
        UserError: as `known.read`; or no object has a place; or the file can't be written.
    """
    from astrolens_gui.core.catalogue import known
    from astrolens_gui.core.labels.export import check_folder, text_cell, whole

    if radius_arcsec <= 0:
        raise UserError(f"--radius {radius_arcsec:g}: name a radius above 0, in arcsec")
    check_folder(out)
    listed = known.read(source)
    ctx.progress(0.3, f"{len(listed.names):,} known lenses")
    things = [row for row in opened.on_db(lambda: opened.store.objects()) if row.ra is not None and row.dec is not None]
    if not things:
        raise UserError(f"{opened.project.name}: no object has a place on the sky; nothing can be matched")
    ra = np.array([row.ra for row in things], float)
    dec = np.array([row.dec for row in things], float)
    row, apart = known.nearest(ra, dec, listed)
    grading = listed.more.get("grading")
    near = apart <= radius_arcsec
    if confident and grading is not None:
        near &= np.array([grading[at] == "confident" for at in row], bool)
    redshifts, rows = listed.redshifts, []
    for at in np.flatnonzero(near)[np.argsort(apart[near], kind="stable")]:
        of = int(row[at])
        texts = (listed.more[name][of] if name in listed.more else "" for name in ("type", "grading", "ref"))
        rows.append(
            (
                things[at].name,
                1,
                listed.names[of],
                round(float(apart[at]), 3),
                float(redshifts[of]),
                *texts,
                ra[at],
                dec[at],
            )
        )

    def write(partial: Path) -> None:
        with partial.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(HEAD)
            writer.writerows([text_cell(float(v) if isinstance(v, np.floating) else v) for v in one] for one in rows)

    whole(out, write)
    return len(rows), len(things)
