"""The command `compare`: its options, and the calls of the workbench that it is; imports little at module level."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from astrolens_gui import console


def grammar(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command; `add(name, help)` makes a parser."""
    compare = add(
        "compare", "two models object by object: who is where on either list, and the change on held-out grades"
    )
    compare.add_argument("project", type=Path)
    compare.add_argument("first", nargs="?", default="", metavar="A", help="a model's id (default: the one before B)")
    compare.add_argument("second", nargs="?", default="", metavar="B", help="held against A (default: the one in use)")
    compare.add_argument("--top", type=int, default=12, help="so many objects are listed, the most at odds first (12)")
    compare.add_argument("--out", type=Path, help="every object as a CSV table")
    compare.add_argument("--json", action="store_true", help="machine-readable output")


def cmd_compare(arguments: argparse.Namespace) -> int:
    with console.workbench() as bench:
        console.wait(bench.open(arguments.project))
        found = console.wait(bench.compare(arguments.first, arguments.second))
        if arguments.out is not None:
            console.wait(bench.write_compared(found, arguments.out))
    rows = found.rows()
    lenses, others = found.versus.counts()
    lines = [
        f"{len(rows):,} objects scored by A {found.models[0]} and B {found.models[1]}, {found.unscored:,} not by both",
        f"held out: {lenses:,} lenses, {others:,} non-lenses. {found.versus.caution()}".rstrip(),
        *(f"  {figure.said}" for figure in found.figures),
        *_listed(rows[: max(arguments.top, 0)]),
    ]
    figures: dict[str, Any] = {
        one.name: {"A": one.values[0], "B": one.values[1], "A_ci": one.intervals[0], "B_ci": one.intervals[1],
                   "change": one.change, "change_ci": one.change_interval}
        for one in found.figures
    }  # fmt: skip
    values = {"models": found.models, "held_out": {"lenses": lenses, "others": others}, "figures": figures}
    console.answer(arguments, {**values, "unscored": found.unscored, "objects": rows}, lines)
    return 0


COMMANDS = {"compare": cmd_compare}


def _listed(rows: list[dict[str, Any]]) -> list[str]:
    """A table of the objects: places on both lists, and what people say."""
    if not rows:
        return []
    wide = max(len("object"), *(len(row["ID"]) for row in rows))
    lines = [f"{'object':{wide}}  {'place A':>9} {'place B':>9}  P(lens) by grades"]
    for row in rows:
        said = "not graded" if row["lens"] == "" else f"{row['lens']:g}{' (held out)' if row['held_out'] else ''}"
        lines.append(f"{row['ID']:{wide}}  {row['place_A']:>9,.0f} {row['place_B']:>9,.0f}  {said}")
    return lines
