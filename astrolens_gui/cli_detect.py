"""The command `detect`: its options, and the calls of the workbench that it is; imports little at module level."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from astrolens_gui import console

SUFFIXES = (".csv", ".reg", ".json")


def grammar(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command; `add(name, help)` makes a parser."""
    detect = add(
        "detect", "find lenses in images of any size: boxes, outlines and scores, on the sky where there is a WCS"
    )
    detect.add_argument("sources", nargs="+", type=Path, metavar="IMAGE|FOLDER|PROJECT")
    detect.add_argument("--out", type=Path, help="boxes.csv, boxes.reg (DS9) or boxes.json")
    detect.add_argument("--backend", default="", help="choose among models of this backend")
    detect.add_argument(
        "--model", default="", help="a model's id or folder (default: the champion, else shipped weights)"
    )
    detect.add_argument("--score", type=float, default=0.5, help="write finds of at least this score (default 0.5)")
    detect.add_argument("--bands", help="names for unnamed planes, in order: g,r,i")
    detect.add_argument("--pixel-scale", type=float, help="arcsec per pixel for images that don't say")
    detect.add_argument("--json", action="store_true", help="machine-readable output")


def cmd_detect(arguments: argparse.Namespace) -> int:
    import tempfile

    from astrolens_gui.api import UserError

    console.check_sources(arguments.sources, "looked at", "look at")
    if arguments.out is not None and arguments.out.suffix.lower() not in SUFFIXES:
        raise UserError(f"{arguments.out}: boxes are written as {', '.join(SUFFIXES)}; name the file so")
    with tempfile.TemporaryDirectory(prefix="astrolens-") as folder, console.workbench() as bench:
        refused = console.open_sources(bench, arguments, Path(folder))
        if not len(console.wait(bench.queue("random")).object):
            raise UserError(refused[0] if refused else "there is no image to look at")
        report = console.wait(bench.detect(None, arguments.backend, arguments.model))
        rows = [row for row in console.wait(bench.finds(report.model)) if row["score"] >= arguments.score]
    if arguments.out is not None:
        _write(rows, arguments.out)
    refused += report.refused
    images = f"{report.images} {'image' if report.images == 1 else 'images'}"
    where = f" in {arguments.out}" if arguments.out is not None else ""
    lines = [
        f"{len(rows)} finds of a score of {arguments.score:g} or more{where}; {report.model} looked at {images} "
        f"in {report.seconds:.1f} s, {len(refused)} not",
        *(f"  refused: {sentence}" for sentence in refused[:12]),
    ]
    values = {"model": report.model, "images": report.images, "seconds": report.seconds, "refused": refused}
    console.answer(arguments, {**values, "boxes": _plain(rows)}, lines)
    return 0


COMMANDS = {"detect": cmd_detect}


def _write(rows: list[dict[str, Any]], path: Path) -> None:
    from astrolens_gui.core.labels import boxes_out
    from astrolens_gui.core.labels.export import whole

    kind = path.suffix.lower()
    if kind == ".csv":
        boxes_out.write_csv(rows, path)
    elif kind == ".reg":
        boxes_out.write_reg(rows, path)
    else:
        text = json.dumps(_plain(rows), indent=1, allow_nan=False)

        def put(partial: Path) -> None:
            partial.write_text(text, encoding="utf-8")

        whole(path, put)


def _plain(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """JSON has no NaN: what there is not is null. The outline of a mask is `points` (pixels) and `sky` (degrees)."""
    plain = []
    for row in rows:
        values = {name: value for name, value in row.items() if name != "more"}
        made: dict[str, Any] = {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in values.items()
        }
        plain.append({**made, **{name: row["more"][name] for name in ("points", "sky") if name in row["more"]}})
    return plain
