"""From folders to objects: names, joined band folders, gaps filled, refusals listed."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui.api import Cancelled, Context
from astrolens_gui.core.images.ingest import ObjectRecord, Refusal, scan, stem

IMAGE = np.random.default_rng(0).normal(size=(20, 20)).astype(np.float32)


def objects(*sources, **options) -> dict[str, ObjectRecord]:
    found = list(scan(sources, **options))
    assert not [r for r in found if isinstance(r, Refusal)]
    return {record.name: record for record in found}


def test_that_the_real_lenses_and_nonlenses_import_as_objects(shared_data):
    found = objects(shared_data / "lenses", shared_data / "nonlenses")
    assert len(found) == len(list((shared_data / "lenses").rglob("*.fits"))) + len(
        list((shared_data / "nonlenses").rglob("*.fits"))
    )
    record = found["EUCLJ174517.55+655612.5"]
    assert [plane["band"] for plane in record.planes] == ["u", "g", "r", "VIS", "z", "Y", "J", "H"]
    assert record.planes[0]["path"] == "euclid_q1/EUCLJ174517.55+655612.5.fits"
    assert (record.ra, record.dec) == pytest.approx((266.3231, 65.9368), abs=1e-3)
    assert len(record.meta["not_shown"]) == 16
    lens, neighbour = found["102020057_NEG582019329494705421"], found["102020057_05421_n0"]
    assert lens.field == neighbour.field != ""


def test_that_stems_that_repeat_are_replaced_by_paths_for_all_of_them(shared_data):
    found = objects(shared_data / "nonlenses")
    assert {"gama_kids_r/G265911.fits", "gama_sdss_r/G265911.fits"} <= set(found)
    assert "G265911" not in found
    assert "102020057_05421_n0" in found


def test_that_everything_below_the_data_folder_is_an_object_or_a_refusal(shared_data):
    found = list(scan([shared_data]))
    files = [p for p in shared_data.rglob("*") if p.is_file()]
    sentences = [str(r) for r in found if isinstance(r, Refusal)]
    assert len(found) == len(files)
    assert len({r.name for r in found if isinstance(r, ObjectRecord)}) == len(found) - len(sentences)
    assert all("\n" not in s and ": " in s for s in sentences)


def test_that_band_folders_join_into_one_object_a_stem(write, tmp_path):
    for band in "gri":
        write(f"set/{band}/a.fits", IMAGE, PIXSCALE=0.2)
        if band != "i":
            write(f"set/{band}/b.fits.gz", IMAGE, PIXSCALE=0.2)
    found = objects(tmp_path / "set")
    assert {name: [p["band"] for p in record.planes] for name, record in found.items()} == {
        "a": ["g", "i", "r"],
        "b": ["g", "r"],
    }
    assert found["a"].planes[1]["path"] == "i/a.fits"
    assert found["a"].base == tmp_path / "set"


def test_that_one_folder_with_another_name_keeps_all_of_them_apart(write, tmp_path):
    for folder in ("g", "r", "masks"):
        write(f"set/{folder}/a.fits", IMAGE)
    found = objects(tmp_path / "set")
    assert set(found) == {"g/a.fits", "r/a.fits", "masks/a.fits"}
    assert found["g/a.fits"].planes[0]["band"] == "g"


def test_that_sets_of_band_folders_with_the_same_stems_get_paths_as_names(write, tmp_path):
    for folder in ("train", "test"):
        for band in ("EUC_VIS", "EUC_H"):
            write(f"set/{folder}/{band}/7.fits", IMAGE)
    found = objects(tmp_path / "set")
    assert set(found) == {"train/7", "test/7"}
    assert sorted(p["band"] for p in found["train/7"].planes) == ["H", "VIS"]


def test_that_given_bands_fill_gaps_only(shared_data, write, tmp_path):
    pair = shared_data / "pairs/cosmos_hsc_hst/Cut_HSC.fits"
    assert [p["band"] for p in objects(pair)["Cut_HSC"].planes] == [""] * 5
    assert [p["band"] for p in objects(pair, bands=list("grizy"))["Cut_HSC"].planes] == list("grizy")
    assert [p["band"] for p in objects(pair, bands=["g", "r"])["Cut_HSC"].planes] == [""] * 5
    named = write("n.fits", IMAGE, FILTER="HSC_g")
    assert objects(named, bands=["r"])["n"].planes[0]["band"] == "g"


def test_that_a_given_scale_fills_gaps_only(write):
    assert objects(write("a.fits", IMAGE), pixel_scale=0.3)["a"].pixel_scale == 0.3
    assert objects(write("b.fits", IMAGE, PIXSCALE=0.2), pixel_scale=0.3)["b"].planes[0]["pixel_scale"] == 0.2


def test_that_a_damaged_band_is_refused_and_the_others_stay(write, tmp_path):
    write("set/g/a.fits", IMAGE)
    path = write("set/r/a.fits", IMAGE)
    path.write_bytes(path.read_bytes()[:3000])
    found = list(scan([tmp_path / "set"]))
    (refusal,) = [r for r in found if isinstance(r, Refusal)]
    (record,) = [r for r in found if isinstance(r, ObjectRecord)]
    assert str(refusal).startswith("a.fits[0]: its data are truncated")
    assert [p["band"] for p in record.planes] == ["g"]


def test_that_a_weight_map_beside_its_image_is_no_object(write, tmp_path):
    for name in ("a", "a_wht", "b_sci", "b_rms", "c_psf", "d_e"):
        write(f"set/{name}.fits", IMAGE)
    for name in ("a", "a_wht"):
        write(f"joined/g/{name}.fits", IMAGE)
    assert [r.name for r in scan([tmp_path / "joined"]) if isinstance(r, ObjectRecord)] == ["a"]
    found = list(scan([tmp_path / "set"]))
    assert [r.name for r in found if isinstance(r, ObjectRecord)] == ["a", "b_sci", "c_psf", "d_e"]
    assert [str(r)[:45] for r in found if isinstance(r, Refusal)] == [
        "a_wht.fits: it is no science image (its name ",
        "b_rms.fits: it is no science image (its name ",
    ]


def test_that_what_is_not_there_is_refused(tmp_path):
    (refusal,) = scan([tmp_path / "nothing"])
    assert str(refusal) == "nothing: there is no such file or folder"


def test_that_a_cancelled_scan_stops_and_progress_reaches_one(write, tmp_path):
    for n in range(120):
        write(f"set/{n}.fits", IMAGE)
    seen: list[float] = []
    list(scan([tmp_path / "set"], ctx=Context(on_progress=lambda p: seen.append(p.fraction))))
    assert seen == sorted(seen)
    assert seen[-1] == 1
    done: list = []
    records = scan([tmp_path / "set"], ctx=Context(is_cancelled=lambda: len(done) > 60))

    def take_all() -> None:
        for record in records:
            done.append(record)

    with pytest.raises(Cancelled):
        take_all()
    assert len(done) == 100


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.fits", "a"),
        ("a.b.fits.gz", "a.b"),
        ("lzw.fits.Z", "lzw"),
        ("x.fits.fz", "x"),
        ("N12.fits", "N12"),
        ("noext", "noext"),
        ("a.FIT", "a"),
    ],
)
def test_that_the_stem_drops_fits_and_packing(name, expected):
    assert stem(name) == expected
