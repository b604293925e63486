"""The data sets of the lens-finding challenge as arrays: drawn by the simulator in processes of low priority, resumable;
knows no model.

    python benchmarks/challenge_data.py [space ground negatives] [--data FOLDER] [--count 10000] [--workers 2]

Of each kind a training set of the standard population and nuisances, and a test set of the shifted population and the
harsh nuisances, from other seeds. `negatives` are 100,000 non-lenses of the space kind's test settings.

A set is a folder: `about.json` (what it is), `images-<k>.npy` (float32 fluxes (n, bands, size, size), NaN where masked)
and `truth.csv`. `astrolens simulate` with the same settings and seed writes the same objects under the same IDs, so that
a person can grade the test set as files. `prepared-…` folders beside them hold what networks eat.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astrolens_simulator import simulator as drawing
from astrolens_simulator.plugin import SimulatorParams

from astrolens_gui.api import InputSpec, TrainingSet, UserError, build
from astrolens_gui.core.images.prepare import prepare_many
from astrolens_gui.core.learn.dataset import LARGEST_SIZE, balance
from astrolens_gui.core.learn.scoring import CLASSES

CHUNK = 250
"""Stamps a file: what an interruption can cost."""
WATCHED_SHARE = 0.15
"""Of a training set: what a backend watches, to stop in time."""
NAMES = {"kind": "class", "theta_e": "theta_E_arcsec"}
DEFAULT_DATA = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "astrolens-challenge"


@dataclass(frozen=True)
class Recipe:
    """What one set is made of: the simulator's parameters, how many stamps, and the seed of their run."""

    params: dict[str, Any]
    count: int
    seed: int


def recipes(count: int = 10_000, negatives: int = 100_000) -> dict[str, Recipe]:
    """The challenge's sets by the name of their folder."""
    train, test = ({"population": a, "nuisance": b} for a, b in (("standard", "standard"), ("shifted", "harsh")))
    space, ground = ({"survey": f"challenge1_{kind}"} for kind in ("space", "ground"))
    return {
        "space/train": Recipe(space | train, count, 2801),
        "space/test": Recipe(space | test, count, 2802),
        "ground/train": Recipe(ground | train, count, 2811),
        "ground/test": Recipe(ground | test, count, 2812),
        "negatives": Recipe(space | test | {"lens_fraction": 0.0}, negatives, 2803),
    }


def make(folder: Path, recipe: Recipe, workers: int = 2) -> Stamps:
    """Draw what the folder lacks of its set, in so many processes (0: in this one), and return it.

    Raises:
        UserError: the folder holds a set of another recipe.
    """
    folder.mkdir(parents=True, exist_ok=True)
    about, wanted = folder / "about.json", {**asdict(recipe), "chunk": CHUNK}
    if about.exists() and json.loads(about.read_text(encoding="utf-8")) != wanted:
        raise UserError(f"{folder} holds a set of another recipe (see about.json); remove it or name another --data")
    about.write_text(json.dumps(wanted, indent=1) + "\n", encoding="utf-8")
    absent = [k for k in range(-(-recipe.count // CHUNK)) if not _chunk(folder, k).exists()]
    began = time.perf_counter()
    jobs = [(folder, recipe, k) for k in absent]
    if not workers:
        for job in jobs:
            _draw(job)
    elif jobs:
        with multiprocessing.get_context("spawn").Pool(workers, _step_back) as pool:
            for done, _ in enumerate(pool.imap_unordered(_draw, jobs), 1):
                rate = done * CHUNK / (time.perf_counter() - began)
                print(f"{folder}: {done} of {len(absent)} files, {rate:.1f} stamps/s", flush=True)
    _write_truth(folder, recipe)
    return Stamps(folder)


def _step_back() -> None:
    os.nice(19)


def _chunk(folder: Path, number: int) -> Path:
    return folder / f"images-{number:04d}.npy"


def _draw(job: tuple[Path, Recipe, int]) -> int:
    """One file of stamps with its rows of the truth; the images come last, so that their file means both are there."""
    folder, recipe, chunk = job
    source = drawing.Simulator(build(SimulatorParams, recipe.params))
    numbers = range(chunk * CHUNK, min((chunk + 1) * CHUNK, recipe.count))
    rows, images = [], []
    for number in numbers:
        stamp = source.stamp(number, recipe.seed)
        images.append(stamp.images)
        rows.append(_row(stamp, number, recipe.seed))
    (folder / f"truth-{chunk:04d}.json").write_text(json.dumps(rows), encoding="utf-8")
    target = _chunk(folder, chunk)
    with target.with_suffix(".new").open("wb") as stream:
        np.save(stream, np.stack(images).astype(np.float32))
    target.with_suffix(".new").replace(target)
    return chunk


def _row(stamp: drawing.Stamp, number: int, seed: int) -> dict[str, str]:
    """The object's truth under the names of the simulator's table; its ID there is the same."""
    truth = {NAMES.get(name, name): value for name, value in asdict(stamp.truth).items()} | {"arc_snr": stamp.arc_snr}
    plain = {
        name: f"{value:.5g}" for name, value in truth.items() if isinstance(value, (int, float)) and value == value
    }
    texts = {name: value for name, value in truth.items() if isinstance(value, str)}
    return {"ID": f"sim{seed:04d}_{number:06d}", "is_lens": str(int(truth["class"] == "lens")), **texts, **plain}


def _write_truth(folder: Path, recipe: Recipe) -> None:
    rows: list[dict[str, str]] = []
    for chunk in range(-(-recipe.count // CHUNK)):
        rows += json.loads((folder / f"truth-{chunk:04d}.json").read_text(encoding="utf-8"))
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with (folder / "truth.new").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    (folder / "truth.new").replace(folder / "truth.csv")


class Stamps:
    """A set on disk, read file by file."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        if not (self.folder / "truth.csv").exists():
            raise UserError(f"{folder} holds no finished set; run challenge_data.py with the same --data first")
        self.recipe = Recipe(**{k: v for k, v in self.about.items() if k != "chunk"})

    @property
    def about(self) -> dict[str, Any]:
        return json.loads((self.folder / "about.json").read_text(encoding="utf-8"))

    def truth(self) -> list[dict[str, str]]:
        with (self.folder / "truth.csv").open(newline="", encoding="utf-8") as stream:
            return list(csv.DictReader(stream))

    def is_lens(self) -> np.ndarray:
        """bool (N,)"""
        return np.array([row["is_lens"] == "1" for row in self.truth()])

    def input(self, wanted: InputSpec) -> InputSpec:
        """A backend's open InputSpec closed with this set's bands, scale and size, as the program would."""
        source = drawing.Simulator(build(SimulatorParams, self.recipe.params))
        bands = tuple(band.name for band in source.survey.bands)
        size = min(source.size, wanted.size or LARGEST_SIZE)
        return InputSpec(wanted.bands or bands, source.survey.pixel_scale, size, wanted.normalisation)

    def batches(self, spec: InputSpec, first: int | None = None) -> Iterator[np.ndarray]:
        """Prepared stamps float32 (n, size, size, bands), file by file."""
        bands = self.input(InputSpec()).bands
        left = first or self.recipe.count
        for path in sorted(self.folder.glob("images-*.npy")):
            raw = np.load(path, allow_pickle=False)[:left]
            left -= len(raw)
            if len(raw):
                yield prepare_many({band: raw[:, channel] for channel, band in enumerate(bands)}, spec)

    def prepared(self, spec: InputSpec, first: int | None = None) -> Path:
        """The folder of an `api.TrainingSet` of (the first) stamps for this input, made once and kept."""
        count = first or self.recipe.count
        name = f"prepared-{spec.size}-{spec.normalisation}-{'_'.join(spec.bands)}-{count}"
        folder = self.folder / name
        if (folder / "set.json").exists():
            return folder
        folder.mkdir(exist_ok=True)
        images = np.lib.format.open_memmap(folder / "images.npy", "w+", np.float32, (count, *spec.shape))
        start = 0
        for batch in self.batches(spec, count):
            images[start : start + len(batch)] = batch
            start += len(batch)
        images.flush()
        lens = self.is_lens()[:count].astype(np.float64)
        split = (np.random.default_rng(0).random(count) < WATCHED_SHARE).astype(np.int8)
        np.save(folder / "targets.npy", np.stack([1 - lens, lens], axis=1).astype(np.float32))
        np.save(folder / "weights.npy", balance(lens, split).astype(np.float32))
        np.save(folder / "split.npy", split)
        about = {"classes": CLASSES, "input": spec.as_dict(), "seed": 0, "rule": "object", "recipe": self.about}
        (folder / "set.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
        assert TrainingSet.open(folder).input == spec
        return folder


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", default=["space", "ground"], help="space, ground, negatives")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--count", type=int, default=10_000, help="stamps of each training and test set")
    parser.add_argument("--negatives", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    sets = recipes(given.count, given.negatives)
    for kind in given.kinds:
        names = [name for name in sets if name.split("/")[0] == kind]
        if not names:
            raise UserError(f"there is no kind {kind}; there are space, ground and negatives")
        for name in names:
            stamps = make(given.data / name, sets[name], given.workers)
            lens = stamps.is_lens()
            print(f"{given.data / name}: {len(lens)} stamps, {int(lens.sum())} lenses", flush=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        sys.exit(f"challenge_data.py: {error}")
