"""`astrolens demo --headless`: the loop to its end on a small sample, with a picture and a report."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from astrolens_gui.__main__ import main


@pytest.mark.slow
def test_that_the_headless_demo_runs_the_loop_and_leaves_picture_and_report(tmp_path: Path):
    # A process of its own: it makes a QApplication and a warm child, and must end without either.
    command = [sys.executable, "-m", "astrolens_gui", "demo", "--headless", "--count", "200", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    aurocs = re.search(r"before retraining (\d\.\d+), after retraining (\d\.\d+)", done.stdout)
    assert aurocs, done.stdout
    assert all(0 <= float(number) <= 1 for number in aurocs.groups())
    report = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert aurocs.group(2) in report
    assert (tmp_path / "window.png").stat().st_size > 20_000  # a blank window compresses to less
    assert main(["doctor", str(tmp_path / "demo.astrolens")]) == 0
    # A second run into the same folder loses nothing.
    again = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert again.returncode == 1
    assert "holds a demo already" in again.stderr


def test_that_a_sample_too_small_to_learn_from_is_refused(tmp_path: Path, capsys):
    assert main(["demo", "--headless", "--count", "10", "--out", str(tmp_path)]) == 1
    assert "--count must be at least 100" in capsys.readouterr().err
