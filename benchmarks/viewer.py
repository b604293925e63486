"""How long a large image takes to appear and to follow the hand: this program beside ginga, pyqtgraph's ImageView and ds9.

    python benchmarks/viewer.py [--side 8192] [--big] [--steps 24] [--only ours,ginga] [--json FILE] [--keep DIR]

Every viewer runs in a process of its own, offscreen, in a window whose image area is 1200 x 900, on the same float32 FITS file
(sky, noise, sources, a WCS; read once beforehand, so that all find it in the page cache). A time runs from the call that a key or
the mouse would make until the widget has painted the picture of that very view in its paint event; a picture that is only shifted
or enlarged until the right one comes does not count. Libraries are imported before the clock starts. Of ds9 only the first
picture can be timed, from outside: "open" is from its empty window to the image in the X server's frame buffer.

open       nothing on the screen -> the whole image, zscale cuts, linear stretch
cuts       other fixed cuts               auto cuts  cuts found anew (the 99.5, 99, … per cent between; ginga: zscale)
stretch    linear, asinh, log, sqrt, …    pyqtgraph has none: a lookup table, the fastest way there is in it
zoom       by a factor of 1.2 from the whole image to 4 : 1 and back
pan        37 and 23 px at 1 : 1          pan wide   the same at twice the scale at which the image fits
memory     private memory (USS) over that of the same window when it was empty: the most after any of the above, and at the end; a
           library's pages count in it while no other process uses them, "own most" is without those
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from viewers import VIEWERS, WIDTH, ds9

STRETCHES = ("asinh", "log", "sqrt", "linear")
SKY, NOISE = 100.0, 5.0


def make(path: Path, side: int, seed: int = 1) -> None:
    """A field of `side`² px: Gaussian stars and exponential galaxies (30 a square of 512 px) on a noisy sky, big-endian float32."""
    from astropy.io import fits

    header = fits.Header()
    header["SIMPLE"], header["BITPIX"], header["NAXIS"], header["NAXIS1"], header["NAXIS2"] = True, -32, 2, side, side
    header["CTYPE1"], header["CTYPE2"], header["FILTER"] = "RA---TAN", "DEC--TAN", "r"
    header["CRVAL1"], header["CRVAL2"], header["CRPIX1"], header["CRPIX2"] = 150.1, 2.2, side / 2, side / 2
    header["CD1_1"], header["CD1_2"], header["CD2_1"], header["CD2_2"] = -0.1 / 3600, 0.0, 0.0, 0.1 / 3600
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-24:25, -24:25]
    radius = np.hypot(x, y)
    shapes = [np.exp(-0.5 * (radius / 1.6) ** 2), np.exp(-radius / 2.5), np.exp(-np.hypot(x * 0.7, y) / 4)]
    with open(path, "wb") as file:
        file.write(header.tostring().encode())
        for top in range(0, side, 512):
            rows = min(512, side - top)
            strip = rng.standard_normal((rows, side), np.float32) * np.float32(NOISE) + np.float32(SKY)
            for _ in range(30 * side // 512):
                row, column = int(rng.integers(24, max(rows - 24, 25))), int(rng.integers(24, side - 25))
                part = strip[row - 24 : row + 25, column - 24 : column + 25]
                flux = NOISE * 3 * (1 + rng.pareto(1.0))
                part += (min(flux, 1e5) * shapes[rng.integers(3)])[: part.shape[0]].astype(np.float32)
            file.write(strip.astype(">f4").tobytes())
        file.write(b"\0" * (-file.tell() % 2880))


def measure(name: str, folder: Path, steps: int, settle_s: float) -> dict[str, Any]:
    """All the figures of one viewer, in this process."""
    import psutil

    from astrolens_gui.ui.qt import QApplication

    app = QApplication.instance() or QApplication([])
    path = next(folder.glob("*.fits"))
    viewer: Any = VIEWERS[name](folder)
    process = psutil.Process()

    def memory() -> np.ndarray:
        """MB of private memory (USS), and of what of it is no page of a library or a file that is merely mapped."""
        gc.collect()
        lines = (
            Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines() if sys.platform == "linux" else []
        )
        own = sum(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty"))
        return np.array([process.memory_full_info().uss / 2**20, own / 1024])

    empty, most = memory(), np.zeros(2)
    out: dict[str, Any] = {"viewer": name}

    def timed(act: Callable[[], Any]) -> float:
        begun = time.perf_counter()
        act()
        return (time.perf_counter() - begun) * 1e3

    def series(key: str, acts: list[Callable[[], Any]]) -> None:
        nonlocal most
        try:
            spent = [timed(act) for act in acts]
        except NotImplementedError:
            return
        out[key] = round(statistics.median(spent), 2)
        out[f"{key} worst"] = round(max(spent), 2)
        most = np.maximum(most, memory() - empty)
        viewer.settle(0.1)

    out["open"] = round(timed(lambda: viewer.open(path)), 1)
    out["memory after open"] = round(float((memory() - empty)[0]), 1)
    picture = viewer.widget().grab().toImage()
    shots = os.environ.get("VIEWER_SHOTS")
    if shots:
        picture.save(f"{shots}/viewer-{name}.png")
    seen = {picture.pixel(x, y) for x in range(WIDTH // 2 - 200, WIDTH // 2 + 200, 7) for y in range(300, 600, 7)}
    if len(seen) < 30:
        raise SystemExit(f"{name} painted no image")
    viewer.settle(settle_s)  # overviews are made in the background now
    fitted = viewer.scale()
    ups = max(1, round(np.log(4 / fitted) / np.log(1.2)))
    series("cuts", [lambda n=n: viewer.cuts(SKY - (1 + n % 3) * NOISE, SKY + (4 + n) * NOISE) for n in range(steps)])
    series("stretch", [lambda n=n: viewer.stretch(STRETCHES[n % 4]) for n in range(steps)])
    series("auto cuts", [lambda n=n: viewer.auto_cuts(n) for n in range(steps)])
    series("zoom", [lambda f=f: viewer.zoom(f) for f in [1.2] * ups + [1 / 1.2] * ups])
    viewer.fit()
    viewer.zoom(2.0)
    series("pan wide", [lambda n=n: viewer.pan(37 * (-1) ** (n // 6), 23) for n in range(steps)])
    viewer.zoom(1 / viewer.scale())
    series("pan", [lambda n=n: viewer.pan(37 * (-1) ** (n // 6), 23) for n in range(steps)])
    series("cuts at 1:1", [lambda n=n: viewer.cuts(SKY - 2 * NOISE, SKY + (4 + n) * NOISE) for n in range(steps)])
    if shots:
        viewer.widget().grab().toImage().save(f"{shots}/viewer-{name}-1to1.png")
    out["memory most"], out["own most"] = (round(float(mb), 1) for mb in most)
    out["memory"] = round(float((memory() - empty)[0]), 1)
    viewer.close()
    app.processEvents()
    return out


def run(side: int, names: list[str], arguments: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """Each viewer on an image of `side`² px, one after another."""
    here = folder / str(side)
    here.mkdir(parents=True, exist_ok=True)
    path = here / f"field{side}.fits"
    if not path.exists():
        make(path, side)
    with open(path, "rb") as file:
        while file.read(1 << 24):
            pass
    rows = []
    for name in names:
        shutil.rmtree(here / "bench.astrolens", ignore_errors=True)
        home = {"ASTROLENS_HOME": str(here / "home"), "QT_QPA_PLATFORM": "offscreen", "HOME": str(here)}
        command = [sys.executable, __file__, "--child", name, "--keep", str(here), "--steps", str(arguments.steps)]
        done = subprocess.run(
            [*command, "--settle", str(arguments.settle)], env=os.environ | home, capture_output=True, text=True
        )
        if done.returncode:
            print(f"{name} failed:\n{done.stderr[-2000:]}", file=sys.stderr)
            continue
        rows.append({"side": side, **json.loads(done.stdout.splitlines()[-1])})
    if "ds9" in arguments.only.split(",") and (row := ds9(path, here)):
        rows.append({"side": side, **row})
    if not arguments.keep:
        path.unlink()
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    keys = [
        "open",
        "cuts",
        "stretch",
        "auto cuts",
        "zoom",
        "pan",
        "pan wide",
        "cuts at 1:1",
        "memory after open",
        "memory most",
        "own most",
        "memory",
    ]
    lines = [f"{'median ms, MB':<20}" + "".join(f"{row['viewer'] + ' ' + str(row['side']):>18}" for row in rows)]
    for key in keys:
        cells = "".join(f"{row.get(key, '—'):>18}" for row in rows)
        lines.append(f"{key:<20}{cells}")
    found = {(row["viewer"], row["side"]): row for row in rows}
    for side in dict.fromkeys(row["side"] for row in rows):
        ours, other = found.get(("ours", side)), found.get(("ginga", side))
        if ours and other:
            ratios = ", ".join(
                f"{key} {other[key] / ours[key]:.1f}" for key in keys[:8] if key in ours and key in other
            )
            lines.append(f"ginga / ours at {side}: {ratios}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=8192)
    parser.add_argument("--big", action="store_true", help="also ours on 20,000² px (1.6 GB)")
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--settle", type=float, default=8.0, help="seconds for the overviews, after opening")
    parser.add_argument("--only", default="ours,ginga,pyqtgraph,ds9")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep", type=Path, help="a folder for the images, which stay there")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(measure(arguments.child, arguments.keep, arguments.steps, arguments.settle)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        names = [name for name in VIEWERS if name in arguments.only.split(",")]
        rows = run(arguments.side, names, arguments, folder)
        if arguments.big:
            rows += run(20_000, ["ours"], arguments, folder)
    print(table(rows))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
