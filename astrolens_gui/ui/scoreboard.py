"""The scoreboard, as the actions call it: asks for tables, starts the count, hands the result to its view; counts nothing."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from .bridge import is_cancelled, words_of
from .qt import QApplication, QtWidgets

TABLES = "Tables (*.csv);;All files (*)"
FORMATS = {
    "Markdown (*.md)": ".md",
    "Table (*.csv)": ".csv",
    "JSON (*.json)": ".json",
    "Picture (*.png)": ".png",
    "Vector picture (*.pdf)": ".pdf",
}


class ScoreboardCommands:
    """`window` is the composed Window. The dialog is made when it is first asked for."""

    def __init__(self, window: Any) -> None:
        self._window = window
        self.dialog: Any = None
        self._job: Any = None
        self._standing: Any = None
        self._truth: Path | None = None
        self._tables: dict[str, Path] = {}
        self._objects: tuple[str, bool] = ("", False)

    def show_scoreboard(self) -> None:
        """Open the board and count, or bring it to the front."""
        if self.dialog is None:
            self._build()
        self.dialog.show()
        self.dialog.raise_()
        if self._standing is None and self._job is None:
            self.count()

    def _build(self) -> None:
        from .views.scoreboard import ScoreboardDialog

        window, self.dialog = self._window, ScoreboardDialog(self._window)
        self.dialog.truth_asked.connect(self.ask_truth)
        self.dialog.table_asked.connect(self.ask_table)
        self.dialog.refresh_asked.connect(self.count)
        self.dialog.cancel_asked.connect(lambda: self._job is not None and self._job.cancel())
        self.dialog.copy_asked.connect(self.copy)
        self.dialog.save_asked.connect(self.ask_save)
        self.dialog.score_asked.connect(window.action_set["score"].trigger)
        self.dialog.objects_chosen.connect(self._choose_objects)
        window.bridge.job.connect(self._on_job)
        window.bridge.changed.connect(self._on_changed)
        window.session.opened.connect(lambda _: self._leave())
        window.session.closed.connect(self._leave)

    def _leave(self) -> None:
        """Another project: its board is another one."""
        if self._job is not None:
            self._job.cancel()
        self._job = self._standing = self._truth = None
        self._tables, self._objects = {}, ("", False)
        from .views.scoreboard import ASK_TRUTH

        self.dialog.ask(ASK_TRUTH)
        self.dialog.show_busy(None)
        self.dialog.hide()

    # -- what is counted

    def ask_truth(self) -> None:
        file, _ = QtWidgets.QFileDialog.getOpenFileName(self.dialog, "Truth: a table with ID and is_lens", "", TABLES)
        if file:
            self._truth, self._objects = Path(file), ("", False)
            self.count()

    def ask_table(self) -> None:
        files, _ = QtWidgets.QFileDialog.getOpenFileNames(
            self.dialog, "Scores: tables with ID and logit or score", "", TABLES
        )
        self.add_tables([Path(file) for file in files])

    def add_tables(self, files: list[Path]) -> None:
        """Each is one more entry, called as its file."""
        for file in files:
            same = [name for name, known in self._tables.items() if known == file]
            name = file.stem if file.stem not in self._tables else f"{file.parent.name}/{file.stem}"
            self._tables[same[0] if same else name] = file
        if files:
            self.count()

    def _choose_objects(self, among: str, unseen: bool) -> None:
        self._objects = (among, unseen)
        self.count()

    def count(self) -> None:
        """Start the job; one that is under way is not wanted any more."""
        if self._job is not None:
            self._job.cancel()
        among, unseen = self._objects
        job = self._window.workbench.scoreboard(self._truth, dict(self._tables), among=among, unseen=unseen, told=True)
        self._job = job
        self.dialog.show_busy(0.0)
        self._window.bridge.when_done(job, partial(self._counted, job), partial(self._failed, job))

    def _on_job(self, event: Any) -> None:
        if self._job is not None and event.job == self._job.id and event.progress is not None:
            self.dialog.show_busy(event.progress.fraction)

    def _counted(self, job: Any, standing: Any) -> None:
        if job is not self._job:
            return
        self._job = None
        self.dialog.show_busy(None)
        if what := getattr(standing, "lacking", ""):
            self._lack(job, what, str(standing))
            return
        self._standing = standing
        self.dialog.show_standing(standing, whole=self._objects == ("", False))

    def _lack(self, job: Any, what: str, sentence: str) -> None:
        """An ordinary state of a project that is young: say what to do, with its button."""
        from .views.scoreboard import ASK_TRUTH

        self._standing = None
        self.dialog.ask(ASK_TRUTH if what == "truth" else sentence, entries=what == "entries")
        self._window.jobs_line.conclude(job.id, "nothing to rank yet" if what == "entries" else "a truth is needed")

    def _failed(self, job: Any, error: BaseException) -> None:
        if job is not self._job:
            return
        self._job = None
        self.dialog.show_busy(None)
        cancelled = is_cancelled(error)
        self.dialog.fail("Stopped; Refresh counts again." if cancelled else words_of(error))

    def _on_changed(self, changes: Any) -> None:
        if self._standing is None and self._job is None and self.dialog.isVisible() and changes.scores:
            self.count()  # it waited for them
        elif self._standing is not None and (changes.labels or changes.scores or changes.models):
            self.dialog.mark_stale(True)

    # -- what becomes of it

    def copy(self) -> None:
        from astrolens_gui.core.learn.boardfiles import as_markdown

        QApplication.clipboard().setText(as_markdown(self._standing.board))
        self._window.say("The scoreboard is copied as Markdown")

    def ask_save(self) -> None:
        start = str(self._window.session.info.folder.parent / "scoreboard.md")
        file, chosen = QtWidgets.QFileDialog.getSaveFileName(
            self.dialog, "Save the scoreboard", start, ";;".join(FORMATS)
        )
        if file:
            out = Path(file)
            self.save(out if out.suffix in FORMATS.values() else out.with_suffix(FORMATS[chosen]))

    def save(self, out: Path) -> None:
        from astrolens_gui.core.learn import boardfiles

        job = self._window.workbench.runner.submit("io", boardfiles.write, self._standing.board, out, quiet=True)
        self._window.bridge.when_done(
            job, lambda _: self._window.say(f"The scoreboard is in {out}"), lambda error: self.dialog.fail(str(error))
        )
