"""Colour, locks and the cuts of lens finders from the display bar: what each control does to recipe and screen."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from pixel_fakes import FakeWorkbench, made

from astrolens_gui.core.images.raster import ArrayRaster
from astrolens_gui.core.images.recipe import COMPOSERS, LOCKS, Recipe
from astrolens_gui.ui.bridge import Bridge
from astrolens_gui.ui.current import Current
from astrolens_gui.ui.qt import QApplication, Qt, QtGui
from astrolens_gui.ui.views import display
from astrolens_gui.ui.views.displaybar import CUTS, MORE, DisplayBar
from astrolens_gui.ui.views.image import Frame, ImageView

BANDS = ("VIS", "Y", "J", "H")


def object_of(object_id: int, level: float = 0.0):
    """Four bands of noise about `level` with a source that is red, and one that is blue."""
    rng = np.random.default_rng(object_id)
    rasters = {}
    for band, (red, blue) in zip(BANDS, ((5, 60), (20, 30), (40, 20), (60, 5)), strict=True):
        data = rng.normal(level, 1, (60, 60)).astype(np.float32)
        data[10:20, 10:20] += 4 * red
        data[40:50, 40:50] += 4 * blue
        rasters[band] = ArrayRaster(data)
    return made(rasters["VIS"].data, object_id, band="VIS", bands=BANDS, rasters=rasters)


@pytest.fixture
def shown(qtbot):
    current = Current()
    workbench = FakeWorkbench({1: object_of(1), 2: object_of(2, 50.0), 3: made(np.eye(30), 3)})
    bridge = Bridge(workbench)
    view = ImageView(bridge, workbench, current)
    bar = DisplayBar(current, view)
    for widget in (view, bar):
        qtbot.addWidget(widget)
        widget.resize(700, 400 if widget is view else 120)
        widget.show()
    current.show(1)
    qtbot.waitUntil(view.canvas.isVisible)
    yield bar, view, current
    bridge.close()


def on_screen(view) -> np.ndarray:
    """uint8 (h, w, 3) of the canvas."""
    picture = view.canvas.grab().toImage().convertToFormat(QtGui.QImage.Format_RGB888)
    bits = picture.constBits()
    bits.setsize(picture.bytesPerLine() * picture.height())
    lines = np.frombuffer(bits, np.uint8).reshape(picture.height(), picture.bytesPerLine())
    return lines[:, : 3 * picture.width()].reshape(picture.height(), picture.width(), 3).astype(int)


def has_colour(view) -> bool:
    return bool((np.ptp(on_screen(view), axis=-1) > 60).sum() > 100)


def test_that_the_colour_button_shows_colour_and_a_band_button_that_band(shown, qtbot):
    bar, view, current = shown
    qtbot.mouseClick(bar.bands.colour, Qt.LeftButton)
    assert current.recipe.mode == "rgb"
    assert bar.colour.isVisible()
    assert not bar.histogram.isVisible()
    assert not any(one.isChecked() for one in bar.bands.buttons)
    qtbot.waitUntil(lambda: has_colour(view))
    qtbot.mouseClick(bar.bands.buttons[0], Qt.LeftButton)  # the very band that was shown before
    assert (current.recipe.mode, current.recipe.band) == ("single", "VIS")
    assert bar.histogram.isVisible()
    assert bar.bands.buttons[0].isChecked()
    qtbot.waitUntil(lambda: not has_colour(view))


def test_that_a_click_on_the_band_that_is_shown_leaves_its_button_down(shown, qtbot):
    bar, _, current = shown
    qtbot.mouseClick(bar.bands.buttons[0], Qt.LeftButton)
    assert bar.bands.buttons[0].isChecked()
    assert current.recipe.band == "VIS"


def test_that_nothing_in_the_bar_moves_when_colour_comes_and_goes(shown, qtbot):
    bar, _, _ = shown
    before = bar.stretch.mapTo(bar, bar.stretch.rect().topLeft()), bar.sizeHint().height()
    qtbot.mouseClick(bar.bands.colour, Qt.LeftButton)
    assert (bar.stretch.mapTo(bar, bar.stretch.rect().topLeft()), bar.sizeHint().height()) == before


def test_that_an_object_of_one_band_keeps_its_histogram_and_the_next_has_its_colour_again(shown, qtbot):
    bar, view, current = shown
    current.set_recipe(mode="rgb")
    current.show(3)
    qtbot.waitUntil(lambda: view.frame is not None and view.frame.image.object_id == 3)
    assert not bar.bands.colour.isVisible()
    assert bar.histogram.isVisible()
    current.show(2)
    qtbot.waitUntil(lambda: view.frame is not None and view.frame.image.object_id == 2)
    assert bar.colour.isVisible()


def test_that_each_colours_band_is_chosen_by_name_and_auto_says_which_it_takes(shown):
    bar, _, current = shown
    current.set_recipe(mode="rgb")
    texts = [bar.colour.choosers[name].currentText() for name in ("red", "green", "blue")]
    assert texts == ["auto: H", "auto: Y", "auto: VIS"]
    for name, row in (("red", 3), ("blue", 1), ("red", 0)):
        bar.colour.choosers[name].setCurrentIndex(row)
        bar.colour.choosers[name].activated.emit(row)
        assert getattr(current.recipe, name) == ("", *BANDS)[row]
    current.set_recipe(green="K")
    assert bar.colour.choosers["green"].currentText() == "K (not here)"


@pytest.mark.parametrize(("slider", "name"), [("q", "q"), ("softening", "softening")])
def test_that_a_slider_changes_the_picture_while_it_is_dragged(shown, qtbot, slider, name):
    bar, view, current = shown
    current.set_recipe(mode="rgb")
    qtbot.waitUntil(lambda: has_colour(view))
    before = on_screen(view)
    made_slider = getattr(bar.colour, slider)
    made_slider.slider.setValue(60)
    assert getattr(current.recipe, name) == made_slider.value != getattr(Recipe(), name)
    qtbot.waitUntil(lambda: bool((on_screen(view) != before).any()))
    current.set_recipe(**{name: getattr(Recipe(), name)})
    assert made_slider.value == pytest.approx(getattr(Recipe(), name), rel=0.03)


def test_that_following_the_recipe_never_changes_it(shown):
    bar, _, current = shown
    odd = Recipe(mode="rgb", q=0.0, softening=1e6, grain=0.123, pedestal=77.0, scales={"H": 3.3333})
    current.set_recipe(odd)
    bar.colour.panel.open_at(bar.colour.more)
    bar.cuts_panel.open_at(bar.cuts)
    QApplication.processEvents()
    assert current.recipe == odd
    bar.colour.panel.hide()
    bar.cuts_panel.hide()


def test_that_the_panel_weighs_bands_and_the_matrix_and_automatic_puts_it_back(shown):
    bar, _, current = shown
    current.set_recipe(mode="rgb", composer="matrix")
    panel = bar.colour.panel
    panel.scales["H"].slider.setValue(100)
    assert current.recipe.scales == {"H": panel.scales["H"].value}
    panel.weights[0, "VIS"].setValue(0.5)
    assert current.recipe.matrix_bands == ("H", "J", "Y", "VIS")
    assert current.recipe.matrix[0] == pytest.approx((0.75, 0.25, 0.0, 0.5))
    panel.grain.slider.setValue(0)
    assert current.recipe.grain == 0.0
    panel.automatic.click()
    assert current.recipe == Recipe(mode="rgb", composer="matrix")
    panel.published.click()
    assert (current.recipe.grain, current.recipe.pedestal, current.recipe.composer) == (0.0, 0.0, "lupton")


def test_that_the_ways_of_colour_follow_each_other_and_the_first_press_turns_colour_on():
    current = Current()
    display.next_composer(current)
    assert (current.recipe.mode, current.recipe.composer) == ("rgb", "lupton")
    seen = [current.recipe.composer]
    for _ in COMPOSERS[1:]:
        display.next_composer(current)
        seen.append(current.recipe.composer)
    assert tuple(seen) == COMPOSERS


def test_that_the_lock_holds_what_is_on_the_screen_for_the_band_then_for_all(shown, qtbot):
    bar, view, current = shown
    first = (view.frame.low, view.frame.high)
    qtbot.mouseClick(bar.lock, Qt.LeftButton)
    assert (current.recipe.lock, current.recipe.locked) == ("band", {"VIS": pytest.approx(first)})
    assert bar.cuts.currentIndex() == -1
    current.show(2)
    qtbot.waitUntil(lambda: view.frame is not None and view.frame.image.object_id == 2)
    assert (view.frame.low, view.frame.high) == pytest.approx(first)
    qtbot.mouseClick(bar.lock, Qt.LeftButton)
    assert (current.recipe.lock, current.recipe.locked) == ("project", {"": pytest.approx(first)})
    qtbot.mouseClick(bar.lock, Qt.LeftButton)
    assert (current.recipe.lock, current.recipe.locked) == ("image", {})
    qtbot.waitUntil(lambda: view.frame.low > 30)  # the second object's own sky
    assert bar.cuts.currentIndex() >= 0


def test_that_locked_cuts_are_dragged_and_found_anew_and_stay_locked(shown, qtbot):
    bar, view, current = shown
    display.set_lock(current, "band")
    bar.histogram.cuts_dragged.emit(-2.0, 7.0)
    assert current.recipe.locked == {"VIS": (-2.0, 7.0)}
    assert (view.frame.low, view.frame.high) == (-2.0, 7.0)
    bar.cuts.activated.emit([cuts for _, cuts, _ in CUTS].index("minmax"))
    data = view.frame.image.data
    qtbot.waitUntil(lambda: current.recipe.locked == {"VIS": pytest.approx((data.min(), data.max()))})
    assert current.recipe.lock == "band"
    display.auto_cuts(current)
    assert current.recipe.lock == "band"
    qtbot.waitUntil(lambda: "VIS" in current.recipe.locked)


def test_that_a_lock_on_cuts_by_hand_keeps_their_numbers(shown):
    _, view, current = shown
    display.manual_cuts(current, -3.0, 11.0)
    for lock, key in (("band", "VIS"), ("project", "")):
        display.set_lock(current, lock)
        assert current.recipe.locked == {key: (-3.0, 11.0)}
        assert current.recipe.cuts != "manual"
        assert (view.frame.low, view.frame.high) == (-3.0, 11.0)


def test_that_every_lock_says_in_its_tooltip_what_holds(shown, qtbot):
    bar, _, _ = shown
    tips = set()
    for _ in LOCKS:
        qtbot.mouseClick(bar.lock, Qt.LeftButton)
        tips.add(bar.lock.toolTip())
    assert len(tips) == len(LOCKS)
    assert all("Shift+A" in tip for tip in tips)


def test_that_the_parameters_of_cuts_open_from_the_menu_and_choose_their_kind(shown, qtbot):
    bar, view, current = shown
    row = bar.cuts.findText(MORE)
    bar.cuts.setCurrentIndex(row)
    bar.cuts.activated.emit(row)
    assert bar.cuts_panel.isVisible()
    assert bar.cuts.currentText() != MORE
    before = view.frame.high
    bar.cuts_panel.fields["high_sigma"].setValue(5.0)
    assert (current.recipe.cuts, current.recipe.high_sigma) == ("corner_rms", 5.0)
    qtbot.waitUntil(lambda: view.frame.high < before)
    bar.cuts_panel.fields["centre_px"].setValue(30)
    assert (current.recipe.cuts, current.recipe.centre_px) == ("centre", 30)
    bar.cuts_panel.fields["low_sigma"].setValue(2.0)
    assert (current.recipe.cuts, current.recipe.low_sigma) == ("centre", 2.0)
    bar.cuts_panel.hide()


@pytest.mark.parametrize("width", [700, 392])
def test_that_no_control_of_colour_overlaps_another_in_a_narrow_bar(shown, qtbot, width):
    bar, _, current = shown
    bar.setMinimumSize(100, 0)
    bar.resize(width, 140)
    current.set_recipe(mode="rgb")
    qtbot.wait(20)
    row = bar.colour
    for line in ([*row.choosers.values(), row.composer], [row.q, row.softening, row.more]):
        ends = [(one.x(), one.x() + one.width()) for one in line]
        assert all(before[1] <= after[0] for before, after in pairwise(ends))
        assert ends[-1][1] <= row.width()
        assert row.mapTo(bar, line[-1].geometry().topRight()).x() < width


def test_that_a_large_image_is_counted_from_its_overview_and_not_under_a_colour_picture(shown, qtbot):
    bar, _, current = shown
    counted = []

    class Wide(ArrayRaster):
        def overview(self) -> np.ndarray:
            counted.append(1)
            return super().overview()

        @property
        def data(self) -> np.ndarray:
            raise AssertionError("all pixels of a large image were asked for")

    raster = Wide(np.where(np.eye(300, dtype=bool), np.nan, 3.0 + np.random.default_rng(2).normal(size=(300, 300))))
    wide = made(np.eye(3), 9, band="VIS", bands=BANDS, rasters={"VIS": raster})
    object.__setattr__(wide, "raster", raster)
    current.set_recipe(mode="rgb")
    counted.clear()
    bar.set_frame(Frame(wide, 0.0, 6.0))
    assert not counted
    current.set_recipe(mode="single")
    bar.set_frame(Frame(wide, 0.0, 6.0))
    assert counted
    assert np.isfinite(bar.histogram.values).all()
    assert bar.histogram.values.size > 10_000
