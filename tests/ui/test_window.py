"""The composed window: the image's share, focus, palette, keys page, themes, jobs, plugins, layout."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from astrolens_gui.api import UserError
from astrolens_gui.ui import theme
from astrolens_gui.ui.qt import QApplication, Qt, QtWidgets

pytestmark = pytest.mark.window


def test_that_the_image_has_at_least_sixty_per_cent_of_the_width(window):
    window.resize(1400, 900)
    QApplication.processEvents()
    assert window.width() == 1400
    assert window.stage.image.width() >= 0.6 * window.width()
    assert window.windowTitle() == "sample — AstroLens"


def test_that_a_long_name_never_makes_the_window_wider(qtbot, window):
    window.resize(1200, 800)
    window.fail("A sentence that goes on. " * 40)
    window.status.saved.setText("x" * 400)
    QApplication.processEvents()
    assert window.width() == 1200


def test_that_tab_hides_all_but_the_image_and_brings_it_back(qtbot, window):
    qtbot.keyClick(window.stage.image, Qt.Key_Tab)
    assert not any(part.isVisible() for part in (window.toolbar, window.status, *window.docks.values()))
    qtbot.waitUntil(lambda: window.stage.image.width() == window.width(), timeout=2000)
    qtbot.keyClick(window.stage.image, Qt.Key_Tab)
    assert all(
        part.isVisible() for part in (window.toolbar, window.status, window.docks["queue"], window.docks["grade"])
    )


def test_that_arrows_and_clicks_move_and_the_queue_follows(qtbot, window):
    qtbot.keyClick(window.stage.image, Qt.Key_Right)
    qtbot.keyClick(window.stage.image, "j")
    assert window.current.object_id == 3
    qtbot.waitUntil(lambda: window.queue_view.table.currentIndex().row() == 2)  # in a rush it follows a moment later
    table = window.queue_view.table
    qtbot.mouseClick(table.viewport(), Qt.LeftButton, pos=table.visualRect(window.queue.index(4, 0)).center())
    assert window.current.object_id == 5
    qtbot.keyClick(window.stage.image, "k")
    assert window.current.object_id == 4


def test_that_the_filter_takes_letters_and_digits_and_grades_nothing(qtbot, window, bench):
    qtbot.keyClick(window.stage.image, Qt.Key_F, Qt.ControlModifier)
    qtbot.waitUntil(lambda: window.queue_view.filter.hasFocus(), timeout=2000)
    qtbot.keyClicks(window.queue_view.filter, "0004")
    qtbot.waitUntil(lambda: window.queue.rowCount() == 1, timeout=2000)
    assert bench.calls == []


def test_that_the_palette_runs_what_is_typed(qtbot, window):
    qtbot.keyClick(window.stage.image, Qt.Key_K, Qt.ControlModifier)
    palette = window.findChild(QtWidgets.QDialog, "palette")
    qtbot.keyClicks(palette.line, "mosaic")
    qtbot.keyClick(palette.line, Qt.Key_Return)
    assert window.stage.is_mosaic
    qtbot.keyClick(window.stage.mosaic, "v")
    assert not window.stage.is_mosaic


def test_that_the_keys_page_lists_every_key_and_a_digit_only_closes_it(qtbot, window, bench):
    from astrolens_gui.ui.views.keys import KeysOverlay

    qtbot.keyClick(window.stage.image, "?")
    overlay = window.findChild(KeysOverlay)
    text = " ".join(label.text() for label in overlay.findChildren(QtWidgets.QLabel))
    for action, _ in window.action_set.pairs():
        assert not (action.keys and action.listed) or action.title.replace("&", "&amp;") in text, action.title
    assert overlay.width() <= window.width()
    qtbot.waitUntil(overlay.hasFocus, timeout=2000)
    qtbot.keyClick(overlay, "1")
    qtbot.wait(100)
    assert not overlay.isVisible()
    assert bench.calls == []


@pytest.mark.parametrize("name", theme.names())
def test_that_text_can_be_read_in_both_themes(name):
    roles = theme.colours(name)
    assert contrast(roles["on_accent"], roles["accent"]) >= 4.5
    assert contrast(roles["text"], roles["base"]) >= 7
    for text, least in (("text", 7), ("muted", 4.5), ("bad", 4.5), ("good", 4.5), ("warning", 4.5)):
        assert contrast(roles[text], roles["panel"]) >= least, text


def contrast(one: str, other: str) -> float:
    """WCAG 2.1 contrast ratio."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_that_the_theme_changes_at_once_and_is_remembered(qtbot, window, settings):
    qtbot.keyClick(window.stage.image, Qt.Key_T, Qt.ControlModifier)
    assert settings["theme"] == "light"
    ground = window.grab().toImage().pixelColor(window.width() // 3, 5)
    assert ground.lightness() > 200
    window.set_theme("dark")


def test_that_a_running_job_shows_its_progress_and_can_be_cancelled(qtbot, window, bench):
    begun = threading.Event()

    def work(ctx):
        while True:
            ctx.progress(0.25, "epoch 5/20", AUROC=0.94)
            begun.set()
            threading.Event().wait(0.02)

    job = bench.runner.submit("train", work, title="training toy")
    line = window.jobs_line
    qtbot.waitUntil(lambda: "AUROC 0.94" in line.text.text(), timeout=5000)
    assert line.text.text().startswith("training toy · epoch 5/20 · 25%")
    assert line.bar.value() == 250
    qtbot.mouseClick(line.cancel_button, Qt.LeftButton)
    qtbot.waitUntil(lambda: job.state == "cancelled", timeout=5000)
    qtbot.waitUntil(lambda: not line.bar.isVisible(), timeout=2000)


def test_that_a_failed_job_keeps_its_reason_and_a_traceback_to_copy(qtbot, window, bench):
    def work():
        raise MemoryError("7 GB were not enough")

    bench.runner.submit("train", work, title="training toy")
    qtbot.waitUntil(lambda: "failed" in window.jobs_line.text.text(), timeout=5000)
    qtbot.keyClick(window.stage.image, Qt.Key_J, Qt.ControlModifier)
    dialog = window.jobs_dialog
    assert "MemoryError" in dialog.detail.toPlainText()
    copy = next(button for button in dialog.findChildren(QtWidgets.QPushButton) if button.text() == "Copy")
    qtbot.mouseClick(copy, Qt.LeftButton)
    assert "Traceback" in QApplication.clipboard().text()
    dialog.hide()


def test_that_retrain_shows_the_verdict_and_the_new_order(qtbot, window, bench, monkeypatch):
    from astrolens_gui.api import Changes

    asked = []

    def train(backend, fit_params):
        asked.append((backend, fit_params))

        def work():
            bench.order = [4, 3, 2, 1, 5, 6]
            bench.tell(Changes(models=("m1",), scores=True, queue=True))
            return SimpleNamespace(model="m1", verdict="refused", reason="its AUROC fell", metrics={}, champion=False)

        return bench.runner.submit("train", work, title="training")

    monkeypatch.setattr(bench, "train", train, raising=False)
    qtbot.keyClick(window.stage.image, Qt.Key_F6)
    qtbot.keyClick(window.learning.retraining.dialog, Qt.Key_F6)
    qtbot.waitUntil(lambda: "Refused: its AUROC fell" in window.panel.verdict.text(), timeout=5000)
    qtbot.waitUntil(lambda: window.queue.object_at(0) == 4, timeout=5000)
    assert asked[0][0] == window.panel.backend
    assert "epochs" in asked[0][1]


def test_that_what_the_workbench_refuses_at_once_is_a_sentence(qtbot, window, bench, monkeypatch):
    def score(backend):
        raise UserError("there are no grades yet; grade some objects first")

    monkeypatch.setattr(bench, "score", score, raising=False)
    qtbot.keyClick(window.stage.image, Qt.Key_F5)
    assert "grade some objects first" in window.status.problem.toolTip()
    assert window.status.problem.isVisible()


def test_that_choosing_an_order_shows_its_top_and_is_logged(qtbot, window, bench):
    combo = window.toolbar.strategy
    place = combo.findData("top")
    bench.order = [5, 1, 2, 3, 4, 6]
    combo.setCurrentIndex(place)
    combo.activated.emit(place)
    qtbot.waitUntil(lambda: window.current.object_id == 5, timeout=3000)
    assert bench.strategy == "top"
    assert combo.currentData() == "top"


def test_that_another_scheme_brings_its_own_buttons_and_keys(qtbot, window, bench):
    combo = window.toolbar.scheme
    place = combo.findData("binary")
    combo.setCurrentIndex(place)
    combo.activated.emit(place)
    qtbot.waitUntil(lambda: len(window.labelbar._grade_buttons) == 2, timeout=3000)
    scheme = bench.schemes()["binary"]
    qtbot.keyClick(window.stage.image, scheme.grades[0].key)
    qtbot.waitUntil(lambda: bench.calls != [], timeout=3000)
    assert bench.calls[0][1]["grade"] == scheme.grades[0].value


def test_that_a_grade_in_the_mosaic_is_the_last_label_too(qtbot, window, bench):
    window.stage.show_mosaic(True)
    qtbot.waitUntil(lambda: not window.stage.sight(1).reason, timeout=3000)
    qtbot.keyClick(window.stage.mosaic, "2")
    qtbot.waitUntil(lambda: "stamp_0001 B" in window.status.saved.text(), timeout=3000)
    assert len(bench.calls) == 1
    assert window.queue.grade_of(1) == "B"


def test_that_a_broken_plugin_is_shown_first_with_its_traceback(qtbot):
    from astrolens_gui.core.plugins import PluginState
    from astrolens_gui.ui.views.plugins import PluginsDialog

    good = PluginState("cnn", "astrolens_cnn.plugin", "astrolens", "1.0", provides=("backend cnn",))
    broken = PluginState(
        "bad", "bad.plugin", "far-plugin", "0.1", "bad.plugin failed to load: KeyError: 'x'", "Traceback …"
    )
    dialog = PluginsDialog(SimpleNamespace(states=[good, broken]))
    qtbot.addWidget(dialog)
    assert [dialog.table.item(1, column).text() for column in range(4)] == ["bad", "failed", "far-plugin", "0.1"]
    assert "KeyError" in dialog.detail.toPlainText()
    assert "Traceback" in dialog.detail.toPlainText()


def test_that_the_graders_name_is_shown_and_can_be_changed(qtbot, settings):
    from astrolens_gui.ui.views.settings import SettingsDialog

    dialog = SettingsDialog(settings, "login")
    qtbot.addWidget(dialog)
    assert dialog.grader.text() == "login"
    dialog.grader.setText("Vera R.")
    dialog.grader.editingFinished.emit()
    assert settings["grader"] == "Vera R."
    dialog.advance.click()
    assert settings["auto_advance"] is False


def test_that_gpus_are_offered_only_when_found(qtbot, settings):
    from astrolens_gui.ui.views.settings import SettingsDialog

    dialog = SettingsDialog(settings, "login")
    qtbot.addWidget(dialog)
    assert [dialog.device.itemText(row) for row in range(dialog.device.count())] == ["auto", "cpu"]
    with qtbot.waitSignal(dialog.devices_asked):
        qtbot.mouseClick(dialog.look, Qt.LeftButton)
    dialog.show_devices([SimpleNamespace(id="cpu", name="a"), SimpleNamespace(id="gpu:0", name="NVIDIA A100")])
    assert dialog.device.findText("gpu:0") == 2
    assert dialog.look.text() == "1 GPU found"


def test_that_layout_and_geometry_are_remembered(qtbot, bench, tmp_path, window, settings):
    from astrolens_gui.ui import app

    window.docks["queue"].hide()
    window.resize(1210, 777)
    window.close()
    again = app.make_window(bench)
    qtbot.addWidget(again)
    again.show()
    again.session.open(tmp_path / "sample.astrolens")
    qtbot.waitUntil(lambda: again.session.is_open, timeout=5000)
    assert (again.width(), again.height()) == (1210, 777)
    assert not again.docks["queue"].isVisible()
    assert again.docks["grade"].isVisible()
    again.close()


def test_that_closing_the_project_goes_back_to_the_start_page(qtbot, window):
    qtbot.keyClick(window.stage.image, Qt.Key_W, Qt.ControlModifier)
    qtbot.waitUntil(lambda: window.pages.currentWidget() is window.start, timeout=3000)
    assert window.queue.rowCount() == 0
    assert not window.action_set["retrain"].isEnabled()
    assert not any(dock.isVisible() for dock in window.docks.values())


def test_that_an_error_in_a_view_is_shown_and_ends_nothing(qtbot, window):
    def wrong(_):
        raise KeyError("x")

    with qtbot.waitSignal(window.bridge.failed, timeout=3000):
        window.bridge.when_done(window.workbench.label_of(1), wrong)
    assert window.status.problem.isVisible()
