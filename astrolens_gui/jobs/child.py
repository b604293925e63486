"""The child's side: receive calls, run them one by one, tell; ends with its parent, imports no TensorFlow itself."""

from __future__ import annotations

import gc
import logging
import os
import pickle
import queue
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from ..api import Cancelled
from .arena import Arena, end_of
from .calls import Call, invoke
from .errors import failure_of
from .events import Throttle

FLUSH_S = 0.1


def main(connection: Connection, settings: dict[str, Any]) -> None:
    """Serve calls until told to stop, until the parent's end of the connection closes, or until idle for too long."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the parent's to judge
    _die_with(settings["lifeline"])
    _step_back(settings["nice"])
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    Line(connection, Arena(settings["arena"]), settings["idle_s"]).serve()


class Line:
    """The connection: one thread reads it (so that a cancel arrives during a call), the main thread works."""

    def __init__(self, connection: Connection, arena: Arena, idle_s: float | None) -> None:
        self._connection = connection
        self._arena = arena
        self._idle_s = idle_s
        self._calls: queue.SimpleQueue[tuple[int, bytes] | None] = queue.SimpleQueue()
        self._cancelled = 0  # the newest call that was cancelled; a late cancel never hits the next call
        self._sending = threading.Lock()
        self._progress = Throttle(lambda progress: self._send("progress", progress))

    def serve(self) -> None:
        threading.Thread(target=self._listen, name="astrolens-line", daemon=True).start()
        self._send("ready")
        while True:
            try:
                work = self._calls.get(timeout=self._idle_s)
            except queue.Empty:
                work = None
            if work is None:
                self._send("bye")
                leave(0)
            else:
                self._send("begun")
                self._answer(*work)

    def _answer(self, number: int, payload: bytes) -> None:
        try:
            message = self._work(number, payload)
        except SystemExit as error:
            leave(error.code if isinstance(error.code, int) else 0 if error.code is None else 1)
        except Cancelled:
            message = ("cancelled", b"")
        except BaseException as error:
            message = ("failed", pickle.dumps(failure_of(error)))
        if message[0] == "failed":
            gc.collect()  # the failed call's arrays, before the next one needs the room
        self._progress.flush()
        self._send(*message)

    def _work(self, number: int, payload: bytes) -> tuple[str, bytes]:
        call: Call = pickle.loads(payload)
        ctx = call.where.context(
            on_progress=self._progress,
            on_partial=lambda value: self._send("partial", pickle.dumps(value)),
            is_cancelled=lambda: self._cancelled >= number,
        )
        result, arrays = invoke(call.function, call.kwargs, self._arena.views(call.arrays), ctx)
        specs = None if arrays is None else self._arena.write(arrays, end_of(call.arrays))
        return "result", pickle.dumps((result, specs))

    def _send(self, kind: str, value: Any = None) -> None:
        with self._sending:
            try:
                self._connection.send((kind, value))
            except OSError:  # nobody is there any more
                leave(1)

    def _listen(self) -> None:
        try:
            while True:
                while not self._connection.poll(FLUSH_S):
                    self._progress.flush(now=False)
                kind, number, payload = self._connection.recv()
                if kind == "call":
                    self._calls.put((number, payload))
                elif kind == "cancel":
                    self._cancelled = max(self._cancelled, number)
                elif kind == "stop":
                    self._calls.put(None)
        except (EOFError, OSError):
            os.killpg(os.getpid(), signal.SIGKILL)  # the parent is gone: and so are we, with all that was started here


def leave(code: int) -> None:
    """End without the interpreter's teardown, in which TensorFlow's threads crash now and then."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    os._exit(code)


def _die_with(lifeline: int) -> None:
    """Have the kernel end this process when the parent's end of the pipe closes, even while C code holds the GIL.

    (PR_SET_PDEATHSIG would do so when the parent's *thread* ends.)
    """
    import fcntl

    asynchronous = getattr(os, "O_ASYNC", getattr(fcntl, "FASYNC", 0))
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | asynchronous | os.O_NONBLOCK)
    try:
        if os.read(lifeline, 1) == b"":  # it closed before we listened
            leave(1)
    except BlockingIOError:
        pass


def _step_back(nice: int) -> None:
    """The window and the system come first: lower priority, and first in line when memory runs out."""
    attempts: list[Callable[[], Any]] = [lambda: os.nice(nice), lambda: _write("/proc/self/oom_score_adj", "500")]
    for attempt in attempts:
        try:
            attempt()
        except OSError:
            continue


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
