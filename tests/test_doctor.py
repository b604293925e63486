"""`astrolens doctor` on a project: what is wrong is said with its remedy, what is right is not touched."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from astrolens_gui import doctor
from astrolens_gui.__main__ import main
from astrolens_gui.api import InputSpec
from astrolens_gui.core.learn.models import ModelInfo, write_model
from astrolens_gui.core.project import Project
from astrolens_gui.doctor import Finding, examine


@pytest.fixture(autouse=True)
def no_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking at them takes seconds, and is tested elsewhere."""
    monkeypatch.setattr(doctor, "_devices", lambda: iter(()))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A note in the morning's backup, and one model, `m`, the champion."""
    project = Project.create(tmp_path / "p.astrolens")
    fitted = tmp_path / "fitted"
    fitted.mkdir()
    (fitted / "weights.safetensors").write_bytes(b"weights")
    write_model(
        ModelInfo(
            id="m",
            backend="toy",
            backend_version="1",
            params={},
            fit_params={},
            input=InputSpec(bands=("VIS",), size=32, pixel_scale=0.1),
            classes=("nonlens", "lens"),
            folder=project.models_dir / "m",
        ),
        fitted,
    )
    with project.store() as store:
        store.record("note", "kept", grader="me")
        store.add_model("m", backend="toy", verdict="accepted", champion=True)
        store.backup()
    return project


def _of(project: Project, topic: str, repair: bool = False) -> list[Finding]:
    return [finding for finding in examine(project.folder, repair).findings if finding.topic == topic]


def test_that_a_usable_champion_is_listed(project: Project) -> None:
    [model] = _of(project, "model")
    assert (model.state, model.text) == ("ok", "m (champion): accepted, toy")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: shutil.rmtree(folder), "is not a model folder"),
        (lambda folder: (folder / "model.json").write_text("{"), "cannot be read"),
        (lambda folder: (folder / "weights.safetensors").unlink(), "holds no weights"),
        (lambda folder: (folder / "weights.safetensors").write_bytes(b""), "holds no weights"),
        (
            lambda folder: (folder / "model.json").write_text(
                (folder / "model.json").read_text().replace('"toy"', '"gone"')
            ),
            "there is no backend 'gone'",
        ),
    ],
    ids=["no folder", "broken model.json", "no weights", "empty weights", "no backend"],
)
def test_that_a_champion_that_cannot_run_is_wrong_and_another_model_a_note(project: Project, damage, said: str) -> None:
    damage(project.models_dir / "m")
    [model] = _of(project, "model")
    assert model.state == "wrong"
    assert said in model.text
    assert f"train another: astrolens train {project.folder}" in model.text
    with project.store() as store:
        store.set_champion(None)
    [model] = _of(project, "model")
    assert (model.state, said in model.text) == ("note", True)


@pytest.mark.parametrize("content", [None, b""])
def test_that_a_lost_database_is_refused_named_and_repaired(project: Project, content: bytes | None, capsys) -> None:
    path = project.database_file
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert main(["import", str(project.folder), str(project.folder.parent)]) == 1
    assert f"`astrolens doctor {project.folder} --repair`" in capsys.readouterr().err
    assert path.exists() == (content is not None)
    assert main(["doctor", str(project.folder)]) == 1
    out = capsys.readouterr().out
    assert "✗ database" in out
    assert out.count("✗") == 2  # and the last line
    assert main(["doctor", str(project.folder), "--repair", "--json"]) == 0
    said = [one["text"] for one in json.loads(capsys.readouterr().out)["findings"] if one["topic"] == "repair"]
    assert "was restored from labels-" in said[0]
    with project.store() as store:
        assert [event.comment for event in store.events()] == ["kept"]


def test_that_what_a_repair_cannot_read_is_wrong(project: Project) -> None:
    project.database_file.write_bytes(b"this is not a database" * 1000)
    done, lost = _of(project, "repair", repair=True)
    assert (done.state, lost.state) == ("ok", "wrong")
    assert "labels.sqlite.damaged-" in lost.text


def test_that_images_and_models_are_checked_though_the_database_is_gone(project: Project, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    project.add_root(tmp_path / "images")
    project.database_file.unlink()
    assert [finding.state for finding in _of(project, "images")] == ["ok"]
