"""A drawn queue stores each object's chance with its grade, and the search's completeness is estimated from that."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from astrolens_gui.api import UserError
from astrolens_gui.demo_loop import truth_of
from astrolens_gui.workbench import training
from astrolens_gui.workbench.choice import read_row
from astrolens_gui.workbench.searching import _draws, _grades, passed_over
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


def told(grader: str, number: int, why: str) -> SimpleNamespace:
    return SimpleNamespace(grader=grader, object=number, why=why)


def test_that_objects_passed_over_in_a_drawn_order_are_counted():
    as_it_came = [told("a", one, f"drawn#{one} p=0.1") for one in range(1, 31)]
    assert passed_over(as_it_came) == 0
    assert passed_over(as_it_came[::-1]) == 0, "a page is graded in any order"
    golden = [told("a", 4, "golden drawn#4") if one.object == 4 else one for one in as_it_came]
    assert passed_over(golden) == 0
    chosen = as_it_came[4::5]
    assert passed_over(chosen) == 12, "the last three say nothing: 5, 10 and 15 were graded"
    anew = [told("a", 100 + one, f"mosaic, drawn#{one} p=0.2") for one in (1, 5, 7, 8, 9)]
    assert passed_over(chosen + anew) == 12 + 3, "the places begin again: another order"
    on_screen = [told("a", 200 + one, f"drawn#{one} p=0.2") for one in (1, 2, 3, 14, 17, 1, 90, 1, 2)]
    for number, one in enumerate(on_screen):
        one.object = 200 + number
    assert passed_over(on_screen) == 0, "the object on the screen when a new order came"
    assert passed_over([*as_it_came, told("a", 7, "again drawn#900 p=0.1"), told("a", 77, "drawn#800")]) == 0
    assert passed_over([*as_it_came[:15], told("b", 9, "drawn#1 p=0.1"), *as_it_came[15:]]) == 0


def test_that_the_first_grade_of_an_object_is_the_first_by_the_clock(bench, project, sample):
    """A merge gives an earlier grade a later number; which grade was drawn must not hang on that."""
    one = int(bench.queue("random").result(60).object[0])
    late, early = "2026-01-02T00:00:00.000Z", "2026-01-01T00:00:00.000Z"
    made = [(1, late, "why: drawn, chance 0.5"), (2, early, "chosen")]
    events = [SimpleNamespace(id=number, time=time, object=one, kind="grade", why=why) for number, time, why in made]
    store = SimpleNamespace(events=lambda: events)
    in_order = _grades(SimpleNamespace(store=store, on_db=lambda work: work()))
    assert [event.id for event in in_order] == [2, 1]
    first, chance = _draws(in_order, np.array([one]))
    assert first.tolist() == [0]
    assert np.isnan(chance[0]), "the first one was chosen, not drawn"


def test_that_a_search_of_chosen_objects_says_so(bench, project, sample):
    truth, queue = truth_of(sample), bench.queue("drawn").result(60)
    places = [place for place in range(60) if truth[queue.name[place]]]
    for place in places[:4]:
        bench.label(int(queue.object[place]), "A", why=queue.why(place)).result(60)
    assert bench.searched().result(60).caution == ""
    for place in places[4:]:
        bench.label(int(queue.object[place]), "A", why=queue.why(place)).result(60)
    found = bench.searched().result(60)
    assert found.passed == places[-4] + 1 - len(places[:-3])
    assert f"At least {found.passed} objects of the drawn order were passed over" in found.caution


def test_that_scores_are_stated_for_the_share_of_lenses_that_the_drawn_grades_say(bench, project, sample, monkeypatch):
    truth = truth_of(sample)
    grade(bench, truth, "drawn", 40)
    assert training.prevalence(bench.opened) is None, "too few to say"
    labelled = bench.train("toy").result(120).model
    monkeypatch.setattr(training, "FEWEST_DRAWN", 30)
    monkeypatch.setattr(training, "FEWEST_FOUND", 5)
    search = bench.searched().result(60).search
    stated = bench.train("toy").result(120).model
    priors = {one: read_row(bench.project.models_dir, one).calibration.prior for one in (labelled, stated)}
    assert priors[stated] == pytest.approx(search.lenses.value / 60)
    assert priors[labelled] != pytest.approx(priors[stated])
