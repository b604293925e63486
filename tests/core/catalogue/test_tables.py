"""Tables of sources: text stays text in every format, numbers are numbers, and columns are found by name, UCD and unit."""

from __future__ import annotations

import bz2
import gzip
import time
from pathlib import Path

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, Table

from astrolens_gui.api import UserError
from astrolens_gui.core.catalogue import columns, tables


def written(folder: Path, text: str, name: str = "cat.csv") -> tables.Table:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return tables.read(path)


def test_that_ids_stay_what_was_written(tmp_path: Path) -> None:
    table = written(tmp_path, "ID,ra,dec\n00012,150.1,2.2\nNA,150.2,2.3\nNone,150.3,2.4\n,150.4,2.5\n")
    assert table.text("ID") == ["00012", "NA", "None", ""]
    assert table.values("ID") == ["00012", "NA", "None", ""]


def test_that_numbers_are_numbers_and_gaps_are_none(tmp_path: Path) -> None:
    table = written(tmp_path, "ID,mag,n,flag\n1,21.5,3,a\n2,--,4,\n3,nan,5,b\n4,1e3,007,c\n")
    assert table.values("mag") == [21.5, None, None, 1000.0]
    assert table.values("n") == ["3", "4", "5", "007"]  # a leading zero: text, all of it
    assert table.values("ID") == [1, 2, 3, 4]
    assert table.values("flag") == ["a", "", "b", "c"]
    assert table.numbers("flag") is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "\ufeffID,RA,DEC\r\nx,150.5,-2.5\r\n"),
        ("a.tsv", "ID\tRA\tDEC\nx\t150.5\t-2.5\n"),
        ("a.txt", "# made by hand\nID;RA;DEC\nx;150.5;-2.5\n"),
        ("a.dat", "# ID RA DEC\nx   150.5  -2.5\n"),
        ("a.cat", "#   1 ID   name\n#   2 RA   right ascension [deg]\n#   3 DEC   declination [deg]\n x 150.5 -2.5\n"),
        ("v.tsv", "# VizieR\n#\nID\tRA\tDEC\n \tdeg\tdeg\n---\t-----\t-----\nx\t150.5\t-2.5\n"),
        ("i.csv", ",ID,RA,DEC,Unnamed: 0,\n0,x,150.5,-2.5,9,\n"),
    ],
)
def test_that_every_dialect_gives_the_same_table(tmp_path: Path, name: str, text: str) -> None:
    table = written(tmp_path, text, name)
    assert list(table.names) == ["ID", "RA", "DEC"]
    assert table.text("ID") == ["x"]
    found = columns.mapped(table)
    assert (found.id, found.ra, found.dec) == ("ID", "RA", "DEC")
    assert [float(v[0]) for v in columns.positions(table, found)] == [150.5, -2.5]


@pytest.mark.parametrize("format", ["fits", "votable", "ascii.ecsv", "parquet"])
def test_that_binary_tables_keep_units_names_and_gaps(tmp_path: Path, format: str) -> None:
    path = tmp_path / {"fits": "c.fits", "votable": "c.vot", "ascii.ecsv": "c.ecsv", "parquet": "c.parquet"}[format]
    made = Table({"name": ["007", "b"], "ra": [150.5, 151.0] * units.deg, "dec": [2.0, -2.0] * units.deg})
    made["mag"] = MaskedColumn([21.5, 0.0], mask=[False, True])
    if format == "parquet":
        pytest.importorskip("pyarrow")
        made["ra"].unit = made["dec"].unit = None
        made["mag"] = [21.5, np.nan]
    made.write(path, format=format)
    table = tables.read(path)
    assert table.text("name") == ["007", "b"]
    assert table.values("mag") == [21.5, None]
    assert columns.mapped(table).ra == "ra"
    if format != "parquet":
        assert table.units["ra"] == "deg"


SUFFIX_OF = {"fits": "fits", "votable": "vot", "ascii.ecsv": "ecsv", "ascii.csv": "csv", "parquet": "parquet"}


@pytest.mark.parametrize("format", SUFFIX_OF)
@pytest.mark.parametrize("first", [12, 2**53 + 1])
def test_that_whole_numbers_stay_exact_beside_masked_ones(tmp_path: Path, format: str, first: int) -> None:
    if format == "parquet":
        pytest.importorskip("pyarrow")
    ids = [first, first + 1, first + 2]
    made = Table({"ID": MaskedColumn(ids, mask=[0, 1, 0], fill_value=-1), "parent": MaskedColumn(ids, mask=[1, 0, 0])})
    made["flag"] = MaskedColumn(["a", "b", "c"], mask=[0, 0, 1])
    made.write(tmp_path / f"c.{SUFFIX_OF[format]}", format=format)
    table = tables.read(tmp_path / f"c.{SUFFIX_OF[format]}")
    assert table.names == ("ID", "parent", "flag")  # no ID.mask
    assert table.text("ID") == [str(first), "", str(first + 2)]
    assert table.values("parent") == [None, first + 1, first + 2]
    assert [type(value) for value in table.values("parent")[1:]] == [int, int]
    assert table.values("flag") == ["a", "b", ""]
    np.testing.assert_array_equal(table.numbers("ID"), np.array([first, np.nan, first + 2]))
    assert table.head(2).text("ID") == [str(first), ""]


def test_that_gaps_in_parquet_change_no_number(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    given = {
        "id": pyarrow.array([2**53 + 1, None, 14]),
        "coded": pyarrow.array([12, None, 14]).dictionary_encode(),
        "unsigned": pyarrow.array([2**64 - 1, None, 14], pyarrow.uint64()),
        "pandas": pyarrow.array([12.0, None, 14.0]),
        "flag": pyarrow.array([True, None, False]),
        "star.mask": pyarrow.array([True, False, True]),  # of no column: one of its own
    }
    parquet.write_table(pyarrow.table(given), tmp_path / "c.parquet")
    table = tables.read(tmp_path / "c.parquet")
    assert table.text("id") == ["9007199254740993", "", "14"]
    assert table.text("coded") == table.text("pandas") == ["12", "", "14"]
    assert table.values("unsigned") == [2**64 - 1, None, 14]
    assert table.values("flag") == [True, None, False]
    assert table.values("star.mask") == [True, False, True]


def test_that_bytes_in_parquet_are_text(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    made = Table({"ID": MaskedColumn([b"a1", "é".encode(), b"x"], mask=[0, 0, 1]), "ra": [1.0, 2.0, 3.0]})
    made.write(tmp_path / "c.parquet")
    table = tables.read(tmp_path / "c.parquet")
    assert (table.names, table.text("ID")) == (("ID", "ra"), ["a1", "é", ""])


def test_that_parquet_without_pyarrow_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    path = tmp_path / "c.parquet"
    path.write_bytes(b"PAR1" + bytes(100))
    real = builtins.__import__

    def without(name: str, *more: object, **named: object) -> object:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *more, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UserError, match=r"c\.parquet.*pip install"):
        tables.read(path)


@pytest.mark.parametrize("text", ["", "\n\n", "1,2,3\n4,5,6\n", "ID,ra\n1,2,3,4\n", "ID,ra,dec\n"])
def test_that_what_is_no_table_is_one_sentence_with_its_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError, match=r"cat\.csv") as refused:
        written(tmp_path, text)
    assert "\n" not in str(refused.value)


def test_that_repeated_names_and_array_columns_do_no_harm(tmp_path: Path) -> None:
    table = written(tmp_path, "ID,mag,mag,ra,dec\na,1,2,3,4\n")
    assert len(set(table.names)) == 5
    path = tmp_path / "arrays.fits"
    Table({"ID": ["a"], "ra": [1.0], "dec": [2.0], "flux": np.zeros((1, 5))}).write(path)
    assert tables.read(path).left_out == ("flux",)


@pytest.mark.parametrize(
    ("ra", "dec", "unit"),
    [
        ("10:02:24.0", "-00:30:00", ""),
        ("10 02 24.0", "-00 30 00", '"h:m:s"'),
        ("10h02m24.0s", "-00d30m00s", ""),
        ("10.04", "-0.5", "h"),
        ("2.6284", "-0.00872664626", "rad"),
        ("150.6", "-0.5", "deg"),
    ],
)
def test_that_angles_come_out_in_degrees(tmp_path: Path, ra: str, dec: str, unit: str) -> None:
    table = written(tmp_path, f"ID,RAJ2000,DEJ2000\nx,{ra},{dec}\n")
    units_of = {"RAJ2000": unit, "DEJ2000": unit if unit == "rad" else ""}
    table = tables.Table(table.path, table.columns, units_of)
    found = columns.positions(table, columns.mapped(table))
    assert float(found[0][0]) == pytest.approx(150.6, abs=0.02 if unit == "rad" else 1e-9)
    assert float(found[1][0]) == pytest.approx(-0.5, abs=1e-7)


def test_that_sexagesimal_equals_astropys(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    sky = SkyCoord(random.uniform(0, 360, 200), random.uniform(-89, 89, 200), unit="deg")
    ra, dec = sky.ra.to_string("hour", sep=":", precision=6), sky.dec.to_string(sep=":", precision=6, alwayssign=True)
    table = written(tmp_path, "ra,dec\n" + "".join(f"{a},{d}\n" for a, d in zip(ra, dec, strict=True)))
    found = columns.positions(table, columns.mapped(table))
    assert SkyCoord(*found, unit="deg").separation(sky).max().mas < 0.1


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            "NUMBER,ALPHA_J2000,DELTA_J2000,FLUX_RADIUS,X_IMAGE,Y_IMAGE",
            ("ALPHA_J2000", "NUMBER", "FLUX_RADIUS", "X_IMAGE"),
        ),
        ("name,RA [deg],DEC [deg],zlens", ("RA [deg]", "name", "", "")),
        ("id,xcentroid,ycentroid,flux", ("", "id", "", "xcentroid")),
        ("objid,ra,dec,x,y,score,z_phot", ("ra", "objid", "", "x")),
    ],
)
def test_that_columns_are_found_by_their_usual_names(tmp_path: Path, header: str, expected: tuple[str, ...]) -> None:
    table = written(tmp_path, f"{header}\n" + ",".join(str(n + 1) for n in range(len(header.split(",")))) + "\n")
    found = columns.mapped(table)
    assert (found.ra, found.id, found.size, found.x) == expected
    assert found.first == (1.0 if found.x == "X_IMAGE" else 0.0)


def test_that_a_ucd_comes_before_a_name(tmp_path: Path) -> None:
    table = written(tmp_path, "ra,dec,lon,lat\n1,2,3,4\n")
    ucds = {"lon": "pos.eq.ra;meta.main", "lat": "pos.eq.dec;meta.main"}
    found = columns.mapped(tables.Table(table.path, table.columns, {}, ucds))
    assert (found.ra, found.dec) == ("lon", "lat")


def test_that_a_mapping_is_obeyed_and_checked(tmp_path: Path) -> None:
    table = written(tmp_path, "a,b,ra,dec\n1,2,3,4\n")
    found = columns.mapped(table, {"ra": "a", "dec": "b", "id": ""})
    assert (found.ra, found.dec, found.id) == ("a", "b", "")
    with pytest.raises(UserError, match="no column 'c'; its columns are a, b, ra, dec"):
        columns.mapped(table, {"ra": "c"})
    with pytest.raises(UserError, match="no role 'colour'"):
        columns.mapped(table, {"colour": "a"})


def test_that_a_row_without_a_position_has_none(tmp_path: Path) -> None:
    table = written(tmp_path, "ra,dec\n10,20\n,\n400,0\n5,-91\n-10,3\n")
    ra, dec = columns.positions(table, columns.mapped(table))
    np.testing.assert_array_equal(np.isfinite(ra), [True, False, False, False, True])
    assert ra[4] == 350.0
    assert np.isfinite(dec).sum() == 2


def test_that_two_hundred_thousand_rows_are_read_in_a_moment(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("w") as file:
        file.write("ID,ra,dec,mag\n")
        file.writelines(f"{n},{150 + n * 1e-6:.7f},{2 + n * 1e-6:.7f},{20 + n % 7}\n" for n in range(200_000))
    begun = time.monotonic()
    table = tables.read(path)
    assert len(table) == 200_000
    assert time.monotonic() - begun < 10


def test_that_lens_catalogues_are_understood(shared_data: Path) -> None:
    table = tables.read(shared_data / "catalogs" / "lenscat_1.1.3.csv")
    found = columns.mapped(table)
    ra, dec = columns.positions(table, found)
    assert (found.id, found.redshift) == ("name", "")  # its zlens holds remarks among the numbers
    assert np.isfinite(ra).mean() > 0.99
    assert np.abs(dec).max() <= 90


STREAM = '<STREAM href="{href}"/>'
NESTED = "<RESOURCE><RESOURCE><TABLE>{fields}<DATA><BINARY>{stream}</BINARY></DATA></TABLE></RESOURCE></RESOURCE>"
FIELDS = '<FIELD name="ra" datatype="double"/><FIELD name="dec" datatype="double"/>'


@pytest.mark.parametrize("element", ["BINARY", "BINARY2", "FITS", "PARQUET"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("hidden", [False, True])
def test_that_a_votable_fetches_nothing_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, element: str, encoding: str, hidden: bool
) -> None:
    (tmp_path / "secret").write_bytes(bytes(160))
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: pytest.fail("it was fetched"))
    stream = STREAM.format(href=(tmp_path / "secret").as_uri())
    body = NESTED.format(fields=FIELDS, stream="&rows;" if hidden else stream).replace("BINARY", element)
    inside = "".join(f"&#{ord(letter)};" for letter in stream)
    kind = f"<!DOCTYPE VOTABLE [<!ENTITY rows '{inside}'>]>" if hidden else ""
    text = f'<?xml version="1.0" encoding="{encoding}"?>{kind}<VOTABLE version="1.3">{body}</VOTABLE>'
    (tmp_path / "cat.vot").write_bytes(text.encode(encoding))
    with pytest.raises(UserError, match=r"cat\.vot: its rows lie in another file"):
        tables.read(tmp_path / "cat.vot")


@pytest.mark.parametrize(
    ("sizes", "rows"), [('arraysize="900000000"', ""), ("", 'nrows="900000000"'), ('arraysize="9000x9000"', "")]
)
def test_that_a_votable_that_declares_more_than_it_holds_is_refused(tmp_path: Path, sizes: str, rows: str) -> None:
    field = f'<FIELD name="ra" datatype="double" {sizes}/>'
    data = "<DATA><TABLEDATA><TR><TD>1</TD></TR></TABLEDATA></DATA>"
    text = f'<VOTABLE version="1.3"><RESOURCE><TABLE {rows}>{field}{data}</TABLE></RESOURCE></VOTABLE>'
    with pytest.raises(UserError, match="more values than fit into memory"):
        written(tmp_path, text, "cat.vot")


def test_that_a_packed_votable_is_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / "cat.vot").write_bytes(bz2.compress(b"<VOTABLE/>"))
    with pytest.raises(UserError, match="unpack it first"):
        tables.read(tmp_path / "cat.vot")


def test_that_a_column_with_one_endless_value_is_left_out(tmp_path: Path) -> None:
    lines = (f"s{at},1.5,2.5,{'x' * 130_000 if at == 7 else ''}\n" for at in range(40_000))
    table = written(tmp_path, "ID,ra,dec,note\n" + "".join(lines))
    assert (table.names, table.left_out) == (("ID", "ra", "dec"), ("note",))
    assert table.text("ID")[-1] == "s39999"
    assert sum(column.nbytes for column in table.columns.values()) < 1_000_000


def test_that_a_long_value_is_kept_where_there_is_room(tmp_path: Path) -> None:
    table = written(tmp_path, f"ID,ra,dec,note\n1,1,2,{'x' * 100_000}\n2,1,2,\n")
    assert len(table.text("note")[0]) == 100_000
    assert table.left_out == ()


def test_that_an_endless_value_of_a_parquet_file_is_left_out(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    notes = np.full(3000, "", object)
    notes[7] = "x" * 300_000
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"ra": np.arange(3000.0), "note": notes}), tmp_path / "wide.parquet")
    assert tables.read(tmp_path / "wide.parquet").left_out == ("note",)
    same = pyarrow.array(["x" * 300_000] * 1000).dictionary_encode()
    parquet.write_table(pyarrow.table({"note": same.cast(pyarrow.string())}), tmp_path / "bomb.parquet")
    assert (tmp_path / "bomb.parquet").stat().st_size < 1_000_000
    with pytest.raises(UserError, match="more than fits into memory"):
        tables.read(tmp_path / "bomb.parquet")


def test_that_a_packed_table_is_read_and_one_that_unpacks_without_end_is_not(tmp_path: Path) -> None:
    Table({"ra": [1.5], "dec": [2.5]}).write(tmp_path / "small.fits.gz", format="fits")
    assert tables.read(tmp_path / "small.fits.gz").names == ("ra", "dec")
    with gzip.open(tmp_path / "bomb.fits.gz", "wb", 1) as file:
        file.write(b"SIMPLE  =                    T".ljust(80))
        for _ in range(30):
            file.write(bytes(10_000_000))
    with pytest.raises(UserError, match="unpacks to over 256 MB"):
        tables.read(tmp_path / "bomb.fits.gz")


def test_that_a_table_of_too_many_columns_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="20,000 columns"):
        written(tmp_path, ",".join(f"c{at}" for at in range(20_000)) + "\n1\n")
