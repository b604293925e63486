"""After a training the objects that a person comes to next are scored and shown first."""

from __future__ import annotations

import numpy as np

from astrolens_gui.demo_loop import truth_of
from astrolens_gui.workbench import scoring


def test_that_the_next_objects_are_scored_and_shown_first(bench, project, sample, monkeypatch):
    truth = truth_of(sample)
    queue = bench.queue("random").result(60)
    for place in range(24):
        bench.label(int(queue.object[place]), "A" if truth[queue.name[place]] else "X").result(60)
    first = bench.train("toy").result(120)
    bench.score().result(60)
    before = bench.queue("top").result(60)
    wanted = [int(one) for one, done in zip(before.object, before.labelled, strict=True) if not done]

    monkeypatch.setattr(scoring, "FIRST", 10)
    monkeypatch.setattr(scoring, "BATCH", 5)
    second = bench.train("toy", seed=1).result(120)
    assert second.model != first.model
    asked, told = [], []
    original = type(bench.opened.images).batch
    monkeypatch.setattr(
        type(bench.opened.images),
        "batch",
        lambda self, ids, input: (asked.append(np.asarray(ids).tolist()), original(self, ids, input))[1],
    )
    stop = bench.subscribe(
        lambda changes: told.append((changes.queue, sum(map(len, asked)))) if changes.scores else None
    )
    report = bench.score().result(60)
    stop()
    assert report.scored == 60
    assert [one for part in asked for one in part][:10] == wanted[:10], (
        "what nobody graded, best of the former model first"
    )
    assert len(told) == 2, "once for the first, once for all"
    assert told[0][1] < 60
    scores = bench.queue("top").result(60)
    assert np.isfinite(scores.logit).all()
