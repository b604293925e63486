"""A program that grades is killed (SIGKILL) at 100 random moments: how many labels whose next image was shown are lost?

Run: python benchmarks/kill.py [--count 100] [--seed 1]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "core" / "labels"))

from grade_and_kill import kills


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    shown = lost = damaged = 0
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="astrolens-kill-") as folder:
        for done, kill in enumerate(kills(Path(folder) / "labels.sqlite", options.count, options.seed), 1):
            shown, lost, damaged = shown + kill.shown, lost + len(kill.lost), damaged + bool(kill.problems)
            print(f"\r{done}/{options.count} kills", end="", file=sys.stderr, flush=True)
    seconds = time.perf_counter() - start
    print(file=sys.stderr)
    print(
        f"{options.count} kills in {seconds:.0f} s, {shown} labels shown as saved: {lost} lost, {damaged} damaged databases"
    )
    return 1 if lost or damaged else 0


if __name__ == "__main__":
    raise SystemExit(main())
