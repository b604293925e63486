"""How fast each network of the CNN family learns and answers: images a second at its largest stamp with one band.

    python benchmarks/network_speed.py                  # all, a row each; minutes on two idle cores
    python benchmarks/network_speed.py lastro deeplens

Figures are per second of the processor time of all cores used, divided by the cores: on a shared machine they are closer
to those of an idle one than the clock on the wall is. Each network is measured in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

BATCH, LEAST_S = 32, 4.0


def measure(name: str) -> str:
    """A row: id, million weights, images learnt and answered a second."""
    import numpy as np
    from astrolens_cnn.learner import Learner
    from astrolens_cnn.plugin import NETWORKS

    from astrolens_gui import kit
    from astrolens_gui.api import Context, build
    from astrolens_gui.core.plugins import create

    spec = next(spec for spec in NETWORKS if spec.id == name)
    size = spec.input.size
    backend = create(spec.factory, build(spec.params))
    random = np.random.default_rng(0)
    stamps = random.normal(0, 1, (BATCH, size, size, 1)).astype(np.float32)
    targets = np.eye(2, dtype=np.float32)[random.integers(0, 2, BATCH)]
    halves = kit.side_by_side()
    with kit.dtype_scope(kit.fast_dtype()):
        learner = Learner(lambda: backend.network((size, size, 1), 2), build(spec.fit_params), halves)
    learnt = rate(lambda step: learner.step(stamps, targets, 1e-4, step)[0].numpy())
    backend._take(learner.averaged)
    answered = rate(lambda _: backend.classify(stamps[:16], Context()), 16)
    weights = learner.live.count_params() / 1e6
    return f"| {name} | {size} | {weights:.3g} | {learnt:.3g} | {answered:.3g} |"


def rate(call, images: int = BATCH) -> float:
    """Images a second of processor time over cores; the first call compiles and does not count."""
    call(0)
    start, steps = time.process_time(), 0
    while steps < 2 or time.process_time() - start < LEAST_S:
        steps += 1
        call(steps)
    return images * steps * (os.cpu_count() or 1) / (time.process_time() - start)


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        print(measure(sys.argv[2]))
        return
    from astrolens_cnn.plugin import NETWORKS

    names = sys.argv[1:] or [spec.id for spec in NETWORKS if spec.id not in {"voting", "cast", "cnn-svm"}]
    print(
        "| network | px | million weights | learns, images/s | answers, images/s |\n|---|---|---|---|---|", flush=True
    )
    for name in names:
        done = subprocess.run([sys.executable, __file__, "--one", name], capture_output=True, text=True)
        print(done.stdout.strip() or f"| {name} | failed: {done.stderr.strip()[-200:]} |", flush=True)


if __name__ == "__main__":
    main()
