"""The table's actions as QActions of one window, enabled as the situation allows; decides nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import actions
from .actions import Action
from .keymap import PLAIN, Keymap
from .qt import QAction, QKeySequence, QObject, Qt, QtWidgets, QWidget


class ActionSet(QObject):
    """QActions by id ("grade:A", "subtype:ring" for the scheme's); one of `providers` has the method of that name."""

    def __init__(self, window: QWidget, providers: Sequence[Any]) -> None:
        super().__init__(window)
        self._window = window
        self._providers = providers
        self._made: dict[str, tuple[Action, QAction]] = {}
        self._grades: list[str] = []
        self._situation: set[str] = set()
        self._plain: dict[str, Action] = {}
        self.keymap = PLAIN
        self.given_up: list[str] = []
        for action in actions.TABLE:
            self._add(action.id, action)

    def _add(self, key: str, action: Action) -> None:
        method = next(getattr(one, action.id) for one in self._providers if hasattr(one, action.id))
        made = QAction(action.title, self._window)
        made.setShortcuts([QKeySequence(text, QKeySequence.PortableText) for text in action.keys])
        made.setShortcutContext(Qt.WindowShortcut)
        made.setAutoRepeat(action.repeats)
        made.setToolTip(action.tooltip)
        made.triggered.connect(lambda _=False: method(*action.arguments))
        self._window.addAction(made)
        self._made[key], self._plain[key] = (action, made), action
        made.setEnabled(not action.needs or action.needs in self._situation)

    def set_scheme(self, scheme: Any | None) -> None:
        """Replace the grades' keys by this scheme's."""
        for key in self._grades:
            _, old = self._made.pop(key)
            del self._plain[key]
            self._window.removeAction(old)
            old.deleteLater()
        grades = actions.grade_actions(scheme) if scheme is not None else ()
        self._grades = [f"{action.id}:{action.arguments[0]}" for action in grades]
        for key, action in zip(self._grades, grades, strict=True):
            self._add(key, action)
        self.set_keymap(self.keymap)

    def set_keymap(self, keymap: Keymap) -> None:
        """Bind these keys from now on, under every scheme; `given_up` says which of them the present scheme has for itself."""
        self.keymap = keymap
        order = [*self._grades, *(key for key in self._plain if key not in self._grades)]
        grades = sum(key.startswith("grade:") for key in self._grades)
        plain = [self._plain[one] for one in order]
        self.given_up = keymap.given_up(plain, grades)
        for key, action in zip(order, keymap.over(plain, grades), strict=True):
            made = self._made[key][1]
            made.setShortcuts([QKeySequence(text, QKeySequence.PortableText) for text in action.keys])
            made.setToolTip(action.tooltip)
            self._made[key] = (action, made)

    def set_situation(self, *, project: bool, object: bool, page: str) -> None:
        """Enable what can be done now, on the stage's page in front."""
        there = project and object
        given = {"project": project, "object": there, "single": there and page == "image"}
        given |= {name: project and page == name for name in ("panels", "field")}
        given["mosaic"] = there and page == "mosaic"
        self._situation = {name for name, holds in given.items() if holds}
        for action, made in self._made.values():
            made.setEnabled(not action.needs or action.needs in self._situation)

    def __getitem__(self, key: str) -> QAction:
        return self._made[key][1]

    def table(self) -> list[Action]:
        """Every action with its keys as they are now, grades first."""
        grades = [self._made[key][0] for key in self._grades]
        return grades + [action for key, (action, _) in self._made.items() if key not in self._grades]

    def pairs(self) -> list[tuple[Action, QAction]]:
        order = {key: place for place, key in enumerate(self._grades)}
        return [self._made[key] for key in sorted(self._made, key=lambda key: order.get(key, len(order)))]

    def menu(self, group: str, parent: QWidget) -> QtWidgets.QMenu:
        """A menu of one group, made anew each time it opens (the grades change with the scheme)."""
        menu = QtWidgets.QMenu(group, parent)
        menu.setToolTipsVisible(True)
        for action, made in self._made.values():
            if action.group == group:
                menu.addAction(made)
        return menu
