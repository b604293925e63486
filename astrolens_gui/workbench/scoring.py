"""Scoring as a pipeline: cutouts prefetched on io, logits on infer, scores committed on db batch by batch."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.api import BackendSpec, Changes, Context, build
from astrolens_gui.core.learn import scoring as core_scoring
from astrolens_gui.core.learn.models import ModelInfo
from astrolens_gui.jobs.job import Job

from .choice import choose_model, folder_name
from .records import ScoreReport

if TYPE_CHECKING:
    from .bench import Workbench

BATCH = 512
"""Objects per batch: large enough for the network, small enough that cancelling is quick and progress moves."""

WRITES_AHEAD = 4
"""Batches of scores that may wait for the disk."""


def score(bench: Workbench, backend: str, model: str, ids: Sequence[int] | None, ctx: Context) -> ScoreReport:
    """Score and store; a cancelled scoring keeps the batches before. Runs on the infer lane.

    Raises:
        UserError: no model fits the project's images; the sentence lists the candidates.
    """
    wanted = np.array(
        list(ids) if ids is not None else bench.on_db(lambda: bench.store.queue_table(bench.grader))["object"]
    )
    spec, info = choose_model(bench, backend, model, wanted)
    predict = bench.models.predictor(spec, info, "classify")
    refused: list[tuple[int, str]] = []
    start = time.perf_counter()
    chunks = [wanted[low : low + BATCH] for low in range(0, len(wanted), BATCH)]

    def prepared(chunk: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        kept, images, wrong = bench.images.batch(chunk, info.input)
        refused.extend(wrong)
        return kept, images

    batches = bench.runner.prefetch("io", prepared, chunks, depth=2)
    bench.on_db(lambda: _listed(bench, spec, info))
    scored = 0

    def keep(part: core_scoring.Scored) -> Job[Any]:
        return bench.submit_db(
            lambda: bench.store.put_scores(info.id, part.ids.tolist(), part.logit, part.score, part.classes)
        )

    writes: deque[Job[Any]] = deque()  # committed while the next batch is predicted; a cancelled job leaves them to db
    for part in core_scoring.score(batches, lambda images: predict(images, ctx), info, ctx, total=len(wanted)):
        writes.append(keep(part))
        scored += len(part.ids)
        while len(writes) > WRITES_AHEAD or (writes and writes[0].done):
            writes.popleft().result()
    for write in writes:
        write.result()
    seconds = time.perf_counter() - start
    bench.on_db(lambda: bench.tell(Changes(scores=True, queue=True, models=(info.id,))))
    return ScoreReport(info.id, scored, [sentence for _, sentence in refused], seconds, info.verdict == "provisional")


def _listed(bench: Workbench, spec: BackendSpec, info: ModelInfo) -> None:
    """A shipped model is listed in the project with its first scores; the first model there is ranks the queue."""
    if info.id not in {row.id for row in bench.store.models()}:
        first = bench.store.champion() is None
        bench.store.add_model(
            info.id,
            backend=spec.id,
            folder=folder_name(info, bench._need().models_dir),
            verdict=info.verdict,
            champion=first,
            metrics=info.metrics,
        )


def simulate(
    bench: Workbench, backend: str, out: Path, count: int, seed: int, params: dict[str, Any], ctx: Context
) -> Path:
    """Run a simulator's backend on the calling lane."""
    from dataclasses import replace

    from astrolens_gui.core.plugins import create

    spec = bench.plugins.backend(backend)
    simulator = create(spec.factory, build(spec.params, params))
    out.mkdir(parents=True, exist_ok=True)
    return simulator.simulate(out, count, replace(ctx, seed=seed))
