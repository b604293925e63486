"""A workbench on a small simulated project, and backends that misbehave in a child."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from astrolens_gui.demo_loop import truth_of
from astrolens_gui.testing import toy
from astrolens_gui.workbench import Workbench

COUNT = 60


def simulated(folder: Path, survey: str) -> Path:
    """A folder with `images/`: simulated stamps and their truth."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASTROLENS_HOME", str(folder / "home"))
        with Workbench.start() as bench:
            bench.simulate("simulator", folder / "images", COUNT, seed=3, params={"survey": survey}).result(120)
    return folder


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stamps in three bands, which no shipped weights fit: trainings are held against nothing, and need no TensorFlow."""
    return simulated(tmp_path_factory.mktemp("sample"), "des_gri")


@pytest.fixture(scope="session")
def euclid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stamps that the shipped weights fit."""
    return simulated(tmp_path_factory.mktemp("euclid"), "euclid_vis")


@pytest.fixture
def bench() -> Iterator[Workbench]:
    with Workbench.start() as bench:
        yield bench


@pytest.fixture
def project(bench: Workbench, sample: Path, tmp_path: Path) -> Path:
    """The sample as an open project, nothing graded."""
    folder = tmp_path / "sample.astrolens"
    bench.open(folder, create={}).result(60)
    report = bench.import_images([sample / "images"]).result(60)
    assert report.added == COUNT
    assert report.refused == []
    return folder


@pytest.fixture
def graded(bench: Workbench, project: Path, sample: Path) -> Path:
    """The project with half of its objects graded by the truth."""
    truth = truth_of(sample)
    queue = bench.queue("random").result(30)
    for position in range(COUNT // 2):
        bench.label(int(queue.object[position]), "A" if truth[queue.name[position]] else "X").result(30)
    return project


FAULTS = """
import os, signal
from astrolens_gui.testing.toy import ToyBackend

class Segfault(ToyBackend):
    def fit(self, data, p, ctx):
        ctx.progress(0.1, "about to fall", loss=1.0)
        os.kill(os.getpid(), signal.SIGSEGV)

class Killed(ToyBackend):
    def fit(self, data, p, ctx):
        os.kill(os.getpid(), signal.SIGKILL)

class Greedy(ToyBackend):
    def fit(self, data, p, ctx):
        import numpy, time
        hoard = []
        while True:
            hoard.append(numpy.ones(5_000_000))
            ctx.progress(0.1, "eating", loss=1.0)
            time.sleep(0.01)

class Raises(ToyBackend):
    def fit(self, data, p, ctx):
        raise ZeroDivisionError("planted")

class Slow(ToyBackend):
    def fit(self, data, p, ctx):
        import time
        for step in range(1000):
            ctx.progress(step / 1000, "slowly", loss=1.0)
            time.sleep(0.05)

class FallsWhenAsked(ToyBackend):
    def classify(self, batch, ctx):
        if len(batch) and os.environ.get("ASTROLENS_FALL") == "1":
            os.kill(os.getpid(), signal.SIGSEGV)
        return super().classify(batch, ctx)
"""


@pytest.fixture
def faulty(bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`faulty("Segfault")` makes the backend toy run that class; "" gives the good one back."""
    (tmp_path / "faulty_backends.py").write_text(FAULTS, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    spec = toy.astrolens_backends()[0]

    def choose(name: str, **changes: Any) -> None:
        factory = f"faulty_backends:{name}" if name else spec.factory
        bench.plugins._records[type(spec)]["toy"] = replace(spec, factory=factory, **changes)

    return choose


@pytest.fixture
def killed_while_learning() -> Any:
    """A callable that waits until a training job's child takes steps, kills it with SIGKILL and gives the job's error."""

    def kill(job: Any, word: str) -> str:
        import psutil

        until = time.monotonic() + 120
        while not (job.progress and word in job.progress.message) and job.state == "running":
            assert time.monotonic() < until, f"the training never said {word!r}"
            time.sleep(0.01)
        children = [each for each in psutil.Process().children() if "resource_tracker" not in " ".join(each.cmdline())]
        assert len(children) == 1, f"{job.error} {children}"
        children[0].kill()
        with pytest.raises(Exception, match="SIGKILL"):
            job.result(60)
        assert job.state == "failed"
        return str(job.error)

    return kill
