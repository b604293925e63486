"""How long agreement, consensus, lists and the report of a large campaign take, and how large the file is; run by hand.

    python benchmarks/campaign_report.py [--objects 100000] [--graders 3] [--keep FOLDER]

One mosaic of noise and blobs, a catalogue of its sources, and graders of known skill whose grades are written in bulk.
"""

from __future__ import annotations

import argparse
import csv
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
from astropy.io import fits

from astrolens_gui.workbench import Workbench

SIDE = 4_000
SKILLS = ((0.9, 0.97), (0.8, 0.95), (0.7, 0.98), (0.85, 0.9), (0.75, 0.96), (0.6, 0.99))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--graders", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), arguments.objects, arguments.graders)


def measure(folder: Path, objects: int, graders: int) -> None:
    random = np.random.default_rng(0)
    head = fits.Header({"FILTER": "VIS", "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRPIX1": SIDE / 2, "CRPIX2": SIDE / 2,
                        "CRVAL1": 150.0, "CRVAL2": 2.0, "CDELT1": -0.1 / 3600, "CDELT2": 0.1 / 3600})  # fmt: skip
    fits.writeto(folder / "mosaic.fits", random.normal(size=(SIDE, SIDE)).astype(np.float32), head)
    x, y = random.uniform(60, SIDE - 60, (2, objects))
    lens = random.random(objects) < 0.01
    names = [f"s{n:07d}" for n in range(objects)]
    with (folder / "cat.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("ID", "x", "y"), *zip(names, x.round(2), y.round(2), strict=True)])
    golden = random.choice(objects, 2_000, replace=False)
    golden = np.union1d(golden, np.flatnonzero(lens)[:200])
    with (folder / "golden.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("ID", "is_lens"), *((names[at], int(lens[at])) for at in golden)])
    with Workbench.start() as bench:
        bench.open(folder / "p.astrolens", create={}).result(60)
        began = time.perf_counter()
        bench.import_catalogue(folder / "cat.csv", [folder / "mosaic.fits"], size_arcsec=6.4).result(600)
        print(f"import of {objects:,} sources: {time.perf_counter() - began:.1f} s", flush=True)
        began = time.perf_counter()
        for at, (p_l, p_d) in enumerate(SKILLS[:graders]):
            said = random.random(objects) < np.where(lens, p_l, 1 - p_d)
            grades = np.where(said, random.choice(["A", "B", "C"], objects, p=[0.4, 0.3, 0.3]), "X")
            rows = [{"ID": name, "grade": grade} for name, grade in zip(names, grades.tolist(), strict=True)]
            bench.opened.on_db(lambda rows=rows, at=at: bench.store.label_many(rows, grader=f"g{at}", scheme="abcx"))
        print(f"{graders * objects:,} grades written: {time.perf_counter() - began:.1f} s", flush=True)
        truth = folder / "golden.csv"
        for title, ask in (
            ("agreement", lambda: bench.agreement(truth)),
            ("consensus", lambda: bench.consensus(golden=truth)),
            ("report", lambda: bench.report(folder / "r.html", truth)),
        ):
            began = time.perf_counter()
            found = ask().result(3600)
            print(f"{title}: {time.perf_counter() - began:.1f} s", flush=True)
            if title == "consensus":
                for ending in ("csv", "fits", "vot"):
                    began = time.perf_counter()
                    bench.write_consensus(found, folder / f"list.{ending}").result(600)
                    print(f"  list.{ending}: {time.perf_counter() - began:.1f} s", flush=True)
        size = (folder / "r.html").stat().st_size
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"the report has {size / 1e6:.2f} MB; peak memory {peak:,.0f} MB")


if __name__ == "__main__":
    main()
