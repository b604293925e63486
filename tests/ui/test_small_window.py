"""A window of 1000 x 700: everything has its place, and the image keeps its share."""

from __future__ import annotations

import numpy as np
import pytest
from pixel_fakes import FakeWorkbench, made

from astrolens_gui.ui.bridge import Bridge
from astrolens_gui.ui.current import Current
from astrolens_gui.ui.forms import Editor, Folded
from astrolens_gui.ui.qt import Qt, QtWidgets
from astrolens_gui.ui.views.displaybar import DisplayBar
from astrolens_gui.ui.views.image import ImageView


@pytest.mark.parametrize("front", ["grade", "models"])
def test_that_a_window_of_1000_can_be_had_and_the_image_keeps_its_share(qtbot, window, front):
    window.show_dock(front)
    window.resize(1400, 900)
    qtbot.wait(20)
    window.resize(1000, 700)
    qtbot.wait(50)
    assert (window.width(), window.height()) == (1000, 700)
    assert window.stage.width() >= 0.54 * 1000
    for action in ("toggle_mosaic", "score", "retrain", "show_palette", "show_keys"):
        button = window.toolbar.button(action)
        assert button.isVisible(), action
        assert button.width() >= button.sizeHint().width(), action


def test_that_docks_that_gave_way_are_as_wide_as_before_in_a_wide_window(qtbot, window):
    window.resize(1400, 900)
    qtbot.wait(30)
    window.resizeDocks([window.docks["queue"], window.docks["grade"]], [300, 280], Qt.Horizontal)
    qtbot.wait(30)
    widths = [window.docks[name].width() for name in ("queue", "grade")]
    for size in ((1000, 700), (900, 700), (1400, 900)):
        window.resize(*size)
        qtbot.wait(30)
    assert [window.docks[name].width() for name in ("queue", "grade")] == widths


def test_that_the_choices_have_their_names_back_in_a_wide_window(qtbot, window):
    window.resize(1000, 700)
    qtbot.wait(50)
    window.resize(1400, 900)
    qtbot.wait(50)
    assert all(label.isVisible() for label in window.toolbar.names)


@pytest.fixture
def bar(qtbot):
    """`bar(bands)` → (display bar, height) on an image with these bands."""

    def make(bands: tuple[str, ...]) -> DisplayBar:
        current = Current()
        workbench = FakeWorkbench({1: made(np.eye(30), bands=bands, band=bands[0])})
        view = ImageView(Bridge(workbench), workbench, current)
        made_bar = DisplayBar(current, view)
        made_bar.setMinimumSize(100, 0)
        for widget in (view, made_bar):
            qtbot.addWidget(widget)
        view.show()
        made_bar.show()
        current.show(1)
        qtbot.waitUntil(lambda: view.frame is not None)
        return made_bar

    return make


def test_that_the_choices_of_the_display_bar_use_the_room_there_is(bar, qtbot):
    made_bar = bar(("VIS", "Y", "J", "H"))
    made_bar.resize(1100, 140)
    qtbot.wait(20)
    for box in (made_bar.stretch, made_bar.cuts, made_bar.colormap):
        assert box.width() == box.maximumWidth(), box.toolTip()


@pytest.mark.parametrize("width", [1100, 700, 540, 392])
@pytest.mark.parametrize("bands", [("VIS", "Y", "J", "H"), ("r",), ("F475W", "F814W", "F160W", "F105W")])
def test_that_no_control_of_the_display_bar_is_squeezed_or_overlaps(bar, qtbot, bands, width):
    made_bar = bar(bands)
    made_bar.resize(width, 140)
    qtbot.wait(20)
    controls = [*made_bar.bands.buttons, made_bar.bands.menu, made_bar.stretch, made_bar.cuts, made_bar.colormap]
    shown = [control for control in [*controls, made_bar.invert, made_bar.reset] if control.isVisible()]
    for control in shown:
        assert control.width() >= control.minimumSizeHint().width(), (control.toolTip(), control.width())
        assert control.mapTo(made_bar, control.rect().bottomRight()).x() < width, control.toolTip()
    as_buttons = any(control in shown for control in made_bar.bands.buttons)
    if width >= 540:  # below it is the font that decides
        assert as_buttons is ("VIS" in bands)
    assert made_bar.bands.menu.isVisible() is (len(bands) > 1 and not as_buttons)


def test_that_no_field_of_the_models_dock_is_cut_off_when_it_is_narrow(qtbot, window):
    window.show_dock("models")
    window.resize(1000, 700)
    for folded in window.panel.findChildren(Folded):
        folded.button.setChecked(True)
    qtbot.wait(50)
    editors = window.panel.findChildren(Editor)
    assert editors
    for editor in editors:
        shown = editor.widget
        text = shown.currentText() if isinstance(shown, QtWidgets.QComboBox) else getattr(shown, "text", str)()
        assert shown.width() >= shown.fontMetrics().horizontalAdvance(text) + 30, editor.field.name
        assert shown.width() > 150, editor.field.name


@pytest.mark.parametrize("count", [0, 6])
def test_that_the_line_of_progress_wraps_instead_of_being_cut(qtbot, window, bench, count):
    bench.count, bench.order = count, list(range(1, count + 1))
    window.session.rerank()
    window.queue_view.setFixedWidth(150)
    window.grading.grade("A")
    window.session.choose_scheme("binary")
    qtbot.wait(150)
    label = window.queue_view.progress
    assert label.height() >= label.heightForWidth(label.width())
    assert label.wordWrap()
