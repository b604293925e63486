"""A single key of one's own on top of a chosen keymap: given, taken from another action, given back, written; binds none itself."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from astrolens_gui.api import UserError

from .actions import Action
from .keymap import LAST, Keymap, usable

PREFIX = "own-"


def names(actions: Sequence[Action], grades: int) -> list[str]:
    """What a keymap calls each action of the window's table; "" where the key is the scheme's alone (a kind)."""
    return [
        (LAST if at == grades - 1 else f"grade.{at + 1}") if at < grades else "" if one.id == "subtype" else one.id
        for at, one in enumerate(actions)
    ]


def holder(actions: Sequence[Action], key: str) -> int:
    """The place of the action that has the key now, -1 for none."""
    return next((at for at, one in enumerate(actions) if key.lower() in (k.lower() for k in one.keys)), -1)


def objection(actions: Sequence[Action], grades: int, at: int, key: str) -> tuple[str, bool]:
    """(why the key can't simply be that of the action at `at`, whether it may be taken all the same); ("", True) where it can."""
    if not usable(key):
        return f"{key} is no key that can be used; press another.", False
    other = holder(actions, key)
    if other in (-1, at):
        return "", True
    one = actions[other]
    if (other < grades and key.lower() in (one.keys[0].lower(), "space")) or one.id == "subtype":
        return f"{key} is “{one.title}” by the grading scheme; change it there (Grade › Edit grading scheme…).", False
    return f"{key} is “{one.title}”, which would be without it.", True


def with_key(present: Keymap, title: str, name: str, key: str, former: Sequence[str]) -> Keymap:
    """The keymap with this one key for the action: a layer of one's own on `present` (`title` is its base's).

    It comes in place of the first of the `former` keys; a grade keeps the scheme's, and the lowest one the space bar, besides.
    What had the key goes without.
    """
    keys = {one: tuple(k for k in given if k.lower() != key.lower()) for one, given in present.keys.items()}
    base = present.base or present.id
    rest = () if name.startswith("grade.") else tuple(k for k in former[1:] if k.lower() != key.lower())
    made = (key, "Space") if name == LAST else (key, *rest)
    doc = f"As {title}, with keys of your own."
    return Keymap(PREFIX + base, f"{title}, with own keys", doc, keys | {name: made}, base)


def without(present: Keymap, base: Keymap, name: str) -> Keymap:
    """The action has the keys of the base again, but for those that are given to another one."""
    keys = {one: given for one, given in present.keys.items() if one != name}
    taken = {key.lower() for given in keys.values() for key in given}
    if name in base.keys:
        keys[name] = tuple(key for key in base.keys[name] if key.lower() not in taken)
    return Keymap(present.id, present.title, present.doc, keys, present.base)


def write(keymap: Keymap, folder: Path) -> Path:
    """Its file, whole or not at all.

    Raises:
        UserError: the folder cannot be written.
    """
    texts = {"id": keymap.id, "title": keymap.title, "doc": keymap.doc, "base": keymap.base}
    lines = [f"{name} = {_toml(text)}" for name, text in texts.items()]
    lines += ["", "[keys]"]
    lines += [f"{_toml(name)} = [{', '.join(map(_toml, keys))}]" for name, keys in keymap.keys.items()]
    path = Path(folder) / f"{keymap.id}.toml"
    partial = path.with_name(f"{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
        os.replace(partial, path)
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror}); check the folder's permissions") from None
    return path


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
