"""What a training would learn from and change, told before it is begun; reads labels and the champion, and trains nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from astrolens_gui.api import UserError
from astrolens_gui.core.labels.records import CLASSIFY
from astrolens_gui.core.labels.schemes import worth
from astrolens_gui.core.learn import dataset, retrain, unfinished
from astrolens_gui.core.learn.gate import FEWEST

from . import golden
from .training import champions_bands, quick_problem, snapshot, to_beat, unfinished_home

if TYPE_CHECKING:
    from .opened import Opened


@dataclass(frozen=True)
class Count:
    """Objects of one class: those to train on and those held out for the gate."""

    train: int = 0
    held: int = 0

    @property
    def all(self) -> int:
        return self.train + self.held


@dataclass(frozen=True)
class Prospect:
    """A training as it would be begun now.

    Attributes:
        lenses, others, undecided: by the mean of each object's graders. refused: objects that do not fit the input.
        graders: how many people's grades. fresh: objects whose grades the champion has not learnt from.
        champion: id of the model to beat, "" for none. AUROC: of it, on the held-out objects of its own training.
        goes_on: it begins with the champion's weights. lineage: why it could not be held against it, "" where it can.
        input: what it would look at, in words. objects: how many are scored anew if it is accepted.
        broken_off: a sentence on the training that was broken off and can be gone on with; "" for none.
        quick_lacks: why the last layer alone can't be tuned; "" where it can. problem: why nothing can be trained.
    """

    lenses: Count = field(default_factory=Count)
    others: Count = field(default_factory=Count)
    undecided: Count = field(default_factory=Count)
    refused: int = 0
    graders: int = 0
    fresh: int = 0
    champion: str = ""
    AUROC: float | None = None
    goes_on: bool = False
    lineage: str = ""
    input: str = ""
    objects: int = 0
    broken_off: str = ""
    quick_lacks: str = ""
    problem: str = ""

    @property
    def labels(self) -> int:
        """Objects that it would learn from or be judged by."""
        return self.lenses.all + self.others.all + self.undecided.all

    @property
    def judged(self) -> bool:
        """Whether enough objects of both classes are held out for more than a provisional verdict."""
        return min(self.lenses.held, self.others.held) >= FEWEST


def prospect(opened: Opened, backend: str) -> Prospect:
    """On io: what `train` would find now. What makes a training impossible is `problem`, not an exception."""
    bench, project = opened.bench, opened.project
    spec = bench.plugins.backend(backend)
    unreal = golden.painted(opened)
    objects, labels, champion = opened.on_db(lambda: snapshot(opened, unreal))
    count = opened.on_db(lambda: opened.store.count())
    rows = dataset.examples(objects, labels, worth(project.folder), source=opened.images.source)
    if not rows:
        return Prospect(objects=count, problem="Nothing is graded yet; grade some objects first.")
    champion = to_beat(opened, champion, rows)
    known = set(champion.info.label_ids) if champion else set()
    told: dict[str, Any] = {
        "graders": len({label.grader for label in labels if label.grade}),
        "fresh": sum(not known.issuperset(row.labels) for row in rows),
        "champion": champion.info.id if champion else "",
        "AUROC": champion.info.metrics.get("AUROC") if champion else None,
        "objects": count,
        "broken_off": _broken_off(opened),
    }
    try:
        wanted, lineage = retrain.input_for(spec, rows, champions_bands(champion, rows), champion)
    except UserError as error:
        return Prospect(**told, problem=_sentence(error))
    fit = [row for row in rows if wanted.mismatch(row.bands, row.pixel_scale) is None]
    rule = project.settings.get("split_rule") or dataset.split_rule(row.field for row in rows)
    seed = int(project.settings.get("seed", 0))
    goes_on = champion is not None and retrain.continues(champion, spec, wanted, dataset.CLASSES)
    lenses, others, undecided = _counts(fit, seed, rule)
    return Prospect(
        **told,
        lenses=lenses,
        others=others,
        undecided=undecided,
        refused=len(rows) - len(fit),
        goes_on=goes_on,
        lineage=lineage,
        input=f"{', '.join(wanted.bands)}, {wanted.size} × {wanted.size} pixels of {wanted.pixel_scale:g}″",
        quick_lacks=quick_problem(spec) or ("" if goes_on else "the model in use is of another kind or input"),
        problem=_lacking(fit, seed, rule),
    )


def _broken_off(opened: Opened) -> str:
    found = unfinished.found(unfinished_home(opened, CLASSIFY))
    if found is None:
        return ""
    begun = datetime.fromisoformat(found.begun).astimezone()
    grades = len(found.asked.get("label_ids", ()))
    return f"A training of {found.asked.get('backend', '')} on {grades:,} grades, begun {begun:%Y-%m-%d %H:%M}, was broken off."


def _counts(rows: Sequence[dataset.Example], seed: int, rule: str) -> tuple[Count, Count, Count]:
    """Lenses, others and undecided."""
    found = [[0, 0], [0, 0], [0, 0]]
    for row in rows:
        kind = 0 if row.target > 0.5 else 1 if row.target < 0.5 else 2
        found[kind][dataset.in_validation(row, seed, rule)] += 1
    lenses, others, undecided = (Count(*pair) for pair in found)
    return lenses, others, undecided


def _lacking(rows: Sequence[dataset.Example], seed: int, rule: str) -> str:
    """Why these can't be learnt from."""
    targets = [row.target for row in rows if not dataset.in_validation(row, seed, rule)]
    if any(one > 0.5 for one in targets) and any(one < 0.5 for one in targets):
        return ""
    missing = "non-lens" if any(one > 0.5 for one in targets) else "lens"
    return f"There is no {missing} to learn from among the {len(targets):,} graded objects to train on; grade more objects."


def _sentence(error: Exception) -> str:
    said = str(error)
    return said[:1].upper() + said[1:] + "."
