"""Other tools' tables, read as written and written back byte by byte."""

import pytest

from astrolens_gui.core.grading import boxsets, formats, qtstamp, rankers, savary

SAVARY = 'file_name,classification,subclassification,comment\nc1.fits,L,None,"faint, check"\nc2.fits,NL,Spiral, \nc3.fits,None,None, \n'
MOSAIC = "file_name,classification,Grid_pos\nc3.fits,0.0,1.0\nc1.fits,1.0,2.0\nc2.fits,0.0,0.0\n"
QT = (",file_name,classification,subclassification,ra,dec,comment,image_dim,time,pixel_size\n"
      "0,c1.fits,A,A,10.25,-3.5,A,101,6.41,0.1\n1,c2.fits,X,Spiral,10.5,-3.25,X,101,2.07,0.1\n"
      "2,c3.fits,Empty,Empty,,,Empty,,0.0,\n")  # fmt: skip
QT_MOSAIC = (
    "file_name,classification,grid_pos,page,time\nc3.fits,2.0,0,0,14.2\nc1.fits,1.0,1,0,14.2\nc2.fits,0.0,0,1,0.0\n"
)
ASTRORANK = "c_10.2500_-3.5000.jpg\t3\tnice arc\nc_10.5000_-3.2500.jpg\t0\t\nc_10.7500_-3.0000.jpg\t\t\n"
LENSRATER = "username,image,score\ng,c1.png,3\ng,c2.png,0\ng,c3.png,-1\n"
CASES = [
    ("savary-single", SAVARY, ["graded", "graded", "ungraded"], savary.write_single),
    ("savary-mosaic", MOSAIC, ["seen", "marked", "unseen"], savary.write_mosaic),
    ("savary-first", "c1,3\nc2,0\nc3,1\n", ["graded"] * 3, savary.write_first),
    ("qtstamp-single", QT, ["graded", "graded", "unseen"], qtstamp.write_single),
    ("qtstamp-mosaic", QT_MOSAIC, ["graded", "marked", "unseen"], qtstamp.write_mosaic),
    ("astrorank", ASTRORANK, ["graded", "graded", "ungraded"], lambda r: rankers.write_astrorank(r, comments=True)),
    ("lensrater", LENSRATER, ["graded", "seen", "unseen"], lambda r: rankers.write_lensrater(r, "g")),
]


@pytest.mark.parametrize(("kind", "text", "states", "write"), CASES, ids=[case[0] for case in CASES])
def test_that_a_tools_table_is_recognised_and_comes_back_byte_by_byte(tmp_path, kind, text, states, write):
    (tmp_path / "t.csv").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert [one.id for one in formats.sniff(text)] == [kind]
    taken = formats.read(tmp_path / "t.csv")
    assert [row.state for row in taken.rows] == states
    assert not taken.unmapped
    assert write(taken.rows) == text


def test_that_an_unknown_label_is_kept_and_counted():
    taken = savary.read_single(SAVARY.replace(",NL,", ",QSO,"), "t")
    assert taken.unmapped == {"QSO": 1}
    assert taken.rows[1].grade == ""


def test_that_coco_has_the_published_box_either_way_up_and_reads_back():
    page, box = boxsets.Picture("a.png", 101, 101), boxsets.Box("a.png", "lens", 50, 60, 20, 10)
    assert boxsets.to_corner(box, 101, flipped=False) == (40.5, 55.5, 20, 10)
    assert boxsets.to_corner(box, 101, flipped=True) == (40.5, 35.5, 20, 10)
    assert boxsets.read_coco(boxsets.coco([page], [box], flipped=True), "t") == ([page], [box])
    assert boxsets.yolo([page], [box], flipped=True)["labels/a.txt"] == "0 0.500000 0.400990 0.198020 0.099010\n"
