"""The verbs of the workbench that concern campaigns of graders: other tools' tables, agreement, consensus, the report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    def merge(self, others: list[Path]) -> Job[Any]:
        """Every label of other projects on the same objects that is not here yet: a `merging.MergeReport`."""
        from .merging import merge_projects

        return self.opened.start("io", merge_projects, [Path(one) for one in others], title="merging projects")

    @as_job
    def hand_on(self, format: str, out: Path, grader: str = "") -> Job[Any]:
        """One grader's labels as another tool's table (`handing.IDS`); (graded objects, what it could not hold)."""
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
    def consensus(self, by: str = "mean", rules: str = "holismokes", golden: Path | None = None) -> Job[Any]:
        """What the graders' answers add up to, by mean, trimmed, majority or posterior: a `campaign.Consensus`."""
        from .campaign import consensus

        return self.opened.start("io", consensus, by, rules, golden, title="what the graders say together")

    @as_job
    def write_consensus(self, found: Any, out: Path) -> Job[int]:
        """A consensus as CSV, FITS, VOTable, Parquet or DS9 regions, by its ending; the number of rows."""
        from .listfiles import write_consensus

        return self.runner.submit("io", write_consensus, found, Path(out), title=f"writing {Path(out).name}")

    @as_job
    def report(self, out: Path, golden: Path | None = None, by: str = "mean") -> Job[Any]:
        """The campaign as one HTML file that needs no other and prints well."""
        from .reporting import write_report

        return self.opened.start("io", write_report, Path(out), golden, by, title=f"writing {Path(out).name}")
