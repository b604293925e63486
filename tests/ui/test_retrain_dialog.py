"""The retrain button's dialog, and the list of models with the way back."""

from __future__ import annotations

from dataclasses import replace
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from astrolens_gui.api import Changes
from astrolens_gui.ui.qt import Qt
from astrolens_gui.ui.views.lineage import LineageView
from astrolens_gui.ui.views.lineage_graph import nodes
from astrolens_gui.workbench.lineage import Ancestor
from astrolens_gui.workbench.prospect import Count, Prospect

FULL = Prospect(
    lenses=Count(70, 22),
    others=Count(300, 95),
    undecided=Count(4, 1),
    graders=2,
    fresh=37,
    champion="m1",
    AUROC=0.91,
    goes_on=True,
    input="VIS, 64 × 64 pixels of 0.1″",
    objects=20_000,
)


@pytest.fixture
def trained(bench: Any, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What trainings were asked for; each takes 12 s, and is refused."""
    asked: list[tuple[Any, ...]] = []

    def train(backend: str, values: dict[str, Any], quick: bool = False) -> Any:
        asked.append((backend, values, quick))
        report = SimpleNamespace(
            model="m2", verdict="refused", reason="its AUROC fell", metrics={}, champion=False, seconds=12.0
        )
        return bench.runner.submit("train", lambda: report, title="training")

    monkeypatch.setattr(bench, "train", train, raising=False)
    return asked


def opened(qtbot: Any, window: Any, bench: Any, found: Prospect) -> Any:
    bench.prospect = lambda backend: bench._job(lambda: found)
    window.action_set["retrain"].trigger()
    dialog = window.learning.retraining.dialog
    qtbot.waitUntil(lambda: dialog.counts["lenses"][0].text() != "…", timeout=5000)
    return dialog


def test_that_the_dialog_says_what_is_learnt_from_and_what_changes(qtbot, window, bench, trained):
    dialog = opened(qtbot, window, bench, FULL)
    said = {name: tuple(label.text() for label in pair) for name, pair in dialog.counts.items()}
    assert said == {"lenses": ("70", "22"), "others": ("300", "95"), "undecided": ("4", "1")}
    assert "37 graded objects are new" in dialog.news.text()
    assert "goes on from m1 (AUROC 0.910" in dialog.change.text()
    assert "20,000 objects in the background" in dialog.change.text()
    assert "refused if it ranks the held-out objects worse" in dialog.judge.text()
    assert "No training like it was timed" in dialog.time.text()
    assert trained == [], "looking trains nothing"


def test_that_enter_begins_and_the_time_is_known_at_the_next_press(qtbot, window, bench, trained):
    dialog = opened(qtbot, window, bench, FULL)
    qtbot.keyClick(dialog, Qt.Key_Return)
    qtbot.waitUntil(lambda: "m2 was refused" in window.status.problem.toolTip(), timeout=5000)
    assert "its AUROC fell" in window.status.problem.toolTip()
    assert not dialog.isVisible()
    assert trained[0][0] == window.panel.backend
    assert not trained[0][2]
    dialog = opened(qtbot, window, bench, FULL)
    assert "About 12 s, by the last one like it" in dialog.time.text()
    assert "refused" in dialog.last.text()
    qtbot.keyClick(dialog, Qt.Key_F6, Qt.ShiftModifier)
    assert trained[1][2], "Shift+F6 tunes the last layer alone"


def test_that_a_training_that_was_broken_off_can_be_gone_on_with(qtbot, window, bench, trained, monkeypatch):
    report = SimpleNamespace(model="m3", verdict="refused", reason="no", metrics={}, champion=False, seconds=2.0)
    asked = []
    monkeypatch.setattr(
        bench, "resume", lambda: asked.append(1) or bench.runner.submit("train", lambda: report), raising=False
    )
    assert not opened(qtbot, window, bench, FULL).resume.isVisible()
    window.learning.retraining.dialog.close()
    said = "A training of cnn on 464 grades, begun 2026-11-23 14:03, was broken off."
    dialog = opened(qtbot, window, bench, replace(FULL, broken_off=said))
    assert dialog.broken_off.text() == said
    qtbot.mouseClick(dialog.resume, Qt.LeftButton)
    qtbot.waitUntil(lambda: "m3 was refused" in window.status.problem.toolTip(), timeout=5000)
    assert asked == [1]
    assert trained == []
    assert window.workbench.settings["pace"] == {}, "a part of a training says nothing of how long whole ones take"


def test_that_the_model_is_loaded_before_a_training_is_asked_for(qtbot, window, bench, trained, monkeypatch):
    """Once after twenty grades, and when the dialog opens: then a quick training need not wait for the child."""
    warmed = []
    monkeypatch.setattr(bench, "warm_up", lambda: warmed.append(1) or bench.runner.submit("infer", lambda: True))
    retraining = window.learning.retraining
    for number in range(40):
        retraining.on_changed(Changes(labels=(number,)))
        assert len(warmed) == (number >= 19)
    opened(qtbot, window, bench, FULL)
    assert len(warmed) == 2


def test_that_escape_leaves_all_as_it_is_and_the_image_has_the_keys_again(qtbot, window, bench, trained):
    dialog = opened(qtbot, window, bench, FULL)
    qtbot.keyClick(dialog, Qt.Key_Escape)
    assert not dialog.isVisible()
    assert trained == []


def test_that_what_makes_a_training_impossible_is_said_and_not_begun(qtbot, window, bench, trained):
    dialog = opened(qtbot, window, bench, Prospect(problem="Nothing is graded yet; grade some objects first."))
    assert not dialog.headings["Time"].isVisible(), "no heading without a word below it"
    assert "grade some objects first" in dialog.change.text()
    assert not dialog.start.isEnabled()
    qtbot.keyClick(dialog, Qt.Key_F6)
    assert trained == []


def test_that_few_held_out_objects_are_said_to_make_a_provisional_model(qtbot, window, bench, trained):
    dialog = opened(qtbot, window, bench, Prospect(lenses=Count(9, 3), others=Count(40, 12), objects=600))
    assert "With 3 lenses and 12 others held out" in dialog.judge.text()
    assert "provisional" in dialog.judge.text()


MODELS = [
    Ancestor("m1", "cnn", verdict="provisional", reason="few are held out", metrics={"AUROC": 0.9}, labels=60),
    Ancestor("m2", "cnn", "m1", "m1", verdict="refused", reason="its AUROC fell", metrics={"AUROC": 0.7}, labels=80),
    Ancestor("m3", "cnn", "m1", "m1", verdict="accepted", reason="not worse", metrics={}, labels=99, champion=True),
]


def test_that_the_models_are_listed_and_one_click_goes_back(qtbot, window, bench):
    used: list[str] = []
    scored: list[Any] = []

    def set_champion(model: str) -> Any:
        used.append(model)
        return bench._job(lambda: bench.tell(Changes(models=(model,), scores=True, queue=True)))

    def score(*_: Any, ids: Any = None) -> Any:
        scored.append(ids)
        return bench._job(lambda: SimpleNamespace(model="m1", scored=2, refused=[]))

    bench.lineage = lambda: bench._job(lambda: MODELS)
    bench.set_champion, bench.score, bench.unscored = set_champion, score, lambda: bench._job(lambda: [3, 4])
    window.action_set["show_models"].trigger()
    view = window.panel.lineage
    qtbot.waitUntil(lambda: view.table.rowCount() == 3, timeout=5000)
    assert [view.table.item(row, 1).text() for row in range(3)] == ["m3", "m2", "m1"]
    assert view.chosen.id == "m3"
    assert view.minimumSizeHint().width() <= 230, "the narrowest dock"
    view.table.setCurrentCell(1, 1)
    assert "Refused: its AUROC fell" in view.words.text()
    qtbot.mouseClick(view.back, Qt.LeftButton)
    qtbot.waitUntil(lambda: scored == [[3, 4]], timeout=5000)
    assert used == ["m1"], "what took its place gives it back"
    window.action_set["roll_back"].trigger()
    qtbot.waitUntil(lambda: used == ["m1", "m1"], timeout=5000)


def test_that_a_second_press_of_retrain_quickly_waits_for_the_first(qtbot, window, bench, trained, monkeypatch):
    go, train = Event(), bench.train

    def slow(*asked: Any, **more: Any) -> Any:
        report = train(*asked, **more).result(10)
        return bench.runner.submit("train", lambda: go.wait(10) and report, title="training")

    monkeypatch.setattr(bench, "train", slow)
    window.action_set["tune"].trigger()
    window.action_set["tune"].trigger()
    assert len(trained) == 1
    assert "being tuned already" in window.status.word.text()
    go.set()
    qtbot.waitUntil(lambda: window.learning._tuning.done, timeout=5000)
    monkeypatch.setattr(bench, "train", train)
    window.action_set["tune"].trigger()
    assert len(trained) == 2


def test_that_the_model_in_use_hands_its_selection_on_and_a_chosen_one_keeps_it(qtbot):
    old, new, newest = (Ancestor(name, "toy", champion=name == "m2") for name in ("m1", "m2", "m3"))
    view = LineageView()
    qtbot.addWidget(view)
    view.show_models([replace(old, champion=True)])
    qtbot.keyPress(view, Qt.Key_Shift, Qt.ShiftModifier)  # as of Shift+F6, still down when the model is there
    view.show_models([old, new])
    qtbot.keyRelease(view, Qt.Key_Shift)
    assert selected(view) == [0], "the new model in use, and it alone"
    assert view.chosen.id == "m2"
    view.table.selectRow(1)
    view.show_models([old, new, newest])
    assert (selected(view), view.chosen.id) == ([2], "m1")
    view.table.selectAll()
    view.show_models([old, new, newest])
    assert selected(view) == [0, 1, 2]


def selected(view: LineageView) -> list[int]:
    return sorted({index.row() for index in view.table.selectedIndexes()})


def test_that_the_graph_keeps_refused_models_off_the_first_line():
    graph = nodes([("m4", "m1", True), ("m3", "m1", False), ("m2", "m1", True), ("m1", "", False)])
    assert [node.lane for node in graph] == [1, 0, 2, 0]
    assert graph[0].below == (1,)
    assert sorted(graph[3].above) == [(0, 0), (1, 0), (2, 0)], "all were held against the first"
    assert graph[3].below == ()
