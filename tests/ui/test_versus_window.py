"""Two models side by side in the window: chosen in the list, shown by disagreement, a click shows the object, blind hides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from astrolens_gui.api import UserError
from astrolens_gui.core.learn.versus import Versus
from astrolens_gui.ui.qt import Qt
from astrolens_gui.workbench.comparing import Compared
from astrolens_gui.workbench.lineage import Ancestor

pytestmark = pytest.mark.window

MODELS = [
    Ancestor("m1", "cnn", verdict="accepted", metrics={"AUROC": 0.9}),
    Ancestor("m2", "cnn", "m1", "m1", verdict="accepted", champion=True),
    Ancestor("m3", "cnn", "m2", verdict="refused", problem="its folder is gone"),
]


def compared(ids: list[int], names: list[str]) -> Compared:
    random = np.random.default_rng(0)
    lens = np.arange(len(ids)) % 4 == 0
    first = random.normal(size=len(ids)) + 2 * lens
    second = first + random.normal(0, 0.5, len(ids))
    target = np.where(np.arange(len(ids)) < 6, lens * 1.0, np.nan)
    made = Versus(np.array(ids), np.stack([first, second], 1), target, np.ones(len(ids), bool))
    return Compared(("m1", "m2"), made, tuple(names), tuple(made.figures(draws=50)), 2)


@pytest.fixture
def asked(bench: Any, window: Any) -> list[tuple[str, str]]:
    """Which comparisons were asked for."""
    known: list[tuple[str, str]] = []

    def compare(first: str, second: str) -> Any:
        known.append((first, second))
        ids = sorted(bench.order)
        return bench._job(lambda: compared(ids, [f"stamp_{one:04d}" for one in ids]))

    bench.compare = compare
    bench.lineage = lambda: bench._job(lambda: MODELS)
    return known


def opened(qtbot: Any, window: Any) -> Any:
    window.action_set["show_models"].trigger()
    view = window.panel.lineage
    qtbot.waitUntil(lambda: view.table.rowCount() == 3, timeout=5000)
    view.table.setCurrentCell(2, 1)
    return view


def test_that_one_model_is_held_against_the_one_in_use_and_two_against_each_other(qtbot, window, asked):
    view = opened(qtbot, window)
    assert view.pair == ("m1", "m2")
    view.table.setCurrentCell(1, 1)
    assert view.pair == ()
    assert not view.both.isEnabled(), "the one in use alone"
    item = view.table.visualItemRect(view.table.item(2, 1)).center()
    qtbot.mouseClick(view.table.viewport(), Qt.LeftButton, Qt.ControlModifier, item)
    assert view.pair == ("m1", "m2")
    qtbot.mouseClick(view.both, Qt.LeftButton)
    assert asked == [("m1", "m2")]
    view.table.setCurrentCell(0, 1)
    assert not view.both.isEnabled(), "its folder is gone"


def test_that_the_most_at_odds_come_first_and_a_click_shows_the_object(qtbot, window, bench, asked):
    window.current.set_blind(False)
    view = opened(qtbot, window)
    qtbot.mouseClick(view.both, Qt.LeftButton)
    dialog = window.learning.ancestry.versus.dialog
    qtbot.waitUntil(lambda: dialog.table.rowCount() > 0, timeout=5000)
    versus = dialog._found.versus
    assert dialog.table.rowCount() == len(versus.ids)
    first = int(versus.order[0])
    assert dialog.table.item(0, 0).text() == dialog._found.names[first]
    assert dialog.table.item(0, 2).text() == f"{versus.place[first, 0]:,.0f}"
    assert "2 without a score of both" in dialog.words.text()
    assert "say little" in dialog.figures.text()
    assert "AUROC" in dialog.figures.text()
    place = dialog.table.visualItemRect(dialog.table.item(1, 0)).center()
    qtbot.mouseClick(dialog.table.viewport(), Qt.LeftButton, pos=place)
    assert window.current.object_id == int(versus.ids[versus.order[1]])
    dialog.plot.picked.emit(int(versus.order[4]))
    assert dialog.table.currentRow() == 4
    assert window.current.object_id == int(versus.ids[versus.order[4]])


def test_that_blind_grading_hides_what_one_has_not_graded(qtbot, window, bench, asked):
    window.current.set_blind(True)
    view = opened(qtbot, window)
    qtbot.mouseClick(view.both, Qt.LeftButton)
    dialog = window.learning.ancestry.versus.dialog
    qtbot.waitUntil(lambda: "hidden until you graded them" in dialog.words.text(), timeout=5000)
    assert dialog.table.rowCount() == 0
    window.current.set_blind(False)
    assert dialog.table.rowCount() == len(dialog._found.names)


def test_that_a_failure_is_said_in_the_dialog(qtbot, window, bench, asked):
    def fails() -> Any:
        raise UserError("m1 and m2 have no object in common")

    bench.compare = lambda *_: bench._job(fails)
    view = opened(qtbot, window)
    qtbot.mouseClick(view.both, Qt.LeftButton)
    dialog = window.learning.ancestry.versus.dialog
    qtbot.waitUntil(lambda: "no object in common" in dialog.figures.text(), timeout=5000)
    assert not dialog.split.isVisible()
