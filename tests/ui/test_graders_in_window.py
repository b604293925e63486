"""The Graders dock: counts on demand, tells nothing of what is not graded yet, and leads back to the objects."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from astrolens_gui.api import UserError
from astrolens_gui.core.grading import agreement, consensus, graders, swap
from astrolens_gui.ui.qt import QtWidgets
from astrolens_gui.ui.views.graders_tables import left_words
from astrolens_gui.workbench.campaign import Agreement, Consensus, Grader

NAMES = [f"stamp_{n:04d}" for n in range(1, 7)]
TABLE = np.array([[3, 3, 0], [0, 0, 0], [3, 2, 3], [0, 3, 3], [1, 0, 0], [3, 3, 3]], float)
WHO = ("ada", "bob", "cyd")
GOLDEN = {name: at in (2, 5) for at, name in enumerate(NAMES[1:], 1)}


def told() -> Agreement:
    given = [consensus.Given(who, one, TABLE[r, c]) for r, one in enumerate(NAMES) for c, who in enumerate(WHO)]
    skills = swap.skills(consensus.as_answers(given), GOLDEN)
    own = agreement.self_agreement({"x": [3, 3]})
    made = [
        Grader(
            who, graders.Work(who, {"A": 3, "X": 3}, graders.pace([]), 0), own, {"A": (2, 1)}, skills[who], skills[who]
        )
        for who in WHO
    ]
    pairs, fleiss = agreement.pairs(WHO, TABLE), agreement.fleiss(TABLE)
    return Agreement(tuple(made), pairs, fleiss, agreement.krippendorff(TABLE), 5, 2, None, 6)


def found(by: str) -> Consensus:
    given = [consensus.Given(who, one, TABLE[r, c]) for r, one in enumerate(NAMES) for c, who in enumerate(WHO)]
    swapped = swap.offline(consensus.as_answers(given), GOLDEN)
    made = consensus.verdicts(given, swapped.posterior)
    each = {one: {who: float(TABLE[r, c]) for c, who in enumerate(WHO)} for r, one in enumerate(NAMES)}
    ids = {name: at for at, name in enumerate(NAMES, 1)}
    return Consensus(
        by, consensus.HOLISMOKES, tuple(made), tuple(consensus.disagreements(made)), ids, each, swapped, {}, 0, WHO
    )


@pytest.fixture
def campaign(bench: Any) -> SimpleNamespace:
    """The fake workbench has three graders; `fails` is a sentence in place of an answer."""
    seen = SimpleNamespace(by=[], fails="", written=[])

    def answer(make: Any) -> Any:
        def work() -> Any:
            if seen.fails:
                raise UserError(seen.fails)
            return make()

        return bench.runner.submit("io", work, quiet=True)

    bench.agreement = lambda golden=None: answer(told)
    bench.consensus = lambda by, golden=None: seen.by.append(by) or answer(lambda: found(by))
    bench.write_consensus = lambda what, out: answer(lambda: seen.written.append(out) or 6)
    bench.report = lambda out, golden, by: answer(lambda: seen.written.append(out) or SimpleNamespace(pictures=3))
    return seen


def count(qtbot: Any, window: Any) -> Any:
    window.action_set["show_graders"].trigger()
    qtbot.waitUntil(lambda: window.graders._found is not None, timeout=5000)
    return window.graders.panel


def test_that_the_dock_has_every_grader_and_every_pair(qtbot, campaign, window):
    panel = count(qtbot, window)
    skills, kappa = panel.skills, panel.kappa
    assert [skills.item(row, 0).text() for row in range(3)] == ["1 ada", "2 bob", "3 cyd"]
    assert skills.item(0, 1).text() == "6"
    assert "golden lenses / others: A 2/1" in skills.item(0, 0).toolTip()
    assert kappa.item(0, 2).text() == kappa.item(1, 1).text()
    assert panel.left.text() == "Every grader has graded every object."
    assert "6 objects in common" in kappa.item(0, 2).toolTip()
    assert "5 golden objects, 2 of them lenses" in panel.words.text()


def test_that_the_time_left_is_told_at_the_present_rate():
    def one(name, left, rate):
        pace = graders.Pace(10, 10 * rate, 1, rate, rate)
        return SimpleNamespace(name=name, work=graders.Work(name, {"A": 10}, pace, left))

    assert left_words([one("ada", 90, 4.0), one("bob", 0, 2.0), one("cyd", 9000, 2.0)]) == (
        "Left to grade: ada 90 (6 min), cyd 9,000 (5.0 h)"
    )
    assert left_words([one(str(n), 5, float("nan")) for n in range(6)]).endswith("3 5, and 2 more graders")


def test_that_objects_stay_hidden_until_they_are_graded(qtbot, campaign, window):
    window.current.set_blind(True)
    panel = count(qtbot, window)
    assert panel.apart.rowCount() == 0
    assert panel.apart_words.text() == "2 objects with grades two or more apart; 2 are hidden until you graded them"
    window.queue.set_grade(1, "A")
    qtbot.waitUntil(lambda: panel.apart.rowCount() == 1, timeout=2000)
    assert panel.apart.item(0, 0).text() == NAMES[0]
    assert panel.apart.item(0, 1).text() == "3 3 0"
    window.current.set_blind(False)
    qtbot.waitUntil(lambda: panel.apart.rowCount() == 2, timeout=2000)


def test_that_a_double_click_shows_the_object_and_the_queue_lists_what_is_apart(qtbot, campaign, window):
    window.current.set_blind(False)
    panel = count(qtbot, window)
    panel.apart.cellDoubleClicked.emit(1, 0)
    assert window.current.object_id == NAMES.index(panel.apart.item(1, 0).text()) + 1
    panel.queue.click()
    assert window.queue_view.filter.text() == "disagreement>=0.66"


def test_that_graders_agree_on_a_grade_one_object_after_the_other(qtbot, campaign, window, bench, monkeypatch):
    window.current.set_blind(False)
    panel = count(qtbot, window)
    why = []
    label = bench.label
    monkeypatch.setattr(bench, "label", lambda *given, **more: why.append(more["why"]) or label(*given, **more))
    panel.together.click()
    first, second = (NAMES.index(one.object) + 1 for one in window.graders._found.apart)
    assert window.current.object_id == first
    assert panel.joint.text().startswith(f"1 of 2, {NAMES[first - 1]}: ada 3, bob 3, cyd 0")
    for object_id in (first, second):
        window.queue.set_grade(object_id, "A")  # graded long ago, and shown all the same
    window.grading.grade("A")
    qtbot.waitUntil(lambda: window.current.object_id == second, timeout=5000)
    window.grading.grade("X")
    qtbot.waitUntil(lambda: len(why) == 2, timeout=5000)
    assert all(one.startswith("joint ") for one in why)
    panel.together.click()
    assert panel.joint.isHidden()
    assert not window.queue.why(first).startswith("joint")


def test_that_another_graders_project_is_merged_and_told(qtbot, campaign, window, bench, tmp_path, monkeypatch):
    seen = []
    report = SimpleNamespace(added=7, graders={"bob": 4, "ada": 3}, left=2, notes=[])
    bench.merge = lambda others: seen.append(others) or bench.runner.submit("io", lambda: report, quiet=True)
    monkeypatch.setattr(QtWidgets.QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "other.astrolens"))
    told = []
    monkeypatch.setattr(window, "say", told.append)
    window.action_set["merge_project"].trigger()
    qtbot.waitUntil(lambda: len(told) == 2, timeout=5000)
    assert seen == [[tmp_path / "other.astrolens"]]
    assert told[1] == "7 labels taken (ada 3, bob 4); 2 are of objects that are not here"


def test_that_another_rule_asks_anew_and_files_are_written(qtbot, campaign, window, tmp_path, monkeypatch):
    panel = count(qtbot, window)
    panel.by.setCurrentIndex(3)
    panel.by.activated.emit(3)
    qtbot.waitUntil(
        lambda: campaign.by == ["mean", "posterior"] and window.graders._found.by == "posterior", timeout=5000
    )
    monkeypatch.setattr(QtWidgets.QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "out"), ""))
    panel.save.click()
    panel.report.click()
    qtbot.waitUntil(lambda: len(campaign.written) == 2, timeout=5000)


def test_that_new_grades_are_told_and_a_failure_is_a_sentence(qtbot, campaign, window, bench):
    panel = count(qtbot, window)
    assert panel.stale.isHidden()
    bench.label(2, "A")
    qtbot.waitUntil(lambda: not panel.stale.isHidden(), timeout=5000)
    campaign.fails = "nobody has graded anything yet"
    panel.count.click()
    qtbot.waitUntil(lambda: panel.words.text() == campaign.fails, timeout=5000)
    assert panel.count.text() == "Count"
