"""A blind campaign on real files: golden objects painted, mixed in, kept off lists and trainings; stages with their audit."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from astrolens_gui import cli
from astrolens_gui.api import Context, UserError
from astrolens_gui.workbench import Workbench, blind, finding, golden


def grade_all(bench: Workbench, answer: Any, names: Any = None) -> None:
    """Everything ungraded in the queue, in its order."""
    table = bench.queue("random").result(60)
    for at in range(len(table)):
        if not table.labelled[at] and (names is None or table.name[at] in names):
            bench.label(int(table.object[at]), answer(table.name[at]), why=table.why(at)).result(60)


@pytest.fixture
def painted(bench: Workbench, project: Path) -> list[golden.Golden]:
    return bench.golden_paint(12, 0.5, "des_gri", seed=4).result(300)


def test_that_painted_objects_are_in_the_project_under_names_like_the_others(bench, project, painted):
    names = bench.queue("random").result(60).name
    mine = {one.name for one in painted}
    assert len(mine) == 12
    assert mine <= set(names)
    shape = re.compile(re.sub(r"\d+", r"\\d+", names[0].rsplit("/")[-1]))
    assert all(shape.fullmatch(one) for one in mine)
    assert 0 < sum(one.is_lens for one in painted) < 12
    assert all(one.theta_e > 0 and one.arc_snr > 0 for one in painted if one.is_lens)
    assert {one.host for one in painted} <= set(names)


def test_that_the_files_of_golden_objects_do_not_say_what_they_are(bench, project, painted):
    from astropy.io import fits

    heads = set()
    for path in sorted((project / golden.ADDED).rglob("*.fits")):
        assert "paint" not in path.name
        header = fits.getheader(path, 0)
        heads.add(str(header.get("HISTORY", "")))
    assert len(heads) == 1
    assert "truth" not in {path.stem for path in (project / golden.ADDED).rglob("*")}


def test_that_golden_objects_come_at_their_share_and_say_so_only_in_the_reason(bench, project, painted):
    bench.set_blind(golden=0.2).result(60)
    table = bench.queue("random").result(60)
    places = [at for at in range(len(table)) if int(table.object[at]) in table.golden]
    assert len(places) == 12
    assert np.diff([-1, *places]).max() <= 11
    assert table.why(places[0]).startswith("golden random#")
    plain = next(at for at in range(len(table)) if at not in places)
    assert table.why(plain).startswith("random#")


def test_that_graders_are_known_by_painted_objects_and_these_are_on_no_list(bench, project, painted, tmp_path):
    lens = {one.name: one.is_lens for one in painted}
    grade_all(bench, lambda name: "A" if lens.get(name, False) else "X")
    found = bench.agreement().result(60)
    assert (found.golden, found.lenses) == (12, sum(lens.values()))
    assert found.graders[0].skill.p_l > 0.8
    together = bench.consensus().result(60)
    assert together.listed == []
    assert {together.list_of(one) for one in together.verdicts if one.object in lens} == {golden.PAINTED}
    bench.write_consensus(together, tmp_path / "list.csv").result(60)
    with (tmp_path / "list.csv").open() as lines:
        said = {row["ID"]: row["list"] for row in csv.DictReader(lines)}
    assert {said[name] for name in lens} == {"painted"}


def test_that_no_model_learns_from_painted_objects(bench, project, painted):
    lens = {one.name: one.is_lens for one in painted}
    grade_all(bench, lambda name: "A" if lens[name] else "X", names=lens)
    with pytest.raises(UserError, match="no grades to learn from"):
        bench.train("toy", {}).result(60)


def test_that_known_objects_become_golden_from_a_table(bench, project, tmp_path):
    table = bench.queue("random").result(60)
    rows = [(table.name[0], 1), (table.name[1], 0)]
    (tmp_path / "known.csv").write_text("ID,is_lens\n" + "".join(f"{name},{lens}\n" for name, lens in rows))
    assert bench.golden_take(tmp_path / "known.csv").result(60) == 2
    assert bench.golden_take(tmp_path / "known.csv").result(60) == 0
    before = {one.name: one.is_lens for one in golden.read(bench.project.folder)}
    text = (tmp_path / "known.csv").read_text(encoding="utf-8")
    (tmp_path / "right.csv").write_text(
        text.replace(",1", ",2").replace(",0", ",1").replace(",2", ",0"), encoding="utf-8"
    )
    assert bench.golden_take(tmp_path / "right.csv").result(60) == 2  # a mistake is corrected
    after = {one.name: one.is_lens for one in golden.read(bench.project.folder)}
    assert sum(before[name] != after[name] for name in before) == 2
    assert bench.golden_take(tmp_path / "known.csv").result(60) == 2
    turns = bench.turns().result(60)
    assert {one.words for one in turns.golden.values()} == {"a known lens", "known to be no lens"}
    (tmp_path / "others.csv").write_text("ID,is_lens\nnobody,1\n")
    with pytest.raises(UserError, match="compare their names"):
        bench.golden_take(tmp_path / "others.csv").result(60)


def test_that_duplicates_are_due_again_after_a_restart(bench, project):
    bench.set_blind(duplicates=0.5, spacing=5).result(60)
    table = bench.queue("random").result(60)
    turns = bench.turns().result(60)
    for at in range(30):
        bench.label(int(table.object[at]), "X", why=table.why(at)).result(60)
        turns.repeats.answered(int(table.object[at]))
    again = bench.turns().result(60)
    assert again.repeats == turns.repeats
    due = again.repeats.due()
    assert due is not None
    bench.label(due, "B", why="duplicate random#1").result(60)
    assert bench.turns().result(60).repeats.due() != due
    own = bench.agreement().result(60).graders[0].own
    assert (own.pairs, own.same) == (1, 0)


def test_that_a_stage_looks_again_at_what_came_through_and_audits_the_rest(bench, project):
    table = bench.queue("random").result(60)
    good = set(table.name[:10])
    grade_all(bench, lambda name: "B" if name in good else "X")
    stage = bench.begin_stage("B", 0.4).result(60)
    assert (stage.number, len(stage.survivors), stage.rejected, len(stage.audited)) == (2, 10, 50, 20)
    turns = bench.turns().result(60)
    assert set(turns.left) == {*stage.survivors, *stage.audited}
    for one in turns.left:
        why = f"{'audit ' if one in stage.audited else ''}{stage.reason} random#1"
        keep = one in stage.survivors or one == stage.audited[0]
        bench.label(one, "A" if keep else "X", why=why).result(60)
    assert bench.turns().result(60).left == ()
    [told] = bench.stages().result(60)
    assert (told.looked, told.kept, told.audited, told.missed) == (10, 10, 20, 1)
    assert told.lost[0] == pytest.approx(50 / 20)
    assert told.lost[1] < 2.5 < told.lost[2]
    assert bench.end_stage().result(60).number == 2
    assert bench.turns().result(60).stage is None
    assert bench.end_stage().result(60) is None


def test_that_an_audit_without_a_stage_that_begins_is_refused(bench, project, capsys):
    good = set(bench.queue("random").result(60).name[:10])
    grade_all(bench, lambda name: "B" if name in good else "X")
    for options in (["--audit", "0.4"], ["--audit", "0.4", "--end"]):
        assert cli.run(["stage", str(project), *options], lambda *_: 0) == 1
        assert "--audit is drawn when a stage begins: say --from GRADE too" in capsys.readouterr().err
    assert bench.stages().result(60) == []
    for options, audited in ((["--audit", "0.4"], 20), ([], 2)):
        assert cli.run(["stage", str(project), "--from", "B", *options], lambda *_: 0) == 0
        stage = bench.stages().result(60)[-1].stage
        assert (len(stage.survivors), len(stage.audited)) == (10, audited)
        assert cli.run(["stage", str(project), "--end"], lambda *_: 0) == 0


def test_that_a_third_stage_follows_from_the_second_and_wrong_grades_are_refused(bench, project):
    with pytest.raises(UserError, match="nobody has graded"):
        bench.begin_stage("B", 0.1).result(60)
    with pytest.raises(UserError, match="no grade 'Q'"):
        bench.begin_stage("Q", 0.1).result(60)
    table = bench.queue("random").result(60)
    good = set(table.name[:10])
    grade_all(bench, lambda name: "B" if name in good else "X")
    second = bench.begin_stage("B", 0.0).result(60)
    for one in second.survivors[:4]:
        bench.label(one, "A", why=f"{second.reason} random#1").result(60)
    third = bench.begin_stage("A", 0.0).result(60)
    assert (third.number, third.survivors, third.rejected) == (3, second.survivors[:4], 6)


@pytest.mark.parametrize("values", [{"duplicates": 0.9}, {"spacing": 0}, {"golden": -0.1}])
def test_that_settings_that_can_not_be_change_nothing(bench, project, values):
    with pytest.raises(UserError, match="nothing was changed"):
        bench.set_blind(**values).result(60)
    assert blind.SETTING not in bench.project.settings


def test_that_damaged_files_of_a_campaign_are_named(bench, project):
    (project / golden.FILE).write_text("ID,is_lens\nx,maybe\n")
    assert "golden.csv: not a table of golden objects" in bench.queue("random").result(60).note
    with pytest.raises(UserError, match=r"golden\.csv: not a table"):
        bench.turns().result(60)
    (project / golden.FILE).unlink()
    (project / blind.STAGES).write_text("{")
    with pytest.raises(UserError, match=r"stages\.json: damaged"):
        bench.stages().result(60)


def test_that_an_object_is_found_by_a_place_however_it_is_written(bench, project):
    opened = bench.opened
    row = opened.on_db(lambda: opened.store.objects())[7]
    if row.ra is None:
        pytest.skip("the simulated stamps have no place")
    for text in (f"{row.ra:.6f} {row.dec:.6f}", f"{row.ra:.6f}, {row.dec:.6f}"):
        assert finding.nearest(opened, text, Context()).object == row.id
    from astropy.coordinates import SkyCoord

    words = SkyCoord(row.ra, row.dec, unit="deg").to_string("hmsdms", sep=":", precision=3)
    near = finding.nearest(opened, words, Context())
    assert (near.object, near.arcsec < 0.1) == (row.id, True)
    with pytest.raises(UserError, match="it is no place"):
        finding.nearest(opened, "M 31 or so", Context())
    with pytest.raises(UserError, match="RA lies in"):
        finding.nearest(opened, "400 2", Context())


def test_that_an_object_at_the_same_declination_far_away_is_not_taken_for_the_nearest(bench, project):
    from sqlalchemy import update

    from astrolens_gui.core.labels.schema import objects

    opened = bench.opened
    near, far, *others = opened.on_db(lambda: [row.id for row in opened.store.objects()])

    def move() -> None:
        with opened.store.database.write() as connection:
            for ids, ra, dec in (([near], 10.0, 0.5), ([far], 60.0, 0.0), (others, 200.0, -60.0)):
                connection.execute(update(objects).where(objects.c.id.in_(ids)).values(ra=ra, dec=dec))

    opened.on_db(move)
    found = finding.nearest(opened, "10 0", Context())
    assert (found.object, found.words) == (near, "30.0'")
    assert finding.nearest(opened, "60 0.1", Context()).object == far


@pytest.mark.parametrize(
    ("names", "shape"),
    [
        ([f"EUC{n:09d}" for n in range(300)], r"EUC0000\d{5}"),
        ([f"tile{n % 3}/cut_{7 * n:05d}" for n in range(200)], r"cut_0\d{4}"),
        (["102019596_27699_n2", "102020057_18544_n0"], r"1020(19596|20057)_\d{5}_n[02]"),
        (["abell", "bullet"], r"(abell|bullet)\d+"),
        (["9"], r"9?\d+"),
    ],
)
def test_that_made_up_names_have_the_shape_and_range_of_the_others(names, shape):
    made = golden.alike(names, 20, seed=1)
    assert len(set(made) - set(names)) == 20
    assert all(re.fullmatch(shape, one) for one in made), made
