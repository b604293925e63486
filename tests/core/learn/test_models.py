"""A model folder is written whole, read back equal, and refused in one sentence when it is not one."""

from __future__ import annotations

import json
import shutil

import pytest

from astrolens_gui.api import InputSpec
from astrolens_gui.core.learn import models
from astrolens_gui.core.learn.models import Calibration, ModelError, ModelInfo, read_model, write_model


@pytest.fixture
def info(tmp_path):
    return ModelInfo(
        id="cnn-1",
        backend="cnn",
        backend_version="1",
        params={"width": 16},
        fit_params={"epochs": 3},
        input=InputSpec(("VIS", "Y"), 0.1, 48),
        classes=("nonlens", "lens"),
        label_ids=(3, 9, 2**40),
        metrics={"AUROC": 0.9, "AUROC_ci": [0.8, 0.95]},
        calibration=Calibration(1.3, 0.5, 0.01, True),
        folder=tmp_path / "models" / "cnn-1",
    )


@pytest.fixture
def fitted(tmp_path):
    folder = tmp_path / "fitted"
    folder.mkdir()
    (folder / "weights.safetensors").write_bytes(b"weights")
    return folder


def test_that_a_model_reads_back_equal(info, fitted):
    write_model(info, fitted)
    assert read_model(info.folder) == info
    assert (info.folder / "weights.safetensors").read_bytes() == b"weights"


def test_that_a_model_folder_may_move(info, fitted, tmp_path):
    write_model(info, fitted)
    moved = shutil.move(info.folder, tmp_path / "elsewhere")
    again = read_model(moved)
    assert again.folder == tmp_path / "elsewhere"
    assert str(tmp_path) not in (tmp_path / "elsewhere" / "model.json").read_text(encoding="utf-8")


def test_that_a_model_is_never_overwritten(info, fitted):
    write_model(info, fitted)
    with pytest.raises(ModelError, match="exists already"):
        write_model(info, fitted)


def test_that_a_write_that_fails_leaves_no_folder(info, fitted, monkeypatch):
    def crash(*_):
        raise OSError("disk full")

    monkeypatch.setattr(models.os, "replace", crash)
    with pytest.raises(OSError, match="disk full"):
        write_model(info, fitted)
    assert list(info.folder.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(format=99), "newer than this program"),
        (lambda d: d.pop("input"), "does not fit the format"),
        (lambda d: d.update(classes=3), "does not fit the format"),
        (lambda d: d.update(calibration={"temperature": 0}), "does not fit the format"),
        (lambda d: d.update(calibration=[]), "does not fit the format"),
        (lambda d: d.update(input={"colour": "red"}), "does not fit the format"),
    ],
)
def test_that_a_wrong_description_is_refused_in_one_sentence(info, fitted, change, said):
    write_model(info, fitted)
    path = info.folder / "model.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    change(values)
    path.write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(ModelError, match=said) as error:
        read_model(info.folder)
    assert "\n" not in str(error.value)
    assert "model.json" in str(error.value)


@pytest.mark.parametrize("text", ["", "[1]", "{", "\x00", "[" * 100_000])
def test_that_a_broken_description_is_refused_in_one_sentence(info, fitted, text):
    write_model(info, fitted)
    (info.folder / "model.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match="cannot be read"):
        read_model(info.folder)


def test_that_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"not a model folder"):
        read_model(tmp_path)
