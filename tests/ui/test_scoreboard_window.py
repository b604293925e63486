"""The scoreboard in the window: what it asks for, what it shows, and what it says when it can't."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from astrolens_gui.api import UserError
from astrolens_gui.core.learn import board, recovery
from astrolens_gui.core.learn.entries import Entry, Truth
from astrolens_gui.core.learn.ranking import Ranking
from astrolens_gui.ui.qt import QApplication, Qt
from astrolens_gui.workbench.standing import Standing

pytestmark = pytest.mark.window


@pytest.fixture(scope="module")
def standing() -> Standing:
    random = np.random.default_rng(0)
    is_lens = np.arange(200) < 80
    theta = np.where(is_lens, random.uniform(0.5, 2, 200), np.nan)
    truth = Truth(Path("/data/t.csv"), tuple(map(str, range(200))), is_lens, {"theta_E_arcsec": theta})
    logit = random.normal(0, 1, 200) + 2 * is_lens
    entries = [
        Entry("net", "model", logit),
        Entry("ada", "person", np.where(np.arange(200) % 4 < 2, np.round(logit), np.nan)),
    ]
    made = board.scoreboard(truth, entries, draws=60)
    curves = {one.name: Ranking.of(is_lens, one.logit).roc() for one in entries}
    found = {one.name: recovery.recoveries(truth, one, 0.05) for one in entries}
    return Standing(made, curves, found, truth.path)


class Counting:
    """What the fake workbench answers, and what it was asked for."""

    def __init__(self, bench: Any, answer: Any) -> None:
        self.bench, self.answer, self.asked = bench, answer, []

    def scoreboard(self, truth: Any = None, tables: Any = None, **how: Any) -> Any:
        self.asked.append((truth, tables, how))

        def work() -> Any:
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

        return self.bench.runner.submit("io", work, quiet=True)


@pytest.fixture
def counting(bench, standing, monkeypatch):
    made = Counting(bench, standing)
    monkeypatch.setattr(bench, "scoreboard", made.scoreboard, raising=False)
    return made


def opened(window: Any, qtbot: Any) -> Any:
    window.learning.show_scoreboard()
    commands = window.learning.scoreboard
    qtbot.waitUntil(lambda: commands._job is None, timeout=5000)
    return commands.dialog


def test_that_the_board_shows_entries_intervals_and_differences_to_the_chosen_one(qtbot, window, counting, standing):
    dialog = opened(window, qtbot)
    table = dialog.table.model()
    cells = [[table.index(row, column).data() for column in range(3)] for row in range(table.rowCount())]
    best = standing.board.plain[0]
    assert cells[0][0] == best.name == "net"
    assert cells[0][1].startswith(f"{best.AUROC:.3f} (")
    assert cells[0][2] == "reference"
    assert "80 lenses, 120 non-lenses" in dialog.said.text()
    dialog.reference.setCurrentIndex(dialog.reference.findData("ada"))
    dialog.reference.activated.emit(dialog.reference.currentIndex())
    texts = {table.index(row, 0).data(): table.index(row, 2).data() for row in range(table.rowCount())}
    assert texts["ada"] == "reference"
    assert texts["net"].startswith("+")
    dialog.table.sortByColumn(0, Qt.AscendingOrder)
    assert table.index(0, 0).data() == "ada"
    dialog.table.choose("ada")
    assert dialog.roc._marked == "ada"
    dialog.log.setChecked(False)
    assert dialog.roc.getPlotItem().ctrl.logXCheck.isChecked() is False
    assert not dialog.recovered.plots["theta_E_arcsec"].isHidden()
    assert dialog.recovered.plots["arc_snr"].isHidden()


def test_that_without_a_truth_it_says_what_to_do_and_then_counts(
    qtbot, window, counting, standing, tmp_path, monkeypatch
):
    counting.answer = UserError("sample has no truth table yet; name a CSV")
    dialog = opened(window, qtbot)
    assert dialog.pages.currentIndex() == 0
    assert "no truth table yet" in dialog.sentence.text()
    assert not dialog.copy.isEnabled()
    counting.answer = standing
    file = str(tmp_path / "t.csv")
    monkeypatch.setattr("astrolens_gui.ui.scoreboard.QtWidgets.QFileDialog.getOpenFileName", lambda *_: (file, ""))
    dialog.choose.click()
    qtbot.waitUntil(lambda: dialog.pages.currentIndex() == 1, timeout=5000)
    assert counting.asked[-1][0] == Path(file)


def test_that_a_persons_part_can_be_compared_and_tables_added(qtbot, window, counting, tmp_path):
    dialog = opened(window, qtbot)
    place = next(at for at in range(dialog.objects.count()) if dialog.objects.itemData(at) == ("ada", False))
    dialog.objects.setCurrentIndex(place)
    dialog.objects.activated.emit(place)
    commands = window.learning.scoreboard
    qtbot.waitUntil(lambda: commands._job is None, timeout=5000)
    assert counting.asked[-1][2] == {"among": "ada", "unseen": False}
    assert dialog.objects.currentData() == ("ada", False)
    commands.add_tables([tmp_path / "x" / "s.csv", tmp_path / "y" / "s.csv"])
    qtbot.waitUntil(lambda: commands._job is None, timeout=5000)
    assert list(counting.asked[-1][1]) == ["s", "y/s"]


def test_that_it_is_copied_saved_and_told_stale(qtbot, window, counting, bench, tmp_path):
    dialog = opened(window, qtbot)
    dialog.copy.click()
    assert QApplication.clipboard().text().count("\n| ") == 3
    window.learning.scoreboard.save(tmp_path / "board.csv")
    qtbot.waitUntil(lambda: (tmp_path / "board.csv").is_file(), timeout=5000)
    bench.label(1, "A").result(5)
    qtbot.waitUntil(lambda: "changed" in dialog.refresh.text(), timeout=5000)
    dialog.refresh.click()
    qtbot.waitUntil(lambda: "changed" not in dialog.refresh.text(), timeout=5000)
    window.session.close()
    qtbot.waitUntil(dialog.isHidden, timeout=5000)
