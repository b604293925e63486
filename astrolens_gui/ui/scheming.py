"""Grading schemes as the action calls them: what there is to the editor, what was written to the files; draws nothing."""

from __future__ import annotations

from typing import Any

from astrolens_gui.core.labels import schemefiles, schemes
from astrolens_gui.core.labels.schemecheck import Fault, faults_of_own

from .actions import TABLE
from .bridge import words_of
from .keymap import usable
from .qt import QKeySequence

READ_ONLY = "This scheme comes with the program and stays as it is: make a new one from it to change it."
OTHERS = "This project has a copy of it, which changes too, for everybody who grades here."


class SchemeCommands:
    """`window` is the composed Window. The dialog is made anew each time; it holds what is written until it is saved."""

    def __init__(self, window: Any) -> None:
        self._window = window
        self.dialog: Any = None
        self._before: Any = None  # the scheme that is changed; None for a new one
        self._new = False
        self._given: dict[tuple[str, str], int] = {}

    def edit_scheme(self) -> None:
        from .views.schemeeditor import SchemeDialog

        window = self._window
        dialog = self.dialog = SchemeDialog(window)
        dialog.chosen.connect(self.show)
        dialog.copied.connect(self.copy)
        dialog.edited.connect(self._check)
        dialog.saved.connect(self.save)
        present = window.session.scheme.id if window.session.is_open else ""
        self.show(present or next(iter(window.workbench.schemes())))
        dialog.exec_()

    def show(self, name: str) -> None:
        """Show a scheme that there is."""
        known = self._window.workbench.schemes()
        self._before, self._new, self._given = known[name], False, {}
        own = name not in schemes.shipped()
        about = "Saved in your schemes." if own else READ_ONLY
        if own and self._in_use(name):
            about = f"{about} {OTHERS}"
        self._fill(schemefiles.values_of(known[name]), name, about, writable=own)
        if own and self._window.session.is_open:
            job = self._window.workbench.given(name)
            self._window.bridge.when_done(job, lambda found: self._counted(name, found))

    def copy(self, name: str) -> None:
        """A new scheme that begins as one that there is."""
        known = self._window.workbench.schemes()
        self._before, self._new, self._given = None, True, {}
        about = "Not saved yet. Labels given by it are its own; those of other schemes stay as they are."
        self._fill(schemefiles.copy_of(known[name], known), name, about, writable=True)

    def _fill(self, values: dict[str, Any], source: str, about: str, *, writable: bool) -> None:
        known = self._window.workbench.schemes()
        self.dialog.offer([(one.id, one.title) for one in known.values()], "" if self._new else source)
        self.dialog.show_scheme(values, source, about, writable=writable, new=self._new)
        self._check()

    def _counted(self, name: str, found: dict[tuple[str, str], int]) -> None:
        if self._before is not None and self._before.id == name:
            self._given = found
            self._check()

    def _in_use(self, name: str) -> bool:
        session = self._window.session
        return bool(session.is_open and session.info.scheme == name)

    def _check(self) -> None:
        """What is wrong, what it will look like and what it means for the labels, as it is written now."""
        values, dialog = self.dialog.values(), self.dialog
        shipped = self._before is not None and self._before.id in schemes.shipped()
        known = self._window.workbench.schemes()
        ids = known if self._new else {name for name in known if name != self._before.id}
        found = [] if shipped else [*faults_of_own(values, ids, self.taken()), *_no_keys(values)]
        dialog.show_faults(found, savable=not shipped)
        dialog.show_preview(values)
        changed = self._before is not None and not shipped
        dialog.show_warning(schemefiles.consequences(self._before, values, self._given) if changed else [])

    def taken(self) -> dict[str, str]:
        """Lower-case key → what it does in the window under the present keymap, whatever the scheme."""
        keymap = self._window.action_set.keymap
        found = {key.lower(): action.title for action in keymap.over(TABLE, 0) for key in action.keys}
        extra = {key.lower() for name, keys in keymap.keys.items() if name.startswith("grade.") for key in keys}
        return found | dict.fromkeys(extra, "a grade's second key") | {"space": "the lowest grade"}

    def save(self) -> None:
        """Write it to the person's schemes and to the copy that the project has; what is in use changes at once."""
        window, values = self._window, self.dialog.values()
        folder = window.workbench.project.folder if window.session.is_open else None
        job = window.workbench.runner.submit("db", lambda: schemefiles.save_own(values, folder), quiet=True)

        def refused(error: BaseException) -> None:
            self.dialog.show_faults([Fault("", -1, "", words_of(error))], savable=True)
            self.dialog.save.setEnabled(True)

        window.bridge.when_done(job, lambda written: self._written(values["id"], written), refused)

    def _written(self, name: str, written: list[Any]) -> None:
        window = self._window
        window.offer_choices()
        chosen = self._in_use(name)
        if chosen:
            window.session.take_scheme()
        how = "" if chosen or not window.session.is_open else "; choose it at Scheme to grade by it"
        window.say(f"Scheme saved in {written[0]}{how}")
        self.show(name)
        self.dialog.about.say(f"Saved in {written[0]}{how}.", "good")


def _no_keys(values: dict[str, Any]) -> list[Fault]:
    """Faults of keys that no keyboard has."""
    return [
        Fault(table, at, "key", f"{row['key']!r} is no key; write one such as 5, G or Shift+G")
        for table in ("grades", "subtypes")
        for at, row in enumerate(values[table])
        if row["key"] and (not usable(row["key"]) or QKeySequence(row["key"]).count() != 1)
    ]
