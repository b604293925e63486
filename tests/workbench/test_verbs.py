"""The verbs that window and command line share: what they return, what they tell, what they refuse."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from astrolens_gui.api import Changes, UserError
from astrolens_gui.core.images.stretch import Recipe
from astrolens_gui.workbench import Workbench


def test_that_verbs_without_a_project_say_what_to_do(bench: Workbench):
    with pytest.raises(UserError, match="no project is open; open or make one first"):
        bench.import_images([Path()])
    with pytest.raises(UserError, match="no project is open"):
        bench.queue().result(10)


def test_that_a_label_is_told_after_it_is_committed(bench: Workbench, project: Path):
    told: list[Changes] = []
    bench.subscribe(told.append)
    queue = bench.queue().result(10)
    first = int(queue.object[0])
    changes = bench.label(first, "A", why=queue.why(0), seconds=1.5, origin="test").result(10)
    assert changes in told
    assert changes.labels == (first,)
    row = bench.label_of(first).result(10)
    assert (row.grade, row.why, row.seconds) == ("A", "random#1", 1.5)


def test_that_labels_given_by_a_scheme_are_counted_for_who_changes_it(bench: Workbench, project: Path):
    first = int(bench.queue().result(10).object[0])
    bench.label(first, "A", subtype="ring").result(10)
    assert bench.given("abcx").result(10) == {("A", "ring"): 1}
    assert bench.given("0-3").result(10) == {}


def test_that_undo_and_redo_survive_a_restart(bench: Workbench, project: Path):
    queue = bench.queue().result(10)
    first, second = int(queue.object[0]), int(queue.object[1])
    bench.label(first, "A").result(10)
    bench.label(second, "X").result(10)
    with Workbench.start() as again:
        again.open(project).result(10)
        assert again.undo().result(10).extra["object"] == second
        assert again.undo().result(10).extra["object"] == first
        assert again.undo().result(10).message == "There is nothing to undo."
    assert bench.redo().result(10).extra["object"] == first
    assert bench.label_of(first).result(10).grade == "A"


def test_that_the_first_order_is_seeded_random_and_the_choice_is_logged(bench: Workbench, project: Path):
    queue = bench.queue().result(10)
    assert queue.strategy == "random"
    assert list(queue.object) == list(bench.queue().result(10).object)
    assert list(queue.object) != sorted(queue.object)
    bench.queue("top", log_choice=True).result(10)
    assert bench.queue().result(10).strategy == "top"
    events = bench.runner.submit("db", lambda: bench.store.events()).result(10)
    assert [(event.kind, event.comment) for event in events] == [("order", "top")]


def test_that_an_image_comes_with_its_world_coordinates(bench: Workbench, project: Path):
    first = int(bench.queue().result(10).object[0])
    image = bench.image(first).result(30)
    assert (image.band, image.bands) == ("i", ("g", "r", "i"))
    assert image.data.dtype == np.float32
    assert image.pixel_scale == pytest.approx(0.263, rel=0.01)
    ra, dec = image.wcs.pixel_to_world_values(24.5, 24.5)
    assert 0 <= float(ra) < 360
    assert -90 <= float(dec) <= 90


def test_that_thumbnails_tell_what_they_could_not_show(bench: Workbench, project: Path, sample: Path):
    first = int(bench.queue().result(10).object[0])
    good, unknown = bench.thumbnails([first, 10**6], 64, Recipe()).result(30)
    assert good.shape == (64, 64, 4)
    assert "there is no object number 1000000" in unknown


def test_that_relocated_images_open_again(bench: Workbench, sample: Path, tmp_path: Path):
    import shutil

    here, there = tmp_path / "here", tmp_path / "there"
    shutil.copytree(sample / "images", here)
    bench.open(tmp_path / "p.astrolens", create={}).result(30)
    bench.import_images([here]).result(60)
    first = int(bench.queue().result(10).object[0])
    shutil.move(here, there)
    with pytest.raises(UserError, match=r"sim.*\.fits"):
        bench.image(first).result(30)
    (root,) = bench.roots()
    bench.relocate(root, there).result(10)
    assert bench.image(first).result(30).data.shape == (50, 50)


def test_that_labels_of_unknown_objects_are_refused_by_name(bench: Workbench, project: Path, tmp_path: Path):
    name = bench.queue().result(10).name[0]
    table = tmp_path / "labels.csv"
    table.write_text(f"ID,grade\n{name},B\nnobody,A\n", encoding="utf-8")
    report = bench.import_labels(table, "someone").result(30)
    assert report.added == 1
    assert report.refused == ["labels.csv: line 3: there is no object 'nobody' in this project"]


def test_that_scores_are_written_best_first_in_full_precision(bench: Workbench, graded: Path, tmp_path: Path):
    trained = bench.train("toy").result(120)
    assert trained.verdict in {"accepted", "provisional"}
    report = bench.score().result(120)
    assert (report.scored, report.refused, report.model) == (60, [], trained.model)
    out = tmp_path / "scores.csv"
    assert bench.write_scores(report.model, out).result(30) == 60
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    logits = [float(row["logit"]) for row in rows]
    assert logits == sorted(logits, reverse=True)
    assert float(rows[0]["score"]) == pytest.approx(1 / (1 + np.exp(-logits[0])), rel=1e-9)
    queue = bench.queue("top").result(10)
    assert queue.name == [row["ID"] for row in rows]


def test_that_an_unknown_model_is_answered_with_those_there_are(bench: Workbench, graded: Path):
    trained = bench.train("toy").result(120)
    with pytest.raises(UserError, match=f"there is no model 'zoo'; there are: .*{trained.model}"):
        bench.score(model="zoo").result(30)


def test_that_an_older_model_can_be_made_champion_again(bench: Workbench, graded: Path):
    first = bench.train("toy").result(120).model
    second = bench.train("toy", {"epochs": 300}).result(120)
    assert second.champion
    bench.set_champion(first).result(10)
    assert bench.score().result(60).model == first
    parents = {row.id: row.parent for row in bench.model_rows().result(10)}
    assert parents[second.model] == first


def test_that_the_model_folder_trains_again_to_the_same_scores(bench: Workbench, graded: Path):
    one = bench.train("toy", seed=4).result(120)
    bench.score(model=one.model).result(60)
    first = bench.runner.submit("db", lambda: bench.store.scores(one.model)).result(10)
    bench.set_champion(one.model).result(10)
    two = bench.train("toy", seed=4).result(120)
    bench.score(model=two.model).result(60)
    second = bench.runner.submit("db", lambda: bench.store.scores(two.model)).result(10)
    assert np.allclose(first["score"], second["score"], atol=1e-3)


def test_that_the_same_label_table_twice_adds_nothing_and_says_so(bench: Workbench, project: Path, tmp_path: Path):
    name = bench.queue().result(10).name[0]
    table = tmp_path / "labels.csv"
    table.write_text(f"ID,grade\n{name},Z\n", encoding="utf-8")
    first = bench.import_labels(table, "someone").result(30)
    assert (first.added, first.refused) == (1, [])
    assert "scheme abcx has no grade 'Z'" in first.notes[0]
    again = bench.import_labels(table, "someone").result(30)
    assert again.added == 0
    assert "1 rows say what stands already" in again.notes[-1]


def test_that_scores_go_through_a_link_to_its_file(bench: Workbench, graded: Path, tmp_path: Path):
    model = bench.train("toy").result(120).model
    bench.score().result(60)
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("", encoding="utf-8")
    link.symlink_to(real)
    bench.write_scores(model, link).result(30)
    assert link.is_symlink()
    assert len(real.read_text(encoding="utf-8").splitlines()) == 61
