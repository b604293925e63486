"""Grad-CAM and the gradient of small networks whose answer can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui.api import Context, UserError

keras = pytest.importorskip("keras")

from astrolens_cnn.classifier import Classifier  # noqa: E402
from keras import layers  # noqa: E402

SIZE = 24


class Two(Classifier):
    """Two feature maps, the stamp and its negative, whose means speak for and against a lens."""

    def network(self, shape, classes):
        inputs = keras.Input(shape)
        x = layers.Conv2D(2, 1, use_bias=False, activation="relu", name="maps" if self.params == "named" else "two")(
            inputs
        )
        later = layers.Conv2D(2, 3, padding="same", name="later")(x) if self.params == "named" else x
        features = layers.GlobalAveragePooling2D(name="features")(x)
        features = layers.Add()([features, 0 * layers.GlobalAveragePooling2D()(later)])
        return keras.Model(inputs, {"logits": layers.Dense(classes, name="logits")(features), "features": features})


class Straight(Classifier):
    """No feature map: a perceptron."""

    def network(self, shape, classes):
        inputs = keras.Input(shape)
        features = layers.Flatten(name="features")(inputs)
        return keras.Model(inputs, {"logits": layers.Dense(classes, name="logits")(features), "features": features})


def two(name: str) -> Two:
    """log-odds = mean(positive part) - mean(negative part): what is bright speaks for a lens."""
    backend = Two(name)
    network = backend.network((SIZE, SIZE, 1), 2)
    network.get_layer("maps" if name == "named" else "two").set_weights([np.array([[[[1.0, -1.0]]]], np.float32)])
    network.get_layer("logits").set_weights([np.array([[0, 1.0], [0, -1.0]], np.float32), np.zeros(2, np.float32)])
    backend._take(network)
    return backend


@pytest.fixture(scope="module")
def stamps() -> np.ndarray:
    made = np.random.default_rng(3).normal(size=(5, SIZE, SIZE, 1)).astype(np.float32)
    made[0, 4:7, 15:19] += 9
    made[1] = -np.abs(made[1])  # nothing speaks for a lens
    return made


@pytest.mark.parametrize("name", ["named", "last"])
def test_that_grad_cam_is_what_it_is_by_hand(name: str, stamps: np.ndarray):
    expected = np.maximum(np.maximum(stamps, 0) - np.maximum(-stamps, 0), 0)[..., 0]
    expected /= np.maximum(expected.max(axis=(1, 2), keepdims=True), 1e-9)
    found = two(name).explain(stamps, Context())
    assert found.dtype == np.float32
    assert found == pytest.approx(expected, abs=1e-4)
    assert not found[1].any()
    assert np.unravel_index(found[0].argmax(), found[0].shape)[0] in (4, 5, 6)


def test_that_the_gradient_is_that_of_the_log_odds_and_batches_do_not_matter(stamps: np.ndarray):
    backend = two("last")
    slopes = backend.gradient(stamps, Context())
    assert slopes == pytest.approx(np.full(stamps.shape, 1 / SIZE**2), rel=1e-4)
    alone = np.concatenate([backend.gradient(stamps[i : i + 1], Context()) for i in range(len(stamps))])
    assert alone == pytest.approx(slopes, rel=1e-5)
    assert backend.gradient(stamps[:0], Context()).shape == (0, SIZE, SIZE, 1)


def test_that_a_network_without_feature_maps_gives_input_times_gradient(stamps: np.ndarray):
    backend = Straight(None)
    network = backend.network((SIZE, SIZE, 1), 2)
    weights = np.random.default_rng(1).normal(size=(SIZE * SIZE, 2)).astype(np.float32)
    network.get_layer("logits").set_weights([weights, np.zeros(2, np.float32)])
    backend._take(network)
    slope = (weights[:, 1] - weights[:, 0]).reshape(SIZE, SIZE)
    expected = np.maximum(slope * stamps[..., 0], 0)
    found = backend.explain(stamps, Context())
    assert found == pytest.approx(expected / expected.max(axis=(1, 2), keepdims=True), abs=1e-5)


def test_that_other_weights_are_explained_anew_and_other_shapes_refused(stamps: np.ndarray):
    backend = two("last")
    before = backend.gradient(stamps[:1], Context())
    network = backend.network((SIZE, SIZE, 1), 2)
    network.set_weights([3 * np.asarray(variable) for variable in backend._known().weights])
    backend._take(network)
    assert backend.gradient(stamps[:1], Context()) == pytest.approx(9 * before, rel=1e-4)
    with pytest.raises(UserError, match="stamps of shape"):
        backend.explain(stamps[:, :20], Context())
    with pytest.raises(UserError, match="no weights yet"):
        Two("last").explain(stamps, Context())


class Deep(Classifier):
    """Stages of half, a quarter and an eighth of the stamp, padded and pooled as such networks are."""

    def network(self, shape, classes):
        x = inputs = keras.Input(shape)
        for stage in range(3):
            x = layers.Conv2D(8, 3, padding="same", activation="relu", name=f"stage{stage}")(x)
            x = layers.MaxPooling2D(2, padding="same", name=f"pool{stage}")(x)
        features = layers.GlobalAveragePooling2D(name="features")(x)
        return keras.Model(inputs, {"logits": layers.Dense(classes, name="logits")(features), "features": features})


def test_that_the_earlier_stages_are_looked_at_and_lie_where_they_look():
    from astrolens_cnn.explaining import centres_of, looked_at

    keras.utils.set_random_seed(1)
    network = Deep(None).network((50, 50, 1), 2)
    assert [tensor.shape[1] for tensor in looked_at(network)] == [25, 13]
    half, quarter = (centres_of(network, tensor) for tensor in looked_at(network))
    # Cells of pooled maps begin at the left edge: cell i of a quarter is about pixel 4 i + 1.5, the last hangs over.
    assert half[3:-3] == pytest.approx(2 * np.arange(25)[3:-3] + 0.5, abs=1.0)
    assert quarter[2:-2] == pytest.approx(4 * np.arange(13)[2:-2] + 1.5, abs=1.5)
    assert (np.diff(quarter) > 0).all()


def test_that_a_bright_place_that_speaks_for_a_lens_is_found_where_it_is():
    backend = Deep(None)
    network = backend.network((50, 50, 1), 2)
    for layer in network.layers:
        if isinstance(layer, layers.Conv2D):  # averages, so that brightness passes
            kernel, bias = layer.get_weights()
            layer.set_weights([np.full_like(kernel, 1 / (kernel.shape[0] * kernel.shape[1] * kernel.shape[2])), bias])
    network.get_layer("logits").set_weights([np.array([[-1.0, 1.0]] * 8, np.float32), np.zeros(2, np.float32)])
    backend._take(network)
    stamps = np.zeros((4, 50, 50, 1), np.float32)
    places = [(10, 12), (25, 25), (40, 8), (33, 43)]
    for stamp, (y, x) in zip(stamps, places, strict=True):
        stamp[y - 1 : y + 2, x - 1 : x + 2] = 5
    found = backend.explain(stamps, Context())
    for one, place in zip(found, places, strict=True):
        assert np.hypot(*(np.array(np.unravel_index(one.argmax(), one.shape)) - place)) <= 3
        assert one.max() == pytest.approx(1)
