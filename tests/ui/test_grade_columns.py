"""A table of grades that nothing is known of: the person says what its columns and labels mean, and it is taken."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from astrolens_gui.ui.views.gradecolumns import GradeColumnsDialog
from astrolens_gui.workbench.foreign import head_of

TABLE = "NAME,QUALITY,WHO,RA,DEC\n" + "".join(
    f"stamp_{n:04d},{'likely' if n % 2 else 'A'},{'bob' if n % 3 else 'cyd'},{150 + n / 1000},2.0\n"
    for n in range(1, 7)
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "published.csv"
    path.write_text(TABLE)
    return path


def dialog_of(qtbot: Any, path: Path) -> GradeColumnsDialog:
    made = GradeColumnsDialog(head_of(path), ["A", "B", "C", "X"], "ada")
    qtbot.addWidget(made)
    return made


def choose(dialog: GradeColumnsDialog, **columns: str) -> None:
    for role, name in columns.items():
        box = dialog.columns[role]
        box.setCurrentIndex(box.findData(name))


def test_that_nothing_can_be_taken_before_object_and_grade_are_named(qtbot, table):
    dialog = dialog_of(qtbot, table)
    choose(dialog, ra="", dec="")
    assert not dialog.ok.isEnabled()
    choose(dialog, grade="QUALITY")
    assert "names the object" in dialog.said.text()
    choose(dialog, stamp="NAME")
    assert dialog.ok.isEnabled()
    choose(dialog, stamp="", ra="RA", dec="DEC")
    assert dialog.ok.isEnabled()


def test_that_each_label_gets_a_meaning_with_a_guess(qtbot, table):
    dialog = dialog_of(qtbot, table)
    choose(dialog, stamp="NAME", grade="QUALITY", grader="WHO")
    assert {label: box.currentData() for label, box in dialog.meanings.items()} == {"likely": "", "A": "A"}
    likely = dialog.meanings["likely"]
    likely.setCurrentIndex(likely.findData("B"))
    chosen, walk, grader = dialog.mapped()
    assert (chosen["stamp"], chosen["grade"], chosen["grader"]) == ("NAME", "QUALITY", "WHO")
    assert walk == {"likely": "B", "A": "A"}
    assert grader == "ada"


def test_that_a_column_of_too_many_values_is_no_column_of_grades(qtbot, tmp_path):
    path = tmp_path / "many.csv"
    path.write_text("NAME,VALUE\n" + "".join(f"a{n},{n * 1.01}\n" for n in range(60)))
    dialog = dialog_of(qtbot, path)
    choose(dialog, stamp="NAME", grade="VALUE")
    assert "choose another" in dialog.said.text()
    assert not dialog.ok.isEnabled()


@pytest.mark.parametrize("header", ["ID,grade", "ID,is_lens"])
def test_that_a_table_that_says_what_it_is_asks_nothing(header, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(f"{header}\na,1\n")
    assert head_of(path).known


def test_that_the_window_asks_and_hands_on_what_was_said(window, bench, qtbot, table, monkeypatch):
    taken: list[Any] = []
    report = SimpleNamespace(added=6, refused=[], notes=[])
    bench.grades_head = lambda path: bench._job(lambda: head_of(path))
    bench.import_foreign = lambda *given: taken.append(given) or bench._job(lambda: report)

    def accept(dialog: GradeColumnsDialog) -> bool:
        choose(dialog, stamp="NAME", grade="QUALITY")
        dialog.meanings["likely"].setCurrentText("C")
        return True

    monkeypatch.setattr(GradeColumnsDialog, "exec_", accept)
    window.projects.grades_from(table)
    qtbot.waitUntil(lambda: bool(taken), timeout=5000)
    path, grader, format_, columns, walk = taken[0]
    assert (path, grader, format_) == (table, "tester", "")
    assert (columns.stamp, columns.grade, columns.walk) == ("NAME", "QUALITY", {"likely": "C", "A": "A"})
    assert walk == columns.walk


def test_that_known_lenses_go_into_a_table_and_are_not_shown(window, bench, qtbot, tmp_path, monkeypatch):
    from astrolens_gui.ui.qt import QtWidgets

    said: list[str] = []
    asked: list[Any] = []
    monkeypatch.setattr(window, "say", said.append)
    out = str(tmp_path / "known.csv")
    monkeypatch.setattr(QtWidgets.QFileDialog, "getOpenFileName", lambda *_: ("lenses.csv", ""))
    monkeypatch.setattr(QtWidgets.QFileDialog, "getSaveFileName", lambda *_: (out, ""))
    bench.crossmatch = lambda *given: asked.append(given) or bench._job(lambda: (2, 6))
    window.action_set["crossmatch"].trigger()
    qtbot.waitUntil(lambda: bool(said), timeout=5000)
    assert asked == [("lenses.csv", Path(out))]
    assert said[-1] == f"2 of 6 objects with a place are known lenses: {out}"
