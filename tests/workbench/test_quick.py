"""The quick button: the last layer of the model in use is tuned in the warm child, judged by the same gate."""

from __future__ import annotations

import pytest

from astrolens_gui.api import UserError
from astrolens_gui.demo_loop import truth_of


def test_that_the_last_layer_is_tuned_in_the_warm_child(bench, euclid, tmp_path):
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    bench.open(tmp_path / "e.astrolens", create={}).result(60)
    bench.import_images([euclid / "images"]).result(60)
    truth = truth_of(euclid)
    queue = bench.queue("random").result(60)
    for place in range(40):
        bench.label(int(queue.object[place]), "A" if truth[queue.name[place]] else "X").result(60)
    assert bench.warm_up().result(240)
    child = bench.models.child.pid
    assert child is not None
    assert not bench.warm_up().result(240), "it is warm"
    bench.score().result(240)
    report = bench.train("cnn", quick=True).result(240)
    assert bench.models.child.pid == child, "no other process was started"
    assert report.verdict in ("provisional", "accepted", "refused")
    row = next(row for row in bench.model_rows().result(60) if row.id == report.model)
    assert row.parent == "cnn-euclid-vis"
    assert bench.score(model=report.model).result(240).scored == 60


def test_that_nothing_is_started_where_no_model_can_be_used(bench, project):
    assert not bench.warm_up().result(60)
    assert bench.models.child.pid is None


def test_that_what_has_no_last_layer_says_so(bench, project, sample):
    truth = truth_of(sample)
    queue = bench.queue("random").result(60)
    for place in range(10):
        bench.label(int(queue.object[place]), "A" if truth[queue.name[place]] else "X").result(60)
    with pytest.raises(UserError, match="no last layer"):
        bench.train("toy", quick=True).result(60)
    with pytest.raises(UserError, match="no weights yet"):
        bench.train("cnn", quick=True).result(240)
