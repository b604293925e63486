"""Two models of the list side by side, as the window asks for them; knows the dialog and the workbench, and no score."""

from __future__ import annotations

from typing import Any

from .bridge import is_cancelled, sentence_of


class VersusCommands:
    """`window` is the composed Window. The dialog is made when it is first asked for."""

    def __init__(self, window: Any) -> None:
        self._window = window
        self.dialog: Any = None
        self._job: Any = None
        self._found: Any = None

    def compare(self, first: str, second: str) -> None:
        """Ask for both models' answers and show them; the newest question is the one that is answered."""
        if self.dialog is None:
            self._build()
        self._cancel()
        window, self._found = self._window, None
        self.dialog.show_busy(first, second)
        self.dialog.show()
        self.dialog.raise_()
        job = self._job = window.workbench.compare(first, second)

        def done(found: Any) -> None:
            if self._job is job:
                self._job, self._found = None, found
                self._show()

        def failed(error: BaseException) -> None:
            if self._job is job:
                self._job = None
                self.dialog.fail("Stopped; nothing is compared." if is_cancelled(error) else sentence_of(error))

        window.bridge.when_done(job, done, failed)

    def _build(self) -> None:
        from .views.versus import VersusDialog

        window, self.dialog = self._window, VersusDialog(self._window)
        self.dialog.picked.connect(self._show_object)
        self.dialog.cancel_asked.connect(lambda: self._job is not None and self._job.cancel())
        self.dialog.finished.connect(lambda _: self._cancel())
        window.current.blind_changed.connect(lambda _: self._show())
        window.session.opened.connect(lambda _: self._leave())
        window.session.closed.connect(self._leave)

    def _cancel(self) -> None:
        job, self._job = self._job, None
        if job is not None:
            job.cancel()

    def _leave(self) -> None:
        """Another project: its models are others."""
        self._cancel()
        self._found = None
        self.dialog.hide()

    def _show(self) -> None:
        """While blind, only objects that this person graded: a place on a list tells what the model thinks."""
        found, window = self._found, self._window
        if found is None:
            return
        grades = [window.queue.grade_of(one) for one in found.versus.ids.tolist()]
        shown = [at for at, grade in enumerate(grades) if grade or not window.current.blind]
        self.dialog.show_compared(found, shown, grades)

    def _show_object(self, object_id: int) -> None:
        window = self._window
        window.queue.picked.add(object_id)
        window.current.show(object_id, window.queue.row_of(object_id))
        window.stage.take_focus()
