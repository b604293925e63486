"""Keymaps: presets without a clash under any scheme, one's own from a file, and what is wrong with one in a sentence."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from astrolens_gui.api import UserError
from astrolens_gui.core import paths
from astrolens_gui.core.labels.schemes import load_schemes
from astrolens_gui.ui import keymap
from astrolens_gui.ui.actions import TABLE, conflicts, grade_actions
from astrolens_gui.ui.views.settings import SettingsDialog

SHIPPED, _ = keymap.load()
SCHEMES = load_schemes()


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_that_no_key_means_two_things_under_any_keymap_and_scheme(name, scheme):
    grades = grade_actions(SCHEMES[scheme])
    made = SHIPPED[name].over([*grades, *TABLE], len(SCHEMES[scheme].grades))
    assert conflicts(made) == []
    assert [one.keys[0] for one in made[: len(SCHEMES[scheme].grades)]] == [one.key for one in SCHEMES[scheme].grades]
    lost = [one.title for one in made if one.id == "subtype" and not one.keys]
    said = SHIPPED[name].given_up([*grades, *TABLE], len(SCHEMES[scheme].grades))
    assert len(said) == len(lost)
    assert all(any(sentence.endswith(f"so “{title}” is without it") for sentence in said) for title in lost)


GREEDY = """id = "mine"
title = "Mine"
[keys]
next = ["1", "Right"]
toggle_theme = ["D", "Ctrl+T"]
"grade.2" = ["L"]
"""


def test_that_a_grade_keeps_its_key_a_kind_gives_it_to_a_keymap_and_both_are_said():
    mine = keymap.parse(GREEDY, "mine.toml")

    def held(scheme):
        actions, grades = [*grade_actions(SCHEMES[scheme]), *TABLE], len(SCHEMES[scheme].grades)
        made = mine.over(actions, grades)
        assert conflicts(made) == []
        return {one.title: one.keys for one in made}, mine.given_up(actions, grades)

    keys, said = held("abcx")
    assert (keys["Next object"], keys["Dark / light"], keys["Kind: Disc"]) == (("Right",), ("D", "Ctrl+T"), ())
    assert [keys[one] for one in keys if one.startswith(("Grade A", "Grade B"))] == [("1",), ("2", "L")]
    assert said == [
        "L is “Grade B: Probable lens” under this keymap, so “Kind: Elliptical” is without it",
        "D is “Dark / light” under this keymap, so “Kind: Disc” is without it",
        "1 is “Grade A: Sure lens” by the grading scheme, so “Next object” is without it",
    ]
    keys, said = held("sled")  # no kinds with these keys
    assert (keys["Dark / light"], len(said)) == (("D", "Ctrl+T"), 1)


def test_that_a_scheme_written_by_hand_has_its_keys_under_the_usual_keymap_too(window):
    abcx = SCHEMES["abcx"]
    kinds = (replace(abcx.subtypes[0], key="e"), *abcx.subtypes[1:])
    scheme = replace(abcx, grades=(replace(abcx.grades[0], key="F"), *abcx.grades[1:]), subtypes=kinds)
    window.action_set.set_scheme(scheme)
    assert [key.toString() for key in window.action_set["grade:A"].shortcuts()] == ["F"]
    assert window.action_set["fit"].shortcuts() == []
    kind = f"subtype:{kinds[0].value}"
    assert [key.toString() for key in window.action_set[kind].shortcuts()] == ["E"]
    assert (
        "F is “Grade A: Sure lens” by the grading scheme, so “Fit the image” is without it"
        in window.action_set.given_up
    )
    titles = [one.title for one in window.action_set.table() if "E" in one.keys]
    assert titles == [f"Kind: {kinds[0].title}"]


def test_that_the_window_says_which_keys_a_scheme_has_for_itself_when_it_is_chosen(window, qtbot, monkeypatch):
    window.action_set.set_keymap(keymap.parse(GREEDY, "mine.toml"))
    for scheme in ("binary", "abcx"):
        with qtbot.waitSignal(window.session.scheme_changed, check_params_cb=lambda found, id=scheme: found.id == id):
            window.session.choose_scheme(scheme)
    assert "so “Kind: Disc” is without it" in window.status.word.text()
    shown = SimpleNamespace(dialog=None)
    monkeypatch.setattr(SettingsDialog, "exec_", lambda self: setattr(shown, "dialog", self))
    window.action_set["show_settings"].trigger()
    assert "so “Kind: Disc” is without it." in shown.dialog.about_keys.text()
    shown.dialog.close()


def test_that_the_presets_of_other_tools_are_there():
    assert list(SHIPPED) == ["astrolens", "astrorank", "ds9", "lensrater", "qtstamp"]
    assert all(one.title and one.doc for one in SHIPPED.values())


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ('nothing = ["J"]', "no action 'nothing'"),
        ('next = ["Jj"]', "'Jj' of next is no key"),
        ('next = ["J"]\nundo = ["j"]', "j is both 'Next object' and 'Undo'"),
        ('next = "J"', "must be a list"),
        ("next = [", "not valid TOML"),
    ],
)
def test_that_a_wrong_keymap_is_refused_with_its_file_and_reason(keys, said):
    with pytest.raises(UserError, match=r"mine\.toml: .*" + said.replace("(", r"\(")):
        keymap.parse(f'id = "mine"\ntitle = "Mine"\n[keys]\n{keys}\n', "mine.toml")


def test_that_a_broken_file_leaves_the_others(tmp_path):
    (tmp_path / "good.toml").write_text('id = "mine"\ntitle = "Mine"\n[keys]\nnext_ungraded = ["N"]\n')
    (tmp_path / "wrong.toml").write_text("id = 3")
    found, problems = keymap.load(tmp_path)
    assert found["mine"].keys == {"next_ungraded": ("N",)}
    assert len(problems) == 1
    assert "wrong.toml" in problems[0]


def test_that_a_keymap_holds_under_every_scheme_and_is_left_again(window):
    actions = window.action_set
    actions.set_keymap(SHIPPED["qtstamp"])
    assert "F" in [key.toString() for key in actions["page_down"].shortcuts()]
    assert [key.toString() for key in actions["fit"].shortcuts()] == ["Ctrl+0"]
    actions.set_scheme(SCHEMES["0-3"])
    assert "F" in [key.toString() for key in actions["page_down"].shortcuts()]
    assert actions["page_down"].toolTip().endswith("[F]")
    actions.set_keymap(SHIPPED["astrorank"])
    lowest = next(key for key in actions._grades if key == "grade:0")
    assert {"`", "Space"} <= {key.toString() for key in actions[lowest].shortcuts()}
    actions.set_keymap(SHIPPED["astrolens"])
    assert [key.toString() for key in actions["fit"].shortcuts()] == ["F"]


def test_that_the_settings_offer_keymaps_and_show_the_keys_chosen(window, qtbot, monkeypatch):
    folder = paths.keymap_folder()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mine.toml").write_text('id = "mine"\ntitle = "Mine"\n[keys]\nnext_ungraded = ["N"]\n')
    (folder / "wrong.toml").write_text("id = 3")
    shown = SimpleNamespace(dialog=None)
    monkeypatch.setattr(SettingsDialog, "exec_", lambda self: setattr(shown, "dialog", self))
    window.action_set["show_settings"].trigger()
    dialog = shown.dialog
    titles = [dialog.keymap.itemText(at) for at in range(dialog.keymap.count())]
    assert titles == ["AstroLens", "astrorank", "SAOImage DS9", "lensrater", "Qt-stamp-visualizer", "Mine"]
    assert "wrong.toml" in dialog.about_keys.text()
    dialog.keymap_chosen.emit("mine")
    assert "N" in [key.toString() for key in window.action_set["next_ungraded"].shortcuts()]
    assert window.workbench.settings["keymap"] == "mine"
    table = dialog.keys.table
    rows = [table.item(row, 0).text() for row in range(table.rowCount())]
    assert "N" in rows
    dialog.close()
