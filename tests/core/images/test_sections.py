"""Parts of files: equal to astropy's arrays whatever the packing, read without the rest."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astrolens_gui.core.images import fits, readers, sections, tiles, tilesheet
from astrolens_gui.core.images.errors import ImageError
from astrolens_gui.core.images.sections import outer, sheet
from astrolens_gui.core.images.tilesheet import Tiled


def astropys(plane) -> np.ndarray:
    """What astropy gives for a plane, float32."""
    from astropy.io import fits as af

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        with af.open(plane.path) as hdus:
            data = np.asarray(hdus[plane.hdu].data)
            return data.reshape(-1, *data.shape[-2:])[plane.plane or 0].astype(np.float32)


def test_that_every_real_image_is_read_in_parts_as_astropy_reads_it(shared_data):
    seen = 0
    for path in sorted(shared_data.rglob("*.fits*")):
        try:
            planes = fits.planes(path)
        except ImageError:
            continue
        for plane in planes[:4]:
            if path.suffix == ".Z":
                continue  # astropy needs a further package for it
            whole, pixels, part = astropys(plane), fits.read(plane), sheet(plane)
            height, width = part.shape
            assert part.shape == whole.shape
            for y0, y1, x0, x1, step in (
                (0, height, 0, width, 1),
                (height // 3, height, width // 4, width - 1, 1),
                (0, height, 0, width, 7),
                (1, height - 1, 1, width, 3),
                (-5, 4, width - 3, width + 9, 1),
            ):
                found = part.read(y0, y1, x0, x1, step)
                assert found.dtype == np.float32
                assert found.flags.c_contiguous
                expected = whole[max(y0, 0) : y1 : step, max(x0, 0) : x1 : step]
                # astropy scales 16-bit integers in float32, we in float64: its last bit may differ.
                np.testing.assert_allclose(found, expected, rtol=2e-7, err_msg=f"{path} {plane.hdu}")
                np.testing.assert_array_equal(found, pixels[max(y0, 0) : y1 : step, max(x0, 0) : x1 : step])
            seen += 1
    assert seen > 50


@pytest.mark.parametrize(
    ("dtype", "cards"),
    [
        ("u1", {}),
        ("i2", {"BZERO": 32768, "BSCALE": 1.0}),
        ("i4", {"BSCALE": 0.25, "BZERO": -3.0, "BLANK": 7}),
        ("i8", {}),
        ("f8", {}),
    ],
)
def test_that_scaled_and_blank_values_come_out_physical(write, dtype, cards):
    from astropy.io import fits as af

    stored = np.arange(35 * 41).reshape(35, 41).astype(dtype)
    path = write("scaled.fits", stored)
    with af.open(path, mode="update", do_not_scale_image_data=True) as hdus:
        hdus[0].header.update(cards)
    plane = fits.planes(path)[0]
    np.testing.assert_array_equal(sheet(plane).read(0, 99, 0, 99), astropys(plane))
    np.testing.assert_array_equal(sheet(plane).read(3, 30, 2, 40, 5), astropys(plane)[3:30:5, 2:40:5])


def test_that_a_cubes_plane_is_the_one_asked_for(write):
    cube = np.arange(3 * 20 * 30, dtype=np.float32).reshape(3, 20, 30)
    for plane in fits.planes(write("cube.fits", cube)):
        np.testing.assert_array_equal(sheet(plane).read(5, 9, 1, 30), cube[plane.plane, 5:9, 1:30])


@pytest.fixture
def packed(tmp_path):
    """packed(array, kind, tile=None, …) → (plane, astropy's array)."""

    def make(array, kind, tile=None, **more):
        from astropy.io import fits as af

        path = tmp_path / f"{kind}.fits"
        hdu = af.CompImageHDU(array, compression_type=kind, tile_shape=tile, **more)
        af.HDUList([af.PrimaryHDU(), hdu]).writeto(path, overwrite=True)
        plane = fits.planes(path)[0]
        return plane, astropys(plane)

    return make


@pytest.mark.parametrize("kind", ["RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1", "PLIO_1"])
def test_that_only_the_tiles_under_a_part_are_decoded(packed, kind):
    rng = np.random.default_rng(0)
    array = rng.integers(0, 2000, (160, 200)).astype(np.int32)
    plane, whole = packed(array, kind, (32, 40))
    part = sheet(plane)
    assert isinstance(part, Tiled)
    np.testing.assert_array_equal(part.read(40, 60, 50, 70), whole[40:60, 50:70])
    assert part.tiles_decoded == 1
    np.testing.assert_array_equal(part.read(30, 70, 50, 90), whole[30:70, 50:90])
    assert part.tiles_decoded == 1 + 6  # three columns of tiles in two rows
    np.testing.assert_array_equal(part.read(33, 64, 41, 100), whole[33:64, 41:100])
    assert part.tiles_decoded == 1 + 6  # these were held
    np.testing.assert_array_equal(part.read(0, 160, 0, 200), whole)


def test_that_dithered_floats_come_out_the_same_in_parts(packed):
    array = np.random.default_rng(1).normal(10, 3, (120, 90)).astype(np.float32)
    array[50:60, 20:30] = np.nan
    for method in (1, 2):
        plane, whole = packed(array, "RICE_1", quantize_method=method, dither_seed=77, quantize_level=8)
        assert not np.array_equal(whole, array)
        np.testing.assert_array_equal(sheet(plane).read(45, 99, 10, 80), whole[45:99, 10:80])
        np.testing.assert_array_equal(sheet(plane).read(0, 120, 0, 90, 11), whole[::11, ::11])


def test_that_decimating_row_tiles_decodes_the_rows_it_needs(packed):
    plane, whole = packed(np.arange(400 * 50, dtype=np.int32).reshape(400, 50), "RICE_1", (1, 50))
    part = sheet(plane)
    np.testing.assert_array_equal(part.read(0, 400, 0, 50, 20), whole[::20, ::20])
    assert part.tiles_decoded == 20


def test_that_decoded_tiles_that_are_held_stay_within_bounds(packed, monkeypatch):
    monkeypatch.setattr(tilesheet, "HELD_BYTES", 20_000)
    monkeypatch.setattr(tilesheet, "held", tilesheet.Held())
    plane, whole = packed(np.arange(400 * 50, dtype=np.int32).reshape(400, 50), "RICE_1", (1, 50))
    part = sheet(plane)
    for y0 in (0, 3, 90, 95, 0, 380):
        np.testing.assert_array_equal(part.read(y0, y0 + 40, 7, 31), whole[y0 : y0 + 40, 7:31])
        assert 0 < tilesheet.held.nbytes <= 20_000
    np.testing.assert_array_equal(part.read(0, 400, 0, 50), whole)


def test_that_the_tiles_of_many_files_share_one_budget_and_the_last_used_ones_stay(packed, monkeypatch):
    monkeypatch.setattr(tilesheet, "HELD_BYTES", 25_000)  # two of the images below
    monkeypatch.setattr(tilesheet, "held", tilesheet.Held())
    whole, parts = {}, {}
    for kind in ("RICE_1", "GZIP_1", "GZIP_2"):
        plane, whole[kind] = packed(np.arange(60 * 50, dtype=np.int32).reshape(60, 50), kind, (20, 50))
        parts[kind] = sheet(plane)

    def decoded(kind):
        before = parts[kind].tiles_decoded
        np.testing.assert_array_equal(parts[kind].read(0, 60, 0, 50), whole[kind])
        assert tilesheet.held.nbytes == sum(rows.nbytes for rows in tilesheet.held._rows.values()) <= 25_000
        return parts[kind].tiles_decoded - before

    assert [decoded(kind) for kind in ("RICE_1", "GZIP_1", "RICE_1", "GZIP_2")] == [3, 3, 0, 3]
    assert [decoded(kind) for kind in ("RICE_1", "GZIP_1")] == [0, 3]


def test_that_a_damaged_tile_is_refused_before_it_is_decoded(packed):
    array = np.random.default_rng(2).integers(0, 2000, (64, 64)).astype(np.int32)
    plane, whole = packed(array, "GZIP_1", (16, 64))
    data = bytearray(Path(plane.path).read_bytes())
    at = data.rfind(b"\x1f\x8b", 0, len(data) - 8)
    data[at + 12 : at + 30] = bytes(18)
    Path(plane.path).write_bytes(data)
    part = sheet(plane)
    np.testing.assert_array_equal(part.read(0, 16, 0, 64), whole[:16])
    with pytest.raises(ImageError, match=r"GZIP_1.fits\[COMPRESSED_IMAGE\]: .*GZIP tile is damaged"):
        part.read(48, 64, 0, 64)


def test_that_a_large_compressed_image_is_opened_though_never_unpacked_whole(packed, monkeypatch):
    plane, whole = packed(np.arange(300 * 300, dtype=np.int32).reshape(300, 300), "RICE_1", (1, 300))
    monkeypatch.setattr(tiles, "MAX_BYTES", 100_000)
    assert fits.planes(plane.path)
    with pytest.raises(ImageError, match="at once"):
        fits.read(plane)
    np.testing.assert_array_equal(sheet(plane).read(100, 110, 0, 300), whole[100:110])


def test_that_little_is_read_for_a_part_of_a_plain_file(write):
    plane = fits.planes(write("plain.fits", np.zeros((1000, 800), np.float32)))[0]
    part = sections._opened(plane, True)
    part.read(100, 110, 20, 40)
    assert part.nbytes_read == 10 * 20 * 4


def test_that_a_changed_file_is_opened_anew_and_one_cut_short_is_an_error(write):
    plane = fits.planes(write("plain.fits", np.ones((300, 200), np.float32)))[0]
    old = sheet(plane)
    assert sheet(plane) is old
    write("plain.fits", np.full((300, 200), 2, np.float32))
    assert sheet(plane) is not old
    assert sheet(plane).read(0, 1, 0, 1)[0, 0] == 2
    short = sheet(plane)
    with open(plane.path, "r+b") as file:
        file.truncate(2880 + 100 * 800)
    with pytest.raises(ImageError, match=r"plain.fits: it has become shorter"):
        short.read(0, 300, 0, 200)
    with pytest.raises(ImageError, match="truncated"):
        sheet(plane)


def test_that_a_window_hangs_over_the_edge_with_nothing_there(write):
    array = np.arange(40 * 50, dtype=np.float32).reshape(40, 50)
    whole = fits.planes(write("plain.fits", array))[0]
    plane = replace(whole, window=(-3, 35, 10, 12), shape=(12, 10))
    part = sheet(plane)
    assert part.shape == (12, 10)
    expected = np.full((12, 10), np.nan, np.float32)
    expected[:5, 3:] = array[35:, :7]
    np.testing.assert_array_equal(part.read(0, 12, 0, 10), expected)
    np.testing.assert_array_equal(part.read(1, 12, 0, 10, 3), expected[1::3, ::3])
    np.testing.assert_array_equal(readers.read(plane), expected)


def test_that_a_gzipped_file_is_read_whole_and_not_kept(shared_data):
    plane = fits.planes(shared_data / "fields/abell2744_f105w_400.fits.gz")[0]
    part = sheet(plane)
    assert part.packed
    assert sheet(plane) is not part
    np.testing.assert_array_equal(part.read(0, 9, 3, 30), fits.read(plane)[:9, 3:30])


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_that_rows_and_columns_are_taken_as_numpy_takes_them(data):
    height, width = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 9))
    array = np.arange(height * width, dtype=np.float32).reshape(height, width)
    rows = np.sort(data.draw(st.lists(st.integers(0, height - 1), min_size=1, max_size=12)))
    columns = np.sort(data.draw(st.lists(st.integers(0, width - 1), min_size=1, max_size=12)))
    rows, columns = (one[::-1] if data.draw(st.booleans()) else one for one in (rows, columns))
    found = outer(array, rows, columns)
    np.testing.assert_array_equal(found, array[rows][:, columns])
    assert found.flags.c_contiguous
