"""The parent's handle on one child: start, exchange one call, end; knows no job and nothing of what the calls do.

A fresh interpreter is spawned, never forked. Not by `multiprocessing.Process`: that imports the caller's `__main__`
in the child again (a script without a guard starts itself over), and sets the environment too late for what that loads.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from multiprocessing.connection import Pipe, wait
from pathlib import Path
from typing import Any

from ..api import Cancelled, Context
from .arena import Arena
from .childlog import ChildLog
from .errors import MEMORY_REMEDY, ChildDied, OutOfMemory, exception_of

POLL_S = 0.05
"""Cancellation and memory are looked at this often, whatever the child sends."""

BURST = 32
"""So many messages are read before they are looked at again."""

POLITE_S = 1.0
"""A cancelled call has this long to stop by itself; then SIGTERM."""

TERM_S = 0.4
"""… and then this long before SIGKILL."""

BOOT = (
    "import sys; from multiprocessing.connection import Connection; connection = Connection({descriptor}); "
    "settings = connection.recv(); sys.path[:] = settings['path']; "
    "from astrolens_gui.jobs.child import main; main(connection, settings)"
)


class Child:
    """One process with one duplex pipe. One thread uses it at a time; `interrupt` is for the others."""

    def __init__(
        self,
        name: str,
        env: Mapping[str, str],
        *,
        nice: int,
        idle_s: float | None,
        log_folder: Path | None,
        arena: Arena,
    ) -> None:
        self.name = name
        self._calls = 0
        self._closing = False
        self._ready = False
        self._ended = threading.Lock()
        self.log = ChildLog(name, log_folder)
        self._connection, theirs = Pipe()
        lifeline, self._lifeline = os.pipe()
        passed = (theirs.fileno(), arena.descriptor, lifeline)
        with self.log.open() as output:
            self._process = subprocess.Popen(
                [sys.executable, "-u", "-X", "faulthandler", "-c", BOOT.format(descriptor=theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **env},
                pass_fds=passed,
                process_group=0,  # Ctrl+C is the parent's alone, and what the child starts can be ended with it
            )
        theirs.close()
        os.close(lifeline)
        self._sentinel = os.pidfd_open(self._process.pid) if hasattr(os, "pidfd_open") else None
        settings = {"path": sys.path, "nice": nice, "idle_s": idle_s, "arena": arena.descriptor, "lifeline": lifeline}
        with contextlib.suppress(OSError):  # died at once: the first exchange says so
            self._connection.send(settings)

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None

    def exchange(
        self, call: bytes, ctx: Context, *, memory_limit_bytes: int | None = None, timeout: float | None = None
    ) -> Any:
        """Have the child do one call and return its result; it stays alive unless it had to be killed.

        Raises:
            Cancelled: `ctx` was cancelled; the child stopped politely (and lives) or was killed.
            ChildDied: it died, took longer than `timeout` seconds, or (OutOfMemory) used too much memory.
            FailedInChild, RefusedInChild: its code raised.
            Idle: it had left, unused, before the call began.
        """
        self._calls += 1
        began = time.monotonic()
        begun = False
        asked_at: float | None = None
        with contextlib.suppress(OSError):  # dead: the reading below finds out how
            self._connection.send(("call", self._calls, call))
        while True:
            for kind, value in self._messages():
                if kind == "ready":
                    self._ready = True
                elif kind == "begun":
                    begun = True
                elif kind == "progress":
                    ctx.on_progress(value)
                elif kind == "partial":
                    ctx.on_partial(pickle.loads(value))
                elif kind == "bye" and not begun:
                    raise Idle
                elif kind == "result":
                    return self._unpack(value)
                elif kind == "cancelled":
                    raise Cancelled
                elif kind == "failed":
                    raise exception_of(pickle.loads(value), self.name)
                elif kind == "gone":
                    if asked_at is not None:
                        raise Cancelled
                    raise self._death()
            now = time.monotonic()
            if asked_at is None and ctx.is_cancelled():
                asked_at = now
                with contextlib.suppress(OSError):
                    self._connection.send(("cancel", self._calls, b""))
            elif asked_at is not None and (now - asked_at > POLITE_S or not self._ready):
                self.kill(patience_s=TERM_S)  # at once while it still starts: there is nothing to clean up
                raise Cancelled
            if timeout is not None and now - began > timeout:
                self.kill(patience_s=TERM_S)
                raise ChildDied(f"{self.name} took longer than {timeout:g} s and was stopped", self.log.tail())
            if memory_limit_bytes is not None and (used := used_bytes(self.pid)) > memory_limit_bytes:
                self.kill()
                limit = memory_limit_bytes / 1e9
                raise OutOfMemory(
                    f"{self.name} used more than {limit:.3g} GB of memory ({used / 1e9:.3g} GB) and was stopped; "
                    f"{MEMORY_REMEDY}",
                    self.log.tail(),
                )

    def stop(self, patience_s: float = 1.0) -> None:
        """Have it leave by itself, and kill it when it does not."""
        with contextlib.suppress(OSError):
            self._connection.send(("stop", 0, b""))
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(patience_s)
        self.kill()

    def kill(self, patience_s: float = 0.0) -> None:
        """End it and all that it started: SIGTERM where there is patience, then SIGKILL; release what belongs to it."""
        if patience_s and self.alive():
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(patience_s)
        with self._ended:
            if self._lifeline < 0:
                return
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            os.close(self._lifeline)
            self._lifeline = -1
            if self._sentinel is not None:
                os.close(self._sentinel)
                self._sentinel = None
            self._connection.close()

    def interrupt(self) -> None:
        """From a thread that does not exchange: end the process, so that the exchange ends with ChildDied."""
        self._closing = True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _messages(self) -> Iterator[tuple[str, Any]]:
        """What has come, at most a burst of it; ("gone", None) once nothing more can come."""
        handles: list[Any] = [self._connection] if self._sentinel is None else [self._connection, self._sentinel]
        try:
            ready = wait(handles, POLL_S)
            if self._connection not in ready and not self.alive():
                yield "gone", None
                return
            for _ in range(BURST):
                if not self._connection.poll():
                    return
                yield self._connection.recv()
        except (EOFError, OSError):
            yield "gone", None

    def _unpack(self, value: bytes) -> Any:
        try:
            return pickle.loads(value)
        except Exception as error:
            raise ChildDied(
                f"{self.name} gave a result that cannot be read here ({type(error).__name__}: {error})"
            ) from error

    def _death(self) -> ChildDied:
        """Why it is gone, as a sentence."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        self.kill()
        if self._closing:
            return ChildDied(f"{self.name} was closed during a call")
        return self.log.obituary(self._process.returncode)


class Idle(Exception):
    """The child had left by itself before the call began: start another and call again."""


def used_bytes(pid: int) -> int:
    """The memory that is the process's own, in bytes; 0 where the system does not tell.

    Resident less shared pages: not the libraries, not the mapped training set (which the kernel can drop). A limit on
    address space (RLIMIT_AS) would not do: TensorFlow maps far more than it uses.
    """
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            resident, shared = file.read().split()[1:3]
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")
