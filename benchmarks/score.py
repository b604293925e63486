"""Files on disk → scores on disk: AstroLens against what a user would write, and against the network alone on arrays
in memory.

    python benchmarks/score.py [--count 4000] [--rounds 3] [--json]

"predict alone" is the same network through the same engine (the inference child and its threads) on prepared arrays:
the rate that reading, preparing and storing cannot beat. The user's script reads with `astropy.io.fits.getdata` in a
loop, prepares the same way, calls `model.predict` of the same trained network and writes a CSV. Rounds are
interleaved and the best of each counts, for the machine may be busy; files are in the page cache. "cold" has no
cutout cache, "warm" has one. The weights are random: the rate does not depend on them.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from astrolens_cnn.plugin import CNN, Network

from astrolens_gui.api import Context, InputSpec
from astrolens_gui.core.images.prepare import prepare_many
from astrolens_gui.core.learn.models import ModelInfo, write_model
from astrolens_gui.workbench import Workbench

SIZE = 64
INPUT = InputSpec(("r",), 0.2, SIZE)
CHUNK = 512


def make_files(folder: Path, count: int) -> list[Path]:
    """Plain float32 stamps with a survey's length of header."""
    from astropy.io import fits

    random = np.random.default_rng(1)
    paths = []
    for number in range(count):
        hdu = fits.PrimaryHDU(random.normal(size=(SIZE, SIZE)).astype(np.float32))
        hdu.header["FILTER"], hdu.header["CDELT1"], hdu.header["CDELT2"] = "r", -0.2 / 3600, 0.2 / 3600
        hdu.header["CTYPE1"], hdu.header["CTYPE2"] = "RA---TAN", "DEC--TAN"
        hdu.header.extend([(f"KEY{key}", key * 1.5, "a comment") for key in range(30)])
        paths.append(folder / f"stamp{number:06d}.fits")
        hdu.writeto(paths[-1])
    return paths


def make_model(folder: Path, width: int) -> ModelInfo:
    """A model folder with random weights, made in a child so that this process stays as light as the program's."""
    from astrolens_gui.jobs.process import run_in_child

    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    run_in_child("score:save_random", {"folder": str(folder / "fitted"), "width": width}, Context())
    params = {"width": width, "blocks": 1, "symmetries": "1"}  # as the user's script: one view a stamp
    classes = ("nonlens", "lens")
    info = ModelInfo("random", "cnn", CNN.version, params, {}, INPUT, classes, folder=folder / "random")
    return write_model(info, folder / "fitted")


def save_random(folder: str, width: int) -> None:
    """Child: save an untrained network."""
    from astrolens_cnn.networks import residual

    backend = residual.Residual(Network(width=width))
    backend._take(residual.network(INPUT.shape, 2, backend.params))
    Path(folder).mkdir(parents=True)
    backend.save(Path(folder))


def users_script(paths: list[str], model_folder: str, width: int, out: str) -> float:
    """Child: seconds of the loop that a user would write, and of `model.predict` alone; imports and loading are not
    counted."""
    from astrolens_cnn.networks import residual
    from astropy.io import fits

    backend = residual.Residual(Network(width=width))
    backend.load(Path(model_folder))
    network = backend._trained
    network.predict(np.zeros((256, *INPUT.shape), np.float32), batch_size=256, verbose=0)
    start = time.perf_counter()
    stack = np.stack([fits.getdata(path).astype(np.float32) for path in paths])
    images = prepare_many({"r": stack}, INPUT)
    logits = network.predict(images, batch_size=256, verbose=0)["logits"]
    with open(out, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["ID", "path", "score", "logit"])
        for path, (other, lens) in zip(paths, logits.astype(np.float64), strict=True):
            writer.writerow([Path(path).stem, path, 1 / (1 + np.exp(other - lens)), lens - other])
    return time.perf_counter() - start


def measure(count: int, rounds: int, width: int) -> dict[str, float]:
    """Images per second of each way, the best of the rounds."""
    with tempfile.TemporaryDirectory() as scratch, Workbench.start() as bench:
        folder = Path(scratch)
        (folder / "stamps").mkdir()
        paths = make_files(folder / "stamps", count)
        info = make_model(folder, width)
        bench.open(folder / "bench.astrolens", create={"name": "bench"}).result()
        report = bench.import_images([folder / "stamps"]).result()
        assert report.added == count, report
        predict = bench.models.predictor(CNN, info, "classify")
        images = np.random.default_rng(2).normal(size=(count, *INPUT.shape)).astype(np.float32)
        predict(images[:CHUNK], Context())  # loads and compiles; not counted for anybody
        best: dict[str, float] = {}

        def keep(name: str, seconds: float) -> None:
            best[name] = max(best.get(name, 0.0), count / seconds)

        for _ in range(rounds):
            start = time.perf_counter()
            for low in range(0, count, CHUNK):
                predict(images[low : low + CHUNK], Context())
            keep("predict alone", time.perf_counter() - start)
            shutil.rmtree(folder / "bench.astrolens" / "cache", ignore_errors=True)
            bench.open(folder / "bench.astrolens").result()
            for name in ("cold", "warm"):
                start = time.perf_counter()
                scored = bench.score(model=str(info.folder)).result()
                keep(name, time.perf_counter() - start)
                assert scored.scored == count, scored
            keep("user's script", _in_child(paths, info, width, folder / "user.csv"))
        return best


def _in_child(paths: list[Path], info: ModelInfo, width: int, out: Path) -> float:
    from astrolens_gui.jobs.process import run_in_child

    kwargs = {"paths": [str(path) for path in paths], "model_folder": str(info.folder), "width": width, "out": str(out)}
    return run_in_child("score:users_script", kwargs, Context())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--width", type=int, default=Network().width, help="filters of the network's first stage")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rates = measure(arguments.count, arguments.rounds, arguments.width)
    rates["cold / predict alone"] = rates["cold"] / rates["predict alone"]
    rates["warm / predict alone"] = rates["warm"] / rates["predict alone"]
    rates["cold / user's script"] = rates["cold"] / rates["user's script"]
    if arguments.json:
        print(json.dumps(rates, indent=1))
    else:
        for name, value in rates.items():
            print(f"{name:24} {value:10.2f}" if "/" in name else f"{name:24} {value:10,.0f} images/s")
    return 0 if rates["cold / predict alone"] >= 0.9 else 1


if __name__ == "__main__":
    sys.exit(main())
