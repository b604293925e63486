"""Twenty graders at once on one PostgreSQL server, each a process: is every grade there exactly once, and how many a second?

    python benchmarks/postgres_graders.py [--graders 20] [--seconds 60] [--url postgresql://user@host/name] [--json]

Without --url a server is started in a folder of its own (Debian's package postgresql), with fsync on, and goes afterwards. The
graders grade as fast as they can, the same 50 objects. With --url the database must be empty.
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "core" / "labels"))

from postgres_server import MOST_GRADERS, Unavailable, graded_at_once, server


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graders", type=int, default=20, help=f"at most {MOST_GRADERS}")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--url", default="")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    place: Any = nullcontext(given.url) if given.url else server()
    try:
        with place as url:
            found = graded_at_once(url, [f"grader{n:02d}" for n in range(given.graders)], given.seconds)
    except Unavailable as why:
        print(f"no PostgreSQL server can be started: {why}", file=sys.stderr)
        return 2
    rate = found.saved / found.seconds
    if given.json:
        print(json.dumps({**asdict(found), "graders": given.graders, "per_s": rate}))
    else:
        print(
            f"{given.graders} graders, {found.saved:,} grades in {found.seconds:.0f} s ({rate:.0f}/s): {found.lost} lost, "
            f"{found.doubled} doubled, {found.foreign} of nobody, {found.wrong} current grades wrong; slowest "
            f"{1e3 * found.slowest:.0f} ms"
        )
    return 1 if found.lost or found.doubled or found.foreign or found.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
