"""Campaigns of graders on a project: other tools' tables in, who is how good, what they add up to, and what is written."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from astrolens_gui import cli
from astrolens_gui.api import UserError
from astrolens_gui.core.grading import boxsets
from astrolens_gui.workbench import Workbench

COUNT = 24
SKILLS = {"ada": (0.9, 0.95), "bob": (0.7, 0.8), "cyd": (0.85, 0.7)}


def run(*argv):
    return cli.run([str(one) for one in argv], lambda *_: 0)


def write_table(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def stamps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("campaign")
    (folder / "images").mkdir()
    y, x = np.mgrid[:26, :26] - 12.5
    noise = np.random.default_rng(0)
    for n in range(COUNT):
        data = 50 * np.exp(-np.hypot(x, y) / 3) + (20 * np.exp(-((np.hypot(x, y) - 8) ** 2) / 2) if n % 3 == 0 else 0)
        head = {"FILTER": "VIS", "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRPIX1": 13.5, "CRPIX2": 13.5,
                "CRVAL1": 10 + n / 10, "CRVAL2": -3.0, "CDELT1": -0.1 / 3600, "CDELT2": 0.1 / 3600}  # fmt: skip
        image = (data + noise.normal(size=data.shape)).astype(np.float32)
        fits.writeto(folder / "images" / f"c{n:02d}.fits", image, fits.Header(head))
    write_table(folder / "truth.csv", ["ID,is_lens", *(f"c{n:02d},{int(n % 3 == 0)}" for n in range(0, COUNT, 2))])
    return folder


@pytest.fixture(scope="module")
def project(stamps: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three graders' tables, one of another tool each."""
    folder = tmp_path_factory.mktemp("project") / "p.astrolens"
    random = np.random.default_rng(5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASTROLENS_HOME", str(folder.parent / "home"))
        assert run("import", folder, stamps / "images") == 0
        for who, (p_l, p_d) in SKILLS.items():
            said = ["A" if random.random() < (p_l if n % 3 == 0 else 1 - p_d) else "X" for n in range(COUNT)]
            rows = [f"{n},c{n:02d}.fits,{g},{g},,,{g},26,{2 + n % 3}.5,0.1" for n, g in enumerate(said)]
            header = ",file_name,classification,subclassification,ra,dec,comment,image_dim,time,pixel_size"
            table = write_table(folder.parent / f"classification_single_{who}_{COUNT}.csv", [header, *rows])
            assert run("label", folder, "--from", table) == 0
    return folder


@pytest.fixture
def bench(project: Path):
    with Workbench.start() as bench:
        bench.open(project).result(30)
        yield bench


@pytest.fixture
def own(stamps: Path, tmp_path: Path):
    """A project of one test alone."""
    with Workbench.start() as bench:
        bench.open(tmp_path / "own.astrolens", create={}).result(30)
        bench.import_images([stamps / "images"]).result(60)
        yield bench


def test_that_another_tools_table_brings_grader_grades_and_times_and_the_second_time_nothing(bench, project):
    labels = bench.opened.on_db(lambda: bench.store.labels("ada"))
    assert len(labels) == COUNT
    assert {one.grade for one in labels} == {"A", "X"}
    assert labels[1].seconds == 3.5
    report = bench.import_labels(project.parent / f"classification_single_ada_{COUNT}.csv").result(30)
    assert report.added == 0
    assert any("not added again" in note for note in report.notes)


def test_that_nothing_of_a_mosaic_is_dropped(own, tmp_path):
    rows = ["c00.fits,1.0,1.0", "c01.fits,0.0,2.0", "c02.fits,0.0,0.0", "gone.fits,1.0,3.0", "c01.fits,1.0,101.0"]
    table = write_table(tmp_path / "classification_mosaic_autosave_7.csv", ["file_name,classification,Grid_pos", *rows])
    report = own.import_foreign(table, "ada").result(30)
    assert report.refused == [f"{table.name}: line 5: there is no object 'gone.fits' in this project"]
    said = {row.name: (row.grade, row.why) for row in own.opened.on_db(lambda: own.store.labels())}
    assert said["c00"] == ("marked", f"import {table.name}")
    assert said["c01"] == ("marked", f"duplicate import {table.name}")
    assert any("1 rows were never on a screen" in note for note in report.notes)
    assert own.import_foreign(table, "ada").result(30).added == 0


@pytest.mark.parametrize("tool", ["savary", "qtstamp", "astrorank", "lensrater", "anomalymatch"])
def test_that_a_grader_goes_to_another_tool_and_comes_back(tool, own, stamps, tmp_path, capsys):
    given = {"c00": "A", "c01": "X", "c02": "B", "c03": "C"}
    rows = [f"{name},{grade},ada,{'thin arc' if name == 'c00' else ''}" for name, grade in given.items()]
    own.import_labels(write_table(tmp_path / "g.csv", ["ID,grade,grader,comment", *rows])).result(30)
    out = tmp_path / ("classification_single_ada_24.csv" if tool == "qtstamp" else "out.csv")
    count, notes = own.hand_on(tool, out, "ada").result(30)
    assert count == (4 if tool != "anomalymatch" else 3)
    assert ("1 graded objects are not in it" in notes) == (tool == "anomalymatch")
    assert run("export", tmp_path / "own.astrolens", "--format", tool, "--grader", "ada", "--out", out) == 0
    assert capsys.readouterr().out.startswith(f"{count} labels in {out}\n")
    assert any("comment" in note for note in notes) == (tool in {"qtstamp", "lensrater", "anomalymatch"})
    back = tmp_path / "back.astrolens"
    assert run("import", back, stamps / "images") == 0
    assert run("label", back, "--from", out, "--grader", "ada") == 0
    with Workbench.start() as other:
        other.open(back).result(30)
        said = {one.name: one.grade for one in other.opened.on_db(lambda: other.store.labels())}
    wanted = given if tool != "anomalymatch" else {"c00": "marked", "c01": "X", "c02": "marked"}
    assert said == wanted
    with pytest.raises(UserError, match="zoe has no grades in own; graders are ada"):
        own.hand_on(tool, out, "zoe").result(30)


def test_that_unknown_labels_comments_and_tags_stay(own, tmp_path):
    rows = ['c00.fits,SA,None,"thin, red"', "c01.fits,QSO,None, ", "c02.fits,None,None,look again"]
    table = write_table(tmp_path / "t.csv", ["file_name,classification,subclassification,comment", *rows])
    report = own.import_labels(table, "ada").result(30)
    said = {row.name: (row.grade, row.comment) for row in own.opened.on_db(lambda: own.store.labels(graded=False))}
    assert said == {"c00": ("C", "thin, red; single arc"), "c01": ("QSO", ""), "c02": ("", "look again")}
    assert any("'QSO' has no grade here; its 1 rows" in note for note in report.notes)


def test_that_several_peoples_answers_are_not_asked_to_be_one(own, tmp_path):
    two = write_table(tmp_path / "t.csv", ["ID,is_lens,grader", "c00,1,ada", "c00,0,bob"])
    with pytest.raises(UserError, match="columns ID, grade and grader"):
        own.import_labels(two).result(30)
    table = write_table(tmp_path / "u.csv", ["ID,grade,grader", "c00,A,ada", "c00,X,bob"])
    assert own.import_labels(table).result(30).added == 2


def test_that_projects_merge_once_and_places_must_agree(stamps, own, tmp_path, capsys, project):
    folder = tmp_path / "zoe.astrolens"
    assert run("import", folder, stamps / "images") == 0
    table = write_table(tmp_path / "t.csv", ["ID,grade,grader", "c00,A,zoe", "c01,X,zoe"])
    assert run("label", folder, "--from", table) == 0
    made = own.merge([folder]).result(30)
    assert (made.added, made.graders) == (2, {"zoe": 2})
    assert own.merge([folder]).result(30).added == 0
    assert own.agreement().result(30).graders[0].name == "zoe"
    with pytest.raises(UserError, match="is this very project"):
        own.merge([tmp_path / "own.astrolens"]).result(30)
    assert run("merge", folder, project) == 0
    assert f"{3 * COUNT:,} labels taken (ada {COUNT}, bob {COUNT}, cyd {COUNT})" in capsys.readouterr().out
    (tmp_path / "moved").mkdir()
    with fits.open(stamps / "images" / "c00.fits") as image:
        image[0].header["CRVAL2"] += 0.01
        image.writeto(tmp_path / "moved" / "c00.fits")
    other = tmp_path / "moved.astrolens"
    assert run("import", other, tmp_path / "moved") == 0
    with pytest.raises(UserError, match="no object that is called as one of"):
        own.merge([other]).result(30)


def test_that_a_graders_skill_does_not_depend_on_which_project_was_merged_into_which(stamps, tmp_path):
    folders = [tmp_path / f"{name}.astrolens" for name in ("early", "late", "early2", "late2")]
    grades = {"early": ("A", "X"), "late": ("X", "A")}
    for day, name in enumerate(grades, 1):
        lens, dud = grades[name]
        rows = [f"c{n:02d},{dud if n % 3 else lens},ada,2026-01-{day:02d}T10:{n:02d}:00Z" for n in range(COUNT)]
        table = write_table(tmp_path / f"{name}.csv", ["ID,grade,grader,time", *rows])
        for folder in (tmp_path / f"{name}.astrolens", tmp_path / f"{name}2.astrolens"):
            assert run("import", folder, stamps / "images") == 0
            assert run("label", folder, "--from", table) == 0
    assert run("merge", folders[0], folders[1]) == 0
    assert run("merge", folders[3], folders[2]) == 0
    made = []
    for folder in (folders[0], folders[3]):
        with Workbench.start() as bench:
            bench.open(folder).result(30)
            made.append(bench.agreement(stamps / "truth.csv").result(30).graders[0])
    assert made[0].skill == made[1].skill
    assert made[0].skill.hits == made[0].skill.lenses  # the first answers were all right
    assert made[0].work == made[1].work


def test_that_golden_objects_are_told_by_the_grades_of_a_scheme_that_has_one_without_a_number(stamps, tmp_path):
    folder = tmp_path / "p.astrolens"
    assert run("import", folder, stamps / "images", "--scheme", "euclid") == 0  # A, B, C, I (no number), X
    table = write_table(
        tmp_path / "t.csv", ["ID,grade,grader", "c00,A,ada", "c02,B,ada", "c04,C,ada", "c06,I,ada", "c08,X,ada"]
    )
    assert run("label", folder, "--from", table) == 0
    with Workbench.start() as bench:
        bench.open(folder).result(30)
        found = bench.agreement(stamps / "truth.csv").result(30).graders[0].confusion
    assert found == {"A": (1, 0), "B": (0, 1), "C": (0, 1), "X": (0, 1)}


def test_that_names_cut_at_forty_letters_are_found_by_their_beginning(own, stamps, tmp_path):
    long = "a_very_long_name_of_a_stamp_in_some_survey_00017"
    (tmp_path / f"{long}.fits").write_bytes((stamps / "images" / "c00.fits").read_bytes())
    own.import_images([tmp_path / f"{long}.fits"]).result(30)
    table = write_table(tmp_path / "saved.csv", [f"{long[:40]},L,None,arc, red", "c01.fits,NL,None,"])
    own.import_labels(table, "ada").result(30)
    assert {row.name: row.grade for row in own.opened.on_db(lambda: own.store.labels())} == {long: "A", "c01": "X"}


def test_that_each_grader_is_measured_on_the_golden_objects(bench, stamps):
    found = bench.agreement(stamps / "truth.csv").result(30)
    assert [one.name for one in found.graders] == ["ada", "bob", "cyd"]
    assert (found.golden, found.lenses) == (12, 4)
    ada = found.graders[0]
    lenses = ada.confusion["A"][0]
    assert ada.skill.p_l == (lenses + 1) / (4 + 2)
    assert sum(map(sum, ada.confusion.values())) == 12
    assert ada.work.pace.median_s == 3.5
    assert found.pairs.common.tolist() == [[COUNT] * 3] * 3
    assert found.fleiss.objects == COUNT
    assert ada.learnt.p_d_interval[0] < ada.learnt.p_d < ada.learnt.p_d_interval[1]


def test_that_undone_grades_count_nowhere_and_duplicates_are_answers_of_their_own(own, stamps):
    queue = own.queue("random").result(30)
    ids = dict(zip(queue.name, queue.object.tolist(), strict=True))
    for name, grade, why in (
        ("c00", "A", "queue"),
        ("c01", "B", "queue"),
        ("c00", "X", "duplicate"),
        ("c01", "B", "duplicate"),
    ):
        own.label(ids[name], grade, why=why).result(30)
    own.label(ids["c02"], "A").result(30)
    own.undo().result(30)
    [one] = own.agreement(stamps / "truth.csv").result(30).graders
    assert (one.own.pairs, one.own.same) == (2, 1)
    assert one.confusion == {"A": (1, 0)}
    assert one.work.graded == 2
    own.undo().result(30)
    own.redo().result(30)
    assert own.agreement().result(30).graders[0].own.pairs == 2


def test_that_lists_posteriors_and_disagreements_add_up(bench, stamps, tmp_path):
    found = bench.consensus(golden=stamps / "truth.csv").result(30)
    assert sum(found.lists.values()) == COUNT
    means = [one.mean for one in found.verdicts]
    assert means == sorted(means, reverse=True)
    assert all(one.range == 3 for one in found.apart)
    assert {one.object for one in found.apart} == {one.object for one in found.verdicts if 0 < one.mean < 3}
    by_posterior = bench.consensus("posterior", golden=stamps / "truth.csv").result(30)
    right = [(one.posterior > 0.5) == (int(one.object[1:]) % 3 == 0) for one in by_posterior.verdicts]
    assert np.mean(right) > 0.8
    assert bench.write_consensus(found, tmp_path / "list.csv").result(30) == COUNT
    with (tmp_path / "list.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert float(rows[0]["mean"]) == means[0]
    assert set(rows[0]) > {"ra_deg", "grade_ada", "grade_bob", "posterior", "list"}
    with pytest.raises(UserError, match="a consensus is by"):
        bench.consensus("guess").result(30)


def test_that_a_list_is_the_same_in_every_format(bench, stamps, tmp_path):
    from astropy.io import votable
    from astropy.table import Table

    found = bench.consensus(golden=stamps / "truth.csv").result(30)
    for ending in ("csv", "fits", "vot", "parquet", "reg"):
        if ending == "parquet":
            pytest.importorskip("pyarrow")
        bench.write_consensus(found, tmp_path / f"list.{ending}").result(30)
    with (tmp_path / "list.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    votable.parse(tmp_path / "list.vot", verify="exception")
    fields = {one.name: one.ucd for one in votable.parse_single_table(tmp_path / "list.vot").fields}
    assert fields["ra_deg"] == "pos.eq.ra;meta.main"
    for file in ("list.fits", "list.vot"):
        table = Table.read(tmp_path / file)
        assert list(table.colnames) == list(rows[0])
        assert [str(one) for one in table["ID"]] == [row["ID"] for row in rows]
        assert table["mean"].tolist() == [float(row["mean"]) for row in rows]
        assert str(table["ra_deg"].unit) == "deg"
    lines = (tmp_path / "list.reg").read_text().splitlines()
    assert sum(line.startswith("circle(") for line in lines) == len(found.listed) > 0
    with pytest.raises(UserError, match="the ending says the format"):
        bench.write_consensus(found, tmp_path / "list.doc").result(30)


def test_that_an_agreed_grade_decides_the_list_and_is_no_graders_own(own, tmp_path, capsys):
    rows = ["c00,A,ada", "c00,X,bob", "c01,A,ada", "c01,A,bob", "c02,X,ada", "c02,A,bob"]
    own.import_labels(write_table(tmp_path / "g.csv", ["ID,grade,grader", *rows])).result(30)
    before = own.agreement().result(30)
    assert [one.object for one in own.consensus().result(30).apart] == ["c00", "c02"]
    queue = own.queue("random").result(30)
    ids = dict(zip(queue.name, queue.object.tolist(), strict=True))
    own.label(ids["c00"], "X", why="joint random#1").result(30)
    own.label(ids["c00"], "A", why="joint random#1").result(30)
    own.label(ids["c02"], "X", why="joint random#2").result(30)
    found = own.consensus().result(30)
    assert [one.object for one in found.apart] == []
    assert {one.object: found.list_of(one) for one in found.verdicts} == {"c00": "A", "c01": "A", "c02": ""}
    assert {one.object: found.grades_of(one) for one in found.verdicts}["c00"] == "3 0 → 3"
    after = own.agreement().result(30)
    assert after.fleiss == before.fleiss
    assert [one.name for one in after.graders] == ["ada", "bob"]
    own.undo().result(30)
    assert [one.object for one in own.consensus().result(30).apart] == ["c02"]
    assert own.write_consensus(found, tmp_path / "l.csv").result(30) == 3
    with (tmp_path / "l.csv").open(encoding="utf-8") as file:
        assert {row["ID"]: (row["list"], row["agreed"]) for row in csv.DictReader(file)}["c02"] == ("", "0.0")
    own.report(tmp_path / "r.html").result(60)
    assert "1 were graded again by the graders together" in (tmp_path / "r.html").read_text(encoding="utf-8")
    with pytest.raises(UserError, match=r"r\.pdf: the report is one HTML file; end it in \.html"):
        own.report(tmp_path / "r.pdf").result(60)
    with pytest.raises(
        UserError, match=r"no exporter 'foo'; there are: .*csv.*; and besides these: coco, yolo, sled, parquet, savary"
    ):
        own.export("foo", tmp_path / "x.csv").result(60)


def test_that_the_commands_print_what_the_verbs_find(project, stamps, tmp_path, capsys):
    assert run("agreement", project, "--golden", stamps / "truth.csv") == 0
    said = capsys.readouterr().out
    assert "12 golden objects, 4 of them lenses" in said
    assert "Krippendorff" in said
    assert run("agreement", project, "--json") == 0
    assert json.loads(capsys.readouterr().out)["graders"][0]["grader"] == "ada"
    assert run("consensus", project, "--by", "posterior", "--out", tmp_path / "l.csv", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["objects"]) == COUNT
    assert (tmp_path / "l.csv").is_file()
    for rules in ("holismokes", "holismokes-c"):
        assert run("consensus", project, "--by", "posterior", "--rules", rules, "--out", tmp_path / "no.csv") == 1
        assert f"the rules {rules} are of grades" in capsys.readouterr().err
    assert not (tmp_path / "no.csv").exists()
    assert run("consensus", project, "--by", "trimmed", "--rules", "holismokes-c", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["rules"], "C" in told["lists"]) == ("holismokes-c", True)
    assert run("consensus", project) == 0
    said = capsys.readouterr().out
    assert "±" not in said  # a spread of grades is no error of their mean
    assert "prior share of lenses" in said
    assert "estimated with the graders' skills" in said
    assert "objects need no more graders" in said
    assert "3 3 3" in said
    assert run("agreement", project, "--golden", tmp_path / "none.csv") == 1
    assert "there is no such table" in capsys.readouterr().err


def test_that_boxes_become_training_sets_and_lists_an_upload(own, stamps, tmp_path):
    queue = own.queue("random").result(30)
    ids = dict(zip(queue.name, queue.object.tolist(), strict=True))
    own.add_box(ids["c00"], {"class_name": "lens", "x": 5.0, "y": 20.0, "w": 6.0, "h": 4.0, "band": "VIS"}).result(30)
    for name, grade in (("c00", "A"), ("c01", "X"), ("c03", "B")):
        own.label(ids[name], grade).result(30)
    assert own.export("coco", tmp_path / "c.json").result(30) == 1
    pages, boxes = boxsets.read_coco((tmp_path / "c.json").read_text(), "c.json")
    assert [page.name for page in pages] == ["c00.fits", "c01.fits", "c03.fits"]
    assert boxes == [boxsets.Box("c00.fits", "lens", 5.0, 20.0, 6.0, 4.0)]
    assert own.export("yolo", tmp_path / "yolo").result(30) == 1
    assert (tmp_path / "yolo/labels/c01.txt").read_text() == ""
    assert not (tmp_path / "yolo/labels/c03.txt").exists()
    assert own.export("sled", tmp_path / "s.json").result(30) == 2
    first = json.loads((tmp_path / "s.json").read_text())[0]
    assert (first["score"], first["flag"], round(first["ra"], 3)) == (3.0, "CANDIDATE", 10.0)
    assert first["mugshot"] == "c00.png"
    assert first["info"] == "1 grader, mean grade 3.00 of 3"


def test_that_nobody_having_graded_is_said_so(own):
    with pytest.raises(UserError, match="nobody has graded"):
        own.agreement().result(30)


def test_that_the_report_is_one_file_with_every_number(project, stamps, tmp_path):
    out = tmp_path / "r.html"
    assert run("report", project, "--golden", stamps / "truth.csv", "--out", out) == 0
    text = out.read_text(encoding="utf-8")
    for said in (
        f"3 graders gave {3 * COUNT} grades to {COUNT} of {COUNT} objects",
        "12 objects are of known class (4 lenses)",
        "Fleiss’ κ",
        "Golden lenses on a list",
        "Purity of the lists, by posteriors",
        "objects need no more graders by the stop rule: 6 grades",
        "data:image/png;base64,",
        "@media print",
        "ada",
    ):
        assert said in text, said
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert "https://" not in text
    assert 'src="data:' in text
    assert "nan" not in text.split("</style>")[1].replace(" name", "").split("base64")[0]
    assert run("report", project, "--out", tmp_path / "none" / "r.html") == 1


def test_that_a_report_tells_what_is_found_by_einstein_radius_and_arc_snr(own, stamps, tmp_path):
    lines = [f"c{n:02d},{int(n % 3 == 0)},{0.5 + n / 20},{n + 2}" for n in range(COUNT)]
    truth = write_table(tmp_path / "truth.csv", ["ID,is_lens,theta_E_arcsec,arc_snr", *lines])
    rows = [f"c{n:02d},{'A' if n % 6 == 0 else 'X'},{who}" for n in range(COUNT) for who in ("ada", "bob")]
    own.import_labels(write_table(tmp_path / "g.csv", ["ID,grade,grader", *rows])).result(30)
    [ada, _] = own.agreement(truth).result(30).graders
    found = [(one.quantity, sum(each.found for each in one.bins)) for one in ada.found]
    assert found == [("theta_E_arcsec", 4), ("arc_snr", 4)]
    own.report(tmp_path / "r.html", truth).result(60)
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Golden lenses found, by Einstein radius, arcsec" in text
    assert "0.50 (4/8)" in text
    assert "by posteriors" not in text  # every graded object is golden: there is nothing to estimate


def test_that_a_report_holds_two_dozen_graders_and_one(own, tmp_path):
    who = [f"grader with a long name {n:02d}" for n in range(24)]
    rows = [f"c{n:02d},{'AX'[(n + at) % 5 == 0]},{name}" for n in range(8) for at, name in enumerate(who)]
    own.import_labels(write_table(tmp_path / "g.csv", ["ID,grade,grader", *rows])).result(30)
    own.report(tmp_path / "r.html", None, "posterior").result(60)
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    matrix = text.split('class="tight keep"')[1].split("</table>")[0]
    assert matrix.count("<th>") == 25
    assert "<th>24</th>" in matrix
    assert "<td>24 grader with a long name 23</td>" in matrix
    assert "Two graders have 8 objects in common." in text
    assert "HOLISMOKES" not in text  # by the posterior nothing is listed by their rule
    assert "(– h)" not in text


def test_that_the_spread_of_a_sum_of_chances_is_that_of_a_simulation():
    from astrolens_gui.workbench.reportfound import chances

    each = np.array([0.99, 0.97, 0.9, 0.6, 0.4, 0.2, 0.05] * 6)
    drawn = (np.random.default_rng(3).random((40_000, each.size)) < each).sum(1)
    low, high = np.quantile(drawn, (0.025, 0.975), method="inverted_cdf")
    assert chances(each) == pytest.approx((low, high), abs=1)
    many = np.tile(each, 60)
    half = 1.96 * np.sqrt((many * (1 - many)).sum())
    assert chances(many) == pytest.approx((many.sum() - half, many.sum() + half), abs=0.1)
    assert chances(np.ones(3)) == (3, 3)


def test_that_a_picture_comes_back_as_it_was():
    from io import BytesIO

    from matplotlib.image import imread

    from astrolens_gui.core.images import png

    pixels = np.random.default_rng(1).integers(0, 255, (5, 7, 4), dtype=np.uint8)
    back = np.round(imread(BytesIO(png.encode(pixels)), format="png") * 255)
    assert (back == pixels[..., 2::-1]).all()
