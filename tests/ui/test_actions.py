"""The one table of actions: no key twice, everything has a tooltip with its key, the docs are what the table says."""

from __future__ import annotations

from pathlib import Path

import pytest

from astrolens_gui.core.labels.schemes import load_schemes
from astrolens_gui.ui.actions import (
    GESTURES,
    GROUPS,
    TABLE,
    Action,
    as_markdown,
    by_group,
    conflicts,
    grade_actions,
    shown,
)
from astrolens_gui.ui.views.palette import matches

SCHEMES = load_schemes()


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_that_no_key_means_two_things_under_any_scheme(name):
    assert conflicts([*grade_actions(SCHEMES[name]), *TABLE]) == []


def test_that_a_key_claimed_twice_is_named():
    twice = [*TABLE, Action("again", "Again", ("ctrl+z",), "Twice", "Grade")]
    (sentence,) = conflicts(twice)
    assert "Undo" in sentence
    assert "Again" in sentence


def test_that_ids_are_unique_and_groups_known():
    ids = [action.id for action in TABLE]
    assert len(ids) == len(set(ids))
    assert {action.group for action in TABLE} <= set(GROUPS)
    assert sum(len(found) for found in by_group(TABLE).values()) == sum(action.listed for action in TABLE)


def test_that_every_tooltip_ends_with_its_key():
    for action in (*grade_actions(SCHEMES["abcx"]), *TABLE):
        assert action.tip
        if action.keys:
            assert action.tooltip.endswith("]"), action.id


def test_that_a_held_key_never_grades_twice():
    assert not any(action.repeats for action in (*grade_actions(SCHEMES["abcx"]), *TABLE) if action.group == "Grade")


def test_that_docs_keys_md_is_what_the_table_says():
    docs = Path(__file__).resolve().parents[2] / "docs" / "keys.md"
    said = as_markdown(SCHEMES["abcx"])
    assert docs.read_text(encoding="utf-8") == said, "write docs/keys.md anew with astrolens_gui.ui.actions.as_markdown"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("Shift+Right", "Shift+→"),
        ("PgDown", "Page ↓"),
        ("Ctrl+,", "Ctrl+,"),
        ("+", "+"),
        ("-", "−"),
        ("Ctrl+.", "Ctrl+."),
    ],
)
def test_that_keys_are_named_as_people_name_them(key, said):
    assert shown(key) == said


def test_that_the_mosaics_keys_are_in_the_table():
    keys = {key for action in TABLE for key in action.keys}
    assert {"+", "-", "Return", "PgUp", "PgDown", "Up", "Down", "Home", "End"} <= keys
    assert any(gesture == "Ctrl+wheel" for gesture, _ in GESTURES)


@pytest.mark.parametrize(
    ("typed", "text", "found"),
    [
        ("", "Grade Undo", True),
        ("un", "Grade Undo", True),
        ("exp gr", "Project Export grades…", True),
        ("rtrn", "Model Retrain", True),
        ("xyz", "Model Retrain", False),
        ("tr", "Grade Undo", False),
    ],
)
def test_that_the_palette_finds_by_beginnings_and_by_letters_in_order(typed, text, found):
    assert matches(typed, text) is found


@pytest.mark.window
def test_that_every_action_has_a_method_and_a_tooltip_in_the_window(window):
    for action, made in window.action_set.pairs():
        assert action.tip in made.toolTip()
    shortcuts = [key.toString() for _, made in window.action_set.pairs() for key in made.shortcuts()]
    assert len(shortcuts) == len(set(shortcuts))
