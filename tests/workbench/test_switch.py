"""What began on a project ends on it, whatever is opened meanwhile; a failed open leaves everything as it was."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

import pytest

from astrolens_gui.api import Cancelled, Context, UserError
from astrolens_gui.core.project import Project
from astrolens_gui.demo_loop import truth_of
from astrolens_gui.workbench import Workbench


def held(project: Path) -> tuple[int, list[tuple[str, str]], list[str]]:
    """(objects, (name, grade) of labels, models) of a project on disk."""
    with Project.open(project).store(read_only=True) as store:
        return store.count(), [(row.name, row.grade) for row in store.labels()], [row.id for row in store.models()]


def test_that_a_label_on_its_way_goes_to_its_own_project(bench: Workbench, project: Path, tmp_path: Path, sample: Path):
    first = int(bench.queue().result(10).object[0])
    jobs = [bench.label(first, "A")]
    opening = bench.open(tmp_path / "other.astrolens", create={"scheme": "binary"})
    jobs.append(bench.comment(first, "before the other is open"))
    opening.result(30)
    for job in jobs:
        job.result(10)
    with pytest.raises(UserError, match=r"project is open|no object|unknown"):
        bench.label(first, "lens").result(10)  # the new project has no such object
    assert [grade for _, grade in held(project)[1]] == ["A"]
    assert held(tmp_path / "other.astrolens")[1] == []


def test_that_a_training_ends_with_its_project(bench: Workbench, graded: Path, faulty: Any, tmp_path: Path):
    faulty("Slow")
    job = bench.train("toy")
    until = time.monotonic() + 60
    while (job.progress is None or "slowly" not in job.progress.message) and time.monotonic() < until:
        time.sleep(0.05)
    bench.open(tmp_path / "other.astrolens", create={}).result(30)
    with pytest.raises(Cancelled):
        job.result(30)
    assert held(tmp_path / "other.astrolens")[2] == []
    assert held(graded)[2] == []
    assert not list((graded / "models").glob("*-*"))


def test_that_an_import_and_a_scoring_never_reach_another_project(
    bench: Workbench, graded: Path, sample: Path, tmp_path: Path
):
    bench.train("toy").result(120)
    jobs = [bench.score(), bench.import_images([sample / "images"])]
    bench.open(tmp_path / "other.astrolens", create={}).result(30)
    for job in jobs:
        with contextlib.suppress(Cancelled, UserError):
            job.result(60)
    assert held(tmp_path / "other.astrolens") == (0, [], [])


def test_that_a_project_which_does_not_open_leaves_the_former_one_open(bench: Workbench, project: Path, tmp_path: Path):
    with pytest.raises(UserError, match="is not a project"):
        bench.open(tmp_path / "nothing here").result(10)
    first = int(bench.queue().result(10).object[0])
    bench.label(first, "B").result(10)
    assert [grade for _, grade in held(project)[1]] == ["B"]


def test_that_settings_which_cannot_be_written_keep_nobody_from_a_project(
    bench: Workbench, project: Path, tmp_path: Path
):
    bench.settings.path.with_suffix(".tmp").mkdir()  # as a full disk would
    bench.open(tmp_path / "other.astrolens", create={}).result(10)
    assert bench.project.folder == tmp_path / "other.astrolens"


def test_that_a_cancelled_import_keeps_what_was_read(bench: Workbench, sample: Path, tmp_path: Path):
    from astrolens_gui.workbench.importing import import_images

    bench.open(tmp_path / "p.astrolens", create={}).result(10)
    seen: list[float] = []
    ctx = Context(on_progress=lambda report: seen.append(report.fraction), is_cancelled=lambda: len(seen) >= 2)
    job = bench.runner.submit("io", import_images, bench.opened, [sample / "images"], None, None, ctx=ctx)
    with pytest.raises(Cancelled):
        job.result(60)
    assert 0 < bench.info().result(10).objects < 60


def test_that_an_import_with_the_missing_scale_counts_at_once(bench: Workbench, tmp_path: Path):
    import numpy as np
    from astropy.io import fits

    (tmp_path / "images").mkdir()
    for number in range(8):
        hdu = fits.PrimaryHDU(np.random.default_rng(number).normal(size=(40, 40)).astype("f4"))
        hdu.header["FILTER"] = "r"
        hdu.writeto(tmp_path / "images" / f"s{number}.fits")
    bench.open(tmp_path / "p.astrolens", create={}).result(10)
    bench.import_images([tmp_path / "images"]).result(30)
    for number, object_id in enumerate(bench.queue().result(10).object):
        bench.label(int(object_id), "AX"[number % 2]).result(10)
    with pytest.raises(UserError, match=r"pixel scale .* is unknown; give it at import with --pixel-scale"):
        bench.train("toy").result(60)
    bench.images.batch([1, 2], _band_r())  # rows are in memory now
    bench.import_images([tmp_path / "images"], pixel_scale=0.2).result(30)
    bench.train("toy").result(60)
    assert bench.score().result(60).scored == 8


def _band_r() -> Any:
    from astrolens_gui.api import InputSpec

    return InputSpec(("r",), 0.2, 32)


def test_that_shipped_weights_do_not_lead_the_queue(bench: Workbench, euclid: Path, tmp_path: Path):
    bench.open(tmp_path / "p.astrolens", create={}).result(10)
    bench.import_images([euclid / "images"]).result(60)
    report = bench.score().result(120)
    assert report.provisional
    assert bench.queue().result(10).strategy == "random"


def test_that_an_order_which_is_gone_gives_way_with_a_word(bench: Workbench, project: Path):
    bench.opened.project.settings["strategy"] = "of a plugin that is gone"
    queue = bench.queue().result(10)
    assert queue.strategy == "random"
    assert "there is no strategy 'of a plugin that is gone'" in queue.note
    with pytest.raises(UserError, match="there is no strategy 'nonsense'"):
        bench.queue("nonsense").result(10)


def test_that_another_device_holds_from_the_next_job_on(bench: Workbench, graded: Path):
    bench.settings.set("run_in", "process")
    bench.train("toy").result(120)
    bench.score().result(60)
    before = bench.models.child.pid
    bench.settings.set("device", "cpu")
    assert bench.runner.submit("io", lambda ctx: ctx.device).result(10) == "cpu"
    bench.score().result(60)
    assert bench.models.child.pid != before


def test_that_shipped_weights_are_the_ones_to_beat_before_any_scoring(
    bench: Workbench, euclid: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from astrolens_gui.workbench import training

    seen = []
    honest = training.retrain.retrain

    def spy(**given: Any) -> Any:
        seen.append(given["champion"])
        return honest(**given)

    monkeypatch.setattr(training.retrain, "retrain", spy)
    bench.open(tmp_path / "p.astrolens", create={}).result(10)
    bench.import_images([euclid / "images"]).result(60)
    truth = truth_of(euclid)
    queue = bench.queue().result(10)
    for object_id, name in zip(queue.object, queue.name, strict=True):
        bench.label(int(object_id), "A" if truth[name] else "X").result(10)
    bench.train("toy").result(120)
    assert seen[0] is not None
    assert seen[0].info.id == "cnn-euclid-vis"


def test_that_a_read_only_project_is_found_out_before_the_training(bench: Workbench, graded: Path, monkeypatch):
    import tempfile

    def refuse(**_: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(UserError, match=r"models can't be written \(Permission denied\)"):
        bench.train("toy").result(60)


def test_that_a_model_put_in_use_during_a_training_keeps_its_place(bench: Workbench, graded: Path, monkeypatch):
    from astrolens_gui.core.learn import retrain

    first, second = (bench.train("toy", seed=seed).result(120).model for seed in (1, 2))
    fit = retrain.retrain

    def meanwhile(**asked: Any) -> Any:
        outcome = fit(**asked)
        bench.set_champion(first).result(30)
        return outcome

    with monkeypatch.context() as patch:
        patch.setattr(retrain, "retrain", meanwhile)
        report = bench.train("toy", seed=3).result(120)
    assert report.verdict != "refused"
    assert not report.champion
    assert f"{first} came into use while it learnt and stays" in report.reason
    assert [row.id for row in bench.model_rows().result(30) if row.champion] == [first]
    assert second in [row.parent for row in bench.model_rows().result(30)]
    assert bench.train("toy", seed=4).result(120).champion, "judged against what is in use, it takes its place"


def test_that_a_project_whose_classes_changed_places_keeps_its_champion(bench: Workbench, project: Path, sample: Path):
    truth, queue = truth_of(sample), bench.queue("random").result(30)

    def graded(lens: str, other: str) -> Any:
        for number, name in zip(queue.object.tolist(), queue.name, strict=True):
            bench.label(number, lens if truth[name] else other).result(30)
        return bench.train("toy").result(120)

    first = graded("A", "X")
    assert first.champion
    turned = graded("X", "A")
    assert turned.verdict == "refused"
    assert "were lenses and non-lenses exchanged?" in turned.reason
    assert graded("A", "X").champion
