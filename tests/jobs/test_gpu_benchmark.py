"""The benchmark for graphics cards, on a machine that has none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_that_without_a_card_every_figure_is_said_to_be_not_measured():
    done = subprocess.run(
        [sys.executable, "benchmarks/gpu.py"],
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if "not measured: this machine shows no GPU" in line]
    assert [line.split("  ")[0] for line in lines] == ["same scores", "images/s", "cancel", "out of memory"]
