"""A program that grades is killed (SIGKILL) at 100 random moments: how many labels whose next image was shown are lost?

    python benchmarks/kill.py [--count 100] [--seed 1] [--postgres [--server]]

With --postgres the labels are in a PostgreSQL server of its own, with fsync on; with --server it is the server's process that is
killed, which makes it recover as after a crash (as root, for those are another user's processes).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "core" / "labels"))

from grade_and_kill import kills
from postgres_server import Unavailable, server


@contextmanager
def place(postgres: bool) -> Iterator[Path | str]:
    """An empty database that goes afterwards."""
    if postgres:
        with server() as address:
            yield address
    else:
        with tempfile.TemporaryDirectory(prefix="astrolens-kill-") as folder:
            yield Path(folder) / "labels.sqlite"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--server", action="store_true")
    options = parser.parse_args()
    shown = lost = damaged = 0
    start = time.perf_counter()
    try:
        with place(options.postgres) as database:
            found = kills(database, options.count, options.seed, server=options.postgres and options.server)
            for done, kill in enumerate(found, 1):
                shown, lost, damaged = shown + kill.shown, lost + len(kill.lost), damaged + bool(kill.problems)
                print(f"\r{done}/{options.count} kills", end="", file=sys.stderr, flush=True)
    except Unavailable as why:
        print(f"no PostgreSQL server can be started: {why}", file=sys.stderr)
        return 2
    seconds = time.perf_counter() - start
    print(file=sys.stderr)
    print(
        f"{options.count} kills in {seconds:.0f} s, {shown} labels shown as saved: {lost} lost, {damaged} damaged databases"
    )
    return 1 if lost or damaged else 0


if __name__ == "__main__":
    raise SystemExit(main())
