"""DS9 region files: read as DS9 writes them, written so that the regions package and we read the same again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from astropy.coordinates import Angle
from regions import Regions

from astrolens_gui.api import UserError
from astrolens_gui.core.images import regions_io

BY_HAND = """# Region file format: DS9 version 4.1
# Filename: field.fits
global color=green dashlist=8 3 width=1 font="helvetica 10 normal roman" select=1 edit=1 move=1 delete=1 include=1 source=1
icrs
circle(202.5,47.25,10.5")
box(13:30:00.0,+47:15:00.0,12.5",8",30) # color=red text={probable arc; north} tag={class=arc}
-ellipse(202.46,47.19,3",5",15)
polygon(0.001,47.19,359.999,47.19,0.0,47.2)
annulus(202.46,47.19,3",5")
# text(202.46,47.19) text={a word}
fk5
point(202.46,47.19) # point=x
image
circle(10,20,5)
polygon(1,1,11,1,11,21)
galactic;circle(104.85,68.56,4")
physical
box(30,40,10,20,0)
panda(202,47,0,360,4,3,5,1)
"""


def read(folder: Path, text: str) -> regions_io.Read:
    path = folder / "some.reg"
    path.write_text(text, encoding="utf-8")
    return regions_io.read(path)


def test_that_a_file_of_ds9_is_read_in_all_its_coordinate_systems(tmp_path: Path) -> None:
    found = read(tmp_path, BY_HAND)
    kinds = ["circle", "box", "ellipse", "polygon", "annulus", "point", "point", "circle", "polygon", "circle", "box"]
    assert [region["kind"] for region in found.regions] == kinds
    circle, box, ellipse, polygon, annulus, word = found.regions[:6]
    assert (circle["ra"], circle["dec"], circle["w_arcsec"]) == pytest.approx((202.5, 47.25, 21.0))
    assert (box["ra"], box["dec"]) == pytest.approx((202.5, 47.25))
    assert (box["w_arcsec"], box["h_arcsec"], box["pa_deg"]) == pytest.approx((12.5, 8.0, 30.0))
    assert (box["class_name"], box["note"], box["more"]) == ("arc", "probable arc; north", {"color": "red"})
    assert (ellipse["w_arcsec"], ellipse["h_arcsec"]) == pytest.approx((6.0, 10.0))  # DS9 writes half axes
    assert ellipse["more"] == {"exclude": True}
    assert polygon["ra"] == pytest.approx(0.0, abs=1e-9)  # the short way across RA 0
    assert annulus["more"]["inner"] == pytest.approx([0.6, 0.6])
    assert word["note"] == "a word"
    pixel, corner, _, physical = found.regions[7:]
    assert (pixel["x"], pixel["y"], pixel["w"]) == (9.0, 19.0, 10.0)  # DS9 counts from 1
    assert (corner["x"], corner["y"], corner["w"], corner["h"]) == (5.0, 10.0, 10.0, 20.0)
    assert "ra" not in physical
    assert [note.partition(": ")[2] for note in found.notes] == [
        "physical coordinates were taken for the image's own pixels",
        "panda is not used here, and left out",
    ]


def _numbers(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [number for one in value.values() for number in _numbers(one)]
    if isinstance(value, list):
        return [number for one in value for number in _numbers(one)]
    return [float(value)] if isinstance(value, int | float) else []


def test_that_what_is_written_is_read_again_to_a_milliarcsecond(tmp_path: Path) -> None:
    before = read(tmp_path, BY_HAND).regions
    text = regions_io.write(before)
    assert len(Regions.parse(text, format="ds9")) == len(before)
    after = read(tmp_path, text).regions
    for one, other in zip(before, after, strict=True):
        assert _numbers(one) == pytest.approx(_numbers(other), abs=1e-6)
        texts = ("kind", "class_name", "note")
        assert [one[name] for name in texts] == [other[name] for name in texts]
        assert one["more"].get("exclude") == other["more"].get("exclude")


def test_that_braces_and_line_breaks_do_not_break_the_file(tmp_path: Path) -> None:
    region = {
        "kind": "circle",
        "x": 1.0,
        "y": 2.0,
        "w": 3.0,
        "h": 3.0,
        "note": "a {b}\nc; d",
        "class_name": "lens",
        "ID": "x y",
    }
    [again] = read(tmp_path, regions_io.write([region])).regions
    assert again["note"] == "a 'b' c; d"


def test_that_no_region_is_a_file_that_ds9_opens(tmp_path: Path) -> None:
    assert regions_io.write([]).startswith("# Region file format: DS9")
    assert read(tmp_path, regions_io.write([])).regions == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            'fk5\ncircle(1,2,3")\ncircle(abc)\n',
            r"some\.reg: line 3 is no region that DS9 would write \(circle\(abc\)\)",
        ),
        ("icrs\nbox(1,2)\n", "line 2 is no region"),
        ("SIMPLE  =\0", "not a text file"),
        ("<?xml version='1.0'?>", "is XML"),
    ],
)
def test_that_a_broken_file_gives_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        read(tmp_path, text)


def test_that_a_missing_file_gives_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.reg cannot be read"):
        regions_io.read(tmp_path / "none.reg")


def test_that_an_empty_file_says_so(tmp_path: Path) -> None:
    assert "holds no region" in read(tmp_path, "\n").notes[0]


@pytest.mark.parametrize("system", ["image", "icrs", "galactic"])
@pytest.mark.parametrize(
    "shape",
    [
        "circle(nan,1,2)",
        "circle(inf,1,2)",
        "circle(1e308,1,2)",
        "circle(1,1,1e308)",
        "box(1,1,1e308,1e308)",
        "line(1,1,1e308,2)",
        "polygon(1,1,nan,2,3,3)",
        "polygon(1,1)",
        "polygon(1,1,2,2)",
        "polygon(1,1,1,1,2,2)",
    ],
)
def test_that_a_region_without_sense_is_left_out_and_counted(tmp_path: Path, system: str, shape: str) -> None:
    found = read(tmp_path, f"{system}\n{shape}\n{shape}\ncircle(3,4,5)\n")
    assert [region["kind"] for region in found.regions] == ["circle"]
    (note,) = found.notes
    assert note.startswith("some.reg: a ")
    assert note.endswith("is left out (2 times)")


def test_that_a_polygon_without_corners_is_no_failure(tmp_path: Path) -> None:
    found = read(tmp_path, "image\npolygon()\n")
    assert (found.regions, found.notes) == ([], ["some.reg: a polygon with fewer than three corners is left out"])


def test_that_regions_read_together_are_where_astropy_puts_each(tmp_path: Path) -> None:
    text = 'fk5\ncircle(10,20,5")\ngalactic\nline(104.85,68.56,105,69)\nfk4\npoint(202,47)\nimage\npoint(3,4)\nfk5\npoint(11,21)\n'
    found = read(tmp_path, text).regions
    for region, frame, at in zip(
        found, ["fk5", "galactic", "fk4", "", "fk5"], Regions.parse(text, format="ds9"), strict=True
    ):
        if not frame:
            assert (region["x"], region["y"]) == (2.0, 3.0)
            continue
        place = (at.start if frame == "galactic" else at.center).icrs
        first = region["more"]["sky"][0] if frame == "galactic" else (region["ra"], region["dec"])
        assert first == pytest.approx((place.ra.deg, place.dec.deg), abs=1e-9)


def test_that_finding_a_broken_line_parses_no_half_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed, package = [], regions_io._package
    monkeypatch.setattr(regions_io, "_package", lambda text: parsed.append(text.count("\n")) or package(text))
    text = "icrs\n" + "circle(150,2,3)\n" * 1000 + "galactic; circle(1,2,3)\n" + "circle(1,x,2)\n"
    with pytest.raises(UserError, match="line 1003 is no region"):
        read(tmp_path, text)
    assert sum(parsed) < 2.1 * 1000


@pytest.mark.parametrize(
    ("frame", "lon", "lat"),
    [
        ("galactic", 266, -29),
        ("galactic", 10, 90),
        ("fk4", 150, 80),
        ("fk5", 150, -80),
        ("ecliptic", 20, 0),
        ("icrs", 1, 2),
    ],
)
def test_that_an_angle_in_the_files_frame_becomes_one_from_the_north_of_icrs(
    tmp_path: Path, frame: str, lon: float, lat: float
) -> None:
    shapes = ('box({},{},20",6",25)', 'ellipse({},{},20",6",25)', 'box({},{},2",1",4",2",25)', 'circle({},{},5")')
    text = f"{frame}\n" + "\n".join(shape.format(lon, lat) for shape in shapes)
    here = Regions.parse(text, format="ds9")[0].center
    along = here.directional_offset_by(Angle(25, "deg"), Angle(1, "arcsec"))  # where the box's own y axis points
    wanted = here.icrs.position_angle(along.icrs).deg
    *turned, circle = read(tmp_path, text).regions
    assert [one["kind"] for one in turned] == ["box", "ellipse", "annulus"]
    for one in turned:
        assert (one["pa_deg"] - wanted + 180) % 360 - 180 == pytest.approx(0, abs=1e-4)
    assert circle["pa_deg"] == 0.0
