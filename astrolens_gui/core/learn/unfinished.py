"""Trainings that were broken off: which one a folder of kept states belongs to, so that the same one goes on and no other; knows no
network."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from astrolens_gui.api import UserError

ABOUT = "training.json"


@dataclass(frozen=True)
class Unfinished:
    """A training that was broken off.

    Attributes:
        folder: where its backend kept its state. asked: what it was asked to do, as `begin` was told. begun: ISO time, UTC.
    """

    folder: Path
    asked: dict[str, Any]
    begun: str


def begin(
    home: Path | None, same: Mapping[str, Any], asked: Mapping[str, Any], only: Path | None = None
) -> Path | None:
    """The folder in which a training keeps its state: that of the one that was broken off where it is the same, else an empty one. Only
    the last training is kept. None where `home` is, or where it can't be written: the training then can't go on later.

    Args:
        same: all that its result depends on, as JSON can hold it. asked: what one must know to ask for it again. only: the one that
            is to go on.

    Raises:
        UserError: it is not that one any more: images, start or program changed.
    """
    if home is None:
        return None
    folder = home / hashlib.sha256(json.dumps(same, sort_keys=True, default=str).encode()).hexdigest()[:16]
    if only is not None and folder != only:
        raise UserError(
            "the training can't go on where it was broken off: the images, the model it began from or the program changed "
            "since; train anew"
        )
    try:
        for other in home.iterdir() if home.is_dir() else ():
            if other != folder:
                shutil.rmtree(other, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / ABOUT).exists():
            told = {"begun": datetime.now(UTC).isoformat(timespec="seconds"), "asked": dict(asked)}
            partial = folder / f"{ABOUT}.partial"
            partial.write_text(json.dumps(told, default=str), encoding="utf-8")
            os.replace(partial, folder / ABOUT)
    except OSError:
        return None
    return folder


def finish(folder: Path | None) -> None:
    """The training came to its end: nothing of it is kept."""
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


def found(home: Path) -> Unfinished | None:
    """The training that was broken off last, None where there is none that had got anywhere."""
    for folder in home.iterdir() if home.is_dir() else ():
        try:
            told = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
            if any(path.name != ABOUT for path in folder.iterdir()):
                return Unfinished(folder, dict(told["asked"]), str(told["begun"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None
