"""Every command of the campaign's guide runs as it is written, one after the other, on tables as its readers have them."""

from __future__ import annotations

import csv
import re
import shlex
from pathlib import Path

import pytest

from astrolens_gui import cli

PAGE = Path(__file__).resolve().parents[2] / "docs" / "grading.md"


def commands() -> list[str]:
    blocks = re.findall(r"^```\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.M | re.S)
    return [line for block in blocks for line in block.splitlines() if line.startswith("astrolens ")]


def run(line: str) -> int:
    return cli.run(shlex.split(line)[1:], lambda *_: 0)


def test_that_every_picture_of_the_guide_is_there():
    for name in re.findall(r"\]\((screenshots/[^)]+)\)", PAGE.read_text(encoding="utf-8")):
        assert 0 < (PAGE.parent / name).stat().st_size <= 200_000, name


@pytest.mark.filterwarnings("ignore")
def test_that_the_guides_commands_run_in_their_order(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    first, *others = commands()
    assert run(first) == 0
    with open("stamps/truth.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    grades = ["A" if row["is_lens"] == "1" else "X" for row in rows]
    names = [row["ID"] for row in rows]

    def write(name: str, *lines: str) -> None:
        Path(name).write_text("\n".join(lines) + "\n", encoding="utf-8")

    write("golden.csv", "ID,is_lens", *(f"{row['ID']},{row['is_lens']}" for row in rows[::2]))
    write("known.csv", "name,ra,dec", *(f"K{n},{row['ra_deg']},{row['dec_deg']}" for n, row in enumerate(rows[:3])))
    write("ada.csv", "ID,grade", *(f"{name},{grade}" for name, grade in zip(names, grades, strict=True)))
    write("published.csv", "NAME,QUALITY", f"{names[0]},sure", f"{names[1]},likely")
    header = ",file_name,classification,subclassification,ra,dec,comment,image_dim,time,pixel_size"
    write(
        "classification_single_bob_24.csv",
        header,
        *(f"{n},{name}.fits,{g},{g},,,{g},64,3.5,0.1" for n, (name, g) in enumerate(zip(names, grades, strict=True))),
    )
    assert run("astrolens import cyd.astrolens stamps") == 0
    assert run("astrolens label cyd.astrolens --from ada.csv --grader cyd") == 0
    for line in others:
        assert run(line) == 0, (line, capsys.readouterr().err)
    said = capsys.readouterr().out
    assert "24 labels taken (cyd 24)" in said
    assert "3 of 24 objects lie within 3 arcsec of a known lens" in said
    for name in ("list.vot", "list.fits", "list.reg", "report.html", "grades.vot", "sled.json"):
        assert Path(name).stat().st_size > 0
