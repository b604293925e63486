"""The keyboard belongs to the image: a field has it only while one types into it, in the single view and the mosaic."""

from __future__ import annotations

from typing import Any

import pytest

from astrolens_gui.ui.forms import Folded
from astrolens_gui.ui.qt import QApplication, Qt, QtCore, QtWidgets, QWidget

pytestmark = pytest.mark.window


def focus() -> QWidget | None:
    return QApplication.focusWidget()


def press(qtbot: Any, window: Any, key: Any, *modifiers: Any) -> None:
    """A key as the keyboard gives it: to whatever has the focus."""
    qtbot.keyClick(focus() or window, key, *modifiers)


def click_into(qtbot: Any, field: QWidget) -> None:
    qtbot.mouseClick(field, Qt.LeftButton)
    assert field.hasFocus()


def open_settings(window: Any) -> None:
    window.show_dock("models")
    for fold in window.panel.findChildren(Folded):
        fold.button.setChecked(True)
    QApplication.processEvents()


def epochs(window: Any) -> QtWidgets.QAbstractSpinBox:
    open_settings(window)
    return next(box for box in window.panel.findChildren(QtWidgets.QAbstractSpinBox) if box.isVisible())


FIELDS = {
    "cut": lambda window: window.stage.bar.low,
    "filter": lambda window: window.queue_view.filter,
    "comment": lambda window: window.labelbar.comment,
    "epochs": epochs,
}


@pytest.mark.parametrize("name", FIELDS)
def test_that_a_click_on_the_image_takes_the_keyboard_from_a_field(qtbot, window, settings, name):
    settings.set("auto_advance", False)  # the cuts shown are this image's
    field = FIELDS[name](window)
    click_into(qtbot, field)
    before = field.text()
    qtbot.mouseClick(window.stage.image.canvas, Qt.LeftButton, pos=QtCore.QPoint(200, 200))
    assert focus() is window.stage.image
    press(qtbot, window, "2")
    qtbot.waitUntil(lambda: window.queue.grade_of(1) == "B", timeout=3000)
    assert field.text() == before


@pytest.mark.parametrize("name", FIELDS)
def test_that_a_click_on_a_queue_row_takes_the_keyboard_from_a_field(qtbot, window, name):
    click_into(qtbot, FIELDS[name](window))
    table = window.queue_view.table
    qtbot.mouseClick(table.viewport(), Qt.LeftButton, pos=table.visualRect(window.queue.index(3, 0)).center())
    assert window.current.object_id == 4
    assert focus() is window.stage.image


@pytest.mark.parametrize("key", [Qt.Key_Escape, Qt.Key_Return])
@pytest.mark.parametrize("mosaic", [False, True])
@pytest.mark.parametrize("name", FIELDS)
def test_that_escape_and_enter_give_the_keyboard_back(qtbot, window, name, mosaic, key):
    if mosaic and name == "cut":
        pytest.skip("the mosaic has no cuts of its own")
    window.stage.show_mosaic(mosaic)
    field = FIELDS[name](window)
    click_into(qtbot, field)
    press(qtbot, window, key)
    assert focus() is (window.stage.mosaic if mosaic else window.stage.image)
    assert window.stage.is_mosaic is mosaic  # Enter was the field's: it opened no stamp


def test_that_a_field_has_its_own_keys_before_the_actions(qtbot, window, bench):
    box = epochs(window)
    click_into(qtbot, box)
    before = box.value()
    press(qtbot, window, Qt.Key_Up)
    assert box.value() > before
    assert window.current.object_id == 1
    check = next(iter(window.panel.findChildren(QtWidgets.QCheckBox)), None) or QtWidgets.QCheckBox(window.labelbar)
    check.show()
    check.setFocus()
    press(qtbot, window, Qt.Key_Space)
    qtbot.wait(50)
    assert bench.calls == []


def test_that_escape_puts_back_a_cut_that_was_only_typed(qtbot, window):
    field = window.stage.bar.low
    click_into(qtbot, field)
    before, cuts = field.text(), window.current.recipe.cuts
    field.selectAll()
    qtbot.keyClicks(field, "3.5")
    press(qtbot, window, Qt.Key_Escape)
    assert (field.text(), window.current.recipe.cuts) == (before, cuts)


def test_that_the_mosaics_keys_live_wherever_the_keyboard_is(qtbot, window, bench):
    window.stage.show_mosaic(True)
    mosaic = window.stage.mosaic
    qtbot.waitUntil(lambda: mosaic.tip(0) and mosaic._thumbs.get(1) is not None, timeout=3000)
    mosaic.clearFocus()
    assert focus() is None
    press(qtbot, window, "2")
    qtbot.waitUntil(lambda: window.queue.grade_of(1) == "B", timeout=3000)
    assert mosaic.cursor_row == 1
    columns = mosaic.columns
    for key, row in ((Qt.Key_Right, 2), ("k", 1), (Qt.Key_End, 5), (Qt.Key_Home, 0), (Qt.Key_Right, 1)):
        press(qtbot, window, key)
        assert mosaic.cursor_row == row
    press(qtbot, window, Qt.Key_Plus)
    press(qtbot, window, Qt.Key_Plus)
    assert mosaic.columns == columns - 2
    press(qtbot, window, Qt.Key_Down)
    assert mosaic.cursor_row == 1 + mosaic.columns
    press(qtbot, window, Qt.Key_Up)
    press(qtbot, window, Qt.Key_Minus)
    press(qtbot, window, Qt.Key_Return)
    assert not window.stage.is_mosaic
    assert window.current.object_id == 2
    assert focus() is window.stage.image


def test_that_a_click_on_a_stamp_and_on_a_models_button_leaves_the_keys_to_the_mosaic(qtbot, window, bench):
    window.stage.show_mosaic(True)
    mosaic = window.stage.mosaic
    click_into(qtbot, window.labelbar.comment)
    qtbot.mouseClick(mosaic.viewport(), Qt.LeftButton, pos=mosaic.grid.rect(2).center())
    assert focus() is mosaic
    epochs(window)
    for button in (window.panel.score_button, window.panel.train_button):
        assert button.focusPolicy() == Qt.NoFocus
    click_into(qtbot, epochs(window))
    window.panel.score_button.setEnabled(False)
    qtbot.mouseClick(window.panel.verdict.parentWidget(), Qt.LeftButton, pos=QtCore.QPoint(3, 3))
    assert focus() is mosaic


def test_that_a_comment_and_the_filter_can_be_typed_when_all_but_the_image_is_hidden(qtbot, window):
    for key, dock, field in (
        (("c",), "grade", window.labelbar.comment),
        ((Qt.Key_F, Qt.ControlModifier), "queue", window.queue_view.filter),
    ):
        window.docks[dock].hide()
        press(qtbot, window, Qt.Key_Tab)
        assert not window.toolbar.isVisible()
        press(qtbot, window, *key)
        assert field.hasFocus()
        assert field.isVisible()
        assert window.toolbar.isVisible()
        press(qtbot, window, Qt.Key_Escape)


def test_that_a_hidden_field_with_the_keyboard_does_not_keep_tab(qtbot, window):
    click_into(qtbot, window.labelbar.comment)
    window.docks["grade"].hide()
    window.labelbar.comment.setFocus()
    press(qtbot, window, Qt.Key_Tab)
    assert not window.toolbar.isVisible()
    press(qtbot, window, Qt.Key_Tab)
    assert window.toolbar.isVisible()


@pytest.mark.parametrize(("dock", "key"), [("queue", Qt.Key_1), ("grade", Qt.Key_2), ("models", Qt.Key_M)])
def test_that_a_closed_dock_comes_back_by_its_key(qtbot, window, dock, key):
    window.docks[dock].close()
    press(qtbot, window, key, Qt.ControlModifier)
    assert window.docks[dock].isVisible()


def test_that_a_floating_dock_gives_the_keyboard_back(qtbot, window):
    dock = window.docks["queue"]
    dock.setFloating(True)
    dock.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is dock, timeout=2000)
    click_into(qtbot, window.queue_view.filter)
    press(qtbot, window, Qt.Key_Escape)
    qtbot.waitUntil(lambda: focus() is window.stage.image, timeout=2000)
