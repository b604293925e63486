"""Region files and boxes of a project: sky coordinates find their images, one undo takes an import back, tables come out whole."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from regions import Regions

from astrolens_gui.api import UserError
from astrolens_gui.workbench import Workbench


def plane(path: Path, at: tuple[float, float], turn: float = 0.0, scale: float = 0.2, size: int = 50) -> WCS:
    """A stamp of size² pixels centred at (RA, Dec), turned on the sky."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], at, [(size + 1) / 2] * 2
    wcs.wcs.radesys = "ICRS"
    r = math.radians(turn)
    wcs.wcs.cd = np.diag([-scale, scale]) / 3600 @ [[math.cos(r), -math.sin(r)], [math.sin(r), math.cos(r)]]
    header = wcs.to_header()
    header["FILTER"] = "VIS" if path.stem != "bare" else ""
    path.parent.mkdir(parents=True, exist_ok=True)
    fits.writeto(path, np.random.default_rng(1).normal(size=(size, size)).astype("f4"), header)
    return wcs


@pytest.fixture
def skies(tmp_path: Path) -> dict[str, WCS]:
    images = tmp_path / "images"
    made = {
        "west": plane(images / "west.fits", (150.0, 2.0)),
        "turned": plane(images / "turned.fits", (150.0005, 2.0005), turn=40.0, scale=0.1, size=100),
        "far": plane(images / "far.fits", (200.0, -30.0)),
    }
    fits.writeto(images / "bare.fits", np.ones((50, 50), "f4"))
    return made


@pytest.fixture
def bench(skies: dict[str, WCS], tmp_path: Path) -> Iterator[Workbench]:
    with Workbench.start() as bench:
        bench.settings.set("grader", "ana")
        bench.open(tmp_path / "p.astrolens", create={}).result(60)
        assert bench.import_images([tmp_path / "images"]).result(60).added == 4
        yield bench


def number(bench: Workbench, name: str) -> int:
    queue = bench.queue("random").result(30)
    return int(queue.object[queue.name.index(name)])


def test_that_a_box_drawn_on_one_plane_is_shown_where_astropy_puts_it_on_another(
    bench: Workbench, skies: dict[str, WCS]
) -> None:
    one = number(bench, "west")
    box = {"kind": "box", "x": 30.0, "y": 20.0, "w": 6.0, "h": 4.0, "angle": 0.0, "band": "VIS"}
    key = bench.add_box(one, box, wcs=skies["west"]).result(30).extra["boxes"][0]
    [row] = bench.boxes(one, skies["turned"]).result(30)
    truth = skies["turned"].world_to_pixel(skies["west"].pixel_to_world(30.0, 20.0))
    assert (row.x, row.y) == pytest.approx([float(v) for v in truth], abs=1e-4 / 0.1 * 0.1)
    assert (row.w, row.h) == pytest.approx((12.0, 8.0), rel=1e-5)
    bench.change_box(key, {"class_name": "arc"}).result(30)
    [named] = bench.boxes(one).result(30)
    assert (named.class_name, named.ra) == ("arc", row.ra)
    bench.change_box(key, {**box, "x": 10.0}, wcs=skies["west"]).result(30)
    [moved] = bench.boxes(one).result(30)
    sky = skies["west"].pixel_to_world(10.0, 20.0)
    assert sky.separation(SkyCoord(moved.ra, moved.dec, unit="deg")).arcsec < 1e-3
    bench.change_box(key, {**box, "x": 12.0}, wcs=None).result(30)
    [bare] = bench.boxes(one).result(30)
    assert (bare.x, bare.ra, bare.w_arcsec) == (12.0, None, None)  # no place on the sky is better than a wrong one


def test_that_regions_on_the_sky_go_to_every_image_they_fall_on(
    bench: Workbench, skies: dict[str, WCS], tmp_path: Path
) -> None:
    path = tmp_path / "some.reg"
    path.write_text('icrs\nbox(150.0005,2.0005,2",1",0) # text={both}\ncircle(200,-30,1")\ncircle(10,10,1")\n')
    report = bench.import_regions(path, number(bench, "far")).result(60)
    assert report.added == 3
    assert [str(one) for one in report.refused] == ["some.reg: 1 regions lie on no image of this project"]
    assert "3 regions on 3 objects" in report.notes[-1]
    rows = bench.boxes(None).result(30)
    names = {number(bench, name): name for name in skies}
    assert sorted(names[row.object] for row in rows) == ["far", "turned", "west"]
    [turned] = [row for row in rows if names[row.object] == "turned"]
    truth = skies["turned"].world_to_pixel(SkyCoord(150.0005, 2.0005, unit="deg"))
    assert (turned.x, turned.y) == pytest.approx([float(v) for v in truth], abs=1e-6)
    assert (turned.w, turned.h) == pytest.approx((20.0, 10.0), rel=1e-6)
    assert (turned.note, turned.source, turned.band) == ("both", "ana", "VIS")
    bench.undo().result(30)
    assert bench.boxes(None).result(30) == []
    bench.redo().result(30)
    assert len(bench.boxes(None).result(30)) == 3


def test_that_regions_in_pixels_go_to_the_object_on_the_screen(bench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "some.reg"
    path.write_text("image\nbox(10,20,4,6,0)\n")
    assert bench.import_regions(path, number(bench, "bare")).result(60).added == 1
    [row] = bench.boxes(None).result(30)
    assert (row.object, row.x, row.y, row.ra) == (number(bench, "bare"), 9.0, 19.0, None)
    assert bench.import_regions(path, number(bench, "west")).result(60).added == 1
    assert bench.boxes(number(bench, "west")).result(30)[0].ra == pytest.approx(150.0, abs=0.01)
    nobody = bench.import_regions(path, -1).result(60)
    assert (nobody.added, "image coordinates" in nobody.refused[0]) == (0, True)


def test_that_a_broken_region_file_adds_nothing(bench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "some.reg"
    path.write_text("image\nbox(10,20,4,6,0)\nbox(1\n")
    with pytest.raises(UserError, match=r"some\.reg: line 3"):
        bench.import_regions(path, number(bench, "west")).result(60)
    assert bench.boxes(None).result(30) == []


def test_that_what_is_written_for_ds9_comes_back_the_same(
    bench: Workbench, skies: dict[str, WCS], tmp_path: Path
) -> None:
    one, out = number(bench, "west"), tmp_path / "out.reg"
    with pytest.raises(UserError, match="no region on this object"):
        bench.write_regions(out, one).result(30)
    box = {"kind": "box", "x": 30.0, "y": 20.0, "w": 6.0, "h": 4.0, "angle": 0.0, "band": "VIS", "note": "a; b"}
    bench.add_box(one, box, {**box, "kind": "circle", "h": 6.0, "class_name": "arc"}, wcs=skies["west"]).result(30)
    assert bench.write_regions(out, one).result(30) == 2
    assert len(Regions.read(out, format="ds9")) == 2
    before = bench.boxes(one).result(30)
    bench.undo().result(30)
    assert bench.import_regions(out, one).result(60).added >= 2
    after = bench.boxes(one).result(30)
    for was, now in zip(before, after, strict=True):
        assert (now.kind, now.class_name, now.note) == (was.kind, was.class_name, was.note)
        assert (now.x, now.y, now.w, now.h) == pytest.approx((was.x, was.y, was.w, was.h), abs=1e-4)
        assert (now.ra, now.dec) == pytest.approx((was.ra, was.dec), abs=2e-10)


def test_that_boxes_are_exported_as_a_table_and_as_regions(
    bench: Workbench, skies: dict[str, WCS], tmp_path: Path
) -> None:
    one = number(bench, "west")
    bench.add_box(one, {"x": 30.0, "y": 20.0, "w": 6.0, "h": 4.0}, wcs=skies["west"]).result(30)
    bench.add_box(number(bench, "bare"), {"x": 3.0, "y": 2.0, "w": 6.0, "h": 4.0}).result(30)
    assert bench.export("boxes", tmp_path / "boxes.csv").result(30) == 2
    with open(tmp_path / "boxes.csv", newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        table = {row["ID"]: row for row in reader}
    assert ",".join(reader.fieldnames or ()).startswith("ID,path,class,score,x,y,w,h,ra_deg,dec_deg,")
    west, bare = table["west"], table["bare"]
    assert (west["class"], west["score"], west["x"], west["source"]) == ("lens", "", "30.0", "ana")
    sky = skies["west"].pixel_to_world(30.0, 20.0)
    assert (float(west["ra_deg"]), float(west["dec_deg"])) == pytest.approx((sky.ra.deg, sky.dec.deg), abs=1e-9)
    assert (bare["x"], bare["ra_deg"]) == ("3.0", "")
    assert bench.export("reg", tmp_path / "boxes.reg").result(30) == 2
    kinds = [type(one).__name__ for one in Regions.read(tmp_path / "boxes.reg", format="ds9")]
    assert sorted(kinds) == ["RectanglePixelRegion", "RectangleSkyRegion"]


def test_that_measurements_come_out_with_the_labels(bench: Workbench, tmp_path: Path) -> None:
    west, far = number(bench, "west"), number(bench, "far")
    bench.label(west, "A").result(30)
    bench.export("csv", tmp_path / "before.csv").result(30)
    assert "theta_E" not in (tmp_path / "before.csv").read_text()
    bench.measure(west, {"theta_E_arcsec": 1.25, "n_images": 4}).result(30)
    bench.measure(far, {"separation_arcsec": 2.5}).result(30)
    assert bench.measures(west).result(30) == {"theta_E_arcsec": 1.25, "n_images": 4}
    bench.export("csv", tmp_path / "after.csv").result(30)
    with open(tmp_path / "after.csv", newline="", encoding="utf-8") as file:
        rows = {row["ID"]: row for row in csv.DictReader(file)}
    assert (rows["west"]["grade"], rows["west"]["theta_E_arcsec"], rows["west"]["n_images"]) == ("A", "1.25", "4")
    assert (rows["far"]["grade"], rows["far"]["separation_arcsec"], rows["far"]["grader"]) == ("", "2.5", "ana")
    bench.export("fits", tmp_path / "after.fits").result(30)
    assert fits.getdata(tmp_path / "after.fits")["theta_E_arcsec"].tolist()[0] in (
        1.25,
        pytest.approx(math.nan, nan_ok=True),
    )
