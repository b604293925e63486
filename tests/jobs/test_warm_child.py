"""A child that stays: arrays both ways, crashes, cancel, idleness."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from test_child_traps import cancelled_after, gone

from astrolens_gui.api import Cancelled
from astrolens_gui.jobs.device import cores
from astrolens_gui.jobs.process import ChildDied, FailedInChild, RefusedInChild, WarmChild


@pytest.fixture
def warm(tmp_path: Path):
    child = WarmChild("scoring", log_folder=tmp_path / "logs")
    yield child
    child.close()


def double(warm: WarmChild) -> int:
    result, arrays = warm.call("job_toys:double", {"times": 3}, {"x": np.arange(4.0)})
    np.testing.assert_array_equal(arrays["x"], [0, 3, 6, 9])
    return result["pid"]


def test_that_calls_run_in_one_process_that_is_not_this_one(warm):
    assert warm.pid is None
    first, second = double(warm), double(warm)
    assert first == second == warm.pid != os.getpid()


@pytest.mark.parametrize(
    "array",
    [
        np.random.default_rng(1).normal(size=(7, 33, 33, 3)).astype(np.float32),
        np.arange(24, dtype=">i2").reshape(2, 3, 4)[:, ::2, ::-1],
        np.asfortranarray(np.arange(12.0).reshape(3, 4)),
        np.zeros((0, 64, 64, 1), np.float32),
        np.array(3.5),
        np.array([b"ab", b"c"]),
        np.array([(1, 2.5)], dtype=[("n", "i4"), ("x", "f8")]),
        np.array([np.nan, np.inf, -0.0], np.float16),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_that_every_plain_array_comes_back_bit_for_bit(warm, array):
    kind, arrays = warm.call("job_toys:same", {}, {"batch": array})
    assert kind == str(array.dtype)
    back = arrays["batch"]
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    assert back.tobytes() == array.tobytes()
    back[...] = np.zeros((), array.dtype)  # ours to change


def test_that_results_stay_as_they_were_after_later_and_larger_calls(warm):
    small = np.arange(10.0)
    _, first = warm.call("job_toys:double", {}, {"x": small})
    for size in (5, 10_000, 2_000_000, 3):
        warm.call("job_toys:double", {}, {"x": np.full(size, 9.0), "y": np.ones(size)})
    np.testing.assert_array_equal(first["x"], small * 2)


def test_that_the_child_cannot_change_what_it_was_given(warm):
    with pytest.raises(FailedInChild, match="read-only"):
        warm.call("job_toys:spoil", {}, {"batch": np.ones(3)})


def test_that_arrays_of_objects_are_refused_by_name(warm):
    with pytest.raises(TypeError, match="the array batch holds Python objects"):
        warm.call("job_toys:same", {}, {"batch": np.array([{}])})
    assert double(warm)


@pytest.mark.parametrize("way", ["SIGSEGV", "SIGKILL", "os._exit", "exit"])
def test_that_a_crash_during_a_call_is_told_and_the_next_call_works(warm, way):
    before = double(warm)
    with pytest.raises(ChildDied, match=r"^scoring (was|ended)"):
        warm.call("job_toys:die", {"way": way})
    assert double(warm) != before


def test_that_a_crash_between_calls_is_not_even_noticed(warm):
    before = double(warm)
    os.kill(before, 9)
    until = time.monotonic() + 5
    while warm.pid is not None and time.monotonic() < until:  # a zombie with threads left can't be told from a live one
        time.sleep(0.01)
    assert gone(before)
    assert double(warm) != before


def test_that_an_error_leaves_the_child_as_it_is(warm):
    before = double(warm)
    with pytest.raises(RefusedInChild, match="give --bands"):
        warm.call("job_toys:fail", {"kind": "user"})
    with pytest.raises(MemoryError, match="scoring: out of memory"):
        warm.call("job_toys:fail", {"kind": "device memory"})
    with pytest.raises(FailedInChild, match="IndexError"):
        warm.call("job_toys:fail", {"kind": "bug"})
    assert double(warm) == before


def test_that_a_polite_call_is_cancelled_without_losing_the_process(warm):
    before = double(warm)
    with pytest.raises(Cancelled):
        warm.call("job_toys:steps", {"count": 1000, "pause_s": 0.05}, ctx=cancelled_after(0.3))
    assert double(warm) == before


def test_that_a_call_that_does_not_listen_is_killed_and_the_next_one_works(warm):
    before = double(warm)
    began = time.monotonic()
    with pytest.raises(Cancelled):
        warm.call("job_toys:sleep", {}, ctx=cancelled_after(0.3))
    assert time.monotonic() - began < 2.3
    assert double(warm) != before


def test_that_a_late_cancel_does_not_hit_the_next_call(warm):
    double(warm)
    for _ in range(20):
        with pytest.raises(Cancelled):
            warm.call("job_toys:steps", {"count": 10**6}, ctx=cancelled_after(0.0))
        assert warm.call("job_toys:steps", {"count": 3}) == (3, {})


def test_that_a_call_that_takes_too_long_is_stopped(warm):
    with pytest.raises(ChildDied, match=r"scoring took longer than 0.5 s"):
        warm.call("job_toys:sleep", {}, timeout=0.5)
    assert double(warm)


def test_that_it_leaves_when_idle_and_comes_back(tmp_path):
    warm = WarmChild("idler", idle_s=0.3, log_folder=tmp_path)
    before = double(warm)
    assert gone(before)
    assert warm.pid is None
    assert double(warm) != before
    warm.close()


def test_that_leaving_just_as_a_call_comes_loses_no_call(tmp_path):
    warm = WarmChild("idler", idle_s=0.05, log_folder=tmp_path)
    for wait_s in (0.0, 0.03, 0.045, 0.05, 0.055, 0.06):
        double(warm)
        time.sleep(wait_s)
    warm.close()


def test_that_closing_during_a_call_ends_the_call(warm):
    caught: list[BaseException] = []

    def call() -> None:
        try:
            warm.call("job_toys:sleep", {})
        except ChildDied as error:
            caught.append(error)

    thread = threading.Thread(target=call)
    warm.start()
    thread.start()
    time.sleep(1.0)
    pid = warm.pid
    warm.close()
    thread.join(3)
    assert str(caught[0]) == "scoring was closed during a call"
    assert gone(pid)


def test_that_calls_from_many_threads_take_turns(warm):
    answers: list[tuple[int, float]] = []

    def call(number: int) -> None:
        _, arrays = warm.call("job_toys:double", {}, {"x": np.full(50_000, float(number))})
        answers.append((number, float(arrays["x"].mean())))

    threads = [threading.Thread(target=call, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answers) == [(number, 2.0 * number) for number in range(12)]


def test_that_it_steps_back_for_the_window(warm):
    about, _ = warm.call("job_toys:about", {})
    assert about["nice"] > os.nice(0)
    assert about["env"]["TF_NUM_INTRAOP_THREADS"] == str(max(1, cores() - 1))


def test_that_no_shared_memory_is_left_even_while_it_lives(warm):
    double(warm)
    assert not [name for name in os.listdir("/dev/shm") if "astrolens" in name or name.startswith("psm_")]
    descriptors = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with pytest.raises(ChildDied):
            warm.call("job_toys:die", {"way": "SIGKILL"})
        double(warm)
    assert len(os.listdir("/proc/self/fd")) == descriptors


def test_that_67_megabytes_there_and_back_take_little_time(warm):
    """Measured idle: see docs/jobs.md. The bound here leaves room for a busy machine; a pickled pipe takes seconds."""
    batch = np.random.default_rng(0).random((4096, 64, 64, 1), np.float32)
    warm.call("job_toys:same", {}, {"batch": batch})
    times = []
    for _ in range(5):
        began = time.perf_counter()
        _, arrays = warm.call("job_toys:same", {}, {"batch": batch})
        times.append(time.perf_counter() - began)
    assert arrays["batch"].nbytes == 67_108_864
    assert min(times) < 0.3
