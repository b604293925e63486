"""Known lenses among a project's objects, and tables that a person explains column by column."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table

from astrolens_gui import cli
from astrolens_gui.api import UserError
from astrolens_gui.core.catalogue import known
from astrolens_gui.workbench import Workbench

LENSCAT = """name,RA [deg],DEC [deg],zlens,type,grading,ref
FAKE J0041-0330,10.0002,-3.0,0.43,galaxy,confident,Doe et al. (2099)
FAKE J0042-0315 | FAKE-010.5-03.25,10.1,-3.0003,0.55? | nan,group,probable,Doe et al. (2099) | Roe et al. (2099)
FAKE J0043-0300,10.3,-3.002,not measured,cluster,probable,Roe et al. (2099)
"""


def run(*argv):
    return cli.run([str(one) for one in argv], lambda *_: 0)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    for n in range(4):
        head = {"FILTER": "VIS", "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRPIX1": 8.5, "CRPIX2": 8.5,
                "CRVAL1": 10 + n / 10, "CRVAL2": -3.0, "CDELT1": -0.1 / 3600, "CDELT2": 0.1 / 3600}  # fmt: skip
        image = np.random.default_rng(n).normal(size=(16, 16)).astype(np.float32)
        fits.writeto(tmp_path / "images" / f"c{n}.fits", image, fits.Header(head))
    with Workbench.start() as bench:
        bench.open(tmp_path / "p.astrolens", create={}).result(30)
        bench.import_images([tmp_path / "images"]).result(60)
    return tmp_path / "p.astrolens"


def test_that_known_lenses_are_found_without_being_shown_and_serve_as_golden(project, tmp_path, monkeypatch, capsys):
    package = tmp_path / "site" / "lenscat" / "data"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").write_text("raise ImportError('never imported')")
    (package / "catalog.csv").write_text(LENSCAT)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    out = tmp_path / "known.csv"
    assert run("crossmatch", project, "--out", out) == 0
    assert "2 of 4 objects lie within 3 arcsec of a known lens" in capsys.readouterr().out
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["ID"] for row in rows] == ["c0", "c1"]
    place = SkyCoord(10.0, -3.0, unit="deg").separation(SkyCoord(10.0002, -3.0, unit="deg")).to_value(units.arcsec)
    assert float(rows[0]["separation_arcsec"]) == pytest.approx(place, abs=1e-3)
    assert [row["z_lens"] for row in rows] == ["0.43", "0.55"]
    assert rows[1]["known_as"] == "FAKE J0042-0315 | FAKE-010.5-03.25"
    assert run("crossmatch", project, "--confident", "--radius", 10, "--out", out) == 0
    assert [row.split(",")[0] for row in out.read_text().splitlines()] == ["ID", "c0"]
    with Workbench.start() as bench:
        bench.open(project).result(30)
        assert not bench.opened.on_db(lambda: bench.store.labels())
        queue = bench.queue("random").result(30)
        bench.label(int(queue.object[queue.name.index("c0")]), "A").result(30)
        assert (bench.agreement(out).result(30).golden, bench.agreement(out).result(30).lenses) == (1, 1)
    with pytest.raises(UserError, match="no columns for RA and Dec"):
        known.read(_write(tmp_path / "n.csv", "name,z\na,1\n"))


def test_that_without_the_package_a_table_is_asked_for(monkeypatch):
    monkeypatch.setattr(known, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'astrolens\[known\]'"):
        known.read(known.LENSCAT)


def test_that_the_nearest_lens_is_found_across_the_seam_and_at_the_pole():
    listed = known.Known(Path("x"), ["a", "b"], np.array([359.9999, 200.0]), np.array([0.0, 89.9999]))
    row, apart = known.nearest(np.array([0.0001, 20.0]), np.array([0.0, 89.9999]), listed)
    assert row.tolist() == [0, 1]
    assert apart == pytest.approx([0.72, 0.72], abs=1e-6)


def test_that_any_table_becomes_labels_once_its_columns_are_named(project, tmp_path, capsys):
    table = tmp_path / "published.fits"
    Table({"OBJ": ["c0", "c1", "c2"], "QUALITY": ["sure", "maybe", "odd"], "BY": ["ada", "ada", "bob"]}).write(table)
    options = ("--columns", "id=OBJ,grade=QUALITY,grader=BY", "--grades", "sure=A,maybe=B")
    assert run("label", project, "--from", table, *options) == 0
    said = capsys.readouterr().out
    assert "3 labels taken" in said
    assert "the label 'odd' has no grade here" in said
    with Workbench.start() as bench:
        bench.open(project).result(30)
        labels = bench.opened.on_db(lambda: bench.store.labels())
        assert {(one.name, one.grader, one.grade) for one in labels} == {
            ("c0", "ada", "A"), ("c1", "ada", "B"), ("c2", "bob", "odd"),
        }  # fmt: skip
    assert run("label", project, "--from", table, "--columns", "id=NAME,grade=QUALITY") == 1
    assert "there is no column NAME" in capsys.readouterr().err
    assert run("label", project, "--from", table, "--columns", "who=BY") == 1
    assert "there is no role who" in capsys.readouterr().err


def test_that_a_label_can_not_mean_a_grade_which_the_scheme_has_not(project, tmp_path, capsys):
    table = _write(tmp_path / "hers.csv", "name,said\nc0,A\nc1,sure\n")
    options = ("--columns", "id=name,grade=said", "--grader", "ada")
    assert run("label", project, "--from", table, *options, "--grades", "A=B,sure=Z") == 1
    assert "hers.csv: 'sure' can't mean 'Z', which is no grade of" in capsys.readouterr().err
    assert run("label", project, "--from", table, *options, "--grades", "sure=B") == 0
    said = capsys.readouterr().out
    assert "2 labels taken" in said
    assert "has no grade here" not in said  # A is one, though --grades does not name it


def test_that_a_published_list_without_names_is_joined_by_place(project, tmp_path, capsys):
    table = _write(
        tmp_path / "new_lenses.tsv",
        "ra\tdec\tsource_type\tgrade\n10.0001\t-3.0\tSER\tA\n10.1\t-3.0003\tDEV\tB\n10.2\t-3.01\tREX\tB\n",
    )
    assert run("label", project, "--from", table, "--columns", "ra=ra,dec=dec,grade=grade", "--grader", "stein") == 0
    said = capsys.readouterr().out
    assert "2 labels taken" in said
    assert "line 3: there is no object within 2 arcsec of 10.2 -3.01 in this project" in said
    with Workbench.start() as bench:
        bench.open(project).result(30)
        labels = bench.opened.on_db(lambda: bench.store.labels())
        assert {(one.name, one.grader, one.grade) for one in labels} == {("c0", "stein", "A"), ("c1", "stein", "B")}


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
