"""The short way equals astropy wherever it answers, and answers wherever stamps are plain."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from astrolens_gui.core.images import fast


def test_that_it_equals_astropy_bit_for_bit_on_every_real_file_it_accepts(shared_data):
    from astropy.io import fits as afits

    accepted = 0
    for path in sorted(shared_data.rglob("*.fits")):
        with warnings.catch_warnings(), afits.open(path, memmap=False) as file:
            warnings.simplefilter("ignore")
            for hdu in range(len(file)):
                arrays = fast.read(path, (hdu,))
                if arrays is None:
                    continue
                theirs = file[hdu].data
                assert arrays[0].dtype == theirs.dtype.newbyteorder("=")
                assert arrays[0].dtype.isnative
                assert arrays[0].tobytes() == theirs.astype(theirs.dtype.newbyteorder("=")).tobytes()
                accepted += 1
    assert accepted > 150


def test_that_lens_stamps_take_the_short_way(shared_data):
    for path in (shared_data / "lenses/desi_hst_f140w").glob("*.fits"):
        assert fast.read(path) is not None
    arrays = fast.read(shared_data / "lenses/euclid_q1/J0331163-274757_group.fits", (1, 2, 3, 4))
    assert arrays is not None
    assert [array.shape for array in arrays] == [(150, 150)] * 4


@pytest.mark.parametrize(
    "name",
    ["m13_rice.fits", "scale.fits", "fixed-1890.fits", "random_groups.fits", "blank.fits", "table.fits", "lzw.fits.Z"],
)
def test_that_unusual_files_are_left_to_the_long_way(shared_data, name):
    assert fast.read(shared_data / "formats/astropy" / name, (0,)) is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=hnp.arrays(
        st.sampled_from([np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.int16)]),
        st.tuples(st.integers(1, 40), st.integers(1, 40)),
    ),
    cards=st.lists(st.integers(-(10**6), 10**6), max_size=80),
)
def test_that_any_plain_image_comes_back_bit_for_bit(write, data, cards):
    path = write(
        "a.fits", data, [("SCI", data[::-1].copy(), {})], **{f"GAIN{n}": value for n, value in enumerate(cards)}
    )
    arrays = fast.read(path, (0, 1))
    assert arrays is not None
    assert arrays[0].tobytes() == data.tobytes()
    assert arrays[1].tobytes() == data[::-1].tobytes()


@pytest.mark.parametrize("cut", [0, 79, 2880, 2881, 2880 + 399])
def test_that_a_truncated_stamp_is_not_accepted(write, cut):
    data = write("a.fits", np.ones((10, 10), np.float32)).read_bytes()[:cut]
    assert fast.parse(data) is None


def test_that_a_header_of_exactly_one_block_is_read(write):
    path = write("a.fits", np.arange(12, dtype=np.float32).reshape(3, 4))
    raw = path.read_bytes()
    end = raw.index(b"END" + b" " * 77)
    filler = b"".join(f"K{n:<7}= {n:>20}".ljust(80).encode() for n in range((2880 - 80 - end) // 80))
    path.write_bytes(raw[:end] + filler + b"END".ljust(80) + raw[2880:])
    arrays = fast.read(path)
    assert arrays is not None
    np.testing.assert_array_equal(arrays[0], np.arange(12).reshape(3, 4))
