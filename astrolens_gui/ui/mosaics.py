"""What only the mosaic can do, as the actions call it, and what its list needs from elsewhere; knows no cell and no array."""

from __future__ import annotations

from functools import partial
from typing import Any

from .bridge import words_of


class MosaicCommands:
    """One method per action of its section; `window` is the composed Window.

    It also fetches the columns that the queue is to be sorted or filtered by, and has long sorts done off the main thread.
    """

    def __init__(self, window: Any) -> None:
        self._window = window
        self._fetching: set[str] = set()
        queue, bridge = window.queue, window.bridge
        queue.told.connect(lambda text: window.say(text))
        queue.wanted.connect(self._fetch)
        queue.sorting.connect(self._sort)
        bridge.changed.connect(self._on_changed)

    @property
    def _mosaic(self) -> Any:
        return self._window.stage.mosaic

    def rest_of_page(self) -> None:
        self._mosaic.rest_of_page()

    def select_page(self) -> None:
        self._mosaic.select_page()

    def extend_left(self) -> None:
        self._mosaic.extend(-1, 0)

    def extend_right(self) -> None:
        self._mosaic.extend(1, 0)

    def extend_up(self) -> None:
        self._mosaic.extend(0, -1)

    def extend_down(self) -> None:
        self._mosaic.extend(0, 1)

    def peek(self) -> None:
        self._window.say("Hold Z to see the stamp under the pointer large, or rest on it with Alt held")

    def stamps_25(self) -> None:
        self._mosaic.set_stamps(25)

    def stamps_100(self) -> None:
        self._mosaic.set_stamps(100)

    def stamps_400(self) -> None:
        self._mosaic.set_stamps(400)

    # -- what the list asks for

    def _fetch(self, column: str) -> None:
        if column in self._fetching:
            return
        self._fetching.add(column)
        window = self._window

        def arrived(answer: Any) -> None:
            self._fetching.discard(column)
            window.queue.take_column(column, answer)

        def failed(error: BaseException) -> None:
            self._fetching.discard(column)
            window.say(words_of(error))

        window.bridge.when_done(window.workbench.facts(column), arrived, failed)

    def _sort(self, function: Any) -> None:
        window = self._window
        job = window.workbench.runner.submit("io", function, title="sorting", quiet=True)
        window.bridge.when_done(job, partial(window.queue.take_order, function))

    def _on_changed(self, changes: Any) -> None:
        if changes.project or changes.objects or changes.queue:
            self._window.queue.forget_columns()
