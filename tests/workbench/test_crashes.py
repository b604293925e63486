"""A child that crashes takes nothing along: the job says why, labels stay, the next job runs."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from astrolens_gui.api import Cancelled, UserError
from astrolens_gui.workbench import Workbench


@pytest.mark.parametrize(
    ("fault", "words"),
    [("Segfault", "SIGSEGV"), ("Killed", "SIGKILL"), ("Raises", "ZeroDivisionError: planted"), ("Greedy", "memory")],
)
def test_that_a_training_child_which_dies_is_a_clear_failed_job(
    fault: str, words: str, bench: Workbench, graded: Path, faulty: Any
):
    bench.settings.set("memory_limit_gb", 0.6)
    before = bench.info().result(10).labelled
    faulty(fault)
    job = bench.train("toy")
    with pytest.raises(Exception, match=words):
        job.result(120)
    assert job.state == "failed"
    assert words in job.error
    assert "\n" not in job.error
    assert bench.model_rows().result(10) == []  # nothing half-made is listed
    assert not list(bench.project.models_dir.glob("*"))
    # The window's side lives: a label is saved, and the next training runs.
    first = int(bench.queue().result(10).object[-1])
    bench.label(first, "X").result(10)
    assert bench.info().result(10).labelled >= before
    faulty("")
    assert bench.train("toy").result(120).champion


def test_that_a_killed_retraining_leaves_the_champion_its_scores_and_every_label(
    bench: Workbench, graded: Path, faulty: Any
):
    """Every backend that trains in a child goes this way: classifiers, detectors and restorers alike."""
    first = bench.train("toy").result(120)
    bench.score("toy").result(120)
    champion, labelled = bench.info().result(10).champion, bench.info().result(10).labelled
    folder = bench.project.models_dir / first.model
    weights = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    scores = bench.queue().result(10).score.tolist()
    faulty("Killed")
    with pytest.raises(Exception, match="SIGKILL"):
        bench.train("toy").result(120)
    assert bench.info().result(10).champion == champion == first.model
    assert bench.info().result(10).labelled == labelled
    assert [path.name for path in bench.project.models_dir.iterdir()] == [first.model]
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == weights
    assert bench.queue().result(10).score.tolist() == pytest.approx(scores, nan_ok=True)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["cnn", "autoencoder"])
def test_that_a_network_killed_between_two_steps_leaves_nothing_and_learns_when_asked_again(
    backend: str, bench: Workbench, graded: Path, killed_while_learning: Any
):
    labelled = bench.info().result(10).labelled
    long, short = {"epochs": 200}, {"epochs": 1}
    said = killed_while_learning(bench.train(backend, long), "epoch")
    assert "\n" not in said
    assert bench.model_rows().result(10) == []
    assert not list(bench.project.models_dir.glob("*"))
    assert bench.info().result(10).labelled == labelled
    report = bench.train(backend, short).result(180)
    assert (bench.project.models_dir / report.model / "model.json").exists()


@pytest.mark.slow
def test_that_a_killed_network_goes_on_after_its_last_epoch_to_the_same_weights(
    bench: Workbench, graded: Path, killed_while_learning: Any
):
    from safetensors.numpy import load_file

    whole = bench.train("cnn", {"epochs": 30, "patience": 80}, go_on=False).result(180)
    job, until = bench.train("cnn", {"epochs": 30, "patience": 80}, go_on=False), time.monotonic() + 120
    while not list(bench.project.cache_dir.glob("unfinished/classify/*/unfinished.safetensors")):
        assert time.monotonic() < until
        time.sleep(0.005)
    killed_while_learning(job, "epoch")
    first = int(bench.queue().result(10).object[-1])
    bench.label(first, "X").result(10)  # a grade of later is not among those it goes on with
    assert "A training of cnn on" in bench.prospect("cnn").result(10).broken_off
    report = bench.resume().result(180)
    assert bench.prospect("cnn").result(10).broken_off == ""
    made, expected = (
        load_file(bench.project.models_dir / each.model / "weights.safetensors") for each in (report, whole)
    )
    assert made.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(made[name], values, atol=1e-6, err_msg=name)
    with pytest.raises(UserError, match="was broken off after its first epoch"):
        bench.resume().result(10)


def test_that_a_cancelled_training_ends_within_two_seconds_and_leaves_nothing(
    bench: Workbench, graded: Path, faulty: Any
):
    faulty("Slow")
    job = bench.train("toy")
    until = time.monotonic() + 60
    while (job.progress is None or "slowly" not in job.progress.message) and time.monotonic() < until:
        time.sleep(0.05)
    start = time.monotonic()
    job.cancel()
    with pytest.raises(Cancelled):
        job.result(30)
    assert time.monotonic() - start < 2.5
    assert not list(bench.project.models_dir.glob("*"))


def test_that_scoring_survives_the_death_of_its_warm_child(
    bench: Workbench, graded: Path, faulty: Any, monkeypatch: pytest.MonkeyPatch
):
    faulty("", run_in="process")
    assert bench.train("toy").result(120).champion
    faulty("FallsWhenAsked", run_in="process")
    monkeypatch.setenv("ASTROLENS_FALL", "1")
    job = bench.score()
    with pytest.raises(Exception, match="SIGSEGV"):
        job.result(60)
    monkeypatch.setenv("ASTROLENS_FALL", "0")
    assert bench.score().result(60).scored == 60


def test_that_thread_and_process_give_the_same_scores(bench: Workbench, graded: Path):
    assert bench.train("toy").result(120).champion
    tables = []
    for where in ("thread", "process"):
        bench.settings.set("run_in", where)
        model = bench.score().result(120).model
        tables.append(bench.runner.submit("db", lambda m=model: bench.store.scores(m)).result(10))
    assert (tables[0]["logit"] == tables[1]["logit"]).all()


@pytest.mark.slow
def test_that_the_network_gives_the_same_scores_in_thread_and_process(tmp_path: Path, sample: Path):
    # The thread imports TensorFlow: in a process of its own, so that the other tests stay without.
    import subprocess
    import sys

    code = """
import sys
from pathlib import Path
import numpy as np
from astrolens_gui.demo_loop import truth_of
from astrolens_gui.workbench import Workbench

if __name__ == "__main__":
    sample, folder = Path(sys.argv[1]), Path(sys.argv[2])
    truth = truth_of(sample)
    with Workbench.start() as bench:
        bench.open(folder, create={}).result()
        bench.import_images([sample / "images"]).result()
        queue = bench.queue("random").result()
        for place in range(30):
            bench.label(int(queue.object[place]), "A" if truth[queue.name[place]] else "X").result()
        bench.train("cnn", {"epochs": 2}).result()
        logits = []
        for where in ("process", "thread"):
            bench.settings.set("run_in", where)
            model = bench.score().result().model
            logits.append(bench.runner.submit("db", lambda: bench.store.scores(model)).result()["logit"])
            print(where, "tensorflow" in sys.modules)
        print("WORST", np.abs(logits[0] - logits[1]).max())
"""
    script = tmp_path / "both.py"
    script.write_text(code, encoding="utf-8")
    command = [sys.executable, str(script), str(sample), str(tmp_path / "p.astrolens")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "process False" in done.stdout
    assert "thread True" in done.stdout
    assert float(done.stdout.split("WORST")[1]) < 1e-4


def test_that_closing_leaves_no_thread_and_no_child(graded: Path, bench: Workbench):
    bench.settings.set("run_in", "process")
    bench.train("toy").result(120)
    bench.score().result(60)
    assert bench.models.child.pid is not None
    bench.close()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and _ours():
        time.sleep(0.1)
    assert _ours() == []


def _ours() -> list[str]:
    threads = [thread.name for thread in threading.enumerate() if thread.name.startswith("astrolens-")]
    return threads + [f"child {pid}" for pid in _children(os.getpid())]


def _children(parent: int) -> list[int]:
    import psutil

    own = psutil.Process(parent).children(recursive=True)
    return [
        child.pid for child in own if "resource_tracker" not in " ".join(child.cmdline()) and child.status() != "zombie"
    ]
