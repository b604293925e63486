"""Many stamps at once: selecting by click and key, grading together, the rest of a page, a stamp large; and what must never happen."""

from __future__ import annotations

import numpy as np
import pytest
from pixel_fakes import SCHEME, FakeWorkbench, made, move, table

from astrolens_gui.api import Changes
from astrolens_gui.ui.bridge import Bridge
from astrolens_gui.ui.current import Current
from astrolens_gui.ui.models.queue import QueueModel
from astrolens_gui.ui.qt import QApplication, Qt, QtCore, QtGui
from astrolens_gui.ui.views.cells import stamp_rect
from astrolens_gui.ui.views.loupe import beside
from astrolens_gui.ui.views.mosaic import MosaicView


class Workbench(FakeWorkbench):
    """Also grades pages, all or none."""

    def label_page(self, rows, grade, origin=""):
        def work() -> Changes:
            if self.label_error is not None:
                raise self.label_error
            self.labels += [(row["object_id"], grade, row) for row in rows]
            return Changes(labels=tuple(row["object_id"] for row in rows), origin=origin)

        return self._submit(work)


class Mosaic:
    """A mosaic of 40 objects with ids 1…40 in five columns, and what it said."""

    def __init__(self, qtbot, count=40):
        stamps = {n: made(np.random.default_rng(n).normal(0, 1, (24, 24)), n) for n in range(1, count + 1)}
        self.workbench = Workbench(stamps)
        self.current, self.model = Current(), QueueModel()
        self.bridge = Bridge(self.workbench)
        self.model.set_table(table(list(range(1, count + 1))))
        self.view = MosaicView(self.bridge, self.workbench, self.current, self.model, columns=5)
        self.view.set_scheme(SCHEME)
        self.said, self.failed = [], []
        self.model.told.connect(self.said.append)
        self.bridge.failed.connect(self.failed.append)
        qtbot.addWidget(self.view)
        self.qtbot = qtbot
        self.view.resize(600, 420)
        self.view.show()
        qtbot.waitExposed(self.view)
        self.view.setFocus()
        self.settle()

    def settle(self):
        for _ in range(6):
            QApplication.processEvents()

    def click(self, row, modifier=Qt.NoModifier):
        self.qtbot.mouseClick(self.view.viewport(), Qt.LeftButton, modifier, self.view.grid.rect(row).center())

    def key(self, key, modifier=Qt.NoModifier):
        self.qtbot.keyClick(self.view, key, modifier)
        self.settle()

    def graded(self):
        return {object_id: grade for object_id, grade, _ in self.workbench.labels}

    def whole(self):
        grid = self.view.grid
        return [self.model.object_at(row) for row in grid.in_sight() if grid.is_whole(row)]


@pytest.fixture
def mosaic(qtbot):
    one = Mosaic(qtbot)
    yield one
    one.bridge.close()


def test_that_ctrl_click_takes_a_stamp_in_and_out(mosaic):
    for row in (1, 4, 6, 4):
        mosaic.click(row, Qt.ControlModifier)
    assert mosaic.view.selected == [2, 7]
    assert mosaic.view.cursor_row == 4
    assert "2 stamps selected" in mosaic.said[-1]
    mosaic.click(3)
    assert mosaic.view.selected == []
    assert mosaic.view.cursor_row == 3


def test_that_shift_click_takes_all_between(mosaic):
    mosaic.click(2)
    mosaic.click(6, Qt.ShiftModifier)
    assert mosaic.view.selected == [3, 4, 5, 6, 7]
    mosaic.click(0, Qt.ShiftModifier)  # from where it began
    assert mosaic.view.selected == [1, 2, 3]
    mosaic.click(8, Qt.ControlModifier)
    mosaic.click(9, Qt.ShiftModifier)
    assert mosaic.view.selected == [1, 2, 3, 9, 10]


def test_that_shift_and_arrows_extend_and_an_arrow_alone_ends_it(mosaic):
    mosaic.click(1)
    for key in (Qt.Key_Right, Qt.Key_Down):
        mosaic.key(key, Qt.ShiftModifier)
    assert mosaic.view.cursor_row == 7
    assert mosaic.view.selected == [2, 3, 4, 5, 6, 7, 8]
    mosaic.key(Qt.Key_Up, Qt.ShiftModifier)
    assert mosaic.view.selected == [2, 3]
    mosaic.view.move_to(3)
    assert mosaic.view.selected == []


def test_that_the_page_is_selected_whole_and_escape_ends_it(mosaic):
    mosaic.view.select_page()
    assert mosaic.view.selected == mosaic.whole()
    mosaic.key(Qt.Key_Escape)
    assert mosaic.view.selected == []


def test_that_a_digit_grades_the_selection_in_one_step(mosaic):
    for row in (0, 2, 5):
        mosaic.click(row, Qt.ControlModifier)
    jobs = len(mosaic.workbench.jobs)
    heard = []
    mosaic.view.graded.connect(lambda *given: heard.append(given))
    mosaic.view.grade("B")
    mosaic.settle()
    assert mosaic.graded() == {1: "B", 3: "B", 6: "B"}
    assert [mosaic.model.grade_of(one) for one in (1, 2, 3, 6)] == ["B", "", "B", "B"]
    assert sum(job.result().__class__ is Changes for job in mosaic.workbench.jobs[jobs:]) == 1
    assert heard == [(6, "B")]
    assert mosaic.view.selected == []
    assert mosaic.view.cursor_row == 6
    assert "3 stamps graded B together; Ctrl+Z takes all back" in mosaic.said[-1]
    row = mosaic.workbench.labels[0][2]
    assert row["seconds"] >= 0
    assert "page of 3" in row["why"]
    assert row["screen"]["stretch"]


def test_that_the_rest_of_the_page_gets_the_lowest_grade_and_nothing_else(mosaic):
    mosaic.model.set_grades({1: "A", 4: "C"})
    page = mosaic.whole()
    mosaic.view.rest_of_page()
    mosaic.settle()
    assert mosaic.graded() == dict.fromkeys([one for one in page if one not in (1, 4)], "X")
    assert mosaic.model.grade_of(1) == "A"
    assert f"{len(page) - 2} stamps graded X together" in mosaic.said[-1]
    assert mosaic.view.cursor_row == 0  # nothing moved under the hand
    mosaic.view.rest_of_page()
    assert mosaic.said[-1] == "Every stamp in sight has a grade"


def test_that_no_batch_touches_what_is_out_of_sight(mosaic):
    mosaic.view.move_to(39)
    mosaic.settle()
    mosaic.view.verticalScrollBar().setValue(mosaic.view.verticalScrollBar().value() // 2 + 30)
    mosaic.settle()
    cut = [mosaic.model.object_at(row) for row in mosaic.view.grid.in_sight() if not mosaic.view.grid.is_whole(row)]
    assert cut
    whole = mosaic.whole()
    mosaic.view.rest_of_page()
    mosaic.settle()
    assert set(mosaic.graded()) == set(whole)
    assert set(mosaic.graded()).isdisjoint(cut)


def test_that_a_selection_scrolled_away_is_not_graded(mosaic):
    mosaic.click(0, Qt.ControlModifier)
    mosaic.click(11, Qt.ControlModifier)
    bar = mosaic.view.verticalScrollBar()
    bar.setValue(mosaic.view.grid.pitch)
    mosaic.settle()
    mosaic.view.grade("X")
    mosaic.settle()
    assert mosaic.graded() == {12: "X"}
    assert "1 selected stamp out of sight" in mosaic.said[-1]
    mosaic.click(12, Qt.ControlModifier)
    bar.setValue(bar.maximum())
    mosaic.view.grade("A")  # not even painted yet
    mosaic.settle()
    assert mosaic.graded() == {12: "X"}
    assert "nothing graded" in mosaic.said[-1]


def test_that_no_batch_touches_a_stamp_that_cannot_be_read_or_is_still_on_its_way(mosaic):
    mosaic.workbench.images[3] = ValueError("c.fits: the file is empty; copy it again")
    mosaic.bridge.changed.emit(Changes(objects=(3,)))
    mosaic.settle()
    mosaic.workbench.hold = True
    mosaic.bridge.changed.emit(Changes(objects=(5,)))
    mosaic.settle()
    mosaic.workbench.hold = False
    page = mosaic.whole()
    mosaic.view.rest_of_page()
    mosaic.settle()
    assert set(mosaic.graded()) == set(page) - {3, 5}
    assert "2 stamps without a picture left" in mosaic.said[-1]
    mosaic.view.select_page()
    mosaic.view.grade("A")
    mosaic.settle()
    assert {3, 5}.isdisjoint(mosaic.graded())


def test_that_a_page_that_cannot_be_saved_has_no_grade_and_is_said(mosaic):
    mosaic.workbench.label_error = OSError("the disk is full")
    for row in (1, 2):
        mosaic.click(row, Qt.ControlModifier)
    mosaic.view.grade("A")
    mosaic.settle()
    assert [mosaic.model.grade_of(one) for one in (2, 3)] == ["", ""]
    assert "no grade yet" in mosaic.view.tip(1)
    assert len(mosaic.failed) == 1
    assert "2 grades A not saved, none of them: the disk is full" in mosaic.failed[0]
    assert not any("graded A together" in one for one in mosaic.said)
    assert mosaic.view.selected == [2, 3]  # to be given again
    mosaic.workbench.label_error = None
    mosaic.view.grade("A")
    mosaic.settle()
    assert mosaic.graded() == {2: "A", 3: "A"}


def test_that_no_grade_of_a_page_shows_as_saved_before_it_is(mosaic):
    mosaic.workbench.hold = True
    mosaic.click(1, Qt.ControlModifier)
    mosaic.view.grade("A")
    mosaic.settle()
    assert mosaic.model.grade_of(2) == ""
    assert not any("graded A together" in one for one in mosaic.said)
    mosaic.workbench.jobs[-1].finish()
    mosaic.settle()
    assert mosaic.model.grade_of(2) == "A"


def test_that_a_page_taken_back_shows_without_its_grades(mosaic):
    mosaic.model.set_grades(dict.fromkeys(range(1, 30), "X"))
    mosaic.bridge.changed.emit(Changes(extra={"grades": {1: "", 2: "A", 3: ""}}))
    assert [mosaic.model.grade_of(one) for one in (1, 2, 3, 4)] == ["", "A", "", "X"]


def test_that_a_stamp_is_large_while_z_is_held_and_beside_its_cell(mosaic):
    loupe = mosaic.view._loupe
    mosaic.view.move_to(6)
    mosaic.qtbot.keyPress(mosaic.view, Qt.Key_Z)
    mosaic.settle()
    assert loupe.isVisible()
    assert loupe.object_id == 7
    assert not loupe.geometry().intersects(mosaic.view.grid.rect(6))
    assert loupe.width() > 1.25 * mosaic.view.grid.cell_width
    assert mosaic.view.viewport().geometry().contains(loupe.geometry())
    mosaic.qtbot.keyRelease(mosaic.view, Qt.Key_Z)
    assert not loupe.isVisible()


def test_that_it_shows_the_pixels_by_the_recipe(mosaic):
    mosaic.view.move_to(6)
    mosaic.qtbot.keyPress(mosaic.view, Qt.Key_Z)
    mosaic.settle()
    kind, ids, size = mosaic.workbench.asked[-1]
    assert (kind, ids, size) == ("thumbnails", (7,), mosaic.view._loupe.width())
    shown = mosaic.view._loupe.grab().toImage().convertToFormat(QtGui.QImage.Format_RGB888)
    assert len({shown.pixel(x, 60) for x in range(10, 100, 4)}) > 5


def test_that_a_late_picture_does_not_come_after_the_key_was_let_go(mosaic):
    mosaic.workbench.hold = True
    mosaic.qtbot.keyPress(mosaic.view, Qt.Key_Z)
    mosaic.qtbot.keyRelease(mosaic.view, Qt.Key_Z)
    mosaic.workbench.jobs[-1].finish()
    mosaic.settle()
    assert not mosaic.view._loupe.isVisible()


def hover(widget, position, modifiers):
    QApplication.sendEvent(
        widget,
        QtGui.QMouseEvent(
            QtCore.QEvent.MouseMove,
            QtCore.QPointF(position),
            widget.mapToGlobal(position),
            Qt.NoButton,
            Qt.NoButton,
            modifiers,
        ),
    )


def test_that_resting_with_alt_shows_it_large_and_moving_on_puts_it_away(mosaic):
    viewport, grid, loupe = mosaic.view.viewport(), mosaic.view.grid, mosaic.view._loupe
    hover(viewport, grid.rect(2).center(), Qt.AltModifier)
    assert not loupe.isVisible()  # it has to rest
    mosaic.qtbot.waitUntil(loupe.isVisible, timeout=1000)
    assert loupe.object_id == 3
    hover(viewport, grid.rect(3).center(), Qt.AltModifier)
    assert not loupe.isVisible()
    mosaic.qtbot.waitUntil(loupe.isVisible, timeout=1000)
    assert loupe.object_id == 4
    hover(viewport, grid.rect(3).center(), Qt.NoModifier)
    assert not loupe.isVisible()
    assert mosaic.view.cursor_row == 0  # looking moves nothing


@pytest.mark.parametrize("columns", [3, 5, 9])
@pytest.mark.parametrize("size", [(600, 420), (1100, 800)])
def test_that_the_large_stamp_never_covers_its_cell_nor_leaves_the_view(columns, size):
    from astrolens_gui.ui.views.grid import Grid

    grid, area = Grid(columns, *size, 200, 55), QtCore.QRect(0, 0, *size)
    for row in grid.in_sight():
        place = beside(grid.rect(row), area)
        assert not place.intersects(grid.rect(row))
        assert place.isNull() or (area.contains(place) and place.width() >= 1.25 * grid.cell_width)


def test_that_a_selected_stamp_is_marked_and_its_pixels_are_not(mosaic):
    before = mosaic.view.viewport().grab().toImage()
    mosaic.click(2, Qt.ControlModifier)
    mosaic.view.move_to(8, keep=True)
    mosaic.settle()
    after = mosaic.view.viewport().grab().toImage()
    stamp = stamp_rect(mosaic.view.grid.rect(2))
    assert after.copy(stamp) == before.copy(stamp)
    assert after.pixel(stamp.left() - 2, stamp.top() - 2) != before.pixel(stamp.left() - 2, stamp.top() - 2)


@pytest.mark.parametrize("count", [25, 100, 400])
def test_that_a_grid_is_chosen_by_its_number_of_stamps(mosaic, count):
    mosaic.view.resize(1400, 1000)
    mosaic.view.set_stamps(count)
    assert mosaic.view.grid.page >= min(count, 300)
    assert len(mosaic.view.grid.in_sight()) <= 400


def test_that_a_drag_over_stamps_grades_nothing(mosaic):
    move(mosaic.view.viewport(), mosaic.view.grid.rect(3).center(), Qt.LeftButton)
    assert mosaic.graded() == {}
