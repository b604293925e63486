"""What the tests run in children, reached there by name: small functions that behave, and many that do not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from astrolens_gui.api import Context, UserError


class ToyError(UserError):
    """As a plugin marks an error that is about the user's input."""


def add(a: int, b: int) -> int:
    return a + b


def steps(ctx: Context, count: int = 5, pause_s: float = 0.0) -> int:
    for step in range(count):
        ctx.progress((step + 1) / count, f"step {step + 1}", loss=1.0 / (step + 1))
        time.sleep(pause_s)
    return count


def chatter(ctx: Context, count: int) -> int:
    for number in range(count):
        print("chatter", number)
        ctx.progress(number / count, "talking")
    return count


def chatter_for_ever(ctx: Context) -> None:
    """Floods the pipe with what is not thinned out, and hears nothing."""
    while True:
        ctx.partial("word " * 200)


def hand_out(ctx: Context) -> str:
    ctx.partial({"first": 1})
    ctx.partial([2, 3])
    return "all"


def die(way: str, ctx: Context | None = None) -> None:
    if ctx is not None:
        ctx.progress(0.5, "half way")
    match way:
        case "exit":
            sys.exit(3)
        case "os._exit":
            os._exit(0)
        case _:
            os.kill(os.getpid(), getattr(signal, way))
            time.sleep(30)


def fail(kind: str) -> None:
    match kind:
        case "user":
            raise ToyError("lens.fits has no band called VIS; give --bands")
        case "bug":
            return [][1]
        case "memory":
            np.empty((2**50,), np.float64)
        case "device memory":
            raise type("ResourceExhaustedError", (Exception,), {})(
                "OOM when allocating tensor with shape[512,64,64,64]"
            )
        case "unpicklable":

            class Local(Exception):
                def __reduce__(self):
                    raise TypeError("never")

            raise Local("only words cross the border")


def unsendable() -> object:
    return lambda: None


def sleep(seconds: float = 60.0) -> None:
    time.sleep(seconds)


def deaf(path: str) -> None:
    """Ignores SIGTERM and everybody."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Path(path).write_text(str(os.getpid()))
    while True:
        time.sleep(1)


def holds_the_gil(path: str) -> int:
    """No Python thread of this process runs for hours: one C loop."""
    Path(path).write_text(str(os.getpid()))
    return sum(range(10**13))


def with_grandchild(path: str) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    Path(path).write_text(f"{os.getpid()} {other.pid}")
    time.sleep(60)


def eat(gigabytes: float) -> int:
    held = [np.ones(12_500_000, np.float64) for _ in range(int(gigabytes * 10))]
    time.sleep(20)
    return len(held)


def about() -> dict[str, object]:
    return {
        "pid": os.getpid(),
        "nice": os.nice(0),
        "sigint": signal.getsignal(signal.SIGINT) == signal.SIG_IGN,
        "env": dict(os.environ),
        "modules": sorted(sys.modules),
        "main": getattr(sys.modules["__main__"], "__file__", None),
    }


def where(ctx: Context) -> tuple[str, int, str]:
    (ctx.workdir / "made-in-child").write_text("x")
    return ctx.device, ctx.seed, str(ctx.workdir)


def double(arrays: dict[str, np.ndarray], times: int = 2) -> tuple[dict[str, int], dict[str, np.ndarray]]:
    return {"pid": os.getpid()}, {name: array * times for name, array in arrays.items()}


def same(batch: np.ndarray) -> tuple[str, dict[str, np.ndarray]]:
    return str(batch.dtype), {"batch": batch}


def spoil(batch: np.ndarray) -> None:
    batch[:] = 0


def shout(text: str) -> None:
    print(text)
    print(text, file=sys.stderr)
    os._exit(7)
