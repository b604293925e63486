"""The pool of the loop's benchmark: 20,000 simulated stamps, 1 % of them lenses, as arrays with what the shipped network
says of them; knows no queue.

    python benchmarks/loop_pool.py [--count 20000] [--data FOLDER]

Drawn with the simulator's shifted population and harsh nuisances and fainter arcs than the shipped weights were trained
on, so that they help without solving the task. `pool.npz` holds images float32 (N, 50, 50, 1) as networks eat them, truth
bool (N,), embedding float32 (N, D) and logit float64 (N,).
"""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.api import Context, build
from astrolens_gui.core.images.prepare import prepare_many
from astrolens_gui.core.learn.models import read_model
from astrolens_gui.core.learn.scoring import lens_logit
from astrolens_gui.core.plugins import Plugins
from astrolens_gui.jobs.process import run_in_child

WEIGHTS = Path(__file__).resolve().parents[1] / "resources" / "weights" / "cnn-euclid-vis"
DEFAULT_DATA = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "astrolens-loop"
HARDER: dict[str, Any] = {
    "survey": "euclid_vis",
    "population": "shifted",
    "nuisance": "harsh",
    "arc_snr_scale": 0.6,
    "lens_fraction": 0.01,
}
SEED = 2901
CHUNK = 500


def draw(start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
    """Prepared stamps `start` … `stop` - 1 and which of them are lenses."""
    from astrolens_simulator.plugin import SimulatorParams
    from astrolens_simulator.simulator import Simulator

    simulator, spec = Simulator(build(SimulatorParams, HARDER)), read_model(WEIGHTS).input
    stamps = [simulator.stamp(number, SEED) for number in range(start, stop)]
    images = prepare_many({"VIS": np.stack([stamp.images[0] for stamp in stamps])}, spec)
    return images, np.array([stamp.truth.kind == "lens" for stamp in stamps])


def answer(*, factory: str, params: Any, folder: str, images: str, out: str, ctx: Context) -> None:
    """Child: a saved model's features and lens log-odds of the images of a file."""
    from astrolens_gui.core.plugins import create

    backend = create(factory, params)
    backend.load(Path(folder))
    stamps = np.load(images)
    logit = lens_logit(np.asarray(backend.classify(stamps, ctx)), read_model(Path(folder)).classes)
    np.savez(out, embedding=backend.embed(stamps, ctx), logit=logit)


def own_layer() -> Any:
    """The last layer of the shipped network: its logits of an embedding."""
    from astrolens_cnn import lasthead
    from safetensors.numpy import load_file

    arrays = load_file(WEIGHTS / "weights.safetensors")
    return lasthead.Layer(arrays["logits/kernel"].astype(np.float64), arrays["logits/bias"].astype(np.float64))


def pool(folder: Path = DEFAULT_DATA, count: int = 20_000) -> dict[str, np.ndarray]:
    """The pool from its file, else drawn now on all cores (a few minutes)."""
    path = folder / f"pool-{count}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        edges = range(0, count, CHUNK)
        with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as workers:
            parts = list(workers.map(draw, edges, [min(edge + CHUNK, count) for edge in edges]))
        images, truth = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        np.save(folder / "images.npy", images)
        info = read_model(WEIGHTS)
        spec = Plugins.discover().backend(info.backend)
        files = {"images": str(folder / "images.npy"), "out": str(folder / "answers.npz")}
        kwargs = {"factory": spec.factory, "params": info.network(spec.params), "folder": str(WEIGHTS), **files}
        run_in_child("loop_pool:answer", kwargs, Context(device="cpu"))
        with np.load(folder / "answers.npz") as answers:
            np.savez(path, images=images, truth=truth, **answers)
    with np.load(path) as stored:
        return dict(stored)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    given = parser.parse_args()
    from astrolens_gui.core.learn import metrics

    made = pool(given.data, given.count)
    print(f"{len(made['truth'])} stamps, {int(made['truth'].sum())} lenses, embedding of {made['embedding'].shape[1]}")
    print(f"AUROC of the shipped weights: {metrics.auroc(made['truth'], made['logit']):.4f}")


if __name__ == "__main__":
    main()
