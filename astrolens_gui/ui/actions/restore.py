"""Restoring images and comparing them with the data, as actions."""

from __future__ import annotations

from .action import Action

TABLE: tuple[Action, ...] = (
    Action(
        "toggle_restored",
        "Restored preview",
        ("F8",),
        "Restore each image as it is shown; B blinks with the data, F8 again ends it",
        "Restore",
        "object",
    ),
    Action(
        "next_restored",
        "Restored, residual, spread, raw",
        ("Shift+P",),
        "Step through what the restoration says of the image",
        "Restore",
        "single",
    ),
    Action(
        "toggle_split",
        "Split: data | restored",
        ("Shift+I",),
        "Data on the left of a line, restored on the right; drag the line, Esc ends it",
        "Restore",
        "single",
    ),
    Action(
        "toggle_compare",
        "Compare: raw, restored, residual, spread",
        ("Shift+K",),
        "The four pictures side by side, moved together; again leaves",
        "Restore",
        "object",
    ),
    Action(
        "save_restored",
        "Save the restored image …",
        (),
        "Write it as FITS, with the header's word that it is not data",
        "Restore",
        "object",
    ),
    Action(
        "restore_all",
        "Restore all …",
        (),
        "Write a restored FITS file for every object listed, or for the selected ones",
        "Restore",
        "project",
    ),
    Action("show_restore", "Restore dock", ("Ctrl+6",), "Denoise or enhance what is shown", "View", "project"),
)
