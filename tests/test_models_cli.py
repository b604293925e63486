"""`astrolens models`: what the gate said of each, and the way to another one and back."""

from __future__ import annotations

import json
import shutil

from astrolens_gui import cli
from astrolens_gui.demo_loop import truth_of
from astrolens_gui.workbench import Workbench


def run(*argv):
    return cli.run([str(one) for one in argv], lambda *_: 0)


def test_that_models_are_listed_and_another_one_is_put_in_use(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("ASTROLENS_HOME", str(tmp_path / "home"))
    project = tmp_path / "p.astrolens"
    with Workbench.start() as bench:
        bench.simulate("simulator", tmp_path / "images", 40, seed=3, params={"survey": "des_gri"}).result(120)
        bench.open(project, create={}).result(60)
        bench.import_images([tmp_path / "images"]).result(60)
        truth, queue = truth_of(tmp_path), bench.queue("random").result(60)
        for place in range(30):
            bench.label(int(queue.object[place]), "A" if truth[queue.name[place]] else "X").result(60)
    assert run("models", project) == 0
    assert "no model yet" in capsys.readouterr().out
    assert run("models", project, "--back") == 1
    assert "no model before" in capsys.readouterr().err
    with Workbench.start() as bench:
        bench.open(project).result(60)
        first, second = (bench.train("toy", seed=seed).result(120).model for seed in (1, 2))
        bench.score().result(60)
    assert run("models", project, "--back") == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith(f"{second}. Provisional: ")
    assert told[1].startswith(f"{first} (in use). ")
    assert told[2].startswith("40 objects have no score by it yet")
    assert run("models", project, "--use", second, "--json") == 0
    assert [(one["id"], one["champion"]) for one in json.loads(capsys.readouterr().out)] == [
        (second, True),
        (first, False),
    ]
    assert run("models", project, "--use", "nothing") == 1
    assert "there is no model 'nothing'" in capsys.readouterr().err
    shutil.rmtree(project / "models" / first)
    assert run("models", project, "--use", first) == 1
    assert first in capsys.readouterr().err
    with Workbench.start() as bench:
        bench.open(project).result(60)
        assert [row.id for row in bench.model_rows().result(60) if row.champion] == [second]
