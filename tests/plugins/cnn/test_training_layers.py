"""The quicker layers compute what Keras's own compute."""

from __future__ import annotations

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="Keras is not installed")
tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
layers = pytest.importorskip("astrolens_cnn.layers", reason="TensorFlow is not installed")

MAPS = np.random.default_rng(0).normal(3, 2, (8, 5, 5, 4)).astype(np.float32)


def of(kind):
    layer = kind(momentum=0.9, name="norm")
    layer.build(MAPS.shape)
    random = np.random.default_rng(1)
    layer.set_weights([random.uniform(0.5, 2, 4).astype(np.float32) for _ in range(4)])
    return layer


@pytest.mark.parametrize("training", [True, False])
def test_that_normalisation_is_keras_batch_normalisation(training):
    ours, theirs = of(layers.Normalisation), of(keras.layers.BatchNormalization)
    assert [each.path for each in ours.weights] == [each.path for each in theirs.weights]
    seen = []
    for layer in (ours, theirs):
        maps = tf.constant(MAPS)
        with tf.GradientTape() as tape:
            tape.watch(maps)
            out = layer(maps, training=training)
            asked = tf.reduce_sum(out**3)
        slopes = tape.gradient(asked, [maps, layer.gamma.value, layer.beta.value])
        seen.append([out, *slopes, *layer.get_weights()])
    for one, two in zip(*seen, strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(two), rtol=1e-3, atol=1e-3)


def test_that_a_frozen_normalisation_keeps_its_statistics():
    frozen = of(layers.Normalisation)
    frozen.trainable = False
    before = frozen.get_weights()
    expected = of(keras.layers.BatchNormalization)(MAPS, training=False)
    np.testing.assert_allclose(np.asarray(frozen(MAPS, training=True)), np.asarray(expected), atol=1e-4)
    for one, two in zip(before, frozen.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
