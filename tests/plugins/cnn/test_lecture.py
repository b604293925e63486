"""The lecture's worked examples to the digits that it prints, and the networks that do the same."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from astrolens_cnn import teaching
from astrolens_cnn.teaching import CORNERS, LECTURE, LECTURE_INPUT, LECTURE_TARGET, NAND, XOR, TwoLayers

keras = pytest.importorskip("keras", reason="Keras is not installed")


def test_that_the_lectures_perceptron_is_nand():
    np.testing.assert_array_equal(teaching.fires(CORNERS, np.array([-2.0, -2.0]), 3.0), NAND)


def test_that_a_perceptron_learns_nand_by_rosenblatts_rule():
    w, b = teaching.learn(CORNERS, NAND)
    np.testing.assert_array_equal(teaching.fires(CORNERS, w, b), NAND)


def test_that_no_perceptron_is_xor():
    values = np.arange(-3, 3.25, 0.5)
    right = [
        (teaching.fires(CORNERS, np.array([one, two]), offset) == XOR).sum()
        for one, two, offset in product(values, values, values)
    ]
    assert max(right) == 3
    w, b = teaching.learn(CORNERS, XOR)
    assert (teaching.fires(CORNERS, w, b) == XOR).sum() <= 3


def test_that_gradient_descent_gives_the_lectures_table():
    expected = [3, 2.4, 1.92, 1.536, 1.229, 0.983, 0.786, 0.629, 0.503, 0.403]
    np.testing.assert_allclose(teaching.descend(3.0, 0.1, 9), expected, atol=5e-4)


def test_that_back_propagation_gives_the_lectures_digits():
    hidden, output = LECTURE.forward(LECTURE_INPUT)
    np.testing.assert_allclose(hidden, [0.593269992, 0.596884378], atol=1e-9)
    np.testing.assert_allclose(output, [0.751365070, 0.772928465], atol=1e-9)
    np.testing.assert_allclose(LECTURE.errors(LECTURE_INPUT, LECTURE_TARGET), [0.274811083, 0.023560026], atol=1e-9)
    assert LECTURE.errors(LECTURE_INPUT, LECTURE_TARGET).sum() == pytest.approx(0.298371109, abs=1e-9)
    assert LECTURE.slopes(LECTURE_INPUT, LECTURE_TARGET)[1][0, 0] == pytest.approx(0.082167041, abs=1e-9)
    after = LECTURE.step(LECTURE_INPUT, LECTURE_TARGET)
    np.testing.assert_allclose(after.output.ravel(), [0.35891648, 0.408666186, 0.511301270, 0.561370121], atol=1e-8)
    np.testing.assert_allclose(after.hidden.ravel(), [0.149780716, 0.19956143, 0.24975114, 0.29950229], atol=1e-8)
    assert after.errors(LECTURE_INPUT, LECTURE_TARGET).sum() == pytest.approx(0.291027774, abs=1e-9)


def test_that_ten_thousand_steps_end_where_the_lecture_says():
    learnt = LECTURE
    for _ in range(10_000):
        learnt = learnt.step(LECTURE_INPUT, LECTURE_TARGET)
    assert learnt.errors(LECTURE_INPUT, LECTURE_TARGET).sum() == pytest.approx(3.5101878e-5, rel=1e-7)
    np.testing.assert_allclose(learnt.forward(LECTURE_INPUT)[1], [0.015912, 0.984065], atol=2e-6)


def test_that_keras_finds_the_gradient_of_the_example():
    tf = pytest.importorskip("tensorflow")
    from astrolens_cnn.networks.mlp import network

    twin = network((1, 2, 1), 2, hidden=2, depth=1, activation="sigmoid")
    offsets = [np.full(2, offset) for offset in LECTURE.offsets]
    twin.set_weights([LECTURE.hidden.T, offsets[0], LECTURE.output.T, offsets[1]])
    with tf.GradientTape() as tape:
        answer = tf.sigmoid(twin(LECTURE_INPUT.reshape(1, 1, 2, 1).astype(np.float32))["logits"])
        error = 0.5 * tf.reduce_sum((LECTURE_TARGET - answer) ** 2)
    found = [np.asarray(slope) for slope in tape.gradient(error, twin.trainable_weights)]
    hidden, output = LECTURE.slopes(LECTURE_INPUT, LECTURE_TARGET)
    assert float(error) == pytest.approx(0.298371109, abs=1e-6)
    np.testing.assert_allclose(found[0].T, hidden, atol=1e-6)
    np.testing.assert_allclose(found[2].T, output, atol=1e-6)


def test_that_slopes_are_what_small_steps_give():
    """The chain rule against finite differences, at another place than the lecture's."""
    random = np.random.default_rng(2)
    net = TwoLayers(random.normal(size=(2, 2)), random.normal(size=(2, 2)))
    hidden, _ = net.slopes(LECTURE_INPUT, LECTURE_TARGET)
    for place in np.ndindex(2, 2):
        ends = []
        for step in (1e-6, -1e-6):
            moved = net.hidden.copy()
            moved[place] += step
            ends.append(TwoLayers(moved, net.output).errors(LECTURE_INPUT, LECTURE_TARGET).sum())
        assert (ends[0] - ends[1]) / 2e-6 == pytest.approx(hidden[place], abs=1e-8)


def test_that_the_curve_filter_sees_the_curve_and_nothing_else():
    assert teaching.convolve(teaching.CURVED, teaching.CURVE).item() == 6600
    assert teaching.convolve(teaching.ELSEWHERE, teaching.CURVE).item() == 0


@pytest.mark.parametrize(("stride", "padding", "size"), [(1, 0, 5), (2, 0, 3), (1, 1, 7)])
def test_that_stride_and_padding_give_the_lectures_sizes_and_keras_the_same_values(stride, padding, size):
    random = np.random.default_rng(0)
    image, kernel = random.normal(size=(7, 7)), random.normal(size=(3, 3))
    ours = teaching.convolve(image, kernel, stride, padding)
    assert ours.shape == (size, size)
    theirs = keras.ops.conv(
        image[None, ..., None].astype(np.float32),
        kernel[..., None, None].astype(np.float32),
        strides=stride,
        padding="same" if padding else "valid",
    )
    np.testing.assert_allclose(np.asarray(theirs)[0, ..., 0], ours, atol=1e-5)


def test_that_dropout_keeps_the_expectation_and_rests_afterwards():
    values = np.ones((1, 100_000), np.float32)
    drop = keras.layers.Dropout(0.5, seed=1)
    assert float(np.mean(drop(values, training=True))) == pytest.approx(1.0, abs=0.02)
    np.testing.assert_array_equal(drop(values, training=False), values)


def test_that_the_lectures_network_reads_digits():
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed")
    from astrolens_cnn.networks.lenet import network

    digits = datasets.load_digits()  # 1,797 of 8 × 8 pixels; every pixel becomes 3 × 3, the frame is empty
    images = (
        np.pad(np.kron(digits.images, np.ones((3, 3))), ((0, 0), (2, 2), (2, 2)))[..., None].astype(np.float32) / 16
    )
    order = np.random.default_rng(0).permutation(len(images))
    learn, held = order[:1400], order[1400:]
    keras.utils.set_random_seed(0)
    net = network((28, 28, 1), 10)
    reader = keras.Model(net.input, net.output["logits"])
    reader.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    reader.fit(images[learn], digits.target[learn], batch_size=64, epochs=3, verbose=0)
    read = reader.predict_on_batch(images[held]).argmax(axis=1)
    assert np.mean(read == digits.target[held]) >= 0.95  # 0.97 here; 0.98 to 0.99 after ten epochs
