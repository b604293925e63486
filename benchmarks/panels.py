"""Times of the panels at 1200 x 900, offscreen: the next object with four bands, and a zoom, turn and crosshair step of all panels.

python benchmarks/panels.py [FOLDER of multi-band FITS files]
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["ASTROLENS_HOME"] = tempfile.mkdtemp(prefix="astrolens-bench-")

STEPS = 40
DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data" / "lenses" / "euclid_q1"


def main(folder: Path) -> None:
    from astrolens_gui.ui import app
    from astrolens_gui.workbench import Workbench

    qt = app.application()
    bench = Workbench.start(window=True)
    window = app.make_window(bench)
    window.show()

    def until(true, seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not true():
            qt.processEvents()
            if time.monotonic() > end:
                raise SystemExit("it takes too long")

    project = Path(tempfile.mkdtemp(prefix="astrolens-bench-")) / "panels.astrolens"
    window.session.open(project, create={})
    until(lambda: window.session.is_open)
    window.projects.bring_in([folder], {"bands": None, "pixel_scale": None})
    until(lambda: window.queue.rowCount() > 1)
    window.action_set["toggle_panels"].trigger()
    view = window.stage.front
    for dock in window.docks.values():
        dock.hide()
    window.resize(1200, 900)

    def go(row: int) -> float:
        object_id = window.queue.object_at(row)
        begun = time.perf_counter()
        window.current.show(object_id, row)
        until(lambda: not view.sight(object_id).reason)
        for panel in view.panels:
            panel.canvas.repaint()
        return 1e3 * (time.perf_counter() - begun)

    rows = range(window.queue.rowCount())
    cold = {row: go(row) for row in rows[::-1]}  # backwards: read ahead is the one before, too
    time.sleep(0.5)
    ahead = []
    for row in rows:
        end = time.monotonic() + 0.5  # a person looks; what comes next is read meanwhile
        until(lambda stop=end: time.monotonic() > stop)
        took = go(row)
        if len(view.panels) == 4:
            ahead.append(took)
    print(
        f"next object, 4 bands: median {statistics.median(ahead):.0f} ms, longest {max(ahead):.0f} ms ({len(ahead)} objects)"
    )
    print(f"first time round:     longest {max(cold.values()):.0f} ms")
    go(next(row for row in rows if go(row) and len(view.panels) == 4))

    def step(move) -> float:
        begun = time.perf_counter()
        move()
        for panel in view.panels:
            panel.canvas.repaint()
        return 1e3 * (time.perf_counter() - begun)

    first = view.panels[0].canvas
    moves = {
        "zoom": lambda: first.zoom_by(1.02),
        "turn": lambda: first.turn(3),
        "stretch": lambda: window.action_set["next_stretch"].trigger(),
        "crosshair": lambda: first.hovered.emit((70.0, 71.0)),
    }
    for name, move in moves.items():
        times = sorted(step(move) for _ in range(STEPS))
        print(
            f"{name:9} of {len(view.panels)} panels: median {statistics.median(times):.1f} ms, 95 % {times[int(0.95 * STEPS)]:.1f} ms"
        )
    window.close()
    bench.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT)
