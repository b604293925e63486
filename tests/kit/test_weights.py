"""Weights travel as plain numbers, and only into the network they fit."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from astrolens_gui import kit
from astrolens_gui.api import UserError

keras = pytest.importorskip("keras", reason="Keras is not installed")


def make(width=3):
    inputs = keras.Input((8, 8, 1))
    x = keras.layers.Conv2D(width, 3, name="first")(inputs)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.Dropout(0.5, seed=1, name="drop")(x)
    return keras.Model(inputs, keras.layers.Dense(2, name="last")(keras.layers.Flatten()(x)))


def test_that_weights_come_back_bit_for_bit(tmp_path):
    saved, other = make(), make()
    kit.save_keras(saved, tmp_path / "w.safetensors", {"for": "test"})
    kit.load_keras(other, tmp_path / "w.safetensors")
    for before, after in zip(saved.weights, other.weights, strict=True):
        np.testing.assert_array_equal(before.numpy(), after.numpy())
    shapes, about = kit.read_header(tmp_path / "w.safetensors")
    assert about == {"for": "test"}
    assert shapes["first/kernel"] == (3, 3, 1, 3)


def test_that_weights_of_another_shape_are_refused_and_nothing_is_set(tmp_path):
    kit.save_keras(make(width=4), tmp_path / "w.safetensors")
    model = make()
    before = [variable.numpy() for variable in model.weights]
    with pytest.raises(
        ValueError, match=r"w\.safetensors: these weights do not fit the network \(first/kernel"
    ) as error:
        kit.load_keras(model, tmp_path / "w.safetensors")
    assert "\n" not in str(error.value)
    for old, variable in zip(before, model.weights, strict=True):
        np.testing.assert_array_equal(old, variable.numpy())


def test_that_missing_and_foreign_variables_are_named(tmp_path):
    from safetensors.numpy import save_file

    save_file({"stranger": np.zeros(3, np.float32)}, tmp_path / "w.safetensors")
    with pytest.raises(ValueError, match="first/bias is missing"):
        kit.load_keras(make(), tmp_path / "w.safetensors")


def test_that_weights_that_are_not_finite_are_refused(tmp_path):
    model = make()
    model.get_layer("last").bias.assign([np.nan, 0])
    kit.save_keras(model, tmp_path / "w.safetensors")
    with pytest.raises(ValueError, match="last/bias holds values that are not finite"):
        kit.load_keras(make(), tmp_path / "w.safetensors")


@pytest.mark.parametrize("content", [b"", b"\x80\x04pickle", b"\xff" * 64, (2**60).to_bytes(8, "little") + b"{}"])
def test_that_a_file_that_is_no_safetensors_is_refused(tmp_path, content):
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="cannot be read"):
        kit.load_keras(make(), path)


def test_that_missing_weights_are_one_sentence(tmp_path):
    with pytest.raises(ValueError, match="the weights are missing"):
        kit.read_header(tmp_path / "none.safetensors")


def test_that_importing_the_kit_imports_no_keras():
    code = "import sys, astrolens_gui.kit as k; k.jitter; print('keras' in sys.modules or 'tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_that_a_name_the_kit_lacks_is_an_error():
    with pytest.raises(AttributeError, match="it has"):
        kit.magic  # noqa: B018


def test_that_numbers_of_a_kind_that_numpy_lacks_are_refused_in_a_sentence(tmp_path):
    path, model = tmp_path / "w.safetensors", make()
    header, at = {}, 0
    for variable in model.variables:
        if "seed_generator" not in variable.path:
            size = int(np.prod(variable.shape))
            shape = list(variable.shape)
            header[variable.path] = {"dtype": "F8_E4M3", "shape": shape, "data_offsets": [at, at + size]}
            at += size
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"\0" * at)
    with pytest.raises(UserError, match=r"w\.safetensors: these weights cannot be read"):
        kit.load_keras(model, path)
