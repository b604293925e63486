"""The command line's promises: exit codes, one sentence for a person's mistake, nothing heavy before it is needed."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import pytest

from astrolens_gui import cli
from astrolens_gui.__main__ import main


@pytest.fixture(autouse=True)
def log_to_this_test():
    """The log file's handler belongs to one home; each test has its own."""
    yield
    root = logging.getLogger("astrolens")
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    root.propagate = True


def test_that_help_lists_every_command_and_exits_0(capsys):
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    for command in ("open", "demo", "simulate", "import", "label", "relocate", "score", "train", "evaluate", "export"):
        assert f"\n    {command} " in out


def test_that_wrong_usage_exits_2(capsys):
    assert main(["export", "p.astrolens"]) == 2
    assert "--out" in capsys.readouterr().err
    assert main(["score", "p.astrolens", "--sideways"]) == 2


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["train", "nowhere.astrolens"], "nowhere.astrolens is not a project"),
        (["export", "nowhere.astrolens", "--out", "x.csv"], "is not a project"),
        (["check", "nothing"], "there is no backend 'nothing'; there are: "),
        (["evaluate", "--scores", "no.csv", "--truth", "no.csv"], "no.csv can't be read"),
    ],
)
def test_that_a_persons_mistake_is_one_sentence_and_exit_1(argv, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(argv) == 1
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_that_a_bug_exits_3_and_names_the_log_with_the_traceback(capsys, monkeypatch):
    def bug(_):
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(cli, "cmd_plugins", bug)
    assert main(["plugins"]) == 3
    err = capsys.readouterr().err
    assert "ZeroDivisionError: planted" in err
    log = Path(err.rsplit(" ", 1)[1].strip())
    assert "Traceback" in log.read_text(encoding="utf-8")


def test_that_ctrl_c_exits_130(capsys, monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "cmd_plugins", interrupted)
    assert main(["plugins"]) == 130
    assert "what was done is kept" in capsys.readouterr().err


def test_that_a_lone_path_opens_the_window_on_it():
    seen = []
    assert cli.run(["survey.astrolens"], window=lambda name, options: seen.append((name, options)) or 0) == 0
    assert seen == [("open", {"project": Path("survey.astrolens")})]
    cli.run([], window=lambda name, options: seen.append((name, options)) or 0)
    assert seen[1] == ("open", {"project": None})


def write(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_that_evaluate_reports_exact_metrics_with_intervals(tmp_path, capsys):
    scores = "ID,score,logit\na,0.9,3\nb,0.8,2\nc,0.7,1\nd,0.6,0.5\ne,,\n"
    truth = "ID,is_lens\na,1\nb,0\nc,1\nd,0\ne,0\nf,1\n"
    argv = ["evaluate", "--scores", write(tmp_path / "s.csv", scores), "--truth", write(tmp_path / "t.csv", truth)]
    assert main([*argv, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    # pairs in order: a beats b, d, e; c beats d, e; f, which the scores lack, ties with e, which has none
    assert result["AUROC"] == pytest.approx(5.5 / 9)
    assert result["TPR0"] == pytest.approx(1 / 3)
    # with three non-lenses every threshold is allowed, yet f has no score and is found at none
    assert result["TPR10"] == pytest.approx(2 / 3)
    assert result["completeness"] == pytest.approx(2 / 3)
    assert (result["N_pos"], result["N_neg"], result["unscored"], result["missing"]) == (3, 3, 2, 1)
    assert result["AUROC_ci"][0] <= result["AUROC"] <= result["AUROC_ci"][1]


@pytest.mark.parametrize("absent", ["", "\n", "L2,,\nL3,,\n", "L2,nan,nan\nL3,NaN,nan\n"])
def test_that_evaluate_ranks_unscored_lenses_last_however_they_are_absent(absent, tmp_path, capsys):
    lenses, others = [f"L{i}" for i in range(4)], [f"N{i}" for i in range(6)]
    truth = "ID,is_lens\n" + "".join(f"{name},{int(name in lenses)}\n" for name in lenses + others)
    scores = "ID,score,logit\nL0,0.9,2\nL1,0.9,3\n" + "".join(f"{name},0.1,-2\n" for name in others) + absent
    argv = ["evaluate", "--scores", write(tmp_path / "s.csv", scores), "--truth", write(tmp_path / "t.csv", truth)]
    assert main([*argv, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["AUROC"], result["TPR0"], result["completeness"]) == (0.5, 0.5, 0.5)
    assert (result["N_pos"], result["N_neg"], result["unscored"]) == (4, 6, 2)


def test_that_evaluate_ranks_by_the_score_where_no_logit_is_a_number(tmp_path, capsys):
    scores = write(tmp_path / "s.csv", "ID,score,logit\na,0.9,\nb,0.8,nan\n")
    argv = ["evaluate", "--scores", scores, "--truth", write(tmp_path / "t.csv", "ID,is_lens\na,1\nb,0\n"), "--json"]
    assert main(argv) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["AUROC"], result["TPR0"], result["unscored"]) == (1.0, 1.0, 0)


def test_that_evaluate_takes_ranks_from_logits_where_scores_are_saturated(tmp_path, capsys):
    scores = "ID,score,logit\na,1.0,40\nb,1.0,39\n"
    argv = ["evaluate", "--scores", write(tmp_path / "s.csv", scores)]
    argv += ["--truth", write(tmp_path / "t.csv", "ID,is_lens\na,1\nb,0\n"), "--json"]
    assert main(argv) == 0
    assert json.loads(capsys.readouterr().out)["TPR0"] == 1.0


@pytest.mark.parametrize(
    ("scores", "truth", "words"),
    [
        ("name,score\na,1\n", "ID,is_lens\na,1\n", "s.csv: there is no column ID (it has name, score)"),
        ("ID,points\na,1\n", "ID,is_lens\na,1\n", "no column logit or score"),
        ("ID,score\na,1\n", "ID,is_lens\nb,1\n", "have no ID in common"),
        ("ID,score\na,1\n", "ID,is_lens\na,yes\n", "is_lens of a is 'yes'"),
        ("ID,score\na,1\n", "ID,is_lens\na,1\n", "all lenses"),
        ("ID,score\na,1\na,0\n", "ID,is_lens\na,1\nb,0\n", "s.csv: the ID a stands twice; keep one row"),
        ("ID,score\na,1\n", "ID,is_lens\na,1\nb,0\nb,0\nb,1\n", "t.csv: the ID b stands twice; keep one row"),
        ("ID,score\na,\nb,x\n", "ID,is_lens\na,1\nb,0\n", "s.csv: no object of"),
    ],
)
def test_that_evaluate_names_what_is_wrong_with_a_table(scores, truth, words, tmp_path, capsys):
    argv = ["evaluate", "--scores", write(tmp_path / "s.csv", scores), "--truth", write(tmp_path / "t.csv", truth)]
    assert main(argv) == 1
    assert words in capsys.readouterr().err


def test_that_plugins_and_check_speak_json(capsys):
    assert main(["plugins", "--json"]) == 0
    names = {plugin["name"] for plugin in json.loads(capsys.readouterr().out)["plugins"]}
    assert {"builtin", "cnn", "simulator", "toy"} <= names
    assert main(["check", "toy", "--json"]) == 0
    assert {check["state"] for check in json.loads(capsys.readouterr().out)["checks"]} <= {"passed", "skipped"}


def test_that_doctor_reports_versions_devices_and_a_broken_plugin_with_its_traceback(capsys, monkeypatch, tmp_path):
    from importlib.metadata import EntryPoint

    from astrolens_gui.core import plugins

    (tmp_path / "shattered.py").write_text("raise OSError('in pieces')\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    broken = EntryPoint("shattered", "shattered", plugins.GROUP)
    found = [*plugins.entry_points(group=plugins.GROUP), broken]
    monkeypatch.setattr(plugins, "entry_points", lambda group: found)
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "✗ plugin     shattered" in out
    assert "OSError: in pieces" in out
    assert "numpy" in out
    assert "cpu" in out
    assert "backend cnn" in out  # the others still work
    assert sys.version.split()[0] in out


def make_stamps(folder: Path, count: int = 3) -> Path:
    from astrolens_gui.workbench import Workbench

    with Workbench.start() as bench:
        bench.simulate("simulator", folder, count, seed=1).result(60)
    return folder


def test_that_an_import_of_nothing_makes_no_project(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["import", "p.astrolens", "nowhere"]) == 1
    assert "nowhere: there is no such file or folder" in capsys.readouterr().err
    (tmp_path / "notes").mkdir()
    write(tmp_path / "notes" / "readme.txt", "hello")
    assert main(["import", "p.astrolens", "notes"]) == 1
    assert "nothing could be imported, so no project was made" in capsys.readouterr().err
    assert not (tmp_path / "p.astrolens").exists()


def test_that_an_option_which_contradicts_the_project_is_not_swallowed(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_stamps(tmp_path / "stamps")
    assert main(["import", "p.astrolens", "stamps"]) == 0
    assert main(["import", "p.astrolens", "stamps", "--scheme", "euclid"]) == 1
    assert "this project's scheme is 'abcx', not 'euclid'" in capsys.readouterr().err
    assert main(["score", "p.astrolens", "--backend", "nope"]) == 1
    assert "there is no backend 'nope'" in capsys.readouterr().err


def test_that_images_that_are_gone_end_a_scoring_with_the_remedy(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_stamps(tmp_path / "stamps")
    assert main(["import", "p.astrolens", "stamps"]) == 0
    (tmp_path / "stamps").rename(tmp_path / "moved")
    assert main(["score", "p.astrolens"]) == 1
    assert "astrolens relocate" in capsys.readouterr().err


def test_that_json_holds_no_nan(tmp_path, capsys):
    argv = ["evaluate", "--scores", write(tmp_path / "s.csv", "ID,score\na,0.9\nb,0.1\n")]
    argv += ["--truth", write(tmp_path / "t.csv", "ID,is_lens\na,1\nb,0\n"), "--threshold", "2", "--json"]
    assert main(argv) == 0
    assert json.loads(capsys.readouterr().out, parse_constant=pytest.fail)["purity"] is None


def test_that_a_folder_of_somebody_elses_files_is_never_touched(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_stamps(tmp_path / "stamps")
    (tmp_path / "thesis").mkdir()
    write(tmp_path / "thesis" / "chapter1.tex", "years of work")
    assert main(["import", "thesis", "stamps"]) == 1
    assert "holds other files" in capsys.readouterr().err
    assert main(["import", "thesis", "thesis"]) == 1
    assert (tmp_path / "thesis" / "chapter1.tex").read_text() == "years of work"
    assert main(["import", "p.astrolens", "stamps", "--pixel-scale", "-1"]) == 1
    assert "--pixel-scale must be a positive number" in capsys.readouterr().err
    assert not (tmp_path / "p.astrolens").exists()
