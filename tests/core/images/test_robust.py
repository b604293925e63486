"""Hostile files: nothing but ImageError, no allocation on a header's word."""

from __future__ import annotations

import gzip
import importlib.util
import os
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astrolens_gui.core.images import fits
from astrolens_gui.core.images.fits import ImageError

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks"


def test_that_150_damaged_files_never_crash_hang_or_eat_memory(shared_data, monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    spec = importlib.util.spec_from_file_location("fuzz", BENCHMARKS / "fuzz.py")
    assert spec is not None
    assert spec.loader is not None
    fuzz = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "fuzz", fuzz)
    spec.loader.exec_module(fuzz)
    outcomes, failures, slowest, largest = fuzz.run(shared_data, 150, seed=20)
    assert failures == []
    assert outcomes["opened"] > 20
    assert outcomes["refused"] > 20
    assert slowest < 2
    assert largest < 1 << 30


def card(key: str, value: str) -> bytes:
    return f"{key:<8}= {value:>20}".ljust(80).encode()


def header(*cards: bytes) -> bytes:
    raw = b"".join(cards) + b"END".ljust(80)
    return raw + b" " * (-len(raw) % 2880)


@pytest.mark.parametrize(
    "cards",
    [
        [card("BITPIX", "-64"), card("NAXIS", "2"), card("NAXIS1", "2000000000"), card("NAXIS2", "2000000000")],
        [card("BITPIX", "8"), card("NAXIS", "999")],
        [card("BITPIX", "8"), card("NAXIS", "2"), card("NAXIS1", "9" * 20), card("NAXIS2", "9" * 20)],
        [card("BITPIX", "8"), card("NAXIS", "2"), card("NAXIS1", "-5"), card("NAXIS2", "5")],
        [card("BITPIX", "33"), card("NAXIS", "2"), card("NAXIS1", "5"), card("NAXIS2", "5")],
        [card("BITPIX", "16"), card("NAXIS", "0"), card("PCOUNT", "999999999999")],
        [],
    ],
)
def test_that_impossible_headers_are_refused_without_allocating(tmp_path, cards):
    path = tmp_path / "h.fits"
    path.write_bytes(header(card("SIMPLE", "T"), *cards) + bytes(5760))
    tracemalloc.start()
    try:
        with pytest.raises(ImageError, match=r"h\.fits"):
            fits.planes(path)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "change",
    [
        ("ZNAXIS1", "2000000000"),
        ("ZTILE1", "0"),
        ("ZTILE2", "-1"),
        ("ZBITPIX", "12"),
        ("ZCMPTYPE", "'LZMA    '"),
        ("NAXIS2", "3"),
        ("ZVAL1", "999999"),
        ("THEAP", "2147483647"),
    ],
)
def test_that_impossible_compressed_headers_are_refused(shared_data, tmp_path, change):
    raw = (shared_data / "formats/astropy/m13_rice.fits").read_bytes()
    key, value = change
    at = raw.find(f"{key:<8}=".encode(), 2880)
    end = raw.find(b"END".ljust(80), 2880)
    at = at if 0 <= at < end else end - 80
    path = tmp_path / "z.fits"
    path.write_bytes(raw[:at] + card(key, value) + raw[at + 80 :])
    with pytest.raises(ImageError, match=r"z\.fits"):
        fits.read(fits.planes(path)[0])


def test_that_a_gzip_bomb_costs_no_more_than_the_cap(tmp_path, monkeypatch):
    from astrolens_gui.core.images import source

    monkeypatch.setattr(source, "MAX_UNPACKED", 8 << 20)
    path = tmp_path / "bomb.fits.gz"
    block = b"SIMPLE  =" + bytes(1 << 20)
    with gzip.open(path, "wb", compresslevel=9) as file:
        for _ in range(64):
            file.write(block)
    tracemalloc.start()
    try:
        with pytest.raises(ImageError, match=r"bomb\.fits\.gz: it unpacks to over 8 MB; unpack it with gunzip"):
            fits.planes(path)
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()


def test_that_a_bomb_inside_a_tile_is_refused(tmp_path):
    from astropy.io import fits as afits

    path = tmp_path / "t.fits"
    hdu = afits.CompImageHDU(
        np.arange(400, dtype=np.float32).reshape(20, 20),
        compression_type="GZIP_1",
        tile_shape=(20, 20),
        quantize_level=0,
    )
    hdu.writeto(path)
    np.testing.assert_array_equal(fits.read(fits.planes(path)[0]).ravel(), np.arange(400))
    raw = path.read_bytes()
    bomb = gzip.compress(bytes(1 << 20))
    at = raw.index(b"\x1f\x8b")
    path.write_bytes(raw[:at] + bomb[: len(raw) - at].ljust(len(raw) - at, b"\0"))
    with pytest.raises(ImageError, match="GZIP tile"):
        fits.read(fits.planes(path)[0])


@pytest.mark.parametrize(
    ("name", "at", "lie", "what"),
    [
        ("m13_hcomp.fits", 2, b"\x00\x00\x7f\xff", "HCOMPRESS tile"),  # 32,767 columns into the room of 300
        ("m13_hcomp.fits", 22, b"\xff", "HCOMPRESS tile"),
        ("m13_plio.fits", 2, b"\x80\x00", "PLIO tile"),  # the list begins before the tile
        ("m13_plio.fits", 6, b"\x7f\xff", "PLIO tile"),  # and is longer than it
    ],
)
def test_that_a_tile_that_lies_about_its_size_never_reaches_its_decoder(shared_data, tmp_path, name, at, lie, what):
    from astropy.io import fits as afits

    original = shared_data / "formats/astropy" / name
    with afits.open(original, disable_image_compression=True) as file:
        table = file[1]
        heap = table._data_offset + table.header["NAXIS1"] * table.header["NAXIS2"]
    raw = bytearray(original.read_bytes())
    raw[heap + at : heap + at + len(lie)] = lie
    path = tmp_path / name
    path.write_bytes(raw)
    with pytest.raises(ImageError, match=what):
        fits.read(fits.planes(path)[0])


def test_that_a_header_without_end_is_refused_quickly(tmp_path):
    path = tmp_path / "e.fits"
    path.write_bytes(card("SIMPLE", "T") + card("KEY", "1") * 200_000)
    begun = time.thread_time()
    with pytest.raises(ImageError, match="no END"):
        fits.planes(path)
    assert time.thread_time() - begun < 1


def test_that_junk_behind_the_last_hdu_does_no_harm(write):
    path = write("j.fits", np.ones((9, 9), np.float32))
    path.write_bytes(path.read_bytes() + b"junk" * 2000)
    assert len(fits.planes(path)) == 1


def test_that_an_endless_name_or_a_strange_byte_keeps_the_message_one_line(tmp_path):
    path = tmp_path / "a\nb.fits"
    path.write_bytes(b"")
    with pytest.raises(ImageError) as caught:
        fits.planes(path)
    assert str(caught.value) == "a?b.fits: the file is empty"


def test_that_a_folder_or_a_forbidden_file_is_an_image_error(tmp_path):
    with pytest.raises(ImageError, match="can't be read"):
        fits.planes(tmp_path)
    path = tmp_path / "f.fits"
    path.write_bytes(b"SIMPLE")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(ImageError, match="Permission denied"):
        fits.planes(path)


def sentence_of(path: Path) -> str:
    """Read all there is; the refusal, "" if none. Anything but ImageError passes through and fails the test."""
    try:
        for plane in fits.planes(path):
            fits.read(plane)
            fits.celestial(plane)
    except ImageError as error:
        return str(error)
    return ""


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    keys=st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "BITPIX",
                    "NAXIS",
                    "NAXIS1",
                    "NAXIS2",
                    "NAXIS3",
                    "PCOUNT",
                    "GCOUNT",
                    "BSCALE",
                    "BZERO",
                    "BLANK",
                    "CTYPE1",
                    "CD1_1",
                    "FILTER",
                    "EXTNAME",
                ]
            ),
            st.one_of(
                st.integers(-(10**19), 10**19).map(str),
                st.floats().map(repr),
                st.text(alphabet=st.characters(codec="ascii"), max_size=30),
                st.sampled_from(["-32", "16", "8", "2", "3", "10", "'r'"]),
            ),
        ),
        max_size=8,
    ),
    tail=st.binary(max_size=3000),
)
def test_that_any_cards_give_planes_or_an_image_error(tmp_path, keys, tail):
    path = tmp_path / "x.fits"
    cards = [f"{key:<8}= {value}"[:80].ljust(80).encode() for key, value in keys]
    path.write_bytes(
        header(
            card("SIMPLE", "T"), card("BITPIX", "-32"), card("NAXIS", "2"), card("NAXIS1", "10"), card("NAXIS2", "10")
        )[:400]
        + header(*cards)
        + tail
    )
    for raw in (path.read_bytes(), header(card("SIMPLE", "T"), *cards) + tail):
        path.write_bytes(raw)
        assert "\n" not in sentence_of(path)
