"""Every command of the first campaign's page runs as it is written, in its order; the person's grading is done by the truth."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from astrolens_gui import cli
from astrolens_gui.demo_loop import truth_of
from astrolens_gui.workbench import Workbench

PAGE = Path(__file__).resolve().parents[2] / "docs" / "first-campaign.md"
TEXT = PAGE.read_text(encoding="utf-8")


def graded(command: str, options: dict[str, object]) -> int:
    """What the page has a person do in the window."""
    assert command == "open"
    project = options["project"]
    assert isinstance(project, Path)
    Path("images").symlink_to("stamps")
    truth = truth_of(Path())
    with Workbench.start() as bench:
        bench.open(project).result(60)
        queue = bench.queue("drawn").result(60)
        for place in range(80):
            said = "A" if truth[queue.name[place]] else "X"
            bench.label(int(queue.object[place]), said, why=queue.why(place)).result(60)
    return 0


def test_that_every_picture_of_the_page_is_there():
    names = re.findall(r"\]\((screenshots/[^)]+)\)", TEXT)
    assert len(names) >= 4
    for name in names:
        assert 0 < (PAGE.parent / name).stat().st_size <= 200_000, name


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_that_the_campaign_runs_from_images_to_the_list(tmp_path, monkeypatch, capsys):
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```\n(.*?)^```", TEXT, flags=re.M | re.S)
    said = {}
    for line in (line for block in blocks for line in block.splitlines()):
        assert cli.run(shlex.split(line)[1:], graded) == 0, (line, capsys.readouterr().err)
        said[shlex.split(line)[1]] = capsys.readouterr().out
    assert "120" in said["import"]
    assert "provisional" in said["train"]
    assert "A cnn-euclid-vis and B cnn-" in said["compare"]
    assert "80 objects graded in the drawn order" in said["search"]
    assert re.search(r"completeness +0\.\d+ \(|completeness +1 \(", said["search"])
    for name in ("both.csv", "list.vot", "grades.csv", "report.html"):
        assert Path(name).stat().st_size > 0
