"""One call in a spawned child: what it gives, and the ways in which it goes wrong without taking anything along."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from astrolens_gui.api import Cancelled, Context, Progress
from astrolens_gui.jobs.events import JobEvent
from astrolens_gui.jobs.process import ChildDied, FailedInChild, OutOfMemory, RefusedInChild, run_in_child
from astrolens_gui.jobs.runner import Runner


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return tmp_path / "logs"


def cancelled_after(seconds: float, **listeners) -> Context:
    end = time.monotonic() + seconds
    return Context(is_cancelled=lambda: time.monotonic() > end, **listeners)


def gone(pid: int, within_s: float = 3.0) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":  # dead; whoever adopted it has not asked yet
            return True
        time.sleep(0.02)
    return False


def read_when_there(path: Path, within_s: float = 10.0) -> str:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if path.exists() and path.read_text():
            return path.read_text()
        time.sleep(0.02)
    raise AssertionError(f"{path} was not written")


def test_that_a_child_returns_its_result_and_leaves_no_log(logs):
    assert run_in_child("job_toys:add", {"a": 2, "b": 3}, log_folder=logs) == 5
    assert list(logs.iterdir()) == []


def test_that_progress_and_partial_results_of_a_child_arrive(logs):
    heard: list[Progress] = []
    parts: list[object] = []
    ctx = Context(on_progress=heard.append, on_partial=parts.append).part(0.5, 1.0)
    assert run_in_child("job_toys:steps", {"count": 4, "pause_s": 0.08}, ctx, log_folder=logs) == 4
    assert heard[0].fraction == pytest.approx(0.625)
    assert heard[-1].fraction == 1.0
    assert heard[-1].metrics == {"loss": 0.25}
    assert run_in_child("job_toys:hand_out", {}, ctx, log_folder=logs) == "all"
    assert parts == [{"first": 1}, [2, 3]]


def test_that_a_childs_arrays_come_back_beside_its_result(logs):
    result, arrays = run_in_child("job_toys:double", {"arrays": {"x": np.arange(5)}}, log_folder=logs)
    assert result["pid"] != os.getpid()
    np.testing.assert_array_equal(arrays["x"], [0, 2, 4, 6, 8])


def test_that_device_seed_and_folder_travel(logs, tmp_path):
    ctx = replace(Context(), device="cpu", seed=7, workdir=tmp_path)
    assert run_in_child("job_toys:where", {}, ctx, log_folder=logs) == ("cpu", 7, str(tmp_path))
    assert (tmp_path / "made-in-child").exists()


def test_that_a_child_is_low_in_priority_deaf_to_ctrl_c_and_has_its_environment_first(logs):
    about = run_in_child("job_toys:about", {}, env={"TF_CPP_MIN_LOG_LEVEL": "7"}, nice=11, log_folder=logs)
    assert about["nice"] == os.nice(0) + 11
    assert about["sigint"]
    assert about["env"]["TF_CPP_MIN_LOG_LEVEL"] == "7"
    assert not {"tensorflow", "keras", "PyQt5", "astropy", "sqlalchemy", "scipy"} & set(about["modules"])


def test_that_a_child_does_not_import_the_callers_main_again(logs):
    assert run_in_child("job_toys:about", {}, log_folder=logs)["main"] is None


def test_that_a_hundred_thousand_reports_become_twenty_a_second(logs):
    heard: list[Progress] = []
    began = time.monotonic()
    assert run_in_child("job_toys:chatter", {"count": 100_000}, Context(on_progress=heard.append), log_folder=logs)
    assert 2 <= len(heard) <= 22 * (time.monotonic() - began) + 3
    assert heard[-1].fraction == pytest.approx(0.99999)


@pytest.mark.parametrize("function", ["job_toys:chatter", "job_toys:chatter_for_ever"])
def test_that_a_chatty_child_does_not_starve_cancellation(logs, function):
    kwargs = {"count": 10**9} if function == "job_toys:chatter" else {}
    began = time.monotonic()
    with pytest.raises(Cancelled):
        run_in_child(function, kwargs, cancelled_after(1.0), log_folder=logs)
    assert time.monotonic() - began < 1.0 + 2.0


def test_that_a_child_that_ignores_sigterm_is_gone_two_seconds_after_cancel(logs, tmp_path):
    note = tmp_path / "pid"
    asked: list[float] = []

    def is_cancelled() -> bool:
        if note.exists() and note.read_text():
            asked.append(time.monotonic())
        return bool(asked)

    with pytest.raises(Cancelled):
        run_in_child("job_toys:deaf", {"path": str(note)}, Context(is_cancelled=is_cancelled), log_folder=logs)
    assert time.monotonic() - asked[0] < 2.0
    assert gone(int(note.read_text()), 0.1)


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("SIGSEGV", "stopped by SIGSEGV, a segmentation fault in compiled code in die (job_toys.py, line"),
        ("SIGABRT", "stopped by SIGABRT, compiled code gave up in die"),
        ("SIGKILL", "killed (SIGKILL), most likely because the computer ran out of memory; use a smaller batch"),
        ("SIGTERM", "stopped by SIGTERM, somebody ended it"),
        ("os._exit", "ended with exit code 0 before it gave a result"),
        ("exit", "ended with exit code 3 before it gave a result"),
    ],
)
def test_that_a_child_that_dies_says_how_and_leaves_nobody_waiting(logs, way, words):
    began = time.monotonic()
    with pytest.raises(ChildDied) as caught:
        run_in_child("job_toys:die", {"way": way}, Context(), name="training cnn", log_folder=logs)
    assert time.monotonic() - began < 5
    assert words in str(caught.value)
    assert str(caught.value).startswith("training cnn ")
    (log,) = logs.iterdir()
    assert str(log) in str(caught.value)
    if way in {"SIGSEGV", "SIGABRT"}:
        assert "Fatal Python error" in log.read_text()
        assert "in die" in caught.value.traceback_text
    assert isinstance(caught.value, OutOfMemory) == (way == "SIGKILL")


def test_that_what_a_child_wrote_last_stands_in_the_sentence_and_the_log(logs):
    with pytest.raises(ChildDied, match="it last said: no space left for lenses"):
        run_in_child("job_toys:shout", {"text": "no space left for lenses"}, log_folder=logs)
    assert next(logs.iterdir()).read_text().count("no space left for lenses") == 2


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("no_such_module:f", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("job_toys:no_such_function", "AttributeError: module 'job_toys' has no attribute 'no_such_function'"),
    ],
)
def test_that_a_child_that_cannot_import_says_what(logs, function, words):
    with pytest.raises(FailedInChild) as caught:
        run_in_child(function, {}, log_folder=logs)
    assert words in str(caught.value)


def test_that_a_child_whose_interpreter_cannot_start_says_so(logs, monkeypatch):
    with pytest.raises(ChildDied, match="ended with exit code 1 before it gave a result"):
        run_in_child("job_toys:add", {"a": 1, "b": 1}, env={"PYTHONHOME": "/nonexistent"}, log_folder=logs)


def test_that_a_bug_in_a_child_comes_with_its_traceback_and_type(logs):
    with pytest.raises(FailedInChild) as caught:
        run_in_child("job_toys:fail", {"kind": "bug"}, log_folder=logs)
    assert caught.value.type_name == "IndexError"
    assert str(caught.value) == "fail: IndexError: list index out of range"
    assert "return [][1]" in caught.value.traceback_text


def test_that_a_users_error_in_a_child_keeps_its_one_sentence_and_is_a_value_error(logs):
    with pytest.raises(RefusedInChild) as caught:
        run_in_child("job_toys:fail", {"kind": "user"}, log_folder=logs)
    assert str(caught.value) == "lens.fits has no band called VIS; give --bands"
    assert isinstance(caught.value, ValueError)
    assert caught.value.type_name == "ToyError"


@pytest.mark.parametrize("kind", ["memory", "device memory"])
def test_that_a_child_that_runs_out_of_memory_says_so_and_what_to_do(logs, kind):
    with pytest.raises(OutOfMemory, match=r"fail: out of memory \(.*\); use a smaller batch") as caught:
        run_in_child("job_toys:fail", {"kind": kind}, log_folder=logs)
    assert isinstance(caught.value, MemoryError)


def test_that_a_child_over_its_memory_limit_is_stopped_and_one_below_is_not(logs):
    began = time.monotonic()
    with pytest.raises(OutOfMemory, match=r"eat used more than 0.4 GB of memory \([01]\.\d+ GB\) and was stopped"):
        run_in_child("job_toys:eat", {"gigabytes": 0.8}, memory_limit_bytes=400_000_000, log_folder=logs)
    assert time.monotonic() - began < 30
    assert run_in_child("job_toys:add", {"a": 1, "b": 2}, memory_limit_bytes=400_000_000, log_folder=logs) == 3


def test_that_an_exception_that_cannot_be_pickled_still_arrives(logs):
    with pytest.raises(FailedInChild, match="Local: only words cross the border"):
        run_in_child("job_toys:fail", {"kind": "unpicklable"}, log_folder=logs)


def test_that_what_cannot_be_sent_is_said_in_either_direction(logs):
    with pytest.raises(FailedInChild, match="unsendable"):
        run_in_child("job_toys:unsendable", {}, log_folder=logs)
    with pytest.raises(TypeError, match="add: an argument cannot be sent to another process"):
        run_in_child("job_toys:add", {"a": lambda: 1, "b": 1}, log_folder=logs)


def test_that_a_child_that_takes_too_long_is_stopped(logs):
    with pytest.raises(ChildDied, match=r"sleep took longer than 0.7 s"):
        run_in_child("job_toys:sleep", {}, timeout=0.7, log_folder=logs)


def test_that_a_listener_that_fails_ends_the_child(logs):
    def broken(_: Progress) -> None:
        raise RuntimeError("the window is gone")

    with pytest.raises(RuntimeError, match="the window is gone"):
        run_in_child("job_toys:steps", {"count": 1000, "pause_s": 0.05}, Context(on_progress=broken), log_folder=logs)


def test_that_what_a_child_started_ends_with_it(logs, tmp_path):
    note = tmp_path / "pids"
    ctx = Context(is_cancelled=lambda: note.exists() and len(note.read_text().split()) == 2)
    with pytest.raises(Cancelled):
        run_in_child("job_toys:with_grandchild", {"path": str(note)}, ctx, log_folder=logs)
    assert all(gone(int(pid)) for pid in note.read_text().split())


@pytest.mark.parametrize(
    ("toy", "words"),
    [
        ("SIGSEGV", "training was stopped by SIGSEGV"),
        ("SIGKILL", "training was killed (SIGKILL), most likely because the computer ran out of memory"),
    ],
)
def test_that_a_job_says_why_its_child_died_and_the_next_job_of_the_lane_runs(logs, toy, words):
    def train(way: str, ctx: Context) -> int:
        kwargs = {"way": way} if way else {"count": 3}
        return run_in_child(f"job_toys:{'die' if way else 'steps'}", kwargs, ctx, name="training", log_folder=logs)

    events: list[JobEvent] = []
    with Runner() as runner:
        runner.listen(events.append)
        bad, good = runner.submit("train", train, toy), runner.submit("train", train, "")
        with pytest.raises(ChildDied):
            bad.result(20)
        assert good.result(20) == 3
    assert bad.state == "failed"
    assert bad.error.startswith(words)
    (told,) = [event for event in events if event.state == "failed"]
    assert (told.job, told.error) == (bad.id, bad.error)
    assert any(event.progress and event.progress.fraction == 0.5 for event in events if event.job == bad.id)
    assert good.progress.fraction == 1.0


@pytest.mark.parametrize("begun", [False, True])
def test_that_cancelling_a_job_ends_its_child_within_two_seconds_also_while_it_starts(logs, begun):
    def train(ctx: Context) -> None:
        run_in_child("job_toys:steps", {"count": 10**9, "pause_s": 0.01}, ctx, log_folder=logs)

    with Runner() as runner:
        job = runner.submit("train", train)
        end = time.monotonic() + 10
        while job.state == "queued" or (begun and not job.progress):
            time.sleep(0.01)
            assert time.monotonic() < end
        began = time.monotonic()
        job.cancel()
        with pytest.raises(Cancelled):
            job.result(5)
        assert time.monotonic() - began < 2.0
    assert job.state == "cancelled"
    assert list(logs.iterdir()) == []


def test_that_children_leave_no_descriptor_open(logs):
    run_in_child("job_toys:add", {"a": 1, "b": 2}, log_folder=logs)
    before = set(os.listdir("/proc/self/fd"))
    run_in_child("job_toys:add", {"a": 1, "b": 2}, log_folder=logs)
    with pytest.raises(ChildDied):
        run_in_child("job_toys:die", {"way": "SIGSEGV"}, log_folder=logs)
    assert len(set(os.listdir("/proc/self/fd"))) == len(before)
