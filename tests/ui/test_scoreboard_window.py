"""The scoreboard in the window: what it asks for, what it shows, and what it says when it can't."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from astrolens_gui.api import Changes, UserError
from astrolens_gui.core.learn import board, recovery
from astrolens_gui.core.learn.entries import Entry, Truth
from astrolens_gui.core.learn.ranking import Ranking
from astrolens_gui.ui import theme
from astrolens_gui.ui.qt import QApplication, Qt
from astrolens_gui.ui.views.scoreboard import ASK_TRUTH
from astrolens_gui.ui.views.scoretable import COLUMNS
from astrolens_gui.workbench.standing import Lacking, Standing

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
        assert how.pop("told")  # what is lacking yet is an answer
        self.asked.append((truth, tables, how))

        def work() -> Any:
            if isinstance(self.answer, Exception) and not isinstance(self.answer, Lacking):
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
    counting.answer = Lacking("truth", "sample has no truth table yet; --truth")
    dialog = opened(window, qtbot)
    assert dialog.pages.currentIndex() == 0
    assert dialog.sentence.text() == ASK_TRUTH
    assert not dialog.choose.isHidden()
    assert dialog.score.isHidden()
    assert "failed" not in window.jobs_line.text.text()
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


def test_that_with_nothing_to_rank_it_offers_to_score_and_counts_once_there_are_scores(
    qtbot, window, counting, standing, bench
):
    counting.answer = Lacking("entries", "nothing ranks the objects of t.csv yet")
    dialog = opened(window, qtbot)
    assert "nothing ranks" in dialog.sentence.text()
    assert not dialog.score.isHidden()
    assert dialog.choose.isHidden()
    assert dialog.add.isEnabled()
    assert "failed" not in window.jobs_line.text.text()
    counting.answer = standing
    bench.tell(Changes(scores=("m1",)))
    qtbot.waitUntil(lambda: dialog.pages.currentIndex() == 1, timeout=5000)
    counting.answer = UserError("t.csv can't be read")
    dialog.refresh.click()
    qtbot.waitUntil(lambda: dialog.said.text() == "t.csv can't be read", timeout=5000)


def test_that_who_learnt_from_the_objects_is_marked_and_says_so_below(qtbot, window, counting, standing):
    made = standing.board
    plain = tuple(replace(row, note="cnn", learnt=30) if row.name == "net" else row for row in made.plain)
    counting.answer = replace(standing, board=replace(made, plain=plain))
    dialog = opened(window, qtbot)
    table = dialog.table.model()
    assert [table.index(row, 0).data() for row in range(2)] == ["net *", "ada"]
    assert dialog.table.chosen_name() == "net"
    assert dialog.note.text().startswith("net: model · cnn; an asterisk")
    dialog.table.choose("ada")
    assert dialog.note.text() == "ada: person"


@pytest.mark.parametrize(("interval", "drawn"), [((0.0, 1.0), False), ((0.1, 0.6), True)])
def test_that_an_interval_that_says_nothing_has_no_bar(qtbot, window, counting, standing, interval, drawn):
    rows = tuple(replace(row, tpr_fpr1e3=0.5, tpr_fpr1e3_ci=interval) for row in standing.board.plain)
    counting.answer = replace(standing, board=replace(standing.board, plain=rows))
    dialog = opened(window, qtbot)
    dialog.table.choose("net")  # the other row is drawn in its own colours
    index = dialog.table.model().index(1, COLUMNS.index("tpr_fpr1e3"))
    dialog.table.scrollTo(index)
    qtbot.wait(30)
    place = dialog.table.visualRect(index)
    picture, ink = dialog.table.viewport().grab(place).toImage(), theme.colour("accent").rgb()
    columns = [
        x
        for x in range(picture.width())
        if any(picture.pixel(x, y) == ink for y in range(picture.height() // 2, picture.height()))
    ]
    assert (len(columns) > 20) == drawn
