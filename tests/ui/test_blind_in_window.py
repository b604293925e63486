"""Grading blind in the window: an object shown again without its grade, golden feedback, stages, and going to an object."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from astrolens_gui.api import UserError
from astrolens_gui.core.grading.order import Blind, Repeats
from astrolens_gui.ui.campaigning import LISTED
from astrolens_gui.ui.models.queue import GRADE
from astrolens_gui.workbench.blind import Found, Stage, Turns, stage_words
from astrolens_gui.workbench.finding import Near
from astrolens_gui.workbench.golden import PAINTED, Golden

EVERY = Blind(duplicates=0.5, spacing=1)


def grade(qtbot: Any, window: Any, bench: Any, value: str) -> int:
    """Grade what is on the screen and wait for the next; the object graded."""
    one, before = window.current.object_id, len(bench.calls)
    window.action_set[f"grade:{value}"].trigger()
    qtbot.waitUntil(lambda: len(bench.calls) > before and not window.grading.busy, timeout=5000)
    qtbot.wait(20)
    return one


def take(qtbot: Any, window: Any, bench: Any, turns: Turns) -> None:
    bench.turns_now = turns
    window.campaign.follow()
    qtbot.waitUntil(lambda: window.campaign.turns is turns, timeout=5000)


def key_of(objects: range, count: int) -> str:
    """A key by which so many of the objects are repeated."""
    for n in range(10_000):
        repeats = Repeats(EVERY, str(n))
        for one in objects:
            repeats.answered(one)
        if len(repeats._due) == count:
            return str(n)
    raise AssertionError


def test_that_an_object_is_shown_again_without_its_grade_and_its_reason_says_so(window, bench, qtbot):
    take(qtbot, window, bench, Turns(EVERY, Repeats(EVERY, key_of(range(1, 7), 3))))
    shown = []
    while window.queue.grade_of(one := window.current.object_id) == "":
        assert window.queue.index(window.queue.row_of(one), GRADE).data() == "·"
        if window.queue.why(one).startswith("duplicate"):
            assert not window.queue_view.table.selectionModel().selectedIndexes()
        shown.append(grade(qtbot, window, bench, "B" if one not in shown else "X"))
    assert sorted(set(shown)) == [1, 2, 3, 4, 5, 6]
    again = [call["object_id"] for _, call in bench.calls if call["why"].startswith("duplicate")]
    assert len(again) == len(set(again)) >= 2  # the third may be the very last one graded
    assert all(one != two for one, two in pairwise(shown))
    assert all(window.queue.grade_of(one) == "X" for one in again)


def test_that_undoing_a_second_grade_brings_the_first_back_and_asks_what_is_due(window, bench, qtbot):
    take(qtbot, window, bench, Turns(EVERY, Repeats(EVERY, key_of(range(1, 7), 3))))
    while not window.queue.why(window.current.object_id).startswith("duplicate"):
        grade(qtbot, window, bench, "B")
    again = grade(qtbot, window, bench, "X")
    asked = []
    window.campaign.follow = lambda: asked.append(1)
    window.action_set["undo"].trigger()
    qtbot.waitUntil(lambda: window.queue.grade_of(again) == "B", timeout=5000)
    assert window.current.object_id == again
    qtbot.waitUntil(lambda: asked == [1], timeout=5000)


def test_that_a_grader_is_told_what_a_golden_object_was_only_if_asked(window, bench, qtbot, monkeypatch):
    said: list[str] = []
    monkeypatch.setattr(window, "say", said.append)
    golden = {one: Golden(f"stamp_{one:04d}", True, PAINTED, 1.2, 15) for one in range(1, 7)}
    window.queue._golden = frozenset(golden)
    take(qtbot, window, bench, Turns(Blind(), Repeats(Blind(), ""), golden))
    grade(qtbot, window, bench, "B")
    assert not [one for one in said if "golden" in one]
    assert bench.calls[-1][1]["why"].startswith("golden ")
    told = Blind(feedback=True)
    take(qtbot, window, bench, Turns(told, Repeats(told, ""), golden))
    grade(qtbot, window, bench, "X")
    assert said[-1].endswith('which you graded X, is golden: a painted lens (θ_E 1.20", arc S/N 15)')


def stage_turns(left: tuple[int, ...] = (2, 4, 5)) -> Turns:
    stage = Stage(2, "B", (2, 4), (5,), 4, 0)
    return Turns(Blind(), Repeats(Blind(), ""), {}, stage, left)


def test_that_a_stage_lists_what_it_looks_at_and_hides_the_grades_so_far(window, bench, qtbot):
    for _ in range(6):
        grade(qtbot, window, bench, "B")
    take(qtbot, window, bench, stage_turns())
    assert window.queue.objects().tolist() == [2, 4, 5]
    assert [window.queue.grade_of(one) for one in (1, 2, 4, 5)] == ["B", "", "", ""]
    assert window.docks["queue"].windowTitle() == "Queue · stage 2"
    graded = [grade(qtbot, window, bench, "A") for _ in range(3)]
    assert sorted(graded) == [2, 4, 5]
    why = {call["object_id"]: call["why"] for _, call in bench.calls[-3:]}
    assert why[2].startswith("stage 2 ")
    assert why[5].startswith("audit stage 2 ")
    assert window.queue.grade_of(5) == "A"
    take(qtbot, window, bench, Turns(Blind(), Repeats(Blind(), "")))
    qtbot.waitUntil(lambda: window.queue.rowCount() == 6, timeout=5000)
    assert window.docks["queue"].windowTitle() == "Queue"


def test_that_the_filter_leads_back_to_the_stage(window, bench, qtbot):
    take(qtbot, window, bench, stage_turns())
    window.queue_view.clear_filter()
    window.queue.set_filter("")
    window.action_set["back_to_stage"].trigger()
    assert window.queue_view.filter.text() == LISTED
    assert window.queue.objects().tolist() == [2, 4, 5]


def test_that_having_the_scores_shown_stands_in_the_history(window, bench, qtbot):
    window.action_set["toggle_score"].trigger()
    qtbot.waitUntil(lambda: len(bench.notes) == 1, timeout=5000)
    text, why, object_id = bench.notes[0]
    assert (why, object_id) == ("reveal", window.current.object_id)
    assert "scores" in text
    window.action_set["toggle_score"].trigger()
    qtbot.wait(30)
    assert len(bench.notes) == 1


@pytest.mark.parametrize(("text", "wanted"), [("stamp_0004", 4), ("0003", 3), ("5", 5)])
def test_that_one_goes_to_a_name_a_part_of_it_or_a_number(window, text, wanted):
    window.campaign.find_place(text)
    assert window.current.object_id == wanted


def test_that_one_goes_to_a_place_and_is_told_how_far_it_is(window, bench, qtbot, monkeypatch):
    said: list[str] = []
    monkeypatch.setattr(window, "say", said.append)
    bench.nearest = lambda text: bench._job(lambda: Near(6, "stamp_0006", 1.26))
    window.campaign.find_place("150.1 2.2")
    qtbot.waitUntil(lambda: window.current.object_id == 6, timeout=5000)
    assert said[-1] == 'stamp_0006 is 1.3" from that place'

    def refuse(text: str) -> Any:
        def work() -> Any:
            raise UserError(f"{text}: no place")

        return bench._job(work)

    bench.nearest = refuse
    window.campaign.find_place("nowhere")
    qtbot.waitUntil(lambda: said[-1] == "nowhere: no place", timeout=5000)
    window.campaign.find_place("700")
    assert said[-1] == "There is no object number 700: 6 are listed"


def test_that_the_dialog_says_what_there_is_and_asks_for_what_is_set(window, bench, qtbot):
    asked: dict[str, Any] = {}

    def verb(name: str, answer: Any) -> None:
        setattr(bench, name, lambda *given, **named: asked.update({name: (given, named)}) or bench._job(lambda: answer))

    made = [Golden("a1", True, PAINTED, 1.0, 9.0), Golden("a2", False, PAINTED)]
    for name, answer in (("set_blind", None), ("golden_paint", made), ("begin_stage", None), ("end_stage", None)):
        verb(name, answer)
    bench.stages = lambda: bench._job(lambda: [Found(Stage(2, "B", (1, 2), (3,), 4, 0), 1, 2, 0, 1, (0.0, 0.0, 2.9))])
    window.action_set["show_campaign"].trigger()
    dialog = window.campaign.dialog
    qtbot.waitUntil(lambda: dialog.stage_words.text().startswith("Stage 2: of 2"), timeout=5000)
    assert "None yet" in dialog.about.text()
    assert [dialog.threshold.itemText(at) for at in range(dialog.threshold.count())] == ["A", "B", "C"]
    dialog.duplicates.setValue(5)
    dialog.golden.setValue(10)
    dialog.use.click()
    qtbot.waitUntil(lambda: "set_blind" in asked and "next object" in dialog.said.text(), timeout=5000)
    assert asked["set_blind"][1] | {"duplicates": 0.05, "golden": 0.1} == asked["set_blind"][1]
    dialog.paint.click()
    qtbot.waitUntil(lambda: "2 cutouts are in the project, 1 with a lens." in dialog.said.text(), timeout=5000)
    assert asked["golden_paint"][0][:2] == (60, 0.5)
    dialog.begin.click()
    qtbot.waitUntil(lambda: "begin_stage" in asked, timeout=5000)
    assert asked["begin_stage"][0] == ("B", 0.05)
    dialog.close()


def test_that_a_refusal_is_said_in_the_dialog(window, bench, qtbot):
    def refuse(*_: Any, **__: Any) -> Any:
        def work() -> Any:
            raise UserError("nothing was graded B or better; choose a lower grade")

        return bench._job(work)

    bench.begin_stage, bench.stages = refuse, lambda: bench._job(lambda: [])
    window.action_set["show_campaign"].trigger()
    dialog = window.campaign.dialog
    dialog.begin.click()
    qtbot.waitUntil(lambda: "choose a lower grade" in dialog.said.text(), timeout=5000)
    assert dialog.said.property("role") == "bad"
    dialog.close()


def test_that_a_stage_is_told_with_what_its_audit_means():
    stage = Stage(2, "B", tuple(range(100)), tuple(range(20)), 400, 0, True)
    words = stage_words(Found(stage, 60, 100, 1, 20, (20.0, 2.0, 80.0)))
    assert words.startswith("Stage 2 (ended): of 100 that were B or better, 100 were looked at again and 60 stayed.")
    assert words.endswith("1 would have come through: 20 (2–80) of the 400 rejected.")
