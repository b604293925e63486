"""One job at a time for one panel: its progress there, its cancel, its failure as a sentence; knows neither job nor panel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .bridge import is_cancelled, words_of


class Work:
    """`panel` has `show_busy(fraction or None, what)` and `say(sentence, role)`.

    Attributes:
        job: what runs now, or None.
    """

    def __init__(self, window: Any, panel: Any) -> None:
        self._window, self._panel = window, panel
        self._partial: Callable[[Any], None] | None = None
        self.job: Any = None
        window.bridge.job.connect(self._on_job)

    @property
    def busy(self) -> bool:
        return self.job is not None

    def start(
        self,
        submit: Callable[[], Any],
        done: Callable[[Any], None],
        *,
        what: str,
        cancelled: str = "Cancelled.",
        partial: Callable[[Any], None] | None = None,
    ) -> bool:
        """Call `submit()`, a verb of the workbench, then `done(result)`; False where another job runs, or it was refused at once.

        Args:
            what: named beside the progress. cancelled: said when it was stopped. partial: takes what the job hands out so far.
        """
        if self.busy:
            self._window.say(f"{self._panel.name} is at work already; Cancel, or Ctrl+., stops it")
            return False
        try:
            job = submit()
        except (ValueError, RuntimeError) as error:  # refused before it became a job
            self.fail(error)
            return False
        self.job, self._partial = job, partial
        self._panel.show_busy(0.0, what)

        def ended(result: Any) -> None:
            self._end(job)
            done(result)

        def failed(error: BaseException) -> None:
            self._end(job)
            if is_cancelled(error):
                self._panel.say(cancelled, "muted")
            else:
                self.fail(error)

        self._window.bridge.when_done(job, ended, failed)
        return True

    def cancel(self) -> None:
        if self.job is not None:
            self.job.cancel()

    def fail(self, error: BaseException) -> None:
        """Say it where it can be copied, and in the status line."""
        sentence = words_of(error)
        self._panel.say(sentence, "bad")
        self._window.fail(sentence)

    def _end(self, job: Any) -> None:
        if self.job is job:
            self.job, self._partial = None, None
            self._panel.show_busy(None, "")

    def _on_job(self, event: Any) -> None:
        if self.job is None or event.job != self.job.id:
            return
        if event.partial is not None and self._partial is not None:
            self._partial(event.partial)
        if event.progress is not None:
            said = getattr(event.progress, "message", "") or ""
            self._panel.show_busy(event.progress.fraction, said)
