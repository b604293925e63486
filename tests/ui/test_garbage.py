"""Garbage goes on the main thread alone: what a worker allocates frees no widget."""

from __future__ import annotations

import gc
import threading

import pytest

from astrolens_gui.ui.garbage import Collector
from astrolens_gui.ui.qt import QApplication, Qt


class Cycle:
    """Refers to itself, and tells who freed it."""

    def __init__(self, freed_by: list[str]) -> None:
        self.me, self.freed_by = self, freed_by

    def __del__(self) -> None:
        self.freed_by.append(threading.current_thread().name)


@pytest.fixture
def collector(qtbot):
    made = Collector()
    yield made
    made.stop()
    assert gc.isenabled()


def test_that_a_workers_allocations_free_nothing_and_the_main_thread_does(collector, qtbot):
    freed_by: list[str] = []
    gc.collect()
    for _ in range(50):
        Cycle(freed_by)
    worker = threading.Thread(target=lambda: [[] for _ in range(200_000)])
    worker.start()
    worker.join()
    assert not freed_by
    kept = [[] for _ in range(2 * gc.get_threshold()[0])]
    qtbot.waitUntil(lambda: len(freed_by) == 50, timeout=5_000)
    assert set(freed_by) == {threading.main_thread().name}
    assert kept


def test_that_what_survived_a_full_collection_is_looked_at_when_the_window_is_left(collector, qtbot, monkeypatch):
    freed_by: list[str] = []
    kept = [Cycle(freed_by) for _ in range(10)]
    monkeypatch.setattr(gc, "get_count", lambda: (0, 0, gc.get_threshold()[2] + 1))
    assert collector.collect() == 2
    assert gc.get_freeze_count() > 10
    kept.clear()
    assert collector.collect() == 2
    assert not freed_by, "they were set aside"
    QApplication.instance().applicationStateChanged.emit(Qt.ApplicationInactive)
    assert len(freed_by) == 10


def test_that_nothing_is_collected_before_it_is_due(collector):
    gc.collect()
    assert collector.collect() == -1
