"""One project's labels into another's: whose objects they are, and that those called alike lie in one place; reads no pixel."""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astrolens_gui.api import Changes, Context, UserError

from .foreign import NEAR_ARCSEC

if TYPE_CHECKING:
    from .opened import Opened


@dataclass(frozen=True)
class MergeReport:
    """What was taken of each project: `taken` events by grader, `here` already, `left` of objects that are not here."""

    added: int
    graders: dict[str, int]
    here: int
    left: int
    notes: list[str] = field(default_factory=list)


def merge_projects(opened: Opened, others: list[Path], ctx: Context) -> MergeReport:
    """Take every label of other projects that is not here yet; nothing of theirs is changed.

    Raises:
        UserError: one is no project, is this one, or shares no object with it.
    """
    from astrolens_gui.core.project import Project

    projects = [Project.open(Path(one)) for one in others]
    for one in projects:
        if one.folder.resolve() == opened.project.folder.resolve():
            raise UserError(f"{one.folder} is this very project; name another grader's")
    graders: dict[str, int] = {}
    added = here = left = 0
    notes: list[str] = []
    for at, project in enumerate(projects):
        ctx.progress(at / len(projects), f"merging {project.name}")
        made, said = opened.on_db(partial(_take, opened, project))
        for name, count in made.taken.items():
            graders[name] = graders.get(name, 0) + count
        added, here, left = added + sum(made.taken.values()), here + made.here, left + made.foreign
        notes += [f"{project.folder.name}: {one}" for one in said]
    return MergeReport(added, graders, here, left, notes)


def _take(opened: Opened, project: Any) -> tuple[Any, list[str]]:
    """On the db thread: one project, in one transaction, a backup first."""
    from astrolens_gui.core.labels import merging

    with project.store(read_only=True) as other:
        theirs, events = other.objects(), other.events()
    same, moved = _same(opened, theirs)
    if not same:
        raise UserError(
            f"{project.folder} has no object that is called as one of {opened.project.name}; import the same images into both"
        )
    if opened.store.database.is_sqlite:
        opened.store.backup(why="merge")
    with opened.store.database.write() as connection:
        made = merging.merge(connection, events, same)
    notes = _schemes(opened, project, {event.scheme for event in events if event.scheme})
    for count, words in (
        (sum(made.taken.values()), "labels, comments and boxes taken"),
        (made.here, "stand here already"),
        (made.foreign, "are of objects that are not here"),
        (len(moved), "objects are called alike and lie elsewhere on the sky; nothing of them is taken"),
        (made.twice, "objects were graded by one name in both; the later grade stands"),
    ):
        if count:
            notes.append(f"{count:,} {words}")
    if made.ids:
        opened.tell(Changes(labels=tuple(sorted(made.objects)), events=tuple(made.ids), queue=True))
    return made, notes


def _same(opened: Opened, theirs: list[Any]) -> tuple[dict[int, int], list[str]]:
    """(their object's number → ours, names of those that lie elsewhere): by name, and by place where both have one."""
    from astropy import units
    from astropy.coordinates import angular_separation

    ids = opened.store.ids([one.name for one in theirs])
    places = {row.id: (row.ra, row.dec) for row in opened.store.objects(sorted(set(ids.values())))} if ids else {}
    same, moved = {}, []
    for one in theirs:
        if (id := ids.get(one.name)) is None:
            continue
        ra, dec = places[id]
        if ra is not None and dec is not None and one.ra is not None and one.dec is not None:
            apart = angular_separation(*(math.radians(value) for value in (ra, dec, one.ra, one.dec)))
            if (apart * units.rad).to_value(units.arcsec) > NEAR_ARCSEC:
                moved.append(one.name)
                continue
        same[one.id] = id
    return same, moved


def _schemes(opened: Opened, project: Any, used: set[str]) -> list[str]:
    """Copy the schemes of the other project that its labels need and this one has not; a sentence each."""
    from astrolens_gui.core.labels.schemes import load_schemes

    ours, theirs = load_schemes(opened.project.folder), load_schemes(project.folder)
    notes = []
    for name in sorted(used):
        file = project.folder / "schemes" / f"{name}.toml"
        if name in ours and name in theirs and ours[name] != theirs[name]:
            notes.append(f"the scheme {name} is another one here; its grades are taken as they are")
        elif name not in ours and file.is_file():
            (opened.project.folder / "schemes").mkdir(exist_ok=True)
            shutil.copyfile(file, opened.project.folder / "schemes" / file.name)
            notes.append(f"its scheme {name} is used here too")
    return notes
