"""What the window says when something fails, and when that is over."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from pixel_fakes import FakeWorkbench, made

from astrolens_gui.api import UserError
from astrolens_gui.jobs.job import Cancelled
from astrolens_gui.ui.bridge import Bridge
from astrolens_gui.ui.current import Current
from astrolens_gui.ui.qt import QApplication
from astrolens_gui.ui.views.image import ImageView

LONG = "The project could not be opened because its folder is not there; " * 6


def test_that_a_long_error_uses_the_free_width_and_is_copied_in_full(qtbot, window):
    window.resize(1400, 900)
    window.fail(LONG)
    qtbot.wait(30)
    status = window.status
    assert status.problem.shown().endswith("…")
    between = status.problem.mapTo(status, status.problem.rect().topLeft()).x() - window.jobs_line.geometry().right()
    assert between < 60
    assert status.problem.width() > 500
    status.copy.click()
    assert QApplication.clipboard().text() == LONG
    assert window.width() == 1400


@pytest.mark.parametrize("over", ["close", "open", "job"])
def test_that_an_error_ends_with_its_project_and_with_the_next_job_that_goes_well(qtbot, window, tmp_path, over):
    window.fail("no such folder")
    assert window.status.problem.isVisible()
    if over == "close":
        window.session.close()
    elif over == "open":
        window.session.open(tmp_path / "other.astrolens")
    else:
        window.workbench.runner.submit("io", lambda: 1, title="importing images")
    qtbot.waitUntil(lambda: not window.status.problem.isVisible())
    assert not window.status.copy.isVisible()


def test_that_a_missing_scheme_is_still_said_after_opening(qtbot, window, bench, tmp_path):
    def info():
        return SimpleNamespace(name="n", folder=tmp_path, objects=0, labelled=0, scheme="gone", champion="", notes=())

    bench._info = info
    with qtbot.waitSignal(window.session.opened):
        window.session.open(tmp_path / "other.astrolens")
    assert "gone" in window.status.problem.text()


def report(**more):
    return SimpleNamespace(**{"model": "cnn-1", "scored": 4, "refused": [], **more})


@pytest.fixture
def learning(window, bench):
    """`learning(verb, outcome)`: the workbench's verb ends like this (an exception, or a report)."""

    def end(verb, outcome):
        def work():
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        setattr(bench, verb, lambda *_: bench.runner.submit("train", work, title="training cnn"))
        return window

    bench.project.missing_roots = lambda: []
    return end


def test_that_the_last_verdict_goes_when_the_next_training_begins_and_a_cancelled_one_says_so(qtbot, learning):
    window = learning("train", Cancelled())
    window.panel.say("Refused: worse than before", "bad")
    window.learning.start_training("cnn", {})
    assert "Refused" not in window.panel.verdict.text()
    qtbot.waitUntil(lambda: "cancelled; nothing changed" in window.panel.verdict.text())


def test_that_the_jobs_line_ends_a_training_with_its_verdict_and_auroc(qtbot, learning):
    figures = {"AUROC": 0.9412, "AUROC_champion": 0.91}
    window = learning("train", report(verdict="refused", reason="worse", metrics=figures, champion=False))
    window.learning.start_training("cnn", {})
    qtbot.waitUntil(lambda: "refused · AUROC 0.941 (was 0.910)" in window.jobs_line.text.text())


def test_that_objects_without_a_score_are_listed_with_reasons_and_the_remedy(qtbot, learning, bench):
    refused = ["J01: J01.fits can't be read", "J02: has no band VIS"]
    window = learning("score", report(refused=refused))
    bench.project.missing_roots = lambda: ["the images of root q1 are not at /gone; run: astrolens relocate P q1=NEW"]
    window.learning.start_scoring("cnn", {})
    qtbot.waitUntil(lambda: window.learning.report is not None and window.learning.report.cause.isVisible())
    dialog = window.learning.report
    assert dialog.text.toPlainText().splitlines() == refused
    assert "astrolens relocate P q1=NEW" in dialog.cause.text()
    dialog.close()


def test_that_scoring_after_a_training_opens_no_dialog(qtbot, learning):
    learning("score", report(refused=["J01: has no band VIS"]))
    window = learning("train", report(verdict="accepted", reason="better", metrics={}, champion=True))
    window.learning.start_training("cnn", {})
    qtbot.waitUntil(lambda: "4 objects scored" in window.status.word.text())
    assert window.learning.report is None


@pytest.mark.parametrize("missing", [True, False])
def test_that_images_that_are_gone_are_said_with_root_and_remedy(qtbot, bench, missing):
    sentence = "the images of root q1 are not at /gone; run: astrolens relocate P q1=NEW_PATH"
    failing = {1: UserError("J01.fits: No such file"), 2: made(np.eye(20))}
    workbench = FakeWorkbench(
        failing, runner=bench.runner, project=SimpleNamespace(missing_roots=lambda: [sentence] if missing else [])
    )
    current = Current()
    view = ImageView(Bridge(workbench), workbench, current)
    qtbot.addWidget(view)
    view.show()
    current.show(1)
    qtbot.waitUntil(lambda: view.notice.text != "")
    if missing:
        qtbot.waitUntil(lambda: "astrolens relocate P q1=NEW_PATH" in view.notice.text)
    else:
        qtbot.wait(50)
        assert view.notice.text == "J01.fits: No such file"
