"""The commands `models` and `compare`: their options, and the calls of the workbench that they are; imports little at module level."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from astrolens_gui import console


def grammar(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands; `add(name, help)` makes a parser."""
    models = add("models", "the models, what the gate said of each, and which is in use; put another one in use")
    models.add_argument("project", type=Path)
    other = models.add_mutually_exclusive_group()
    other.add_argument("--use", default="", metavar="MODEL", help="put this model in use, whatever the gate said of it")
    other.add_argument("--back", action="store_true", help="use the model that the one in use took the place of")
    models.add_argument("--json", action="store_true", help="machine-readable output")
    compare = add(
        "compare", "two models object by object: who is where on either list, and the change on held-out grades"
    )
    compare.add_argument("project", type=Path)
    compare.add_argument("first", nargs="?", default="", metavar="A", help="a model's id (default: the one before B)")
    compare.add_argument("second", nargs="?", default="", metavar="B", help="held against A (default: the one in use)")
    compare.add_argument("--top", type=int, default=12, help="so many objects are listed, the most at odds first (12)")
    compare.add_argument("--out", type=Path, help="every object as a CSV table")
    compare.add_argument("--json", action="store_true", help="machine-readable output")


def cmd_models(arguments: argparse.Namespace) -> int:
    from astrolens_gui.api import UserError
    from astrolens_gui.workbench.lineage import before, told

    with console.workbench() as bench:
        console.wait(bench.open(arguments.project))
        found, notes = console.wait(bench.lineage()), []
        if arguments.back and not before(found):
            raise UserError("there is no model before the one in use; name one with --use")
        if wanted := before(found) if arguments.back else arguments.use:
            console.wait(bench.set_champion(wanted))
            found, lacking = console.wait(bench.lineage()), len(console.wait(bench.unscored()))
            notes = [f"{lacking:,} objects have no score by it yet: astrolens score {arguments.project}"] * bool(
                lacking
            )
    lines = [told(one) for one in reversed(found)] or ["no model yet: grade some objects, then astrolens train"]
    console.answer(arguments, [vars(one) for one in reversed(found)], [*lines, *notes])
    return 0


def cmd_compare(arguments: argparse.Namespace) -> int:
    from astrolens_gui.workbench.comparing import check_name

    if arguments.out is not None:
        check_name(arguments.out)  # before anything is scored
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


COMMANDS = {"models": cmd_models, "compare": cmd_compare}


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
