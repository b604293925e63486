"""Every verb of the program as a job: the label store on the db lane, files on io, models on infer and train."""

from __future__ import annotations

import contextlib
import functools
import getpass
import logging
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astrolens_gui.api import Changes, Context, UserError
from astrolens_gui.core import paths
from astrolens_gui.core.settings import Settings
from astrolens_gui.jobs.job import Job, Setting
from astrolens_gui.jobs.runner import Runner

from . import importing, marks, pages, regionfiles, stamps
from .campaigning import CampaignVerbs
from .modelling import ModelVerbs
from .opened import Opened, as_job, open_project
from .records import ImportReport, LoadedImage, ProjectInfo

if TYPE_CHECKING:
    from astrolens_gui.core.labels.store import Store
    from astrolens_gui.core.plugins import Plugins
    from astrolens_gui.core.project import Project

    from .engine import Engine
    from .pixels import Pixels

log = logging.getLogger("astrolens.workbench")

Listener = Callable[[Changes], None]


class Workbench(ModelVerbs, CampaignVerbs):
    """Store, plugins and jobs of one open project. Every verb returns a Job at once; none blocks.

    What a verb changed is told to subscribers as `Changes`, on the thread that did it, after it was committed.
    """

    def __init__(self, settings: Settings, runner: Runner, window: bool = False) -> None:
        self.settings = settings
        self.runner = runner
        self.window = window
        self._opened: Opened | None = None
        self._listeners: list[Listener] = []
        self._telling: list[Job[Any]] = []
        self._once = threading.RLock()
        self._plugins: Plugins | None = None
        self._engine: Engine | None = None
        settings.listen(self._on_setting)
        self._temporary: list[tempfile.TemporaryDirectory] = []

    @classmethod
    def start(cls, window: bool = False) -> Workbench:
        """With the person's settings and a fresh runner; models leave one core to a `window`."""
        settings = Settings.load(paths.settings_file())
        return cls(settings, Runner(setting=Setting(device=settings["device"])), window)

    def __enter__(self) -> Workbench:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def plugins(self) -> Plugins:
        """Discovered at first use; a broken plugin is in `plugins.states`."""
        from astrolens_gui.core.plugins import Plugins

        with self._once:
            if self._plugins is None:
                self._plugins = Plugins.discover()
            return self._plugins

    @property
    def models(self) -> Engine:
        """Where models run."""
        from .engine import Engine

        with self._once:
            if self._engine is None:
                self._engine = Engine(self.runner, self.settings, spare=1 if self.window else 0)
            return self._engine

    @property
    def project(self) -> Project | None:
        """The open project's folder and settings."""
        return self._opened.project if self._opened is not None else None

    @property
    def opened(self) -> Opened:
        """The open project, as verbs bind it.

        Raises:
            UserError: there is none.
        """
        if self._opened is None:
            raise UserError("no project is open; open or make one first")
        return self._opened

    @property
    def grader(self) -> str:
        """Who grades: the name in the settings, else the login name."""
        return self.settings["grader"] or self._login

    @functools.cached_property
    def _login(self) -> str:
        return _login()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have `listener(changes)` called after each operation, on a worker thread; returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def tell(self, changes: Changes) -> Changes:
        """Hand committed changes to the subscribers, and to the plugins' hooks behind them, where nobody waits."""
        for listener in list(self._listeners):
            try:
                listener(changes)
            except Exception:
                log.exception("a listener failed")
        if changes.labels or changes.events:
            job = self.runner.submit("io", self._tell_plugins, changes, title="telling plugins", quiet=True)
            self._telling = [other for other in self._telling if not other.done] + [job]
        return changes

    def _tell_plugins(self, changes: Changes) -> None:
        self.plugins.tell("astrolens_labels_changed", log, changes=changes)

    # -- project ---------------------------------------------------------------------------------------------------

    def open(self, folder: Path, create: dict[str, str] | None = None) -> Job[ProjectInfo]:
        """Open a project; with `create` (scheme, database) it is made where there is none."""
        return self.runner.submit(
            "db", self._open, Path(folder), create, title=f"opening {Path(folder).name}", quiet=True
        )

    def open_or_scan(
        self, folder: Path, bands: Sequence[str] | None = None, pixel_scale: float | None = None
    ) -> Job[ImportReport | None]:
        """Open a project (None), or make one of a folder's images that goes when the program ends (what was found)."""
        if (Path(folder) / "project.toml").is_file() or not Path(folder).exists():
            return self.runner.submit("io", lambda: (self.open(folder).result(), None)[1], quiet=True)
        self._temporary.append(tempfile.TemporaryDirectory(prefix="astrolens-"))
        project = Path(self._temporary[-1].name) / "scan.astrolens"

        def scan(ctx: Context) -> ImportReport:
            self.open(project, create={}).result()
            return importing.import_images(self.opened, [Path(folder)], bands, pixel_scale, ctx)

        return self.runner.submit("io", scan, title=f"reading {Path(folder).name}")

    @as_job
    def info(self) -> Job[ProjectInfo]:
        opened = self.opened
        return opened.submit_db(opened.info)

    def roots(self) -> dict[str, Path]:
        return dict(self.opened.project.roots)

    def relocate(self, root: str, path: Path) -> Job[Changes]:
        """The images of `root` are now at `path`."""
        opened = self.opened
        return opened.submit_db(lambda: opened.relocate(root, path))

    def close_project(self) -> Job[None]:
        return self.runner.submit("db", self._swap, None, title="closing", quiet=True)

    def close(self) -> None:
        """Finish what must not be lost (labels), cancel the rest, end every thread and child."""
        for job in self._telling:
            with contextlib.suppress(Exception):
                job.result(5)
        if self._opened is not None:
            self.runner.submit("db", self._swap, None, title="closing", quiet=True).result()
        self.runner.close()
        for folder in self._temporary:
            folder.cleanup()

    # -- images ----------------------------------------------------------------------------------------------------

    @property
    def images(self) -> Pixels:
        """Pixels of the open project, by object id."""
        return self.opened.images

    def import_images(
        self, sources: Sequence[Path], bands: Sequence[str] | None = None, pixel_scale: float | None = None
    ) -> Job[ImportReport]:
        """Add files or folders of images to the project; what can't be used is refused by name, the rest goes on."""
        return self.opened.start(
            "io", importing.import_images, list(sources), bands, pixel_scale, title="importing images"
        )

    def import_catalogue(self, table: Path, images: Sequence[Path], **how: Any) -> Job[ImportReport]:
        """Add the sources of a table that lie in large images; `how` is an `importing.Cutting`."""
        verb, cutting = importing.import_catalogue, importing.Cutting(**how)
        return self.opened.start("io", verb, Path(table), list(images), cutting, title="importing sources")

    @as_job
    def image(self, object_id: int, band: str | None = None) -> Job[LoadedImage]:
        """One band of an object (default: its first) with its WCS."""
        return self.runner.submit("io", self.images.load, object_id, band, quiet=True)

    @as_job
    def thumbnails(self, ids: Sequence[int], size: int, recipe: Any) -> Job[list[Any]]:
        """uint8 (size, size, 4) BGRA for each id, row 0 on top, or the sentence that says why not."""
        return self.runner.submit("io", stamps.pictures, self.opened, list(ids), size, recipe, quiet=True)

    # -- labels ----------------------------------------------------------------------------------------------------

    def label(
        self,
        object_id: int,
        grade: str,
        *,
        subtype: str = "",
        comment: str = "",
        seconds: float | None = None,
        why: str = "",
        screen: dict[str, Any] | None = None,
        origin: str = "",
    ) -> Job[Changes]:
        """Grade an object; the job is done once the event is committed to disk."""
        said = {"subtype": subtype, "comment": comment, "seconds": seconds, "why": why, "screen": screen}
        return marks.label(self.opened, self.grader, object_id, grade, said, origin)

    def comment(self, object_id: int, text: str, origin: str = "") -> Job[Changes]:
        return marks.comment(self.opened, self.grader, object_id, text, origin)

    def undo(self, origin: str = "") -> Job[Changes]:
        """Take back this grader's last event (a grade, a comment, a measurement, a box), by one more event."""
        return pages.step(self.opened, self.grader, "undo", origin)

    def redo(self, origin: str = "") -> Job[Changes]:
        return pages.step(self.opened, self.grader, "redo", origin)

    def label_page(self, rows: Sequence[dict[str, Any]], grade: str, origin: str = "") -> Job[Changes]:
        """Grade several objects (`object_id`, `seconds`, `why`, `screen`) alike: all or none, and one undo takes all back."""
        return pages.label(self.opened, self.grader, rows, grade, origin)

    @as_job
    def facts(self, name: str = "") -> Job[Any]:
        """The columns that objects can be sorted and filtered by, or the values of one of them."""
        return pages.facts(self.opened, self.grader, name)

    @as_job
    def label_of(self, object_id: int) -> Job[Any]:
        """This grader's current label of an object, or None."""
        opened, grader = self.opened, self.grader
        return opened.submit_db(lambda: opened.store.label_of(object_id, grader))

    @as_job
    def look_elsewhere(self) -> Job[int]:
        """Tell what another window or another grader wrote into this project since the last time; how many events."""
        opened = self.opened
        return opened.submit_db(lambda: opened.elsewhere.look(opened))

    # -- measurements and boxes of this grader -----------------------------------------------------------------------

    def measure(self, object_id: int, values: dict[str, Any], origin: str = "") -> Job[Changes]:
        """Keep all that was measured on an object, in place of what stood; {} clears."""
        return marks.measure(self.opened, self.grader, object_id, values, origin)

    @as_job
    def measures(self, object_id: int | None) -> Job[dict[Any, Any]]:
        """What stands, by name ({}: nothing); for None by object id."""
        return marks.measures(self.opened, self.grader, object_id)

    def add_box(self, object_id: int, *boxes: dict[str, Any], wcs: Any = None, origin: str = "") -> Job[Changes]:
        """Draw boxes (see `BoxRow`) in one step; with the plane's `wcs` they get their place on the sky. `extra["boxes"]`: their keys."""
        return marks.add_boxes(self.opened, self.grader, object_id, boxes, wcs, origin)

    def change_box(self, box: str, changed: dict[str, Any], wcs: Any = None, origin: str = "") -> Job[Changes]:
        return marks.change_box(self.opened, self.grader, box, changed, wcs, origin)

    def remove_box(self, *boxes: str, origin: str = "") -> Job[Changes]:
        return marks.remove_box(self.opened, self.grader, boxes, origin)

    @as_job
    def boxes(self, object_id: int | None, wcs: Any = None) -> Job[list[Any]]:
        """`BoxRow`s of people and models on an object (None: on all), in the pixels of the plane that has this `wcs`."""
        return marks.boxes(self.opened, object_id, wcs)

    def import_regions(self, path: Path, object_id: int, band: str = "") -> Job[ImportReport]:
        """A DS9 file: image coordinates are this object's, sky coordinates go to every object whose image they fall on."""
        return self.opened.start(
            "io", regionfiles.import_regions, self.grader, path, object_id, band, title="reading regions"
        )

    def write_regions(self, out: Path, object_id: int | None = None) -> Job[int]:
        """Boxes and regions of an object (None: of all) as a DS9 file; how many."""
        return self.opened.start("io", regionfiles.write_regions, out, object_id, title=f"writing {out.name}")

    def import_labels(self, table: Path, grader: str = "") -> Job[ImportReport]:
        """Labels from a table; rows of unknown objects are refused by name."""
        from .tables import import_labels

        return self.opened.start("io", import_labels, Path(table), grader, title="importing labels")

    def export(self, format: str, out: Path) -> Job[int]:
        """Write the current labels with a format's exporter; the number of rows."""
        from .tables import export_labels

        return self.opened.start("io", export_labels, format, Path(out), title=f"writing {Path(out).name}")

    def schemes(self) -> dict[str, Any]:
        """The grading schemes at hand: shipped, the user's, the project's."""
        from astrolens_gui.core.labels.schemes import load_schemes

        return load_schemes(self.project.folder if self.project else None)

    @as_job
    def given(self, scheme: str) -> Job[dict[tuple[str, str], int]]:
        """{(grade, sub-type): labels of all graders that say so now} by this scheme."""
        from astrolens_gui.core.labels.events import given

        opened = self.opened

        def count() -> dict[tuple[str, str], int]:
            with opened.store.database.read() as connection:
                return given(connection, scheme)

        return opened.submit_db(count)

    # -- inside ----------------------------------------------------------------------------------------------------

    @property
    def store(self) -> Store:
        """The open project's label store; only on the db lane."""
        return self.opened.store

    def _open(self, folder: Path, create: dict[str, str] | None) -> ProjectInfo:
        """On the db lane. The new project opens before the old one is left: a failure leaves everything as it was."""
        opened = open_project(self, folder, create)
        info = opened.info()
        self._swap(opened)
        if not self._temporary:
            try:
                self.settings.remember_project(info.folder)
            except OSError:  # a full disk must not keep anybody from opening a project
                log.exception("the recent projects could not be written")
        return info

    def _swap(self, opened: Opened | None) -> None:
        """On the db lane: from now on verbs mean this project; what began on the former one ends there."""
        former, self._opened = self._opened, opened
        if former is not None:
            former.leave()
        self.tell(Changes(project=True, queue=True))

    def _on_setting(self, name: str, value: Any) -> None:
        """Another device holds from the next job on."""
        if name == "device":
            self.runner.setting = Setting(device=value)
            if self._engine is not None:
                self._engine.release()


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no passwd entry, as in some containers
        return "anonymous"
