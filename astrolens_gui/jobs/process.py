"""Running code in a child process, once (`run_in_child`) or again and again in a warm one; knows no model."""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..api import Cancelled, Context
from .arena import Arena, Spec
from .calls import Call, Where
from .device import cores, environment
from .errors import ChildDied, FailedInChild, OutOfMemory, RefusedInChild
from .launch import Child, Idle

__all__ = ["ChildDied", "FailedInChild", "OutOfMemory", "RefusedInChild", "WarmChild", "run_in_child"]


def run_in_child(
    function: str,
    kwargs: Mapping[str, Any],
    ctx: Context | None = None,
    *,
    memory_limit_bytes: int | None = None,
    nice: int = 10,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
    name: str = "",
    log_folder: Path | None = None,
) -> Any:
    """Call "package.module:function" with `kwargs` in a fresh process and return what it returns; this thread waits.

    The function gets `ctx` where it has such a parameter: its progress and partial results arrive here at `ctx`'s
    listeners (progress at most 20 times a second), and cancelling `ctx` ends the process within 2 s. Arguments and
    result are pickled; the arrays of a `(result, {name: array})` come through shared memory.

    Args:
        memory_limit_bytes: the process is killed when its own memory exceeds this (checked 20 times a second; Linux).
        env: set before the interpreter starts; `device.environment(ctx.device)` by default.
        timeout: seconds.
        name: what messages call it; the function's name by default.
        log_folder: for what it prints; the log is kept, and named in the error, when it fails.

    Raises:
        Cancelled, ChildDied, OutOfMemory, FailedInChild, RefusedInChild: see `jobs.errors`.
    """
    ctx = ctx or Context()
    arena = Arena.create()
    name = name or _title(function)
    payload = _pack(Call(function, dict(kwargs), Where.of(ctx)), name)
    try:
        child = Child(
            name,
            environment(ctx.device) if env is None else env,
            nice=nice,
            idle_s=None,
            log_folder=log_folder,
            arena=arena,
        )
        try:
            result, specs = child.exchange(payload, ctx, memory_limit_bytes=memory_limit_bytes, timeout=timeout)
            outcome = result if specs is None else (result, _copies(arena, specs))
            child.stop()
        except (Cancelled, RefusedInChild):
            child.kill()
            child.log.discard()
            raise
        finally:
            child.kill()
        child.log.discard()
        return outcome
    finally:
        arena.close()


class WarmChild:
    """A process that keeps what it has loaded between calls; arrays go both ways through shared memory.

    It starts with the first call (or `start`), anew after a crash; it ends with `close`, when idle, or with us.

    Args:
        name: what messages call it.
        env: set before its interpreter starts; by default for any device, with one core left to the window.
        idle_s: it leaves after so many seconds without a call, and gives its memory back; None: never.
    """

    def __init__(
        self,
        name: str,
        env: Mapping[str, str] | None = None,
        *,
        nice: int = 5,
        idle_s: float | None = None,
        memory_limit_bytes: int | None = None,
        log_folder: Path | None = None,
    ) -> None:
        self.name = name
        self._env = environment("auto", threads=max(1, cores() - 1)) if env is None else dict(env)
        self._nice = nice
        self._idle_s = idle_s
        self._memory_limit_bytes = memory_limit_bytes
        self._log_folder = log_folder
        self._busy = threading.Lock()
        self._child: Child | None = None
        self._arena: Arena | None = None
        self._owner = os.getpid()

    @property
    def pid(self) -> int | None:
        """Of the living process; None where there is none now."""
        child = self._child
        return child.pid if child is not None and child.alive() else None

    def start(self) -> None:
        """Start it, unless it runs; returns before it is ready (calls wait)."""
        with self._busy:
            self._ensure()

    def call(
        self,
        function: str,
        kwargs: Mapping[str, Any],
        arrays: Mapping[str, np.ndarray] | None = None,
        ctx: Context | None = None,
        *,
        timeout: float | None = None,
    ) -> tuple[Any, dict[str, np.ndarray]]:
        """Call "package.module:function" there; returns (result, arrays), the arrays being this process's own.

        See `calls.invoke` for how the function gets `arrays` and `ctx`. One call at a time; others wait.

        Raises:
            as `run_in_child`; after any of them the next call works, on a new process where this one died.
        """
        ctx = ctx or Context()
        with self._busy:
            for _ in range(3):
                child, arena = self._ensure()
                specs = arena.write(arrays or {})
                payload = _pack(Call(function, dict(kwargs), Where.of(ctx), specs), self.name)
                try:
                    result, found = child.exchange(
                        payload, ctx, memory_limit_bytes=self._memory_limit_bytes, timeout=timeout
                    )
                    return result, _copies(arena, found or [])
                except Idle:
                    self._drop(keep_log=False)
                except (FailedInChild, RefusedInChild, Cancelled):
                    if not child.alive():
                        self._drop(keep_log=False)
                    raise
                except OutOfMemory:
                    if not child.alive():
                        self._drop(keep_log=True)
                    raise
                except BaseException:  # it died, or we are interrupted and nobody will read its answer
                    self._drop(keep_log=True)
                    raise
            raise ChildDied(
                f"{self.name} leaves before it can be called; its idle time ({self._idle_s} s) is too short"
            )

    def close(self) -> None:
        """End it. A call that runs in another thread fails with ChildDied. It may be called again later."""
        child = self._child
        if self._busy.acquire(timeout=0):
            try:
                self._drop(keep_log=False, politely=True)
            finally:
                self._busy.release()
        elif child is not None:
            child.interrupt()

    def _ensure(self) -> tuple[Child, Arena]:
        if self._child is not None and not self._child.alive():
            self._drop(keep_log=False)
        if self._child is None or self._arena is None:
            self._arena = Arena.create()
            self._child = Child(
                self.name,
                self._env,
                nice=self._nice,
                idle_s=self._idle_s,
                log_folder=self._log_folder,
                arena=self._arena,
            )
        return self._child, self._arena

    def _drop(self, *, keep_log: bool, politely: bool = False) -> None:
        child, arena = self._child, self._arena
        self._child = self._arena = None
        if child is not None:
            if politely:
                child.stop()
            child.kill()
            if not keep_log:
                child.log.discard()
        if arena is not None:
            arena.close()


def _title(function: str) -> str:
    return function.rpartition(":")[2].strip("_").replace("_", " ") or "child"


def _pack(call: Call, name: str) -> bytes:
    try:
        return pickle.dumps(call)
    except Exception as error:
        raise TypeError(f"{name}: an argument cannot be sent to another process ({error})") from error


def _copies(arena: Arena, specs: list[Spec]) -> dict[str, np.ndarray]:
    return {name: view.copy() for name, view in arena.views(specs).items()}
