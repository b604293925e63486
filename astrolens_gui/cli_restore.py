"""The commands `restore` and `pairs`: their options, and the calls of the workbench that they are; imports little at module level."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from astrolens_gui import console


def grammar(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add both commands; `add(name, help)` makes a parser."""
    restore = add("restore", "denoise or enhance images: FITS in, FITS out, WCS and header kept, marked as no data")
    restore.add_argument("sources", nargs="+", type=Path, metavar="IMAGE|FOLDER|PROJECT")
    restore.add_argument("--out", type=Path, required=True, help="folder for the restored files")
    restore.add_argument("--backend", default="", help="choose among models of this backend")
    restore.add_argument(
        "--model", default="", help="a model's id or folder (default: the champion, else shipped weights)"
    )
    restore.add_argument("--draws", type=int, default=8, help="answers an image, whose scatter is written (default 8)")
    restore.add_argument("--bands", help="names for unnamed planes, in order: g,r,i")
    restore.add_argument("--pixel-scale", type=float, help="arcsec per pixel for images that don't say")

    pairs = add("pairs", "make a set of pairs (poor and wanted images on one grid) that restorers learn from")
    pairs.add_argument("out", type=Path)
    pairs.add_argument(
        "--simulated", type=Path, metavar="FOLDER", help="simulations beside their clean images (clean/)"
    )
    pairs.add_argument("--repeats", type=Path, metavar="FOLDER", help="images beside further exposures (repeat2/, …)")
    pairs.add_argument(
        "--table", type=Path, metavar="CSV", help="columns poor, good[, poor_band, good_band]: registered"
    )
    pairs.add_argument(
        "--degrade", type=Path, nargs="+", default=[], metavar="IMAGE|FOLDER", help="good images, made poor"
    )
    pairs.add_argument("--fwhm", type=float, help="with --degrade: seeing of the good images, arcsec")
    pairs.add_argument("--to-fwhm", default="", metavar="A,B", help="with --degrade: seeings of the poor ones, arcsec")
    pairs.add_argument(
        "--noise", default="2", metavar="A,B", help="with --degrade: factors of the sky's scatter (default 2)"
    )
    pairs.add_argument("--size", type=int, default=64, help="side of the patches in pixels (default 64)")
    pairs.add_argument("--seed", type=int, default=1, help="of the split and of the noise (default 1)")
    pairs.add_argument("--bands", help="names for unnamed planes, in order: g,r,i")
    pairs.add_argument("--pixel-scale", type=float, help="arcsec per pixel for images that don't say")
    for parser in (restore, pairs):
        parser.add_argument("--json", action="store_true", help="machine-readable output")


def cmd_restore(arguments: argparse.Namespace) -> int:
    import tempfile

    from astrolens_gui.api import UserError

    console.check_sources(arguments.sources, "restored", "restore")
    with tempfile.TemporaryDirectory(prefix="astrolens-") as folder, console.workbench() as bench:
        refused = console.open_sources(bench, arguments, Path(folder))
        ids = [int(one) for one in console.wait(bench.queue("random")).object]
        if not ids:
            raise UserError(refused[0] if refused else "there is no image to restore")
        job = bench.write_restored(sorted(ids), arguments.out, arguments.backend, arguments.model, arguments.draws)
        report = console.wait(job)
    refused += report.refused
    images = f"{len(report.files)} {'image' if len(report.files) == 1 else 'images'}"
    lines = [
        f"{images} restored with {report.model} into {arguments.out} (not data: their headers say so), "
        f"{len(refused)} not",
        *(f"  refused: {sentence}" for sentence in refused[:12]),
    ]
    values = {"model": report.model, "files": [str(path) for path in report.files], "refused": refused}
    console.answer(arguments, values, lines)
    return 0


def cmd_pairs(arguments: argparse.Namespace) -> int:
    wanted: dict[str, Any] = {
        name: getattr(arguments, name)
        for name in ("simulated", "repeats", "table", "size", "seed", "pixel_scale", "fwhm")
        if getattr(arguments, name) is not None
    }
    wanted |= {"degrade": tuple(arguments.degrade), "bands": console.names(arguments.bands)}
    wanted |= {"to_fwhm": _numbers(arguments.to_fwhm, "--to-fwhm"), "noise": _numbers(arguments.noise, "--noise")}
    with console.workbench() as bench:
        made = console.wait(bench.pairs(arguments.out, **wanted))
    bands = ", ".join(made.input.bands)
    lines = [
        f"{made.count} pairs of {made.input.size} px ({bands}, {made.input.pixel_scale:g} arcsec) from {made.images} images "
        f"in {made.folder}; {made.held_out} are held out; train with --pairs {made.folder}",
        *(f"  refused: {sentence}" for sentence in made.refused[:12]),
    ]
    values = {"folder": str(made.folder), "pairs": made.count, "images": made.images, "held_out": made.held_out}
    console.answer(arguments, {**values, "input": made.input.as_dict(), "refused": made.refused}, lines)
    return 0


COMMANDS = {"restore": cmd_restore, "pairs": cmd_pairs}


def _numbers(text: str, option: str) -> tuple[float, ...]:
    from astrolens_gui.api import UserError

    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise UserError(f"{option} takes numbers with commas between them (1.4,1.8), not {text!r}") from None
