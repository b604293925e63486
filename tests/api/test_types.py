"""Planes as projects store them: what was written before windows still reads, and what has none is written as before."""

from __future__ import annotations

import json

from astrolens_gui.api import Plane

WINDOWED = Plane("/m/big.fits", 1, None, "VIS", (64, 48), 0.1, "ADU", "SCI", window=(-5, 100, 48, 64))


def test_that_a_window_survives_json() -> None:
    assert Plane.from_dict(json.loads(json.dumps(WINDOWED.as_dict()))) == WINDOWED


def test_that_a_whole_fits_plane_is_stored_without_window_and_reader() -> None:
    stored = Plane("/a/b.fits", band="r", shape=(4, 5)).as_dict()
    assert set(stored) == {"path", "hdu", "plane", "band", "shape", "pixel_scale", "unit", "extname"}
    assert stored["shape"] == [4, 5]


def test_that_a_plane_written_before_windows_is_whole() -> None:
    old = {"path": "b.fits", "hdu": 0, "plane": None, "band": "r", "shape": [4, 5]}
    assert Plane.from_dict(old, "/root/b.fits") == Plane("/root/b.fits", band="r", shape=(4, 5))


def test_that_another_formats_plane_keeps_its_reader() -> None:
    plane = Plane("a.h5", shape=(4, 4), reader="hdf5")
    assert plane.as_dict()["reader"] == "hdf5"
    assert Plane.from_dict(plane.as_dict()) == plane
