"""Links out and pictures for a talk, as actions."""

from __future__ import annotations

from .action import Action

TABLE: tuple[Action, ...] = (
    Action(
        "save_view",
        "Save the view…",
        ("Ctrl+Shift+S",),
        "The view as PNG or PDF with name, scale bar and colour bar; the mosaic's page too",
        "Share",
        "object",
    ),
    Action(
        "copy_sexagesimal",
        "Copy RA and Dec, sexagesimal",
        ("Ctrl+Shift+C",),
        "The sky position under the pointer, else the object's, as 03:31:16.320 -27:47:59.64",
        "Share",
        "object",
    ),
    Action("copy_name", "Copy the name", (), "The object's name, as tables have it", "Share", "object"),
    Action(
        "copy_path", "Copy the file's path", (), "Where the image that is shown lies on the disk", "Share", "object"
    ),
    Action(
        "open_esasky",
        "Open in ESASky",
        ("Ctrl+Shift+E",),
        "The object's place in ESASky, in the browser",
        "Share",
        "object",
    ),
    Action(
        "open_elsewhere",
        "Open elsewhere…",
        (),
        "Legacy Survey, SIMBAD, NED, Aladin Lite, and links of your own (links.toml in the settings folder)",
        "Share",
        "object",
    ),
    Action(
        "send_image",
        "Send the image (SAMP)",
        (),
        "The image that is shown, to DS9, Aladin and others on this computer",
        "Share",
        "object",
    ),
    Action(
        "send_queue",
        "Send the queue (SAMP)",
        (),
        "The listed objects as a table, to TOPCAT and others",
        "Share",
        "project",
    ),
    Action(
        "send_position", "Send the position (SAMP)", (), "Point Aladin and others at this object", "Share", "object"
    ),
    Action(
        "toggle_samp",
        "Connect to SAMP, or leave",
        (),
        "Then a row chosen in TOPCAT, or a place in Aladin, shows its object here",
        "Share",
    ),
    Action(
        "start_hub",
        "Start a SAMP hub",
        (),
        "Where neither TOPCAT nor Aladin runs: others on this computer can join this program",
        "Share",
    ),
)
