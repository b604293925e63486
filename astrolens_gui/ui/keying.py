"""Which keys hold: the keymap of the settings, and a person's own keys on top, as the settings dialog asks; draws nothing."""

from __future__ import annotations

from typing import Any

from astrolens_gui.api import UserError
from astrolens_gui.core import paths

from . import keymap, ownkeys
from .actions import shown


class KeyChoice:
    """`window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        self._window = window
        self._dialog: Any = None

    def use(self) -> None:
        """The keymap of the settings; one that is gone, or is none, says so and leaves the usual keys."""
        window = self._window
        chosen = window.workbench.settings["keymap"]
        if chosen != keymap.USUAL:
            keymaps, problems = keymap.load(paths.keymap_folder())
            window.action_set.set_keymap(keymaps.get(chosen, keymaps[keymap.USUAL]))
            if chosen not in keymaps:
                window.say("; ".join(problems) or f"The keymap {chosen!r} is gone; the usual keys hold")

    def build(self, dialog: Any) -> None:
        """A settings dialog that shows the keys, and changes them."""
        self._dialog = dialog
        dialog.keymap_chosen.connect(self.choose)
        dialog.keys.pressed.connect(self.press)
        dialog.keys.taken.connect(self.take)
        dialog.keys.reset.connect(self.reset)
        self._show()

    def choose(self, name: str) -> None:
        self._hold(keymap.load(paths.keymap_folder())[0][name])

    def press(self, row: int, key: str) -> None:
        """The key for the action of this row, unless another one has it."""
        sentence, may_take = ownkeys.objection(self._table(), self._grades(), row, key)
        if sentence:
            self._dialog.keys.ask(row, key, sentence, may_take=may_take)
        else:
            self.take(row, key)

    def take(self, row: int, key: str) -> None:
        """The key for the action of this row; what had it goes without."""
        name = ownkeys.names(self._table(), self._grades())[row]
        action = self._table()[row]
        made = ownkeys.with_key(self._present(), self._base().title, name, key, action.keys)
        self._keep(made, f"{shown(key)} is “{action.title}” now.")

    def reset(self, row: int) -> None:
        """The action of this row as the preset has it."""
        name = ownkeys.names(self._table(), self._grades())[row]
        self._keep(
            ownkeys.without(self._present(), self._base(), name),
            f"“{self._table()[row].title}” is as the preset has it.",
        )

    def _keep(self, made: Any, said: str) -> None:
        try:
            path = ownkeys.write(made, paths.keymap_folder())
        except UserError as error:
            self._dialog.keys.say(str(error), "bad")
            return
        self._hold(made)
        self._dialog.keys.say(f"{said} Kept in {path}.", "good")

    def _hold(self, made: Any) -> None:
        window = self._window
        window.workbench.settings.set("keymap", made.id)
        window.action_set.set_keymap(made)
        self._show()

    def _show(self) -> None:
        keymaps, problems = keymap.load(paths.keymap_folder())
        chosen = self._window.workbench.settings["keymap"]
        self._dialog.show_keymaps(
            list(keymaps.values()), chosen, paths.keymap_folder(), problems, self._window.action_set.given_up
        )
        present, base = self._present(), self._base()
        every = {*present.keys, *base.keys} if present.base else set()
        own = {name for name in every if present.keys.get(name) != base.keys.get(name)}
        table = self._table()
        self._dialog.show_keys(table, ownkeys.names(table, self._grades()), own)

    def _present(self) -> Any:
        return self._window.action_set.keymap

    def _base(self) -> Any:
        """What the present keys lie on: a keymap of that name, the usual one where it is gone."""
        keymaps, present = keymap.load(paths.keymap_folder())[0], self._present()
        return keymaps.get(present.base or present.id, keymaps[keymap.USUAL])

    def _table(self) -> Any:
        return self._window.action_set.table()

    def _grades(self) -> int:
        return sum(one.id == "grade" for one in self._table())
