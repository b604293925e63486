"""Lanes and jobs in threads: states, events, cancel, errors, the end."""

from __future__ import annotations

import threading
import time

import pytest
from job_toys import ToyError

from astrolens_gui.api import Cancelled, Context
from astrolens_gui.jobs.events import JobEvent
from astrolens_gui.jobs.runner import Runner


@pytest.fixture
def runner():
    with Runner() as runner:
        yield runner


@pytest.fixture
def events(runner: Runner) -> list[JobEvent]:
    heard: list[JobEvent] = []
    runner.listen(heard.append)
    return heard


def until(condition, seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not condition():
        time.sleep(0.01)
    return condition()


def wait_for_cancel(ctx: Context, begun: threading.Event | None = None) -> None:
    if begun:
        begun.set()
    while True:
        ctx.progress(0.5)
        time.sleep(0.005)


def test_that_a_job_returns_what_its_function_returns(runner):
    assert runner.submit("io", divmod, 7, 2).result(5) == (3, 1)


def test_that_the_events_of_a_job_are_queued_running_progress_and_one_end(runner, events):
    def work(ctx):
        ctx.progress(0.25, "a quarter", loss=0.5)

    job = runner.submit("io", work, title="work")
    job.result(5)
    assert [event.state for event in events] == ["queued", "running", "running", "done"]
    assert events[2].progress.fraction == 0.25
    assert events[2].progress.metrics == {"loss": 0.5}
    assert {event.title for event in events} == {"work"}


def test_that_a_fast_reporter_is_thinned_but_its_last_report_is_known(runner, events):
    def work(ctx):
        for step in range(50_000):
            ctx.progress(step / 50_000)
        ctx.progress(1.0, "last")

    job = runner.submit("io", work)
    began = time.monotonic()
    job.result(30)
    assert len(events) <= 25 * (time.monotonic() - began) + 6
    assert job.progress.message == events[-1].progress.message == "last"


def test_that_a_failing_job_says_its_type_and_keeps_its_traceback(runner, events):
    job = runner.submit("io", lambda: {}["nowhere"])
    with pytest.raises(KeyError):
        job.result(5)
    assert job.state == "failed"
    assert job.error == "KeyError: 'nowhere'"
    assert "Traceback" in events[-1].traceback


def test_that_a_users_error_stays_one_sentence(runner):
    def work():
        raise ToyError("give --bands")

    job = runner.submit("io", work)
    with pytest.raises(ToyError):
        job.result(5)
    assert job.error == "give --bands"


def test_that_a_failed_job_lets_go_of_the_arrays_it_held(runner):
    import gc
    import weakref

    import numpy as np

    alive = []

    def work():
        array = np.zeros(1000)
        alive.append(weakref.ref(array))
        raise OSError("full")

    job = runner.submit("io", work)
    with pytest.raises(OSError, match="full"):
        job.result(5)
    gc.collect()
    assert alive[0]() is None


def test_that_a_plugins_sys_exit_fails_the_job_and_the_lane_goes_on(runner):
    def work():
        raise SystemExit(2)

    job = runner.submit("db", work)
    with pytest.raises(SystemExit):
        job.result(5)
    assert job.state == "failed"
    assert runner.submit("db", int, "4").result(5) == 4


def test_that_a_running_job_stops_at_its_next_progress(runner, events):
    begun = threading.Event()
    job = runner.submit("infer", wait_for_cancel, begun=begun)
    assert begun.wait(5)
    job.cancel()
    with pytest.raises(Cancelled):
        job.result(5)
    assert [event.state for event in events if event.state == "cancelled"] == ["cancelled"]


def test_that_a_queued_job_that_is_cancelled_never_starts(runner, events):
    begun, ran = threading.Event(), []
    first = runner.submit("infer", wait_for_cancel, begun=begun)
    second = runner.submit("infer", ran.append, 1)
    assert begun.wait(5)
    second.cancel()
    second.cancel()
    with pytest.raises(Cancelled):
        second.result(1)
    first.cancel()
    assert until(lambda: first.done)
    assert not ran
    assert [event.state for event in events if event.job == second.id] == ["queued", "cancelled"]


def test_that_the_end_of_a_job_and_its_cancelling_at_once_give_one_final_event(runner, events):
    for _ in range(200):
        runner.submit("io", int).cancel()
    assert until(lambda: len([event for event in events if event.state in {"done", "cancelled"}]) == 200)
    time.sleep(0.05)
    finals = [event.job for event in events if event.state in {"done", "cancelled"}]
    assert len(finals) == len(set(finals)) == 200


def test_that_jobs_of_the_db_lane_keep_their_order(runner):
    seen: list[int] = []
    jobs = [runner.submit("db", seen.append, number, quiet=True) for number in range(500)]
    jobs[-1].result(10)
    assert seen == list(range(500))


def test_that_quiet_jobs_are_not_listed_and_only_their_failure_is_told(runner, events):
    runner.submit("db", int, "1", quiet=True).result(5)
    bad = runner.submit("db", int, "one", quiet=True)
    assert until(lambda: bad.done and len(events) > 0)
    assert [event.state for event in events] == ["failed"]
    assert runner.jobs() == []


def test_that_a_context_comes_with_an_empty_folder_that_goes_with_the_job(runner):
    def work(ctx):
        assert list(ctx.workdir.iterdir()) == []
        (ctx.workdir / "file").write_text("x")
        return ctx.workdir

    folder = runner.submit("io", work).result(5)
    assert not folder.exists()


def test_that_partial_results_arrive_in_order(runner, events):
    def work(ctx):
        for number in range(3):
            ctx.partial(number)

    runner.submit("io", work).result(5)
    assert [event.partial for event in events if event.partial is not None] == [0, 1, 2]


def test_that_a_listener_that_fails_does_not_fail_the_job(runner):
    def broken(_):
        raise RuntimeError("no")

    unsubscribe = runner.listen(broken)
    assert runner.submit("io", int, "3").result(5) == 3
    unsubscribe()


def test_that_a_listener_of_the_end_has_the_result_at_once(runner):
    found = []
    jobs = {}

    def heard(event):
        if event.state == "done":
            found.append(jobs["it"].result(0.001))

    runner.listen(heard)
    gate = threading.Event()
    jobs["it"] = runner.submit("io", lambda: gate.wait(5) and 42)
    gate.set()
    assert jobs["it"].result(5) == 42
    assert found == [42]


def test_that_a_done_callback_is_called_also_when_the_job_is_done_already(runner):
    job = runner.submit("io", int, "5")
    job.result(5)
    called = []
    job.add_done_callback(lambda done: called.append(done.result(0)))
    assert called == [5]


def test_that_a_job_must_not_wait_for_its_own_lane(runner):
    def outer():
        return runner.submit("infer", int).result(5)

    with pytest.raises(RuntimeError, match="must not wait for another job of that lane"):
        runner.submit("infer", outer).result(5)


def test_that_cancelling_a_waiting_job_cancels_the_one_it_waits_for(runner):
    inner = []

    def outer(ctx):
        inner.append(runner.submit("io", wait_for_cancel))
        inner[0].result()

    job = runner.submit("infer", outer)
    assert until(lambda: bool(inner))
    job.cancel()
    with pytest.raises(Cancelled):
        job.result(5)
    assert until(lambda: inner[0].state == "cancelled")


def test_that_a_result_can_be_waited_for_for_a_while(runner):
    gate = threading.Event()
    job = runner.submit("io", gate.wait, 5, title="slow one")
    with pytest.raises(TimeoutError, match=r"slow one is not done after 0.05 s"):
        job.result(0.05)
    gate.set()
    assert job.result(5) is True


def test_that_prefetch_keeps_the_order_and_its_depth(runner):
    running = []

    def load(number):
        running.append(number)
        time.sleep(0.02 * (number % 3))
        return number * number

    results = runner.prefetch("io", load, range(20), depth=3)
    assert next(results) == 0
    time.sleep(0.2)
    assert len(running) <= 4
    assert list(results) == [number * number for number in range(1, 20)]


def test_that_prefetch_raises_in_an_items_place_and_closes_cleanly(runner):
    results = runner.prefetch("io", lambda number: 1 // (2 - number), range(10), depth=2)
    assert next(results) == 0
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)
    closing = runner.prefetch("io", int, ["1", "2", "3"])
    next(closing)
    closing.close()
    assert runner.submit("io", int, "9").result(5) == 9


def test_that_closing_saves_queued_labels_cancels_the_rest_and_leaves_no_thread():
    before = set(threading.enumerate())
    runner = Runner()
    begun, saved = threading.Event(), []
    long = runner.submit("train", wait_for_cancel, begun=begun)
    queued = runner.submit("train", saved.append, "never")

    def save(number):
        time.sleep(0.005)
        saved.append(number)

    for number in range(20):
        runner.submit("db", save, number, quiet=True)
    assert begun.wait(5)
    closed = []
    runner.on_close(lambda: closed.append(True))
    assert runner.close() == []
    assert saved == list(range(20))
    assert (long.state, queued.state, closed) == ("cancelled", "cancelled", [True])
    assert set(threading.enumerate()) <= before
    with pytest.raises(RuntimeError, match="closing"):
        runner.submit("io", int)


def test_that_closing_names_a_thread_that_does_not_listen():
    runner = Runner()
    gate = threading.Event()
    runner.submit("io", gate.wait, 10, title="deaf")
    assert until(lambda: runner.jobs()[0].state == "running")
    assert [job.title for job in runner.close(timeout=0.2)] == ["deaf"]
    gate.set()
