"""The dialog of a simulation: its form, what it asks for, progress, stopping, and the project made of it."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from astrolens_gui.api import Cancelled, UserError
from astrolens_gui.ui import simulating

pytestmark = pytest.mark.window


class Drawing:
    """What the fake workbench draws, and what it was asked for."""

    def __init__(self, bench: Any) -> None:
        self.bench, self.asked, self.go, self.answer = bench, [], threading.Event(), None

    def simulate(self, backend: str, out: Path, count: int, **how: Any) -> Any:
        self.asked.append((backend, out, count, how))

        def work(ctx: Any) -> Path:
            ctx.progress(0.25, "drawing")
            out.mkdir(exist_ok=True)
            while not self.go.wait(0.01):
                if ctx.is_cancelled():
                    (out / "truth.csv").write_text("ID,is_lens\na,1\n")
                    raise Cancelled
            if isinstance(self.answer, Exception):
                raise self.answer
            (out / "truth.csv").write_text("ID,is_lens\na,1\nb,0\n")
            return out / "truth.csv"

        return self.bench.runner.submit("io", work, title="simulating")


@pytest.fixture
def drawing(bench: Any, tmp_path: Path, monkeypatch: Any) -> Drawing:
    made = Drawing(bench)
    bench.simulate = made.simulate
    bench.import_images = lambda sources, **how: bench._job(
        lambda: made.asked.append(sources) or SimpleNamespace(added=2, updated=0, refused=[], notes=[])
    )
    monkeypatch.setattr(simulating.Path, "home", lambda: tmp_path)
    yield made
    made.go.set()


@pytest.fixture
def dialog(closed_window: Any, drawing: Drawing) -> Any:
    closed_window.action_set["simulate"].trigger()
    return closed_window.projects.simulating.dialog


def test_that_a_simulation_becomes_a_project(qtbot, closed_window, dialog, drawing, tmp_path):
    assert dialog.folder() == tmp_path / "simulated"
    dialog.form.editor("lens_fraction").set_value(0.25)
    dialog.count.setValue(7)
    dialog.seed.setValue(3)
    dialog.start.click()
    qtbot.waitUntil(lambda: dialog.bar.value() == 250, timeout=5000)
    assert not dialog.form.isEnabled()
    assert not dialog.start.isEnabled()
    drawing.go.set()
    qtbot.waitUntil(lambda: dialog.open.isVisible(), timeout=5000)
    assert "2 objects in" in dialog.said.text()
    backend, out, count, how = drawing.asked[0]
    assert (backend, out, count, how["seed"], how["layout"]) == ("simulator", tmp_path / "simulated", 7, 3, "plain")
    assert how["params"]["lens_fraction"] == 0.25
    dialog.open.click()
    qtbot.waitUntil(lambda: len(drawing.asked) == 2, timeout=5000)
    assert drawing.asked[1] == [tmp_path / "simulated"]
    assert closed_window.session.info.folder == tmp_path / "simulated.astrolens"
    assert not dialog.isVisible()
    assert dialog.folder() == tmp_path / "simulated-2"


def test_that_what_was_drawn_before_a_stop_can_be_opened(qtbot, dialog, drawing):
    dialog.start.click()
    qtbot.waitUntil(lambda: dialog.bar.value() == 250, timeout=5000)
    assert dialog.leave.text() == "Stop"
    dialog.leave.click()
    qtbot.waitUntil(lambda: "Stopped; 1 objects are in" in dialog.said.text(), timeout=5000)
    assert dialog.open.isVisible()
    assert dialog.leave.text() == "Close"


def test_that_what_went_wrong_is_said_in_the_dialog(qtbot, dialog, drawing):
    drawing.answer = UserError("no challenge had these bands")
    drawing.go.set()
    dialog.start.click()
    qtbot.waitUntil(lambda: dialog.said.text() == "no challenge had these bands", timeout=5000)
    assert not dialog.open.isVisible()
    assert dialog.start.isEnabled()
    dialog.place.setText(" ")
    dialog.start.click()
    assert dialog.said.text() == "Say in which folder the objects go."
    assert len(drawing.asked) == 1


def test_that_a_painting_into_nothing_of_ones_own_is_said_before_it_starts(dialog):
    assert dialog.note.isHidden()
    dialog.choice.setCurrentIndex(dialog.choice.findData("painter"))
    assert "painted into simulated galaxies of euclid_vyjh" in dialog.note.text()
    dialog.form.editor("into").set_value("/my/cutouts")
    assert dialog.note.isHidden()
