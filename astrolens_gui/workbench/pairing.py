"""Pair sets, and the training of restorers on them or on the project's own images; runs on the train and io lanes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.api import BackendSpec, Context, UserError, build
from astrolens_gui.core.learn import dataset, pairset
from astrolens_gui.core.learn.fitting import fit_task
from astrolens_gui.core.learn.retrain import Champion
from astrolens_gui.core.plugins import missing
from astrolens_gui.core.restore import pairs as pairing
from astrolens_gui.core.restore import sources

from . import drawing, training
from .choice import read_row
from .records import TrainReport

if TYPE_CHECKING:
    from .bench import Workbench
    from .opened import Opened

MOST_OBJECTS = 6_000
"""A self-supervised training learns from at most so many images, taken evenly from the project."""


@dataclass(frozen=True)
class Wanted:
    """Which pairs are to be made: one of `simulated`, `repeats` (folders), `table` (a CSV), `degrade` (files, folders).

    Attributes:
        size: of the patches, pixels. bands, pixel_scale: for images that don't say. fwhm, to_fwhm, noise: of `degrade`.
    """

    simulated: Path | None = None
    repeats: Path | None = None
    table: Path | None = None
    degrade: tuple[Path, ...] = ()
    size: int = 64
    seed: int = 1
    bands: tuple[str, ...] = ()
    pixel_scale: float | None = None
    fwhm: float | None = None
    to_fwhm: tuple[float, ...] = ()
    noise: tuple[float, ...] = field(default=(2.0,))

    def pairs(self) -> tuple[str, Iterator[pairing.Pair | str]]:
        """How they are made, and the pairs.

        Raises:
            UserError: not exactly one source is named, or one lacks what it needs.
        """
        given = [name for name in ("simulated", "repeats", "table", "degrade") if getattr(self, name)]
        if len(given) != 1:
            raise UserError("say where the pairs come from: one of --simulated, --repeats, --table, --degrade")
        how: dict[str, Any] = {"bands": self.bands, "pixel_scale": self.pixel_scale}
        if self.simulated is not None:
            return given[0], sources.from_simulations(self.simulated, **how)
        if self.repeats is not None:
            return given[0], sources.from_repeats(self.repeats, **how)
        if self.table is not None:
            return given[0], sources.from_table(self.table, **how)
        if self.fwhm is None or not self.to_fwhm:
            raise UserError(
                "say the seeing of the good images and of the poor ones in arcsec: --fwhm 0.7 --to-fwhm 1.4,1.8"
            )
        worse: dict[str, Any] = {"fwhm": self.fwhm, "to_fwhm": self.to_fwhm, "noise": self.noise, "seed": self.seed}
        return given[0], sources.from_degrading(self.degrade, **worse, **how)


def make_pairs(bench: Workbench, out: Path, wanted: Wanted, ctx: Context) -> pairing.PairSet:
    """Write a set of pairs; a cancelled one leaves nothing. On the io lane.

    Raises:
        UserError: nothing could be used, with the first reason.
    """
    bench.plugins  # noqa: B018 - readers of other formats come with the plugins
    how, found = wanted.pairs()
    about = {"how": how, **{name: value for name, value in vars(wanted).items() if value}}
    return pairing.write_pairs(out, found, size=wanted.size, seed=wanted.seed, about=about, ctx=ctx)


def train_any(
    opened: Opened,
    backend: str,
    values: dict[str, Any],
    bands: Sequence[str] | None,
    seed: int,
    pairs: Path | None,
    how: training.How,
    ctx: Context,
) -> TrainReport:
    """Train a restorer on images or pairs, a generator on images, any other backend on the labels."""
    spec = opened.bench.plugins.backend(backend)
    if spec.task.startswith("restore/"):
        return train_restorer(opened, spec, values, bands, seed, pairs, ctx)
    if pairs is not None:
        raise UserError(f"the backend {backend} learns from labels, not from pairs; leave --pairs out")
    if drawing.draws(spec):
        return drawing.train_generator(opened, spec, values, bands, seed, ctx)
    return training.train(opened, backend, values, bands, seed, how, ctx)


def train_restorer(
    opened: Opened,
    spec: BackendSpec,
    values: dict[str, Any],
    bands: Sequence[str] | None,
    seed: int,
    pairs: Path | None,
    ctx: Context,
) -> TrainReport:
    """Fit on the project's own images (self-supervised) or on `pairs`, judge, store, and activate unless refused.

    Raises:
        UserError: nothing to learn from, or the backend can't be trained here; one sentence.
    """
    begun = time.perf_counter()
    bench, project = opened.bench, opened.project
    if spec.fit_params is None:
        raise UserError(f"the backend {spec.id} can't be trained; choose another")
    if lacking := missing(spec):
        raise UserError(f"the backend {spec.id} {lacking}")
    fit_params: Any = build(spec.fit_params, values)
    training.check_writable(project.models_dir)
    before = training.in_use(opened, spec.task)
    split = {"seed": int(project.settings.get("seed", 0)), "rule": project.settings.get("split_rule", "object")}
    folder, first = Path(ctx.workdir) / "set", ctx.part(0.0, 0.1)
    if pairs is not None:
        if bands:
            raise UserError("a set of pairs has its own bands; leave --bands out")
        built = pairset.from_pairs(folder, pairs)
        split = {"seed": split["seed"], "rule": "object"}
    else:
        rows = examples(opened)
        input = pairset.choose_input(spec, rows, bands)
        built = pairset.from_objects(
            folder, rows, opened.images.cutouts, input, seed=split["seed"], rule=split["rule"], ctx=first
        )
    asked = Path(ctx.workdir) / "asked.npy"
    np.save(asked, built.judged)
    outcome = fit_task(
        data=built.set,
        about={"hash": built.hash, "split": split},
        spec=spec,
        params=build(spec.params),
        fit_params=fit_params,
        yardstick=pairset.yardstick(built),
        models_dir=project.models_dir,
        champion=_champion(opened, spec),
        run=training.runner(bench.settings["memory_limit_gb"], spec),
        ctx=replace(ctx.part(0.1, 1.0), seed=seed),
        asked=asked,
        refused=built.refused,
        unfinished_home=training.unfinished_home(opened, spec.task),
    )
    return training.finish(opened, outcome, before, time.perf_counter() - begun)


def examples(opened: Opened) -> list[dataset.Example]:
    """All objects, graded or not, at most `MOST_OBJECTS`."""
    ids = opened.on_db(lambda: opened.store.queue_table(""))["object"]
    if not len(ids):
        raise UserError(f"{opened.project.name} has no images to learn from; import some first")
    rows = opened.images.rows(ids[:: -(-len(ids) // MOST_OBJECTS)])
    made = []
    for row in rows:
        bands = {plane["band"]: tuple(plane["shape"]) for plane in row.planes if plane.get("band")}
        key = str(row.meta.get("key") or row.name)
        source = opened.images.source(row)
        made.append(
            dataset.Example(row.id, row.name, row.field or "", bands, row.pixel_scale, 0.0, source=source, key=key)
        )
    return made


def _champion(opened: Opened, spec: BackendSpec) -> Champion | None:
    row = opened.on_db(lambda: opened.store.champion(spec.task))
    if row is None:
        return None
    try:
        return Champion(read_row(opened.project.models_dir, row.folder), spec)
    except UserError as error:  # its folder is gone: nobody is left to compare with
        training.log.warning("the champion %s can't be compared with: %s", row.id, error)
        return None
