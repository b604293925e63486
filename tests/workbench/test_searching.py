"""A drawn queue stores each object's chance with its grade, and the search's completeness is estimated from that."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui.api import UserError
from astrolens_gui.demo_loop import truth_of
from astrolens_gui.workbench.seeing import targets


def grade(bench, truth, strategy: str, count: int) -> None:
    queue = bench.queue(strategy).result(60)
    done = 0
    for place in range(len(queue)):
        if done < count and not queue.labelled[place]:
            said = "A" if truth[queue.name[place]] else "X"
            bench.label(int(queue.object[place]), said, why=queue.why(place)).result(60)
            done += 1


def test_that_a_drawn_order_knows_its_chances_and_puts_graded_ones_last(bench, project, sample):
    truth = truth_of(sample)
    grade(bench, truth, "random", 10)
    queue = bench.queue("drawn", log_choice=True).result(60)
    assert queue.strategy == "drawn"
    assert not queue.labelled[:50].any()
    assert queue.labelled[50:].all()
    assert np.isfinite(queue.chance[:50]).all()
    assert queue.chance[49] == pytest.approx(1.0), "the last one left is drawn for sure"
    assert np.isnan(queue.chance[50:]).all()
    assert queue.why(0).startswith("drawn#1 p=0.")
    assert queue.why(55) == "drawn#56"
    again = bench.queue().result(60)
    assert again.object.tolist() == queue.object.tolist(), "chosen for the project, and the same until a grade comes"


def test_that_a_search_is_estimated_from_its_draws_and_what_else_is_known(bench, project, sample):
    truth = truth_of(sample)
    bench.project.settings["seed"] = 1  # an interval of 95 % misses now and then
    nothing = bench.searched().result(60)
    assert nothing.search is None
    assert nothing.curve.hint == "Nothing is graded yet."
    grade(bench, truth, "random", 6)
    grade(bench, truth, "drawn", 24)
    found = bench.searched(threshold=0.0).result(60)
    assert (found.drawn, found.others) == (24, 6)
    assert found.search.graded == 30
    assert found.search.lenses.low <= sum(truth.values()) <= found.search.lenses.high
    assert found.search.found <= found.search.lenses.value
    assert len(found.curve.found) == 31
    assert "lens" in found.curve.hint
    grade(bench, truth, "drawn", 60)
    whole = bench.searched().result(60)
    assert whole.search.lenses.low == whole.search.lenses.high == sum(truth.values())
    assert whole.search.completeness.value == 1


def test_that_undecided_objects_are_no_lenses_in_the_count_or_the_estimate(bench, project, sample):
    truth = truth_of(sample)
    queue = bench.queue("drawn").result(60)
    for place in range(40):
        said = "A" if truth[queue.name[place]] else "C"
        bench.label(int(queue.object[place]), said, why=queue.why(place)).result(60)
    found = bench.searched().result(60)
    lenses = sum(truth[name] for name in queue.name[:40])
    assert found.undecided == 40 - lenses > 0
    assert found.search.found == found.curve.found[-1] == lenses
    assert found.search.lenses.low <= sum(truth.values()) <= found.search.lenses.high


def test_that_orders_that_need_an_embedding_say_what_is_lacking_and_use_it_when_it_is_there(bench, project, sample):
    lacking = bench.queue("diverse").result(60)
    assert "has not looked at the objects yet" in lacking.note
    with pytest.raises(UserError, match="no model fits"):
        bench.embed().result(60)
    truth = truth_of(sample)
    grade(bench, truth, "random", 30)
    bench.train("toy").result(120)
    bench.score().result(60)
    seen = bench.embed().result(60)
    assert seen.features.shape[0] == 60
    assert bench.embed().result(60).features.shape == seen.features.shape, "nothing twice"
    for name in ("diverse", "disagreement", "improvement"):
        queue = bench.queue(name).result(60)
        assert queue.strategy == name, queue.note
        assert queue.note == ""
    bench.opened.project.settings["mix"] = {"disagreement": 1.0, "top": 1.0, "random": 0.2}
    assert bench.queue("drawn").result(60).strategy == "drawn"
    ids = np.sort(bench.queue("random").result(60).object)
    assert np.isfinite(targets(bench.opened, ids)).sum() == 30
