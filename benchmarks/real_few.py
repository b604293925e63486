"""Six labels on real survey stamps: three lenses and three others are learnt from, stamps of all other fields are ranked before and after.

    python benchmarks/real_few.py [FOLDER] [--hst] [--draws 50] [--backend cnn] [--json]

Euclid VIS begins with the shipped weights and tunes the last layer as `astrolens train --quick` does; the features are computed
once, and the first draw is also fitted by the backend itself, so that the printed difference says whether the short cut is the same
thing. HST F140W has no shipped weights: a network begins from random ones (before: none, 0.5). FOLDER holds the stamps (shared/data
beside the checkout, or where ASTROLENS_DATA says); all are cut to one central field, for the size of a stamp alone tells the class.

Of each draw only stamps whose field gave no label are ranked. Intervals: fields are drawn anew 2,000 times, the same for before and
after, and the mean over the draws is taken each time; which six were labelled stays, so they are of the tested stamps, not of the
draws. The range over the draws stands beside it.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import real_stamps
from real_stamps import Real

from astrolens_gui.api import Context, InputSpec, TrainingSet, UserError
from astrolens_gui.core.images.prepare import crop
from astrolens_gui.core.learn import head, metrics
from astrolens_gui.core.learn.models import read_model
from astrolens_gui.core.learn.scoring import CLASSES, lens_logit
from astrolens_gui.core.plugins import Plugins
from astrolens_gui.jobs.process import run_in_child

LABELS = 3
"""Of each class."""
RESAMPLED = 2000


@dataclass(frozen=True)
class Draw:
    """Places of the six labelled stamps, and of all those whose field none of them comes from."""

    learnt: np.ndarray
    tested: np.ndarray


def field_of(name: str) -> str:
    """Which frame a stamp was cut from: the tile or system that its name begins with."""
    found = re.match(r"DESIJ[^_]+|[A-Z]*\d+", name)
    if found is None:
        raise UserError(f"{name}: its name does not say which field it was cut from; rename it after its tile")
    return found.group()


def draws_of(truth: np.ndarray, fields: np.ndarray, count: int, seed: int) -> list[Draw]:
    """Seeded draws of `LABELS` stamps a class, both classes left among the tested."""
    random, found = np.random.default_rng(seed), []
    for _ in range(100 * count):
        learnt = np.concatenate([random.choice(np.flatnonzero(truth == kind), LABELS, False) for kind in (True, False)])
        tested = np.flatnonzero(~np.isin(fields, fields[learnt]))
        if truth[tested].any() and not truth[tested].all():
            found.append(Draw(learnt, tested))
        if len(found) == count:
            return found
    raise UserError(f"these stamps lie in too few fields for {count} draws of {LABELS} lenses and {LABELS} others")


def areas(truth: np.ndarray, draws: Sequence[Draw], scores: Sequence[np.ndarray], weights: np.ndarray) -> np.ndarray:
    """AUROC of each draw's tested stamps where stamp i counts weights[b, i] times: float64 (B, draws), NaN without a class."""
    found = np.full((len(weights), len(draws)), np.nan)
    for place, (draw, score) in enumerate(zip(draws, scores, strict=True)):
        lens, other = draw.tested[truth[draw.tested]], draw.tested[~truth[draw.tested]]
        above = (score[lens, None] > score[other]) + 0.5 * (score[lens, None] == score[other])
        first, second = weights[:, lens], weights[:, other]
        pairs = first.sum(1) * second.sum(1)
        np.divide(np.einsum("bi,ij,bj->b", first, above, second), pairs, out=found[:, place], where=pairs > 0)
    return found


def compared(
    truth: np.ndarray, fields: np.ndarray, draws: Sequence[Draw], ways: dict[str, Sequence[np.ndarray]]
) -> dict[str, Any]:
    """Mean AUROC over the draws of each way with its interval, and its change against the first way, paired."""
    random, names = np.random.default_rng(0), np.unique(fields)
    counts = random.multinomial(len(names), np.full(len(names), 1 / len(names)), RESAMPLED)
    weights = counts[:, np.searchsorted(names, fields)].astype(float)
    once = np.ones((1, len(truth)))
    base, found = None, {}
    for name, scores in ways.items():
        each, again = areas(truth, draws, scores, once)[0], areas(truth, draws, scores, weights)
        again = again[np.isfinite(again).any(axis=1)]
        said = {"AUROC": each.mean(), "AUROC_ci": metrics.interval(np.nanmean(again, axis=1))}
        if base is None:
            base = each, again
        else:
            change, moved = each - base[0], np.nanmean(again, axis=1) - np.nanmean(base[1], axis=1)
            said |= {"change": change.mean(), "change_ci": metrics.interval(moved)}
            said |= {"change in 95 % of the draws": metrics.interval(change)}
            said |= {"draws better": int((change > 0).sum()), "draws worse": int((change < 0).sum())}
        found[name] = said
    return found


def tuned(features: np.ndarray, truth: np.ndarray, draws: Sequence[Draw], kernel: np.ndarray, bias: np.ndarray) -> Any:
    """Log-odds float64 (N,) of each draw: by the last layer that the CNN's tuning makes of the six labels."""
    from astrolens_cnn import lasthead

    before = lasthead.Layer(kernel, bias)
    targets = np.stack([~truth, truth], 1).astype(float)
    made = []
    for draw in draws:
        graded = lasthead.Graded(features[draw.learnt], targets[draw.learnt], np.ones(len(draw.learnt)))
        made.append(lens_logit(lasthead.tune(before, graded).layer.logits(features), CLASSES))
    return made


def anew(features: np.ndarray, truth: np.ndarray, draws: Sequence[Draw]) -> list[np.ndarray]:
    """Log-odds of each draw by a regression on the features that forgets the shipped layer (the queue's quick model)."""
    made = []
    for draw in draws:
        target = np.full(len(truth), np.nan)
        target[draw.learnt] = truth[draw.learnt]
        made.append(head.fit(features, target).logit(features))
    return made


def training_set(folder: Path, images: np.ndarray, truth: np.ndarray, spec: InputSpec) -> TrainingSet:
    """A set that is all learnt from: six stamps leave none to watch."""
    lens = truth.astype(np.float32)
    np.save(folder / "images.npy", images)
    np.save(folder / "targets.npy", np.stack([1 - lens, lens], axis=1))
    np.save(folder / "weights.npy", np.ones(len(lens), np.float32))
    np.save(folder / "split.npy", np.zeros(len(lens), np.int8))
    (folder / "set.json").write_text(json.dumps({"classes": CLASSES, "input": spec.as_dict()}), encoding="utf-8")
    return TrainingSet.open(folder)


def embed_and_fit(
    *,
    factory: str,
    params: Any,
    fit_params: Any,
    model: str,
    images: np.ndarray,
    truth: np.ndarray,
    spec: InputSpec,
    learnt: np.ndarray,
    ctx: Context,
) -> dict[str, np.ndarray]:
    """Child: features and logits of all stamps, the last layer, and the logits after the backend's own fit of `learnt`."""
    from astrolens_gui.core.plugins import create

    backend = create(factory, params)
    backend.load(Path(model))
    kernel, bias = (np.asarray(each, np.float64) for each in backend._known().get_layer("logits").weights)
    told = {
        "features": backend.embed(images, ctx),
        "logits": backend.classify(images, ctx),
        "kernel": kernel,
        "bias": bias,
    }
    with tempfile.TemporaryDirectory() as work:
        backend.fit(training_set(Path(work), images[learnt], truth[learnt], spec), fit_params, ctx)
    return told | {"after": backend.classify(images, ctx)}


def fit_each(
    *,
    factory: str,
    params: Any,
    fit_params: Any,
    images: np.ndarray,
    truth: np.ndarray,
    spec: InputSpec,
    learnt: list[np.ndarray],
    ctx: Context,
) -> list[np.ndarray]:
    """Child: log-odds of all stamps by a network from random weights, one training for each six labels."""
    from astrolens_gui.core.plugins import create

    made = []
    for number, rows in enumerate(learnt):
        with tempfile.TemporaryDirectory() as work:
            backend = create(factory, params)
            backend.fit(training_set(Path(work), images[rows], truth[rows], spec), fit_params, ctx)
        made.append(lens_logit(np.asarray(backend.classify(images, ctx)), CLASSES))
        print(f"draw {number + 1} of {len(learnt)}", file=sys.stderr, flush=True)
    return made


def measure(
    stamps: list[Real], spec: InputSpec, model: Path | None, backend: str, count: int, seed: int
) -> dict[str, Any]:
    """All figures of one instrument; `model` None: from random weights."""
    truth, fields = np.array([one.is_lens for one in stamps]), np.array([field_of(one.name) for one in stamps])
    draws, images = draws_of(truth, fields, count, seed), real_stamps.cut(stamps, spec)
    info = read_model(model) if model else None
    made = Plugins.discover().backend(info.backend if info else backend)
    ask = {"factory": made.factory, "images": images, "truth": truth, "spec": spec, "fit_params": made.fit_params()}  # type: ignore[misc]
    bright = np.stack([crop(one.image, spec.size or 0) for one in stamps])
    bright = np.nansum(bright - np.nanmedian(bright, axis=(1, 2), keepdims=True), axis=(1, 2))
    told: dict[str, Any] = {
        "lenses": int(truth.sum()),
        "others": int((~truth).sum()),
        "fields": len(set(fields)),
        "size_px": spec.size,
    }
    if info is None:
        learnt = [draw.learnt for draw in draws]
        after = run_in_child(
            "real_few:fit_each", {**ask, "params": made.params(), "learnt": learnt}, Context(device="cpu", seed=1)
        )
        ways = {
            "before (nothing known)": [np.zeros(len(truth))] * count,
            f"after: {backend} from random weights": after,
        }
    else:
        kwargs = {**ask, "params": info.network(made.params), "model": str(model), "learnt": draws[0].learnt}
        got = run_in_child("real_few:embed_and_fit", kwargs, Context(device="cpu", seed=1))
        before, features = lens_logit(got["logits"], info.classes), got["features"]
        after = tuned(features, truth, draws, got["kernel"], got["bias"])
        gap = np.abs(lens_logit(got["after"], info.classes) - after[0]).max()
        told["largest difference to the backend's own fit, first draw"] = float(gap)
        told["largest move of a log-odds, first draw"] = float(np.abs(after[0] - before).max())
        ways = {"before (shipped weights)": [before] * count, "after: last layer tuned": after}
        ways["after: regression on the features, shipped layer forgotten"] = anew(features, truth, draws)
    ways["brightness in the field"] = [bright] * count
    return told | {
        "draws": count,
        "tested": float(np.mean([len(draw.tested) for draw in draws])),
        **compared(truth, fields, draws, ways),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=real_stamps.DATA)
    parser.add_argument("--weights", type=Path, default=real_stamps.ROOT / "resources" / "weights" / "cnn-euclid-vis")
    parser.add_argument("--hst", action="store_true", help="HST F140W from random weights instead of Euclid VIS")
    parser.add_argument("--backend", default="cnn", help="what --hst trains")
    parser.add_argument("--draws", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    real_stamps.DATA, began = given.folder, time.perf_counter()
    if given.hst:
        stamps = real_stamps.hst()
        spec, model = InputSpec(("F140W",), 0.08, min(one.side for one in stamps)), None
    else:
        stamps, model = real_stamps.euclid(), given.weights
        spec = read_model(model).input
    found = measure(stamps, spec, model, given.backend, given.draws, given.seed)
    found["seconds"] = round(time.perf_counter() - began, 1)
    if given.json:
        print(json.dumps(found, indent=1))
        return 0
    for name, value in found.items():
        if isinstance(value, dict):
            print(f"{name}: " + ", ".join(f"{key} {_short(each)}" for key, each in value.items()))
        else:
            print(f"{name}: {_short(value)}")
    return 0


def _short(value: Any) -> str:
    if isinstance(value, tuple):
        return f"({value[0]:+.3f} to {value[1]:+.3f})"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        sys.exit(f"real_few.py: {error}")
