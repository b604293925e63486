"""Projects, tables and settings, as actions."""

from __future__ import annotations

from .action import Action

TABLE: tuple[Action, ...] = (
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
        "import_labels",
        "Import grades…",
        (),
        "Add grades from a table: this program's, another tool's, or any other, whose columns you then name",
        "Project",
        "project",
    ),
    Action(
        "merge_project",
        "Merge another grader's project…",
        (),
        "Take every label of another project on the same images that is not here yet; nothing there is changed, twice adds nothing",
        "Project",
        "project",
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
    Action(
        "simulate", "Simulate…", (), "Draw lenses and impostors as a survey would see them, with their truth", "Project"
    ),
    Action("demo", "Try the demo", (), "A project of simulated lenses and impostors, ready to grade", "Project"),
    Action("show_plugins", "Plugins", ("Ctrl+Shift+P",), "Which plugins there are, and why one failed", "Project"),
    Action("show_settings", "Settings", ("Ctrl+,",), "Your name, the theme, auto-advance, the device", "Project"),
    Action("quit", "Quit", ("Ctrl+Q",), "Close the window; everything is already saved", "Project"),
)
