"""The Why dock and its layer: nothing before the grade, the map where the model looked, and every answer of one object only."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from astrolens_gui.api import UserError
from astrolens_gui.core.learn.robust import Robustness
from astrolens_gui.core.learn.sensitivity import Curve
from astrolens_gui.ui.qt import QApplication, Qt, QtWidgets
from astrolens_gui.workbench.asking import WHATS, Asked
from astrolens_gui.workbench.flips import Flips
from astrolens_gui.workbench.why import Examination, Explanation, contours

SIZE = 20
PLACE = (4, 13)
"""Row and column of the map that lights up."""


def asked(object_id: int, explains: tuple[str, ...] = tuple(WHATS)) -> Asked:
    return Asked(
        object_id, f"stamp_{object_id:04d}", "m1", "toy", ("r",), SIZE, 0.1, 1.5, 0.82, 0.5, explains,
        "integrated" in explains,
    )  # fmt: skip


def examination(object_id: int) -> Examination:
    eps = np.array([0.0, 1.0, 2.0])
    logits = np.array([[1.5, 0.2, -0.4]])
    found = Robustness(eps, np.array([1.5]), np.array([True]), logits, logits + 5, np.array([1.25]), np.array([np.inf]))
    flux, change = np.ones((SIZE, SIZE, 1), np.float32), np.full((SIZE, SIZE, 1), 1.25, np.float32)
    curves = tuple(
        Curve(name, "px", np.arange(3.0), np.array([1.5, 1.0, -0.2]), np.array([0.0, 0.1, 0.1]))
        for name in ("PSF", "noise", "flux of r", "shift x", "shift y", "orientation")
    )
    return Examination(asked(object_id), found, flux, change, flux + change, -0.01, curves)


def table() -> Flips:
    eps = np.array([0.0, 1.0, 2.0])
    return Flips(
        "m1", np.array([1, 2, 3]), ["stamp_0001", "stamp_0002", "stamp_0003"], ["A", "X", "A"], np.array([2.0, -1.0, 4.0]),
        np.array([1.5, 0.25, np.inf]), np.array([np.inf, 2.0, np.inf]), eps, np.array([0, 0.3, 0.6]), np.array([0, 0, 0.3]),
    )  # fmt: skip


@pytest.fixture
def model(bench: Any) -> SimpleNamespace:
    """The fake workbench can be asked why; `slow` holds answers back, `fails` is a sentence in their place."""
    told = SimpleNamespace(asked=[], slow=False, fails="", explains=tuple(WHATS), written=[])

    def answer(make: Any) -> Any:
        def work(ctx: Any) -> Any:
            while told.slow:
                ctx.progress(0.5, "slowly")
                time.sleep(0.005)
            if told.fails:
                raise UserError(told.fails)
            return make()

        return bench.runner.submit("infer", work, title="why")

    def explain(object_id: int, what: str = "gradcam") -> Any:
        told.asked.append((object_id, what))
        map = np.zeros((SIZE, SIZE), np.float32)
        map[PLACE[0] - 1 : PLACE[0] + 2, PLACE[1] - 1 : PLACE[1] + 2] = 1
        return answer(lambda: Explanation(asked(object_id, told.explains), what, map, contours(map)))

    bench.explain = explain
    bench.examine = lambda object_id: answer(lambda: examination(object_id))
    bench.flips = lambda: answer(table)
    bench.write_flips = lambda found, path: bench.runner.submit("io", lambda: told.written.append(path) or len(found))
    return told


@pytest.fixture
def why(window: Any, model: SimpleNamespace) -> Any:
    return window.why


def graded(window: Any, qtbot: Any) -> int:
    """Grade the object on the screen and come back to it."""
    target, row = window.current.object_id, window.current.position
    window.grading.grade("A")
    qtbot.waitUntil(lambda: window.queue.grade_of(target) == "A" and window.current.object_id != target, timeout=5000)
    window.current.show(target, row)
    qtbot.waitUntil(lambda: not window.stage.sight(target).reason, timeout=5000)
    return target


def test_that_nothing_is_asked_or_shown_before_the_grade(why, window, model, qtbot):
    assert not why.layer.visible
    why.choose("gradcam")
    why.test_verdict()
    qtbot.wait(100)
    assert model.asked == []
    assert "hidden" in why.layer.remark
    assert "until the object is graded" in why.panel.words.text()
    target = graded(window, qtbot)
    qtbot.waitUntil(lambda: why.layer.found is not None, timeout=5000)
    assert why.layer.found.asked.object_id == target
    assert (target, "gradcam") in model.asked
    assert window.why.panel._values["Logit"].text() == "+1.500"
    window.current.show(window.queue.object_at(3), 3)
    assert why.layer.found is None
    assert "hidden" in why.layer.remark
    assert why.panel._facts.isHidden()


def test_that_m_shows_it_and_hides_it_again(why, window, qtbot):
    why.choose("occlusion")
    window.current.set_blind(False)
    qtbot.waitUntil(lambda: why.layer.found is not None, timeout=5000)
    window.current.set_blind(True)
    assert why.layer.found is None
    assert "hidden" in why.layer.remark


def test_that_an_answer_of_an_object_that_was_left_is_not_shown(why, window, model, qtbot):
    window.current.set_blind(False)
    model.slow = True
    why.choose("gradcam")
    qtbot.waitUntil(lambda: len(model.asked) == 1, timeout=5000)
    why.test_verdict()
    first, job = window.current.object_id, why._map_job
    window.current.show(window.queue.object_at(2), 2)
    model.slow = False
    qtbot.waitUntil(lambda: why.layer.found is not None, timeout=5000)
    assert job.is_cancelled()
    assert why.layer.found.asked.object_id == window.current.object_id != first
    qtbot.waitUntil(lambda: why._test_job is None, timeout=5000)
    assert why.panel.verdict.isHidden()


def test_that_the_map_lies_on_the_pixels_the_model_saw_however_it_is_turned(why, window, qtbot):
    """The stamp has 40 pixels a side, the model's crop begins at pixel 10."""
    window.current.set_blind(False)
    why.choose("gradcam")
    qtbot.waitUntil(lambda: why.layer.found is not None, timeout=5000)
    canvas = window.stage.image.canvas
    for turn in (canvas.as_stored, canvas.flip, lambda: canvas.turn(90)):
        turn()
        qtbot.wait(50)
        with_map, without = canvas.picture(), canvas.picture(layers=False)

        def change(y: int, x: int, pictures: Any = (with_map, without)) -> int:
            sx, sy = canvas.view.to_screen(x, y)
            a, b = (picture.pixelColor(int(sx), int(sy)) for picture in pictures)
            return abs(a.red() - b.red()) + abs(a.green() - b.green()) + abs(a.blue() - b.blue())

        assert change(PLACE[0] + 10, PLACE[1] + 10) > 60
        for y, x in ((PLACE[0] + 10, 39 - PLACE[1] - 10), (29 - PLACE[0], PLACE[1] + 10), (20, 15)):
            assert change(y, x) < 20, (y, x)


def test_that_the_key_steps_through_the_maps_there_are(why, window, qtbot, model):
    window.current.set_blind(False)
    model.explains = ("occlusion",)
    seen = []
    for _ in range(2):
        qtbot.keyClick(window, Qt.Key_W, Qt.ShiftModifier)
        seen.append(why.what)
        qtbot.waitUntil(lambda: why.layer.found is not None, timeout=5000)
    assert seen == ["gradcam", "occlusion"]  # with its first answer the backend said what it can
    assert not why.panel.buttons["integrated"].isEnabled()
    assert "has no gradient" in why.panel.buttons["integrated"].toolTip()
    qtbot.keyClick(window, Qt.Key_W, Qt.ShiftModifier)
    assert why.what == ""
    assert not why.layer.visible


def test_that_a_refusal_stands_in_the_dock_word_by_word(why, window, model, qtbot):
    window.current.set_blind(False)
    model.fails = "no model fits these images; grade some and train"
    why.choose("gradcam")
    qtbot.waitUntil(lambda: why.panel.words.text() == model.fails, timeout=5000)
    assert "no map" in why.layer.remark
    model.fails = ""
    why.choose("occlusion")
    qtbot.waitUntil(lambda: why.layer.found is not None, timeout=5000)
    assert why.panel.words.text() == ""


def test_that_a_tested_verdict_is_shown_copied_and_there_on_return(why, window, qtbot):
    target = graded(window, qtbot)
    why.test_verdict()
    qtbot.waitUntil(lambda: not why.panel.verdict.isHidden(), timeout=5000)
    assert "1.2 sky σ a pixel" in why.panel.verdict.smallest.text()
    assert why.panel.verdict.captions[2].text() == "changed\nno lens 0.50"
    why.panel.copy.click()
    copied = QApplication.clipboard().text()
    assert "model\tm1" in copied
    assert "PSF, px\tlogit\tscatter" in copied
    window.current.show(window.queue.object_at(3), 3)
    assert why.panel.verdict.isHidden()
    window.current.show(target, window.queue.row_of(target))
    assert not why.panel.verdict.isHidden()


def test_that_a_backend_without_gradients_says_so(why):
    from astrolens_gui.ui.views.why_verdict import smallest_words

    found = examination(1)
    without = Examination(asked(1, ("occlusion",)), None, None, None, None, float("nan"), found.curves)
    assert "has no gradients" in smallest_words(without)
    why.panel.show_examination(without, "r")
    assert why.panel.verdict._pictures.isHidden()


def test_that_the_least_stable_verdict_comes_first_and_a_click_shows_it(
    why, window, qtbot, monkeypatch, model, tmp_path
):
    window.action_set["flip_graded"].trigger()
    flips = why.panel.flips
    qtbot.waitUntil(lambda: flips.found is not None, timeout=5000)
    column = [[flips.table.item(row, place).text() for place in range(3)] for row in range(3)]
    assert column == [["stamp_0002", "X", "0.25"], ["stamp_0001", "A", "1.5"], ["stamp_0003", "A", "> 2"]]
    assert "of 3 verdicts 2 flip below 2 σ; 1.5 sky σ a pixel flips half of them" in flips.words.text()
    flips.table.cellClicked.emit(0, 0)
    assert window.current.object_id == 2
    flips.copy.click()
    assert "stamp_0003\tA\t4.0000\t> 2\t> 2" in QApplication.clipboard().text()
    chosen = str(tmp_path / "flips.csv")
    monkeypatch.setattr("astrolens_gui.ui.why.QtWidgets.QFileDialog.getSaveFileName", lambda *_: (chosen, ""))
    flips.save.click()
    qtbot.waitUntil(lambda: model.written == [Path(chosen)], timeout=5000)


def test_that_the_test_of_all_verdicts_can_be_cancelled(why, window, model, qtbot):
    model.slow = True
    flips = why.panel.flips
    flips.button.click()
    qtbot.waitUntil(lambda: flips.progress.value() == 50, timeout=5000)
    assert flips.button.text() == "Cancel"
    flips.button.click()
    qtbot.waitUntil(lambda: flips.words.text() == "Cancelled.", timeout=5000)
    assert flips.button.text() == "Flip each verdict"
    assert flips.found is None


def test_that_answers_of_a_former_champion_are_forgotten(why, window, bench, model, qtbot):
    from astrolens_gui.api import Changes

    window.current.set_blind(False)
    why.choose("gradcam")
    qtbot.waitUntil(lambda: why.layer.found is not None, timeout=5000)
    number = len(model.asked)
    bench.tell(Changes(models=("m2",)))
    qtbot.waitUntil(lambda: len(model.asked) == number + 1, timeout=5000)


def test_that_it_fits_the_narrowest_dock_in_both_themes(why, window, qtbot):
    from astrolens_gui.ui.window import NARROWEST

    graded(window, qtbot)
    why.test_verdict()
    qtbot.waitUntil(lambda: not why.panel.verdict.isHidden(), timeout=5000)
    why.panel.flips.show_flips(table())
    for theme in ("light", "dark"):
        window.set_theme(theme)
        qtbot.wait(20)
        assert why.panel.minimumSizeHint().width() <= NARROWEST


@pytest.mark.parametrize("size", [(1280, 800), (1000, 700)])
def test_that_a_real_models_name_widens_nothing_in_the_dock(why, window, qtbot, size):
    name = "lastro-20261122T234018038-a38a16"
    window.show_dock("why")
    window.resize(*size)
    graded(window, qtbot)
    why.test_verdict()
    qtbot.waitUntil(lambda: not why.panel.verdict.isHidden(), timeout=5000)
    found = replace(examination(1), asked=replace(asked(1), model=name))
    why.panel.show_examination(found, "r")
    why.panel.flips.show_flips(replace(table(), model=name))
    qtbot.wait(50)
    width = window.docks["why"].width()
    assert why.panel.width() <= width
    wide = [
        part
        for part in why.panel.findChildren(QtWidgets.QWidget)
        if part.isVisible() and part.mapTo(window.docks["why"], part.rect().topRight()).x() >= width
    ]
    assert not wide
    shown = why.panel._values["Model"]
    assert shown.toolTip() == shown.text() == name
    assert shown.shown().endswith("6")
    assert "…" in shown.shown()
