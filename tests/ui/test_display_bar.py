"""The display bar: every control changes the recipe, and every change of the recipe shows in the controls."""

from __future__ import annotations

import numpy as np
import pytest
from pixel_fakes import FakeWorkbench, made, move

from astrolens_gui.core.images.stretch import COLORMAPS, STRETCHES, Recipe, limits, render
from astrolens_gui.ui.bridge import Bridge
from astrolens_gui.ui.current import Current
from astrolens_gui.ui.qt import Qt, QtCore
from astrolens_gui.ui.views import display
from astrolens_gui.ui.views.displaybar import CUTS, DisplayBar
from astrolens_gui.ui.views.histogram import HistogramStrip, colour_bar
from astrolens_gui.ui.views.image import ImageView


def sky(shape=(50, 50), scale=1.0) -> np.ndarray:
    rng = np.random.default_rng(7)
    return (scale * (rng.normal(0, 1, shape) + 50 * (rng.random(shape) > 0.98))).astype(np.float32)


@pytest.fixture
def shown(qtbot):
    """`shown(image)` → (bar, view, current) with the image on the screen."""
    bridges = []

    def make(image):
        current = Current()
        workbench = FakeWorkbench({1: image})
        bridge = Bridge(workbench)
        bridges.append(bridge)
        view = ImageView(bridge, workbench, current)
        bar = DisplayBar(current, view)
        for widget in (view, bar):
            qtbot.addWidget(widget)
            widget.resize(700, 400 if widget is view else 100)
            widget.show()
        current.show(1)
        qtbot.waitUntil(view.canvas.isVisible)
        return bar, view, current

    yield make
    for bridge in bridges:
        bridge.close()


def test_that_every_stretch_map_and_kind_of_cuts_can_be_chosen_and_changes_the_recipe(shown):
    bar, view, current = shown(made(sky()))
    assert {bar.stretch.itemData(row) for row in range(bar.stretch.count())} == set(STRETCHES)
    for row in range(bar.stretch.count()):
        bar.stretch.activated.emit(row)
        assert current.recipe.stretch == bar.stretch.itemData(row)
    for row, name in enumerate(COLORMAPS):
        bar.colormap.activated.emit(row)
        assert current.recipe.colormap == name
    for row, (_, cuts, percent) in enumerate(CUTS):
        bar.cuts.activated.emit(row)
        assert current.recipe.cuts == cuts
        assert percent is None or current.recipe.percentile == percent
        assert (view.frame.low, view.frame.high) == pytest.approx(limits(view.frame.image.data, current.recipe))
        assert bar.cuts.currentIndex() == row


def test_that_the_controls_follow_a_recipe_changed_elsewhere(shown):
    bar, _, current = shown(made(sky()))
    current.set_recipe(stretch="log", cuts="zscale", colormap="viridis", invert=True)
    assert bar.stretch.currentData() == "log"
    assert bar.cuts.currentText() == "zscale"
    assert bar.colormap.currentData() == "viridis"
    assert bar.invert.isChecked()
    current.set_recipe(cuts="percentile", percentile=97.0)
    assert bar.cuts.currentIndex() == -1


@pytest.mark.parametrize("scale", [1.0, 1e-11, 1e5])
def test_that_typed_cuts_are_taken_as_typed_whatever_their_size(shown, qtbot, scale):
    bar, view, current = shown(made(sky(scale=scale)))
    high = view.frame.high
    type_into(qtbot, bar.low, f"{-0.5 * scale:g}")
    assert current.recipe.cuts == "manual"
    assert current.recipe.low == -0.5 * scale
    assert current.recipe.high == pytest.approx(high, rel=1e-4)
    assert view.frame.low == pytest.approx(-0.5 * scale)


def test_that_nonsense_in_a_cut_puts_back_what_is_on_the_screen(shown, qtbot):
    bar, _, current = shown(made(sky()))
    before, text = current.recipe, bar.low.text()
    for nonsense in ("", "abc", "nan", "1e999"):
        type_into(qtbot, bar.low, nonsense)
        assert bar.low.text() == text
    type_into(qtbot, bar.low, bar.high.text())  # low = high shows nothing
    assert current.recipe == before


def test_that_cuts_typed_the_wrong_way_round_are_swapped(shown, qtbot):
    bar, view, current = shown(made(sky()))
    high = view.frame.high
    type_into(qtbot, bar.low, "1000")
    assert (current.recipe.low, current.recipe.high) == (pytest.approx(high), 1000.0)


def test_that_a_dragged_cut_becomes_the_manual_cut_under_the_pointer(shown, qtbot):
    bar, view, current = shown(made(sky()))
    strip = bar.histogram
    low, start = view.frame.low, QtCore.QPoint(round(strip.x_of(view.frame.high)), 20)
    target = start - QtCore.QPoint(60, 0)
    wanted = strip.value_at(target.x())
    qtbot.mousePress(strip, Qt.LeftButton, pos=start)
    move(strip, target, Qt.LeftButton)
    qtbot.mouseRelease(strip, Qt.LeftButton, pos=target)
    assert current.recipe.cuts == "manual"
    assert view.frame.high == pytest.approx(wanted)
    assert view.frame.low == pytest.approx(low)
    qtbot.mouseDClick(strip, Qt.LeftButton, pos=QtCore.QPoint(5, 5))
    assert current.recipe.cuts == Recipe().cuts
    assert (current.recipe.low, current.recipe.high) == (None, None)


def test_that_cuts_cannot_be_dragged_past_each_other(shown, qtbot):
    bar, view, _ = shown(made(sky()))
    strip = bar.histogram
    qtbot.mousePress(strip, Qt.LeftButton, pos=QtCore.QPoint(round(strip.x_of(view.frame.low)), 20))
    for x in range(0, strip.width(), 15):
        move(strip, QtCore.QPoint(x, 20), Qt.LeftButton)
        assert view.frame.low < view.frame.high
    qtbot.mouseRelease(strip, Qt.LeftButton, pos=QtCore.QPoint(strip.width(), 20))


def test_that_bands_are_buttons_few_and_a_list_many_and_nothing_alone(shown, qtbot):
    bar, _, current = shown(made(sky(), bands=("VIS", "Y", "J", "H"), band="VIS"))
    assert [button.text() for button in bar.bands.buttons] == ["VIS", "Y", "J", "H"]
    assert [button.isChecked() for button in bar.bands.buttons] == [True, False, False, False]
    qtbot.mouseClick(bar.bands.buttons[2], Qt.LeftButton)
    assert current.recipe.band == "J"
    many = tuple(f"plane {number}" for number in range(1, 8))
    bar.bands.set_bands(many, "plane 3")
    assert bar.bands.buttons == []
    assert bar.bands.menu.isVisible()
    assert bar.bands.menu.currentText() == "plane 3"
    bar.bands.set_bands(("r",), "r")
    assert bar.bands.buttons == []
    assert not bar.bands.menu.isVisible()


def test_that_reset_keeps_the_band_only(shown, qtbot):
    bar, _, current = shown(made(sky(), bands=("g", "r"), band="r"))
    current.set_recipe(stretch="sinh", cuts="manual", low=0.0, high=1.0, invert=True, contrast=3.0, band="r")
    qtbot.mouseClick(bar.reset, Qt.LeftButton)
    assert current.recipe == Recipe(band="r")


def test_that_without_an_image_the_bar_is_empty_and_does_not_fail(shown, qtbot):
    bar, _, current = shown(made(sky()))
    current.show(-1)
    assert bar.low.text() == bar.high.text() == ""
    assert not bar.low.isEnabled()
    display.next_stretch(current)
    bar.grab()


def test_that_the_keys_functions_do_what_they_say():
    current = Current()
    current.set_recipe(cuts="manual", low=1.0, high=2.0, contrast=4.0, bias=0.1, stretch="log", invert=True)
    display.auto_cuts(current)
    assert current.recipe == Recipe(stretch="log", invert=True)
    seen = set()
    for _ in STRETCHES:
        display.next_stretch(current)
        seen.add(current.recipe.stretch)
    assert seen == set(STRETCHES)
    here = current.recipe.stretch
    display.next_stretch(current)
    display.next_stretch(current, -1)
    assert current.recipe.stretch == here
    display.toggle_invert(current)
    assert not current.recipe.invert


@pytest.mark.parametrize("stretch", sorted(STRETCHES))
def test_that_the_colour_bar_shows_the_colours_that_the_image_has(stretch):
    data = sky((80, 80))
    recipe = Recipe(stretch=stretch, contrast=1.4, bias=0.4)
    low, high = limits(data, recipe)
    strip = HistogramStrip()
    strip.set_image(data, low, high)
    bar = colour_bar(render, strip.values, recipe, low, high).astype(int)
    inside = (data > low) & (data < high)
    values, colours = data[inside], render(data, recipe, low, high)[inside].astype(int)
    place = np.clip(np.rint((values - low) / (high - low) * 255).astype(int), 1, 254)
    # a bar of 256 steps is exact to its neighbours
    steps = np.stack([bar[place - 1], bar[place], bar[place + 1]])
    below, above = steps.min(axis=0) - 3, steps.max(axis=0) + 3
    assert ((colours >= below) & (colours <= above)).all(axis=1).mean() > 0.98


def test_that_the_histogram_survives_constants_and_nan_only(qtbot):
    strip = HistogramStrip()
    qtbot.addWidget(strip)
    strip.resize(300, 52)
    for data, low, high in ((np.zeros((5, 5)), 0.0, 1.0), (np.full((5, 5), np.nan), 0.0, 1.0), (None, 0.0, 1.0)):
        strip.set_image(data if data is None else data.astype(np.float32), low, high)
        strip.grab()
    assert strip.values.size == 0


def type_into(qtbot, field, text: str) -> None:
    field.setFocus()
    field.selectAll()
    qtbot.keyClick(field, Qt.Key_Delete)
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key_Return)
