"""A model folder is written whole, read back equal, and refused in one sentence when it is not one."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, replace
from typing import Annotated

import pytest

from astrolens_gui.api import InputSpec, Param
from astrolens_gui.core.learn import models
from astrolens_gui.core.learn.models import Calibration, ModelError, ModelInfo, read_model, write_model


@dataclass(frozen=True)
class ToyParams:
    width: Annotated[int, Param("Filters", 4, 64)] = 8
    views: Annotated[int, Param("Asked for", 1, 8, before=1)] = 4


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
        (lambda d: d.update(format=99), "format 99 is newer than this program"),
        (lambda d: d.update(format="x"), "format must be a whole number, not 'x'"),
        (lambda d: d.update(format=True), "format must be a whole number"),
        (lambda d: d.update(format=0), "format must be between 1 and 1"),
        (lambda d: d.pop("format"), "format must be a whole number, not None"),
        *[
            (lambda d, name=name: d.pop(name), f"{name} is missing")
            for name in ("id", "backend", "backend_version", "params", "fit_params", "input", "classes")
        ],
        (lambda d: d.update(id="../../evil"), "id must be a plain name without path separators, not '../../evil'"),
        (lambda d: d.update(id="a\\b"), "id must be a plain name"),
        (lambda d: d.update(id=".."), "id must be a plain name"),
        (lambda d: d.update(id=""), "id must be a plain name"),
        (lambda d: d.update(id="a\nb"), "id must be a plain name"),
        (lambda d: d.update(id="x" * 300), "id must be a plain name"),
        (lambda d: d.update(id=7), "id must be text, not 7"),
        (lambda d: d.update(backend=None), "backend must be text, not None"),
        (lambda d: d.update(verdict=[1]), "verdict must be text"),
        (lambda d: d.update(reason="\ud800"), "reason must be text that a database can keep"),
        (lambda d: d.update(params=[1]), r"params must be a JSON object, not \[1\]"),
        (lambda d: d.update(fit_params="x"), "fit_params must be a JSON object"),
        (lambda d: d.update(metrics=[]), "metrics must be a JSON object"),
        (lambda d: d.update(versions=3), "versions must be a JSON object"),
        (lambda d: d.update(seed=1.5), "seed must be a whole number, not 1.5"),
        (lambda d: d.update(label_ids="12"), "label_ids must be a list"),
        (lambda d: d.update(label_ids=[1, "2"]), r"label_ids\[1\] must be a whole number"),
        (lambda d: d.update(split={"seed": 1}), "split.rule is missing"),
        (lambda d: d.update(split={"seed": 1, "rule": "coin"}), "split.rule must be one of object, field, block"),
        (lambda d: d.update(classes=3), "classes must be a list"),
        (lambda d: d.update(classes="lens"), "classes must be a list"),
        (lambda d: d.update(classes=["ring", "spiral"]), "classes must contain lens, but are ring, spiral"),
        (lambda d: d.update(classes=["lens", "lens"]), "classes must be a list of different names"),
        (lambda d: d.update(classes=["lens", 3]), r"classes\[1\] must be text"),
        (lambda d: d.update(calibration=[]), "calibration must be a JSON object"),
        (lambda d: d["calibration"].update(temperature=0), "calibration.temperature must be above 0"),
        (lambda d: d["calibration"].update(temperature="hot"), "calibration.temperature must be a finite number"),
        (lambda d: d["calibration"].update(prior=1.5), "calibration.prior must lie between 0 and 1, not 1.5"),
        (lambda d: d["calibration"].update(prior=1), "calibration.prior must lie between 0 and 1"),
        (lambda d: d["calibration"].update(prior_train=0), "calibration.prior_train must lie between 0 and 1"),
        (lambda d: d["calibration"].update(calibrated="no"), "calibration.calibrated must be true or false"),
        (lambda d: d["calibration"].update(shift=1), "calibration.shift is unknown"),
        (lambda d: d.update(input={"colour": "red"}), "input.bands is missing"),
        (lambda d: d["input"].update(colour="red"), "input.colour is unknown"),
        (lambda d: d["input"].update(bands="VIS"), "input.bands must be a list, not 'VIS'"),
        (lambda d: d["input"].update(bands=[]), "input.bands must be a list of different names"),
        (lambda d: d["input"].update(bands=["VIS", "VIS"]), "input.bands must be a list of different names"),
        (lambda d: d["input"].update(pixel_scale=0), "input.pixel_scale must be above 0"),
        (lambda d: d["input"].update(pixel_scale="0.1"), "input.pixel_scale must be a finite number"),
        (lambda d: d["input"].update(pixel_scale=10**400), "input.pixel_scale must be a finite number"),
        (lambda d: d["input"].update(pixel_scale=None), "input.pixel_scale must be a finite number"),
        (lambda d: d["input"].update(size="64"), "input.size must be a whole number, not '64'"),
        (lambda d: d["input"].update(size=-5), "input.size must be between 1 and 4096 pixels, not -5"),
        (lambda d: d["input"].update(size=None), "input.size must be a whole number"),
        (lambda d: d["input"].update(normalisation="nope"), "input.normalisation must be one of asinh_noise, none"),
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


def test_that_numbers_that_are_none_are_refused_wherever_they_stand(info, fitted):
    write_model(info, fitted)
    path = info.folder / "model.json"
    whole = path.read_text(encoding="utf-8")
    for text in ("NaN", "-Infinity", "1e999"):
        path.write_text(whole.replace('"AUROC": 0.9', f'"AUROC": {text}'), encoding="utf-8")
        with pytest.raises(ModelError, match=f"{text} is not a finite number"):
            read_model(info.folder)


def test_that_params_of_another_network_name_the_model(info):
    assert info.network(ToyParams).width == 16
    for params in ({"nope": 1}, {"width": 9999}, {"width": [1]}):
        with pytest.raises(ModelError, match=r"cnn-1.model\.json: its params do not fit the backend \("):
            replace(info, params=params).network(ToyParams)


def test_that_unknown_fields_of_a_description_are_left_out(info, fitted):
    write_model(info, fitted)
    path = info.folder / "model.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**values, "folder": "/etc", "colour": 3}), encoding="utf-8")
    assert read_model(info.folder) == info


@pytest.mark.parametrize("text", ["", "[1]", "{", "\x00", "[" * 100_000])
def test_that_a_broken_description_is_refused_in_one_sentence(info, fitted, text):
    write_model(info, fitted)
    (info.folder / "model.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"cannot be read|does not fit the format \(the description"):
        read_model(info.folder)


def test_that_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"not a model folder"):
        read_model(tmp_path)


@pytest.mark.parametrize(("umask", "file", "folder"), [(0o022, 0o644, 0o755), (0o077, 0o600, 0o700)])
def test_that_a_team_can_read_a_model_as_the_umask_allows(info, fitted, umask, file, folder):
    (fitted / "weights.safetensors").chmod(0o600)
    before = os.umask(umask)
    try:
        write_model(info, fitted)
    finally:
        os.umask(before)
    assert info.folder.stat().st_mode & 0o777 == folder
    assert {path.stat().st_mode & 0o777 for path in info.folder.iterdir()} == {file}


def test_that_a_model_older_than_a_parameter_answers_as_it_was_made(info):
    assert info.network(ToyParams) == ToyParams(width=16, views=1)
    assert replace(info, params={"width": 16, "views": 2}).network(ToyParams).views == 2
    assert replace(info, params={"views": 4}).network(ToyParams).width == 8


def test_that_a_network_stored_before_symmetries_could_be_asked_for_answers_with_one_view(info):
    settings = pytest.importorskip("astrolens_cnn.settings")
    for schema in (settings.Network, settings.Committee):
        assert replace(info, params={"width": 16, "blocks": 1}).network(schema).symmetries == "1"
        assert schema().symmetries == "4"
