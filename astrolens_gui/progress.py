"""A progress line on a terminal for one job; knows nothing of what the job does."""

from __future__ import annotations

import time
from typing import Any, TextIO

APPEARS_AFTER_S = 1.0
"""Short jobs show nothing."""


def watch(job: Any, stream: TextIO) -> Any:
    """Wait for a job and return its result; Ctrl+C cancels it, waits until it stopped, and passes on.

    Raises:
        Cancelled: the job was cancelled. What the job raised is raised here.
    """
    start, shown = time.monotonic(), False
    try:
        while not _ended(job, 0.1):
            if stream.isatty() and time.monotonic() - start > APPEARS_AFTER_S:
                stream.write("\r\x1b[K" + _line(job))
                stream.flush()
                shown = True
    except KeyboardInterrupt:
        job.cancel()
        _ended(job, 10)
        raise
    finally:
        if shown:
            stream.write("\r\x1b[K")
            stream.flush()
    return job.result()


def _ended(job: Any, timeout: float) -> bool:
    """Wait up to `timeout` seconds; whether the job is over, however it ended."""
    try:
        job.result(timeout)
    except TimeoutError:
        return job.done
    except BaseException:
        if not job.done:
            raise
    return True


def _line(job: Any) -> str:
    progress = job.progress
    if progress is None:
        return f"{job.title} …"
    full = round(20 * progress.fraction)
    eta = ""
    if left := job.eta_s:
        eta = f" · {left / 60:.0f} min left" if left > 90 else f" · {left:.0f} s left"
    return f"{job.title} {'█' * full}{'░' * (20 - full)} {progress.fraction:4.0%} {progress.message}{eta}"
