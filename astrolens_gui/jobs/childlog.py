"""What a child wrote and how it ended, turned into one sentence; knows no connection."""

from __future__ import annotations

import getpass
import itertools
import os
import re
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

from .errors import MEMORY_REMEDY, ChildDied, OutOfMemory

TAIL_BYTES = 8000
KEPT = 40
"""Logs of failed children that stay; older ones are removed."""

MEANING = {
    "SIGSEGV": "a segmentation fault in compiled code",
    "SIGBUS": "a bus error in compiled code",
    "SIGABRT": "compiled code gave up",
    "SIGILL": "an instruction that this processor does not have",
    "SIGFPE": "an arithmetic error in compiled code",
    "SIGTERM": "somebody ended it",
}
MEMORY_SIGNS = ("bad_alloc", "MemoryError", "out of memory", "OOM when allocating", "Cannot allocate memory")
CRASHED_AT = re.compile(r'^  File "(?P<file>[^"]+)", line (?P<line>\d+) in (?P<function>\S+)', re.MULTILINE)

_numbers = itertools.count(1)


def default_folder() -> Path:
    """Where logs go when nobody says: a folder of the user's own in the temporary one."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        user = str(os.getuid())
    return Path(tempfile.gettempdir()) / f"astrolens-logs-{user}"


class ChildLog:
    """The file that takes a child's standard output and error, from its first instruction on."""

    def __init__(self, name: str, folder: Path | None) -> None:
        self.name = name
        folder = folder or default_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():  # somebody else made it in the common /tmp
            folder = Path(tempfile.mkdtemp(prefix="astrolens-logs-"))
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "child"
        self.path = folder / f"{slug}-{os.getpid()}-{next(_numbers)}.child.log"
        _prune(folder)

    def open(self) -> IO[bytes]:
        return open(self.path, "wb")

    def discard(self) -> None:
        """It ended well: nobody needs it."""
        self.path.unlink(missing_ok=True)

    def tail(self) -> str:
        """The last lines of it."""
        try:
            with open(self.path, "rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL_BYTES))
                return file.read().decode("utf-8", "replace")
        except OSError:
            return ""

    def obituary(self, code: int | None) -> ChildDied:
        """How the child died, by its exit code (negative: the signal) and by what it last wrote."""
        tail = self.tail()
        log = f"its log is {self.path}"
        if code is not None and code >= 0:
            last = next((line.strip() for line in reversed(tail.splitlines()) if line.strip()), "")
            said = f" (it last said: {last[:160]})" if last and code else ""
            return ChildDied(f"{self.name} ended with exit code {code} before it gave a result{said}; {log}", tail)
        try:
            name = signal.Signals(-(code or 0)).name
        except ValueError:
            name = "an unknown signal"
        if name == "SIGKILL":
            return OutOfMemory(
                f"{self.name} was killed (SIGKILL), most likely because the computer ran out of memory; "
                f"{MEMORY_REMEDY}; {log}",
                tail,
            )
        if name == "SIGABRT" and any(sign in tail for sign in MEMORY_SIGNS):
            return OutOfMemory(f"{self.name} ran out of memory ({name}); {MEMORY_REMEDY}; {log}", tail)
        meaning = f", {MEANING[name]}" if name in MEANING else ""
        at = (
            CRASHED_AT.search(tail[tail.rfind("(most recent call first)") :])
            if "(most recent call first)" in tail
            else None
        )
        place = f" in {at['function']} ({Path(at['file']).name}, line {at['line']})" if at else ""
        return ChildDied(f"{self.name} was stopped by {name}{meaning}{place}; {log}", tail)


def _prune(folder: Path) -> None:
    with suppress(OSError):
        logs = sorted(folder.glob("*.child.log"), key=lambda path: path.stat().st_mtime)
        for path in logs[:-KEPT]:
            path.unlink(missing_ok=True)
