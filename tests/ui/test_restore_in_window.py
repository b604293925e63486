"""The Restore dock: the preview follows the object, whatever was restored is marked, and labels say that it was looked at."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from astrolens_gui.api import UserError
from astrolens_gui.ui.models import restored
from astrolens_gui.ui.qt import QApplication
from astrolens_gui.ui.views.notdata import AMBER
from astrolens_gui.ui.views.taskmodel import TaskModel

SIZE = 40
NOISE = 2.0


def restoration(object_id: int, model: str, draws: int, band: str = "r") -> SimpleNamespace:
    raw = np.random.default_rng(object_id).normal(size=(SIZE, SIZE)).astype(np.float32)
    mean = np.full((SIZE, SIZE), 0.25, np.float32)
    spread = np.full((SIZE, SIZE), np.nan if draws < 2 else 0.5, np.float32)
    return SimpleNamespace(
        object_id=object_id, band=band, raw=raw, mean=mean, sigma=np.ones_like(raw), spread=spread,
        residual=(raw - mean) / NOISE, model=model or "toy-1", not_data=f"restored by {model or 'toy-1'}, not data", wcs=None,
    )  # fmt: skip


@pytest.fixture
def model(bench: Any) -> SimpleNamespace:
    """The fake workbench restores; `slow` holds answers back, `fails` is a sentence in their place."""
    told = SimpleNamespace(asked=[], slow=False, fails="", written=[], band="r")

    def restore(ids: list[int], backend: str = "", model: str = "", draws: int = 8) -> Any:
        told.asked.append((tuple(ids), backend, model, draws))

        def work(ctx: Any) -> Any:
            while told.slow:
                ctx.progress(0.5, "slowly")
                time.sleep(0.005)
            if told.fails:
                raise UserError(told.fails)
            return [restoration(one, model, draws, told.band) for one in ids]

        return bench.runner.submit("infer", work, title="restoring")

    def write(ids: list[int], out: Path, backend: str = "", model: str = "", draws: int = 8) -> Any:
        def work(ctx: Any) -> Any:
            for place, one in enumerate(ids):
                while told.slow:
                    ctx.progress(place / len(ids), f"{place} of {len(ids)}")
                    time.sleep(0.005)
                told.written.append(one)
            return SimpleNamespace(files=list(ids), refused=["stamp_0006: it has no band r"] if len(ids) > 1 else [])

        return bench.runner.submit("infer", work, title="restoring many")

    bench.restore, bench.write_restored = restore, write
    return told


@pytest.fixture
def restoring(window: Any, model: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(TaskModel, "lack", "")  # a backend is installed
    return window.restoring


def shown(restoring: Any, qtbot: Any, look: str = "restored") -> None:
    qtbot.waitUntil(lambda: restoring.now == look, timeout=5000)


def test_that_the_preview_is_marked_follows_the_object_and_is_asked_for_once(restoring, window, model, qtbot):
    assert restoring.now == "raw"
    assert model.asked == []
    window.action_set["toggle_restored"].trigger()
    shown(restoring, qtbot)
    first = window.current.object_id
    assert restoring.mark.visible
    assert "toy-1" in restoring.mark.words
    assert "not data" in restoring.panel.words.text()
    assert window.stage.image.frame.raster.value(3, 3) == pytest.approx(0.25)
    for row in (1, 2, 3):  # who leafs through asks for the last one alone
        window.current.show(window.queue.object_at(row), row)
    assert not restoring.mark.visible
    qtbot.waitUntil(
        lambda: restoring.now == "restored" and restoring.found.object_id == window.current.object_id, timeout=5000
    )
    assert [ids for ids, *_ in model.asked] == [(first,), (window.queue.object_at(3),)]
    window.current.show(first, 0)
    shown(restoring, qtbot)
    assert len(model.asked) == 2
    window.action_set["toggle_restored"].trigger()
    assert restoring.now == "raw"
    assert not restoring.mark.visible
    assert window.stage.image.frame.title == ""


def test_that_a_label_says_that_a_restored_picture_was_seen(restoring, window, bench, qtbot):
    def labelled() -> dict[str, Any]:
        count = len(bench.calls)
        window.grading.grade("A")
        qtbot.waitUntil(lambda: len(bench.calls) > count, timeout=5000)
        return bench.calls[-1][1]["screen"]

    bench.settings.set("auto_advance", False)
    assert "restored" not in labelled()
    window.action_set["toggle_restored"].trigger()
    shown(restoring, qtbot)
    said = {"model": "toy-1", "band": "r", "not_data": True}
    assert labelled()["restored"] == {**said, "on_screen": "restored"}
    window.action_set["blink"].trigger()
    assert restoring.now == "raw"
    assert not restoring.mark.visible
    assert labelled()["restored"] == {**said, "on_screen": ""}  # not now, but it was seen
    restoring.show_look("residual")
    assert labelled()["restored"]["on_screen"] == "residual"
    restoring.toggle_split()
    assert labelled()["restored"]["on_screen"] == "split"
    window.current.show(window.queue.object_at(1), 1)
    qtbot.waitUntil(lambda: not window.stage.sight(window.current.object_id).reason, timeout=5000)
    assert "restored" not in window.current.extras


def test_that_restored_and_data_have_the_same_cuts_and_the_residual_its_own(restoring, window, qtbot):
    raw = window.stage.image.frame
    window.action_set["toggle_restored"].trigger()
    shown(restoring, qtbot)
    made = window.stage.image.frame
    assert (made.low, made.high) == pytest.approx((raw.low, raw.high))
    window.current.set_recipe(cuts="minmax")
    again = window.stage.image.frame
    data = raw.image.raster.data
    assert (again.low, again.high) == pytest.approx((data.min(), data.max()), rel=1e-3)
    restoring.show_look("residual")
    frame = window.stage.image.frame
    assert (frame.low, frame.high) == (-5.0, 5.0)


def test_that_the_split_shows_data_on_the_left_and_the_mark_on_the_right(restoring, window, qtbot):
    window.current.set_recipe(cuts="manual", low=-3.0, high=3.0, stretch="linear")
    canvas = window.stage.image.canvas
    qtbot.wait(20)
    data = canvas.picture(layers=False)
    restoring.toggle_split()
    shown(restoring, qtbot)
    restoring.split.tool.dragged.emit(0.5)
    both = canvas.picture()
    middle, y = data.width() // 2, data.height() // 3
    fit = int(min(data.width(), data.height()) * 0.3)
    assert all(both.pixel(middle - x, y) == data.pixel(middle - x, y) for x in (20, 50, fit))
    right = {both.pixel(middle + x, y) for x in range(20, fit)}
    assert len(right) == 1  # what was restored is the same everywhere
    amber = [both.pixelColor(x, data.height() - 4) == AMBER for x in range(data.width())]
    assert not any(amber[: middle - 5])
    assert any(amber[middle + 5 :])
    canvas.set_tool(None)
    assert not restoring.split.on
    assert restoring.mark.split == 0


def test_that_a_picture_saved_without_what_lies_over_it_keeps_the_mark(restoring, window, qtbot):
    window.action_set["toggle_restored"].trigger()
    shown(restoring, qtbot)
    picture = window.stage.image.canvas.picture(400, 400, layers=False)
    assert any(picture.pixelColor(x, 396) == AMBER for x in range(400))


def test_that_the_compare_page_shows_four_pictures_marked_but_for_the_data(restoring, window, model, bench, qtbot):
    window.action_set["toggle_compare"].trigger()
    page = window.stage.pages["compare"]
    qtbot.waitUntil(lambda: len(page.panels) == 4 and all(one.is_ready for one in page.panels), timeout=5000)
    assert not page.sight(window.current.object_id).reason
    assert [panel.content.title for panel in page.panels] == [
        "Raw",
        "Restored",
        "Residual, −5 to 5 σ",
        "Spread, 0 to 0.5",
    ]
    assert [page.marks[id(panel)].visible for panel in page.panels] == [False, True, True, True]
    raw, mean = (
        panel.rendering.engine.cuts(page._recipe(look))
        for panel, look in zip(page.panels[:2], page._made, strict=False)
    )
    assert mean == pytest.approx(raw)
    page.panels[0].canvas.zoom_by(2.0)
    assert page.panels[3].canvas.view.scale == pytest.approx(page.panels[0].canvas.view.scale)
    window.grading.grade("A")
    qtbot.waitUntil(lambda: bool(bench.calls), timeout=5000)
    assert bench.calls[-1][1]["screen"]["restored"]["on_screen"] == "compare"
    qtbot.waitUntil(lambda: len(page.panels) == 4 and page._of == window.current.object_id == 2, timeout=5000)
    restoring.panel.draws.setValue(1)
    qtbot.waitUntil(lambda: len(page.panels) == 3, timeout=5000)
    assert "no spread" in page.line.text()
    assert not restoring.panel.looks["spread"].isEnabled()
    model.fails = "the weights do not fit"
    restoring.panel.draws.setValue(2)
    qtbot.waitUntil(lambda: page.notice.text == "the weights do not fit", timeout=5000)
    assert page.sight(window.current.object_id).final
    window.action_set["toggle_compare"].trigger()
    assert window.stage.page == "image"


def test_that_a_failure_can_be_copied_and_another_wish_is_granted(restoring, window, model, qtbot):
    model.fails = "this model wants the bands g, r; stamp_0001 has r"
    window.action_set["toggle_restored"].trigger()
    qtbot.waitUntil(lambda: restoring.panel.words.text() == model.fails, timeout=5000)
    assert restoring.panel.words.property("role") == "bad"
    model.fails = ""
    restoring.panel.draws.setValue(3)
    shown(restoring, qtbot)
    assert model.asked[-1][3] == 3


def test_that_an_answer_for_an_object_that_was_left_is_dropped(restoring, window, model, qtbot):
    model.slow = True
    window.action_set["toggle_restored"].trigger()
    qtbot.waitUntil(lambda: len(model.asked) == 1, timeout=5000)
    job = restoring.preview._job
    window.current.show(window.queue.object_at(1), 1)
    assert job.is_cancelled()
    model.slow = False
    shown(restoring, qtbot)
    assert restoring.found.object_id == window.current.object_id


def test_that_many_are_written_with_progress_cancelled_and_counted(restoring, window, model, qtbot, tmp_path):
    model.slow = True
    ids = [window.queue.object_at(row) for row in range(6)]
    restoring.write(ids, tmp_path)
    panel = restoring.panel
    qtbot.waitUntil(lambda: "0 of 6" in panel.said.text(), timeout=5000)
    assert not panel.stop.isHidden()
    assert panel.all.isHidden()
    restoring.write(ids, tmp_path)  # one at a time
    panel.stop.click()
    qtbot.waitUntil(lambda: panel.said.text().startswith("Cancelled"), timeout=5000)
    assert model.written == []
    model.slow = False
    restoring.write(ids, tmp_path)
    qtbot.waitUntil(lambda: model.written == ids and not restoring.work.busy, timeout=5000)
    assert "6 restored images" in panel.said.text()
    assert "Not restored: 1" in panel.said.text()


def test_what_the_numbers_say_and_that_they_are_copied(restoring, window, qtbot):
    window.action_set["toggle_restored"].trigger()
    shown(restoring, qtbot)
    found = restoring.found
    facts = {name: value for name, value, _ in restored.facts(found)}
    assert facts["Residual rms"] == f"{np.sqrt(np.mean(found.residual**2)):.2f} σ"
    assert facts["Largest spread"] == f"{0.5 / NOISE:.1f} σ"
    restoring.panel.copy.click()
    assert f"Residual rms\t{facts['Residual rms']}" in QApplication.clipboard().text()


def test_that_without_a_backend_the_panel_says_what_to_do(restoring, window, model, monkeypatch):
    monkeypatch.setattr(TaskModel, "lack", "No backend for this is installed; Plugins lists those that are.")
    restoring._possible()
    assert not restoring.panel.preview.isEnabled()
    window.action_set["toggle_restored"].trigger()
    assert "Plugins" in restoring.panel.words.text()
    assert model.asked == []


def test_that_a_file_that_was_restored_is_marked_whoever_opens_it(restoring, window, bench, monkeypatch, qtbot):
    monkeypatch.setattr("astrolens_gui.core.restore.write.restored_by", lambda path, hdu=0: "gan-1")
    restoring.files.forget()
    window.current.show(window.queue.object_at(1), 1)
    qtbot.waitUntil(lambda: restoring.mark.visible, timeout=5000)
    assert "gan-1" in restoring.mark.words
    window.grading.grade("A")
    qtbot.waitUntil(lambda: bool(bench.calls), timeout=5000)
    assert bench.calls[-1][1]["screen"]["restored"] == {"on_screen": "file", "not_data": True, "model": "gan-1"}


def test_that_choices_are_remembered(restoring, window, bench):
    restoring.panel.draws.setValue(5)
    assert bench.settings["panels"]["restore"]["draws"] == 5
    assert bench.settings["panels"]["lock"] == "sky"
