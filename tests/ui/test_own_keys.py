"""A single key of one's own: pressed, refused or taken with a word, kept on top of the preset, and given back."""

from __future__ import annotations

import pytest

from astrolens_gui.core import paths
from astrolens_gui.core.labels.schemes import load_schemes
from astrolens_gui.ui import keymap, ownkeys
from astrolens_gui.ui.actions import TABLE, grade_actions
from astrolens_gui.ui.qt import Qt
from astrolens_gui.ui.views.settings import SettingsDialog

SHIPPED, _ = keymap.load()
GRADES = 4
ACTIONS = [*grade_actions(load_schemes()["abcx"]), *TABLE]
NAMES = ownkeys.names(ACTIONS, GRADES)


def test_that_every_row_has_the_name_that_a_keymap_gives_it_but_for_kinds():
    assert NAMES[:5] == ["grade.1", "grade.2", "grade.3", "grade.last", ""]
    assert set(NAMES[GRADES + 7 :]) == {one.id for one in TABLE}


@pytest.mark.parametrize(
    ("key", "said", "may_take"),
    [
        ("Ctrl+Alt+N", "", True),  # free
        ("Right", "", True),  # its own
        ("F", "Fit the image", True),
        ("1", "by the grading scheme", False),
        ("G", "by the grading scheme", False),
        ("Space", "by the grading scheme", False),
        ("", "no key", False),
    ],
)
def test_that_a_conflict_is_said_and_a_key_of_the_scheme_stays(key, said, may_take):
    sentence, free = ownkeys.objection(ACTIONS, GRADES, NAMES.index("next"), key)
    assert said in sentence
    assert bool(sentence) == bool(said)
    assert free is may_take


@pytest.mark.parametrize("base", sorted(SHIPPED))
def test_that_a_key_taken_leaves_one_owner_and_the_file_reads_as_written(base, tmp_path):
    made = ownkeys.with_key(SHIPPED[base], SHIPPED[base].title, "rerank", "F", ("Ctrl+L",))
    path = ownkeys.write(made, tmp_path)
    found, problems = keymap.load(tmp_path)
    assert (problems, path.name) == ([], f"own-{base}.toml")
    assert found[made.id] == made
    over = {one.id: one.keys for one in made.over(ACTIONS, GRADES)[GRADES:]}
    assert over["rerank"] == ("F",)
    assert [name for name, keys in over.items() if "F" in keys] == ["rerank"]


def test_that_the_other_keys_of_an_action_and_of_a_grade_stay():
    made = ownkeys.with_key(SHIPPED["astrolens"], "AstroLens", "next", "Ctrl+Alt+N", ("Right", "J"))
    made = ownkeys.with_key(made, "AstroLens", "grade.last", "Ctrl+Alt+X", ("4", "Space"))
    over = dict(zip(NAMES, made.over(ACTIONS, GRADES), strict=True))
    assert over["next"].keys == ("Ctrl+Alt+N", "J")
    assert over["grade.last"].keys == ("4", "Ctrl+Alt+X", "Space")


def test_that_a_reset_gives_the_presets_key_back_unless_another_has_it_now():
    base = SHIPPED["qtstamp"]
    made = ownkeys.with_key(base, base.title, "page_down", "N", base.keys["page_down"])
    made = ownkeys.with_key(made, base.title, "rerank", "F", ("Ctrl+L",))
    assert ownkeys.without(made, base, "page_down").keys["page_down"] == ("J", "PgDown")
    both = ownkeys.without(ownkeys.without(made, base, "rerank"), base, "page_down")
    assert both.keys == base.keys


@pytest.fixture
def dialog(window, monkeypatch):
    found = []
    monkeypatch.setattr(SettingsDialog, "exec_", lambda self: found.append(self))
    window.action_set["show_settings"].trigger()
    found[0].show()
    yield found[0]
    found[0].close()


def row_of(dialog, title: str) -> int:
    table = dialog.keys.table
    return next(row for row in range(table.rowCount()) if table.item(row, 1).text() == title)


def keys_of(window, name: str) -> list[str]:
    return [key.toString() for key in window.action_set[name].shortcuts()]


@pytest.mark.window
def test_that_a_key_pressed_holds_at_once_and_after_a_restart_and_is_reset(qtbot, window, dialog):
    keys = dialog.keys
    row = row_of(dialog, "Order the queue again")
    keys.table.cellDoubleClicked.emit(row, 0)
    qtbot.keyClick(keys.table, Qt.Key_F)
    assert "F is “Fit the image”" in keys.said.text()
    assert keys.take.isVisible()
    assert keys_of(window, "fit") == ["F"]
    keys.take.click()
    assert (keys_of(window, "rerank"), keys_of(window, "fit")) == (["F"], [])
    assert keys.table.item(row, 0).font().bold()
    assert window.workbench.settings["keymap"] == "own-astrolens"
    assert (paths.keymap_folder() / "own-astrolens.toml").exists()
    window.action_set.set_keymap(SHIPPED["astrolens"])
    window.projects.keys.use()  # as at the start
    assert keys_of(window, "rerank") == ["F"]
    keys.table.setCurrentCell(row, 0)
    keys.back.click()
    assert (keys_of(window, "rerank"), keys_of(window, "fit")) == (["Ctrl+L"], ["F"])
    assert not keys.back.isEnabled()


@pytest.mark.window
def test_that_another_key_may_be_pressed_and_escape_leaves_all_as_it_is(qtbot, window, dialog):
    keys = dialog.keys
    row = row_of(dialog, "Order the queue again")
    keys.listen(row)
    qtbot.keyClick(keys.table, Qt.Key_1)
    assert "by the grading scheme" in keys.said.text()
    assert not keys.take.isVisible()
    qtbot.keyClick(keys.table, Qt.Key_Question, Qt.ShiftModifier)
    assert "? is “Keys”" in keys.said.text()
    qtbot.keyClick(keys.table, Qt.Key_Escape)
    assert keys_of(window, "rerank") == ["Ctrl+L"]
    assert dialog.isVisible()
    keys.listen(row)
    qtbot.keyClick(keys.table, Qt.Key_Backtab, Qt.ShiftModifier)
    assert keys_of(window, "rerank") == ["Shift+Tab"]
    keys.listen(row_of(dialog, "Kind: Merger"))
    assert "grading scheme" in keys.said.text()
    keys.find.setText("order the")
    assert sum(not keys.table.isRowHidden(at) for at in range(keys.table.rowCount())) == 1


@pytest.mark.window
def test_that_a_folder_that_cannot_be_written_is_said_and_the_keys_stay(window, dialog):
    paths.keymap_folder().write_text("a file stands where the folder should be")
    dialog.keys.pressed.emit(row_of(dialog, "Order the queue again"), "Ctrl+Alt+N")
    assert "cannot be written" in dialog.keys.said.text()
    assert keys_of(window, "rerank") == ["Ctrl+L"]


@pytest.mark.window
def test_that_the_keys_of_ds9_go_from_object_to_object_and_leave_fields_their_tab(qtbot, window):
    window.action_set.set_keymap(SHIPPED["ds9"])
    first = window.current.object_id
    qtbot.keyClick(window.stage.image, Qt.Key_Tab)
    qtbot.waitUntil(lambda: window.current.object_id != first)
    qtbot.keyClick(window.stage.image, Qt.Key_Backtab, Qt.ShiftModifier)
    qtbot.waitUntil(lambda: window.current.object_id == first)
    window.labelbar.write_comment()
    qtbot.keyClick(window.labelbar.comment, Qt.Key_Tab)
    qtbot.wait(50)
    assert window.current.object_id == first
    assert not window.labelbar.comment.hasFocus()
