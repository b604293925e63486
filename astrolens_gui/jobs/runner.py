"""The lanes: a few thread pools with names, and the jobs on them; knows neither what the jobs do nor who watches."""

from __future__ import annotations

import atexit
import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, TypeVar

from .events import JobEvent
from .job import Job, Setting, ending

log = logging.getLogger("astrolens.jobs")
T = TypeVar("T")
Item = TypeVar("Item")

LANES: dict[str, int] = {"io": 4, "view": 1, "infer": 1, "db": 1, "train": 1}
"""Name → width. One `view` thread reads what the screen needs next, whatever is read ahead on `io`; one `infer` thread as Keras
predict is not thread-safe, one `db` thread to keep the order of labels."""

# `concurrent.futures` joins its threads when the interpreter ends, before any `atexit` function runs: a training would
# keep the program alive until its last epoch. This runs before that join (registered later, called earlier).
getattr(threading, "_register_atexit", atexit.register)(ending.set)

FINISHED_KEPT = 50
"""So many finished jobs stay listed, with their results."""


class Runner:
    """Lanes on `concurrent.futures`. Threads start with the first job of their lane.

    Args:
        lanes: name → number of threads.
        finish: lanes whose quiet jobs (a label on its way to the disk) run to their end when the program closes; all
            others are cancelled.
        setting: device and seed that every job's Context carries.
    """

    def __init__(
        self,
        lanes: Mapping[str, int] = LANES,
        *,
        finish: Iterable[str] = ("db",),
        setting: Setting | None = None,
    ) -> None:
        self.setting = setting or Setting()
        self._pools = {name: ThreadPoolExecutor(width, f"astrolens-{name}") for name, width in lanes.items()}
        self._finish = frozenset(finish)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._running: dict[int, Job[Any]] = {}
        self._finished: deque[Job[Any]] = deque(maxlen=FINISHED_KEPT)
        self._listeners: list[Callable[[JobEvent], None]] = []
        self._at_close: list[Callable[[], Any]] = []
        self._closed = False

    def __enter__(self) -> Runner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def submit(
        self, lane: str, function: Callable[..., T], *args: Any, title: str = "", quiet: bool = False, **kwargs: Any
    ) -> Job[T]:
        """Queue `function(*args, **kwargs)` on a lane; it gets `ctx=Context(…)` when it has such a parameter.

        Quiet jobs (labels, thumbnails) are not listed, and of their events listeners get only a failure.

        Raises:
            KeyError: no such lane.
            RuntimeError: the runner is closed.
        """
        pool = self._pools[lane]
        name = title or getattr(function, "__name__", type(function).__name__).strip("_").replace("_", " ")
        with self._lock:
            if self._closed:
                raise RuntimeError(f"the program is closing; {name} was not started")
            job: Job[T] = Job(
                next(self._numbers), name, lane, quiet, outlives=quiet and lane in self._finish, emit=self._emit
            )
            self._running[job.id] = job
        job._tell()
        job.add_done_callback(self._retire)
        try:
            pool.submit(job.run, function, args, kwargs, self.setting)
        except RuntimeError:  # the interpreter is shutting down
            job.cancel()
            raise
        return job

    def prefetch(self, lane: str, function: Callable[[Item], T], items: Iterable[Item], depth: int = 2) -> Iterator[T]:
        """`function(item)` for each item on a lane, `depth` ahead of the consumer, results in order.

        An exception appears in its item's place. Closing the iterator cancels the rest, and so does cancelling the job
        that consumes it.
        """
        ahead: deque[Job[T]] = deque()
        source = iter(items)
        try:
            for item in itertools.islice(source, max(1, depth)):
                ahead.append(self.submit(lane, function, item, quiet=True))
            while ahead:
                result = ahead.popleft().result()
                for item in itertools.islice(source, 1):
                    ahead.append(self.submit(lane, function, item, quiet=True))
                yield result
        finally:
            for job in ahead:
                job.cancel()

    def listen(self, callback: Callable[[JobEvent], None]) -> Callable[[], None]:
        """Have `callback(event)` called on the thread where things happen; returns what ends it."""
        with self._lock:
            self._listeners = [*self._listeners, callback]

        def unsubscribe() -> None:
            with self._lock:
                self._listeners = [other for other in self._listeners if other is not callback]

        return unsubscribe

    def jobs(self) -> list[Job[Any]]:
        """The listed (not quiet) jobs, oldest first: all that are queued or running and the last finished ones."""
        with self._lock:
            known = [*self._finished, *self._running.values()]
        return sorted((job for job in known if not job.quiet), key=lambda job: job.id)

    def on_close(self, callback: Callable[[], Any]) -> None:
        """Have `close` call this after the last job: a warm child's `close`, say."""
        self._at_close.append(callback)

    def close(self, timeout: float = 5.0) -> list[Job[Any]]:
        """Cancel what can be cancelled, finish what must not be lost, end all threads and children.

        Returns the jobs that did not end within `timeout` seconds (a thread cannot be killed); normally none.
        """
        with self._lock:
            self._closed = True
            jobs = list(self._running.values())
        for job in jobs:
            if not (job.quiet and job.lane in self._finish):
                job.cancel()
        end = time.monotonic() + timeout
        left = []
        for job in jobs:
            try:
                job.result(max(0.001, end - time.monotonic()))
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
            if not job.done:
                left.append(job)
        stuck = {job.lane for job in left}
        for name, pool in self._pools.items():
            pool.shutdown(wait=name not in stuck)
        while self._at_close:
            self._at_close.pop()()
        return left

    def _retire(self, job: Job[Any]) -> None:
        with self._lock:
            self._running.pop(job.id, None)
            if not job.quiet:
                self._finished.append(job)

    def _emit(self, event: JobEvent) -> None:
        for listener in self._listeners:
            try:
                listener(event)
            except Exception:  # a listener's bug must not fail the job it watches
                log.exception("a listener failed on %s", event)
