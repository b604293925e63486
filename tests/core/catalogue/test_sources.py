"""A catalogue and large images: each source in the right tile and band, nothing twice, nothing lost without being counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import Cutout2D
from astropy.table import MaskedColumn, Table
from astropy.wcs import WCS

from astrolens_gui.api import Context, UserError
from astrolens_gui.core.catalogue import columns, mosaics, sources, tables
from astrolens_gui.workbench import Workbench, importing

SIDE, SCALE = 400, 0.2
RA, DEC = 150.0, 2.0


def header(band: str, crpix: tuple[float, float] = (200.5, 200.5), scale: float = SCALE) -> fits.Header:
    made = fits.Header()
    made["CTYPE1"], made["CTYPE2"] = "RA---TAN", "DEC--TAN"
    made["CRVAL1"], made["CRVAL2"], made["CRPIX1"], made["CRPIX2"] = RA, DEC, *crpix
    made["CD1_1"], made["CD2_2"], made["FILTER"], made["TELESCOP"] = -scale / 3600, scale / 3600, band, "VST"
    return made


def mosaic(
    path: Path, band: str, crpix: tuple[float, float] = (200.5, 200.5), scale: float = SCALE, side: int = SIDE
) -> Path:
    image = np.random.default_rng(len(band) + int(crpix[0])).normal(10, 1, (side, side)).astype(np.float32)
    path.parent.mkdir(exist_ok=True)
    fits.PrimaryHDU(image, header(band, crpix, scale)).writeto(path)
    return path


def catalogue(path: Path, places: list[tuple[float, float]], ids: list[str] | None = None) -> Path:
    """Sources at these offsets from the middle, in pixels of 0.2 arcsec."""
    at = WCS(header("r")).pixel_to_world_values(*(np.array(places).T + 199.5))
    rows = zip(ids or [f"s{n:03d}" for n in range(len(places))], *at, strict=True)
    tables.write_csv(path, ("ID", "RA", "DEC", "mag"), [(id, f"{a:.8f}", f"{d:.8f}", 20.5) for id, a, d in rows])
    return path


def located(table: Path, images: list[Path], **how: Any) -> sources.Found:
    read = tables.read(table)
    return sources.locate(read, columns.mapped(read), mosaics.find(images)[0], **{"size_px": 32, **how})


@pytest.fixture
def bench() -> Iterator[Workbench]:
    with Workbench.start() as bench:
        yield bench


def test_that_a_window_is_cutout2ds(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    places = random.uniform(-198, 198, (40, 2)).tolist()
    image = mosaic(tmp_path / "m" / "r.fits", "r")
    found = located(catalogue(tmp_path / "c.csv", places), [image])
    data, sky = fits.getdata(image), WCS(fits.getheader(image))
    from astrolens_gui.core.images import readers

    for record in sources.records(found, Context()):
        plane = found.mosaics[0].plane.from_dict(record.planes[0], image)
        at = sky.world_to_pixel_values(record.ra, record.dec)
        theirs = Cutout2D(data, (float(at[0]), float(at[1])), 32, mode="partial", fill_value=np.nan)
        np.testing.assert_array_equal(readers.read(plane), theirs.data)


def test_that_sources_outside_are_refused_and_counted(tmp_path: Path) -> None:
    table = catalogue(tmp_path / "c.csv", [(0, 0), (5000, 0), (0, -5000), (100, 100)])
    found = located(table, [mosaic(tmp_path / "r.fits", "r")])
    assert sorted(found.names) == ["s000", "s003"]
    (left,) = found.left
    assert left.sources == 2
    assert str(left) == "c.csv: 2 sources (s001, s002): they lie in none of the images"
    assert found.said() == "4 sources, 2 lie in the images"
    wide = replace(found, table=replace(found.table, left_out=("psf", "notes")))
    assert wide.said().endswith("; not kept, for they hold arrays or very long values: psf, notes")


def test_that_the_antipode_is_not_taken_for_the_image(tmp_path: Path) -> None:
    tables.write_csv(
        tmp_path / "c.csv", ("ID", "RA", "DEC"), [("here", RA, DEC), ("there", RA + 180, -DEC), ("far", 330, 2)]
    )
    assert located(tmp_path / "c.csv", [mosaic(tmp_path / "r.fits", "r")]).names == ["here"]


def test_that_a_source_in_two_tiles_takes_the_one_where_it_is_furthest_from_the_edge(tmp_path: Path) -> None:
    west = mosaic(tmp_path / "west_r.fits", "r", (300.5, 200.5))
    east = mosaic(tmp_path / "east_r.fits", "r", (100.5, 200.5))
    found = located(catalogue(tmp_path / "c.csv", [(-20, 0), (20, 0), (-250, 0)]), [west, east])
    tile = {record.name: record.planes[0]["path"] for record in sources.records(found)}
    assert tile == {"s000": "west_r.fits", "s001": "east_r.fits", "s002": "west_r.fits"}


def test_that_bands_of_other_pixels_show_the_same_sky(tmp_path: Path) -> None:
    images = [mosaic(tmp_path / "VIS.fits", "VIS"), mosaic(tmp_path / "H.fits", "H", (65.5, 65.5), 0.6, 130)]
    found = located(catalogue(tmp_path / "c.csv", [(0, 0), (30, 60)]), images, size_px=None, size_arcsec=12.0)
    for record in sources.records(found):
        assert {plane["band"]: plane["shape"] for plane in record.planes} == {"VIS": [60, 60], "H": [20, 20]}
        middles = {}
        for plane, image in zip(record.planes, (found.mosaics[n] for n in found.tile[:, 0]), strict=True):
            x0, y0, w, h = plane["window"]
            middles[plane["band"]] = image.sky.pixel_to_world(x0 + (w - 1) / 2, y0 + (h - 1) / 2)
        assert middles["VIS"].separation(middles["H"]).arcsec < 0.6


def test_that_images_without_a_sky_are_met_by_pixels(tmp_path: Path) -> None:
    fits.PrimaryHDU(np.zeros((100, 120), np.float32)).writeto(tmp_path / "field_g.fits")
    tables.write_csv(tmp_path / "c.csv", ("id", "xcentroid", "ycentroid"), [(1, 50.2, 60.7), (2, 500, 3)])
    found = located(tmp_path / "c.csv", [tmp_path / "field_g.fits"])
    (record,) = sources.records(found)
    assert record.planes[0]["window"] == [35, 45, 32, 32]
    assert (record.planes[0]["band"], record.ra, record.where) == ("g", None, "field_g.fits#1")
    with pytest.raises(UserError, match=r"field_g\.fits: it has no WCS.*name the columns x and y"):
        located(catalogue(tmp_path / "sky.csv", [(0, 0)]), [tmp_path / "field_g.fits"])
    with pytest.raises(UserError, match="pixel scale is unknown"):
        located(tmp_path / "c.csv", [tmp_path / "field_g.fits"], size_px=None)


def test_that_repeated_ids_are_refused_and_no_ids_are_named_by_position(tmp_path: Path) -> None:
    image = mosaic(tmp_path / "r.fits", "r")
    found = located(catalogue(tmp_path / "c.csv", [(0, 0), (9, 9), (20, 0)], ["a", "b", "a"]), [image])
    assert sorted(found.names) == ["a", "b"]
    assert "their ID repeats" in str(found.left[0])
    tables.write_csv(tmp_path / "n.csv", ("ra", "dec"), [("150.00000", "2.00000"), ("149.9999", "1.9999")])
    assert sorted(located(tmp_path / "n.csv", [image]).names) == ["J095959.97+015959.6", "J100000.00+020000.0"]


def test_that_metadata_come_along_numbers_as_numbers(tmp_path: Path) -> None:
    rows = [("0007", RA, DEC, 21.5, "", "E", 0.4)]
    tables.write_csv(tmp_path / "c.csv", ("ID", "RA", "DEC", "mag_r", "gap", "type", "z_phot"), rows)
    (record,) = sources.records(located(tmp_path / "c.csv", [mosaic(tmp_path / "r.fits", "r")]))
    assert record.name == "0007"
    assert record.meta == {
        "telescope": "VST",
        "catalogue": "c.csv",
        "mag_r": 21.5,
        "type": "E",
        "z_phot": 0.4,
        "redshift": 0.4,
    }


def test_that_weight_maps_and_other_formats_are_no_images(tmp_path: Path) -> None:
    mosaic(tmp_path / "m" / "r.fits", "r")
    mosaic(tmp_path / "m" / "r_weight.fits", "r")
    found, refused = mosaics.find([tmp_path / "m"])
    assert [Path(one.plane.path).name for one in found] == ["r.fits"]
    assert "WEIGHT" in str(refused[0])


def test_that_galactic_images_are_met_by_equatorial_catalogues(tmp_path: Path) -> None:
    from astropy.coordinates import SkyCoord

    there = SkyCoord(RA, DEC, unit="deg").galactic
    made = header("r")
    made["CTYPE1"], made["CTYPE2"], made["CRVAL1"], made["CRVAL2"] = "GLON-TAN", "GLAT-TAN", there.l.deg, there.b.deg
    fits.PrimaryHDU(np.zeros((SIDE, SIDE), np.float32), made).writeto(tmp_path / "r.fits")
    found = located(catalogue(tmp_path / "c.csv", [(0, 0)]), [tmp_path / "r.fits"])
    assert (found.x[0, 0], found.y[0, 0]) == (pytest.approx(199.5, abs=0.01), pytest.approx(199.5, abs=0.01))


# -- into a project


def test_that_importing_again_changes_nothing_and_another_band_adds_to_it(bench: Workbench, tmp_path: Path) -> None:
    table = catalogue(tmp_path / "c.csv", [(0, 0), (40, 40), (-90, 20), (4000, 0)])
    red = mosaic(tmp_path / "m" / "r.fits", "r")
    bench.open(tmp_path / "p.astrolens", create={}).result(60)
    first = bench.import_catalogue(table, [red], size_px=32).result(60)
    assert (first.added, first.updated, sum(one.sources for one in first.refused)) == (3, 0, 1)
    again = bench.import_catalogue(table, [red], size_px=32).result(60)
    assert (again.added, again.updated) == (0, 0)
    blue = mosaic(tmp_path / "m" / "g.fits", "g")
    more = bench.import_catalogue(table, [red, blue], size_px=32).result(60)
    assert (more.added, more.updated) == (0, 3)
    names = bench.queue("random").result(60)
    assert sorted(names.name) == ["s000", "s001", "s002"]


def test_that_another_catalogues_ids_never_move_a_graded_source(bench: Workbench, tmp_path: Path) -> None:
    image = mosaic(tmp_path / "r.fits", "r")
    bench.open(tmp_path / "p.astrolens", create={}).result(60)
    bench.import_catalogue(catalogue(tmp_path / "one.csv", [(0, 0), (50, 50)]), [image], size_px=32).result(60)
    before = {row.name: row.ra for row in bench.images.rows(bench.queue("random").result(60).object)}
    other = catalogue(tmp_path / "two.csv", [(90, 90), (50.5, 50)])
    report = bench.import_catalogue(other, [image], size_px=32).result(60)
    assert [(one.sources, one.examples) for one in report.refused] == [(1, ("s000",))]
    rows = {row.name: row.ra for row in bench.images.rows(bench.queue("random").result(60).object)}
    assert rows["s000"] == before["s000"]
    report = bench.import_catalogue(other, [image], size_px=32, prefix="two-").result(60)
    assert report.added == 2


def test_that_catalogue_sources_go_the_whole_way(bench: Workbench, tmp_path: Path) -> None:
    """Import, thumbnails, view, training with the toy backend, scores, export."""
    random = np.random.default_rng(8)
    table = catalogue(tmp_path / "c.csv", random.uniform(-180, 180, (60, 2)).tolist())
    image = mosaic(tmp_path / "r.fits", "r")
    bench.open(tmp_path / "p.astrolens", create={}).result(60)
    assert bench.import_catalogue(table, [image], size_px=32).result(60).added == 60
    queue = bench.queue("random").result(60)
    from astrolens_gui.core.images.stretch import Recipe

    pictures = bench.thumbnails([int(one) for one in queue.object[:5]], 48, Recipe()).result(60)
    assert all(picture.shape[:2] == (48, 48) and picture[..., :3].std() > 5 for picture in pictures)
    shown = bench.image(int(queue.object[0])).result(60)
    assert shown.data.shape == (32, 32)
    assert shown.wcs is not None
    for place in range(40):
        bench.label(int(queue.object[place]), "A" if place % 2 else "X").result(60)
    trained = bench.train("toy").result(120)
    assert trained.verdict in {"accepted", "provisional"}
    scored = bench.score("toy").result(120)
    assert (scored.scored, scored.refused) == (60, [])
    assert bench.export("csv", tmp_path / "grades.csv").result(60) == 40
    assert (tmp_path / "grades.csv").read_text().count("s0") >= 40


@pytest.mark.parametrize("format", ["fits", "votable", "ascii.ecsv", "ascii.csv", "parquet"])
def test_that_masked_ids_rename_no_other_source(bench: Workbench, tmp_path: Path, format: str) -> None:
    if format == "parquet":
        pytest.importorskip("pyarrow")
    suffix = {"votable": "vot", "ascii.ecsv": "ecsv", "ascii.csv": "csv"}.get(format, format)
    ids, masked = 2**53 + 1 + np.arange(200), np.isin(np.arange(200), (3, 50, 51, 199))
    ra, dec = WCS(header("r")).pixel_to_world_values(*np.random.default_rng(4).uniform(20, 380, (2, 200)))
    made = Table({"ID": MaskedColumn(ids, mask=masked, fill_value=-1), "RA": ra, "DEC": dec})
    image = mosaic(tmp_path / "r.fits", "r")
    bench.open(tmp_path / "p.astrolens", create={}).result(60)
    made.write(tmp_path / f"c.{suffix}", format=format)
    assert bench.import_catalogue(tmp_path / f"c.{suffix}", [image], size_px=32).result(60).added == 200
    objects = bench.queue("random").result(60).object
    names = {row.name for row in bench.images.rows(objects)}
    assert names == {*map(str, ids[~masked].tolist()), "row4", "row51", "row52", "row200"}
    cleaned = made[~masked]
    cleaned["ID"] = ids[~masked]  # no longer one that could be masked
    cleaned.write(tmp_path / f"c.{suffix}", format=format, overwrite=True)
    again = bench.import_catalogue(tmp_path / f"c.{suffix}", [image], size_px=32).result(60)
    assert (again.added, again.refused) == (0, [])
    assert {row.name for row in bench.images.rows(bench.queue("random").result(60).object)} == names


def test_that_a_dialogs_question_is_answered_before_anything_is_imported(tmp_path: Path) -> None:
    table = catalogue(tmp_path / "c.csv", [(0, 0), (4000, 0)])
    image = mosaic(tmp_path / "r.fits", "r")
    read, said, left = importing.survey(table, [image], importing.Cutting(size_arcsec=6.4))
    assert said == "2 sources, 1 lie in the images; cutouts of 32 px."
    assert len(left) == 1
    assert importing.survey(table, [image], importing.Cutting(size_px=20), read)[0] is read
    assert importing.preview(table).guess["ra"] == "RA"


def test_that_a_multiband_field_of_real_images_is_walked(bench: Workbench, shared_data: Path, tmp_path: Path) -> None:
    from photutils.detection import find_peaks

    folder = shared_data / "fields" / "profound_multiband"
    image = fits.getdata(folder / "r.fits")
    peaks = find_peaks(np.nan_to_num(image), np.nanpercentile(image, 99.7), box_size=51)
    x, y = (np.asarray(peaks[name], float) for name in ("x_peak", "y_peak"))
    tables.write_csv(
        tmp_path / "peaks.csv", ("id", "x", "y"), [(n, *at) for n, at in enumerate(zip(x, y, strict=True))]
    )
    bench.open(tmp_path / "p.astrolens", create={}).result(60)
    report = bench.import_catalogue(
        tmp_path / "peaks.csv", sorted(folder.glob("*.fits")), size_px=48, pixel_scale=0.339
    ).result(120)
    assert report.added == len(x) > 100
    rows = bench.images.rows(bench.queue("random").result(60).object[:4])
    assert {plane["band"] for plane in rows[0].planes} == {"g", "r", "i", "Z"}
    shown = bench.image(rows[0].id, "r").result(60)
    x0, y0, *_ = next(plane["window"] for plane in rows[0].planes if plane["band"] == "r")
    at = (int(y[int(rows[0].name)]) - y0, int(x[int(rows[0].name)]) - x0)
    assert shown.data[at] == image[int(y[int(rows[0].name)]), int(x[int(rows[0].name)])]
