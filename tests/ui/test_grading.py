"""The grading flow through real key presses and clicks: a label is on disk before the next object shows."""

from __future__ import annotations

from typing import Any

import pytest

from astrolens_gui.api import UserError
from astrolens_gui.core.images.recipe import Recipe
from astrolens_gui.ui.qt import Qt

pytestmark = pytest.mark.window


def shows(window: Any, object_id: int) -> Any:
    """The object is on the screen with its pixels, and nothing is on its way to the disk."""
    return lambda: (
        window.current.object_id == object_id and not window.grading.busy and not window.stage.sight(object_id).reason
    )


def grade(qtbot: Any, window: Any, key: str, then: int) -> None:
    qtbot.keyClick(window.stage.image, key)
    qtbot.waitUntil(shows(window, then), timeout=3000)


def test_that_one_key_saves_the_grade_and_shows_the_next(qtbot, window, bench):
    grade(qtbot, window, "1", then=2)
    name, event = bench.calls[0]
    assert (name, event["object_id"], event["grade"]) == ("label", 1, "A")
    assert event["why"] == "random#1"
    assert Recipe.from_dict(event["screen"]) == window.current.recipe
    assert event["screen"]["shown"]["band"] == "r"
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


def type_comment(qtbot: Any, window: Any, text: str) -> None:
    qtbot.keyClick(window.stage.image, "c")
    qtbot.waitUntil(window.labelbar.comment.hasFocus, timeout=2000)
    qtbot.keyClicks(window.labelbar.comment, text)


def comments(bench: Any) -> list[tuple[int, str]]:
    return [(event["object_id"], event["text"]) for kind, event in bench.calls if kind == "comment"]


def test_that_a_grade_with_the_mouse_saves_the_comment_being_typed(qtbot, window, bench):
    type_comment(qtbot, window, "arc north")
    qtbot.mouseClick(window.labelbar._grade_buttons["B"], Qt.LeftButton)
    qtbot.waitUntil(shows(window, 2), timeout=3000)
    assert comments(bench) == [(1, "arc north")]
    assert bench.calls[-1][1]["grade"] == "B"
    assert window.labelbar.comment.text() == ""


def test_that_a_comment_goes_to_its_object_when_another_row_is_clicked(qtbot, window, bench):
    type_comment(qtbot, window, "arc south")
    table = window.queue_view.table
    qtbot.mouseClick(table.viewport(), Qt.LeftButton, pos=table.visualRect(window.queue.index(3, 0)).center())
    qtbot.waitUntil(shows(window, 4), timeout=3000)
    grade(qtbot, window, "2", then=5)
    assert comments(bench) == [(1, "arc south")]
    assert window.queue.grade_of(4) == "B"


def test_that_a_comment_being_typed_is_saved_when_the_object_changes_by_itself(qtbot, window, bench):
    type_comment(qtbot, window, "ring")
    window.current.show(3, 2)
    qtbot.waitUntil(lambda: comments(bench) == [(1, "ring")], timeout=3000)
    qtbot.wait(50)
    assert comments(bench) == [(1, "ring")]


def test_that_a_comment_being_typed_is_saved_when_the_project_or_the_window_closes(qtbot, window, bench):
    type_comment(qtbot, window, "ring")
    window.projects.close_project()
    qtbot.waitUntil(lambda: comments(bench) == [(1, "ring")], timeout=3000)


def test_that_escape_drops_a_comment_and_says_so(qtbot, window, bench):
    type_comment(qtbot, window, "nonsense")
    qtbot.keyClick(window.labelbar.comment, Qt.Key_Escape)
    assert window.labelbar.comment.text() == ""
    assert "nonsense" in window.status.word.text()
    grade(qtbot, window, "1", then=2)
    assert comments(bench) == []


def test_that_a_comment_that_cannot_be_saved_is_not_lost(qtbot, window, bench, monkeypatch):
    def full() -> None:
        raise UserError("the disk is full")

    monkeypatch.setattr(bench, "comment", lambda *_, **__: bench._job(full))
    type_comment(qtbot, window, "arc north")
    qtbot.keyClick(window.labelbar.comment, Qt.Key_Return)
    qtbot.waitUntil(lambda: "disk is full" in window.labelbar.problem.text(), timeout=3000)
    assert "“arc north” on stamp_0001" in window.labelbar.problem.text()


def test_that_a_comment_on_an_ungraded_object_is_called_a_comment(qtbot, window, bench):
    type_comment(qtbot, window, "arc")
    qtbot.keyClick(window.labelbar.comment, Qt.Key_Return)
    qtbot.waitUntil(lambda: "comment on stamp_0001 saved" in window.status.saved.text(), timeout=3000)
    assert "grade" not in window.status.saved.text() + window.labelbar.last.text()


def test_that_an_image_that_cannot_be_shown_is_graded_only_by_a_second_press(qtbot, window, bench, monkeypatch):
    def gone() -> None:
        raise UserError("stamp_0002.fits is not there any more")

    there = bench.image
    monkeypatch.setattr(bench, "image", lambda one, band=None: bench._job(gone) if one == 2 else there(one, band))
    window.stage.image._prefetch.forget()
    qtbot.keyClick(window.stage.image, Qt.Key_Right)
    qtbot.waitUntil(lambda: window.stage.sight(2).final, timeout=3000)
    qtbot.keyClick(window.stage.image, "1")
    qtbot.wait(100)
    assert bench.calls == []
    sentence = window.labelbar.problem.text()
    assert "stamp_0002 is not shown, not graded" in sentence
    assert "not there any more" in sentence
    qtbot.keyClick(window.stage.image, "4")  # another grade is another wish
    qtbot.wait(50)
    assert bench.calls == []
    qtbot.keyClick(window.stage.image, "4")
    qtbot.waitUntil(shows(window, 3), timeout=3000)
    assert [(event["object_id"], event["grade"]) for _, event in bench.calls] == [(2, "X")]
    assert not window.labelbar.problem.isVisible()


def test_that_an_image_on_its_way_is_not_graded_however_often_one_presses(qtbot, window, bench, monkeypatch):
    import threading

    gate, there = threading.Event(), bench.image
    monkeypatch.setattr(
        bench,
        "image",
        lambda one, band=None: bench.runner.submit(
            "train", lambda: gate.wait() and there(one, band).result(), quiet=True
        ),
    )
    window.stage.image._prefetch.forget()
    qtbot.keyClick(window.stage.image, Qt.Key_Right)
    for _ in range(3):
        qtbot.keyClick(window.stage.image, "1")
    qtbot.wait(50)
    assert bench.calls == []
    assert "not shown, not graded" in window.status.word.text()
    gate.set()
    qtbot.waitUntil(shows(window, 2), timeout=3000)
    grade(qtbot, window, "1", then=3)


def test_that_a_stamp_of_the_mosaic_is_graded_only_when_it_is_seen(qtbot, window, bench, monkeypatch):
    window.stage.show_mosaic(True)
    mosaic = window.stage.mosaic
    qtbot.waitUntil(lambda: not window.stage.sight(1).reason, timeout=3000)
    monkeypatch.setattr(mosaic._thumbs, "get", lambda _: "stamp_0001.fits: the file is empty")
    qtbot.keyClick(mosaic, "1")
    qtbot.wait(50)
    assert bench.calls == []
    assert "the file is empty" in window.labelbar.problem.text()
    monkeypatch.setattr(mosaic._thumbs, "get", lambda _: None)
    for _ in range(2):
        qtbot.mouseClick(window.labelbar._grade_buttons["A"], Qt.LeftButton)
    assert "on the way" in window.status.word.text()
    qtbot.wait(50)
    assert bench.calls == []


def test_that_a_filter_without_a_match_says_so_and_escape_clears_it(qtbot, window, bench):
    window.queue_view.filter.setText("ZZZ")
    qtbot.waitUntil(lambda: window.queue.rowCount() == 0, timeout=2000)
    window.action_set["next_ungraded"].trigger()
    assert "No name contains “zzz” — Esc clears" in window.status.word.text()
    empty = window.queue_view.table.viewport().grab().toImage()
    tones = {empty.pixel(x, y) for x in range(0, empty.width(), 2) for y in range(0, min(60, empty.height()), 2)}
    assert len(tones) > 1  # the sentence is painted
    qtbot.keyClick(window.stage.image, Qt.Key_Escape)
    qtbot.waitUntil(lambda: window.queue.rowCount() == 6, timeout=2000)


def test_that_the_end_of_a_filtered_list_is_not_called_the_end_of_the_queue(qtbot, window, bench):
    window.queue_view.filter.setText("0001")
    qtbot.waitUntil(lambda: window.queue.rowCount() == 1, timeout=2000)
    qtbot.keyClick(window.stage.image, "1")
    qtbot.waitUntil(lambda: "“0001” has a grade" in window.status.word.text(), timeout=3000)


def test_that_the_report_of_an_import_leaves_the_keyboard_to_the_image(qtbot, window):
    from types import SimpleNamespace

    from astrolens_gui.ui.qt import QApplication

    window.projects._imported(SimpleNamespace(added=300, updated=0, refused=["bad.fits: no image"], notes=[]))
    assert window.status.word.text() == "300 objects added; 1 file refused."
    qtbot.waitUntil(window.projects.report.isVisible, timeout=2000)
    assert window.projects.report.testAttribute(Qt.WA_ShowWithoutActivating)
    if QApplication.platformName() != "offscreen":  # which activates every window, whatever it asks for
        qtbot.wait(200)
        assert QApplication.activeWindow() is window
    window.projects.report.close()


def test_that_a_single_note_of_an_import_is_said_without_a_dialog(window):
    from types import SimpleNamespace

    note = "3 of 3 objects took no name from --bands"
    window.projects._imported(SimpleNamespace(added=3, updated=0, refused=[], notes=[note]))
    assert window.status.word.text() == f"3 objects added. {note}"
    assert getattr(window.projects, "report", None) is None


def test_that_a_comment_in_a_filtered_mosaic_goes_to_the_stamp_under_the_cursor(qtbot, window, bench):
    window.stage.show_mosaic(True)
    window.queue_view.filter.setText("0004")
    qtbot.waitUntil(lambda: window.queue.rowCount() == 1, timeout=2000)
    qtbot.keyClick(window.stage.mosaic, "c")
    qtbot.waitUntil(window.labelbar.comment.hasFocus, timeout=2000)
    qtbot.keyClicks(window.labelbar.comment, "arc")
    qtbot.keyClick(window.labelbar.comment, Qt.Key_Return)
    qtbot.waitUntil(lambda: comments(bench) == [(4, "arc")], timeout=3000)


def test_that_a_kind_after_another_project_came_is_given_to_nobody(qtbot, window, bench, tmp_path):
    qtbot.keyClick(window, "1")
    qtbot.waitUntil(lambda: window.grading.armed is not None, timeout=5000)
    window.session.open(tmp_path / "another.astrolens")
    qtbot.waitUntil(lambda: window.grading.armed is None, timeout=5000)
    before = len(bench.calls)
    qtbot.keyClick(window, "p")
    qtbot.wait(100)
    assert not [call for call in bench.calls[before:] if call[0] == "label"]
    assert "grade an object first" in window.labelbar._armed.text()
    assert "No label yet" in window.status.saved.text()
