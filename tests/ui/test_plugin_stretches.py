"""A plugin's stretch is in the display bar and draws the image; one that is gone is replaced, not a failure per image."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest
from pixel_fakes import FakeWorkbench, made

from astrolens_gui.core.images.stretch import STRETCHES, Recipe, register, render
from astrolens_gui.core.plugins import GROUP, Plugins
from astrolens_gui.ui.bridge import Bridge
from astrolens_gui.ui.current import Current
from astrolens_gui.ui.views import display
from astrolens_gui.ui.views.displaybar import DisplayBar
from astrolens_gui.ui.views.image import ImageView

SOURCE = """
from astrolens_gui.api import StretchSpec, hookimpl

@hookimpl
def astrolens_stretches():
    return [StretchSpec("cube_root", "Cube root", lambda x: x ** (1 / 3), "Shows the faint.")]
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "cube_root_plugin.py").write_text(SOURCE, encoding="utf-8")
    found = Plugins.discover([EntryPoint("cube_root", "cube_root_plugin", GROUP)])
    assert all(state.ok for state in found.states), found.states
    yield
    Plugins.discover([])
    sys.modules.pop("cube_root_plugin")


def test_that_a_plugins_stretch_is_offered_by_the_bar_and_draws_the_image(plugin, qtbot):
    current = Current()
    pixels = np.random.default_rng(1).gamma(1.0, 1.0, (40, 40)).astype(np.float32)
    workbench = FakeWorkbench({1: made(pixels)})
    bridge = Bridge(workbench)
    view = ImageView(bridge, workbench, current)
    bar = DisplayBar(current, view)
    for widget in (view, bar):
        qtbot.addWidget(widget)
        widget.show()
    current.show(1)
    qtbot.waitUntil(view.canvas.isVisible)
    row = bar.stretch.findData("cube_root")
    assert bar.stretch.itemText(row) == "Cube root"
    bar.stretch.activated.emit(row)
    assert current.recipe.stretch == "cube_root"
    assert view.canvas.isVisible()  # it drew, and put no sentence in the image's place
    display.next_stretch(current)
    display.next_stretch(current, -1)
    assert current.recipe.stretch == "cube_root"
    drawn = render(pixels, current.recipe, 0.0, 1.0)
    expected = np.rint(255 * np.clip(pixels, 0, 1) ** (1 / 3))
    assert np.abs(drawn[..., 0].astype(int) - expected).max() <= 1
    bridge.close()


@pytest.mark.parametrize("broken", [None, lambda x: 1 / 0, lambda x: x[:3]])
def test_that_a_stretch_that_fails_or_goes_away_under_an_image_gives_way_with_a_sentence(qtbot, monkeypatch, broken):
    asinh = STRETCHES["asinh"]
    monkeypatch.setitem(STRETCHES, "odd", asinh)
    current, said = Current(), []
    current.said.connect(said.append)
    workbench = FakeWorkbench({1: made(np.random.default_rng(1).gamma(1.0, 1.0, (40, 40)).astype(np.float32))})
    bridge = Bridge(workbench)
    view = ImageView(bridge, workbench, current)
    bar = DisplayBar(current, view)
    for widget in (view, bar):
        qtbot.addWidget(widget)
        widget.show()
    current.show(1)
    qtbot.waitUntil(view.canvas.isVisible)
    current.set_recipe(stretch="odd")
    register([])  # forgets the curves, and what no plugin gives
    if broken is not None:
        monkeypatch.setitem(STRETCHES, "odd", replace(asinh, function=broken))
    bar.set_frame(view.frame)
    assert current.recipe.stretch == Recipe().stretch
    assert len(said) == 1
    assert "'odd'" in said[0]
    assert view.canvas.isVisible()
    bridge.close()


def test_that_a_remembered_stretch_whose_plugin_is_gone_gives_way_to_the_first_days(qtbot):
    current = Current()
    current.set_recipe(stretch="cube_root")
    bar = DisplayBar(current)
    qtbot.addWidget(bar)
    assert current.recipe.stretch == Recipe().stretch
    assert bar.stretch.currentData() == Recipe().stretch
