"""The scoreboard of a project: its models, its graders and other tables against a truth; reads on db and io, draws nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.api import Context, UserError

from . import golden

if TYPE_CHECKING:
    from astrolens_gui.core.labels.records import ModelRow
    from astrolens_gui.core.learn.board import Board
    from astrolens_gui.core.learn.entries import Entry, Truth
    from astrolens_gui.core.learn.recovery import Recovery

    from .opened import Opened

TRUTH = "truth"
"""The project's setting that names its truth table."""

AUTHORITY = "truth"
"""Whom the labels taken from a truth table are by, unless another grader is named; nobody to be ranked."""

USUAL = ("truth.csv", "classifications.csv")
"""What a truth table beside the images is called."""


class Lacking(UserError):
    """A project that can't be ranked yet, which is no fault: `lacking` is "truth" (none is known), "objects" (the truth
    is of others) or "entries" (nobody ranks them)."""

    def __init__(self, lacking: str, sentence: str) -> None:
        super().__init__(sentence)
        self.lacking = lacking


@dataclass(frozen=True)
class Standing:
    """A board with what plots need: each entry's ROC corners, float64 (fpr, tpr), and its recovery at an FPR.

    `taught`: objects of the truth that a model of the project learnt from.
    `note`: what the person should know, such as objects of the truth that the project lacks; "" where nothing.
    """

    board: Board
    curves: dict[str, tuple[np.ndarray, np.ndarray]]
    recoveries: dict[str, list[Recovery]]
    truth: Path
    note: str = ""
    taught: int = 0


def scoreboard(
    opened: Opened,
    truth: Path | None = None,
    tables: Mapping[str, Path] | None = None,
    *,
    among: str = "",
    unseen: bool = False,
    reference: str = "",
    ctx: Context,
) -> Standing:
    """Hold every model with scores, every grader and every table of `tables` (by name) against a truth.

    Args:
        truth: the table; None takes the one that the project remembers, or one beside the images. The one given is
            remembered.
        among: an entry whose scored objects alone count; "" all. reference: what differences are to; "" the best.
        unseen: leave out the objects that a model of the project learnt from.

    Raises:
        UserError: there is no truth table, no entry, or no object in common.
    """
    from astrolens_gui.core.learn import board, recovery
    from astrolens_gui.core.learn.entries import read_scores, read_truth
    from astrolens_gui.core.learn.metrics import Ranking

    path = truth or known_truth(opened)
    if path is None:
        raise Lacking(
            "truth",
            f"{opened.project.name} has no truth table yet; name a CSV with the columns ID and is_lens (0 or 1): "
            f"--truth CSV, or Truth… in the window",
        )
    ctx.progress(0.02, f"reading {path.name}")
    known = read_truth(path)
    mine, seen, note = _of_project(opened, known, bool(tables))
    others = [read_scores(table, known, name)[0] for name, table in (tables or {}).items()]
    entries = [*mine, *others]
    if not entries:
        raise Lacking(
            "entries",
            f"nothing ranks the objects of {path.name} yet: score the project, grade objects, or add a table of scores",
        )
    if unseen:
        if seen.all():
            raise UserError(
                f"a model of {opened.project.name} learnt from every object of {path.name}; count all of them"
            )
        known, entries = known.only(~seen), [one.only(~seen) for one in entries]
    made = board.scoreboard(
        known,
        entries,
        among=among,
        reference=reference,
        objects="objects that no model here learnt from" if unseen else "all objects of the truth",
        progress=lambda share: ctx.progress(0.1 + 0.85 * share, f"resampling {len(known.ids):,} objects"),
    )
    if truth is not None:
        opened.on_db(lambda: remember(opened, truth))
    curves = {one.name: Ranking.of(made.truth.is_lens, one.logit).roc() for one in made.entries}
    found = {one.name: recovery.recoveries(made.truth, one, lowest_fpr(made)) for one in made.entries}
    return Standing(made, curves, found, path, note, 0 if seen.all() else int(seen.sum()))


def scoreboard_or_lacking(
    opened: Opened, truth: Path | None = None, tables: Mapping[str, Path] | None = None, *, ctx: Context, **how: Any
) -> Standing | Lacking:
    """As `scoreboard`, but what a project lacks yet is an answer, not a failure: for a window that says what to do."""
    try:
        return scoreboard(opened, truth, tables, ctx=ctx, **how)
    except Lacking as lacking:
        return lacking.with_traceback(None)


def lowest_fpr(made: Board) -> float:
    """1e-3 where there are non-lenses enough to say so, else a rate that five of them make."""
    others = int((~made.truth.is_lens).sum())
    return next((fpr for fpr in (1e-3, 1e-2, 5e-2) if fpr * others >= 5), 0.1)


def known_truth(opened: Opened) -> Path | None:
    """The project's truth table: the one that was named, else its golden objects', else one beside the images; or None."""
    named = opened.project.settings.get(TRUTH)
    if named and Path(named).is_file():
        return Path(named)
    if (own := opened.project.folder / golden.FILE).is_file():
        return own
    roots = opened.project.roots.values()
    return next((root / name for root in roots for name in USUAL if (root / name).is_file()), None)


def remember(opened: Opened, truth: Path) -> None:
    """The project's truth table from now on; on the db thread."""
    opened.project.settings[TRUTH] = str(truth.absolute())
    opened.project.save()


def _of_project(opened: Opened, truth: Truth, others: bool) -> tuple[list[Entry], np.ndarray, str]:
    """Models, then people, then their consensus; the objects that a model learnt from, bool (N,); and a sentence about
    what the project lacks. Without `others`, a project that shares no object with the truth is refused."""
    from astrolens_gui.core.labels.schemes import load_schemes
    from astrolens_gui.core.learn.entries import consensus, of_person

    here: dict[str, int] = opened.on_db(lambda: opened.store.ids(truth.ids))
    if not here and not others:
        raise Lacking(
            "objects", f"{truth.path}: none of its IDs is an object of {opened.project.name}; compare their names"
        )
    ids = np.array([here.get(one, -1) for one in truth.ids], np.int64)
    models, seen = _models(opened, ids)
    schemes = load_schemes(opened.project.folder)
    labels: dict[str, list[tuple[str, str, str]]] = {}
    for row in opened.on_db(lambda: opened.store.labels()):
        labels.setdefault(row.grader, []).append((row.name, row.scheme, row.grade))
    taken = {one.name for one in models}
    people = []
    labels.pop(AUTHORITY, None)  # grades taken from a truth table: it would rank first, against itself
    for grader in sorted(labels):
        name = f"{grader} (person)" if grader in taken else grader
        if person := of_person(name, truth, labels[grader], schemes):
            people.append(person)
    together = consensus(people)
    absent = int((ids < 0).sum())
    note = f"{absent:,} of the {len(ids):,} objects of {truth.path.name} are not in the project" if absent else ""
    return [*models, *people, *([together] if together else [])], seen, note


def _models(opened: Opened, ids: np.ndarray) -> tuple[list[Entry], np.ndarray]:
    """Every model with a score of one of the objects `ids` (N,); and whether a label of each taught one, bool (N,)."""
    from astrolens_gui.core.learn.entries import Entry

    made, seen = [], np.zeros(ids.size, bool)
    taught = _taught(opened)
    for row in opened.on_db(lambda: opened.store.models()):
        scores = _scores(opened, row.id)
        logit, score = (_at(ids, scores["object"], scores[column]) for column in ("logit", "score"))
        learnt = np.isin(ids, taught(row)) & (ids >= 0)
        seen |= learnt
        if np.isnan(logit).all():
            continue
        note = row.backend + (" · champion" if row.champion else "")
        made.append(Entry(row.id, "model", logit, note, score, learnt))
    return made, seen


def _taught(opened: Opened) -> Callable[[ModelRow], np.ndarray]:
    """What tells the objects whose labels a model's folder names, training and held-out ones alike."""
    from .choice import SHIPPED, read_row

    events: dict[int, int] = {}

    def of(row: ModelRow) -> np.ndarray:
        if row.folder.startswith(SHIPPED):
            return np.empty(0, np.int64)
        try:
            labels = read_row(opened.project.models_dir, row.folder).label_ids
        except UserError:  # its folder is gone; its scores are not
            return np.empty(0, np.int64)
        if labels and not events:
            history = opened.on_db(lambda: opened.store.events())
            events.update((one.id, one.object) for one in history if one.object is not None)
        return np.array([events[one] for one in labels if one in events], np.int64)

    return of


def _scores(opened: Opened, model: str) -> dict[str, np.ndarray]:
    return dict(opened.on_db(lambda: opened.store.scores(model)))


def _at(ids: np.ndarray, objects: np.ndarray, values: np.ndarray) -> np.ndarray:
    """`values` of ascending `objects` at `ids` (N,); NaN where there is none."""
    if not objects.size:
        return np.full(ids.size, np.nan)
    place = np.minimum(np.searchsorted(objects, ids), objects.size - 1)
    return np.where(objects[place] == ids, values[place], np.nan)
