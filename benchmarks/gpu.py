"""The same network on the graphics card and on the processor; says 'not measured' where there is no card.

    python benchmarks/gpu.py [--device gpu:0] [--stamps 20000] [--rehearse]

`--rehearse` runs every step with the processor in the card's place: it proves the script, and measures no card.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from astrolens_cnn.plugin import CNN

from astrolens_gui.api import Cancelled, Context, InputSpec, build
from astrolens_gui.core.learn import retrain, scoring
from astrolens_gui.jobs.batches import Halving
from astrolens_gui.jobs.device import Device, devices, environment
from astrolens_gui.jobs.process import WarmChild, run_in_child

TOLERANCE = 0.01
"""Largest allowed difference of a probability: cards multiply in TF32 (10 bits) by default."""
SIZE, BANDS = 64, ("VIS", "H")
BATCH = 1024
CARD_MB = 512
"""The card is made this small for the out-of-memory test, whatever it has."""


def stamps(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise with a galaxy, and with an arc beside it in every second one: float32 (count, 64, 64, 2), bool (count,)."""
    random = np.random.default_rng(seed)
    images = random.normal(0, 0.3, (count, SIZE, SIZE, len(BANDS))).astype(np.float32)
    y, x = np.mgrid[:SIZE, :SIZE] - SIZE / 2
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    lens = np.arange(count) % 2 == 1
    for number in range(count):
        images[number] += (2 * np.exp(-radius / random.uniform(2, 5)))[..., None]
        if lens[number]:
            away = np.abs(np.angle(np.exp(1j * (angle - random.uniform(0, 2 * np.pi)))))
            arc = np.exp(-(((radius - random.uniform(8, 16)) / 1.5) ** 2)) * (away < random.uniform(0.6, 1.5))
            images[number] += arc[..., None] * np.float32([1.0, 0.6])
    return images, lens


def write_set(folder: Path, count: int) -> Path:
    """A training set as `TrainingSet.open` reads it."""
    images, lens = stamps(count, seed=1)
    folder.mkdir()
    np.save(folder / "images.npy", images)
    np.save(folder / "targets.npy", np.stack([~lens, lens], 1).astype(np.float32))
    np.save(folder / "weights.npy", np.ones(count, np.float32))
    np.save(folder / "split.npy", (np.arange(count) % 4 == 3).astype(np.int8))
    about = {"classes": ["nonlens", "lens"], "input": InputSpec(BANDS, 0.1, SIZE).as_dict()}
    (folder / "set.json").write_text(json.dumps(about), encoding="utf-8")
    return folder


def fit(set_folder: Path, out: Path, ctx: Context, epochs: int = 15) -> None:
    run_in_child(
        retrain.FIT,
        {
            "set_folder": str(set_folder),
            "out": str(out),
            "factory": CNN.factory,
            "params": CNN.params(),
            "fit_params": build(CNN.fit_params, {"epochs": epochs, "precision": "float32"}),
        },
        ctx,
        name=f"training on {ctx.device}",
    )
    (out / "model.json").write_text("{}", encoding="utf-8")  # the record that retraining would write; not read here


def classify(model: Path, device: str, images: np.ndarray) -> tuple[np.ndarray, float]:
    """Logits (n, 2) and images/s, arrays to and fro included; the first batch (loading, compiling) is not timed."""
    child = WarmChild(f"scoring on {device}", environment(device))
    call = {"folder": str(model), "factory": CNN.factory, "params": CNN.params(), "capability": "classify"}
    try:
        work = Halving(
            lambda part: child.call(scoring.PREDICT, call, {"batch": part}, replace(Context(), device=device))[1][
                "output"
            ],
            BATCH,
        )
        work(images[:BATCH])
        began = time.perf_counter()
        logits = work(images)
        return logits, len(images) / (time.perf_counter() - began)
    finally:
        child.close()


def time_to_cancel(set_folder: Path, out: Path, device: str) -> float:
    """Seconds from cancelling a training, in its epochs, to its process being gone."""
    seen: list[float] = []

    def watch(progress: Any) -> None:
        if progress.metrics and not seen:
            seen.append(time.perf_counter())

    ctx = replace(Context(), device=device, on_progress=watch, is_cancelled=lambda: bool(seen))
    try:
        fit(set_folder, out, ctx, epochs=500)
    except Cancelled:
        return time.perf_counter() - seen[0]
    raise RuntimeError("the training ended before it could be cancelled")


def too_large(kind: str, rows: int) -> dict[str, Any]:
    """Runs in a child: features of `rows` stamps on a card that is too small for them, in halved batches."""
    import tensorflow as tf

    room = None
    if kind == "gpu":
        limit = tf.config.LogicalDeviceConfiguration(memory_limit=CARD_MB)
        tf.config.set_logical_device_configuration(tf.config.list_physical_devices("GPU")[0], [limit])
    else:
        room = rows // 5
    kernel = tf.random.stateless_normal((5, 5, 2, 64), (1, 2))

    def features(part: np.ndarray) -> np.ndarray:
        if room is not None and len(part) > room:
            raise tf.errors.ResourceExhaustedError(None, None, "the rehearsal's card is full")
        with tf.device(f"/{kind.upper()}:0"):
            return tf.reduce_mean(tf.nn.conv2d(tf.constant(part), kernel, 1, "SAME"), (1, 2)).numpy()

    images = stamps(64, seed=3)[0][np.arange(rows) % 64]
    work = Halving(features, rows)
    found = work(images)
    expected = Halving(features, 8)(images[:64])
    return {"batch": work.size, "rows": len(found), "difference": float(np.abs(found[:64] - expected).max())}


def measure(card: str, count: int) -> bool:
    """Print every figure; True when all are as they must be."""
    kind = card.partition(":")[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = write_set(folder / "set", 600)
        fit(data, folder / "model", replace(Context(), device=card))
        images, lens = stamps(count, seed=2)
        on_cpu, cpu_rate = classify(folder / "model", "cpu", images)
        on_card, card_rate = classify(folder / "model", card, images)
        scores = [scoring.probability(scoring.lens_logit(each, scoring.CLASSES)) for each in (on_cpu, on_card)]
        difference = float(np.abs(scores[0] - scores[1]).max())
        print(f"same scores      largest difference {difference:.1e} (allowed {TOLERANCE:g}), {count} stamps")
        right = float(np.mean((scores[1] > 0.5) == lens))
        print(f"right answers    {right:.1%} of the toy stamps after training on {card}")
        print(f"images/s         {card} {card_rate:,.0f}   cpu {cpu_rate:,.0f}   ratio {card_rate / cpu_rate:.1f}")
        cancel_s = time_to_cancel(data, folder / "cancelled", card)
        print(f"cancel           {cancel_s:.2f} s until the process is gone (allowed 2)")
        full = run_in_child("gpu:too_large", {"kind": kind, "rows": 4096}, env=environment(card), name="full card")
        print(
            f"out of memory    4096 rows on {CARD_MB} MB: went on with batches of {full['batch']}, "
            f"{full['rows']} rows answered, difference {full['difference']:.1e}"
        )
    smaller = full["batch"] < 4096 and full["rows"] == 4096 and full["difference"] < TOLERANCE
    return difference <= TOLERANCE and cancel_s <= 2 and smaller


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--device", default="", help="gpu:0, gpu:1, …; the first one by default")
    parser.add_argument("--stamps", type=int, default=20_000)
    parser.add_argument("--rehearse", action="store_true", help="the processor in the card's place")
    options = parser.parse_args()
    found = devices()
    for each in found:
        print(f"{each.id:8} {each.name}{', half precision' if each.half_precision else ''}")
    cards: list[Device] = [each for each in found if each.id.startswith("gpu")]
    if options.rehearse:
        print("rehearsal: no card is measured")
        return 0 if measure("cpu", options.stamps) else 1
    card = options.device or (cards[0].id if cards else "")
    if card not in {each.id for each in cards}:
        for what in ("same scores", "images/s", "cancel", "out of memory"):
            print(f"{what:16} not measured: {f'there is no {card}' if card else 'this machine shows no GPU'}")
        return 0
    return 0 if measure(card, options.stamps) else 1


if __name__ == "__main__":
    sys.exit(main())
