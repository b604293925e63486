"""The verbs of the workbench that concern campaigns of graders: other tools' tables, agreement, consensus, the report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from astrolens_gui.api import Changes
from astrolens_gui.jobs.job import Job
from astrolens_gui.jobs.runner import Runner

from .opened import Opened, as_job
from .records import ImportReport

if TYPE_CHECKING:
    from astrolens_gui.core.plugins import Plugins


class CampaignVerbs:
    """The part of `Workbench` that speaks of graders; each verb returns a Job at once."""

    if TYPE_CHECKING:
        runner: Runner

        @property
        def opened(self) -> Opened: ...

        @property
        def plugins(self) -> Plugins: ...

    def import_foreign(
        self, table: Path, grader: str = "", format: str = "", columns: Any = None, walk: Any = None
    ) -> Job[ImportReport]:
        """Labels of another tool's table (its header says whose), or of any table through `columns` (a `mapper.Columns`).

        `walk` is label → our grade, in place of the format's own.
        """
        from .foreign import import_foreign

        path = Path(table)
        return self.opened.start(
            "io", import_foreign, path, grader, format, columns, walk, title=f"reading {path.name}"
        )

    @as_job
    def grades_head(self, table: Path) -> Job[Any]:
        """What a table of grades holds, for a person to say what it means: a `foreign.Head`."""
        from .foreign import head_of

        return self.runner.submit("io", lambda: head_of(Path(table)), quiet=True)

    @as_job
    def merge(self, others: list[Path]) -> Job[Any]:
        """Every label of other projects on the same objects that is not here yet: a `merging.MergeReport`."""
        from .merging import merge_projects

        return self.opened.start("io", merge_projects, [Path(one) for one in others], title="merging projects")

    @as_job
    def hand_on(self, format: str, out: Path, grader: str = "") -> Job[Any]:
        """One grader's labels as another tool's table (`handing.IDS`); (labels in it, what it could not hold)."""
        from .handing import hand_on

        who = grader or self.opened.bench.grader
        return self.opened.start("io", hand_on, format, who, Path(out), title=f"writing {Path(out).name}")

    def counted_by(self, format: str) -> str:
        """What an export in this format counts: labels, boxes, candidates."""
        from .outward import FORMATS

        return FORMATS[format][0] if format in FORMATS else self.plugins.exporter(format).of

    @as_job
    def crossmatch(self, source: str, out: Path, radius_arcsec: float = 3.0, confident: bool = False) -> Job[Any]:
        """Objects that are known lenses, into a table; (rows, objects with a place). `source`: a table, or "lenscat"."""
        from .knownlenses import crossmatch

        arguments = (str(source), radius_arcsec, confident, Path(out))
        return self.opened.start("io", crossmatch, *arguments, title="looking for known lenses")

    @as_job
    def agreement(self, golden: Path | None = None) -> Job[Any]:
        """Each grader's numbers, and how far they agree: a `campaign.Agreement`."""
        from .campaign import agreement

        return self.opened.start("io", agreement, golden, title="how good each grader is")

    @as_job
    def consensus(self, by: str = "mean", rules: str | None = None, golden: Path | None = None) -> Job[Any]:
        """What the graders' answers add up to, by mean, trimmed, majority or posterior: a `campaign.Consensus`."""
        from .campaign import consensus

        return self.opened.start("io", consensus, by, rules, golden, title="what the graders say together")

    @as_job
    def write_consensus(self, found: Any, out: Path) -> Job[int]:
        """A consensus as CSV, FITS, VOTable, Parquet or DS9 regions, by its ending; the number of rows."""
        from .listfiles import write_consensus

        return self.runner.submit("io", write_consensus, found, Path(out), title=f"writing {Path(out).name}")

    # -- blind

    @as_job
    def turns(self) -> Job[Any]:
        """What this grader is due to see besides the queue, and what is golden: a `blind.Turns`."""
        from .blind import turns

        return self.runner.submit("io", turns, self.opened, quiet=True)

    @as_job
    def set_blind(self, **values: Any) -> Job[Changes]:
        """Change settings of the project's blind campaign: the fields of a `core.grading.order.Blind`."""
        from .blind import set_blind

        opened = self.opened
        return opened.submit_db(lambda: set_blind(opened, values))

    @as_job
    def golden_paint(
        self, count: int, share: float = 0.5, survey: str = "euclid_vis", seed: int = 1, params: Any = None
    ) -> Job[Any]:
        """Lenses painted into a `share` of so many of the project's cutouts, taken in as golden objects: a list of them."""
        from .golden import paint

        title = f"painting lenses into {count} cutouts"
        return self.opened.start("io", paint, count, share, survey, seed, params, title=title)

    @as_job
    def golden_take(self, table: Path) -> Job[int]:
        """Objects of a truth table become golden; how many are new."""
        from .golden import take

        return self.opened.start("io", take, Path(table), title="taking golden objects")

    @as_job
    def begin_stage(self, threshold: str, audit: float = 0.05) -> Job[Any]:
        """Everybody looks again at what was graded so or better, and at a share of the rest: a `blind.Stage`."""
        from .blind import begin_stage

        return self.opened.start("io", begin_stage, threshold, audit, title="the next stage")

    @as_job
    def end_stage(self) -> Job[Any]:
        """Everybody grades the whole queue again; the `blind.Stage` that ended, or None."""
        from .blind import end_stage

        return self.runner.submit("io", end_stage, self.opened, quiet=True)

    @as_job
    def stages(self) -> Job[Any]:
        """What each stage showed so far: a list of `blind.Found`."""
        from .blind import found

        return self.runner.submit("io", found, self.opened, quiet=True)

    @as_job
    def nearest(self, place: str) -> Job[Any]:
        """The object nearest to a place on the sky, as a person writes it: a `finding.Near`."""
        from .finding import nearest

        return self.runner.submit("io", nearest, self.opened, place, quiet=True)

    @as_job
    def note(self, text: str, why: str, object_id: int | None = None) -> Job[Changes]:
        """A line in the history that no undo takes back, such as that a score was looked at."""
        opened, grader = self.opened, self.opened.bench.grader
        return opened.submit_db(lambda: opened.store.record("note", text, grader=grader, object_id=object_id, why=why))

    @as_job
    def report(self, out: Path, golden: Path | None = None, by: str = "mean") -> Job[Any]:
        """The campaign as one HTML file that needs no other and prints well."""
        from .reporting import write_report

        return self.opened.start("io", write_report, Path(out), golden, by, title=f"writing {Path(out).name}")
