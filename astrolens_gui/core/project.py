"""A project's folder: its settings, its image roots and where its parts lie; opens the store but knows no label and no pixel."""

from __future__ import annotations

import copy
import os
import re
import secrets
import tomllib
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..api import UserError
from . import projectfile

if TYPE_CHECKING:
    from .labels.backup import Repair
    from .labels.records import Place
    from .labels.store import Store

FORMAT = 1
"""The number in project.toml; a folder with a higher one is refused."""

_FILE = "project.toml"
_DISPLAY = "display.json"
_OWN = ("format", "name", "roots")


class ProjectError(UserError):
    """One sentence: what is wrong with the project folder, and the remedy."""


@dataclass(frozen=True)
class Project:
    """An open project folder.

    Attributes:
        roots: where the images of each named root are now; the folder may be missing (see `missing_roots`).
        settings: every other key of project.toml: scheme, seed, bands, database ("" for the file inside), created, …
    """

    folder: Path
    format: int
    name: str
    roots: dict[str, Path]
    settings: dict[str, Any]
    _written: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    _known: dict[str, Any] = field(default_factory=dict, repr=False)
    """settings and roots as they stood in the file when it was read or written last, and when that file was made (ns)."""

    @classmethod
    def create(
        cls, folder: Path, *, name: str | None = None, database: str | None = None, scheme: str = "abcx"
    ) -> Project:
        """Make a project, its database included, in a new or empty folder; project.toml comes last and makes it one.

        Raises:
            ProjectError: the folder holds other things, or cannot be written; there is no such scheme.
            StoreError: the database cannot be made; nothing stays behind.
        """
        from .labels.schemes import keep_with, load_schemes

        folder = Path(folder).expanduser().absolute()
        if (folder / _FILE).exists():
            raise ProjectError(f"{folder} is a project already; open it instead")
        if folder.is_dir() and any(folder.iterdir()):
            raise ProjectError(
                f"{folder} holds other files; name a new folder for the project, such as {folder.name}.astrolens"
            )
        if scheme not in (known := load_schemes()):
            raise ProjectError(f"there is no grading scheme {scheme!r}; choose one of {', '.join(sorted(known))}")
        settings = {
            "id": str(uuid.uuid4()),
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "scheme": scheme,
            "seed": secrets.randbelow(2**31),
            "database": database or "",
        }
        project = cls(folder, FORMAT, name or folder.name.removesuffix(".astrolens"), {}, settings)
        fresh = not folder.exists()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ProjectError(
                f"{folder} cannot be made ({error.strerror}); choose a place where you may write"
            ) from None
        try:
            project._connect(create=True).close()
            keep_with(folder, scheme)
            project.save()
        except BaseException:
            for path in folder.glob(f"{project.database_file.name}*"):
                path.unlink(missing_ok=True)
            if fresh:
                with suppress(OSError):
                    folder.rmdir()
            raise
        return project

    @classmethod
    def open(cls, folder: Path) -> Project:
        """Read a project folder (or its project.toml).

        Raises:
            ProjectError: no project there, a broken file, or a newer format.
        """
        folder = Path(folder).expanduser().absolute()
        folder = folder.parent if folder.name == _FILE and folder.is_file() else folder
        path = folder / _FILE
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise ProjectError(f"{folder} is not a project (it has no {_FILE}); `astrolens import` makes one") from None
        except OSError as error:
            raise ProjectError(f"{path} cannot be read ({error.strerror}); check its permissions") from None
        except ValueError as error:
            raise ProjectError(f"{path} is damaged ({error}); correct that line, labels are not affected") from None
        number, written = values.get("format"), values.get("roots", {})
        if (
            not isinstance(number, int)
            or not isinstance(written, dict)
            or not all(isinstance(one, dict) for one in written.values())
        ):
            raise ProjectError(
                f"{path} does not say its format or its roots; correct it by hand (see docs/project-format.md)"
            )
        if number > FORMAT:
            raise ProjectError(
                f"{folder} was made by a newer AstroLens (format {number}, this one knows {FORMAT}); update AstroLens"
            )
        settings = _settings(values)
        roots = {root: projectfile.present(folder, where) for root, where in written.items()}
        project = cls(folder, number, str(values.get("name", folder.stem)), roots, settings, written)
        project._remember()
        return project

    def save(self) -> None:
        """Write project.toml: whole or not at all. What another window changed since it was read here stays, but where both did.

        Raises:
            ProjectError: the folder cannot be written.
        """
        with projectfile.locked(self.folder):
            self._save()

    def _save(self) -> None:
        theirs = self._look()
        for root, path in list(self.roots.items()):
            if (
                path.is_dir() or root not in self._written
            ):  # a disk that is not mounted now keeps both its old addresses
                self._written[root] = projectfile.addresses(self.folder, path)
        settings = projectfile.merged(self._known.get("settings", {}), self.settings, theirs)
        lines = [
            f"{key} = {projectfile.toml(value)}"
            for key, value in {"format": self.format, "name": self.name, **settings}.items()
        ]
        for root, where in self._written.items():
            lines += [
                "",
                f"[roots.{projectfile.toml(root)}]",
                *(f"{key} = {projectfile.toml(value)}" for key, value in where.items()),
            ]
        self._write(_FILE, "\n".join(lines) + "\n")
        self._remember()

    def _remember(self) -> None:
        """Settings stay here as they are, whatever another window chose: this one shows them."""
        now = {"settings": self.settings, "roots": self._written, "made": self._made_ns()}
        self._known.update(copy.deepcopy(now))

    def _made_ns(self) -> int:
        try:
            return (self.folder / _FILE).stat().st_mtime_ns
        except OSError:
            return 0

    def _look(self) -> dict[str, Any]:
        """Take over the roots that another window added or moved; the settings as they stand in the file now."""
        made = self._made_ns()
        try:
            values = tomllib.loads((self.folder / _FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):  # there is none yet, or it is damaged: what is known here is better
            return self.settings
        for root, where in dict(values.get("roots", {})).items():
            if isinstance(where, dict) and where != self._known.get("roots", {}).get(root):
                self._written[root], self.roots[root] = where, projectfile.present(self.folder, where)
                self._known.setdefault("roots", {})[root] = where
        self._known["made"] = made
        return _settings(values)

    @property
    def display(self) -> dict[str, Any]:
        """How the images are shown (a recipe as a dict, see core.images.recipe); {} where nobody chose yet."""
        import json

        with suppress(OSError, ValueError):
            found = json.loads((self.folder / _DISPLAY).read_text(encoding="utf-8"))
            return found if isinstance(found, dict) else {}
        return {}

    def set_display(self, recipe: dict[str, Any]) -> None:
        """Remember it with the project: whole or not at all.

        Raises:
            ProjectError: the folder cannot be written.
        """
        import json

        with projectfile.locked(self.folder):
            if recipe != self.display:
                self._write(_DISPLAY, json.dumps(recipe, indent=1) + "\n")

    def _write(self, name: str, text: str) -> None:
        partial = self.folder / f"{name}.partial"
        try:
            with open(partial, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, self.folder / name)
        except OSError as error:
            raise ProjectError(
                f"{self.folder} cannot be written ({error.strerror}); copy the project folder to a place where you may write"
            ) from None

    def store(self, read_only: bool = False) -> Store:
        """Open the project's database, and back it up once a day.

        Raises:
            StoreError: one sentence; also when the database named in the settings belongs to another project, and
                where the database is missing or empty: a project has one from its making on.
            ProjectError: the project is from before it had an id, and cannot be written.
        """
        store = self._connect(read_only)
        store.backup_daily()
        return store

    def _connect(self, read_only: bool = False, create: bool = False) -> Store:
        from .labels.store import Store

        named = self.settings["database"]
        if named and not read_only and not self.settings.get("id"):
            self.settings["id"] = str(uuid.uuid4())
            self.save()
        return Store(
            named or self.database_file,
            read_only,
            place_of=self.place,
            address=self.locate,
            project=str(self.settings.get("id", "")) if named else "",
            backups=self.folder / "backups",
            create=create,
        )

    def repair(self) -> Repair:
        """Mend the closed project's database: from the latest sound backup when it is damaged or missing, else by deriving the labels anew.

        Raises:
            StoreError: there is no sound backup, or the server does not answer.
        """
        from .labels import backup

        ours, restored = not self.settings["database"], None
        if ours and backup.problems(self.database_file):
            restored = backup.restore_latest_backup(self.database_file, self.folder / "backups")
        with self.store() as store:  # a backup of an older schema is brought to ours here
            store.rebuild()
        if restored:
            return restored
        sound = "the database is sound" if ours else "PostgreSQL repairs its database with its own tools"
        return backup.Repair(f"{self.name}: {sound}; the current labels were derived from their history")

    @property
    def database_file(self) -> Path:
        return self.folder / "labels.sqlite"

    @property
    def models_dir(self) -> Path:
        return self._made("models")

    @property
    def cache_dir(self) -> Path:
        """May be deleted at any time while the project is closed."""
        return self._made("cache")

    def _made(self, name: str) -> Path:
        folder = self.folder / name
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise ProjectError(
                f"{folder} cannot be made ({error.strerror}); copy the project folder to a place where you may write"
            ) from None
        return folder

    def resolve(self, root: str, relative: str) -> Path:
        """The path of an image now. Existence is not checked."""
        return Path(self.address(root, relative))

    def address(self, root: str, relative: str) -> str:
        """`resolve` as text: a million of these cost a second, a million Paths ten."""
        if root not in self.roots and self._known.get("made") != self._made_ns():
            self._look()  # another window added it
        if root not in self.roots:
            raise ProjectError(
                f"{self.name} has no root {root!r} (it has {', '.join(self.roots) or 'none'}); import the images again"
            )
        return f"{self.roots[root]}/{relative}"

    def locate(self, root: str, relative: str) -> str:
        """`address`, but of any root: one that the project lost leads nowhere."""
        if root not in self.roots and self._known.get("made") != self._made_ns():
            self._look()
        return f"{self.roots.get(root, root)}/{relative}"

    def place(self, base: Path) -> Place:
        """Where an imported folder lies: in a root that holds it (the innermost), else in a new one; and the roots inside it."""
        from .labels.records import Place

        base = Path(os.path.abspath(Path(base).expanduser()))
        self._look()
        above = [root for root, path in self.roots.items() if base.is_relative_to(path)]
        root = max(above, key=lambda one: len(self.roots[one].parts)) if above else self.add_root(base)
        below = base.relative_to(self.roots[root]).as_posix() if above else "."
        inner = sorted(
            (
                (f"{path.relative_to(base).as_posix()}/", one)
                for one, path in self.roots.items()
                if path != base and path.is_relative_to(base)
            ),
            key=lambda one: -len(one[0]),
        )
        return Place(root, "" if below == "." else f"{below}/", tuple(inner))

    def missing_roots(self) -> list[str]:
        """One sentence for each root whose folder is not there."""
        return [
            f"the images of root {root} are not at {path}; run: astrolens relocate {self.folder} {root}=NEW_PATH"
            for root, path in list(self.roots.items())
            if not path.is_dir()
        ]

    def add_root(self, path: Path) -> str:
        """The name of the root at `path`; a new one is named after the folder and saved."""
        with projectfile.locked(self.folder):
            self._look()
            return self._add_root(Path(os.path.abspath(Path(path).expanduser())))

    def _add_root(self, path: Path) -> str:
        for root, known in list(self.roots.items()):
            if known == path or (known.is_dir() and path.is_dir() and known.samefile(path)):
                return root
        stem = re.sub(r"[^\w.-]+", "_", path.name).strip("_") or "images"
        name = next(
            one
            for number in range(1, len(self.roots) + 2)
            if (one := stem if number == 1 else f"{stem}-{number}") not in self.roots
        )
        self.roots[name] = path
        self._save()
        return name

    def relocate(self, root: str, path: Path) -> None:
        """The images of `root` are at `path` now.

        Raises:
            ProjectError: an unknown root, or no folder there.
        """
        self.resolve(root, "")
        path = Path(os.path.abspath(Path(path).expanduser()))
        if not path.is_dir():
            raise ProjectError(f"{path} is not a folder; give the folder that now holds the images of root {root}")
        with projectfile.locked(self.folder):
            self._look()
            self.roots[root] = path
            self._save()


def _settings(values: dict[str, Any]) -> dict[str, Any]:
    return {"scheme": "abcx", "seed": 0, "database": ""} | {
        key: value for key, value in values.items() if key not in _OWN
    }
