"""A blind campaign: its settings, what a grader is due to see again, and the stages of a triage; shows nothing, grades nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astrolens_gui.api import Changes, Context, UserError
from astrolens_gui.core.grading import order
from astrolens_gui.core.grading.order import Blind, Repeats

from . import golden

if TYPE_CHECKING:
    from .opened import Opened

SETTING = "blind"
"""The project's setting that holds a `Blind`."""

STAGES = "stages.json"
"""In the project's folder: what every stage of a triage looks at."""


@dataclass(frozen=True)
class Stage:
    """What is looked at again, by everybody.

    Attributes:
        number: 2 for the first; 1 is the grading of all. threshold: the lowest grade that came through.
        survivors: objects to which any grader gave it or a better one. audited: drawn at random from the others that were
            graded, `rejected` of them. after: the last event before it: later grades of this stage say so in their reason.
    """

    number: int
    threshold: str
    survivors: tuple[int, ...]
    audited: tuple[int, ...]
    rejected: int
    after: int
    ended: bool = False

    @property
    def reason(self) -> str:
        """How the reason of its grades begins; that of the audited ones has `order.AUDIT` before it."""
        return f"stage {self.number}"


@dataclass(frozen=True)
class Turns:
    """What the window needs to have somebody grade blind.

    Attributes:
        settings, repeats: see `core.grading.order`. golden: object → what it is. stage: the one at present, None between
            stages. left: what this grader has not yet graded in it, in an order of their own.
    """

    settings: Blind
    repeats: Repeats
    golden: Mapping[int, golden.Golden] = field(default_factory=dict)
    stage: Stage | None = None
    left: tuple[int, ...] = ()


def settings_of(opened: Opened) -> Blind:
    """The project's; those of a damaged file are none.

    Raises:
        UserError: they can't be.
    """
    try:
        return Blind.read(opened.project.settings.get(SETTING))
    except (ValueError, TypeError, AttributeError) as error:
        raise UserError(
            f"{opened.project.folder / 'project.toml'}: [{SETTING}] is wrong ({error}); correct it"
        ) from None


def set_blind(opened: Opened, values: Mapping[str, Any]) -> Changes:
    """On the db lane: keep these settings for the project, and have the queue ordered by them.

    Raises:
        UserError: a value that can't be.
    """
    try:
        made = Blind.read({**settings_of(opened).as_dict(), **values})
    except (ValueError, TypeError) as error:
        raise UserError(f"{error}; nothing was changed") from None
    opened.project.settings[SETTING] = made.as_dict()
    opened.project.save()
    opened.store.record(
        "note", f"blind campaign: {json.dumps(made.as_dict())}", grader=opened.bench.grader, why=SETTING
    )
    return opened.tell(Changes(queue=True, message="The queue follows the campaign's settings"))


def turns(opened: Opened, ctx: Context) -> Turns:
    """On the io lane: what is due to this grader now."""
    from astrolens_gui.core.labels import turns as history

    who, made = opened.bench.grader, settings_of(opened)
    known = golden.ids(opened)
    key = key_of(opened)
    limit = 8 * made.spacing + 1000  # what is older is not due any more, whoever graded on for so long

    def lately() -> list[tuple[int, str]]:
        with opened.store.database.read() as connection:
            return history.lately(connection, who, limit)

    answers = opened.on_db(lately) if made.duplicates else []
    said = [
        (one, why.startswith(order.DUPLICATE))
        for one, why in answers
        if not why.startswith(("stage", order.AUDIT, "joint"))
    ]
    stage = next((one for one in stages(opened.project.folder)[::-1] if not one.ended), None)
    left: tuple[int, ...] = ()
    if stage is not None:
        done = {one for grader, one, *_ in _since(opened, stage) if grader == who}
        mixed = order.shuffled({*stage.survivors, *stage.audited}, int(opened.project.settings.get("seed", 0)), who)
        left = tuple(one for one in mixed if one not in done)
    return Turns(made, Repeats.after(made, key, said, frozenset(known)), known, stage, left)


def key_of(opened: Opened) -> str:
    """See `order.key_of`."""
    return order.key_of(int(opened.project.settings.get("seed", 0)), opened.bench.grader)


# -- stages of a triage


def stages(folder: Path) -> list[Stage]:
    """Of the project in this folder, oldest first.

    Raises:
        UserError: the file is damaged.
    """
    path = folder / STAGES
    if not path.is_file():
        return []
    try:
        return [
            Stage(**{**one, "survivors": tuple(one["survivors"]), "audited": tuple(one["audited"])})
            for one in json.loads(path.read_text(encoding="utf-8"))
        ]
    except (ValueError, TypeError, KeyError, OSError) as error:
        raise UserError(f"{path}: damaged ({error}); move it away to go on without stages, no label is in it") from None


def begin_stage(opened: Opened, threshold: str, audit: float, ctx: Context) -> Stage:
    """On the io lane: from now on everybody looks again at what any grader gave at least `threshold`, and at a random share
    `audit` of what was graded lower: what those turn out to be tells what the threshold cost.

    Raises:
        UserError: no such grade, nobody graded, or nothing came through.
    """
    schemes = opened.bench.schemes()
    scheme = schemes.get(opened.project.settings["scheme"]) or next(iter(schemes.values()))
    places = {grade.value: at for at, grade in enumerate(scheme.grades)}
    if threshold not in places:
        raise UserError(f"there is no grade {threshold!r} in this project's scheme; choose one of {', '.join(places)}")
    listed = stages(opened.project.folder)
    now = [one for one in listed if not one.ended]
    if now:
        listed = [Stage(**{**asdict(one), "ended": True}) for one in listed]

    labels, after = opened.on_db(lambda: (opened.store.labels(), last_event(opened)))
    among = {*now[-1].survivors, *now[-1].audited} if now else None
    best: dict[int, int] = {}
    for row in labels:
        if row.grade in places and row.scheme == scheme.id and (among is None or row.object in among):
            best[row.object] = min(best.get(row.object, len(places)), places[row.grade])
    if not best:
        raise UserError(
            f"nobody has graded anything here yet by {scheme.title}; a stage looks at what came through one"
        )
    survivors = sorted(one for one, at in best.items() if at <= places[threshold])
    rejected = sorted(one for one, at in best.items() if at > places[threshold])
    try:
        audited = order.audited(rejected, audit, int(opened.project.settings.get("seed", 0)))
    except ValueError as error:
        raise UserError(f"{error}") from None
    if not survivors and not audited:
        raise UserError(f"nothing was graded {threshold} or better; choose a lower grade")
    number = max((one.number for one in listed), default=1) + 1
    made = Stage(number, threshold, tuple(survivors), tuple(audited), len(rejected), after)
    _keep(opened, [*listed, made])
    said = f"stage {number}: {threshold} or better, {len(survivors)} objects; {len(audited)} of {len(rejected)} others audited"
    opened.on_db(lambda: opened.store.record("note", said, grader=opened.bench.grader, why="stage"))
    return made


def end_stage(opened: Opened, ctx: Context) -> Stage | None:
    """On the io lane: everybody grades the whole queue again; the stage that ended, None where there was none."""
    listed = stages(opened.project.folder)
    now = next((one for one in listed[::-1] if not one.ended), None)
    if now is not None:
        _keep(opened, [Stage(**{**asdict(one), "ended": True}) for one in listed])
    return now


@dataclass(frozen=True)
class Found:
    """What a stage showed.

    Attributes:
        stage: which. kept: survivors that somebody in it gave the threshold or better, of `looked` that anybody graded in it.
        missed: likewise of the audited ones, of `audited` graded. lost: (estimate, low, high) of objects that the stage before
            rejected and this one would keep, 95 %, by Jeffreys' interval; NaN before anything is audited.
    """

    stage: Stage
    kept: int
    looked: int
    missed: int
    audited: int
    lost: tuple[float, float, float]


def found(opened: Opened, ctx: Context) -> list[Found]:
    """On the io lane: what each stage showed so far."""
    from astrolens_gui.core.grading.proportions import jeffreys

    schemes = opened.bench.schemes()
    made = []
    listed = stages(opened.project.folder)
    for stage in listed:
        best: dict[int, bool] = {}
        for _, one, scheme, grade, _ in _since(opened, stage):
            places = [each.value for each in schemes[scheme].grades] if scheme in schemes else []
            good = {grade, stage.threshold} <= {*places} and places.index(grade) <= places.index(stage.threshold)
            best[one] = best.get(one, False) or good
        kept = [best[one] for one in stage.survivors if one in best]
        audited = [best[one] for one in stage.audited if one in best]
        low, high = jeffreys(sum(audited), len(audited)) if audited else (math.nan, math.nan)
        share = sum(audited) / len(audited) if audited else math.nan
        lost = (share * stage.rejected, low * stage.rejected, high * stage.rejected)
        made.append(Found(stage, sum(kept), len(kept), sum(audited), len(audited), lost))
    return made


def stage_words(found: Found) -> str:
    """What a stage showed, for a person."""
    stage = found.stage
    said = (
        f"Stage {stage.number}{' (ended)' if stage.ended else ''}: of {len(stage.survivors):,} that were {stage.threshold} or "
        f"better, {found.looked:,} were looked at again and {found.kept:,} stayed."
    )
    if not stage.audited:
        return said
    audit = f" Audit: {found.audited:,} of {len(stage.audited):,} looked at, {found.missed:,} would have come through"
    if not found.audited:
        return f"{said}{audit}."
    value, low, high = found.lost
    return f"{said}{audit}: {value:.0f} ({low:.0f}–{high:.0f}) of the {stage.rejected:,} rejected."


def last_event(opened: Opened) -> int:
    """On the db lane: id of the newest event, 0 before the first."""
    from sqlalchemy import func, select

    from astrolens_gui.core.labels.schema import events

    with opened.store.database.read() as connection:
        return int(connection.scalar(select(func.max(events.c.id))) or 0)


def _since(opened: Opened, stage: Stage) -> list[tuple[str, int, str, str, str]]:
    from astrolens_gui.core.labels import turns as history

    def read() -> list[tuple[str, int, str, str, str]]:
        with opened.store.database.read() as connection:
            return history.since(connection, stage.after)

    return [row for row in opened.on_db(read) if row[4].removeprefix(f"{order.AUDIT} ").startswith(f"{stage.reason} ")]


def _keep(opened: Opened, listed: list[Stage]) -> None:
    from astrolens_gui.core.labels.export import whole

    text = json.dumps([asdict(one) for one in listed], indent=1)

    def write(partial: Path) -> None:
        partial.write_text(text, encoding="utf-8")

    whole(opened.project.folder / STAGES, write)
