"""What the device tests run in children: the only place in these tests where TensorFlow is imported."""

from __future__ import annotations

import os
from typing import Any

import numpy as np


def about() -> dict[str, Any]:
    import tensorflow as tf

    names = ("TF_FORCE_GPU_ALLOW_GROWTH", "KERAS_BACKEND")
    return {
        "gpus": len(tf.config.list_physical_devices("GPU")),
        "environment": {name: os.environ[name] for name in names},
    }


def on_logical_devices(count: int) -> dict[str, Any]:
    """One processor shown as several devices: the same product on each."""
    import tensorflow as tf

    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * count)
    matrix = np.random.default_rng(0).normal(size=(64, 64)).astype(np.float32)
    placed, products = [], []
    for number in range(count):
        with tf.device(f"/CPU:{number}"):
            product = tf.linalg.matmul(tf.constant(matrix), tf.constant(matrix))
        placed.append(product.device)
        products.append(product.numpy())
    return {"placed": placed, "difference": max(float(np.abs(each - products[0]).max()) for each in products)}


def mixed_precision() -> dict[str, Any]:
    """The same small network in 32 bits and in mixed 16 bits."""
    import keras

    keras.utils.set_random_seed(1)
    batch = np.random.default_rng(0).normal(size=(16, 12)).astype(np.float32)

    def network(policy: str) -> keras.Model:
        hidden = keras.layers.Dense(32, activation="relu", dtype=policy)
        return keras.Sequential([keras.layers.Input((12,)), hidden, keras.layers.Dense(2, dtype="float32")])

    full, half = network("float32"), network("mixed_bfloat16")
    half.set_weights(full.get_weights())
    answers = [np.asarray(each.predict(batch, verbose=0)) for each in (full, half)]
    return {
        "computes": half.layers[0].compute_dtype,
        "stores": half.layers[0].variable_dtype,
        "answers": str(answers[1].dtype),
        "difference": float(np.abs(answers[0] - answers[1]).max()),
    }
