"""A simulation in parts: which numbers each has, how one is drawn and put with the others; starts no process.

Works with every simulator whose `simulate` takes `first`, the number of the first object to draw, and whose objects depend on
the seed and their number alone: then any division gives the same files and the same table.
"""

from __future__ import annotations

import csv
import inspect
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..api import Context, UserError
from .challenge import write
from .plugins import create

SIZE = 64
"""Objects of a part: what a cancelled simulation draws in vain at most, in each process."""
FOLDER = ".parts"

Part = tuple[int, int]
"""First number, count."""


def divide(count: int) -> list[Part]:
    return [(first, min(SIZE, count - first)) for first in range(0, count, SIZE)]


def divisible(simulator: Any) -> bool:
    """Whether it can begin at any number."""
    return "first" in inspect.signature(simulator.simulate).parameters


def draw(factory: str, params: Any, out: Path, parts: Sequence[Part], challenge: bool, ctx: Context) -> None:
    """Some parts of a simulation, into `out`; their tables stay in `out/.parts` for `finish`. Runs in any process."""
    simulator = create(factory, params)
    for done, (first, count) in enumerate(parts):
        folder = out / FOLDER / f"{first:09d}"
        folder.mkdir(parents=True, exist_ok=True)
        step = ctx.part(done / len(parts), (done + 1) / len(parts))
        try:
            simulator.simulate(folder, count, step, first=first)
        finally:  # a cancelled part leaves what it drew
            settle(folder, out, first, challenge)


def settle(folder: Path, out: Path, first: int, challenge: bool) -> None:
    """A part's images to their place; its table stays where it is, named as its images are now. Done again, it does nothing."""
    table = folder / "truth.csv"
    if not table.is_file() or (folder / write.TABLE).is_file():
        return
    if challenge:
        write.tables(folder, write.convert(folder, out, first=first))
        return
    known = {row["ID"] for row in write.rows_of(table)}
    for path in sorted(folder.rglob("*")):
        orphan = path.name.endswith(".fits") and path.stem not in known  # a killed process had not written its row
        if path.is_file() and path != table and not orphan:
            place = out / path.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)


def finish(out: Path, challenge: bool) -> Path:
    """One table of all parts that are there, in the order of their numbers; the parts go."""
    try:
        folders = [folder for folder in sorted((out / FOLDER).glob("*")) if (folder / "truth.csv").is_file()]
        for folder in folders:
            settle(folder, out, int(folder.name), challenge)
        rows = [row for folder in folders for row in write.rows_of(folder / "truth.csv") if None not in row.values()]
        if challenge and rows:
            return write.tables(out, rows)
        table = out / "truth.csv"
        if folders:
            with (folders[0] / "truth.csv").open(newline="", encoding="utf-8") as stream:
                header = next(csv.reader(stream), [])
            write.write_csv(table, header, (row.values() for row in rows))
        return table
    finally:
        clear(out)


def clear(out: Path) -> None:
    """No parts are left."""
    shutil.rmtree(out / FOLDER, ignore_errors=True)


def check_empty(out: Path) -> None:
    """Nothing is written over.

    Raises:
        UserError: a simulation is there already, or the folder can't be written.
    """
    for name in ("truth.csv", write.TABLE):
        if (out / name).exists():
            raise UserError(f"{out / name} already exists; choose an empty folder for the simulation")
    try:
        clear(out)
        (out / FOLDER).mkdir(parents=True)
    except OSError as error:
        raise UserError(f"cannot write to {out}: {error.strerror}; choose another folder") from None
