"""The Detect dock: finds appear as they come, people judge them by key, and nothing of a stamp is shown before its grade."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from astrolens_gui.api import Changes, Detections, UserError
from astrolens_gui.core.images.geometry import View
from astrolens_gui.core.labels.records import BoxRow
from astrolens_gui.core.learn import boxset
from astrolens_gui.ui.models.finds import REJECTED, Find, from_detections, from_rows, iou, judged
from astrolens_gui.ui.qt import QApplication, Qt, QtGui
from astrolens_gui.ui.views.finds_layer import FindsLayer
from astrolens_gui.ui.views.taskmodel import TaskModel
from astrolens_gui.workbench.detecting import Found

BOXES = [(10.0, 12.0, 8.0, 6.0), (28.0, 30.0, 10.0, 10.0), (20.0, 6.0, 6.0, 6.0)]
SCORES = [0.9, 0.7, 0.2]


def detections(count: int = 3) -> Detections:
    masks = np.zeros((count, 28, 28), np.float32)
    masks[:, 20:, :] = 1  # the upper part of each box
    return Detections(
        np.zeros(count, np.int32), np.array(BOXES[:count], np.float32), np.array(SCORES[:count], np.float32),
        np.zeros(count, np.int32), masks,
    )  # fmt: skip


@pytest.fixture
def detector(bench: Any, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The fake workbench detects and keeps boxes; `slow` holds the end back after the first find."""
    monkeypatch.setattr(TaskModel, "lack", "")  # a backend is installed
    told = SimpleNamespace(asked=[], slow=False, fails="", rows=[], history=[])

    def detect(object_id: int | None = None, backend: str = "", model: str = "") -> Any:
        told.asked.append(object_id)

        def work(ctx: Any) -> Any:
            if told.fails:
                raise UserError(told.fails)
            ctx.partial(Found(object_id, detections(1), ("lens",), "toy-1", "r", whole=False))
            while told.slow:
                ctx.progress(0.5, "tile 2 of 4")
                time.sleep(0.005)
            return Found(object_id, detections(), ("lens",), "toy-1", "r")

        return bench.runner.submit("infer", work, title="detecting")

    def change(rows: list[BoxRow], object_id: int, key: str) -> Any:
        told.history.append(list(told.rows))
        told.rows[:] = rows
        return bench.tell(Changes(labels=(object_id,), extra={"kind": "box", "boxes": [key]}))

    def add_box(object_id: int, *boxes: dict[str, Any], wcs: Any = None, origin: str = "") -> Any:
        key = f"box{len(told.history)}"
        row = BoxRow(object_id, "tester", score=None, event=1, box=key, **boxes[0])
        return bench._job(lambda: change([*told.rows, row], object_id, key))

    def change_box(key: str, changed: dict[str, Any], wcs: Any = None, origin: str = "") -> Any:
        from dataclasses import replace

        [row] = [row for row in told.rows if row.box == key]
        rows = [replace(one, **changed) if one is row else one for one in told.rows]
        return bench._job(lambda: change(rows, row.object, key))

    def undo(origin: str = "") -> Any:
        def work() -> Any:
            target = told.rows[-1].object
            told.rows[:] = told.history.pop()
            return bench.tell(Changes(labels=(target,), extra={"kind": "box", "object": target}, message="box removed"))

        return bench._job(work)

    bench.detect, bench.add_box, bench.change_box, bench.undo = detect, add_box, change_box, undo
    bench.boxes = lambda object_id, wcs=None: bench._job(lambda: [row for row in told.rows if row.object == object_id])
    return told


@pytest.fixture
def detecting(window: Any, detector: SimpleNamespace) -> Any:
    window.current.set_blind(False)
    return window.detecting


def found(detecting: Any, qtbot: Any) -> None:
    detecting.detect()
    qtbot.waitUntil(lambda: len(detecting.finds) == 2 and not detecting.work.busy, timeout=5000)


def verdicts(detecting: Any) -> list[str]:
    return [one.verdict for one in detecting.finds]


def test_that_finds_appear_as_they_come_and_a_cancelled_search_keeps_them(detecting, window, detector, qtbot):
    detector.slow = True
    window.action_set["detect"].trigger()
    qtbot.waitUntil(lambda: len(detecting.finds) == 1, timeout=5000)
    panel = detecting.panel
    qtbot.waitUntil(lambda: "tile 2 of 4" in panel.words.text(), timeout=5000)
    assert panel.table.rowCount() == 1
    assert panel.here.isHidden()
    panel.stop.click()
    qtbot.waitUntil(lambda: panel.words.text().startswith("Cancelled"), timeout=5000)
    assert len(detecting.finds) == 1
    detector.slow = False
    found(detecting, qtbot)
    assert detector.asked[-1] == window.current.object_id
    assert "2 finds: 2 to judge; 1 weaker not shown" in panel.summary.text()
    panel.threshold.setValue(10)
    assert len(detecting.finds) == 3


def test_that_boxes_and_masks_lie_where_they_were_found_however_the_image_is_turned(detecting, window, qtbot):
    found(detecting, qtbot)
    canvas = window.stage.image.canvas
    for turn in (canvas.as_stored, canvas.flip, lambda: canvas.turn(90)):
        turn()
        qtbot.wait(20)
        painted, bare = canvas.picture(), canvas.picture(layers=False)

        def differs(x: float, y: float, painted: Any = painted, bare: Any = bare) -> bool:
            sx, sy = (int(value) for value in canvas.view.to_screen(x, y))
            return any(
                painted.pixel(sx + dx, sy + dy) != bare.pixel(sx + dx, sy + dy) for dx in (0, 1) for dy in (0, 1)
            )

        x, y, w, h = BOXES[1]
        assert differs(x, y + 0.4 * h)  # in the mask
        assert not differs(x, y - 0.3 * h)  # in the box, under the mask
        assert not differs(x - w, y)


def test_that_finds_are_judged_by_key_and_undo_takes_a_verdict_back(detecting, window, detector, qtbot):
    found(detecting, qtbot)
    window.stage.take_focus()
    qtbot.keyClick(window.stage.image, Qt.Key_Period)
    assert detecting.chosen.score == pytest.approx(0.9)
    qtbot.keyClick(window.stage.image, Qt.Key_Y, Qt.ShiftModifier)
    qtbot.waitUntil(lambda: verdicts(detecting) == ["accepted", ""], timeout=5000)
    [row] = detector.rows
    assert (row.x, row.y, row.w, row.h) == BOXES[0]
    assert row.class_name == "lens"
    assert row.more["found"]["verdict"] == "accepted"
    assert row.more["shape"] == [40, 40]
    ring = np.array(row.more["points"])
    assert ring[:, 1].min() > BOXES[0][1] + BOXES[0][3] * 0.15  # the mask's part alone, for the next training
    assert detecting.chosen.score == pytest.approx(0.7)  # the next one came by itself
    qtbot.keyClick(window.stage.image, Qt.Key_X, Qt.ShiftModifier)
    qtbot.waitUntil(lambda: verdicts(detecting) == ["accepted", REJECTED], timeout=5000)
    assert detector.rows[1].class_name == REJECTED
    assert "1 accepted, 1 rejected" in detecting.panel.summary.text()
    window.action_set["undo"].trigger()
    qtbot.waitUntil(lambda: verdicts(detecting) == ["accepted", ""], timeout=5000)
    detecting.panel.picked.emit(0)
    detecting.panel.verdicts["reject_find"].click()  # another mind: the same box says so
    qtbot.waitUntil(lambda: verdicts(detecting) == [REJECTED, ""], timeout=5000)
    assert len(detector.rows) == 1


def test_that_a_corrected_find_is_a_box_in_the_hand(detecting, window, qtbot):
    found(detecting, qtbot)
    detecting.next_find()
    detecting.correct_find()
    marks = window.marking
    qtbot.waitUntil(lambda: marks.layer.chosen is not None, timeout=5000)
    assert window.stage.image.canvas.tool is marks.tool
    assert marks.layer.chosen.region["w"] == BOXES[0][2]


def test_that_a_verdict_that_is_not_saved_is_not_shown(detecting, window, bench, qtbot):
    found(detecting, qtbot)

    def refuse(*_: Any, **__: Any) -> Any:
        def work() -> Any:
            raise UserError("the disk is full")

        return bench._job(work)

    bench.add_box = refuse
    detecting.next_find()
    detecting.accept_find()
    qtbot.waitUntil(lambda: "the disk is full" in window.status.problem.text(), timeout=5000)
    assert verdicts(detecting) == ["", ""]


def test_that_a_click_chooses_a_find_and_a_drag_does_not(detecting, window, qtbot):
    found(detecting, qtbot)
    canvas = window.stage.image.canvas
    qtbot.mouseClick(canvas, Qt.LeftButton, pos=canvas.point_of(*BOXES[1][:2]))
    assert detecting.chosen.score == pytest.approx(0.7)
    start = canvas.point_of(*BOXES[0][:2])
    qtbot.mousePress(canvas, Qt.LeftButton, pos=start)
    qtbot.mouseRelease(canvas, Qt.LeftButton, pos=start + canvas.rect().center() / 4)
    assert detecting.chosen.score == pytest.approx(0.7)


def test_that_nothing_of_a_stamp_is_shown_before_its_grade(detecting, window, qtbot):
    window.current.set_blind(True)
    detecting.detect()
    qtbot.waitUntil(lambda: bool(detecting._all) and not detecting.work.busy, timeout=5000)
    assert detecting.finds == []
    assert "until the object is graded" in detecting.panel.summary.text()
    window.current.set_blind(False)
    assert len(detecting.finds) == 2


def test_that_stored_finds_show_again_and_a_failure_is_a_sentence(detecting, window, detector, bench, qtbot):
    target = window.queue.object_at(2)
    row = BoxRow(target, "rcnn-1", "lens", 0.8, *BOXES[0], band="r", id=1)
    older = BoxRow(target, "rcnn-0", "lens", 0.9, *BOXES[1], band="r", id=0)
    detector.rows[:] = [older, row]
    window.current.show(target, 2)
    qtbot.waitUntil(lambda: [one.model for one in detecting.finds] == ["rcnn-1"], timeout=5000)
    assert window.marking.layer.marks == []  # a model's finds are to be judged, not somebody's boxes
    detecting.panel.copy.click()
    assert "10.00\t12.00\t8.00\t6.00\t0.8000\tlens\t\trcnn-1" in QApplication.clipboard().text()
    detector.fails = "this detector wants the band VIS; stamp_0003 has r"
    detecting.detect()
    qtbot.waitUntil(lambda: detecting.panel.words.text() == detector.fails, timeout=5000)
    assert detecting.panel.words.property("role") == "bad"


def test_that_the_same_finds_of_another_model_are_judged_already():
    [one] = from_detections(detections(1), ("lens",), "new")
    row = BoxRow(1, "me", REJECTED, None, 10.5, 12.0, 8.0, 6.0, event=3, box="k")
    assert judged([one], [row])[0].verdict == REJECTED
    far = BoxRow(1, "me", "lens", None, 16.0, 12.0, 8.0, 6.0, event=3, box="k")
    assert judged([one], [far])[0].verdict == ""
    assert from_rows([row]) == []
    assert iou(np.array([[0, 0, 2, 2]]), np.array([[1, 0, 2, 2], [9, 9, 2, 2]])) == pytest.approx(
        np.array([[1 / 3, 0]])
    )
    assert Find(1, 2, 3, 4, 0.5).region(REJECTED)["more"]["exclude"]
    assert boxset.REJECTED == REJECTED  # what training takes for empty


def test_that_thousands_of_finds_in_sight_do_not_hold_the_window():
    """Of a field of 2,600 px with 7,700 finds, each with a mask of its own."""
    random = np.random.default_rng(0)
    disc = (np.hypot(*(np.mgrid[:28, :28] - 13.5)) < 9).astype(np.float32)
    finds = [
        Find(*random.uniform(0, 2600, 2), 40, 40, float(score), mask=disc.copy()) for score in np.linspace(1, 0, 7700)
    ]
    layer, picture = FindsLayer(), QtGui.QImage(900, 900, QtGui.QImage.Format_RGB32)
    layer.set_finds(finds)
    painter = QtGui.QPainter(picture)
    began = time.process_time()
    layer.paint(painter, View(900, 900, 1300, 1300, 0.35))
    painter.end()
    assert time.process_time() - began < 1.0  # 4 s when each was outlined
    assert len(layer._pictures) <= 250
    assert all(layer._pictures.get(id(one.mask)) for one in finds[:50]), "the best have theirs"


def test_that_building_the_docks_opens_no_window_of_its_own(window):
    tops = [one for one in QApplication.topLevelWidgets() if one.isVisible() and one is not window]
    assert tops == []
