"""A blind campaign as the actions call it: what is shown again, golden objects, stages, and where to go; grades nothing itself."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.core.grading.order import AUDIT, GOLDEN
from astrolens_gui.workbench.blind import stage_words

from .bridge import is_cancelled, words_of
from .models.columns import STAGE
from .qt import QtWidgets

LISTED = f"{STAGE}:any"
REVEAL = "reveal"
"""The reason of the line in the history that says who had a model's score shown before grading."""


class CampaignCommands:
    """One method per action of its section; `window` is the composed Window. The dialog is made when it is first asked for."""

    def __init__(self, window: Any) -> None:
        self._window = window
        self.dialog: Any = None
        self.turns: Any = None
        self._job: Any = None
        window.grading.again = self._due
        window.grading.saved.connect(self._saved)
        window.session.opened.connect(lambda _: self.follow())
        window.session.grader_changed.connect(self.follow)
        window.session.closed.connect(self._leave)
        window.current.blind_changed.connect(self._log_reveal)
        window.bridge.job.connect(self._on_job)

    # -- what a grader is due to see

    def follow(self) -> None:
        """Ask what is due to this grader; a stage that others began is gone on with."""
        window = self._window
        info = window.session.info

        def told(turns: Any) -> None:
            if window.session.info is info:
                self._take(turns)

        window.bridge.when_done(window.workbench.turns(), told)

    def _take(self, turns: Any) -> None:
        window, before = self._window, self.turns
        self.turns = turns
        stage = turns.stage
        began = stage is not None and (before is None or before.stage is None or before.stage.number != stage.number)
        if stage is not None:
            audited = set(stage.audited)
            reasons = {one: f"{AUDIT} {stage.reason}" if one in audited else stage.reason for one in turns.left}
            window.queue.leave_walk()
            window.queue.judge_anew(reasons)
            window.queue.take_list(STAGE, np.array(sorted({*stage.survivors, *stage.audited}), np.int64))
        elif before is not None and before.stage is not None:
            window.queue.leave_walk()
            if window.queue_view.filter.text() == LISTED:
                window.queue_view.clear_filter()
        window.docks["queue"].setWindowTitle(f"Queue · stage {stage.number}" if stage is not None else "Queue")
        if began:
            self.back_to_stage()
        if self.dialog is not None:
            self._fill()

    def _due(self, at_end: bool) -> int | None:
        window = self._window
        if self.turns is None or self.turns.stage is not None or window.stage.is_mosaic or window.queue.walk:
            return None
        due: int | None = self.turns.repeats.due(at_end)
        return due if due is not None and window.queue.row_of(due) >= 0 else None

    def _saved(self, saved: Any) -> None:
        if self.turns is None or saved.remark:
            return
        if not saved.why:  # an undo or a redo: what is due follows from the history
            self.follow()
            return
        if self.turns.stage is None:
            self.turns.repeats.answered(saved.object_id, saved.why.startswith("duplicate"))
        what = self.turns.golden.get(saved.object_id)
        if what is not None and self.turns.settings.feedback and saved.why.startswith(GOLDEN):
            self._window.say(f"{saved.name}, which you graded {saved.grade}, is golden: {what.words}")

    def _log_reveal(self, blind: bool) -> None:
        window = self._window
        if window.session.is_open and not blind:
            at = window.current.object_id
            note = window.workbench.note("model scores shown before the grade", REVEAL, at if at >= 0 else None)
            window.bridge.when_done(note, lambda _: None)

    # -- actions

    def show_campaign(self) -> None:
        window = self._window
        if self.dialog is None:
            from astrolens_gui.api import fields

            from .views.campaign import CampaignDialog

            painter = window.workbench.plugins.backend("painter")
            survey = next(field for field in fields(painter.params) if field.name == "survey")
            self.dialog = CampaignDialog([str(one) for one in survey.choices or ()], str(survey.default), window)
            self.dialog.kept.connect(self._keep)
            self.dialog.paint_asked.connect(self._paint)
            self.dialog.table_asked.connect(self._table)
            self.dialog.cancel_asked.connect(lambda: self._job is not None and self._job.cancel())
            self.dialog.stage_asked.connect(self._begin)
            self.dialog.end_asked.connect(self._end)
        if self.turns is not None:
            self.dialog.show_settings(self.turns.settings)
        self._fill()
        self.dialog.show()
        self.dialog.raise_()

    def back_to_stage(self) -> None:
        window = self._window
        if self.turns is None or self.turns.stage is None:
            window.say("No stage is running: Grade › Blind campaign… begins one")
            return
        stage = self.turns.stage
        window.show_dock("queue")
        window.queue_view.filter.setText(LISTED)
        window.queue.set_filter(LISTED)
        row = window.queue.next_ungraded(-1)
        if row >= 0:
            window.current.show(window.queue.object_at(row), row)
        window.stage.take_focus()
        window.say(
            f"Stage {stage.number}: {len(self.turns.left):,} objects left to you, each judged anew; "
            f"{len(stage.survivors):,} were {stage.threshold} or better, {len(stage.audited):,} are an audit of the rest"
        )

    def go_to(self) -> None:
        window = self._window
        text, sure = QtWidgets.QInputDialog.getText(
            window, "Go to", "Name, number in the queue, or RA Dec (150.1 2.2, or 10:00:24 +02:12:00):"
        )
        if sure and text.strip():
            self.find_place(text.strip())

    def find_place(self, text: str) -> None:
        """Show what the text names: an object, the n-th of the queue as listed, or the object nearest to a place."""
        window = self._window
        if text.isdigit() and window.queue.named(text) < 0:
            count = window.queue.rowCount()
            if not 1 <= int(text) <= count:
                window.say(f"There is no object number {int(text):,}: {count:,} are listed")
                return
            self._show(window.queue.object_at(int(text) - 1))
            return
        if (known := window.queue.named(text)) >= 0:
            self._show(known)
            return

        def found(near: Any) -> None:
            self._show(near.object)
            window.say(f"{near.name} is {near.words} from that place")

        window.bridge.when_done(window.workbench.nearest(text), found, lambda error: window.say(words_of(error)))

    def _show(self, object_id: int) -> None:
        window = self._window
        row = window.queue.row_of(object_id)
        if row < 0 and window.queue.rank_of(object_id):
            window.queue_view.clear_filter()
            window.queue.set_filter("")
            row = window.queue.row_of(object_id)
        window.current.show(object_id, row)
        window.stage.take_focus()

    # -- what the dialog asks

    def _keep(self, values: dict[str, Any]) -> None:
        self._ask(self._window.workbench.set_blind(**values), "Kept: it holds from the next object on.")

    def _paint(self, count: int, share: float, survey: str) -> None:
        seed = 1 + len(self.turns.golden) if self.turns is not None else 1
        job = self._job = self._window.workbench.golden_paint(count, share, survey, seed)
        self.dialog.show_painting(0.0)
        self.dialog.say("")

        def made(listed: Any) -> None:
            self._painted(
                f"{len(listed):,} cutouts are in the project, {sum(one.is_lens for one in listed):,} with a lens."
            )
            self.follow()

        self._window.bridge.when_done(job, made, self._not_painted)

    def _painted(self, said: str, role: str = "good") -> None:
        self._job = None
        self.dialog.show_painting(None)
        self.dialog.say(said, role)

    def _not_painted(self, error: BaseException) -> None:
        stopped = is_cancelled(error)
        self._painted("Stopped; nothing was added." if stopped else words_of(error), "muted" if stopped else "bad")

    def _on_job(self, event: Any) -> None:
        if self._job is not None and event.job == self._job.id and event.progress is not None:
            self.dialog.show_painting(event.progress.fraction)

    def _table(self) -> None:
        file, _ = QtWidgets.QFileDialog.getOpenFileName(
            self.dialog, "Golden objects: a table with ID and is_lens", "", "Tables (*.csv);;All files (*)"
        )
        if file:
            self._ask(self._window.workbench.golden_take(Path(file)), "They are golden now.")

    def _begin(self, threshold: str, audit: float) -> None:
        self._ask(
            self._window.workbench.begin_stage(threshold, audit),
            "The stage has begun: the queue lists what is left of it.",
        )

    def _end(self) -> None:
        self._ask(self._window.workbench.end_stage(), "The stage has ended: the queue is whole again.")

    def _ask(self, job: Any, said: str) -> None:
        dialog = self.dialog

        def done(_: Any) -> None:
            dialog.say(said, "good")
            self.follow()

        self._window.bridge.when_done(job, done, lambda error: dialog.say(words_of(error), "bad"))

    def _fill(self) -> None:
        """The dialog as the project is now."""
        window, dialog = self._window, self.dialog
        if self.turns is None:
            return
        dialog.show_golden(list(self.turns.golden.values()))
        dialog.show_grades([grade.value for grade in window.session.scheme.grades])
        running = self.turns.stage is not None
        window.bridge.when_done(
            window.workbench.stages(),
            lambda listed: dialog.show_stages([stage_words(one) for one in listed], running),
            partial(self._failed, dialog),
        )

    def _failed(self, dialog: Any, error: BaseException) -> None:
        dialog.say(words_of(error), "bad")

    def _leave(self) -> None:
        self.turns = None
        self._window.docks["queue"].setWindowTitle("Queue")
        if self.dialog is not None:
            self.dialog.hide()
