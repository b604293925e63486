"""A simulation in several processes: the same bytes for any number of them, and a usable sample when it is stopped."""

from __future__ import annotations

import csv
import threading
from pathlib import Path

import pytest
from simulating_toy import Counting

from astrolens_gui.api import Cancelled, Context, UserError
from astrolens_gui.core import parts
from astrolens_gui.workbench import simulating
from astrolens_gui.workbench.simulating import Sample

SAMPLE = {"backend": "counting", "seed": 5}


class Plugins:
    """Knows one simulator, and a backend that is none."""

    def backend(self, id: str, can: str):
        return Counting.SPEC


class Bench:
    plugins = Plugins()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_that_any_number_of_processes_gives_the_same_bytes(tmp_path: Path):
    told = []
    for workers in (1, 2):
        sample = Sample(out=tmp_path / str(workers), count=150, workers=workers, **SAMPLE)
        table = simulating.simulate(Bench(), sample, Context(on_progress=lambda p: told.append(p.fraction)))
        assert table == tmp_path / str(workers) / "truth.csv"
    assert contents(tmp_path / "1") == contents(tmp_path / "2")
    assert len(contents(tmp_path / "2")) == 151
    assert max(told) == 1.0


def test_that_a_stopped_simulation_leaves_a_table_of_what_is_there(tmp_path: Path):
    stop = threading.Event()

    def told(progress):
        if progress.fraction > 0.4:
            stop.set()

    sample = Sample(out=tmp_path / "s", count=1000, workers=2, params={"pause_s": 0.002}, **SAMPLE)
    with pytest.raises(Cancelled):
        simulating.simulate(Bench(), sample, Context(on_progress=told, is_cancelled=stop.is_set))
    with (tmp_path / "s" / "truth.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    files = {path.stem for path in (tmp_path / "s").rglob("*.fits")}
    assert 100 < len(rows) < 1000
    assert {row["ID"] for row in rows} == files
    assert not (tmp_path / "s" / parts.FOLDER).exists()


def test_that_a_worker_that_fails_ends_the_others_and_says_why(tmp_path: Path):
    sample = Sample(out=tmp_path / "s", count=128, workers=2, params={"breaks_at": 70}, **SAMPLE)
    with pytest.raises(UserError, match="number 70 can't be drawn"):
        simulating.simulate(Bench(), sample, Context())


def test_that_nothing_is_written_over_and_wrong_wishes_are_sentences(tmp_path: Path):
    (tmp_path / "truth.csv").touch()
    for sample, words in (
        (Sample(out=tmp_path, count=90, workers=0, **SAMPLE), "already exists; choose an empty folder"),
        (Sample(out=tmp_path, count=0, **SAMPLE), "count must be at least 1"),
        (Sample(out=tmp_path, count=9, layout="round", **SAMPLE), "there is no layout 'round'"),
        (Sample(out=tmp_path, count=9, source=tmp_path, **SAMPLE), "say --layout challenge"),
    ):
        with pytest.raises(UserError, match=words):
            simulating.simulate(Bench(), sample, Context())


@pytest.mark.parametrize(("rows", "stays"), [(0, False), (1, True)])
def test_that_a_table_without_objects_does_not_bar_the_folder(tmp_path: Path, rows: int, stays: bool):
    table = tmp_path / "truth.csv"
    table.write_text("ID,is_lens\n" + "toy_0001,1\n" * rows)
    assert simulating._keep_what_is_there(table) is stays
    assert table.exists() is stays
