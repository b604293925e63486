"""Score, Retrain and the jobs they start, as the actions call them; knows the panel and the workbench, and no model."""

from __future__ import annotations

from typing import Any


class LearningCommands:
    """One method per action of the group Model; `window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        self._window = window

    def score(self) -> None:
        self._window.panel.score()

    def retrain(self) -> None:
        self._window.panel.train()

    def show_models(self) -> None:
        self._window.show_dock("models")

    def cancel_job(self) -> None:
        self._window.jobs_line.cancel()

    def show_jobs(self) -> None:
        self._window.jobs_dialog.show()
        self._window.jobs_dialog.raise_()

    def start_scoring(self, backend: str, _: dict[str, Any]) -> None:
        self._start(self._window.workbench.score, self._scored, backend)

    def start_training(self, backend: str, fit_params: dict[str, Any]) -> None:
        self._start(self._window.workbench.train, self._trained, backend, fit_params)

    def _start(self, verb: Any, done: Any, *arguments: Any) -> None:
        try:
            job = verb(*arguments)
        except ValueError as error:  # the workbench refuses at once what it knows to be wrong
            self._failed(error)
            return
        self._window.bridge.when_done(job, done, self._failed)

    def _scored(self, report: Any) -> None:
        refused = f", {len(report.refused):,} not" if report.refused else ""
        self._window.say(f"{report.scored:,} objects scored with {report.model}{refused}")

    def _trained(self, report: Any) -> None:
        self._window.panel.show_verdict(report)
        self._window.say(f"{report.model}: {report.verdict}")
        if report.champion:  # the queue follows the new champion: score with it, in the background
            self._start(self._window.workbench.score, self._scored)

    def _failed(self, error: BaseException) -> None:
        if type(error).__name__ != "Cancelled":
            self._window.panel.say(str(error) or type(error).__name__, "bad")
            self._window.fail(str(error) or type(error).__name__)
