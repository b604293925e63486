"""The campaign as the actions call it: asks for the numbers of all graders, hands them to the dock; counts nothing."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from .bridge import is_cancelled, words_of
from .qt import QtWidgets, QWidget
from .views.cataloguing import TABLES

APART = "disagreement>=0.66"
"""Two or more apart, of three."""

KINDS = "CSV (*.csv);;FITS table (*.fits);;VOTable (*.vot);;Parquet (*.parquet);;DS9 regions of the lists (*.reg)"


class GraderCommands:
    """One method per action of its section; `window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        self._window = window
        self.panel: Any = None
        self.golden: Path | None = None
        self.by = "mean"
        self._jobs: list[Any] = []
        self._told: Any = None
        self._found: Any = None

    def build(self) -> QWidget:
        """The dock's panel; made once the stage is built."""
        from .views.graders_panel import GradersPanel

        window = self._window
        self.panel = GradersPanel(window.action_set)
        self.panel.counted.connect(self.count_graders)
        self.panel.cancelled.connect(self._cancel)
        self.panel.golden_asked.connect(self.choose_golden)
        self.panel.by_chosen.connect(self.choose_by)
        self.panel.queued.connect(self.queue_disagreements)
        self.panel.picked.connect(self._show_object)
        self.panel.together_asked.connect(self.regrade_together)
        window.current.object_changed.connect(self._tell_joint)
        self.panel.saved.connect(self.save_consensus)
        self.panel.reported.connect(self.save_report)
        window.session.closed.connect(self._leave)
        window.session.opened.connect(lambda _: self._leave())
        window.bridge.changed.connect(self._on_changed)
        window.current.blind_changed.connect(lambda _: self._show_objects())
        window.queue.dataChanged.connect(lambda *_: self._show_objects())
        return self.panel

    # -- actions

    def show_graders(self) -> None:
        self._window.show_dock("graders")
        if self._told is None and not self._jobs:
            self.count_graders()

    def count_graders(self) -> None:
        window = self._window
        window.show_dock("graders")
        self._cancel()
        job = window.workbench.agreement(self.golden)
        self._jobs = [job]
        self.panel.show_busy(True)

        def told(found: Any) -> None:
            if job in self._jobs:
                self._told = found
                self.panel.show_agreement(found)
                self._ask_consensus()

        window.bridge.when_done(job, told, partial(self._failed, job))

    def merge_project(self) -> None:
        """Another project's labels into this one."""
        window = self._window
        start = str(window.session.info.folder.parent)
        folder = QtWidgets.QFileDialog.getExistingDirectory(window, "The project of another grader", start)
        if folder:
            job = window.workbench.merge([Path(folder)])
            window.say(f"Merging {Path(folder).name} …")
            window.bridge.when_done(job, lambda made: window.say(merged_words(made)))

    def choose_golden(self) -> None:
        file, _ = QtWidgets.QFileDialog.getOpenFileName(
            self._window, "Golden objects: a table with ID and is_lens", "", "Tables (*.csv);;All files (*)"
        )
        if file:
            self.golden = Path(file)
            self.count_graders()

    def crossmatch(self) -> None:
        """Known lenses among the objects, written and not shown: the table may be given as golden objects later."""
        window = self._window
        start = str(window.session.info.folder.parent)
        source, _ = QtWidgets.QFileDialog.getOpenFileName(
            window, "A catalogue of known lenses (Cancel: lenscat's, where it is installed)", start, TABLES
        )
        if out := self._ask_file("Known lenses among the objects", "known-here.csv", "CSV (*.csv)"):
            job = window.workbench.crossmatch(source or "lenscat", out)

            def written(found: tuple[int, int]) -> None:
                window.say(f"{found[0]:,} of {found[1]:,} objects with a place are known lenses: {out}")

            window.bridge.when_done(job, written)

    def choose_by(self, by: str) -> None:
        """Have the consensus by mean, trimmed, majority or posterior."""
        self.by = by
        if self._told is not None:
            self._cancel()
            self._ask_consensus()

    def queue_disagreements(self) -> None:
        """The queue's own column goes from 0, they agree, to 1, the scheme's first grade against its last."""
        window = self._window
        window.show_dock("queue")
        window.queue_view.filter.setText(APART)
        window.stage.take_focus()
        window.say("The queue has what graders disagree on; while scores are hidden, only what you graded yourself")

    def regrade_together(self) -> None:
        """Begin or end: the graders look at what they disagree on, all grades in sight, and agree on one for each."""
        window = self._window
        if self._is_joint:
            self._end_together()
            window.say("Each grades alone again")
            self.count_graders()
            return
        if self._found is None:
            window.say("Nothing is counted yet: Count, in the Graders dock")
            return
        ids = tuple(self._found.ids[one.object] for one in self._found.apart if self._is_open(one))
        if not ids:
            window.say("There is nothing to agree on: no object that you graded has grades two or more apart")
            return
        window.queue_view.filter.setText("")
        window.queue.leave_walk()
        window.queue.walk, window.queue.asked = ids, dict.fromkeys(ids, "joint")
        window.current.show(ids[0], window.queue.row_of(ids[0]))
        self._tell_joint(ids[0])
        window.stage.take_focus()
        window.say(f"{len(ids):,} objects to agree on: a key gives the agreed grade; Regrade together again ends it")

    def _tell_joint(self, object_id: int) -> None:
        """Who gave what to the object on the screen, while graders sit together."""
        joint, found = self._window.queue.walk if self._is_joint else (), self._found
        text = ""
        if found is not None and object_id in joint:
            name = self._window.queue.name_of(object_id)
            each = ", ".join(f"{who} {number:g}" for who, number in sorted(found.given.get(name, {}).items()))
            text = f"{joint.index(object_id) + 1} of {len(joint)}, {name}: {each}. The key that you press is what you agree on."
        elif joint:
            text = "This object is none of those to agree on."
        self.panel.show_joint(text)

    @property
    def _is_joint(self) -> bool:
        return "joint" in self._window.queue.asked.values()

    def _end_together(self) -> None:
        if self._is_joint:
            self._window.queue.leave_walk()
        self.panel.show_joint("")

    def save_consensus(self) -> None:
        if self._found is None:
            self._window.say("Nothing is counted yet: Count, in the Graders dock")
            return
        if out := self._ask_file("Save the consensus", "consensus.csv", KINDS):
            window = self._window
            out = out if out.suffix else out.with_suffix(".csv")
            job = window.workbench.write_consensus(self._found, out)
            window.bridge.when_done(job, lambda rows: window.say(f"{rows:,} objects written to {out.name}"))

    def save_report(self) -> None:
        if out := self._ask_file("Report of the campaign", "report.html", "Web page (*.html)"):
            window = self._window
            job = window.workbench.report(out, self.golden, self.by)
            window.say("Writing the report …")
            window.bridge.when_done(job, lambda made: window.say(f"The report is in {out}; {made.pictures} pictures"))

    # -- what comes back

    def _ask_consensus(self) -> None:
        window = self._window
        job = window.workbench.consensus(self.by, golden=self.golden)
        self._jobs = [job]
        self.panel.show_busy(True)

        def found(consensus: Any) -> None:
            if job in self._jobs:
                self._jobs = []
                self._found = consensus
                self.panel.show_busy(False)
                self.panel.mark_stale(False)
                self._show_objects()

        window.bridge.when_done(job, found, partial(self._failed, job))

    def _show_objects(self) -> None:
        """While blind, nothing of an object that this grader has not graded: what others said would sway them."""
        if self._found is None:
            return
        found, is_open = self._found, self._is_open
        listed = found.listed
        apart = [one for one in found.apart if is_open(one)]
        shown = [one for one in listed if is_open(one)]
        self.panel.show_consensus(found, apart, len(found.apart), shown, len(listed))

    def _is_open(self, one: Any) -> bool:
        window = self._window
        return not window.current.blind or bool(window.queue.grade_of(self._found.ids[one.object]))

    def _failed(self, job: Any, error: BaseException) -> None:
        if job not in self._jobs:
            return
        self._jobs = []
        self.panel.show_busy(False)
        cancelled = is_cancelled(error)
        self.panel.say("Stopped." if cancelled else words_of(error), "muted" if cancelled else "bad")

    def _on_changed(self, changes: Any) -> None:
        if self._told is not None and not self._jobs and (changes.labels or changes.project):
            self.panel.mark_stale(True)

    def _leave(self) -> None:
        self._cancel()
        self._told = self._found = self.golden = None
        self._end_together()
        self.panel.clear()

    def _cancel(self) -> None:
        for job in self._jobs:
            job.cancel()
        self._jobs = []
        self.panel.show_busy(False)

    def _show_object(self, object_id: int) -> None:
        window = self._window
        window.current.show(object_id, window.queue.row_of(object_id))
        window.stage.take_focus()

    def _ask_file(self, title: str, name: str, kinds: str) -> Path | None:
        start = str(self._window.session.info.folder.parent / name)
        file, _ = QtWidgets.QFileDialog.getSaveFileName(self._window, title, start, kinds)
        return Path(file) if file else None


def merged_words(made: Any) -> str:
    """What a merge did, in one line."""
    who = ", ".join(f"{name} {count:,}" for name, count in sorted(made.graders.items()))
    left = f"; {made.left:,} are of objects that are not here" if made.left else ""
    return (
        f"{made.added:,} labels taken ({who}){left}"
        if made.added
        else f"Nothing new: every label is here already{left}"
    )
