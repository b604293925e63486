"""A progress line on a terminal for one job; knows nothing of what the job does."""

from __future__ import annotations

import time
from typing import Any, TextIO

from astrolens_gui.api import Cancelled

APPEARS_AFTER_S = 1.0
"""Short jobs show nothing."""


def watch(job: Any, stream: TextIO) -> Any:
    """Wait for a job and return its result; Ctrl+C cancels it, waits until it stopped, and passes on.

    Raises:
        Cancelled: the job was cancelled. What the job raised is raised here.
    """
    start, shown = time.monotonic(), False
    try:
        while not job.done():
            job.wait(0.1)
            if stream.isatty() and time.monotonic() - start > APPEARS_AFTER_S and not job.done():
                stream.write("\r\x1b[K" + _line(job))
                stream.flush()
                shown = True
    except KeyboardInterrupt:
        job.cancel()
        job.wait(10)
        raise
    finally:
        if shown:
            stream.write("\r\x1b[K")
            stream.flush()
    return job.result()


def _line(job: Any) -> str:
    progress = job.progress
    if progress is None:
        return f"{job.title} …"
    full = round(20 * progress.fraction)
    eta = (
        f" · {job.eta_s / 60:.0f} min left"
        if job.eta_s and job.eta_s > 90
        else f" · {job.eta_s:.0f} s left"
        if job.eta_s
        else ""
    )
    return f"{job.title} {'█' * full}{'░' * (20 - full)} {progress.fraction:4.0%} {progress.message}{eta}"


__all__ = ["Cancelled", "watch"]
