"""Asks for the restoration of the object on the screen, once the person stays with it, and remembers the last few; shows nothing."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from .bridge import is_cancelled, words_of
from .qt import QObject, QTimer, Signal

REST_MS = 250
"""An object is restored once the person stays with it so long, or once what is asked for has stood so long."""

KEPT = 6
"""Restorations that are remembered: going back and forth asks nobody."""

Wish = tuple[int, str, str, int]
"""Object, backend, model and number of draws."""


class Preview(QObject):
    """Attributes:
    arrived: (list of Restorations, one a band) of the last wish; at once where it was answered before.
    waits: the answer will take a while. came_on: (0..1) so much of it is done. refused: (sentence) there will be none.
    """

    arrived = Signal(object)
    waits = Signal()
    came_on = Signal(float)
    refused = Signal(str)

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self._window = window
        self._wish: Wish | None = None
        self._job: Any = None
        self._known: OrderedDict[Wish, list[Any]] = OrderedDict()
        self._soon = QTimer(self, singleShot=True, interval=REST_MS)
        self._soon.timeout.connect(self._ask)
        window.bridge.job.connect(self._on_job)

    def want(self, wish: Wish) -> None:
        """This is to be answered; what was asked before is not wanted any more."""
        if wish == self._wish and (self._soon.isActive() or self._job is not None):
            return
        self.cancel()
        self._wish = wish
        if wish in self._known:
            self._known.move_to_end(wish)
            self.arrived.emit(self._known[wish])
        else:
            self.waits.emit()
            self._soon.start()

    @property
    def answer(self) -> list[Any] | None:
        """To the last wish, where there is one already."""
        return self._known.get(self._wish) if self._wish is not None else None

    def cancel(self) -> None:
        """Nothing is wanted any more."""
        self._soon.stop()
        self._wish = None
        if self._job is not None:
            job, self._job = self._job, None
            job.cancel()

    def forget(self) -> None:
        """Other models or other images: no answer of before holds."""
        self._known.clear()
        self.cancel()

    def _ask(self) -> None:
        wish = self._wish
        if wish is None:
            return
        target, backend, model, draws = wish

        def done(found: list[Any]) -> None:
            if self._job is not job:
                return
            self._job = None
            self._known[wish] = found
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
            self.arrived.emit(found)

        def failed(error: BaseException) -> None:
            if self._job is job:
                self._job = None
                if not is_cancelled(error):
                    self.refused.emit(words_of(error))

        try:
            job = self._window.workbench.restore([target], backend=backend, model=model, draws=draws)
        except (ValueError, RuntimeError) as error:  # refused before it became a job
            self.refused.emit(str(error))
            return
        self._job = job
        self._window.bridge.when_done(job, done, failed)

    def _on_job(self, event: Any) -> None:
        if self._job is not None and event.job == self._job.id and event.progress is not None:
            self.came_on.emit(event.progress.fraction)
