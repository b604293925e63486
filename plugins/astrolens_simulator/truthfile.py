"""Where a simulation's truth table goes; knows no column of it."""

from __future__ import annotations

from pathlib import Path

from astrolens_gui.api import UserError


def free_table(out: Path) -> Path:
    """`out/truth.csv`, which does not exist yet.

    Raises:
        UserError: it exists: the folder holds a simulation.
    """
    table = Path(out) / "truth.csv"
    if table.exists():
        raise UserError(f"{table} already exists; choose an empty folder for the simulation")
    return table


def begin_table(table: Path) -> None:
    """Make its folder and the empty file.

    Raises:
        UserError: the folder can't be written to.
    """
    try:
        table.parent.mkdir(parents=True, exist_ok=True)
        table.touch()
    except OSError as error:
        raise UserError(f"cannot write to {table.parent}: {error.strerror}; choose another folder") from error
