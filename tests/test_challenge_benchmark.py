"""The challenge's benchmark on sixty stamps: an entry trains and is ranked, a crash is a row, what is done stays done."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from astrolens_gui.api import UserError
from astrolens_gui.testing import toy

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
TOY = toy.astrolens_backends()[0]
ENDS = """
import os
from astrolens_gui.testing.toy import ToyBackend

class Ends(ToyBackend):
    def fit(self, data, fit_params, ctx):
        os._exit(7)
"""


@pytest.fixture(scope="module")
def benchmark(tmp_path_factory):
    """The benchmark's modules, importable here and in the children, and a small data set."""
    import importlib

    folder = tmp_path_factory.mktemp("challenge")
    (folder / "entry_that_ends.py").write_text(ENDS)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        patch.syspath_prepend(str(BENCHMARKS))
        modules = {name: importlib.import_module(name) for name in ("challenge", "challenge_data", "challenge_report")}
        data, params = modules["challenge_data"], {"survey": "euclid_vis", "size": 32, "arc_snr_scale": 5.0}
        for part, seed in (("train", 1), ("test", 2)):
            data.make(folder / "data" / "space" / part, data.Recipe(params, 60, seed), workers=0)
        yield modules | {"folder": folder}
        for name in [name for name in sys.modules if name == "challenge" or name.startswith("challenge_")]:
            del sys.modules[name]


@pytest.fixture(scope="module")
def ran(benchmark):
    """An entry as the default, another, and one whose process ends: their results and the page."""
    challenge, folder = benchmark["challenge"], benchmark["folder"]
    how = challenge.How(folder / "data", folder / "results", clock="cpu")
    ends = replace(TOY, id="ends", factory="entry_that_ends:Ends")
    specs = [replace(TOY, id="cnn"), replace(TOY, id="other"), ends]
    results = {spec.id: challenge.run(challenge.Job(spec.id, "space", 1.0), spec, how) for spec in specs}
    store = challenge.Results(folder / "results")
    return results, store, benchmark["challenge_report"].write(store, folder / "docs")


def test_that_an_entry_learns_and_is_ranked_with_intervals(ran):
    figures = ran[0]["cnn"]["figures"]
    assert figures["N_pos"] + figures["N_neg"] == 60
    assert figures["AUROC"] > 0.6
    low, high = figures["AUROC_ci"]
    assert low <= figures["AUROC"] <= high
    assert ran[0]["cnn"]["epochs"]
    assert ran[0]["cnn"]["train_images_per_s"] > 0


def test_that_equal_entries_do_not_differ_from_the_default(ran):
    assert ran[0]["other"]["figures"]["AUROC_change"] == 0
    assert ran[0]["other"]["figures"]["AUROC_change_ci"] == [0, 0]


def test_that_a_process_that_ends_is_a_row_with_its_reason(ran):
    assert "7" in ran[0]["ends"]["failed"]
    assert f"failed: {ran[0]['ends']['failed']}" in ran[2].read_text(encoding="utf-8")


def test_that_the_page_ranks_the_entries_and_has_a_picture(ran):
    page = ran[2].read_text(encoding="utf-8")
    assert "| 1 | **cnn** |" in page or "| 2 | **cnn** |" in page
    assert "No entry is better than the default" in page
    assert (ran[2].parent / "screenshots" / "scoreboard.png").stat().st_size > 5000


def test_that_a_second_run_trains_nothing_again(benchmark, ran, monkeypatch):
    challenge, folder = benchmark["challenge"], benchmark["folder"]
    monkeypatch.setattr(challenge, "run_in_child", lambda *_, **__: pytest.fail("it trained again"))
    again = challenge.run(challenge.Job("other", "space", 1.0), TOY, challenge.How(folder / "data", folder / "results"))
    assert again["date"] == ran[0]["other"]["date"]


def test_that_a_person_stands_on_the_board_with_what_they_graded(benchmark, ran, tmp_path):
    folder = benchmark["folder"]
    test = benchmark["challenge_data"].Stamps(folder / "data" / "space" / "test")
    rows = [f"{row['ID']},{'A' if row['is_lens'] == '1' else 'X'}" for row in test.truth()[:40]]
    (tmp_path / "grades.csv").write_text("ID,grade\n" + "\n".join(rows))
    ran[1].keep_person("Ada", tmp_path / "grades.csv", test, "space")
    figures = ran[1].figured(ran[1].folder("space", "person-Ada"))["figures"]
    assert figures["AUROC"] == 1
    assert figures["N_pos"] + figures["N_neg"] == 40
    assert "AUROC_change" in figures


def test_that_the_sets_are_what_the_simulator_draws_and_are_not_drawn_twice(benchmark, monkeypatch):
    data, folder = benchmark["challenge_data"], benchmark["folder"] / "data" / "space" / "test"
    stamps = data.Stamps(folder)
    source = data.drawing.Simulator(data.build(data.SimulatorParams, stamps.recipe.params))
    assert np.array_equal(np.load(folder / "images-0000.npy")[7], source.stamp(7, 2).images, equal_nan=True)
    monkeypatch.setattr(data, "_draw", lambda *_: pytest.fail("it drew again"))
    data.make(folder, stamps.recipe, workers=0)
    with pytest.raises(UserError, match="another recipe"):
        data.make(folder, replace(stamps.recipe, seed=3), workers=0)


def test_that_the_processor_clock_counts_both_cores(benchmark):
    import challenge_child

    start = challenge_child.processor_seconds()
    sum(number * number for number in range(2_000_000))
    spent = challenge_child.processor_seconds() - start
    assert 0 < spent * challenge_child.cores() < 5
