"""What stands around `fit`: progress by keyword, cancellation within a batch, device and number format scopes."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from astrolens_gui import kit
from astrolens_gui.api import Cancelled, Context

keras = pytest.importorskip("keras", reason="Keras is not installed")

X, Y = np.random.default_rng(0).normal(0, 1, (64, 3)).astype(np.float32), np.zeros((64, 1), np.float32)


def fit(ctx, epochs=3):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    progress = kit.keras_progress(ctx, epochs)
    model.fit(X, Y, epochs=epochs, batch_size=16, verbose=0, callbacks=[progress])
    return progress


def test_that_each_epoch_is_reported_with_its_loss_and_kept():
    said = []
    progress = fit(Context(on_progress=said.append))
    assert [each.message for each in said if each.fraction in {1 / 3, 2 / 3, 1.0}][-1] == "epoch 3/3"
    fractions = [each.fraction for each in said]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert len(progress.history) == 3
    assert all(np.isfinite(each["loss"]) for each in progress.history)


def test_that_cancelling_stops_within_an_epoch():
    said = []
    ctx = Context(on_progress=said.append, is_cancelled=lambda: len(said) > 0)
    with pytest.raises(Cancelled):
        fit(ctx, epochs=1000)
    assert said[-1].fraction < 0.01


def test_that_the_dtype_policy_comes_back_after_an_error():
    before = keras.config.dtype_policy().name
    made = []

    def fail():
        with kit.dtype_scope("mixed_bfloat16"):
            made.append(keras.layers.Dense(1))
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert made[0].compute_dtype == "bfloat16"
    assert keras.config.dtype_policy().name == before


def test_that_an_operation_runs_on_the_device_asked_for():
    """Two logical CPU devices stand for two GPUs; they must be made before TensorFlow starts, so in a process of its
    own."""
    code = (
        "import tensorflow as tf\n"
        "cpu = tf.config.list_physical_devices('CPU')[0]\n"
        "tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)\n"
        "from astrolens_gui import kit; from astrolens_gui.api import Context\n"
        "with kit.device_scope(Context(device='cpu:1')): print(tf.constant([1.0]).device)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("CPU:1")


def test_that_the_fast_dtype_is_a_policy_keras_knows():
    assert kit.fast_dtype("gpu:0") == "mixed_float16"
    assert keras.dtype_policies.get(kit.fast_dtype("cpu")).variable_dtype == "float32"
