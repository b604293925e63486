"""A model folder trains again to the same scores, whatever was graded since; and where it does not, that is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from astrolens_gui.__main__ import main
from astrolens_gui.api import UserError
from astrolens_gui.core.learn.dataset import held_out
from astrolens_gui.core.learn.models import read_model
from astrolens_gui.workbench import Workbench


def test_that_a_model_trains_again_to_the_same_scores_though_grades_changed_since(bench: Workbench, graded: Path):
    first = bench.train("toy", {"epochs": 40}, seed=4).result(120).model
    before = [path.name for path in bench.project.models_dir.iterdir()]
    labels = bench.runner.submit("db", bench.store.labels).result(10)
    for row in labels[:5]:
        bench.label(row.object, "X" if row.grade == "A" else "A").result(10)
    second = bench.train("toy", {"epochs": 40}).result(120).model
    again = bench.train_again(first).result(120)
    assert (again.agrees, again.same_set, again.notes) == (True, True, ())
    assert again.objects == len(labels)
    assert again.worst < 1e-6
    assert "the same result" in again.sentence()
    assert {row.id for row in bench.model_rows().result(10)} == {first, second}  # nothing is kept
    assert sorted(path.name for path in bench.project.models_dir.iterdir()) == sorted([*before, second])


def test_that_another_result_is_said_and_answered_with_exit_code_four(bench: Workbench, graded: Path, capsys):
    model = bench.train("toy", {"epochs": 40}).result(120).model
    assert main(["train", str(graded), "--again", model]) == 0
    assert "the same result" in capsys.readouterr().out
    path = bench.project.models_dir / model / "model.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    told["fit_params"]["epochs"] = 1
    path.write_text(json.dumps(told), encoding="utf-8")
    assert main(["train", str(graded), "--again", model, "--json"]) == 4
    found = json.loads(capsys.readouterr().out)
    assert found["worst"] > 1e-3
    assert (found["agrees"], found["same_set"]) == (False, True)


def test_that_a_model_whose_grades_are_elsewhere_is_refused_in_a_sentence(bench: Workbench, graded: Path):
    model = bench.train("toy").result(120).model
    path = bench.project.models_dir / model / "model.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**told, "label_ids": [*told["label_ids"], 10**6]}), encoding="utf-8")
    with pytest.raises(UserError, match=r"1 of the 31 grades that the model toy-.* learnt from are not in"):
        bench.train_again(model).result(60)
    with pytest.raises(UserError, match="did not learn from this project's grades"):
        bench.train_again("cnn-euclid-vis").result(60)


@pytest.mark.slow
def test_that_the_network_trains_again_to_the_same_scores(bench: Workbench, graded: Path):
    """From graded and from ungraded images, none of them held out."""
    first = bench.train("cnn", {"epochs": 1, "unlabelled": 1.0}, seed=5, go_on=False).result(180).model
    told = read_model(bench.project.models_dir / first)
    graded_then = {row.object for row in bench.runner.submit("db", bench.store.labels).result(10)}
    assert told.unlabelled_ids
    assert not graded_then & set(told.unlabelled_ids)
    for row in bench.runner.submit("db", bench.store.objects, told.unlabelled_ids).result(10):
        assert not held_out(row.field or "", row.meta.get("key") or row.name, told.split["seed"], told.split["rule"])
    bench.label(told.unlabelled_ids[0], "X").result(10)
    again = bench.train_again(first).result(180)
    assert again.same_set
    assert again.worst <= 1e-3
