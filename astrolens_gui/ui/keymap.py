"""Keys as data: presets that come with the program and a person's own, laid over the table of actions; binds no key itself."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path

from astrolens_gui.api import UserError

from .actions import TABLE, Action, shown
from .qt import QKeySequence

USUAL = "astrolens"
"""The id of `PLAIN`."""

LAST = "grade.last"
"""How a keymap names the lowest grade; the others are grade.1, grade.2, …, from the best on."""


@dataclass(frozen=True)
class Keymap:
    """Keys by the id of an action, in place of those of the table.

    Attributes:
        keys: action id, or grade.N, or grade.last → its keys, the first one is shown; () for none. A grade keeps the scheme's own.
        base: of a person's layer of own keys, the id of the keymap that it lies on.
    """

    id: str
    title: str
    doc: str
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    base: str = ""

    def over(self, actions: Sequence[Action], grades: int) -> list[Action]:
        """The same actions with these keys; the first `grades` of them are the grades. What claims a key has it: another action
        that had it by default, or a kind, goes without. But a grade keeps the key of its scheme, and a kind one of the table."""
        wanted = self._wanted(actions, grades)
        holder = _holders(wanted)
        return [
            replace(action, keys=tuple(key for key, _ in keys if holder[key.lower()][0] is action))
            for action, keys in wanted
        ]

    def given_up(self, actions: Sequence[Action], grades: int) -> list[str]:
        """A sentence for each key that the scheme and the keymap, or the table, both give, and for which of the two it is."""
        wanted = self._wanted(actions, grades)
        holder = _holders(wanted)
        said = []
        for action, keys in wanted:
            for key, rank in keys:
                other, first = holder[key.lower()]
                if other is not action and not (first == _CLAIMED and rank == _TABLE):
                    by = "under this keymap" if first == _CLAIMED else "by the grading scheme"
                    said.append(f"{shown(key)} is “{other.title}” {by}, so “{action.title}” is without it")
        return said

    def _wanted(self, actions: Sequence[Action], grades: int) -> list[_Wanted]:
        """Each action with its keys and their ranks, were there no others."""
        made = []
        for at, action in enumerate(actions):
            names = [f"grade.{at + 1}", *([LAST] if at == grades - 1 else [])] if at < grades else [action.id]
            own = next((self.keys[name] for name in names if name in self.keys), None)
            scheme = _GRADE if at < grades else _KIND if action.id == "subtype" else None
            first = [] if scheme is None else [(action.keys[0], scheme)]
            rest = [(key, _TABLE) for key in action.keys[len(first) :]]
            made.append((action, [*first, *(rest if own is None else [(key, _CLAIMED) for key in own])]))
        return made


_GRADE, _CLAIMED, _KIND, _TABLE = range(4)
"""Who has a key that several want: the scheme's grade, what the keymap gives it to, the scheme's kind, the table's action."""

_Wanted = tuple[Action, list[tuple[str, int]]]


def _holders(wanted: Sequence[_Wanted]) -> dict[str, tuple[Action, int]]:
    """Lower-case key → who has it, and the rank by which."""
    found: dict[str, tuple[Action, int]] = {}
    for rank in (_GRADE, _CLAIMED, _KIND, _TABLE):
        for action, keys in wanted:
            for key, its in keys:
                if its == rank:
                    found.setdefault(key.lower(), (action, rank))
    return found


PLAIN = Keymap(USUAL, "AstroLens", "Keys as docs/keys.md has them.")
"""The keys as the table has them."""


def load(folder: Path | None = None) -> tuple[dict[str, Keymap], list[str]]:
    """(keymaps by id, the table's own first; a sentence for each file of `folder` that is none)."""
    found = {USUAL: PLAIN}
    shipped = (one for one in files("astrolens_resources").joinpath("keymaps").iterdir() if one.name.endswith(".toml"))
    for entry in sorted(shipped, key=lambda one: one.name):
        made = parse(entry.read_text(encoding="utf-8"), entry.name)
        found[made.id] = made
    problems = []
    for path in sorted(folder.glob("*.toml")) if folder is not None and folder.is_dir() else []:
        try:
            made = parse(path.read_text(encoding="utf-8"), str(path))
        except (UserError, OSError, UnicodeDecodeError) as error:
            problems.append(str(error) if isinstance(error, UserError) else f"{path}: can't be read ({error})")
        else:
            found[made.id] = made
    return found, problems


def parse(text: str, where: str) -> Keymap:
    """A keymap from TOML: id, title, doc and [keys].

    Raises:
        UserError: one sentence: the file, and what in it is no action, no key, or claimed twice.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{where}: not valid TOML ({error})") from None
    if not all(isinstance(values.get(name), str) and values[name].strip() for name in ("id", "title")):
        raise UserError(f"{where}: a keymap needs an id and a title")
    known = {action.id: action.title for action in TABLE}
    keys: dict[str, tuple[str, ...]] = {}
    owner: dict[str, str] = {}
    for name, given in dict(values.get("keys") or {}).items():
        grade = name == LAST or (name.startswith("grade.") and name[6:].isdigit())
        if name not in known and not grade:
            raise UserError(
                f"{where}: there is no action {name!r}; docs/keys.md and the palette (Ctrl+K) list them all"
            )
        if not isinstance(given, list) or not all(isinstance(key, str) for key in given):
            raise UserError(f'{where}: the keys of {name} must be a list such as ["J", "Right"]')
        for key in given:
            if not usable(key):
                raise UserError(f"{where}: {key!r} of {name} is no key; write such as J, Shift+Left or Ctrl+G")
            if key.lower() in owner:
                one, other = (known.get(each, each) for each in (owner[key.lower()], name))
                raise UserError(f"{where}: {key} is both {one!r} and {other!r}; give each its own")
            owner[key.lower()] = name
        keys[name] = tuple(given)
    return Keymap(values["id"], values["title"], str(values.get("doc", "")), keys, str(values.get("base", "")))


def usable(key: str) -> bool:
    """Whether Qt's portable text names a key."""
    return bool(QKeySequence(key, QKeySequence.PortableText).toString())
