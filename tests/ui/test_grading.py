"""The grading flow through real key presses and clicks: a label is on disk before the next object shows."""

from __future__ import annotations

from typing import Any

import pytest

from astrolens_gui.api import UserError
from astrolens_gui.ui.qt import Qt

pytestmark = pytest.mark.window


def shows(window: Any, object_id: int) -> Any:
    return lambda: window.current.object_id == object_id and not window.grading.busy


def grade(qtbot: Any, window: Any, key: str, then: int) -> None:
    qtbot.keyClick(window.stage.image, key)
    qtbot.waitUntil(shows(window, then), timeout=3000)


def test_that_one_key_saves_the_grade_and_shows_the_next(qtbot, window, bench):
    grade(qtbot, window, "1", then=2)
    name, event = bench.calls[0]
    assert (name, event["object_id"], event["grade"]) == ("label", 1, "A")
    assert event["why"] == "random#1"
    assert event["screen"] == window.current.recipe.as_dict()
    assert 0 <= event["seconds"] < 5
    assert window.queue.grade_of(1) == "A"
    assert "stamp_0001 A" in window.status.saved.text()


def test_that_nothing_moves_before_the_label_is_on_disk(qtbot, window, bench):
    import threading

    gate = threading.Event()
    bench.runner.submit("db", gate.wait, quiet=True)  # the database is busy
    qtbot.keyClick(window.stage.image, "2")
    qtbot.wait(150)
    assert (window.current.object_id, bench.calls) == (1, [])
    qtbot.keyClick(window.stage.image, "4")  # an impatient second press must not grade what was not seen
    gate.set()
    qtbot.waitUntil(shows(window, 2), timeout=3000)
    qtbot.wait(50)
    assert [event["grade"] for _, event in bench.calls] == ["B"]


def test_that_a_label_that_cannot_be_saved_keeps_the_image_and_says_why(qtbot, window, bench):
    bench.refuse = "labels.sqlite: the disk is full; free some space"
    qtbot.keyClick(window.stage.image, "1")
    qtbot.waitUntil(lambda: window.labelbar.problem.isVisible(), timeout=3000)
    assert window.current.object_id == 1
    sentence = window.labelbar.problem.text()
    assert "stamp_0001" in sentence
    assert "the disk is full" in sentence
    assert window.labelbar.problem.isReadOnly()
    assert window.labelbar.problem.textInteractionFlags() & Qt.TextSelectableByMouse
    assert window.queue.grade_of(1) == ""
    bench.refuse = ""
    grade(qtbot, window, "1", then=2)
    assert not window.labelbar.problem.isVisible()


def test_that_space_gives_the_lowest_grade(qtbot, window, bench):
    qtbot.keyClick(window.stage.image, Qt.Key_Space)
    qtbot.waitUntil(shows(window, 2), timeout=3000)
    assert bench.calls[0][1]["grade"] == "X"


def test_that_undo_returns_to_the_object_it_undid(qtbot, window, bench):
    grade(qtbot, window, "1", then=2)
    grade(qtbot, window, "4", then=3)
    qtbot.keyClick(window.stage.image, Qt.Key_Z, Qt.ControlModifier)
    qtbot.waitUntil(shows(window, 2), timeout=3000)
    assert window.queue.grade_of(2) == ""
    assert window.queue.grade_of(1) == "A"
    qtbot.keyClick(window.stage.image, Qt.Key_Z, Qt.ControlModifier)
    qtbot.waitUntil(shows(window, 1), timeout=3000)
    qtbot.keyClick(window.stage.image, Qt.Key_Z, Qt.ControlModifier)
    qtbot.waitUntil(lambda: "nothing" in window.status.word.text(), timeout=3000)
    assert window.current.object_id == 1


def test_that_a_kind_goes_to_the_object_just_graded_not_to_the_one_on_the_screen(qtbot, window, bench):
    assert not window.labelbar._kinds.itemAt(0).widget().isEnabled()
    grade(qtbot, window, "4", then=2)
    assert "stamp_0001" in window.labelbar._armed.text()
    qtbot.keyClick(window.stage.image, "n")
    qtbot.waitUntil(lambda: len(bench.calls) == 2, timeout=3000)
    qtbot.waitUntil(shows(window, 2), timeout=3000)
    _, event = bench.calls[1]
    assert (event["object_id"], event["grade"], event["subtype"]) == (1, "X", "ring")


def test_that_every_grade_can_be_given_with_the_mouse(qtbot, window, bench):
    for place, (value, button) in enumerate(list(window.labelbar._grade_buttons.items()), start=1):
        qtbot.mouseClick(button, Qt.LeftButton)
        qtbot.waitUntil(shows(window, place + 1), timeout=3000)
        assert bench.calls[-1][1]["grade"] == value
    assert [window.queue.grade_of(one) for one in (1, 2, 3, 4)] == ["A", "B", "C", "X"]


def test_that_without_auto_advance_the_object_stays(qtbot, window, bench, settings):
    settings.set("auto_advance", False)
    qtbot.keyClick(window.stage.image, "3")
    qtbot.waitUntil(lambda: window.queue.grade_of(1) == "C", timeout=3000)
    assert window.current.object_id == 1
    assert window.labelbar._grade_buttons["C"].isChecked()


def test_that_graded_objects_are_skipped_and_the_end_is_told(qtbot, window, bench):
    grade(qtbot, window, "1", then=2)
    qtbot.keyClick(window.stage.image, Qt.Key_Left)
    assert window.current.object_id == 1
    grade(qtbot, window, "2", then=2)
    for then in (3, 4, 5, 6, 6):
        grade(qtbot, window, "4", then)
    qtbot.waitUntil(lambda: "Every object" in window.status.word.text(), timeout=3000)


def test_that_typing_a_comment_grades_nothing(qtbot, window, bench):
    qtbot.keyClick(window.stage.image, "c")
    qtbot.waitUntil(lambda: window.labelbar.comment.hasFocus(), timeout=2000)
    qtbot.keyClicks(window.labelbar.comment, "arc 1 and 4 north")
    qtbot.keyClick(window.labelbar.comment, Qt.Key_Return)
    qtbot.waitUntil(lambda: bench.calls != [], timeout=3000)
    assert bench.calls == [("comment", {"object_id": 1, "text": "arc 1 and 4 north"})]


def test_that_a_comment_leaves_the_kind_with_the_grade_and_shows_no_score(qtbot, window, bench):
    import numpy as np

    bench.scores = np.linspace(0.1, 0.6, 6)
    window.session.rerank()
    qtbot.waitUntil(lambda: window.queue.score_of(2) is not None, timeout=3000)
    grade(qtbot, window, "4", then=2)
    window.grading.comment("twisted")
    qtbot.waitUntil(lambda: "stamp_0002" in window.labelbar.last.text(), timeout=3000)
    assert "0.2" not in window.labelbar.last.text()
    window.grading.subtype("spiral")
    qtbot.waitUntil(lambda: bench.calls[-1][1].get("subtype") == "spiral", timeout=3000)
    assert bench.calls[-1][1]["object_id"] == 1


def test_that_a_label_refused_before_it_became_a_job_is_told_and_can_be_given_again(qtbot, window, bench, monkeypatch):
    def refuse(*_, **__):
        raise UserError("no project is open; open or make one first")

    with monkeypatch.context() as patch:
        patch.setattr(bench, "label", refuse)
        qtbot.keyClick(window.stage.image, "1")
    assert "no project is open" in window.labelbar.problem.text()
    grade(qtbot, window, "1", then=2)


def test_that_a_score_is_hidden_until_the_grade_and_m_shows_it(qtbot, window, bench):
    import numpy as np

    bench.scores = np.linspace(0.1, 0.6, 6)
    window.session.rerank()
    qtbot.waitUntil(lambda: window.queue.score_of(1) is not None, timeout=3000)
    assert window.labelbar.model.text() == "hidden until graded"
    assert window.queue.index(0, 2).data() == "•••"
    qtbot.keyClick(window.stage.image, "m")
    assert window.labelbar.model.text() == "0.100"
    qtbot.keyClick(window.stage.image, "m")
    grade(qtbot, window, "1", then=2)
    assert "0.100" in window.labelbar.last.text()
    assert window.queue.index(0, 2).data() == "0.100"


def test_that_a_new_order_keeps_the_image_and_the_next_grade_goes_to_its_top(qtbot, window, bench):
    from astrolens_gui.api import Changes

    bench.order = [6, 5, 1, 2, 3, 4]
    bench.tell(Changes(scores=True))
    qtbot.waitUntil(lambda: window.queue.object_at(0) == 6, timeout=3000)
    assert window.current.object_id == 1
    assert window.queue_view.table.currentIndex().row() == 2
    grade(qtbot, window, "4", then=6)


def test_that_labels_of_somebody_else_are_shown_and_move_nothing(qtbot, window, bench):
    from types import SimpleNamespace

    from astrolens_gui.api import Changes

    bench.grades[3] = SimpleNamespace(grade="B", subtype="", comment="")
    bench.tell(Changes(labels=(3,), origin="cli"))
    qtbot.waitUntil(lambda: window.queue.grade_of(3) == "B", timeout=3000)
    assert window.current.object_id == 1
