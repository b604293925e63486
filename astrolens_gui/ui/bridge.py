"""Brings what worker threads say to the main thread, as Qt signals; knows no widget, no label and no file."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from .qt import QObject, Qt, Signal, Slot

_log = logging.getLogger("astrolens.ui")


class Bridge(QObject):
    """Signals that always arrive on the main thread, whatever thread caused them.

    Attributes:
        changed: (Changes) after every committed operation.
        job: (JobEvent) whenever a job that is listed moves on.
        failed: (str) a sentence for the person: a job without an `on_error` of its own went wrong.
    """

    changed = Signal(object)
    job = Signal(object)
    failed = Signal(str)
    _deliver = Signal(object)

    def __init__(self, workbench: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open = True
        self._deliver.connect(self._run, Qt.QueuedConnection)
        self._leave = [
            workbench.subscribe(lambda changes: self._from_thread(self.changed.emit, changes)),
            workbench.runner.listen(lambda event: self._from_thread(self.job.emit, event)),
        ]

    def when_done(
        self, job: Any, callback: Callable[[Any], None], on_error: Callable[[BaseException], None] | None = None
    ) -> Any:
        """Call `callback(result)` on the main thread once `job` is done; returns the job.

        A failure goes to `on_error(exception)`, else its sentence to `failed`. A cancelled job is no failure: only
        `on_error` hears of it, so that nothing waits for ever.
        """
        job.add_done_callback(lambda done: self._from_thread(self._finish, done, callback, on_error))
        return job

    def close(self) -> None:
        """Stop listening; what is still under way is dropped. Called before the widgets go."""
        self._open = False
        for leave in self._leave:
            leave()
        self._leave = []

    def _from_thread(self, function: Callable[..., None], *arguments: Any) -> None:
        if not self._open:
            return
        try:
            self._deliver.emit((function, arguments))
        except RuntimeError:
            self._open = False  # Qt deleted the C++ side: the window is gone

    @Slot(object)
    def _run(self, call: tuple[Callable[..., None], tuple[Any, ...]]) -> None:
        if not self._open:
            return
        function, arguments = call
        try:
            function(*arguments)
        except Exception as error:  # a view's mistake must neither end the program (PyQt aborts) nor stay unseen
            _log.exception("a view failed")
            self.failed.emit(
                f"The window could not show a result ({type(error).__name__}: {error}); the log has the details."
            )

    def _finish(
        self, job: Any, callback: Callable[[Any], None], on_error: Callable[[BaseException], None] | None
    ) -> None:
        try:
            result = job.result(timeout=0)
        except BaseException as error:  # CancelledError is a BaseException in some Python versions
            if on_error is not None:
                on_error(error)
            elif not is_cancelled(error):
                self.failed.emit(words_of(error))
            return
        callback(result)


def words_of(error: BaseException) -> str:
    """What an error says; its kind where it says nothing."""
    return str(error) or type(error).__name__


def sentence_of(error: BaseException) -> str:
    """The same with a capital, to stand by itself."""
    said = words_of(error)
    return said[0].upper() + said[1:]


def is_cancelled(error: BaseException) -> bool:
    """Whether a job ended because somebody wanted it to, which is no failure."""
    return type(error).__name__ in {"Cancelled", "CancelledError"}
