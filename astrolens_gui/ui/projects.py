"""Making, opening, filling and exporting projects, as the actions call them; asks the person, then the workbench."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from astrolens_gui.api import ExporterSpec

from .keying import KeyChoice
from .qt import QtWidgets
from .simulating import SimulateCommands
from .views.cataloguing import TABLES, CatalogueDialog, is_table
from .views.imports import ImportDialog, ImportReportDialog, summary
from .views.plugins import PluginsDialog
from .views.settings import SettingsDialog
from .views.start import is_project

DEMO_COUNT = 600


class ProjectCommands:
    """One method per action of the group Project; `window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        self._window = window
        self.report: ImportReportDialog | None = None
        self.simulating = SimulateCommands(window)
        self.keys = KeyChoice(window)

    def open_project(self) -> None:
        if folder := QtWidgets.QFileDialog.getExistingDirectory(
            self._window, "Open a project: a folder NAME.astrolens"
        ):
            self.take([Path(folder)])

    def new_project(self) -> None:
        self.new_from([])

    def new_from(self, sources: list[Path]) -> None:
        """Ask for images and place, then make the project and import."""
        dialog = ImportDialog(sources, self._window, new=True)
        if dialog.exec_():
            found, options = dialog.sources(), dialog.options()
            self._window.session.open(dialog.folder(), create={}, then=lambda: self.bring_in(found, options))

    def import_images(self) -> None:
        self.import_from([])

    def import_from(self, sources: list[Path]) -> None:
        dialog = ImportDialog(sources, self._window)
        if dialog.exec_():
            self.bring_in(dialog.sources(), dialog.options())

    def bring_in(self, sources: list[Path], options: dict[str, Any]) -> None:
        """Import as a job; what was refused is listed at the end. A table among the sources is a catalogue of the images."""
        workbench, tables = self._window.workbench, [source for source in sources if is_table(source)]
        for table in tables:
            images = [source for source in sources if source not in tables]
            dialog = CatalogueDialog(table, images, self._window.bridge, workbench, options, self._window)
            if dialog.exec_():
                job = workbench.import_catalogue(table, dialog.images(), **dialog.options())
                self._window.bridge.when_done(job, self._imported)
        if not tables:
            self._window.bridge.when_done(workbench.import_images(sources, **options), self._imported)

    def _imported(self, report: Any) -> None:
        self._window.say(" ".join([summary(report), *report.notes[:1]]))
        if report.refused or len(report.notes) > 1:
            self.report = ImportReportDialog(report, self._window)
            self.report.show()

    def take(self, paths: list[Path]) -> None:
        """What was dropped, or named at the start: a project opens, images are imported or make a new project."""
        if len(paths) == 1 and is_project(paths[0]):
            self._window.session.open(paths[0])
        elif self._window.session.is_open:
            self.import_from(paths)
        elif paths:
            self.new_from(paths)

    def import_labels(self) -> None:
        file, _ = QtWidgets.QFileDialog.getOpenFileName(
            self._window, "Grades: a table of this program's, of another tool's, or any other", "", TABLES
        )
        if file:
            self.grades_from(Path(file))

    def grades_from(self, path: Path) -> None:
        """Take a table's grades; one that nothing is known of is shown first, for the person to say what it means."""
        window = self._window
        bench = window.workbench

        def seen(head: Any) -> None:
            if head.known:
                window.bridge.when_done(bench.import_labels(path), self._labels_imported)
                return
            from astrolens_gui.core.grading.mapper import Columns

            from .views.gradecolumns import GradeColumnsDialog

            dialog = GradeColumnsDialog(head, [one.value for one in window.session.scheme.grades], bench.grader, window)
            if dialog.exec_():
                chosen, walk, grader = dialog.mapped()
                job = bench.import_foreign(
                    path, grader if not chosen["grader"] else "", "", Columns(**chosen, walk=walk), walk
                )
                window.bridge.when_done(job, self._labels_imported)

        window.bridge.when_done(bench.grades_head(path), seen)

    def _labels_imported(self, report: Any) -> None:
        notes = "".join(f"; {note}" for note in report.notes)
        self._window.say(f"{report.added:,} grades taken, {len(report.refused):,} rows refused{notes}")
        if report.refused:
            self.report = ImportReportDialog(report, self._window)
            self.report.show()

    def export(self) -> None:
        formats = {f"{spec.title} (*{spec.suffix})": spec for spec in self._window.workbench.plugins.all(ExporterSpec)}
        name = str(self._window.session.info.folder.parent / "grades.csv")
        file, chosen = QtWidgets.QFileDialog.getSaveFileName(self._window, "Write the grades", name, ";;".join(formats))
        if not file:
            return
        out, spec = Path(file), formats[chosen]
        if out.suffix != spec.suffix:
            out = out.with_suffix(spec.suffix)
        job = self._window.workbench.export(spec.id, out)
        self._window.bridge.when_done(job, lambda count: self._window.say(f"{count:,} grades in {out}"))

    def close_project(self) -> None:
        self._window.session.close()

    def demo(self) -> None:
        """Simulate a sample beside the program's settings, once, and open a project on it."""
        from astrolens_gui.core import paths

        folder = paths.home() / "demo"
        project = folder / "demo.astrolens"
        if is_project(project):
            self._window.session.open(project)
            return
        job = self._window.workbench.simulate("simulator", folder / "images", DEMO_COUNT, seed=1)
        self._window.say("Simulating lenses and impostors; the project opens in a moment")

        def simulated(table: Path) -> None:
            self._window.session.open(project, create={}, then=lambda: self.bring_in([Path(table).parent], {}))

        self._window.bridge.when_done(job, simulated)

    def simulate(self) -> None:
        self.simulating.show()

    def show_plugins(self) -> None:
        PluginsDialog(self._window.workbench.plugins, self._window).exec_()

    def show_settings(self) -> None:
        window = self._window
        dialog = SettingsDialog(window.workbench.settings, window.workbench.grader, window)
        dialog.theme_chosen.connect(window.set_theme)
        dialog.grader_named.connect(lambda _: window.session.follow_grader())
        dialog.devices_asked.connect(lambda: self._look_for_devices(dialog))
        self.keys.build(dialog)
        dialog.exec_()

    def _look_for_devices(self, dialog: SettingsDialog) -> None:
        from astrolens_gui.jobs.device import cpu, devices

        def failed(error: BaseException) -> None:
            self._window.fail(str(error))
            dialog.show_devices([cpu()])

        job = self._window.workbench.runner.submit("io", devices, title="looking for GPUs")
        self._window.bridge.when_done(job, dialog.show_devices, failed)
