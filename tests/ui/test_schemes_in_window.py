"""Grading schemes as the window shows them: keys, widths, and grades that the present scheme does not know."""

from __future__ import annotations

import pytest

from astrolens_gui.core.labels.schemes import load_schemes
from astrolens_gui.ui.models.queue import GRADE, NAME, SCORE
from astrolens_gui.ui.qt import Qt, QtGui, QtWidgets
from astrolens_gui.ui.views.cells import Cell, cell_height, paint_cell


@pytest.mark.parametrize("name", ["0-3", "abcx", "binary", "euclid", "sled", "sml"])
def test_that_a_grade_that_is_a_digit_has_this_digit_as_its_key(name):
    scheme = load_schemes()[name]
    digits = {grade.value: grade.key for grade in scheme.grades if grade.value.isdigit()}
    assert digits == {value: value for value in digits}
    assert digits or name != "0-3"


def choose(qtbot, window, scheme: str) -> None:
    with qtbot.waitSignal(window.session.scheme_changed, check_params_cb=lambda found: found.id == scheme):
        window.session.choose_scheme(scheme)


def test_that_a_grade_that_is_a_word_is_read_in_full(qtbot, window):
    choose(qtbot, window, "binary")
    window.grading.grade("nonlens")
    qtbot.waitUntil(lambda: window.queue.grade_of(1) == "nonlens")
    table = window.queue_view.table
    needed = table.fontMetrics().horizontalAdvance("nonlens")
    assert table.columnWidth(GRADE) >= needed + 6
    window.show_dock("grade")
    for button in window.labelbar.findChildren(QtWidgets.QPushButton, "grade"):
        assert button.width() >= button.sizeHint().width(), button.text()


def test_that_a_longer_grade_still_leaves_room_for_the_name(qtbot, window):
    window.queue.set_colours({"an uncommonly long grade": "#ff0000"})
    table = window.queue_view.table
    assert table.columnWidth(GRADE) < table.columnWidth(NAME)


def test_that_names_have_the_room_of_a_column_without_scores(qtbot, window, bench):
    table = window.queue_view.table
    assert table.isColumnHidden(SCORE)
    bench.scores[:] = 0.5
    window.session.rerank()
    qtbot.waitUntil(lambda: not table.isColumnHidden(SCORE))


def test_that_grades_of_another_scheme_are_told_from_no_grade_and_from_the_lowest(qtbot, window):
    window.grading.grade("A")
    qtbot.waitUntil(lambda: window.queue.grade_of(1) == "A")
    assert window.queue.foreign == 0
    choose(qtbot, window, "binary")
    assert window.queue.foreign == 1
    assert "1 by another scheme" in window.queue_view.progress.text()
    assert "another scheme" in window.status.word.text()
    first, second = (window.queue.index(row, NAME) for row in (0, 1))
    assert "A of another scheme" in first.data(Qt.ToolTipRole)
    foreign, ungraded = (middle(index.data(Qt.DecorationRole)) for index in (first, second))
    assert foreign.alpha() == 255  # filled
    assert ungraded.alpha() == 0  # a ring
    choose(qtbot, window, "abcx")
    assert window.queue.foreign == 0
    assert "another" not in window.queue_view.progress.text()


def middle(icon) -> QtGui.QColor:
    image = icon.pixmap(22, 22).toImage()
    return image.pixelColor(image.width() // 2, image.height() // 2)


def test_that_the_frame_of_another_schemes_grade_is_dashed(qapp):
    def frame(grade: str, colour: QtGui.QColor | None) -> set[int]:
        """Colours along the upper edge of a cell's frame."""
        image = QtGui.QImage(120, cell_height(120), QtGui.QImage.Format_RGB32)
        image.fill(Qt.black)
        painter = QtGui.QPainter(image)
        paint_cell(painter, image.rect(), Cell("name", grade, colour, None), qapp.palette())
        painter.end()
        return {image.pixel(x, 1) for x in range(10, 110)}

    assert len(frame("X", QtGui.QColor("#999999"))) == 1
    assert len(frame("", None)) == 1
    assert len(frame("lens", None)) > 1
