"""Two models of a project object by object: what lacks a score is scored, golden paintings stay out, and the command says it."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from astrolens_gui import cli
from astrolens_gui.api import UserError


@pytest.fixture
def models(bench, graded):
    """Two trained models; the newer one has scored nothing yet."""
    first = bench.train("toy").result(60).model
    bench.score(model=first).result(60)
    return first, bench.train("toy", seed=5, go_on=False).result(60).model


def test_that_both_are_compared_on_every_object_and_the_missing_scores_are_made(bench, models, monkeypatch):
    found = bench.compare(*models).result(60)
    assert found.models == models
    assert len(found.names) == len(found.versus.ids) == 60
    assert found.unscored == 0
    assert bench.compare().result(60).models == models, "the one in use, and the one it took the place of"
    for place, model in enumerate(models):
        kept = bench.opened.on_db(lambda model=model: bench.opened.store.scores(model))
        assert np.array_equal(kept["logit"], found.versus.logit[:, place])
    assert np.isfinite(found.versus.target).sum() == 30
    assert 0 < found.versus.held.sum() < 30
    prospect = bench.prospect("toy").result(60)
    assert found.versus.counts() == (prospect.lenses.held, prospect.others.held), "as the gate holds them out"
    painted = int(found.versus.ids[7])
    monkeypatch.setattr("astrolens_gui.workbench.golden.painted", lambda _: frozenset({painted}))
    assert painted not in bench.compare(*models).result(60).versus.ids


def test_that_one_model_and_an_unknown_one_are_refused_in_a_sentence(bench, models):
    with pytest.raises(UserError, match="is one model"):
        bench.compare(models[0], models[0]).result(60)
    with pytest.raises(UserError, match="no model before"):
        bench.compare(second=models[0]).result(60)
    with pytest.raises(UserError, match="there is no model 'nobody'"):
        bench.compare(models[0], "nobody").result(60)


def test_that_the_command_lists_who_is_where_and_writes_every_object(bench, models, graded, tmp_path, capsys):
    bench.close()
    out = tmp_path / "both.csv"
    assert cli.run(["compare", str(graded), *models, "--top", "3", "--out", str(out)], lambda *_: 0) == 0
    said = capsys.readouterr().out
    assert "60 objects scored by A" in said
    assert "held out:" in said
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 60
    odds = [float(row["disagreement"]) for row in rows]
    assert odds == sorted(odds, reverse=True)
    assert said.splitlines()[-1].startswith(rows[2]["ID"])
    assert cli.run(["compare", str(graded), *models, "--out", str(tmp_path / "both.fits")], lambda *_: 0) == 1
    assert "end it in .csv" in capsys.readouterr().err
    assert not (tmp_path / "both.fits").exists()
    assert cli.run(["compare", str(graded), *models, "--json"], lambda *_: 0) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["models"] == list(models)
    assert [row["ID"] for row in told["objects"]] == [row["ID"] for row in rows]
