"""A mosaic of 20,000 x 20,000 pixels through `astrolens restore` or `astrolens detect`: time and memory of the whole tree of processes.

    python benchmarks/huge.py restore --backend autoencoder [--side 20000] [--dir DIR]
    python benchmarks/huge.py restore --backend gan --draws 2 --side 8192
    python benchmarks/huge.py detect

The mosaic is a field of stars and galaxies of 2,048², repeated, with noise of its own in each repetition, a masked block and a column
of NaN; 0.1 arcsec a pixel, band VIS. Memory: proportional set size (a page shared by n processes counts 1/n in each, so once in the
sum), sampled every quarter of a second; "of its own" leaves out pages of files, which the system takes back whenever it needs them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

PATCH, SCALE = 2048, 0.1
OUT = {"restore": "restored", "detect": "boxes.csv"}


def write(path: Path, side: int) -> None:
    """Row of repetitions by row: the maker never holds the mosaic."""
    from astropy.io import fits
    from viewer import make

    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder) / "patch.fits", PATCH)
        patch = np.asarray(fits.getdata(Path(folder) / "patch.fits"), np.float32)
    sigma = float(np.median(np.abs(patch - np.median(patch))) * 1.4826)
    head = fits.PrimaryHDU(np.zeros((1, 1), np.float32)).header
    head["NAXIS1"] = head["NAXIS2"] = side
    head["FILTER"], head["BUNIT"] = "VIS", "e-/s"
    for axis, kind, value, step in ((1, "RA---TAN", 150.0, -SCALE), (2, "DEC--TAN", 2.0, SCALE)):
        head[f"CTYPE{axis}"], head[f"CRVAL{axis}"] = kind, value
        head[f"CRPIX{axis}"], head[f"CDELT{axis}"] = side / 2, step / 3600
    random = np.random.default_rng(20)
    file = fits.StreamingHDU(path, head)
    for top in range(0, side, PATCH):
        rows = np.empty((min(PATCH, side - top), side), ">f4")
        for left in range(0, side, PATCH):
            part = patch[: rows.shape[0], : min(PATCH, side - left)]
            rows[:, left : left + part.shape[1]] = part + random.normal(0, sigma / 4, part.shape)
        if top == 0:
            rows[100:160, 100:400] = np.nan
        rows[:, side // 3] = np.nan
        file.write(rows)
    file.close()


def memory(pids: list[int]) -> tuple[int, int]:
    """(proportional set size, what of it is not pages of files) in kB."""
    total = own = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        by = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
        total += by["Pss"]
        own += by["Pss_Anon"] + by["Pss_Shmem"]
    return total, own


def watched(command: list[str]) -> dict[str, float]:
    """Run a command to its end: seconds, and the largest memory of its tree in GB."""
    began = time.perf_counter()
    peak = own = 0
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    while child.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            below = psutil.Process(child.pid).children(recursive=True)
            now = memory([child.pid, *(each.pid for each in below)])
            peak, own = max(peak, now[0]), max(own, now[1])
        time.sleep(0.25)
    seconds = time.perf_counter() - began
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}")
    return {"seconds": round(seconds, 1), "peak GB": round(peak / 1e6, 2), "of its own GB": round(own / 1e6, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["restore", "detect"])
    parser.add_argument("--backend", default="")
    parser.add_argument("--draws", type=int, default=8)
    parser.add_argument("--side", type=int, default=20_000)
    parser.add_argument(
        "--dir", type=Path, help="where the mosaic is made and kept (default: a folder that is removed)"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.dir) as folder:
        image = (asked.dir or Path(folder)) / f"mosaic-{asked.side}.fits"
        if not image.exists():
            write(image, asked.side)
        command = [
            sys.executable,
            "-m",
            "astrolens_gui",
            asked.what,
            str(image),
            "--out",
            str(Path(folder) / OUT[asked.what]),
        ]
        if asked.backend:
            command += ["--backend", asked.backend]
        if asked.what == "restore":
            command += ["--draws", str(asked.draws)]
        found = watched(command)
        found["s/Mpx"] = round(found["seconds"] / (asked.side**2 / 1e6), 3)
        found["load"] = round(os.getloadavg()[0], 1)
        print(json.dumps(found))


if __name__ == "__main__":
    main()
