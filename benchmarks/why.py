"""How long a map takes, whether maps point at the arcs, and how small a change flips the shipped model's verdicts.

    python benchmarks/why.py [--count 150] [--flips 200] [--size 101] [--repeats 20]

Speed: the default network, untrained, at `size`, one stamp at a time, after its first call. Pointing: simulated Euclid lenses
that the shipped weights call lenses; a map points at the arcs if its maximum lies where they have a quarter of their peak or
more, or within two pixels of that; "share" is the part of the map on the arcs. Flips: simulated stamps, half of them lenses.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.api import BackendSpec, Context, InputSpec, build
from astrolens_gui.core.images.prepare import crop, prepare
from astrolens_gui.core.learn import scoring
from astrolens_gui.core.learn.integrated import integrated_gradients
from astrolens_gui.core.learn.models import ModelInfo, read_model
from astrolens_gui.core.learn.occlusion import occlusion_map
from astrolens_gui.core.learn.robust import robustness
from astrolens_gui.core.plugins import Plugins, create

WEIGHTS = Path(__file__).resolve().parents[1] / "resources" / "weights" / "cnn-euclid-vis"
ON_ARC = 0.25
"""Of an arc's peak: what counts as the arc."""
SEED = 4242


def shipped(spec: BackendSpec) -> tuple[Any, ModelInfo]:
    info = read_model(WEIGHTS)
    backend = create(spec.factory, info.network(spec.params))
    backend.load(info.folder)
    return backend, info


def simulated(spec: InputSpec, share: float, wanted: int, keep: Callable[[np.ndarray], bool]) -> tuple[Any, Any, Any]:
    """Prepared stamps (N, size, size, bands) that `keep` takes, where their arcs are (N, size, size), and is_lens (N,)."""
    from astrolens_simulator.plugin import SimulatorParams
    from astrolens_simulator.simulator import Simulator

    class Telling(Simulator):
        """Keeps the arcs of the last stamp, which are otherwise added to it at once."""

        def _arc(self, *given: Any) -> Any:
            self.arc, snr = super()._arc(*given)
            return self.arc, snr

    simulator = Telling(build(SimulatorParams, {"survey": "euclid_vis", "lens_fraction": share}))
    stamps, arcs, lens, number = [], [], [], 0
    while len(stamps) < wanted:
        simulator.arc = None
        made = simulator.stamp(number, SEED)
        number += 1
        stamp = prepare(dict(zip(spec.bands, made.images, strict=True)), spec)
        if keep(stamp):
            arc = np.zeros(stamp.shape[:2]) if simulator.arc is None else crop(simulator.arc[0], spec.shape[0])
            stamps.append(stamp)
            arcs.append((arc >= ON_ARC * arc.max()) & (arc > 0))
            lens.append(simulator.arc is not None)
    return np.stack(stamps), np.stack(arcs), np.array(lens)


def timed(call: Callable[[], Any], repeats: int) -> tuple[float, float]:
    """(seconds of the first call, median milliseconds of the others)."""
    start = time.perf_counter()
    call()
    first, spent = time.perf_counter() - start, []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        spent.append(1e3 * (time.perf_counter() - start))
    return first, float(np.median(spent))


def last_maps(backend: Any, stamps: np.ndarray) -> np.ndarray:
    """Grad-CAM as published, on the network's last maps: to compare with."""
    import keras
    import tensorflow as tf

    network = backend.answering(backend._known())
    last = [layer.output for layer in network.layers if len(getattr(layer.output, "shape", ())) == 4][-1]
    looking = keras.Model(network.input, {"logits": network.output["logits"], "last": last})
    with tf.GradientTape() as tape:
        given = tf.constant(stamps)
        tape.watch(given)
        answer = looking(given, training=False)
        odds = answer["logits"][:, -1] - tf.reduce_logsumexp(answer["logits"][:, :-1], axis=1)
    weight = tf.reduce_mean(tape.gradient(odds, answer["last"]), axis=(1, 2), keepdims=True)
    coarse = tf.nn.relu(tf.reduce_sum(weight * answer["last"], axis=-1, keepdims=True))
    return np.asarray(tf.image.resize(coarse, stamps.shape[1:3])[..., 0])


def pointing(maps: np.ndarray, arcs: np.ndarray) -> str:
    from scipy.ndimage import binary_dilation

    tops = [np.unravel_index(one.argmax(), one.shape) for one in maps]
    exact = np.mean([arc[top] for arc, top in zip(arcs, tops, strict=True)])
    near = np.mean([binary_dilation(arc, iterations=2)[top] for arc, top in zip(arcs, tops, strict=True)])
    positive = np.maximum(maps, 0)
    share = np.mean([(one * arc).sum() / max(one.sum(), 1e-9) for one, arc in zip(positive, arcs, strict=True)])
    return f"{100 * exact:5.1f} %   {100 * near:5.1f} %   {100 * share:5.1f} %"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--flips", type=int, default=200)
    parser.add_argument("--size", type=int, default=101)
    parser.add_argument("--repeats", type=int, default=20)
    chosen = parser.parse_args()
    ctx, spec = Context(), Plugins.discover().backend("cnn")

    fresh = create(spec.factory, build(spec.params))
    fresh._take(fresh.network((chosen.size, chosen.size, 1), 2))
    stamp = np.random.default_rng(0).normal(size=(1, chosen.size, chosen.size, 1)).astype(np.float32)

    def odds(stamps: np.ndarray) -> np.ndarray:
        return scoring.lens_logit(fresh.classify(stamps, ctx), ("nonlens", "lens"))

    calls: dict[str, tuple[Callable[[], Any], int]] = {
        "Grad-CAM": (lambda: fresh.explain(stamp, ctx), chosen.repeats),
        "gradient": (lambda: fresh.gradient(stamp, ctx), chosen.repeats),
        "occlusion": (lambda: occlusion_map(stamp[0], odds, ctx), 3),
    }
    for name, (call, repeats) in calls.items():
        first, usual = timed(call, repeats)
        print(f"{name:>10}, {chosen.size} px: {usual:7.1f} ms a map, the first {first:.2f} s", flush=True)

    backend, info = shipped(spec)

    def run(stamps: np.ndarray) -> np.ndarray:
        return scoring.lens_logit(backend.classify(stamps, ctx), info.classes, info.calibration)

    def slope(stamps: np.ndarray) -> np.ndarray:
        return np.asarray(backend.gradient(stamps, ctx) / info.calibration.temperature)

    stamps, arcs, _ = simulated(info.input, 1.0, chosen.count, lambda one: bool(run(one[None])[0] > 0))
    print(
        f"\n{info.id}, {len(stamps)} simulated lenses it calls lenses; arcs cover {100 * arcs.mean():.1f} % of a stamp"
    )
    print(f"{'':>26}  on arc    within 2 px  share")
    maps = {
        "Grad-CAM as shown": lambda: backend.explain(stamps, ctx),
        "Grad-CAM, last maps": lambda: last_maps(backend, stamps),
        "occlusion": lambda: np.stack([occlusion_map(one, run, ctx)[0] for one in stamps]),
        "integrated gradients": lambda: np.stack([integrated_gradients(one, run, slope, ctx).map for one in stamps]),
        "a random pixel": lambda: np.random.default_rng(0).random(stamps.shape[:3]),
    }
    for name, draw in maps.items():
        print(f"{name:>26}  {pointing(draw(), arcs)}", flush=True)

    stamps, _, lens = simulated(info.input, 0.5, chosen.flips, lambda _: True)
    start = time.perf_counter()
    found = robustness(stamps, info.input.normalisation, run, slope, ctx)
    seconds = time.perf_counter() - start
    print(f"\nflips of {len(stamps)} stamps: {seconds:.1f} s; accuracy {100 * found.accuracy(lens)[0]:.1f} %")
    print(f"{'sky sigma a pixel':>18} {'flipped':>9} {'random':>9} {'accuracy':>9}")
    for at, strength in enumerate(found.eps):
        flipped, control = (
            100 * float((first <= strength).mean()) for first in (found.smallest, found.smallest_random)
        )
        print(f"{strength:18.4g} {flipped:8.1f}% {control:8.1f}% {100 * found.accuracy(lens)[at]:8.1f}%")
    print(f"half of the verdicts flip below {np.median(found.smallest):.3g} sky sigma a pixel")


if __name__ == "__main__":
    main()
