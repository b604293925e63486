"""What a child process costs: start, small call, 67 MB both ways, cancel. Run it on an idle machine.

python benchmarks/children.py
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from astrolens_gui.api import Cancelled, Context
from astrolens_gui.jobs.process import WarmChild, run_in_child


def same(batch: np.ndarray) -> tuple[None, dict[str, np.ndarray]]:
    return None, {"batch": batch}


def nothing() -> None:
    return None


def listens(ctx: Context) -> None:
    while True:
        ctx.progress(0.5)
        time.sleep(0.01)


def deaf() -> None:
    time.sleep(600)


def seconds(work: Callable[[], Any], times: int) -> list[float]:
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return found


def told(what: str, found: list[float]) -> None:
    print(f"{what:28} {min(found) * 1e3:8.2f} {statistics.median(found) * 1e3:8.2f} {max(found) * 1e3:8.2f}")


def cancelled_s(function: str, after_s: float = 1.5) -> float:
    end = time.perf_counter() + after_s
    try:
        run_in_child(function, {}, Context(is_cancelled=lambda: time.perf_counter() > end))
    except Cancelled:
        return time.perf_counter() - end
    raise RuntimeError(f"{function} was not cancelled")


def main() -> None:
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores{'ms':>13} least, median, most")
    told("fresh child, start to end", seconds(lambda: run_in_child("children:nothing", {}), 8))
    warm = WarmChild("warm")
    batch = np.random.default_rng(0).random((4096, 64, 64, 1), np.float32)
    warm.call("children:same", {}, {"batch": batch})
    told("67 MB there and back", seconds(lambda: warm.call("children:same", {}, {"batch": batch}), 20))
    told("small call", seconds(lambda: warm.call("children:nothing", {}), 500))
    warm.close()
    told("cancel, child listens", [cancelled_s("children:listens") for _ in range(3)])
    told("cancel, child does not", [cancelled_s("children:deaf") for _ in range(3)])


if __name__ == "__main__":
    main()
