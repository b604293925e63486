"""Sorting and filtering the queue by any column, and what blindness keeps hidden."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from astrolens_gui.ui.models.columns import meets
from astrolens_gui.ui.models.queue import QueueModel
from astrolens_gui.ui.models.sift import AT_ONCE
from astrolens_gui.ui.models.terms import Term, understood
from astrolens_gui.ui.views.sorting import SortButton
from astrolens_gui.workbench.listing import Grades, Names, ordered

COLUMNS = ["name", "grade", "score", "rank", "disagreement", "z", "Survey"]


@pytest.fixture
def model(qapp):
    made = QueueModel()
    made.set_colours({"A": "#0072b2", "B": "#009e73", "X": "#cc79a7"})
    made.set_table(
        SimpleNamespace(
            object=np.array([30, 10, 20, 40]),
            name=["J30", "j10 ring", "J20", "K40"],
            grade=["", "A", "X", ""],
            score=[0.9, 0.8, np.nan, 0.1],
            strategy="top",
        )
    )
    return made


def listed(model):
    return model.objects().tolist()


def test_that_words_and_conditions_are_understood():
    terms, problem = understood('ring grade:A,B score>=0.9 survey:"euclid wide" "a:b"', COLUMNS)
    assert problem == ""
    assert [(term.column, term.sign, term.text) for term in terms] == [
        ("name", ":", "ring"),
        ("grade", ":", "A,B"),
        ("score", ">=", "0.9"),
        ("Survey", ":", "euclid wide"),
        ("name", ":", "a:b"),
    ]
    assert terms[2].number == 0.9


@pytest.mark.parametrize(
    ("typed", "said"),
    [("mag<20", "no column mag"), ("score>high", "no number"), ("grade>A", "write grade:A"), ("z<", "no value yet")],
)
def test_that_what_is_not_understood_is_one_sentence_and_the_rest_holds(typed, said):
    terms, problem = understood(f"ring {typed}", COLUMNS)
    assert said in problem
    assert "\n" not in problem
    assert [term.text for term in terms] == ["ring"]


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        ("j", [30, 10, 20]),
        ("j ring", [10]),
        ("grade:a", [10]),
        ("grade:none", [30, 40]),
        ("grade:any", [10, 20]),
        ("grade:A,X j", [10, 20]),
        ("grade!=X", [30, 10, 40]),
        ("rank<=2", [30, 10]),
        ("nothing like it", []),
        ("", [30, 10, 20, 40]),
    ],
)
def test_that_a_filter_shows_what_meets_all_of_it(model, typed, ids):
    model.set_filter(typed)
    assert listed(model) == ids


def test_that_scores_neither_sort_nor_filter_while_they_are_hidden(model):
    model.set_filter("score>0.5")
    assert listed(model) == [30, 10, 20, 40]
    assert "hidden" in model.problem
    model.sort_by("score")
    assert listed(model) == [30, 10, 20, 40]
    assert model.why_not("score")
    model.set_blind(False)
    assert listed(model) == [30, 10]
    model.set_filter("")
    assert listed(model) == [30, 10, 40, 20]  # without a score: last
    model.set_blind(True)  # and hidden again: the order tells nothing
    assert listed(model) == [30, 10, 20, 40]
    assert "hidden" in model.problem


def test_that_rows_are_sorted_by_grade_and_name_and_keep_their_ranks(model):
    model.sort_by("grade")
    assert listed(model) == [10, 20, 30, 40]
    assert model.rank_of(10) == 2
    assert model.row_of(10) == 0
    model.set_grade(30, "A")
    assert listed(model) == [10, 20, 30, 40]  # a grade moves no row
    assert model.next_ungraded(-1) == 3
    model.sort_by("name", descending=True)
    assert listed(model) == [40, 30, 20, 10]
    model.sort_by("")
    assert listed(model) == [30, 10, 20, 40]


def test_that_a_column_is_asked_for_once_and_used_when_it_comes(model):
    wanted = []
    model.wanted.connect(wanted.append)
    model.set_filter("z<0.5")
    assert wanted == [""]
    assert "no column z" in model.problem
    model.take_column("", ["ra", "z"])
    assert wanted == ["", "z"]
    assert model.problem == ""
    assert len(listed(model)) == 4  # until it is there
    model.take_column("z", (np.array([10, 20, 30, 40]), np.array([0.1, 0.7, np.nan, 0.3])))
    assert listed(model) == [10, 40]
    model.set_filter("")
    model.sort_by("z")
    assert listed(model) == [10, 40, 20, 30]
    assert wanted == ["", "z"]


def test_that_a_column_follows_a_new_order_of_the_queue(model):
    model.take_column("", ["z"])
    model.take_column("z", (np.array([10, 20]), np.array([0.1, 0.7])))
    model.set_filter("z>0.5")
    model.set_table(
        SimpleNamespace(
            object=np.array([20, 10]), name=["b", "a"], grade=["", ""], score=[np.nan, np.nan], strategy="random"
        )
    )
    assert listed(model) == [20]


def test_that_disagreement_is_told_of_graded_objects_only_while_blind(model):
    answer = {"object": np.array([10, 20, 30]), "low": np.array([2.0, 2, 0]), "high": np.array([2.0, 2, 2])}
    model.take_column("disagreement", answer)
    model.set_filter("disagreement>0.4")
    assert listed(model) == [10]  # A against the others' X; object 30 is ungraded: what others say stays hidden
    model.set_grade(30, "B")
    model.set_filter("disagreement>0.4")
    assert listed(model) == [30, 10]
    model.set_grade(30, "")
    model.set_blind(False)
    model.set_filter("disagreement>=0")
    assert sorted(listed(model)) == [10, 20, 30]


def test_that_a_long_sort_is_done_elsewhere(qapp):
    count = AT_ONCE + 1
    model = QueueModel()
    asked = []
    model.sorting.connect(asked.append)
    model.set_table(
        SimpleNamespace(
            object=np.arange(1, count + 1),
            name=[f"{count - one}" for one in range(count)],
            grade=[""] * count,
            score=np.full(count, np.nan),
            strategy="random",
        )
    )
    model.sort_by("rank", descending=True)
    assert len(asked) == 1
    assert model.object_at(0) == 1
    model.take_order(asked[0], asked[0]())
    assert model.object_at(0) == count
    model.sort_by("name")
    model.take_order(asked[0], np.arange(count))  # too late: another order is asked for
    assert model.sorted_by == ("name", False)
    model.take_order(asked[1], asked[1]())
    assert model.name_of(model.object_at(0)) == "1"


def test_that_the_menu_offers_scores_only_when_they_may_be_seen(model, qtbot):
    button = SortButton(model)
    qtbot.addWidget(button)
    model.take_column("", ["ra", "z"])

    def entries():
        button._fill()
        return {action.text().split("  ")[0].split(" · ")[0]: action for action in button.list.actions()}

    assert not entries()["Score"].isEnabled()
    assert "hidden" in entries()["Score"].text()
    assert {"ra", "z", "Name", "Grade", "Disagreement", "Order of labelling"} <= set(entries())
    model.set_blind(False)
    entries()["Score"].trigger()
    assert model.sorted_by == ("score", True)
    entries()["Reversed"].trigger()
    assert model.sorted_by == ("score", False)
    assert "lowest first" in button.toolTip()
    entries()["Order of labelling"].trigger()
    assert model.sorted_by == ("", False)


@pytest.mark.parametrize("part", ["a", "ab", "ß", "Ü", "zz", "0", " ", "b0", "ring"])
def test_that_names_are_found_as_by_looking_at_each(part):
    names = [f"Ab{number % 7}ü ring{number}" for number in range(300)] + ["", "a\nb", "straße"]
    found = Names(names).containing(part)
    assert found.tolist() == [part.lower() in " ".join(name.splitlines()).lower() for name in names]


def test_that_many_hits_are_found_as_few_are(monkeypatch):
    from astrolens_gui.workbench import listing

    names = [f"x{number:04d}y" for number in range(500)]
    wanted = Names(names).containing("01")
    monkeypatch.setattr(listing, "_FEW", 3)
    assert (Names(names).containing("01") == wanted).all()
    assert (Names(names).containing("y") == np.ones(500, bool)).all()


def test_that_order_is_stable_and_what_is_missing_comes_last():
    assert ordered(np.array([2.0, np.nan, 1, 2])).tolist() == [2, 0, 3, 1]
    assert ordered(np.array([2.0, np.nan, 1, 2]), descending=True).tolist() == [0, 3, 2, 1]
    assert ordered(np.array(["b", "", "A"], object)).tolist() == [2, 0, 1]
    assert Grades(["", "X", "A", "X"]).codes.tolist() == [0, 2, 1, 2]


def test_that_conditions_compare_numbers_and_texts():
    numbers, texts = np.array([1.0, np.nan, 2]), np.array(["Euclid", "", "DES"], object)
    assert meets(numbers, Term("z", ">", "1", 1.0)).tolist() == [False, False, True]
    assert meets(numbers, Term("z", ":", "none")).tolist() == [False, True, False]
    assert meets(numbers, Term("z", "!=", "1", 1.0)).tolist() == [False, False, True]
    assert meets(texts, Term("survey", ":", "eucl")).tolist() == [True, False, False]
    assert meets(texts, Term("survey", "=", "des")).tolist() == [False, False, True]
    assert meets(texts, Term("survey", "!=", "des")).tolist() == [True, False, False]


def test_that_names_are_ready_for_a_search_before_somebody_searches(qtbot, window, bench, monkeypatch):
    """A while after an order came, on another thread: the first letter typed does not wait for a million names."""
    asked, names = [], Names(["b", "a"])
    monkeypatch.setattr(bench, "make_searchable", asked.append, raising=False)
    window.session._to_search = names
    window.session._make_searchable()
    assert asked == [names]
    assert "_starts" not in vars(names)
    names.make_ready()
    assert "_starts" in vars(names)
    assert names.containing("A").tolist() == [False, True]
