"""Scoring as a pipeline: cutouts prefetched on io, logits on infer, scores committed on db batch by batch."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.api import Changes, Context, UserError
from astrolens_gui.core.learn import scoring as core_scoring
from astrolens_gui.core.learn.models import ModelInfo
from astrolens_gui.core.plugins import missing
from astrolens_gui.jobs.job import Job

from .choice import choose_model, list_shipped
from .opened import settle
from .records import ScoreReport

if TYPE_CHECKING:
    from .opened import Opened

BATCH = 512
"""Objects per batch: large enough for the network, small enough that cancelling is quick and progress moves."""

FIRST = 2000
"""Objects that are scored and shown in the new order before the rest follows: what a person reaches in the meantime."""

WARMING = 256
"""Empty stamps that a model is asked while it warms up: as many as make it compile for large batches."""

WRITES_AHEAD = 4
"""Batches of scores that may wait for the disk."""


def warm_up(opened: Opened, ctx: Context) -> bool:
    """Start the warm child and load the champion there, so that the first quick training does not wait for it; whether that was to
    be done. Without a champion that runs in the child there is nothing to load."""
    models = opened.bench.models
    graded = opened.on_db(lambda: sorted({row.object for row in opened.store.labels()}))
    try:
        spec, info = choose_model(opened, "", "", np.array(graded[:BATCH], np.int64))
    except UserError:
        return False
    if missing(spec) or models.where(spec) == "thread" or models.child.pid is not None:
        return False
    predict = models.predictor(spec, info, "classify")
    predict(np.zeros((WARMING, *info.input.shape), np.float32), ctx)
    return True


def score(opened: Opened, backend: str, model: str, ids: Sequence[int] | None, ctx: Context) -> ScoreReport:
    """Score and store; a cancelled scoring keeps the batches before. Runs on the infer lane.

    Raises:
        UserError: no model fits the project's images; the sentence lists the candidates.
    """
    wanted = np.array(list(ids) if ids is not None else opened.on_db(lambda: opened.store.queue_table(""))["object"])
    spec, info = choose_model(opened, backend, model, wanted)
    if ids is None:
        wanted = wanted[opened.on_db(lambda: _soonest(opened, info))]
    predict = opened.bench.models.predictor(spec, info, "classify")
    refused: list[tuple[int, str]] = []
    start = time.perf_counter()
    chunks = [wanted[low : low + BATCH] for low in range(0, len(wanted), BATCH)]

    def prepared(chunk: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        kept, images, wrong = opened.images.batch(chunk, info.input)
        refused.extend(wrong)
        return kept, images

    batches = opened.bench.runner.prefetch("io", prepared, chunks, depth=2)
    opened.on_db(lambda: list_shipped(opened, spec, info))
    scored, told = 0, len(wanted) <= FIRST

    def keep(part: core_scoring.Scored) -> Job[Any]:
        return opened.submit_db(
            lambda: opened.store.put_scores(info.id, part.ids.tolist(), part.logit, part.score, part.classes)
        )

    writes: deque[Job[Any]] = deque()  # committed while the next batch is predicted
    try:
        for part in core_scoring.score(batches, predict, info, ctx, total=len(wanted)):
            writes.append(keep(part))
            scored += len(part.ids)
            while writes and ((not told and scored >= FIRST) or len(writes) > WRITES_AHEAD or writes[0].done):
                settle(writes.popleft())
            if not told and scored >= FIRST:
                told = True
                opened.tell(Changes(scores=True, queue=True, models=(info.id,)))
        while writes:
            settle(writes.popleft())
    finally:  # a cancelled scoring keeps the batches before, and whoever looks at the queue hears of them
        for write in writes:
            with contextlib.suppress(Exception):  # what went wrong first is what is said
                settle(write)
        opened.tell(Changes(scores=True, queue=True, models=(info.id,)))
    if not scored and (missing := opened.project.missing_roots()):
        raise UserError(missing[0])
    seconds = time.perf_counter() - start
    return ScoreReport(info.id, scored, [sentence for _, sentence in refused], seconds, info.verdict == "provisional")


def _soonest(opened: Opened, info: ModelInfo) -> np.ndarray:
    """On the db lane: rows of the queue's table in the order in which their new scores are wanted: what nobody graded yet
    first, by the scores of the model before this one (else its own of before)."""
    before = next((row.id for row in opened.store.models() if row.id == info.parent), info.id)
    table = opened.store.queue_table(opened.bench.grader, before)
    logit = np.where(np.isnan(table["logit"]), -np.inf, table["logit"])
    return np.lexsort((np.arange(len(logit)), -logit, table["labelled"]))
