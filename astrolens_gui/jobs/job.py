"""One piece of work on a lane: state, progress, time left, cancel, result; knows no pool and no process."""

from __future__ import annotations

import inspect
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from traceback import clear_frames
from typing import Any, Generic, TypeVar

from ..api import Cancelled, Context, Progress
from .device import concrete
from .errors import failure_of
from .eta import Eta
from .events import FINAL, JobEvent, JobState, Throttle
from .workdir import Workdir

log = logging.getLogger("astrolens.jobs")
T = TypeVar("T")

WAKE_S = 0.1
"""A waiter looks up this often, so that Ctrl+C and the cancelling of a waiting job reach it on every platform."""

ending = threading.Event()
"""Set when the interpreter begins to end, before it joins the lanes' threads (see `runner`)."""

_here = threading.local()


def current_job() -> Job[Any] | None:
    """The job that the calling thread is running, if any."""
    return getattr(_here, "job", None)


@dataclass(frozen=True)
class Setting:
    """Where and how jobs run: copied into every job's Context."""

    device: str = "cpu"
    seed: int = 0


class Job(Generic[T]):
    """Made by `Runner.submit`. A `concurrent.futures.Future` underneath; every method is safe from any thread.

    Attributes:
        id, title, lane, quiet: as submitted; quiet jobs are not listed and tell listeners nothing but a failure.
        state: see `JobState`.
        error, traceback: one sentence and the details, once failed.
    """

    def __init__(
        self, number: int, title: str, lane: str, quiet: bool, outlives: bool, emit: Callable[[JobEvent], None]
    ) -> None:
        self.id = number
        self.title = title
        self.lane = lane
        self.quiet = quiet
        self.state: JobState = "queued"
        self.progress: Progress | None = None
        self.error = ""
        self.traceback = ""
        self._outlives = outlives
        self._emit = emit
        self._throttle = Throttle(lambda progress: self._tell(progress=progress))
        self._eta = Eta()
        self._cancel = threading.Event()
        self._claim = threading.Lock()
        self._future: Future[T] = Future()
        self._outcome: tuple[T] | BaseException | None = None

    def __repr__(self) -> str:
        return f"<Job {self.id} {self.title!r} on {self.lane}: {self.state}>"

    @property
    def eta_s(self) -> float | None:
        """Seconds left; None while unknown."""
        return self._eta.left_s(time.time()) if self.state == "running" else None

    @property
    def done(self) -> bool:
        return self.state in FINAL

    def cancel(self) -> None:
        """Ask it to stop: a queued job never starts, a running one stops at `ctx.progress`, a child within 2 s."""
        self._cancel.set()
        if self._claim.acquire(blocking=False):  # nobody had begun it, and now nobody will
            self._finish("cancelled", Cancelled())

    def is_cancelled(self) -> bool:
        """Was it cancelled? True too when the program ends, except for a job not to be lost (`Runner.finish`)."""
        return self._cancel.is_set() or (ending.is_set() and not self._outlives)

    def result(self, timeout: float | None = None) -> T:
        """Wait and return what the function returned.

        Raises:
            Cancelled: it was cancelled, or the job that waits here was (then this one is cancelled too).
            TimeoutError: `timeout` seconds passed; the job goes on.
            RuntimeError: a job waits for one of its own lane, which can block the lane for ever.
            Exception: whatever the function raised.
        """
        waiter = current_job()
        if waiter is not None and waiter.lane == self.lane and not self.done:
            raise RuntimeError(
                f"a job of the lane {self.lane} must not wait for another job of that lane ({self.title})"
            )
        end = None if timeout is None else time.monotonic() + timeout
        while not self.done:
            left = WAKE_S if end is None else min(WAKE_S, end - time.monotonic())
            if left <= 0:
                raise TimeoutError(f"{self.title} is not done after {timeout:g} s")
            if waiter is not None and waiter.is_cancelled():
                self.cancel()
                raise Cancelled
            wait([self._future], left)
        if isinstance(self._outcome, tuple):
            return self._outcome[0]
        assert self._outcome is not None
        raise self._outcome

    def add_done_callback(self, callback: Callable[[Job[T]], Any]) -> None:
        """Call `callback(job)` once it is done, on the thread that ended it; at once when it is done already."""
        self._future.add_done_callback(lambda _: callback(self))

    def run(self, function: Callable[..., T], args: tuple, kwargs: dict[str, Any], setting: Setting) -> None:
        """Do the work on the calling thread (the lane's); never raises."""
        if not self._claim.acquire(blocking=False):
            return
        if self.is_cancelled():
            return self._finish("cancelled", Cancelled())
        self.state = "running"
        self._tell()
        _here.job = self
        try:
            if "ctx" in kwargs or not takes_context(function):
                outcome = function(*args, **kwargs)
            else:
                with Workdir() as folder:
                    outcome = function(*args, **kwargs, ctx=self._context(setting, folder))
        except Cancelled as error:
            self._finish("cancelled", error)
        except BaseException as error:  # a plugin's SystemExit must not end the lane's thread
            failure = failure_of(error)
            self.error, self.traceback = failure.sentence, failure.traceback
            log.info("job %d (%s) failed: %s\n%s", self.id, self.title, failure.sentence, failure.traceback)
            clear_frames(
                error.__traceback__
            )  # what it held (arrays) must not live as long as the job's entry in a list
            self._finish("failed", error)
        else:
            self._finish("done", (outcome,))
        finally:
            _here.job = None

    def _context(self, setting: Setting, folder: Workdir) -> Context:
        return Context(
            device=concrete(setting.device),
            seed=setting.seed,
            workdir=folder.path,
            on_progress=self._on_progress,
            on_partial=lambda value: self._tell(partial=value),
            is_cancelled=self.is_cancelled,
        )

    def _on_progress(self, progress: Progress) -> None:
        self.progress = progress
        self._eta.update(progress.time, progress.fraction)
        self._throttle(progress)

    def _finish(self, state: JobState, outcome: tuple[T] | BaseException) -> None:
        """Outcome, then event, then waiters and callbacks: nobody who hears of the end has to wait for the result."""
        self._outcome = outcome
        self.state = state
        self._tell()
        if isinstance(outcome, tuple):
            self._future.set_result(outcome[0])
        else:
            self._future.set_exception(outcome)

    def _tell(self, progress: Progress | None = None, partial: Any = None) -> None:
        if self.quiet and self.state != "failed":
            return
        self._emit(
            JobEvent(
                job=self.id,
                state=self.state,
                title=self.title,
                lane=self.lane,
                progress=progress or self.progress,
                error=self.error,
                traceback=self.traceback,
                eta_s=self.eta_s,
                partial=partial,
            )
        )


def takes_context(function: Callable[..., Any]) -> bool:
    """Has it a parameter named `ctx`? (`**kwargs` does not count: it may belong to somebody else.)"""
    try:
        return "ctx" in inspect.signature(function).parameters
    except (TypeError, ValueError):  # a builtin without a signature
        return False
