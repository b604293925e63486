"""The editor of grading schemes: shipped ones stay, faults stand beside their rows, what is saved holds in the window."""

from __future__ import annotations

import pytest

from astrolens_gui.core import paths
from astrolens_gui.core.labels import schemefiles, schemes
from astrolens_gui.ui.keymap import Keymap
from astrolens_gui.ui.qt import QtWidgets
from astrolens_gui.ui.views.schemeeditor import SchemeDialog

pytestmark = pytest.mark.window
KEY, VALUE, TITLE, POSITIVE, COLOUR, CRITERION, FAULT = range(7)


@pytest.fixture
def editor(window, monkeypatch):
    """The editor on A / B / C / X, as the action shows it."""
    monkeypatch.setattr(SchemeDialog, "exec_", lambda self: None)
    window.action_set["edit_scheme"].trigger()
    yield window.schemes.dialog
    window.schemes.dialog.hide()


def write(editor, row: int, column: int, text: str) -> None:
    editor.grades.table.item(row, column).setText(text)


def said(rows, at: int) -> str:
    return rows.table.item(at, rows.table.columnCount() - 1).text()


def previewed(editor) -> list[str]:
    layout = editor._preview
    return [layout.itemAt(at).widget().text() for at in range(layout.count())]


def test_that_a_shipped_scheme_is_shown_and_cannot_be_written(editor):
    assert "stays as it is" in editor.about.text()
    assert not editor.save.isEnabled()
    assert not any(button.isEnabled() for button in (*editor.grades.buttons.values(), *editor.kinds.buttons.values()))
    assert editor.grades.table.editTriggers() == QtWidgets.QTableWidget.NoEditTriggers
    assert previewed(editor)[0].split() == ["1", "A", "Sure", "lens"]


def test_that_a_fault_is_said_beside_its_row_until_it_is_mended(editor):
    editor.copy.click()
    assert editor.save.isEnabled()
    write(editor, 1, CRITERION, "")
    write(editor, 2, KEY, "F")
    editor.kinds.table.item(1, KEY).setText("g")
    write(editor, 3, POSITIVE, "most")
    assert "criterion must be given" in said(editor.grades, 1)
    assert said(editor.grades, 2).startswith("F is already 'Fit")
    assert "number from 0 to 1" in said(editor.grades, 3)
    assert "used twice" in said(editor.kinds, 1)
    assert not editor.save.isEnabled()
    write(editor, 1, CRITERION, "An arc.")
    write(editor, 2, KEY, "3")
    write(editor, 3, POSITIVE, "")
    editor.kinds.table.item(1, KEY).setText("p")
    assert not any(said(editor.grades, at) for at in range(4))
    assert editor.save.isEnabled()


def test_that_what_is_no_key_of_its_own_is_refused(editor):
    editor.copy.click()
    for key in ("Jj", "G, H", "Space"):
        write(editor, 0, KEY, key)
        assert "key" in said(editor.grades, 0)
        assert not editor.save.isEnabled()


def test_that_the_keys_of_the_present_keymap_are_taken(window, editor):
    assert "ctrl+alt+q" not in window.schemes.taken()
    window.action_set.set_keymap(Keymap("mine", "Mine", "", {"fit": ("Ctrl+Alt+Q",), "grade.1": ("Ctrl+Alt+W",)}))
    taken = window.schemes.taken()
    assert taken["ctrl+alt+q"].startswith("Fit")
    assert "f" not in taken
    assert taken["ctrl+alt+w"] == "a grade's second key"


def test_that_an_id_that_is_there_is_said_below(editor):
    editor.copy.click()
    editor.texts["id"].setText("sled")
    editor.texts["id"].textEdited.emit("sled")
    assert "there is a scheme 'sled' already" in editor.problem.text()
    assert not editor.save.isEnabled()


def test_that_rows_are_added_moved_and_removed_and_the_preview_follows(editor):
    editor.copy.click()
    editor.grades.add()
    assert "key must be given" in said(editor.grades, 4)
    for column, text in ((KEY, "5"), (VALUE, "?"), (TITLE, "Interesting"), (CRITERION, "Worth a look.")):
        write(editor, 4, column, text)
    editor.grades.move_by(-1)
    assert [row["value"] for row in editor.grades.rows()] == ["A", "B", "C", "?", "X"]
    assert "positive" not in editor.grades.rows()[3]
    assert previewed(editor)[3].split() == ["5", "?", "Interesting"]
    editor.grades.table.setCurrentCell(0, 0)
    editor.grades.remove()
    assert previewed(editor)[0].split()[1] == "B"


def test_that_what_is_not_saved_is_dropped_only_by_the_second_try(editor):
    editor.show()
    editor.copy.click()
    write(editor, 0, TITLE, "Certain")
    editor.scheme.setCurrentIndex(editor.scheme.findData("sled"))
    editor.scheme.activated.emit(editor.scheme.currentIndex())
    assert "not saved" in editor.about.text()
    assert editor.scheme.currentText() == "A new one"
    assert editor.grades.rows()[0]["title"] == "Certain"
    write(editor, 0, TITLE, "Sure")
    editor.reject()
    assert editor.isVisible()
    editor.reject()
    assert not editor.isVisible()


def test_that_a_saved_scheme_can_be_chosen_and_a_change_of_it_holds_at_once(qtbot, window, editor):
    editor.copy.click()
    write(editor, 0, TITLE, "Certain")
    editor.save.click()
    qtbot.waitUntil(lambda: window.toolbar.scheme.findData("my-abcx") >= 0)
    assert window.toolbar.scheme.currentData() == "abcx"  # what the project is graded by stays
    assert "Saved in" in editor.about.text()
    assert (paths.home() / "schemes" / "my-abcx.toml").exists()
    window.workbench.project.folder.mkdir()
    with qtbot.waitSignal(window.session.scheme_changed, check_params_cb=lambda found: found.id == "my-abcx"):
        window.session.choose_scheme("my-abcx")
    window.schemes.show("my-abcx")
    write(editor, 0, TITLE, "Beyond doubt")
    with qtbot.waitSignal(window.session.scheme_changed):
        editor.save.click()
    assert "Beyond doubt" in window.labelbar._grade_buttons["A"].text()
    assert "Beyond doubt" in schemes.load_schemes(window.workbench.project.folder)["my-abcx"].grades[0].title


def test_that_labels_given_by_it_are_warned_of_and_stay(qtbot, window, editor):
    schemefiles.save_own(schemefiles.copy_of(schemes.shipped()["abcx"], schemes.shipped()))
    window.grading.grade("A")
    qtbot.waitUntil(lambda: window.queue.grade_of(1) == "A")
    window.schemes.show("my-abcx")
    qtbot.waitUntil(lambda: bool(window.schemes._given))
    assert not editor.warning.text()
    write(editor, 0, VALUE, "AA")
    assert "1 label is A, no grade of the scheme any more" in editor.warning.text()
    assert editor.save.isEnabled()
    assert not editor.texts["id"].isEnabled()  # labels carry it


def test_that_a_file_that_cannot_be_written_is_said_and_can_be_tried_again(qtbot, editor):
    (paths.home() / "schemes").write_text("a file stands where the folder should be")
    editor.copy.click()
    editor.save.click()
    qtbot.waitUntil(lambda: "cannot be written" in editor.problem.text())
    assert editor.save.isEnabled()
