"""Dark and light: a palette and a style sheet from `resources/themes`; knows no view."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template

from .qt import QApplication, QColor, QPalette

DEFAULT = "dark"


@cache
def names() -> tuple[str, ...]:
    """The themes there are, the default first."""
    found = (entry.name.removesuffix(".toml") for entry in _folder().iterdir() if entry.name.endswith(".toml"))
    return tuple(sorted(found, key=lambda name: (name != DEFAULT, name)))


@cache
def colours(name: str) -> dict[str, str]:
    """Role → "#rrggbb" of a theme; an unknown name gives the default's."""
    return tomllib.loads((_folder() / f"{name if name in names() else DEFAULT}.toml").read_text(encoding="utf-8"))


def colour(role: str) -> QColor:
    """A role's colour in the theme that is applied now."""
    return QColor(colours(_applied)[role])


def apply(name: str) -> None:
    """Dress the whole application; takes effect at once."""
    global _applied
    _applied = name if name in names() else DEFAULT
    app = QApplication.instance()
    roles = colours(_applied)
    app.setStyle("Fusion")
    app.setPalette(_palette(roles))
    app.setStyleSheet(
        Template((_folder() / "window.qss").read_text(encoding="utf-8")).substitute(
            roles, check=_picture(f"check-{_applied}"), up=_picture("arrow-up"), down=_picture("arrow-down")
        )
    )


_applied = DEFAULT


def _picture(name: str) -> str:
    """The path of a small drawing (a tick, an arrow), as style sheets want it."""
    return str(_folder() / f"{name}.svg").replace("\\", "/")


def _folder() -> Traversable:
    return files("astrolens_resources") / "themes"


def _palette(roles: dict[str, str]) -> QPalette:
    palette = QPalette()
    for role, name in {
        QPalette.Window: "panel",
        QPalette.WindowText: "text",
        QPalette.Base: "base",
        QPalette.AlternateBase: "panel",
        QPalette.Text: "text",
        QPalette.Button: "raised",
        QPalette.ButtonText: "text",
        QPalette.ToolTipBase: "raised",
        QPalette.ToolTipText: "text",
        QPalette.Highlight: "accent",
        QPalette.HighlightedText: "on_accent",
        QPalette.Link: "accent",
        QPalette.PlaceholderText: "muted",
        QPalette.BrightText: "bad",
    }.items():
        palette.setColor(role, QColor(roles[name]))
    for role in (QPalette.WindowText, QPalette.Text, QPalette.ButtonText):
        palette.setColor(QPalette.Disabled, role, QColor(roles["disabled"]))
    return palette
