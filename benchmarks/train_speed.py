"""How fast the default network learns, against Keras's own plain float32 `fit` of the same network on the same stamps.

    python benchmarks/train_speed.py [--count 4000] [--size 64] [--epochs 2] [--pairs 3] [--survey euclid_vis] [--json F]

Both learn in processes of their own, in turn, in pairs, so that a busy machine slows both. Ours is `fit` of the backend
with its defaults (augmentation, running mean of the weights and all). Keras's is what a user would write: the same
layers with Keras's BatchNormalization, `compile`, `fit(x, y, batch_size=64)` in float32 with AdamW and the same cosine,
the stamps in memory, nothing augmented. No validation in either; importing, building and the first epoch, which compiles,
don't count. Said are images a second by the wall and by processor time, and AUROC on stamps that neither saw.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.api import Context, InputSpec, TrainingSet, build

CLASSES = ("nonlens", "lens")


def stamps(survey: str, size: int, count: int, seed: int) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """(prepared images float32 (N, size, size, bands), is_lens bool (N,), names of the bands)."""
    from astrolens_simulator.plugin import SimulatorParams
    from astrolens_simulator.simulator import Simulator

    from astrolens_gui.core.images.prepare import prepare_many

    simulator = Simulator(build(SimulatorParams, {"survey": survey, "size": size}))
    made = [simulator.stamp(number, seed) for number in range(count)]
    bands = tuple(band.name for band in simulator.survey.bands)
    images = np.stack([each.images for each in made])
    spec = InputSpec(bands, simulator.survey.pixel_scale, size)
    prepared = prepare_many({band: images[:, channel] for channel, band in enumerate(bands)}, spec)
    return prepared, np.array([each.truth.kind == "lens" for each in made]), bands


def write(folder: Path, images: np.ndarray, is_lens: np.ndarray, bands: tuple[str, ...]) -> None:
    folder.mkdir()
    np.save(folder / "images.npy", images)
    np.save(folder / "targets.npy", np.eye(2, dtype=np.float32)[is_lens.astype(int)])
    np.save(folder / "weights.npy", np.ones(len(images), np.float32))
    np.save(folder / "split.npy", np.zeros(len(images), np.int8))
    about = {"classes": CLASSES, "input": InputSpec(bands, None, images.shape[1]).as_dict()}
    (folder / "set.json").write_text(json.dumps(about), encoding="utf-8")


class Stopwatch:
    """Seconds of the epochs after the first, by the wall and by the processor."""

    def __init__(self) -> None:
        self.marks: list[tuple[float, float]] = []

    def mark(self) -> None:
        self.marks.append((time.perf_counter(), time.process_time()))

    def seconds(self) -> tuple[float, float]:
        (wall, processor), (wall_end, processor_end) = self.marks[0], self.marks[-1]
        return wall_end - wall, processor_end - processor


def ours(train: TrainingSet, epochs: int, seed: int) -> tuple[Any, tuple[float, float], int]:
    """(answer: images → logits, (wall, processor) seconds, images an epoch) of the program's own training."""
    from astrolens_cnn.networks.residual import Residual
    from astrolens_cnn.plugin import CNN

    watch, backend = Stopwatch(), Residual(build(CNN.params))
    assert CNN.fit_params is not None
    how = build(CNN.fit_params, {"epochs": epochs})

    def listen(said: Any) -> None:
        if said.fraction * epochs >= len(watch.marks) + 1 - 1e-9:
            watch.mark()

    backend.fit(train, how, Context(seed=seed, on_progress=listen))
    steps = -(-len(train.indices("train")) // how.batch_size)
    return lambda images: backend.classify(images, Context()), watch.seconds(), steps * how.batch_size


def keras_own(train: TrainingSet, epochs: int, seed: int) -> tuple[Any, tuple[float, float], int]:
    """The same of Keras's `fit`."""
    import keras
    from astrolens_cnn import layers
    from astrolens_cnn.networks import residual
    from astrolens_cnn.plugin import CNN

    watch = Stopwatch()
    how: Any = build(CNN.fit_params) if CNN.fit_params else None
    residual.Normalisation = layers.keras.layers.BatchNormalization  # the same layers as Keras has them
    keras.utils.set_random_seed(seed)
    network = residual.Residual(build(CNN.params)).network(train.input.shape, len(CLASSES))
    plain = keras.Model(network.input, network.output["logits"])
    plain.compile(keras.optimizers.AdamW(how.learning_rate), keras.losses.CategoricalCrossentropy(from_logits=True))
    x, y = np.asarray(train.images), np.asarray(train.targets)
    watching = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: watch.mark())
    steps = epochs * -(-len(x) // how.batch_size)

    class Falling(keras.callbacks.Callback):
        step = 0

        def on_train_batch_begin(self, batch, logs=None):
            self.model.optimizer.learning_rate = how.learning_rate * (1 + np.cos(np.pi * self.step / steps)) / 2
            self.step += 1

    plain.fit(x, y, batch_size=how.batch_size, epochs=epochs, verbose=0, callbacks=[watching, Falling()])
    return lambda images: plain.predict(images, batch_size=256, verbose=0), watch.seconds(), len(x)


def child(which: str, folder: Path, epochs: int, seed: int) -> dict[str, float]:
    from astrolens_gui.core.learn.metrics import auroc

    train, test = TrainingSet.open(folder / "train"), TrainingSet.open(folder / "test")
    answer, (wall, processor), images = (ours if which == "ours" else keras_own)(train, epochs, seed)
    logits = np.asarray(answer(np.asarray(test.images)), np.float64)
    shown = images * (epochs - 1)
    area = auroc(np.asarray(test.targets)[:, 1] > 0.5, logits[:, 1] - logits[:, 0])
    return {"images_per_s": shown / wall, "images_per_processor_s": shown / processor, "AUROC": area}


def measure(given: argparse.Namespace) -> dict[str, Any]:
    """Run the pairs; each in a fresh process, since TensorFlow's threads are set once a process."""
    with tempfile.TemporaryDirectory(prefix="astrolens-speed-") as work:
        folder = Path(work)
        for name, count, seed in (("train", given.count, 1), ("test", given.count // 2, 2)):
            write(folder / name, *stamps(given.survey, given.size, count, seed))
        runs: dict[str, list[dict[str, float]]] = {"ours": [], "keras": []}
        for pair in range(given.pairs):
            for which in ("ours", "keras") if pair % 2 else ("keras", "ours"):
                argv = [sys.executable, __file__, "--child", which, "--folder", work]
                argv += ["--epochs", str(given.epochs), "--seed", str(pair)]
                done = subprocess.run(argv, capture_output=True, text=True, check=False)
                if done.returncode:
                    sys.exit(done.stderr)
                runs[which].append(json.loads(done.stdout.splitlines()[-1]))
                print(f"{which:5s} {runs[which][-1]}", flush=True)
    ratios = {
        name: [one[name] / two[name] for one, two in zip(runs["ours"], runs["keras"], strict=True)]
        for name in ("images_per_s", "images_per_processor_s")
    }
    change = np.array([one["AUROC"] - two["AUROC"] for one, two in zip(runs["ours"], runs["keras"], strict=True)])
    return {
        **vars(given),
        "runs": runs,
        **{f"ratio_{name}": {"median": float(np.median(each)), "pairs": each} for name, each in ratios.items()},
        "AUROC_change": {"mean": float(change.mean()), "pairs": change.tolist()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--survey", default="euclid_vis")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--json", dest="out")
    parser.add_argument("--child", choices=("ours", "keras"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(child(given.child, given.folder, given.epochs, given.seed)))
        return
    found = measure(given)
    if given.out:
        Path(given.out).write_text(json.dumps(found, indent=1, default=str) + "\n", encoding="utf-8")
    for name, what in (("images_per_s", "the wall"), ("images_per_processor_s", "processor time")):
        ratio = found[f"ratio_{name}"]
        print(f"ours / Keras by {what}: {ratio['median']:.2f} ({', '.join(f'{one:.2f}' for one in ratio['pairs'])})")
    print(f"AUROC, ours minus Keras's: {found['AUROC_change']['mean']:+.4f}")


if __name__ == "__main__":
    main()
