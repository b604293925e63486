"""The one table of all one can do, for menus, keys, palette, `?` overlay and docs/keys.md; knows no widget."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from . import (
    campaign,
    colour,
    detect,
    field,
    grade,
    graders,
    help,
    look,
    mark,
    measure,
    model,
    mosaic,
    move,
    panels,
    project,
    restore,
    search,
    share,
    view,
    why,
)
from .action import GROUPS, Action, shown

__all__ = ["GESTURES", "GROUPS", "TABLE", "Action", "as_markdown", "by_group", "conflicts", "grade_actions", "shown"]

TABLE: tuple[Action, ...] = (
    *grade.TABLE,
    *graders.TABLE,
    *campaign.TABLE,
    *move.TABLE,
    *view.TABLE,
    *panels.TABLE,
    *field.TABLE,
    *look.TABLE,
    *colour.TABLE,
    *measure.TABLE,
    *mark.TABLE,
    *mosaic.TABLE,
    *share.TABLE,
    *model.TABLE,
    *why.TABLE,
    *detect.TABLE,
    *restore.TABLE,
    *search.TABLE,
    *project.TABLE,
    *help.TABLE,
)


def grade_actions(scheme: Any) -> tuple[Action, ...]:
    """The grades of a scheme and its kinds, one key each; Space gives its lowest grade."""
    grades = (
        Action(
            "grade",
            f"Grade {grade.value}: {grade.title}",
            (grade.key, "Space") if grade is scheme.lowest else (grade.key,),
            grade.criterion,
            "Grade",
            "object",
            arguments=(grade.value,),
        )
        for grade in scheme.grades
    )
    kinds = (
        Action(
            "subtype",
            f"Kind: {kind.title}",
            (kind.key.upper(),),
            f"The object graded last is of this kind: {kind.title.lower()}",
            "Grade",
            "project",
            arguments=(kind.value,),
        )
        for kind in scheme.subtypes
    )
    return (*grades, *kinds)


def conflicts(actions: Iterable[Action]) -> list[str]:
    """One sentence for each key that two actions claim."""
    owner: dict[str, Action] = {}
    problems = []
    for action in actions:
        for key in action.keys:
            other = owner.setdefault(key.lower(), action)
            if other is not action:
                problems.append(f"{key} is both {other.title!r} and {action.title!r}")
    return problems


def by_group(actions: Sequence[Action]) -> dict[str, list[Action]]:
    """Heading → its actions, in the order of GROUPS."""
    return {
        group: found for group in GROUPS if (found := [one for one in actions if one.group == group and one.listed])
    }


GESTURES: tuple[tuple[str, str], ...] = (
    ("Wheel", "Zoom at the cursor"),
    ("Middle or left drag", "Pan; left only where no tool is on"),
    ("Right drag", "Contrast and bias, as in DS9"),
    ("Double click", "Fit; mosaic, panels, field: show large; a box: its class"),
    ("Drag a cut", "In the histogram: set it by hand"),
    ("Shift+wheel", "Size the Einstein circle"),
    ("Alt+arrows, Backspace", "Move what the tool measures, remove it"),
    ("Ctrl+click, Shift+click", "Mosaic: select stamps"),
    ("Ctrl+wheel", "Mosaic: more or fewer stamps"),
    ("Right click", "Find similar, and what else can be done"),
    ("Drag on the map", "Lasso: list what is caught; right drag pans"),
)


OTHER_KEYS = (
    "## Other keys",
    "",
    "Project › Settings has keymaps: these keys, and those of SAOImage DS9, Qt-stamp-visualizer, astrorank and lensrater as far as they",
    "mean the same here (of DS9, what its reference manual lists). There a double click on an action, and its new key, change a single",
    "one, on top of the keymap that is chosen: a key that another action has is said at once, and taken only if you say so; Reset gives",
    "the keymap's keys back. Keys of grades and kinds are the grading scheme's (a grade can have a second one). They are kept in",
    "`keymaps/own-KEYMAP.toml` in the folder that the settings name. A whole keymap of one's own is a file `keymaps/NAME.toml` there:",
    "",
    "```toml",
    'id = "mine"',
    'title = "Mine"',
    "[keys]",
    'next_ungraded = ["N"]        # ids are those of `astrolens_gui/ui/actions/`',
    '"grade.1" = ["Q"]            # besides the scheme\'s own; grade.last is the lowest',
    "```",
    "",
    "A key that the file claims is taken from what had it, a kind too; one that it gives to two actions is refused with both names.",
    "A grade keeps the key of its scheme. What goes without a key so is said when scheme or keymap are chosen, and listed in the settings.",
)


def as_markdown(scheme: Any) -> str:
    """docs/keys.md: every key, by heading."""
    lines = [
        "# Keys",
        "",
        f"Made from the table in `astrolens_gui/ui/actions/` (grades: the scheme “{scheme.title}”);",
        "`?` shows it in the window, Ctrl+K finds any of it by typing. Every grade can also be given with the mouse.",
    ]
    for group, actions in by_group([*grade_actions(scheme), *TABLE]).items():
        lines += ["", f"## {group}", "", "| key | does | |", "|---|---|---|"]
        for action in actions:
            keys = ", ".join(f"`{shown(key)}`" for key in action.keys) or "–"
            lines.append(f"| {keys} | {action.title} | {action.tip} |")
    lines += ["", "## Mouse on the image", "", "| gesture | does |", "|---|---|"]
    lines += [f"| {gesture} | {meaning} |" for gesture, meaning in GESTURES]
    lines += ["", *OTHER_KEYS]
    return "\n".join(lines) + "\n"
