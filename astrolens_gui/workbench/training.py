"""The retrain button: labels and cutouts to a child that fits, then the gate; runs on the train lane."""

from __future__ import annotations

import logging
import os
import tempfile
import time
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.api import BackendSpec, Changes, Context, UserError, build, fields
from astrolens_gui.core import paths
from astrolens_gui.core.labels.records import CLASSIFY
from astrolens_gui.core.labels.schemes import worth
from astrolens_gui.core.learn import dataset, retrain, unfinished
from astrolens_gui.core.plugins import missing

from . import golden
from .choice import read_row, shipped_champion
from .records import TrainReport
from .then import rows_then, ungraded_then

if TYPE_CHECKING:
    from .opened import Opened


log = logging.getLogger("astrolens.workbench")


@dataclass(frozen=True)
class How:
    """What a person may ask of a training besides the backend's own parameters.

    Attributes:
        go_on: begin with the champion's weights where that is possible. replace_lineage: what can't be compared with the
            champion may take its place. quick: only the last layer of the champion, in the warm child: seconds.
    """

    go_on: bool = True
    replace_lineage: bool = False
    quick: bool = False


def train(
    opened: Opened,
    backend: str,
    values: dict[str, Any],
    bands: Sequence[str] | None,
    seed: int,
    how: How,
    ctx: Context,
    broken_off: unfinished.Unfinished | None = None,
) -> TrainReport:
    """Snapshot the labels, fit, calibrate, judge, store, and activate unless refused.

    `broken_off`: go on with that one, on the grades of then.

    Raises:
        UserError: nothing to learn from, or the backend can't be trained here; one sentence.
    """
    from dataclasses import replace

    start = time.perf_counter()
    bench, project = opened.bench, opened.project
    spec = bench.plugins.backend(backend)
    if spec.fit_params is None:
        raise UserError(f"the backend {spec.id} can't be trained; choose another")
    if lacking := missing(spec):
        raise UserError(f"the backend {spec.id} {lacking}")
    if spec.task == "detect":
        from .boxlearning import train_detector

        return train_detector(opened, spec, build(spec.fit_params, values), bands, seed, ctx)
    if how.quick:
        if lacking := quick_problem(spec):
            raise UserError(f"the backend {spec.id} {lacking}; train it whole")
        values = {**values, "tune": "head"}
    fit_params: Any = build(spec.fit_params, values)
    unreal, before = golden.painted(opened), in_use(opened, spec.task)
    objects, labels, champion = opened.on_db(lambda: snapshot(opened, unreal))
    if broken_off is None:
        rows = dataset.examples(objects, labels, worth(project.folder), source=opened.images.source)
    else:
        rows = rows_then(opened, broken_off.asked["label_ids"], "the training that was broken off")
    if not rows:
        raise UserError(f"{project.name} has no grades to learn from; grade some objects first")
    champion = to_beat(opened, champion, rows)
    bands = bands or champions_bands(champion, rows)
    check_writable(project.models_dir)
    if "split_rule" not in project.settings:
        project.settings["split_rule"] = dataset.split_rule(row.field for row in rows)
        project.save()
    try:
        outcome = retrain.retrain(
            rows=rows,
            cutouts=opened.images.cutouts,
            spec=spec,
            params=build(spec.params),
            fit_params=fit_params,
            models_dir=project.models_dir,
            champion=champion,
            run=_warm(opened) if how.quick else runner(bench.settings["memory_limit_gb"], spec),
            ctx=replace(ctx, seed=seed),
            bands=bands,
            rule=project.settings["split_rule"],
            split_seed=int(project.settings.get("seed", 0)),
            prevalence=prevalence(opened),
            go_on=how.go_on,
            replace_lineage=how.replace_lineage,
            unfinished_home=None if how.quick else unfinished_home(opened, spec.task),
            asked={"backend": backend, "values": values, "bands": bands, "seed": seed, "how": asdict(how)},
            only=broken_off.folder if broken_off else None,
            unlabelled=_unlabelled(opened, rows, unreal, fit_params, how, broken_off),
        )
    except UserError:
        if gone := project.missing_roots():
            raise UserError(gone[0]) from None
        raise
    return finish(opened, outcome, before, time.perf_counter() - start)


MOST_UNLABELLED, PER_LABELLED, FEW = 4000, 10, 2000
"""Ungraded images that a training takes at most, in all and for each graded object, where fewer than `FEW` are graded."""


def _unlabelled(
    opened: Opened,
    rows: Sequence[dataset.Example],
    unreal: Collection[int],
    fit_params: Any,
    how: How,
    broken_off: unfinished.Unfinished | None,
) -> list[dataset.Example]:
    """Ungraded objects for a training that learns from their images too: drawn by the project's seed, none that is held out."""
    if how.quick or not getattr(fit_params, "unlabelled", 0.0) or len(rows) >= FEW:
        return []
    if broken_off is not None:
        return ungraded_then(opened, broken_off.asked.get("unlabelled_ids", ()))
    project, count = opened.project, min(MOST_UNLABELLED, PER_LABELLED * len(rows))
    seed = int(project.settings.get("seed", 0))

    def read() -> list[Any]:
        table = opened.store.queue_table("")
        graded = {row.object for row in opened.store.labels()}
        left = [at for at in table["object"].tolist() if at not in graded and at not in unreal]
        drawn = np.random.default_rng(seed).permutation(len(left))[
            : 2 * count
        ]  # more than a half of them is not held out
        return opened.store.objects([left[at] for at in np.sort(drawn)])

    made = dataset.ungraded(opened.on_db(read), seed, project.settings["split_rule"], opened.images.source)
    return made[:: max(1, -(-len(made) // count))]


def resume(opened: Opened, ctx: Context) -> TrainReport:
    """Go on with the training that was broken off last: its settings, its grades, from its last kept epoch.

    Raises:
        UserError: there is none, or what it depends on has changed.
    """
    found = unfinished.found(unfinished_home(opened, CLASSIFY))
    if found is None:
        raise UserError(f"no training of {opened.project.name} was broken off after its first epoch; train anew")
    asked = found.asked
    how = How(**asked["how"])
    return train(opened, asked["backend"], asked["values"], asked["bands"], int(asked["seed"]), how, ctx, found)


def unfinished_home(opened: Opened, task: str) -> Path:
    """Where the state of trainings of a task is kept until they are finished."""
    return opened.project.cache_dir / "unfinished" / task.partition("/")[0]


def snapshot(opened: Opened, unreal: Collection[int] = ()) -> tuple[list[Any], list[Any], retrain.Champion | None]:
    """Labels but those of `unreal` objects, their objects and the champion, as of one moment on the db lane."""
    store, project = opened.store, opened.project
    labels = [row for row in store.labels() if row.object not in unreal]
    objects = store.objects(sorted({label.object for label in labels}))
    row = store.champion()
    if row is None:
        return objects, labels, None
    try:
        info = read_row(project.models_dir, row.folder)
        return objects, labels, retrain.Champion(info, opened.bench.plugins.backend(info.backend))
    except UserError as error:  # its folder or its plugin is gone: nobody is left to compare with
        log.warning("the champion %s can't be compared with: %s", row.id, error)
        return objects, labels, None


def to_beat(
    opened: Opened, champion: retrain.Champion | None, rows: Sequence[dataset.Example]
) -> retrain.Champion | None:
    """The champion; before there is one, what ranks these objects without any training: the shipped weights that fit them."""
    if champion is None and (found := shipped_champion(opened, [row.object for row in rows])):
        return retrain.Champion(found[1], found[0])
    return champion


def runner(gigabytes: float, spec: BackendSpec) -> retrain.Run:
    """Fits and predicts in a spawned child; in this thread for a backend that asks for it."""
    if spec.fit_in == "thread":
        return _call
    from astrolens_gui.jobs.process import run_in_child

    limit = memory_limit(gigabytes)
    return lambda entry, kwargs, ctx: run_in_child(
        entry, kwargs, ctx, memory_limit_bytes=limit, name=f"training {spec.id}", log_folder=paths.log_folder()
    )


def quick_problem(spec: BackendSpec) -> str:
    """Why the last layer of this backend's networks can't be tuned alone; "" where it can."""
    names = {field.name for field in fields(spec.fit_params)} if spec.fit_params else set()
    return "" if spec.resumes and "tune" in names else "has no last layer that could be tuned alone"


def _warm(opened: Opened) -> retrain.Run:
    """Fits and predicts in the warm child that scores: it has loaded everything already."""
    child = opened.bench.models.child
    return lambda entry, kwargs, ctx: child.call(entry, kwargs, None, ctx)[0]


def check_writable(folder: Path) -> None:
    """Before an hour of training, not after it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UserError(f"{folder} can't be written ({error.strerror}); models are stored there") from None


def champions_bands(champion: retrain.Champion | None, rows: Sequence[dataset.Example]) -> tuple[str, ...] | None:
    """The champion's bands, where lenses and non-lenses have them: only who asks for other bands gets a new lineage."""
    if champion is None:
        return None
    wanted = champion.info.input.bands
    targets = [row.target for row in rows if all(band in row.bands for band in wanted)]
    return wanted if targets and min(targets) < 0.5 < max(targets) else None


def memory_limit(gigabytes: float) -> int | None:
    """Bytes that a training may use; by default nine tenths of the machine's memory, so that the window keeps some."""
    if gigabytes > 0:
        return int(gigabytes * 1e9)
    try:
        return int(0.9 * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (ValueError, OSError, AttributeError):  # not told on this system
        return None


def _call(entry: str, kwargs: dict[str, Any], ctx: Context) -> Any:
    """A "module:function" in this thread."""
    import importlib

    module, _, name = entry.partition(":")
    return getattr(importlib.import_module(module), name)(**kwargs, ctx=ctx)


FEWEST_DRAWN, FEWEST_FOUND = 100, 10
"""Drawn grades, and lenses among them, from which the share of lenses in the project is taken from them."""


def prevalence(opened: Opened) -> float | None:
    """Share of lenses among all objects of the project, by the grades of a drawn queue: what scores are stated for. None where too few
    were drawn: nobody knows it then, and the share among the labels is all there is."""
    from .searching import searched

    found = searched(opened, None, Context())
    if found.search is None or found.drawn < FEWEST_DRAWN or found.search.found < FEWEST_FOUND or found.caution:
        return None
    return min(max(found.search.lenses.value / found.search.pool, 1e-6), 1 - 1e-6)


def in_use(opened: Opened, task: str) -> str:
    """Id of the champion of a task, "" where there is none."""
    row = opened.on_db(lambda: opened.store.champion(task))
    return "" if row is None else row.id


def finish(opened: Opened, outcome: Any, before: str, seconds: float) -> TrainReport:
    """Store the model, and put it in the place of the one that it was judged against. Where somebody put another one in use while it
    learnt (`before`: the champion when it began), that one stays: nothing is known of which of the two is better."""
    verdict, info = outcome.verdict, outcome.model
    task = opened.bench.plugins.backend(info.backend).task

    def commit() -> tuple[bool, str]:
        opened.store.add_model(
            info.id,
            backend=info.backend,
            parent=info.parent,
            verdict=verdict.kind,
            metrics=verdict.metrics,
            created=info.created,
            task=task,
        )
        now, reason = opened.store.champion(task), verdict.reason
        other = now.id if now is not None and now.id not in (before, info.parent) else ""
        if other and verdict.activates:
            reason += f"; {other} came into use while it learnt and stays: compare the two and use the better one"
        activates = verdict.activates and not other
        if activates:
            opened.store.set_champion(info.id)
        ranks = activates and task == CLASSIFY
        opened.tell(Changes(models=(info.id,), scores=ranks, queue=ranks, message=reason))
        return activates, reason

    activates, reason = opened.on_db(commit)
    told = {"verdict": verdict.kind, "reason": reason, "metrics": verdict.metrics}
    opened.bench.plugins.tell("astrolens_model_trained", log, model=info.id, report=told)
    return TrainReport(
        info.id,
        verdict.kind,
        reason,
        verdict.metrics,
        activates,
        [sentence for _, sentence in outcome.refused],
        seconds,
    )
