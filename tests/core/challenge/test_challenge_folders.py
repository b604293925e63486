"""The genuine challenge's folders become objects without being changed, and what is not whole is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from challenge_files import TABLE, ground, image, space

from astrolens_gui.api import Plane
from astrolens_gui.core.challenge import folders, layout
from astrolens_gui.core.images import readers
from astrolens_gui.core.images.ingest import Refusal


def read(source: Path):
    notes: list[str] = []
    found = list(folders.scan(source, layout.find(source), notes))
    refused = [one for one in found if isinstance(one, Refusal)]
    return {one.name: one for one in found if not isinstance(one, Refusal)}, refused, notes


def test_that_four_bands_become_one_object_named_by_its_id(training: Path):
    found, refused, notes = read(training / "GroundBasedTraining")
    assert list(found) == ["100000", "100001", "100002"]
    assert not refused
    one = found["100000"]
    assert [plane["band"] for plane in one.planes] == ["u", "g", "r", "i"]
    assert one.planes[2]["path"] == "GroundBasedTraining/Public/Band1/imageSDSS_R-100000.fits"
    assert one.field == "GroundBasedTraining"
    assert one.pixel_scale == pytest.approx(0.2, rel=1e-4)
    assert (one.ra, one.dec) == (None, None)  # a place in a simulation's light cone is none on the sky
    assert len(notes) == 1
    assert "classifications.csv has the truth of 3 of 3 objects" in notes[0]


def test_that_space_images_are_vis_at_a_tenth_of_an_arcsec(training: Path):
    found, _, _ = read(training / "SpaceBasedTraining")
    assert [plane["band"] for plane in found["100001"].planes] == ["VIS"]
    assert found["100001"].pixel_scale == pytest.approx(0.1, rel=1e-4)
    assert found["100001"].planes[0].get("reader", "fits") == "fits"


def test_that_100_is_a_missing_pixel_on_the_ground_alone(training: Path, tmp_path: Path):
    found, _, _ = read(training / "GroundBasedTraining")
    for values in found["100000"].planes:
        pixels = readers.read(Plane.from_dict(values, training / values["path"]))
        assert np.isnan(pixels[:9]).all()
        assert np.isfinite(pixels[9:]).all()
        assert pixels[50, 50] == np.float32(2e-9)
    written = image(tmp_path / "Public" / "Band1" / "imageEUC_VIS-7.fits", "VIS", 2.7778e-5, masked=2)
    values = read(tmp_path)[0]["7"].planes[0]
    assert np.array_equal(readers.read(Plane.from_dict(values, tmp_path.parent / values["path"])), written)


def test_that_ids_of_several_folders_are_told_apart_by_their_folder(training: Path):
    found, _, notes = read(training)
    assert {"GroundBasedTraining/100000", "SpaceBasedTraining/100000", "100002"} <= set(found)
    assert len(found) == 5
    assert any("2 IDs are (100000, 100001) in several data folders" in note for note in notes)
    assert found["SpaceBasedTraining/100000"].stem == "100000"


@pytest.mark.parametrize("part", ["", "Public", "Public/Band1"])
def test_that_a_folder_inside_the_data_folder_will_do(training: Path, part: str):
    found, _, _ = read(training / "GroundBasedTraining" / part)
    assert len(found) == 3
    assert {one.field for one in found.values()} == {"GroundBasedTraining"}
    assert all(one.planes[-1]["path"].startswith("GroundBasedTraining/Public/Band") for one in found.values())


@pytest.mark.parametrize("name", ["Data_KiDS_Big.3", "Data.0"])
def test_that_test_folders_are_known_by_their_files(tmp_path: Path, name: str):
    ground(tmp_path / "all" / name, (200000,))
    ground(tmp_path / "all" / "Data_KiDS_Big.4", (200001,))
    found, _, _ = read(tmp_path / "all")
    assert {one.field for one in found.values()} == {name, "Data_KiDS_Big.4"}


def test_that_what_a_partial_download_lacks_is_said(tmp_path: Path):
    folder = tmp_path / "GroundBasedTraining"
    ground(folder, (100000, 100001, 100002), bands="RIG")
    (folder / "Public" / "Band3" / "imageSDSS_G-100001.fits").unlink()
    shutil.copy(
        folder / "Public" / "Band2" / "imageSDSS_I-100000.fits",
        folder / "Public" / "Band3" / "imageSDSS_I-100000.fits",
    )
    (folder / "Public" / "Band1" / "imageSDSS_R-100002.fits").write_bytes(b"half a down")
    (folder / "Data.1.tar.gz").touch()
    (folder / "classifications.csv").write_text(TABLE + "100000,1,9e-11,31,81\n100009,0,0,0,0\n")
    found, refused, notes = read(folder)
    assert [plane["band"] for plane in found["100001"].planes] == ["r", "i"]
    assert [plane["band"] for plane in found["100002"].planes] == ["g", "i"]
    assert str(refused[0]).startswith("imageSDSS_R-100002.fits: ")
    said = "\n".join(notes)
    for words in (
        "there are no u images; its objects have g, r, i only",
        "1 of 3 objects lack a band (g: 1; 100001)",
        "1 ID has (100000) two images of one band",
        "Data.1.tar.gz is not unpacked",
        "the truth of 1 of 3 objects; 1 IDs (100009) of it without an image; 2 objects (100001, 100002) not in it",
    ):
        assert words in said


def test_that_the_second_challenge_joins_vis_and_the_near_infrared(tmp_path: Path):
    for band, step, side in (("VIS", 2.7778e-5, 200), ("Y", 8.3333e-5, 66), ("J", 8.3333e-5, 66), ("H", 8.3333e-5, 66)):
        image(
            tmp_path / "datapack2.0train" / "Public" / f"EUC_{band}" / f"imageEUC_{band}-12.fits", band, step, side=side
        )
    found, _, notes = read(tmp_path / "datapack2.0train")
    (one,) = found.values()
    assert [(p["band"], p["shape"], round(p["pixel_scale"], 3)) for p in one.planes] == [
        ("VIS", [200, 200], 0.1), ("Y", [66, 66], 0.3), ("J", [66, 66], 0.3), ("H", [66, 66], 0.3),
    ]  # fmt: skip
    assert one.pixel_scale == pytest.approx(0.1, rel=1e-4)
    assert not notes


def test_that_an_ordinary_folder_is_none_of_the_challenge(tmp_path: Path):
    for name in ("Band1/cutout_1.fits", "g/imageSDSS_G-1.fits", "VIS/a.fits"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert layout.find(tmp_path) == []
    assert layout.find(tmp_path / "nowhere") == []
    space(tmp_path / "SpaceBasedTraining", (1,))
    assert [one.name for one in layout.find(tmp_path)] == ["SpaceBasedTraining"]


def test_that_a_folders_own_truth_goes_before_one_that_lies_beside_it(tmp_path: Path):
    folder = tmp_path / "SpaceBasedTraining"
    space(folder, (100000,))
    (tmp_path / "Aaa.csv").write_text("ID,is_lens\n7,1\n8,0\n")
    (folder / "other.csv").write_text("ID,is_lens\nx,1\n")
    notes = read(folder)[2]
    assert not [note for note in notes if "label --from" in note]  # both are of other images
    (tmp_path / "Bbb.csv").write_text("ID,is_lens\n100000,1\n")
    assert f"take it with astrolens label --from {tmp_path / 'Bbb.csv'}" in read(folder)[2][-1]
    (folder / "truth.csv").write_text("ID,is_lens\n100000,0\n")
    assert f"take it with astrolens label --from {folder / 'truth.csv'}" in read(folder)[2][-1]
