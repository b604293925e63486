"""Score, Retrain and the jobs they start, as the actions call them; knows the panel and the workbench, and no model."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from .ancestry import Ancestry
from .bridge import is_cancelled, words_of
from .retraining import Retraining
from .roots import when_missing
from .scoreboard import ScoreboardCommands
from .views.imports import RefusedDialog


class LearningCommands:
    """One method per action of the group Model; `window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        self._window = window
        self._failure = ""
        self.report: RefusedDialog | None = None
        self.scoreboard = ScoreboardCommands(window)
        self.retraining = Retraining(window)
        self.ancestry = Ancestry(window)
        self._tuning: Any = None
        self.refused: Any = None
        """The job whose model was refused last: its reason outlives the word that the job is done."""

    def score(self) -> None:
        self._window.panel.score()

    def retrain(self) -> None:
        self._window.panel.train()

    def tune(self) -> None:
        if self._tuning is not None and not self._tuning.done:
            self._window.say("The last layer is being tuned already; its model comes first.")
            return
        self._window.panel.say("Tuning the last layer …", "muted")
        backend = self._window.panel.backend
        done = partial(self._trained, (backend, {}, True))
        self._tuning = self._start(done, "Tuning cancelled; nothing changed.", "train", backend, {}, quick=True)

    def resume(self) -> None:
        """Go on with the training that was broken off; how long it takes says nothing of whole ones."""
        self._window.panel.say("Going on with the training …", "muted")
        self._start(partial(self._trained, None), "Training cancelled; it can be gone on with later.", "resume")

    def roll_back(self) -> None:
        self.ancestry.back()

    def score_rest(self, ids: list[int]) -> None:
        """Objects that came after the model in use was last asked."""
        self._start(self._scored, "", "score", ids=ids)

    def show_models(self) -> None:
        self._window.show_dock("models")

    def show_scoreboard(self) -> None:
        self.scoreboard.show_scoreboard()

    def cancel_job(self) -> None:
        self._window.jobs_line.cancel()

    def show_jobs(self) -> None:
        self._window.jobs_dialog.show()
        self._window.jobs_dialog.raise_()

    def start_scoring(self, backend: str, _: dict[str, Any]) -> None:
        if self._failure and self._failure == self._window.panel.verdict.text():
            self._window.panel.say("")
        self._start(
            self._scored_for_a_person, "Scoring cancelled; the scores given until then are kept.", "score", backend
        )

    def start_training(self, backend: str, fit_params: dict[str, Any]) -> None:
        self._window.panel.say("Training …", "muted")
        done = partial(self._trained, (backend, fit_params, False))
        self._start(
            done, "Training cancelled; nothing changed, and it can be gone on with [F6].", "train", backend, fit_params
        )

    def _start(self, done: Callable[[Any, Any], None], cancelled: str, verb: str, *arguments: Any, **named: Any) -> Any:
        """Call a verb of the workbench, then `done(job, report)`; its job, None where it was refused at once."""
        try:
            job = getattr(self._window.workbench, verb)(*arguments, **named)
        except ValueError as error:  # the workbench refuses at once what it knows to be wrong
            self._failed(cancelled, error)
            return None
        self._window.bridge.when_done(job, partial(done, job), partial(self._failed, cancelled))
        return job

    def _scored(self, _: Any, report: Any) -> None:
        self._window.say(said_of_scores(report))

    def _scored_for_a_person(self, job: Any, report: Any) -> None:
        """Who asked for the scores hears why some objects have none, and where their images should be."""
        self._scored(job, report)
        if report.refused:
            self.report = RefusedDialog("Score", said_of_scores(report), report.refused, self._window)
            self.report.show()
            when_missing(self._window.bridge, self._window.workbench, self.report.explain)

    def _trained(self, asked: tuple[str, dict[str, Any], bool] | None, job: Any, report: Any) -> None:
        window = self._window
        if asked is not None:
            self.retraining.timed(*asked, report)
        window.panel.show_verdict(report)
        said = said_of_verdict(report)
        self.retraining.last = f"The last one: {said}."
        window.jobs_line.conclude(job.id, said)
        if report.champion:  # the queue follows the new champion: score with it, in the background
            window.say(f"{report.model}: {said}")
            self._start(self._scored, "", "score")
        else:
            self.refused = job.id
            what = "was refused" if report.verdict == "refused" else f"is {report.verdict}"
            window.fail(f"{report.model} {what}, the model in use stays: {report.reason}")

    def _failed(self, cancelled: str, error: BaseException) -> None:
        if is_cancelled(error):
            if cancelled:
                self._window.panel.say(cancelled, "muted")
            return
        self._failure = words_of(error)
        self._window.panel.say(self._failure, "bad")
        self._window.fail(self._failure)


def said_of_scores(report: Any) -> str:
    """One sentence of a ScoreReport: how many objects have a score, and how many have none."""
    refused = f"; {len(report.refused):,} not" if report.refused else ""
    return f"{report.scored:,} objects scored with {report.model}{refused}"


def said_of_verdict(report: Any) -> str:
    """A TrainReport in a few words: the verdict, and the AUROC on held-out grades where it could be measured."""
    figures = report.metrics
    said = str(report.verdict)
    if "AUROC" in figures:
        said += f" · AUROC {figures['AUROC']:.3f}"
        if "AUROC_champion" in figures:
            said += f" (was {figures['AUROC_champion']:.3f})"
    return said
