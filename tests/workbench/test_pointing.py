"""Places of objects, and what of them other programs get, on a real workbench."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from astrolens_gui.api import UserError
from astrolens_gui.workbench import Workbench
from astrolens_gui.workbench.pointing import Places, queue_table, sendable, target


def stamp(file: Path, ra: float | None, dec: float = 0.0, compressed: bool = False) -> Path:
    """A 40 x 30 image; with `ra`, a WCS whose reference is not its centre."""
    from astropy.io import fits
    from astropy.wcs import WCS

    header = fits.Header()
    if ra is not None:
        wcs = WCS(naxis=2)
        wcs.wcs.ctype, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [ra, dec]
        wcs.wcs.crpix, wcs.wcs.cdelt = [20.5, 15.5], [-1e-4, 1e-4]
        header = wcs.to_header()
    pixels = np.random.default_rng(len(file.name)).normal(size=(30, 40)).astype(np.float32)
    kind = fits.CompImageHDU if compressed else fits.PrimaryHDU
    hdus = [fits.PrimaryHDU(), kind(pixels, header)] if compressed else [kind(pixels, header)]
    fits.HDUList(hdus).writeto(file)
    return file


@pytest.fixture
def sky(bench: Workbench, tmp_path: Path) -> dict[str, int]:
    """Objects by name: two on either side of RA 0, one at the pole, one with no place, one packed."""
    folder = tmp_path / "images"
    folder.mkdir()
    stamp(folder / "east.fits", 0.0005, -30.0)
    stamp(folder / "west.fits", 359.9, -30.0)
    stamp(folder / "pole.fits", 123.0, 89.9995)
    stamp(folder / "nowhere.fits", None)
    stamp(folder / "packed + odd.fits", 10.0, 20.0, compressed=True)
    bench.open(tmp_path / "sky.astrolens", create={}).result(60)
    assert bench.import_images([folder]).result(60).added == 5
    table = bench.queue().result(60)
    return dict(zip(table.name, (int(one) for one in table.object), strict=True))


def on_io(bench: Workbench, work: Any, *arguments: Any) -> Any:
    return bench.runner.submit("io", work, bench.opened, *arguments, quiet=True).result(60)


def test_that_a_place_is_the_images_centre_and_the_radius_half_its_width(bench, sky):
    found = on_io(bench, target, sky["east"])
    assert (found.ra, found.dec) == pytest.approx((0.0005, -30.0), abs=1e-6)
    assert found.radius_arcsec == pytest.approx(40 * 0.36 / 2, rel=1e-3)
    assert not on_io(bench, target, sky["nowhere"]).placed
    with pytest.raises(UserError, match="no object number 999"):
        on_io(bench, target, 999)


@pytest.mark.parametrize(
    ("ra", "dec", "name"),
    [(359.9995, -30.0, "east"), (360.0005, -30.0, "east"), (359.8999, -30.0001, "west"), (303.0, 89.9995, "pole")],
)
def test_that_the_nearest_object_is_found_across_ra_0_and_over_the_pole(bench, sky, ra, dec, name):
    assert on_io(bench, Places().nearest, ra, dec) == sky[name]


def test_that_a_place_far_from_all_is_a_sentence_with_the_nearest_one(bench, sky):
    with pytest.raises(UserError, match=r"no object lies at 0\.03000 -30\.00000; the nearest, east, is 92″ away"):
        on_io(bench, Places().nearest, 0.03, -30.0)


def test_that_places_are_found_anew_after_they_are_forgotten(bench, sky, tmp_path):
    places = Places()
    on_io(bench, places.nearest, 10.0, 20.0)
    late = tmp_path / "late"
    late.mkdir()
    bench.import_images([stamp(late / "new.fits", 77.0, 7.0)]).result(60)
    with pytest.raises(UserError, match="no object lies"):
        on_io(bench, places.nearest, 77.0, 7.0)
    places.forget()
    assert on_io(bench, places.nearest, 77.0, 7.0) > 0


def test_that_a_plain_file_is_sent_itself_and_a_packed_one_as_a_plain_copy_with_its_sky(bench, sky, tmp_path):
    from astropy.io import fits
    from astropy.wcs import WCS

    file, title = on_io(bench, sendable, sky["east"])
    assert file == tmp_path / "images" / "east.fits"
    assert title.startswith("east")
    copy, _ = on_io(bench, sendable, sky["packed + odd"])
    assert copy.parent == bench.opened.project.cache_dir
    with fits.open(copy) as hdus, fits.open(tmp_path / "images" / "packed + odd.fits") as source:
        assert np.array_equal(hdus[0].data, source[1].data)
        here = WCS(hdus[0].header).pixel_to_world(3, 4)
        assert here.separation(WCS(source[1].header).pixel_to_world(3, 4)).arcsec < 1e-6


def test_that_the_table_keeps_the_order_and_blind_scores_stay_hidden_until_the_grade(bench, sky):
    from astropy.table import Table

    ids = np.array([sky["west"], sky["nowhere"], sky["east"]])
    store = bench.opened.store
    bench.opened.on_db(lambda: store.put_scores("m", ids.tolist(), [1.0, 2.0, 3.0], [0.1, 0.2, 0.3]))
    bench.opened.on_db(lambda: store.add_model("m", backend="toy", folder="m", verdict="accepted", champion=True))
    bench.label(sky["east"], "A").result(60)
    blind = Table.read(on_io(bench, queue_table, ids, True), format="votable")
    assert list(blind["ID"]) == ["west", "nowhere", "east"]
    assert list(blind["grade"]) == ["", "", "A"]
    assert np.isnan(np.ma.filled(blind["ra"], np.nan)).tolist() == [False, True, False]
    assert np.isnan(np.ma.filled(blind["score"], np.nan)).tolist() == [True, True, False]
    seen = Table.read(on_io(bench, queue_table, ids, False), format="votable")
    assert list(seen["score"]) == [0.1, 0.2, 0.3]


@pytest.mark.parametrize(("ra", "dec"), [(np.nan, 0.0), (0.0, np.nan), (np.inf, 0.0), (10.0, 900.0), (10.0, -np.inf)])
def test_that_numbers_that_are_no_place_on_the_sky_find_nothing(bench, sky, ra, dec):
    with pytest.raises(UserError, match="is no place on the sky; send finite degrees"):
        on_io(bench, lambda opened: Places().nearest(opened, ra, dec))
