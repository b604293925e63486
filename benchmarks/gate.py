"""Planted harm at the gate: is every spoilt retraining refused, with the right reason, and every honest one let through?

    python benchmarks/gate.py [--seeds 5] [--pool 3000] [--data FOLDER] [--json]

Simulated g, r, i stamps (30 % lenses) and the real network in the warm child. A champion goes on from the shipped weights with 400
honest grades; then 600 more come and something is wrong:

flipped        20 % of the new grades are the other class, held-out objects among them
flipped, regraded  and of the old ones as well
flipped, trained   20 % of the new grades that may be trained on; the held-out ones are honest
bands          the files' bands lie in another order under the same names
bands, some    the same in the files of the 600 new objects alone
stretched      pixels were stretched and scaled to 0-255, as in a picture
declared       the backend asks for another normalisation than the champion's
leak           a fifth of the held-out objects is trained on under another name
collapsed      all layers are trained at a step size that ruins them

Honest: from 400 grades on, 100 more at a time, ten times, each model held against the one before; the same where the grades come from
the top of the champion's list, where most of what it calls lenses is none. What each model is worth is measured on 1,000
further objects that nobody graded, so that harm that was let through, and honest progress that was refused, has a size.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.api import Context, InputSpec, build
from astrolens_gui.core.images.prepare import crop, prepare_many
from astrolens_gui.core.learn import dataset, metrics, retrain
from astrolens_gui.core.learn.dataset import Example
from astrolens_gui.core.learn.models import read_model
from astrolens_gui.core.learn.scoring import lens_logit
from astrolens_gui.core.plugins import Plugins
from astrolens_gui.jobs.process import WarmChild

SHIPPED = Path(__file__).resolve().parents[1] / "resources" / "weights" / "cnn-ground-gri"
DEFAULT_DATA = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "astrolens-gate"
BANDS = ("g", "r", "i")
SURVEY: dict[str, Any] = {"survey": "kids_gri", "population": "shifted", "nuisance": "harsh", "lens_fraction": 0.3}
SEED, CHUNK, TEST = 4107, 250, 1000
FIRST, MORE, WRONG = 400, 600, 0.2
Change = Callable[[np.ndarray], np.ndarray]


def draw(start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
    """Raw stamps float32 (n, bands, s, s) and which of them are lenses."""
    from astrolens_simulator.plugin import SimulatorParams
    from astrolens_simulator.simulator import Simulator

    simulator = Simulator(build(SimulatorParams, SURVEY))
    stamps = [simulator.stamp(number, SEED) for number in range(start, stop)]
    return np.stack([np.stack(each.images) for each in stamps]), np.array(
        [each.truth.kind == "lens" for each in stamps]
    )


def pool(folder: Path, count: int) -> tuple[np.ndarray, np.ndarray]:
    path = folder / f"pool-{count}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        edges = range(0, count, CHUNK)
        with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as workers:
            parts = list(workers.map(draw, edges, [min(edge + CHUNK, count) for edge in edges]))
        raw, lens = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        np.savez(path, raw=raw.astype(np.float32), lens=lens)
    with np.load(path) as stored:
        return stored["raw"], stored["lens"]


def other_order(raw: np.ndarray) -> np.ndarray:
    return raw[:, [1, 2, 0]]


def stretched(raw: np.ndarray) -> np.ndarray:
    """As a picture has them: asinh, 0 to 255 in whole numbers."""
    low = np.percentile(raw, 1, axis=(2, 3), keepdims=True)
    high = np.percentile(raw, 99.7, axis=(2, 3), keepdims=True)
    return np.rint(255 * np.clip(np.arcsinh(10 * (raw - low) / (high - low)) / np.arcsinh(10), 0, 1)).astype(np.float32)


@dataclass
class Cutouts:
    """What the program's cache would give of these files; `change` is done to those in `changed`."""

    raw: np.ndarray
    change: Change | None = None
    changed: Sequence[int] = ()

    def batch(self, objects: Sequence[Any], spec: InputSpec) -> tuple[np.ndarray, list[tuple[int, str]]]:
        raw = self.raw[np.asarray(objects, int)].copy()
        if self.change is not None:
            wrong = np.isin(objects, self.changed)
            raw[wrong] = self.change(raw[wrong])
        planes = {band: np.stack([crop(one[at], spec.size or 64) for one in raw]) for at, band in enumerate(BANDS)}
        return prepare_many(planes, spec), []


class Loop:
    """One campaign: objects in a drawn order, the warm child, and what each model is worth."""

    def __init__(self, raw: np.ndarray, lens: np.ndarray, seed: int, folder: Path) -> None:
        self.raw, self.lens, self.seed, self.folder = raw, lens, seed, folder
        order = np.random.default_rng(seed).permutation(len(lens))
        self.order, self.test = order[:-TEST], order[-TEST:]
        self.spec = Plugins.discover().backend("cnn")
        self.child = WarmChild("gate")
        self.worth: dict[str, float] = {}

    def rows(self, count: int, answers: dict[int, bool] | None = None, old: int = 0) -> list[Example]:
        """The first `count` objects with their true class, or that of `answers`; `old` of them were graded before."""
        told = {int(at): bool(self.lens[at]) for at in self.order[:count]} | (answers or {})
        made = []
        for place, at in enumerate(told):
            regraded = place < old and answers is not None and at in answers
            event = 1_000_000 + at if regraded else at + 1
            made.append(Example(at, f"o{at}", "", dict.fromkeys(BANDS, (64, 64)), 0.2, float(told[at]), (event,), at))
        return made

    def train(self, rows: list[Example], champion: Any, cutouts: Any = None, **given: Any) -> retrain.Outcome:
        spec = given.pop("spec", self.spec)
        values = {"tune": "head", **given.pop("fit", {})}
        work = Path(tempfile.mkdtemp(dir=self.folder))
        return retrain.retrain(
            rows=rows, cutouts=cutouts or Cutouts(self.raw), spec=spec, params=build(spec.params), bands=BANDS,
            fit_params=build(spec.fit_params, values), models_dir=self.folder / "models", champion=champion,
            run=lambda entry, kwargs, ctx: self.child.call(entry, kwargs, None, ctx)[0],
            ctx=Context(workdir=work, seed=self.seed, device="cpu"), **given,
        )  # fmt: skip

    def auroc(self, champion: retrain.Champion) -> float:
        """On the objects that nobody graded, as they are."""
        info = champion.info
        if info.id not in self.worth:
            arrays = {"batch": Cutouts(self.raw).batch(self.test, info.input)[0]}
            kwargs = {"folder": str(info.folder), "factory": champion.spec.factory, "capability": "classify"}
            kwargs["params"] = info.network(champion.spec.params)
            _, made = self.child.call("astrolens_gui.core.learn.scoring:predict", kwargs, arrays, Context())
            logit = lens_logit(np.nan_to_num(made["output"]), info.classes)
            self.worth[info.id] = metrics.auroc(self.lens[self.test], logit)
        return self.worth[info.id]

    def first(self) -> retrain.Champion:
        shipped = retrain.Champion(read_model(SHIPPED), self.spec)
        return retrain.Champion(self.train(self.rows(FIRST), shipped, replace_lineage=True).model, self.spec)


def harms(loop: Loop, champion: retrain.Champion) -> dict[str, Callable[[], retrain.Outcome]]:
    """By name, what trains once with that harm."""
    random = np.random.default_rng([loop.seed, 1])
    old, new = loop.order[:FIRST], loop.order[FIRST : FIRST + MORE]
    honest = loop.rows(FIRST + MORE)
    held = {row.object for row in honest if dataset.in_validation(row, 0)}

    def flipped(among: np.ndarray) -> dict[int, bool]:
        return {int(at): not loop.lens[at] for at in among if random.random() < WRONG}

    def doubled() -> list[Example]:
        twins = [row for row in honest if row.object in held and random.random() < WRONG]
        number = 10_000_000
        made = []
        for row in twins:  # names are drawn until one falls on the trained side
            while dataset.in_validation(twin := replace(row, object=number, name=f"o{number}", key=f"o{number}"), 0):
                number += 1
            made.append(twin)
            number += 1
        return sorted(honest + made, key=lambda row: row.object)

    other = replace(loop.spec, input=replace(loop.spec.input, normalisation="noise"))
    everything = [*old, *new]
    trained = np.array([at for at in new if at not in held])
    return {
        "flipped": lambda: loop.train(loop.rows(FIRST + MORE, flipped(new)), champion),
        "flipped, regraded": lambda: loop.train(loop.rows(FIRST + MORE, flipped(loop.order[: FIRST + MORE]), FIRST), champion),
        "flipped, trained": lambda: loop.train(loop.rows(FIRST + MORE, flipped(trained)), champion),
        "bands": lambda: loop.train(honest, champion, Cutouts(loop.raw, other_order, everything)),
        "bands, some": lambda: loop.train(honest, champion, Cutouts(loop.raw, other_order, new)),
        "stretched": lambda: loop.train(honest, champion, Cutouts(loop.raw, stretched, everything)),
        "declared": lambda: loop.train(honest, champion, spec=other, go_on=False, fit={"tune": "all", "epochs": 1}),
        "leak": lambda: loop.train(doubled(), champion),
        "collapsed": lambda: loop.train(honest, champion, fit=RUINOUS),
    }  # fmt: skip


RUINOUS = {"tune": "all", "epochs": 2, "optimizer": "adam", "learning_rate": 0.1, "schedule": "constant"}


def honest(loop: Loop, champion: retrain.Champion, top: bool) -> list[tuple[retrain.Outcome, float, float]]:
    """Ten retrains with 100 more grades each: (outcome, AUROC of the champion, of the new model), on what nobody graded."""
    told = {int(at): bool(loop.lens[at]) for at in loop.order[:FIRST]}
    found = []
    for _ in range(10):
        left = [int(at) for at in loop.order if int(at) not in told]
        if top:
            left = [left[at] for at in np.argsort(-_scores(loop, champion, left))]
        told |= {at: bool(loop.lens[at]) for at in left[:100]}
        rows = [row for row in loop.rows(len(loop.order)) if row.object in told]
        outcome = loop.train(sorted(rows, key=lambda row: row.object), champion)
        new = retrain.Champion(outcome.model, loop.spec)
        found.append((outcome, loop.auroc(champion), loop.auroc(new)))
        champion = new if outcome.verdict.activates else champion
    return found


def _scores(loop: Loop, champion: retrain.Champion, objects: list[int]) -> np.ndarray:
    info = champion.info
    kwargs = {"folder": str(info.folder), "factory": champion.spec.factory, "capability": "classify"}
    kwargs["params"] = info.network(champion.spec.params)
    arrays = {"batch": Cutouts(loop.raw).batch(objects, info.input)[0]}
    _, made = loop.child.call("astrolens_gui.core.learn.scoring:predict", kwargs, arrays, Context())
    return lens_logit(made["output"], info.classes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--pool", type=int, default=3000)
    parser.add_argument("--only", nargs="*", help="names of harms; honest, top")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    raw, lens = pool(asked.data, asked.pool)
    found: dict[str, list[dict[str, Any]]] = {}

    def note(name: str, outcome: retrain.Outcome, before: float, after: float) -> None:
        told = {"verdict": outcome.verdict.kind, "reason": outcome.verdict.reason, "before": before, "after": after}
        found.setdefault(name, []).append(told)
        print(f"{name:18} {outcome.verdict.kind:12} {before:.3f} -> {after:.3f}  {outcome.verdict.reason}", flush=True)

    for seed in range(asked.seeds):
        with tempfile.TemporaryDirectory() as folder:
            loop = Loop(raw, lens, seed, Path(folder))
            champion = loop.first()
            for name, harm in harms(loop, champion).items():
                if not asked.only or name in asked.only:
                    outcome = harm()
                    after = (
                        float("nan") if name == "declared" else loop.auroc(retrain.Champion(outcome.model, loop.spec))
                    )
                    note(name, outcome, loop.auroc(champion), after)
            for name in ("honest", "top"):
                if not asked.only or name in asked.only:
                    for one in honest(loop, champion, name == "top"):
                        note(name, *one)
            loop.child.close()
    print()
    for name, told in found.items():
        refused = sum(one["verdict"] == "refused" for one in told)
        change = np.nanmedian([one["after"] - one["before"] for one in told])
        print(f"{name:18} refused {refused} of {len(told)}, AUROC on ungraded objects {change:+.3f} (median)")
    if asked.json:
        print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
