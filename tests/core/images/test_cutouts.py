"""The cache: right after a restart, after a change, after a crash in the middle of a write."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from astrolens_gui.api import InputSpec
from astrolens_gui.core.images import cutouts as module
from astrolens_gui.core.images import fits
from astrolens_gui.core.images.cutouts import Cutouts
from astrolens_gui.core.images.prepare import prepare

SPEC = InputSpec(("r", "g"), 0.2, 24)


@pytest.fixture
def objects(write) -> list:
    rng = np.random.default_rng(0)
    found = []
    for n in range(12):
        image = rng.normal(size=(30, 28)).astype(np.float32)
        cards = {"PIXSCALE": 0.2}
        path = write(
            f"o{n}.fits", None, [("A", image, {"FILTER": "g", **cards}), ("B", image[::-1], {"FILTER": "r", **cards})]
        )
        found.append((100 + n, fits.planes(path)))
    return found


def truth(planes, spec=SPEC) -> np.ndarray:
    return prepare({plane.band: fits.read(plane) for plane in planes}, spec)


def no_reading(monkeypatch) -> None:
    def never(*_):
        raise AssertionError("a FITS file was read")

    monkeypatch.setattr(fits, "read_all", never)


def test_that_a_second_start_answers_from_the_cache(tmp_path, objects, monkeypatch):
    first, refused = Cutouts(tmp_path).batch(objects, SPEC)
    assert refused == []
    np.testing.assert_array_equal(first, [truth(planes) for _, planes in objects])
    no_reading(monkeypatch)
    again, _ = Cutouts(tmp_path).batch(objects[::-1], SPEC)
    np.testing.assert_array_equal(again, first[::-1])
    np.testing.assert_array_equal(Cutouts(tmp_path).get(objects[3][1], SPEC), first[3])


def test_that_refused_objects_are_left_out_with_a_sentence(tmp_path, objects, write):
    small = fits.planes(write("small.fits", np.ones((9, 9), np.float32), FILTER="r", PIXSCALE=0.2))
    gone = [(7, [fits.Plane.from_dict(p.as_dict(), "/nowhere/gone.fits") for p in objects[0][1]])]
    coarse = fits.planes(write("coarse.fits", np.ones((40, 40), np.float32), FILTER="r", PIXSCALE=0.5))
    mixed = [objects[0], (1, small), *gone, objects[1], (2, []), (3, coarse)]
    images, refused = Cutouts(tmp_path).batch(mixed, SPEC)
    np.testing.assert_array_equal(images, [truth(objects[0][1]), truth(objects[1][1])])
    assert [n for n, _ in refused] == [1, 7, 2, 3]
    assert refused[0][1] == "small.fits: band g is missing (it has r)"
    assert "gone.fits: can't be read" in refused[1][1]
    one_band = Cutouts(tmp_path).batch([(1, small), (3, coarse)], InputSpec(("r",), 0.2, 24))[1]
    assert "9 x 9 px, the model needs 24" in one_band[0][1]
    assert "pixel scale is 0.5" in one_band[1][1]


def test_that_a_changed_file_is_read_again(tmp_path, objects):
    cache = Cutouts(tmp_path)
    before = cache.get(objects[0][1], SPEC)
    path = Path(objects[0][1][0].path)
    raw = bytearray(path.read_bytes())
    raw[5760:9000] = bytes(reversed(raw[5760:9000]))
    path.write_bytes(raw)
    os.utime(path, ns=(1, 2))
    after = cache.get(objects[0][1], SPEC)
    np.testing.assert_array_equal(after, truth(objects[0][1]))
    assert (after != before).any()


def test_that_a_file_truncated_since_is_refused(tmp_path, objects):
    path = Path(objects[0][1][0].path)
    path.write_bytes(path.read_bytes()[:5000])
    images, refused = Cutouts(tmp_path).batch(objects[:2], SPEC)
    assert len(images) == 1
    assert path.name in refused[0][1]


def test_that_deleting_the_cache_loses_nothing(tmp_path, objects):
    cache = Cutouts(tmp_path)
    first, _ = cache.batch(objects, SPEC)
    cache.close()
    shutil.rmtree(tmp_path / "cutouts")
    again, _ = cache.batch(objects, SPEC)
    np.testing.assert_array_equal(again, first)


def test_that_specs_do_not_share_cutouts(tmp_path, objects):
    cache = Cutouts(tmp_path)
    for spec in (
        SPEC,
        InputSpec(("g", "r"), 0.2, 24),
        InputSpec(("g",), 0.2, 20),
        InputSpec(("r", "g"), 0.2, 24, "none"),
    ):
        np.testing.assert_array_equal(cache.get(objects[0][1], spec), truth(objects[0][1], spec))


@pytest.mark.parametrize("name", ["pixels.f4", "index"])
def test_that_a_crash_in_the_middle_of_a_write_never_gives_a_wrong_pixel(tmp_path, objects, name):
    expected, _ = Cutouts(tmp_path / "whole").batch(objects, SPEC)
    (folder,) = (tmp_path / "whole" / "cutouts").iterdir()
    size = (folder / name).stat().st_size
    for n, kept in enumerate([0, 1, size // 3, size // 2 + 5, size - 33, size - 1]):
        copy = tmp_path / str(n)
        shutil.copytree(tmp_path / "whole", copy)
        os.truncate(copy / "cutouts" / folder.name / name, kept)
        for _ in range(3):  # after the crash, after the repair, and from what the repair wrote
            images, refused = Cutouts(copy).batch(objects, SPEC)
            assert refused == []
            np.testing.assert_array_equal(images, expected)


def test_that_a_flipped_bit_anywhere_is_noticed(tmp_path, objects):
    expected, _ = Cutouts(tmp_path).batch(objects, SPEC)
    (folder,) = (tmp_path / "cutouts").iterdir()
    rng = np.random.default_rng(0)
    for name in ("pixels.f4", "index"):
        for _ in range(25):
            raw = bytearray((folder / name).read_bytes())
            raw[rng.integers(len(raw))] ^= 1 << rng.integers(8)
            (folder / name).write_bytes(raw)
            images, _ = Cutouts(tmp_path).batch(objects, SPEC)
            np.testing.assert_array_equal(images, expected)


def test_that_a_second_writer_only_reads(tmp_path, objects):
    writer, other = Cutouts(tmp_path), Cutouts(tmp_path)
    writer.batch(objects[:4], SPEC)
    images, _ = other.batch(objects, SPEC)
    np.testing.assert_array_equal(images, [truth(planes) for _, planes in objects])
    (folder,) = (tmp_path / "cutouts").iterdir()
    assert (folder / "index").stat().st_size == 4 * module._ENTRY.itemsize


def test_that_a_folder_that_cannot_be_written_only_costs_speed(tmp_path, objects):
    (tmp_path / "cutouts").write_text("in the way")
    images, refused = Cutouts(tmp_path).batch(objects, SPEC)
    assert refused == []
    np.testing.assert_array_equal(images, [truth(planes) for _, planes in objects])
