"""The one table of all one can do, for menus, keys, palette, `?` overlay and docs/keys.md; knows no widget."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

GROUPS = ("Grade", "Move", "View", "Model", "Project", "Help")


@dataclass(frozen=True)
class Action:
    """One thing to do.

    Attributes:
        id: unique, and the name of the method of `Commands` that does it (with `arguments`).
        title: as menus and the palette show it.
        keys: shortcuts, the first one is shown; in Qt's portable text.
        tip: one sentence for the tooltip; the key is added to it.
        group: one of GROUPS: the menu, and the heading in the overlay.
        needs: "" always, "project" an open project, "object" an object to look at, "single" one in the single view,
            "mosaic" one in the mosaic.
        repeats: whether holding the key down repeats it; never for a grade.
    """

    id: str
    title: str
    keys: tuple[str, ...]
    tip: str
    group: str
    needs: str = ""
    repeats: bool = False
    arguments: tuple[Any, ...] = ()

    @property
    def tooltip(self) -> str:
        return f"{self.tip}  [{shown(self.keys[0])}]" if self.keys else self.tip


def shown(key: str) -> str:
    """A key as people name it."""
    *modifiers, last = key.split("+") if key != "+" else [key]
    signs = {"Right": "→", "Left": "←", "Up": "↑", "Down": "↓", "PgUp": "Page ↑", "PgDown": "Page ↓", "-": "−"}
    return "+".join([*modifiers, signs.get(last, last)])


TABLE: tuple[Action, ...] = (
    Action("comment", "Comment", ("C",), "Write a comment on this object; Enter saves it", "Grade", "object"),
    Action(
        "undo", "Undo", ("Ctrl+Z",), "Take back your last grade or comment and return to its object", "Grade", "project"
    ),
    Action("redo", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "Give the grade that was taken back again", "Grade", "project"),
    Action(
        "toggle_score",
        "Model score on/off",
        ("M",),
        "Show the model's score before the grade, or hide it (blind)",
        "Grade",
    ),
    Action("next", "Next object", ("Right", "J"), "Go to the next object of the queue", "Move", "object", True),
    Action("previous", "Previous object", ("Left", "K"), "Go back one object in the queue", "Move", "object", True),
    Action(
        "down",
        "Next, or a row down (mosaic)",
        ("Down",),
        "The next object; in the mosaic the one below",
        "Move",
        "object",
        True,
    ),
    Action(
        "up",
        "Previous, or a row up (mosaic)",
        ("Up",),
        "The object before; in the mosaic the one above",
        "Move",
        "object",
        True,
    ),
    Action(
        "page_down", "A page down (mosaic)", ("PgDown",), "Move the cursor by what is in sight", "Move", "mosaic", True
    ),
    Action(
        "page_up", "A page up (mosaic)", ("PgUp",), "Move the cursor back by what is in sight", "Move", "mosaic", True
    ),
    Action(
        "next_ungraded",
        "Next without a grade",
        ("Shift+Right",),
        "Go to the next object that has no grade yet",
        "Move",
        "project",
    ),
    Action("first", "First object", ("Home",), "Go to the top of the queue", "Move", "object"),
    Action("last", "Last object", ("End",), "Go to the end of the queue", "Move", "object"),
    Action("find", "Find an object", ("Ctrl+F",), "Filter the queue by a part of the name", "Move", "project"),
    Action("clear_filter", "Show all objects", ("Esc",), "Take the filter off the queue", "Move", "project"),
    Action(
        "rerank", "Order the queue again", ("Ctrl+L",), "Order the queue anew with the newest scores", "Move", "project"
    ),
    Action("toggle_mosaic", "Mosaic / single view", ("V",), "Many stamps at once, or one large", "View", "project"),
    Action(
        "show_large",
        "Show large (mosaic)",
        ("Return", "Enter"),
        "The stamp under the mosaic's cursor",
        "View",
        "mosaic",
    ),
    Action(
        "larger",
        "Zoom in, larger stamps (mosaic)",
        ("+", "="),
        "Closer, or fewer stamps in a row",
        "View",
        "object",
        True,
    ),
    Action(
        "smaller",
        "Zoom out, smaller stamps (mosaic)",
        ("-",),
        "Further away, or more stamps in a row",
        "View",
        "object",
        True,
    ),
    Action("show_queue", "Queue", ("Ctrl+1",), "The list of objects, also after it was closed", "View", "project"),
    Action("show_grade", "Grade", ("Ctrl+2",), "The grade bar, also after it was closed", "View", "project"),
    Action("focus_image", "Image only", ("Tab",), "Hide all but the image, or bring the rest back", "View", "project"),
    Action("next_stretch", "Next stretch", ("S",), "Step through linear, sqrt, log, asinh, …", "View", "project"),
    Action("previous_stretch", "Previous stretch", ("Shift+S",), "Step back through the stretches", "View", "project"),
    Action(
        "auto_cuts", "Automatic cuts", ("A",), "Cuts and contrast as the program would choose them", "View", "project"
    ),
    Action("invert", "Invert", ("I",), "Dark on bright, or bright on dark", "View", "project"),
    Action("fit", "Fit the image", ("F",), "The whole image in the window", "View", "single"),
    Action("one_to_one", "One to one", ("Shift+F",), "One pixel of the image on one of the screen", "View", "single"),
    Action(
        "copy_position",
        "Copy RA and Dec",
        ("Ctrl+C",),
        "The sky position under the pointer, in degrees",
        "View",
        "single",
    ),
    Action("toggle_theme", "Dark / light", ("Ctrl+T",), "Change between the dark and the light theme", "View"),
    Action("score", "Score", ("F5",), "Let the model score every object of the project", "Model", "project"),
    Action(
        "retrain", "Retrain", ("F6",), "Train the model on the grades, and order the queue anew", "Model", "project"
    ),
    Action("show_models", "Models", ("Ctrl+M",), "Choose the backend and its settings", "Model", "project"),
    Action("cancel_job", "Cancel the job", ("Ctrl+.",), "Stop the job shown below; what is done is kept", "Model"),
    Action("show_jobs", "Jobs", ("Ctrl+J",), "What runs and what ran, with the reason of every failure", "Model"),
    Action(
        "new_project", "New project from images…", ("Ctrl+N",), "Make a project from FITS files or folders", "Project"
    ),
    Action("open_project", "Open project…", ("Ctrl+O",), "Open a NAME.astrolens folder", "Project"),
    Action(
        "import_images",
        "Import images…",
        ("Ctrl+I",),
        "Add FITS files or folders to this project",
        "Project",
        "project",
    ),
    Action(
        "import_labels", "Import grades…", (), "Add grades from a table with the columns ID,grade", "Project", "project"
    ),
    Action("export", "Export grades…", ("Ctrl+E",), "Write the grades and scores as a table", "Project", "project"),
    Action(
        "close_project",
        "Close project",
        ("Ctrl+W",),
        "Back to the start page; everything is already saved",
        "Project",
        "project",
    ),
    Action("demo", "Try the demo", (), "A project of simulated lenses and impostors, ready to grade", "Project"),
    Action("show_plugins", "Plugins", ("Ctrl+Shift+P",), "Which plugins there are, and why one failed", "Project"),
    Action("show_settings", "Settings", ("Ctrl+,",), "Your name, the theme, auto-advance, the device", "Project"),
    Action("quit", "Quit", ("Ctrl+Q",), "Close the window; everything is already saved", "Project"),
    Action("show_palette", "Command palette", ("Ctrl+K",), "Find anything the program can do by typing", "Help"),
    Action("show_keys", "Keys", ("?", "F1"), "All keys on one page", "Help"),
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
    return {group: found for group in GROUPS if (found := [action for action in actions if action.group == group])}


GESTURES: tuple[tuple[str, str], ...] = (
    ("Wheel", "Zoom at the cursor"),
    ("Ctrl+wheel", "Mosaic: more or fewer stamps"),
    ("Middle drag", "Pan"),
    ("Drag a cut", "In the histogram: set it by hand"),
    ("Right drag", "Contrast and bias, as in DS9"),
    ("Double click", "Fit; mosaic: show large"),
)


def as_markdown(scheme: Any) -> str:
    """docs/keys.md: every key, by heading."""
    lines = [
        "# Keys",
        "",
        f"Made from the table in `astrolens_gui/ui/actions.py` (grades: the scheme “{scheme.title}”);",
        "`?` shows it in the window, Ctrl+K finds any of it by typing. Every grade can also be given with the mouse.",
    ]
    for group, actions in by_group([*grade_actions(scheme), *TABLE]).items():
        lines += ["", f"## {group}", "", "| key | does | |", "|---|---|---|"]
        for action in actions:
            keys = ", ".join(f"`{shown(key)}`" for key in action.keys) or "–"
            lines.append(f"| {keys} | {action.title} | {action.tip} |")
    lines += ["", "## Mouse on the image", "", "| gesture | does |", "|---|---|"]
    lines += [f"| {gesture} | {meaning} |" for gesture, meaning in GESTURES]
    return "\n".join(lines) + "\n"
