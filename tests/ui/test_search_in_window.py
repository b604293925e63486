"""Search and Map docks: what is estimated is shown, what was chosen is no draw, and nothing is told before the grade."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from astrolens_gui.api import UserError
from astrolens_gui.core.learn.curve import curve
from astrolens_gui.core.learn.estimate import Estimate, Listed, Search
from astrolens_gui.ui.qt import Qt, QtCore
from astrolens_gui.ui.views.elided import Elided
from astrolens_gui.ui.views.estimates import share
from astrolens_gui.ui.views.map_picture import coloured, counted, plain
from astrolens_gui.ui.views.search_scores import ticks
from astrolens_gui.workbench.overview import Atlas, Doubted, Spread
from astrolens_gui.workbench.searching import Searched

IDS = np.arange(1, 7)
PLACES = np.array([[-1, -1], [-1, 1], [0, 0], [1, -1], [1, 1], [0.9, 0.9]], np.float32)


class Lacking(UserError):
    """As the workbench has it."""


@pytest.fixture
def model(bench: Any) -> SimpleNamespace:
    """The fake workbench can be searched; `seen`: the model has looked at the objects."""
    told = SimpleNamespace(seen=True, mixes=[], liked=[], thresholds=[], stop=False)

    def submit(work: Any, lane: str = "io", title: str = "") -> Any:
        return bench.runner.submit(lane, work, title=title, quiet=not title)

    def atlas(method: str) -> Any:
        def work() -> Atlas:
            if not told.seen:
                raise Lacking("the model in use has not looked at the objects yet")
            return Atlas(IDS, PLACES, "m1", method, 6)

        return submit(work)

    def embed() -> Any:
        def work(ctx: Any) -> None:
            while not told.stop:
                ctx.progress(0.5, "looking")
                time.sleep(0.005)
            told.seen = True

        return submit(work, "infer", "looking at every object")

    def searched(threshold: float | None) -> Any:
        told.thresholds.append(threshold)
        found = Search(6, 3, 2, Estimate(4.0, 2.0, 5.0), Estimate(0.5, 0.4, 1.0))
        listed = Listed(4, Estimate(0.75, 0.5, 0.9), Estimate(0.6, 0.4, 0.8))
        lens = np.array([1.0, 0.0, 1.0])
        return submit(lambda: Searched(found, listed, curve(lens, found), 3, 0, 0, threshold or 0.0))

    def drawn(what: list[Any], strategy: str) -> Any:
        def verb(asked: Any) -> Any:
            what.append(asked)
            return bench.queue(strategy)

        return verb

    logit = np.array([-2, -1, 0, 1, 2, 3], np.float32)
    edges = np.linspace(-2, 3, 61)
    none = np.zeros(60, np.int64)
    bench.atlas, bench.embed, bench.searched = atlas, embed, searched
    bench.set_mix, bench.similar = drawn(told.mixes, "drawn"), drawn(told.liked, "similar")
    bench.spread = lambda: submit(lambda: Spread(edges, none, none, np.histogram(logit, edges)[0], logit, logit))
    doubted = Doubted(
        np.array([1, 2]), ["A", "X"], np.array([1.0, 0.0]), np.array([0.02, 0.95]), np.array([5.6, 4.3]), 9
    )
    bench.doubts = lambda: submit(lambda: doubted)
    return told


def test_that_estimates_are_shown_with_intervals_and_what_a_threshold_costs(window, model, qtbot):
    qtbot.keyClick(window, Qt.Key_7, Qt.ControlModifier)
    state = window.searching.panel.state
    qtbot.waitUntil(lambda: state.values["Lenses left"].text() == "2 (0–3)", timeout=5000)
    assert state.share.text() == "50 % (40–100)"
    assert state.values["Graded"].text() == "3 of 6"
    assert "lens" in state.words.text()
    assert state.bar.found.low == 0.4

    assert state.table.minimumSizeHint().width() <= 222, "with its margins, the narrowest dock"

    scores = window.searching.panel.scores
    qtbot.waitUntil(lambda: scores.plot.line is not None, timeout=5000)
    scores.plot.line.setValue(0.5)
    assert scores.values["Objects above"].text() == "3"
    assert scores.values["Completeness"].text() == "…"
    qtbot.waitUntil(lambda: model.thresholds[-1] == 0.5, timeout=5000)
    qtbot.waitUntil(lambda: scores.values["Purity"].text() == "60 % (40–80)", timeout=5000)
    scores.values["Completeness"].setText("98 % (83–100)")
    assert scores.table.minimumSizeHint().width() + 8 <= 259, "the dock at first"


def test_that_keys_draw_by_the_sliders_mixture_and_find_what_is_similar(window, model, qtbot):
    mix = window.searching.panel.mix
    assert mix.mix() == {"top": 1.0, "uncertain": 0.5, "random": 0.1}
    mix.sliders["uncertain"].setValue(0)
    mix.sliders["diverse"].setValue(100)
    assert mix._shares["diverse"].text() == "45 %"
    mix.sliders["random"].setValue(0)
    assert mix.sliders["random"].value() == 1, "with none nothing could be estimated"
    qtbot.keyClick(window, Qt.Key_D, Qt.ControlModifier)
    assert model.mixes == [{"top": 1.0, "diverse": 1.0, "random": 0.01}]
    qtbot.waitUntil(lambda: window.queue.strategy == "drawn", timeout=5000)
    qtbot.waitUntil(lambda: "grade from its top" in window.status.word.text(), timeout=2000)

    target = window.current.object_id
    qtbot.keyClick(window, Qt.Key_F, Qt.ControlModifier | Qt.ShiftModifier)
    assert model.liked == [[target]]
    qtbot.waitUntil(lambda: window.queue.strategy == "similar", timeout=5000)
    qtbot.waitUntil(lambda: "most like stamp_0001 first" in window.status.word.text(), timeout=2000)


def drawn_table() -> SimpleNamespace:
    return SimpleNamespace(
        object=IDS, name=[f"stamp_{one:04d}" for one in IDS], grade=[""] * 6, score=np.full(6, np.nan), strategy="drawn",
        chance=np.linspace(0.1, 1.0, 6),
    )  # fmt: skip


def test_that_the_chance_of_a_draw_is_stored_unless_a_person_chose(window, bench, model, qtbot):
    window.queue.set_table(drawn_table())
    assert window.queue.why(1) == "drawn#1 p=0.1"
    window.mapping._show_object(3)
    assert window.queue.why(3) == "drawn#3"
    window.queue.set_table(drawn_table())
    assert window.queue.why(3) == "drawn#3", "still so where a new order comes before the grade"
    window.session.open(window.workbench.project.folder)
    qtbot.waitUntil(lambda: not window.queue.picked, timeout=5000)
    qtbot.waitUntil(lambda: window.current.object_id > 0, timeout=5000)
    window.queue.set_table(drawn_table())
    window.queue.set_filter("stamp")
    assert window.queue.why(1) == "drawn#1"
    window.queue.set_filter("")
    window.current.show(1, 0)
    qtbot.waitUntil(lambda: not window.stage.sight(1).reason, timeout=5000)
    window.grading.grade("X")
    qtbot.waitUntil(lambda: any(name == "label" for name, _ in bench.calls), timeout=5000)
    assert bench.calls[-1][1]["why"] == "drawn#1 p=0.1"


def test_that_what_lies_more_than_a_page_ahead_was_not_its_turn():
    from astrolens_gui.ui.models.pile import Pile

    pile = Pile(drawn_table())
    assert np.isnan(pile.chance_of(4, page=3))
    assert pile.chance_of(3, page=3) == pytest.approx(0.64)
    pile.set_grade(0, "X")
    assert pile.chance_of(4, page=3) == pytest.approx(0.82)


def test_that_doubts_of_others_grades_are_hidden_while_blind(window, model, qtbot):
    window.queue.set_grade(1, "A")
    window.action_set["doubt_grades"].trigger()
    table = window.searching.panel.doubts.table
    qtbot.waitUntil(lambda: table.rowCount() == 1, timeout=5000)
    assert "1 are hidden" in window.searching.panel.doubts.words.text()
    window.current.set_blind(False)
    assert table.rowCount() == 2
    table.cellDoubleClicked.emit(1, 0)
    assert window.current.object_id == 2
    window.queue.set_grade(1, "X")
    assert table.item(0, 1).text() == "A → X"


@pytest.fixture
def map_dock(window: Any, model: SimpleNamespace, qtbot: Any) -> Any:
    window.action_set["show_map"].trigger()
    qtbot.waitUntil(lambda: window.mapping.atlas is not None, timeout=5000)
    return window.mapping


def test_that_the_map_fits_the_narrowest_dock_whatever_its_model_is_called(map_dock):
    map_dock.panel.show_atlas(Atlas(IDS, PLACES, "cnn-20261123T231759085-0028b3", "pca", 6))
    assert map_dock.panel.minimumSizeHint().width() <= 230
    assert map_dock.panel.told.toolTip() == "cnn-20261123T231759085-0028b3"


def test_that_every_strategy_of_the_mixture_can_be_read(window, model, qtbot):
    qtbot.keyClick(window, Qt.Key_7, Qt.ControlModifier)
    panel = window.searching.panel
    panel.setCurrentWidget(panel.mix)
    names = panel.mix.findChildren(Elided)
    assert len(names) >= 5
    qtbot.waitUntil(lambda: all(label.shown() == label.text() for label in names), timeout=2000)


def test_that_a_click_on_the_map_goes_there(map_dock, window, qtbot):
    view = map_dock.panel.view
    x, y = (float(place[3]) for place in view.at)
    qtbot.mouseClick(view, Qt.LeftButton, pos=QtCore.QPoint(round(x), round(y)))
    assert window.current.object_id == 4
    assert 4 in window.queue.picked


def test_that_a_lasso_lists_what_it_caught_until_esc(map_dock, window, qtbot):
    view = map_dock.panel.view
    width, height = view.width(), view.height()
    line = [QtCore.QPointF(width * x, height * y) for x, y in ((0.7, 0.0), (1.0, 0.0), (1.0, 0.4), (0.7, 0.4))]
    view.catch(line)
    qtbot.waitUntil(lambda: window.queue.rowCount() == 2, timeout=5000)
    assert sorted(window.queue.objects().tolist()) == [5, 6]
    assert "2 caught" in map_dock.panel.told.text()
    window.action_set["clear_filter"].trigger()
    qtbot.waitUntil(lambda: window.queue.rowCount() == 6, timeout=5000)


def test_that_scores_colour_the_map_only_as_far_as_they_may_be_seen(map_dock, window, bench, qtbot):
    bench.scores[:] = np.linspace(0, 1, 6)
    window.session.rerank()
    qtbot.waitUntil(lambda: window.queue.any_score, timeout=5000)
    window.queue.set_grade(2, "A")
    map_dock._choose("colour", "score")
    map_dock.panel.choose(colour="score")
    map_dock._tint()
    assert np.isfinite(map_dock.panel.view._scores).tolist() == [False, True, False, False, False, False]
    assert "hidden" in map_dock.panel.words.text()
    assert bench.settings["map"]["colour"] == "score"


def test_that_a_model_that_has_not_looked_is_asked_to_and_can_be_stopped(window, model, qtbot):
    model.seen = False
    window.action_set["show_map"].trigger()
    panel = window.mapping.panel
    qtbot.waitUntil(lambda: panel.look.isVisible() and not panel.view.isVisible(), timeout=5000)
    assert "look at every object" in panel.words.text()
    panel.look.click()
    qtbot.waitUntil(lambda: panel.progress.value() == 50, timeout=5000)
    panel.look.click()
    qtbot.waitUntil(lambda: "Stopped" in panel.words.text(), timeout=5000)
    model.stop = True
    panel.look.click()
    qtbot.waitUntil(lambda: panel.view.isVisible(), timeout=5000)


def test_that_a_right_click_that_is_no_drag_opens_the_menu(window, model, qtbot, monkeypatch):
    shown: list[Any] = []
    monkeypatch.setattr(window.searching.context.menu, "popup", shown.append, raising=False)
    canvas = window.stage.image.canvas
    qtbot.mouseClick(canvas, Qt.RightButton, pos=QtCore.QPoint(60, 60))
    assert len(shown) == 1
    qtbot.mousePress(canvas, Qt.RightButton, pos=QtCore.QPoint(60, 60))
    qtbot.mouseRelease(canvas, Qt.RightButton, pos=QtCore.QPoint(120, 60))
    assert len(shown) == 1, "a drag is contrast"


def test_that_a_million_dots_are_painted_without_a_freeze():
    random = np.random.default_rng(0)
    x, y = (random.normal(250, 90, 1_000_000).astype(np.float32) for _ in range(2))
    best = min(_seconds(lambda: plain(x, y, (600, 500), 0.8, (90, 90, 90))) for _ in range(3))
    assert best < 0.5, "on a machine of its own 0.04 s"
    assert counted(x, y, (600, 500)).sum() == ((x >= 0) & (x < 500) & (y >= 0) & (y < 600)).sum()


def test_that_dots_that_meet_have_the_mean_of_their_values():
    table = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    at = np.array([5.0, 5.0], np.float32)
    made = coloured(at, at, (11, 11), 1.0, np.array([0.2, 0.8]), table)
    assert abs(int(made[5, 5, 0]) - 127) <= 1
    assert made[0, 0, 3] == 0


def test_that_ticks_of_scores_keep_apart():
    shown = ticks(-9.0, 6.0)
    places = np.array([place for place, _ in shown])
    assert "0.5" in {text for _, text in shown}
    assert (np.diff(places) >= 0.27 * 15).all(), "as wide as four digits in the narrowest dock"


def _seconds(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def test_that_a_share_without_doubt_is_one_number():
    assert share(Estimate(1.0, 1.0, 1.0)) == "100 %"
    assert share(Estimate(0.7, 0.58, 0.91)) == "70 % (58–91)"
    assert share(Estimate(float("nan"), 0.0, 1.0)) == "– (0–100 %)"
