"""The mosaic: which stamps it fetches and paints, how the cursor moves, and what its keys grade."""

from __future__ import annotations

import numpy as np
import pytest
from pixel_fakes import SCHEME, FakeWorkbench, made, table

from astrolens_gui.api import Changes
from astrolens_gui.ui.bridge import Bridge
from astrolens_gui.ui.current import Current
from astrolens_gui.ui.models.queue import QueueModel
from astrolens_gui.ui.qt import QApplication, QColor, Qt, QtCore, QtGui
from astrolens_gui.ui.views.cells import FRAME, ink_on, stamp_rect
from astrolens_gui.ui.views.grid import MOST_CELLS, Grid, most_columns
from astrolens_gui.ui.views.mosaic import MosaicView


def stamp(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, (24, 24)).astype(np.float32)


class Mosaic:
    """A mosaic of `count` objects with ids 1…count, and what it stands on."""

    def __init__(self, qtbot, count: int, **fields) -> None:
        self.workbench = FakeWorkbench(
            {number: made(stamp(number), number) for number in range(1, count + 1)}, **fields
        )
        self.current, self.model = Current(), QueueModel()
        self.bridge = Bridge(self.workbench)
        self.model.set_table(table(list(range(1, count + 1))))
        self.view = MosaicView(self.bridge, self.workbench, self.current, self.model, columns=5)
        self.view.set_scheme(SCHEME)
        qtbot.addWidget(self.view)
        self.view.resize(600, 420)
        self.view.show()
        qtbot.waitExposed(self.view)
        QApplication.processEvents()

    def settle(self) -> None:
        for _ in range(5):
            QApplication.processEvents()

    def fetched(self) -> set[int]:
        return {id for kind, ids, _ in self.workbench.asked if kind == "thumbnails" for id in ids}

    def picture(self) -> QtGui.QImage:
        self.settle()
        return self.view.viewport().grab().toImage()


@pytest.fixture
def mosaic(qtbot):
    made_here = []

    def make(count: int = 40, **fields) -> Mosaic:
        made_here.append(Mosaic(qtbot, count, **fields))
        return made_here[-1]

    yield make
    for one in made_here:
        one.bridge.close()


def test_that_only_stamps_in_sight_and_the_next_page_are_fetched(mosaic):
    m = mosaic(100_000)
    m.settle()
    in_sight = m.view.grid.in_sight()
    assert len(in_sight) < 40
    assert m.fetched() == set(range(1, 2 * len(in_sight) + 1))
    m.view.move_to(50_000)
    m.settle()
    assert 50_001 in m.fetched()
    assert 20_000 not in m.fetched()


def test_that_no_stamp_is_fetched_twice_while_it_is_kept(mosaic):
    m = mosaic(40)
    for key in (Qt.Key_End, Qt.Key_Home, Qt.Key_PageDown, Qt.Key_PageUp):
        press(m.view, key)
        m.settle()
    asked = [id for _, ids, _ in m.workbench.asked for id in ids]
    assert sorted(asked) == sorted(set(asked))


def test_that_batches_scrolled_out_of_sight_are_cancelled(mosaic):
    m = mosaic(2000, hold=True)
    m.settle()
    before = list(m.workbench.jobs)
    m.view.move_to(1500)
    m.settle()
    assert before
    assert all(job.cancelled() for job in before)
    assert not any(job.cancelled() for job in m.workbench.jobs[len(before) :])


def test_that_each_stamp_is_painted_in_its_cell_unhidden_by_its_grade(mosaic):
    m = mosaic(10)
    for object_id, grade in ((1, "A"), (2, "X"), (3, "B")):
        m.model.set_grade(object_id, grade)
    m.view.move_to(1)
    picture = m.picture()
    for row in range(10):
        rect = stamp_rect(m.view.grid.rect(row))
        shown = pixels(picture, rect)
        pixmap = m.view._thumbs.get(row + 1)
        wanted = pixels(
            pixmap.scaled(rect.width(), rect.height()).toImage(), QtCore.QRect(QtCore.QPoint(), rect.size())
        )
        assert np.abs(shown.astype(int) - wanted).mean() < 12
        corners = shown[[0, 0, -1, -1], [0, -1, 0, -1]].astype(int)  # a letter on the stamp would cover one
        assert np.abs(corners - wanted[[0, 0, -1, -1], [0, -1, 0, -1]]).max() < 90


def test_that_the_border_has_the_grades_colour(mosaic):
    m = mosaic(10)
    m.model.set_grade(3, "A")
    picture = m.picture()
    rect = stamp_rect(m.view.grid.rect(2))
    for point in (rect.topLeft() - QtCore.QPoint(2, 2), rect.bottomRight() + QtCore.QPoint(2, 2)):
        assert picture.pixelColor(point) == QColor(SCHEME.grades[0].colour)
    other = stamp_rect(m.view.grid.rect(3)).topLeft() - QtCore.QPoint(2, 2)
    assert picture.pixelColor(other) == m.view.palette().color(m.view.backgroundRole())


@pytest.mark.parametrize("columns", [1, 3, 8, 16])
def test_that_cells_never_overlap_and_a_point_finds_its_cell(columns):
    grid = Grid(columns, 700, 500, 100, offset=40)
    rects = [grid.rect(row) for row in range(100)]
    for row, rect in enumerate(rects):
        assert grid.row_at(rect.center()) == row
        assert all(not rect.intersects(other) for other in rects[row + 1 :])
        assert rect.right() < 700
    assert grid.row_at(QtCore.QPoint(1, 1)) == -1
    sight = QtCore.QRect(0, 0, 700, 500)
    assert {row for row in range(100) if rects[row].intersects(sight)} <= set(grid.in_sight())


@pytest.mark.parametrize("size", [(600, 400), (1400, 900), (3800, 2100), (100, 60), (10, 10)])
def test_that_no_more_than_400_stamps_are_in_sight(size):
    columns = most_columns(*size)
    assert columns >= 1
    assert len(Grid(columns, *size, count=10**6, offset=777).in_sight()) <= max(MOST_CELLS, columns * 40)
    if columns > 1:
        assert len(Grid(columns, *size, count=10**6, offset=777).in_sight()) <= MOST_CELLS


def test_that_the_cursor_moves_as_arrows_and_vi_keys_say(mosaic):
    m = mosaic(12)  # 5, 5, 2
    moves = (
        (Qt.Key_Right, 1),
        (Qt.Key_J, 2),
        (Qt.Key_K, 1),
        (Qt.Key_Down, 6),
        (Qt.Key_Down, 11),
        (Qt.Key_Down, 11),
        (Qt.Key_Right, 11),
        (Qt.Key_Up, 6),
        (Qt.Key_Right, 7),
        (Qt.Key_Down, 7),  # nothing below it
        (Qt.Key_Home, 0),
        (Qt.Key_Left, 0),
        (Qt.Key_End, 11),
    )
    for key, row in moves:
        press(m.view, key)
        assert m.view.cursor_row == row
        assert m.current.object_id == row + 1


def test_that_the_cursor_is_always_in_sight(mosaic):
    m = mosaic(500)
    for key in (Qt.Key_End, Qt.Key_PageUp, Qt.Key_PageUp, Qt.Key_Up, Qt.Key_Home, *[Qt.Key_PageDown] * 4):
        press(m.view, key)
        rect = m.view.grid.rect(m.view.cursor_row)
        assert m.view.viewport().rect().contains(rect)


def test_that_a_digit_grades_under_the_cursor_and_moves_on(mosaic):
    m = mosaic(12)
    m.view.move_to(3)
    heard = []
    m.view.graded.connect(lambda object_id, grade: heard.append((object_id, grade)))
    for key in ("1", "4", "2"):
        press(m.view, getattr(Qt, f"Key_{key}"))
    press(m.view, Qt.Key_Space)
    m.settle()
    assert [(object_id, grade) for object_id, grade, _ in m.workbench.labels] == [
        (4, "A"),
        (5, "X"),
        (6, "B"),
        (7, "X"),
    ]
    assert heard == [(4, "A"), (5, "X"), (6, "B"), (7, "X")]
    assert [m.model.grade_of(number) for number in (4, 5, 6, 7)] == ["A", "X", "B", "X"]
    assert m.view.cursor_row == 7
    first = m.workbench.labels[0][2]
    assert first["seconds"] >= 0
    assert first["origin"] == "mosaic"
    assert "rank 4" in first["why"]
    assert first["screen"]["stretch"] == m.current.recipe.stretch


def test_that_fast_keys_do_not_wait_for_the_disk_and_none_is_lost(mosaic):
    m = mosaic(12)
    m.workbench.hold = True
    m.workbench.jobs.clear()
    for key in "1234":
        press(m.view, getattr(Qt, f"Key_{key}"))
    m.settle()
    assert m.view.cursor_row == 4
    assert [m.model.grade_of(number) for number in (1, 2, 3, 4)] == [""] * 4  # not on disk: not in the queue
    for job in m.workbench.jobs:
        job.finish()
    m.settle()
    assert [grade for _, grade, _ in m.workbench.labels] == ["A", "B", "C", "X"]
    assert [m.model.grade_of(number) for number in (1, 2, 3, 4)] == ["A", "B", "C", "X"]


def test_that_a_label_that_cannot_be_saved_is_said_and_leaves_no_mark(mosaic):
    m = mosaic(12)
    m.workbench.label_error = OSError("the disk is full")
    said = []
    m.bridge.failed.connect(said.append)
    m.view.move_to(2)
    press(m.view, Qt.Key_1)
    m.settle()
    assert len(said) == 1
    assert "object 0003" in said[0]
    assert "the disk is full" in said[0]
    assert m.model.grade_of(3) == ""
    assert m.view.cursor_row == 2
    assert "no grade yet" in m.view.tip(2)


def test_that_a_click_selects_and_a_double_click_opens(mosaic, qtbot):
    m = mosaic(12)
    opened = []
    m.view.opened.connect(opened.append)
    qtbot.mouseClick(m.view.viewport(), Qt.LeftButton, pos=m.view.grid.rect(6).center())
    assert (m.view.cursor_row, m.current.object_id, opened) == (6, 7, [])
    qtbot.mouseDClick(m.view.viewport(), Qt.LeftButton, pos=m.view.grid.rect(8).center())
    assert opened == [9]
    press(m.view, Qt.Key_Return)
    assert opened == [9, 9]


def test_that_an_unreadable_stamp_warns_and_says_why(mosaic):
    m = mosaic(12)
    m.workbench.images[2] = ValueError("b.fits: the file is empty; copy it again")
    m.bridge.changed.emit(Changes(objects=(2,)))
    m.settle()
    picture = m.picture()
    assert "b.fits: the file is empty" in m.view.tip(1)
    assert "object 0002" in m.view.tip(1)
    amber = pixels(picture, stamp_rect(m.view.grid.rect(1))).reshape(-1, 3).astype(int)
    assert (np.abs(amber - QColor("#d9a400").getRgb()[:3]).max(axis=1) < 20).any()


def test_that_another_recipe_renders_anew_and_shows_the_old_look_meanwhile(mosaic):
    m = mosaic(12)
    m.settle()
    m.workbench.hold = True
    m.current.set_recipe(invert=True)
    m.settle()
    assert m.view._thumbs.get(1) is not None
    before = pixels(m.picture(), stamp_rect(m.view.grid.rect(0)))
    for job in m.workbench.jobs:
        if not job.done():
            job.finish()
    after = pixels(m.picture(), stamp_rect(m.view.grid.rect(0)))
    assert np.abs(before.astype(int) + after - 255).mean() < 6


def test_that_columns_change_by_keys_and_the_wheel_and_stay_within_bounds(mosaic):
    m = mosaic(300)
    changed = []
    m.view.columns_changed.connect(changed.append)
    press(m.view, Qt.Key_Minus)
    press(m.view, Qt.Key_Plus)
    assert changed == [6, 5]
    m.view.set_columns(-3)
    assert m.view.columns == 1
    m.view.set_columns(1000)
    assert len(m.view.grid.in_sight()) <= MOST_CELLS
    m.view.set_columns(6)
    m.view.resize(80, 60)  # too small for six ...
    assert m.view.columns < 6
    m.view.resize(600, 420)
    assert m.view.columns == 6  # ... but not for ever


def test_that_the_cursor_follows_what_is_chosen_elsewhere(mosaic):
    m = mosaic(300)
    m.current.show(251, 250)
    assert m.view.cursor_row == 250
    assert m.view.viewport().rect().contains(m.view.grid.rect(250))


def test_that_an_empty_queue_says_what_to_do_and_takes_keys(mosaic):
    m = mosaic(0)
    for key in (Qt.Key_Right, Qt.Key_1, Qt.Key_Return, Qt.Key_End):
        press(m.view, key)
    assert m.view.cursor_row == -1
    assert m.workbench.labels == []
    picture = m.picture()
    background = picture.pixelColor(2, 2)
    assert any(picture.pixelColor(x, y) != background for x in range(100, 500, 2) for y in range(180, 240, 2))


def test_that_letters_read_on_every_grades_colour():
    assert ink_on(QColor("#000000")) == QColor(Qt.white)
    assert ink_on(QColor("#f0e442")) == QColor(Qt.black)
    assert FRAME >= 3


KEYS = {
    Qt.Key_Right: ("move_by", 1),
    Qt.Key_J: ("move_by", 1),
    Qt.Key_Left: ("move_by", -1),
    Qt.Key_K: ("move_by", -1),
    Qt.Key_Down: ("step_rows", 1),
    Qt.Key_Up: ("step_rows", -1),
    Qt.Key_PageDown: ("step_pages", 1),
    Qt.Key_PageUp: ("step_pages", -1),
    Qt.Key_Home: ("move_to", 0),
    Qt.Key_End: ("move_to", 10**9),
    Qt.Key_Plus: ("larger",),
    Qt.Key_Minus: ("smaller",),
    Qt.Key_Return: ("open_cursor",),
    Qt.Key_Space: ("grade", "X"),
    **{
        key: ("grade", grade.value)
        for key, grade in zip((Qt.Key_1, Qt.Key_2, Qt.Key_3, Qt.Key_4), SCHEME.grades, strict=True)
    },
}
"""What the window's actions ask of the mosaic for a key; that they do is tested in test_focus.py."""


def press(view: MosaicView, key: int) -> None:
    verb, *arguments = KEYS[key]
    if verb == "move_by":
        view.move_to(view.cursor_row + arguments[0])
    else:
        getattr(view, verb)(*arguments)


def pixels(image: QtGui.QImage, rect: QtCore.QRect) -> np.ndarray:
    """uint8 (h, w, 3) of a part of an image."""
    part = image.copy(rect).convertToFormat(QtGui.QImage.Format_RGB888)
    lines = np.frombuffer(part.constBits().asstring(part.sizeInBytes()), np.uint8).reshape(part.height(), -1)
    return lines[:, : 3 * part.width()].reshape(part.height(), part.width(), 3)
