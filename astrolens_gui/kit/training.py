"""What every Keras plugin needs around `fit`: progress and cancellation, the device, number formats, the same answer
twice."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import keras
import tensorflow as tf

from astrolens_gui.api import Context

_BETWEEN_REPORTS_S = 0.25


def keras_progress(ctx: Context, epochs: int) -> keras.callbacks.Callback:
    """A callback that reports each epoch (and between) and stops `fit` with `Cancelled` within a batch of somebody's
    cancelling.

    `history` of the returned callback is one dict of numbers an epoch, as `FitReport.epochs` wants it.
    """
    return _Progress(ctx, epochs)


class _Progress(keras.callbacks.Callback):
    # Keras calls these by keyword (`logs=`): their parameter names are part of the contract.
    def __init__(self, ctx: Context, epochs: int) -> None:
        super().__init__()
        self.ctx, self.epochs = ctx, epochs
        self.history: list[dict[str, float]] = []
        self._epoch, self._said = 0, 0.0

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if time.monotonic() - self._said < _BETWEEN_REPORTS_S and not self.ctx.is_cancelled():
            return
        self._said = time.monotonic()
        share = (batch + 1) / max(self.params.get("steps") or 1, 1)
        done = (self._epoch + min(share, 1.0)) / self.epochs
        self.ctx.progress(done, f"epoch {self._epoch + 1}/{self.epochs}", **_numbers(logs))

    def on_epoch_end(self, epoch, logs=None):
        numbers = _numbers(logs)
        self.history.append(numbers)
        self.ctx.progress((epoch + 1) / self.epochs, f"epoch {epoch + 1}/{self.epochs}", **numbers)


def _numbers(logs: dict | None) -> dict[str, float]:
    return {name: float(value) for name, value in (logs or {}).items()}


@contextlib.contextmanager
def device_scope(ctx: Context) -> Iterator[None]:
    """Run what is inside on `ctx.device` ("cpu", "cpu:1", "gpu:0"); elsewhere is an error only where the device does
    not exist."""
    kind, _, number = ctx.device.partition(":")
    with tf.device(f"/{kind.upper()}:{number or 0}"):
        yield


@contextlib.contextmanager
def deterministic(seed: int) -> Iterator[None]:
    """Seed Python, numpy and TensorFlow, and allow only kernels that give the same result twice.

    TensorFlow cannot leave that mode within a process: fits run in a child of their own.
    """
    keras.utils.set_random_seed(seed % 2**32)
    tf.config.experimental.enable_op_determinism()
    yield


def fast_dtype(device: str = "cpu") -> str:
    """The quickest dtype policy to train with here: "mixed_bfloat16" with AMX or AVX512_BF16, "mixed_float16" on a
    GPU, else "float32"."""
    if device.startswith("gpu"):
        return "mixed_float16"
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore")
    except OSError:
        return "float32"
    return "mixed_bfloat16" if "avx512_bf16" in flags or "amx_bf16" in flags else "float32"


def side_by_side(device: str = "cpu") -> int:
    """How many parts of a batch to compute next to each other in one compiled step: 2 on a processor, 1 on a GPU.

    TensorFlow spreads each operation over the cores and waits for the slowest; two halves of a batch with half of the
    cores each wait for nobody: 1.5 times the images a second on two cores. The threads can be set only before
    TensorFlow starts in a process; later the two halves give the same numbers with no gain.
    """
    if not device.startswith("cpu"):
        return 1
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    with contextlib.suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(max(1, cores // 2))
        tf.config.threading.set_inter_op_parallelism_threads(min(2, cores))
    return 2


@contextlib.contextmanager
def dtype_scope(policy: str) -> Iterator[None]:
    """Build layers with this dtype policy; the one before comes back, so that plugins in one process do not meet."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
