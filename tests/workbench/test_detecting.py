"""Detecting from the workbench: finds are kept beside people's boxes, people's words retrain the detector, the gate judges it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from astrolens_gui.api import InputSpec, UserError
from astrolens_gui.testing import checks_detect
from astrolens_gui.workbench.detecting import DetectReport

FIELDS = 14
SIZE = 192


@pytest.fixture(scope="module")
def sky(tmp_path_factory: pytest.TempPathFactory):
    """Fields of rings with their true boxes: {name: (n, 4)}."""
    folder = tmp_path_factory.mktemp("fields")
    images, table, _ = checks_detect.fields(FIELDS, InputSpec(("r",), 0.1, SIZE), 3)
    truth = {}
    for row in range(FIELDS):
        wcs = WCS(naxis=2)
        wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
        wcs.wcs.crval, wcs.wcs.crpix, wcs.wcs.cdelt = (
            (150.0 + row, 2.0),
            (SIZE / 2, SIZE / 2),
            (-0.1 / 3600, 0.1 / 3600),
        )
        header = wcs.to_header()
        header["FILTER"] = "r"
        data = np.sinh(images[row, ..., 0]).astype(np.float32) * 1e-11
        data[:6, :6] = np.nan
        fits.writeto(folder / f"field_{row:02d}.fits", data, header)
        truth[f"field_{row:02d}"] = table[table[:, 0] == row, 1:5]
    return folder, truth


@pytest.fixture
def fields(sky, bench, tmp_path: Path):
    """The workbench on a project of the fields."""
    bench.open(tmp_path / "p.astrolens", create={"scheme": "abcx"}).result(60)
    bench.import_images([sky[0]]).result(60)
    return bench


def names(bench) -> dict[str, int]:
    queue = bench.queue("random").result(60)
    return dict(zip(queue.name, queue.object.tolist(), strict=True))


def draw_all(bench, truth) -> None:
    for name, object_id in names(bench).items():
        boxes = [
            {"x": x, "y": y, "w": w, "h": h, "kind": "box", "class_name": "lens", "band": "r"}
            for x, y, w, h in truth[name].tolist()
        ]
        bench.add_box(object_id, *boxes).result(60)


def test_that_boxes_teach_a_detector_that_finds_them_and_keeps_what_it_found(fields, sky):
    _, truth = sky
    with pytest.raises(UserError, match="no boxes to learn from"):
        fields.train("toy-detector").result(60)
    draw_all(fields, truth)
    report = fields.train("toy-detector").result(120)
    assert report.champion, report.reason
    assert report.metrics["AP"] > 0.5
    rows = {row.id: row for row in fields.model_rows().result(60)}
    assert rows[report.model].task == "detect"
    assert fields.info().result(60).champion == "", "a detector ranks no queue"

    name, object_id = next(iter(names(fields).items()))
    said = fields.detect(object_id).result(60)
    assert said.classes == ("lens",)
    assert said.model == report.model
    found = said.detections
    assert len(found) >= len(truth[name])
    kept = [row for row in fields.boxes(object_id, None).result(60) if row.event is None]
    assert len(kept) == len(found)
    best = max(kept, key=lambda row: row.score)
    assert best.source == report.model
    assert best.ra == pytest.approx(150 + int(name[-2:]), abs=0.01)
    assert len(best.more["points"]) > 4, "the outline of its mask"
    fields.detect(object_id).result(60)
    assert len([row for row in fields.boxes(object_id, None).result(60) if row.event is None]) == len(found)

    every = fields.detect(None).result(120)
    assert isinstance(every, DetectReport)
    assert every.images == FIELDS
    assert every.refused == []


@pytest.mark.slow
def test_that_the_region_network_killed_between_two_steps_leaves_every_box(fields, sky, killed_while_learning):
    draw_all(fields, sky[1])
    boxes = [fields.boxes(each, None).result(60) for each in names(fields).values()]
    assert "\n" not in killed_while_learning(fields.train("rcnn", {"epochs": 200}), "epoch")
    assert fields.model_rows().result(60) == []
    assert not list(fields.project.models_dir.glob("*"))
    assert [fields.boxes(each, None).result(60) for each in names(fields).values()] == boxes
    report = fields.train("rcnn", {"epochs": 1}).result(180)
    assert (fields.project.models_dir / report.model / "model.json").exists()


def test_that_a_second_training_is_held_against_the_first(fields, sky):
    draw_all(fields, sky[1])
    first = fields.train("toy-detector").result(120)
    second = fields.train("toy-detector").result(120)
    assert "AP_champion" in second.metrics or second.verdict == "provisional"
    rows = {row.id: row for row in fields.model_rows().result(60)}
    assert rows[second.model].parent == first.model


def test_that_what_does_not_fit_is_said(fields):
    with pytest.raises(UserError, match="does not detect"):
        fields.detect(next(iter(names(fields).values())), backend="toy").result(60)
    with pytest.raises(UserError, match="no model fits"):
        fields.detect(next(iter(names(fields).values())), backend="toy-detector").result(60)
    with pytest.raises(UserError, match="does not classify"):
        fields.score(backend="toy-detector").result(60)


def test_that_pictures_without_data_are_refused_each_in_a_sentence(fields, sky, tmp_path):
    draw_all(fields, sky[1])
    fields.train("toy-detector").result(120)
    for name, change in (("empty", lambda data, head: data.fill(np.nan)), ("made", _as_restored)):
        with fits.open(sky[0] / "field_00.fits") as file:
            data, head = np.array(file[0].data), file[0].header
        change(data, head)
        (tmp_path / "more").mkdir(exist_ok=True)
        fits.writeto(tmp_path / "more" / f"{name}.fits", data, head)
    fields.import_images([tmp_path / "more"]).result(60)
    known = names(fields)
    with pytest.raises(UserError, match="empty: none of its pixels has a value"):
        fields.detect(known["empty"]).result(60)
    with pytest.raises(
        UserError, match="made: it is no data but was restored by gan-1; look at what that was made from"
    ):
        fields.detect(known["made"]).result(60)
    every = fields.detect(None).result(120)
    assert every.images == FIELDS
    assert len(every.refused) == 2


def _as_restored(data, head) -> None:
    head["ALRESTOR"] = "gan-1"
