"""What every command does at the terminal: waits for a job, prints an answer for a person or a machine; knows no command."""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from astrolens_gui.workbench import Workbench


def workbench() -> Workbench:
    from astrolens_gui.workbench import Workbench

    return Workbench.start()


def wait(job: Any) -> Any:
    """The job's result, with a progress line on a terminal; Ctrl+C cancels it and keeps what is done."""
    from astrolens_gui.progress import watch

    return watch(job, sys.stderr)


def answer(arguments: argparse.Namespace, values: Any, lines: list[str]) -> None:
    """One answer, for a machine (`--json`) or for a person."""
    if getattr(arguments, "json", False):
        print(json.dumps(finite(values), indent=1, default=str, allow_nan=False))
    else:
        print("\n".join(lines))


def finite(value: Any) -> Any:
    """JSON has no NaN and no infinity: they become null."""
    if isinstance(value, dict):
        return {name: finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def names(text: str | None) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def check_sources(sources: list[Path], done: str, verb: str) -> None:
    """`done`, `verb`: "restored", "restore", as the sentences want them.

    Raises:
        UserError: a source is not there, or a project is not alone.
    """
    from astrolens_gui.api import UserError

    if absent := [source for source in sources if not source.exists()]:
        raise UserError(f"{absent[0]}: there is no such file or folder; nothing was {done}")
    projects = [source for source in sources if _is_project(source)]
    if projects and len(sources) > 1:
        raise UserError(f"{projects[0]} is a project; {verb} it by itself")


def check_of_images(arguments: argparse.Namespace, source: Path) -> None:
    """Raises UserError: what `--bands` and `--pixel-scale` say of images is said of a project, which knows."""
    from astrolens_gui.api import UserError

    if _is_project(source):
        for option, value in (("--bands", arguments.bands), ("--pixel-scale", arguments.pixel_scale)):
            if value is not None:
                raise UserError(
                    f"{source} is a project, whose images were told {option} when they were imported; leave it out, or "
                    f"import them again with it"
                )


def check_taken(report: Any) -> None:
    """Raises UserError: no image of a project of the moment took the names given with `--bands`."""
    from astrolens_gui.api import UserError

    if report.unused:
        raise UserError(report.unused)


def open_sources(bench: Workbench, arguments: argparse.Namespace, folder: Path) -> list[str]:
    """Open the one project that `arguments.sources` names, or the images and folders as a project of the moment in `folder`; what
    was refused of them, a sentence each.

    Raises:
        UserError: `--bands` (or, of a project, `--pixel-scale`) would not be used.
    """
    check_of_images(arguments, arguments.sources[0])
    if _is_project(arguments.sources[0]):
        wait(bench.open(arguments.sources[0]))
        return []
    wait(bench.open(folder / "scan.astrolens", create={}))
    report = wait(bench.import_images(arguments.sources, names(arguments.bands) or None, arguments.pixel_scale))
    check_taken(report)
    return [str(one) for one in report.refused]


def _is_project(source: Path) -> bool:
    return (source / "project.toml").is_file()
