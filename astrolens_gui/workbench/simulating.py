"""A simulation as a job: in this thread, or in as many processes as there are cores with the same bytes; draws nothing itself."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astrolens_gui.api import Cancelled, Context, Progress, UserError, build
from astrolens_gui.core import parts, paths
from astrolens_gui.core.challenge import write

if TYPE_CHECKING:
    from .bench import Workbench

LAYOUTS = ("plain", "challenge")


@dataclass(frozen=True)
class Sample:
    """What is to be simulated: `workers` processes (0: one for each core), `layout` plain or the lens finding challenge's.

    With `source`, a folder that was simulated before, nothing is drawn: it is written again in the challenge's layout.
    """

    backend: str
    out: Path
    count: int
    seed: int = 0
    params: dict[str, Any] | None = None
    workers: int = 1
    layout: str = "plain"
    source: Path | None = None


def simulate(bench: Workbench, sample: Sample, ctx: Context) -> Path:
    """Write a sample; the path of its truth table. Cancelled, the objects so far and their table are kept.

    Raises:
        UserError: no such backend or layout, a wrong parameter, or a folder that holds a sample already; one sentence.
    """
    from astrolens_gui.core.plugins import create, missing

    if sample.layout not in LAYOUTS:
        raise UserError(f"there is no layout {sample.layout!r}; there are: {', '.join(LAYOUTS)}")
    if sample.source is not None:
        return _rewritten(sample.source, sample, ctx)
    spec = bench.plugins.backend(sample.backend, "simulate")
    if "simulate" not in spec.capabilities:
        able = [each.id for each in bench.plugins.all(type(spec)) if "simulate" in each.capabilities]
        raise UserError(f"the backend {spec.id} simulates nothing; choose {' or '.join(able)} with --backend")
    if lacking := missing(spec):
        raise UserError(f"the backend {spec.id} {lacking}")
    if sample.count < 1:
        raise UserError(f"count must be at least 1, not {sample.count}")
    params: Any = build(spec.params, sample.params or {})
    simulator = create(spec.factory, params)
    ctx = replace(ctx, seed=sample.seed)
    divisible = parts.divisible(simulator)
    if sample.layout == "challenge":
        if not divisible:
            raise UserError(f"the backend {spec.id} can't write the challenge's layout; choose another with --backend")
        _try_layout(simulator, ctx)
    try:
        sample.out.mkdir(parents=True, exist_ok=True)
        if sample.layout == "plain" and (sample.workers == 1 or not divisible or sample.count <= parts.SIZE):
            return simulator.simulate(sample.out, sample.count, ctx)
        return _divided(spec.factory, params, sample, ctx)
    except OSError as error:
        raise UserError(f"{sample.out} can't be written ({error.strerror}); choose another folder") from None


def _try_layout(simulator: Any, ctx: Context) -> None:
    """One object elsewhere: bands that the challenge has no folder for are said before hours of drawing, not after them.

    Raises:
        UserError: they have none.
    """
    with tempfile.TemporaryDirectory(prefix="astrolens-layout-") as folder:
        simulator.simulate(Path(folder), 1, replace(ctx, on_progress=lambda _: None), first=0)
        write.check_bands(Path(folder))


def _rewritten(source: Path, sample: Sample, ctx: Context) -> Path:
    if sample.layout != "challenge":
        raise UserError("--from writes a simulation again in another layout; say --layout challenge")
    parts.check_empty(sample.out)
    try:
        return write.tables(sample.out, write.convert(source, sample.out, ctx))
    finally:
        parts.clear(sample.out)
        with contextlib.suppress(OSError):
            sample.out.rmdir()  # where nothing was written


def _divided(factory: str, params: Any, sample: Sample, ctx: Context) -> Path:
    from astrolens_gui.jobs.device import cores

    challenge = sample.layout == "challenge"
    parts.check_empty(sample.out)
    todo = parts.divide(sample.count)
    workers = min(sample.workers or cores(), len(todo))
    try:
        if workers == 1:
            parts.draw(factory, params, sample.out, todo, challenge, ctx)
        else:
            _Crew(ctx, [len(todo[one::workers]) for one in range(workers)]).work(
                [(factory, params, sample.out, todo[one::workers], challenge) for one in range(workers)]
            )
    except UserError:
        _keep_what_is_there(parts.finish(sample.out, challenge))
        raise
    except BaseException:  # what was drawn before a cancellation is a sample of its own
        parts.finish(sample.out, challenge)
        raise
    table = parts.finish(sample.out, challenge)
    if not _keep_what_is_there(table):
        raise UserError(f"{sample.out}: nothing could be made of what was given; the log says why for each object")
    return table


def _keep_what_is_there(table: Path) -> bool:
    """Whether a table names an object; one that names none is taken away, so that the corrected run finds its folder empty."""
    if not table.exists():
        return False
    with table.open(encoding="utf-8") as stream:
        full = sum(1 for _ in stream) > 1
    if not full:
        table.unlink()
    return full


class _Crew:
    """Processes that each draw some parts; one that fails ends the others."""

    def __init__(self, ctx: Context, shares: Sequence[int]) -> None:
        self._ctx, self._shares = ctx, shares
        self._done = [0.0] * len(shares)
        self._failed = threading.Event()
        self._lock = threading.Lock()

    def work(self, calls: Sequence[tuple[Any, ...]]) -> None:
        with ThreadPoolExecutor(len(calls)) as pool:
            waiting = [pool.submit(self._one, worker, call) for worker, call in enumerate(calls)]
        errors = [error for each in waiting if (error := each.exception()) is not None]
        for error in sorted(
            errors, key=lambda one: isinstance(one, Cancelled)
        ):  # what failed, before who was stopped for it
            raise error

    def _one(self, worker: int, call: tuple[Any, ...]) -> None:
        from astrolens_gui.jobs.device import environment
        from astrolens_gui.jobs.process import run_in_child

        own = replace(
            self._ctx,
            on_progress=lambda progress: self._told(worker, progress),
            is_cancelled=lambda: self._failed.is_set() or self._ctx.is_cancelled(),
            low=0.0,
            high=1.0,
        )
        names = ("factory", "params", "out", "parts", "challenge")
        try:
            run_in_child(
                "astrolens_gui.core.parts:draw",
                dict(zip(names, call, strict=True)),
                own,
                env=environment("cpu", threads=1),
                name="simulation",
                log_folder=paths.log_folder(),
            )
        except BaseException:
            self._failed.set()
            raise

    def _told(self, worker: int, progress: Progress) -> None:
        with self._lock:
            self._done[worker] = progress.fraction
            whole = sum(done * share for done, share in zip(self._done, self._shares, strict=True)) / sum(self._shares)
            self._ctx.on_progress(
                replace(progress, fraction=whole, message=f"simulating in {len(self._shares)} processes")
            )
