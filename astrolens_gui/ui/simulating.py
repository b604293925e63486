"""A simulation, as the action calls it: starts the job, follows it, makes a project of what it wrote; draws nothing."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from .bridge import is_cancelled, words_of
from .views.start import SUFFIX, is_project

NAME = "simulated"


class SimulateCommands:
    """`window` is the composed Window. The dialog is made when it is first asked for."""

    def __init__(self, window: Any) -> None:
        self._window = window
        self.dialog: Any = None
        self._job: Any = None

    def show(self) -> None:
        if self.dialog is None:
            from .views.simulating import SimulateDialog

            window = self._window
            self.dialog = SimulateDialog(window.workbench.plugins.backends("simulate"), free(Path.home()), window)
            self.dialog.simulate_asked.connect(self.simulate)
            self.dialog.cancel_asked.connect(lambda: self._job is not None and self._job.cancel())
            self.dialog.import_asked.connect(self.bring_in)
            window.bridge.job.connect(self._on_job)
        self.dialog.show()
        self.dialog.raise_()

    def simulate(self, backend: str, out: Path, count: int, how: dict[str, Any]) -> None:
        """On all cores, in processes of their own: the window stays quick."""
        job = self._job = self._window.workbench.simulate(backend, out, count, workers=0, **how)
        self.dialog.show_running(0.0, "Simulating …")
        self._window.bridge.when_done(job, partial(self._done, out), partial(self._ended, out))

    def _on_job(self, event: Any) -> None:
        if self._job is not None and event.job == self._job.id and event.progress is not None:
            message = event.progress.message
            self.dialog.show_running(event.progress.fraction, f"{message[:1].upper()}{message[1:]}")

    def _done(self, out: Path, table: Path) -> None:
        self._job = None
        self.dialog.show_idle(f"{_rows(table):,} objects in {out}, their truth in {table.name}.", "good", made=True)

    def _ended(self, out: Path, error: BaseException) -> None:
        self._job = None
        if not is_cancelled(error):
            self.dialog.show_problem(words_of(error))
            return
        made = max((_rows(out / name) for name in ("truth.csv", "classifications.csv")), default=0)
        kept = f"{made:,} objects are in {out}" if made else "nothing was drawn yet"
        self.dialog.show_idle(f"Stopped; {kept}.", "warning", made=made > 0)

    def bring_in(self, out: Path) -> None:
        """A project beside the folder, with its images."""
        project = out.with_name(out.name + SUFFIX)
        create: dict[str, str] | None = None if is_project(project) else {}
        self.dialog.hide()
        self.dialog.place.setText(str(free(out.parent)))
        self.dialog.show_idle()
        self._window.session.open(project, create=create, then=lambda: self._window.projects.bring_in([out], {}))


def free(parent: Path) -> Path:
    """A folder that is not there yet."""
    names = [NAME, *(f"{NAME}-{number}" for number in range(2, 1000))]
    return next((parent / name for name in names if not (parent / name).exists()), parent / NAME)


def _rows(table: Path) -> int:
    """Rows of a truth table, 0 where there is none."""
    try:
        with table.open(encoding="utf-8") as lines:
            return max(sum(1 for _ in lines) - 1, 0)
    except OSError:
        return 0
