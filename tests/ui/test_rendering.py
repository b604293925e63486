"""Who touches files: however little of a colour picture has been opened so far, the main thread reads nothing for the rest."""

from __future__ import annotations

import os
import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from astrolens_gui.core.images import fits, raster, sections
from astrolens_gui.core.images.geometry import View
from astrolens_gui.core.images.recipe import Recipe
from astrolens_gui.ui.qt import QWidget
from astrolens_gui.ui.views.rendering import Rendering
from astrolens_gui.workbench.perband import PerBand
from astrolens_gui.workbench.pixels import Pixels

touched: list[str] = []
"""What was done to files while `watching`."""

watching = False


def note(event: str, arguments: tuple) -> None:
    if watching and event in {"open", "os.open", "mmap.__new__"} and not str(arguments[0]).endswith((".py", ".pyc")):
        touched.append(f"{event} {arguments[0]}")


sys.addaudithook(note)


@pytest.fixture
def watched(monkeypatch):
    """`watched(act)` → act's answer; what it does to files is in `touched` afterwards."""
    touched.clear()
    for place, name in ((os, "pread"), (os, "read"), (sections.Mapped, "_look")):
        real = getattr(place, name)
        told = lambda *a, real=real, name=name: (touched.append(name) if watching else None, real(*a))[1]  # noqa: E731
        monkeypatch.setattr(place, name, told)

    def run(act):
        global watching
        watching = True
        try:
            return act()
        finally:
            watching = False

    return run


@pytest.fixture
def field(tmp_path, monkeypatch):
    """Four bands of one field, each in a file of its own that is too large to be read whole; u is in front, g lies otherwise."""
    from astropy.io import fits as astropys

    monkeypatch.setattr(raster, "RESIDENT_PX", 1000)
    planes = []
    for n, band in enumerate("ugri"):
        header = astropys.Header()
        header["CTYPE1"], header["CTYPE2"], header["FILTER"], header["MAGZERO"] = "RA---TAN", "DEC--TAN", band, 25.0
        header["CRVAL1"], header["CRVAL2"], header["CRPIX1"], header["CRPIX2"] = 150.0, 2.0, 150.0 + 7 * n, 160.0
        header["CD1_1"], header["CD2_2"] = -5e-5, 5e-5
        array = np.random.default_rng(n).normal(10, 1, (320, 300)).astype(np.float32)
        astropys.writeto(tmp_path / f"{band}.fits", array, header)
        planes += fits.planes(tmp_path / f"{band}.fits")
    return Pixels(None).assemble(SimpleNamespace(id=1, name="field", pixel_scale=None), planes, "u")


@pytest.fixture
def rendering_of(qtbot):
    """`rendering_of(image, view)` → (Rendering, its canvas, the jobs that it asks for, in order; none of them runs)."""
    owner = QWidget()
    qtbot.addWidget(owner)

    def make(image, view):
        jobs: list = []
        canvas = SimpleNamespace(
            view=view, view_changed=SimpleNamespace(connect=lambda _: None), refresh=lambda: None, show=lambda *_: None
        )
        runner = SimpleNamespace(submit=lambda lane, work, quiet: jobs.append(work))
        made = Rendering(SimpleNamespace(when_done=lambda *_: None), runner, canvas, owner)
        made.set_rasters(image.rasters, Recipe(band=image.band), image.maps, image.zero_points)
        return made, canvas, jobs

    return make


@pytest.mark.parametrize("last", ["overviews", "maps", "zero points", "front"])
def test_that_the_main_thread_reads_no_file_however_little_of_a_colour_picture_is_open(
    rendering_of, field, watched, last
):
    view = View(150, 160, 149.5, 159.5, 0.5)
    rendering, canvas, jobs = rendering_of(field, view)
    colour = Recipe(mode="rgb", band="u")

    def look():
        rendering.set_recipe(colour)
        rendering._on_view(view)
        rendering.render(view, lambda *_: None)
        return canvas.renderer(view)

    parts = {
        "overviews": [lambda name=name: field.rasters[name].overview() for name in "gri"],
        "maps": [lambda name=name: field.maps[name] for name in "gri"],
        "zero points": [lambda name=name: field.zero_points[name] for name in "gri"],
        "front": [lambda: field.raster.overview()],  # the band in front, whose cuts are told
    }
    steps = [lambda: None] + [lambda name=name: field.rasters[name] for name in "gri"]
    for part in sorted(parts, key=last.__eq__):
        steps += parts[part]
    for step in steps[:-1]:
        step()
        assert watched(look) is None
        assert touched == []
    assert jobs
    steps[-1]()
    picture = watched(look)
    assert touched == []
    assert picture.shape == (160, 150, 4)
    assert np.ptp(picture[..., :3].astype(int), axis=-1).max() > 20


def test_that_what_the_lane_made_of_a_colour_picture_is_painted_without_files(rendering_of, field, watched):
    view = View(150, 160, 149.5, 159.5, 0.5)
    rendering, canvas, jobs = rendering_of(field, view)
    rendering._busy = False  # the first picture's job is dropped
    rendering.set_recipe(Recipe(mode="rgb", band="u"))
    jobs[-1]()
    for seen in (view, View(150, 160, 120.0, 90.0, 0.7), View(150, 160, 149.5, 159.5, 0.5, 30.0)):
        assert watched(lambda seen=seen: canvas.renderer(seen)) is not None
    assert canvas.renderer(View(150, 160, 149.5, 159.5, 2.0)) is None  # closer than the overviews: from the file
    assert touched == []


def test_that_a_map_that_fails_ends_no_paint_event(rendering_of, field):
    view = View(150, 160, 149.5, 159.5, 0.5)

    def fails(_):
        raise ValueError("no convergence")

    image = SimpleNamespace(rasters=field.rasters, band="g", maps={"g": fails}, zero_points={})
    field.rasters["g"].overview()
    _, canvas, jobs = rendering_of(image, view)
    assert canvas.renderer(view) is None
    with pytest.raises(ValueError, match="no convergence"):
        jobs[-1]()


def test_that_a_band_that_is_there_is_had_while_another_comes_from_the_disk():
    begun, may_end = threading.Event(), threading.Event()

    def find(place):
        if place:
            begun.set()
            assert may_end.wait(10)
        return place

    bands = PerBand("gr", find)
    assert bands["g"] == 0
    slow = threading.Thread(target=lambda: bands["r"])
    slow.start()
    assert begun.wait(10)
    found = []
    quick = threading.Thread(target=lambda: found.append(bands["g"]))
    quick.start()
    quick.join(5)
    assert found == [0]
    assert (bands.opened("g"), bands.opened("r")) == (True, False)
    may_end.set()
    slow.join()
    quick.join()
    assert bands.opened("r")


def test_that_a_band_without_a_zero_point_counts_as_looked_up():
    zeros = PerBand("g", lambda place: None)
    assert not zeros.opened("g")
    assert zeros["g"] is None
    assert zeros.opened("g")
