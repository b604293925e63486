"""Cuts by hand: pixel values of the images at hand, so they end with the project and are said when they hide all."""

from __future__ import annotations

import numpy as np
import pytest
from pixel_fakes import FakeWorkbench, made

from astrolens_gui.core.settings import Settings
from astrolens_gui.ui.bridge import Bridge
from astrolens_gui.ui.current import Current
from astrolens_gui.ui.views import display
from astrolens_gui.ui.views.image import ImageView


def test_that_cuts_by_hand_are_not_remembered_and_the_rest_is(qapp, tmp_path):
    settings = Settings.load(tmp_path / "settings.json")
    current = Current(settings)
    current.set_recipe(stretch="log", colormap="viridis")
    display.manual_cuts(current, 0.0, 1037.0)
    current.save()
    assert current.recipe.high == 1037.0  # the screen stays as it is
    again = Current(Settings.load(tmp_path / "settings.json")).recipe
    assert (again.cuts, again.low, again.high) == ("percentile", None, None)
    assert (again.stretch, again.colormap) == ("log", "viridis")


def test_that_cuts_by_hand_of_older_settings_are_not_taken(qapp, tmp_path):
    settings = Settings.load(tmp_path / "settings.json")
    settings.set("recipe", {"cuts": "manual", "low": 0.0, "high": 1037.0, "stretch": "log"})
    assert (Current(settings).recipe.cuts, Current(settings).recipe.stretch) == ("percentile", "log")


def test_that_another_project_opens_with_automatic_cuts(qtbot, window, tmp_path):
    display.manual_cuts(window.current, 0.0, 1037.0)
    with qtbot.waitSignal(window.session.opened):
        window.session.open(tmp_path / "other.astrolens")
    assert window.current.recipe.cuts == "percentile"


@pytest.mark.parametrize(("low", "high", "hidden"), [(50.0, 1037.0, True), (-20.0, -10.0, True), (-1.0, 1.0, False)])
def test_that_cuts_that_leave_no_pixel_say_so_until_they_are_automatic(qtbot, low, high, hidden):
    current = Current()
    workbench = FakeWorkbench({1: made(np.random.default_rng(1).normal(size=(30, 30)))})
    view = ImageView(Bridge(workbench), workbench, current)
    qtbot.addWidget(view)
    view.resize(300, 300)
    view.show()
    current.show(1)
    qtbot.waitUntil(lambda: view.frame is not None)
    display.manual_cuts(current, low, high)
    assert ("outside the cuts" in view.canvas.remark) is hidden
    display.auto_cuts(current)
    assert view.canvas.remark == ""
