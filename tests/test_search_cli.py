"""`astrolens search`: how complete a search is, from a project's drawn grades."""

from __future__ import annotations

import json

import pytest

from astrolens_gui import cli
from astrolens_gui.demo_loop import truth_of
from astrolens_gui.workbench import Workbench


def run(*argv):
    return cli.run([str(one) for one in argv], lambda *_: 0)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("search")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASTROLENS_HOME", str(folder / "home"))
        with Workbench.start() as bench:
            bench.simulate("simulator", folder / "images", 40, seed=3, params={"survey": "des_gri"}).result(120)
            bench.open(folder / "p.astrolens", create={}).result(60)
            bench.import_images([folder / "images"]).result(60)
    return folder


def test_that_a_search_says_what_to_do_and_then_how_complete_it_is(project, capsys):
    assert run("search", project / "p.astrolens") == 0
    assert "choose the queue order Drawn by lot" in capsys.readouterr().out
    truth = truth_of(project)
    with Workbench.start() as bench:
        bench.open(project / "p.astrolens").result(60)
        queue = bench.queue("drawn").result(60)
        for place in range(20):
            said = "A" if truth[queue.name[place]] else "X"
            bench.label(int(queue.object[place]), said, why=queue.why(place)).result(60)
    assert run("search", project / "p.astrolens", "--json", "--threshold", "0.5") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["drawn"], found["others"]) == (20, 0)
    low, high = found["lenses_ci"]
    assert low <= found["lenses"] <= high
    assert low <= sum(truth.values()) <= high
    assert "lens" in found["hint"]
    assert run("search", project / "p.astrolens", "--threshold", "1.5") == 1
    assert "lies between 0 and 1" in capsys.readouterr().err
