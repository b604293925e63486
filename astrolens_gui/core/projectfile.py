"""Small files that several windows keep up at the same time: a lock on their folder, the changes of both put together; and project.toml's
values and addresses as text. Knows no project."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

GONE = object()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Who else asks for this folder waits meanwhile, until a program that dies lets go of it. Where the system or the disk has no such
    locks, nobody waits."""
    try:
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        yield
        return
    try:
        with suppress(OSError):  # some network disks have none
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def merged(known: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """What both made of `known`: ours where we changed it since, else theirs; in our order, theirs that are new behind."""
    made = {}
    for key in dict.fromkeys([*ours, *theirs]):
        mine = ours.get(key, GONE)
        value = mine if mine != known.get(key, GONE) else theirs.get(key, GONE)
        if value is not GONE:
            made[key] = value
    return made


def addresses(folder: Path, path: Path) -> dict[str, str]:
    """How a root is written: relative only inside the project, else absolute and relative."""
    if path.is_relative_to(folder):
        return {"relative": path.relative_to(folder).as_posix()}
    try:
        return {"path": str(path), "relative": Path(os.path.relpath(path, folder)).as_posix()}
    except ValueError:  # another drive
        return {"path": str(path)}


def present(folder: Path, where: dict[str, str]) -> Path:
    """The first of a root's addresses where there is a folder; the first of all when none is."""
    absolute = [Path(where["path"])] if where.get("path") else []
    relative = [Path(os.path.normpath(folder / where["relative"]))] if where.get("relative") else []
    candidates = absolute + relative
    return next((path for path in candidates if path.is_dir()), candidates[0] if candidates else folder)


def toml(value: Any) -> str:
    """A value as TOML; text is escaped as in JSON, which TOML's basic strings include (but for DEL)."""
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml(item) for item in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(str(key))} = {toml(item)}" for key, item in value.items()) + "}"
    clean = str(value).encode("utf-8", "backslashreplace").decode("utf-8")
    return json.dumps(clean, ensure_ascii=False).replace("\x7f", "\\u007f")
