"""The viewers that `viewer.py` compares, each behind the same verbs; a verb returns when its picture has been painted.

Each draws once a step. ginga draws at once at every change of a setting when its redraw lag is 0, three times for one `scale_to`; its verbs
run inside its own `suppress_redraw`, which draws once at the end (cuts, stretch, pan and fit draw once either way).
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

WIDTH, HEIGHT = 1200, 900
PATIENCE_S = 60.0


class Viewer:
    """One program: each verb returns when the picture it asked for has been painted."""

    def __init__(self, folder: Path) -> None:
        raise NotImplementedError

    def widget(self) -> Any:
        """What is looked at, for the proof that it was painted."""
        raise NotImplementedError

    def wait(self, done: Callable[[], bool]) -> None:
        """As an application waits, in Qt's event loop: a busy one would keep Python from the threads that read."""
        from astrolens_gui.ui.qt import QApplication, QtCore, QTimer

        heart = QTimer(interval=1)  # so that no wait is for ever
        heart.start()
        end = time.monotonic() + PATIENCE_S
        while not done():
            QApplication.processEvents(QtCore.QEventLoop.AllEvents | QtCore.QEventLoop.WaitForMoreEvents)
            if time.monotonic() > end:
                raise TimeoutError(f"{type(self).__name__}: nothing was painted in {PATIENCE_S:g} s")
        heart.stop()

    def settle(self, seconds: float = 0.0) -> None:
        """Let what is under way end, so that it is not counted in what follows."""
        from astrolens_gui.ui.qt import QApplication

        end = time.monotonic() + seconds
        while time.monotonic() < end:
            QApplication.processEvents()
            time.sleep(0.005)


class Ours(Viewer):
    def __init__(self, folder: Path) -> None:
        from astropy import coordinates, wcs  # noqa: F401

        from astrolens_gui.ui.bridge import Bridge
        from astrolens_gui.ui.current import Current
        from astrolens_gui.ui.views.image import ImageView
        from astrolens_gui.workbench import Workbench

        self.bench = Workbench.start()
        self.bench.open(folder / "bench.astrolens", create={}).result()
        self.bench.import_images([next(folder.glob("*.fits"))]).result()
        self.id = int(self.bench.queue("random").result().object[0])
        self.bridge, self.current = Bridge(self.bench), Current()
        self.current.set_recipe(cuts="zscale", stretch="linear")
        self.view = ImageView(self.bridge, self.bench, self.current)
        self.canvas = self.view.canvas
        self.paints = 0
        plain = self.canvas.paintEvent

        def counted(event: Any) -> None:
            plain(event)
            if self.canvas._picture.shows(self.canvas.view) and self.view.frame is not None:
                self.paints += 1

        type(self.canvas).paintEvent = lambda _, event: counted(event)
        self.canvas.setFixedSize(WIDTH, HEIGHT)
        self.view.show()
        self.settle(0.5)

    def widget(self) -> Any:
        return self.canvas

    def painted(self, act: Callable[[], Any]) -> None:
        before = self.paints
        act()
        self.wait(lambda: self.paints > before)

    def open(self, path: Path) -> None:
        self.painted(lambda: self.current.show(self.id))
        assert (self.canvas.width(), self.canvas.height()) == (WIDTH, HEIGHT)

    def cuts(self, low: float, high: float) -> None:
        self.painted(lambda: self.current.set_recipe(cuts="manual", low=low, high=high))

    def auto_cuts(self, step: int) -> None:
        self.painted(lambda: self.current.set_recipe(cuts="percentile", percentile=99.5 - 0.1 * step))

    def stretch(self, name: str) -> None:
        self.painted(lambda: self.current.set_recipe(stretch=name))

    def scale(self) -> float:
        return float(self.canvas.view.scale)

    def fit(self) -> None:
        if not self.canvas.is_fitted:
            self.painted(self.canvas.fit)

    def zoom(self, factor: float) -> None:
        self.painted(lambda: self.canvas.zoom_by(factor))

    def pan(self, right: float, down: float) -> None:
        self.painted(lambda: self.canvas.set_view(self.canvas.view.panned(right, down)))

    def close(self) -> None:
        self.view.close()
        self.bridge.close()
        self.bench.close()


class Ginga(Viewer):
    def __init__(self, folder: Path) -> None:
        from ginga import toolkit

        toolkit.use("qt5")
        from ginga.AstroImage import AstroImage
        from ginga.misc import log
        from ginga.qtw.ImageViewQt import CanvasView

        from astrolens_gui.ui.qt import QtCore

        self.image_type, self.logger = AstroImage, log.get_logger("ginga", null=True)
        self.viewer = CanvasView(self.logger, render="widget")
        self.viewer.set_redraw_lag(0.0)  # draws at once, instead of 25 ms later
        self.viewer.set_bg(0.2, 0.2, 0.2)
        self.viewer.enable_autocuts("on")
        self.viewer.set_autocut_params("zscale")
        self.viewer.enable_autozoom("on")
        self.surface = self.viewer.get_widget()
        self.paints = 0

        class Counter(QtCore.QObject):
            def eventFilter(inner, _: Any, event: Any) -> bool:
                if event.type() == QtCore.QEvent.Paint:
                    self.paints += 1
                return False

        self.counter = Counter()
        self.surface.installEventFilter(self.counter)
        self.surface.resize(WIDTH, HEIGHT)
        self.surface.show()
        self.settle(0.5)

    def widget(self) -> Any:
        return self.surface

    def painted(self, act: Callable[[], Any]) -> None:
        with self.viewer.suppress_redraw:  # one drawing, however many settings change
            act()
        before = self.paints
        self.surface.update()
        self.wait(lambda: self.paints > before)

    def open(self, path: Path) -> None:
        def act() -> None:
            image = self.image_type(logger=self.logger)
            image.load_file(str(path))
            self.viewer.set_image(image)

        self.painted(act)
        self.viewer.enable_autocuts("off")
        self.viewer.enable_autozoom("off")

    def cuts(self, low: float, high: float) -> None:
        self.painted(lambda: self.viewer.cut_levels(low, high))

    def auto_cuts(self, step: int) -> None:
        self.painted(self.viewer.auto_levels)

    def stretch(self, name: str) -> None:
        self.painted(lambda: self.viewer.set_color_algorithm(name))

    def scale(self) -> float:
        return float(self.viewer.get_scale())

    def fit(self) -> None:
        self.painted(self.viewer.zoom_fit)

    def zoom(self, factor: float) -> None:
        scale = self.scale() * factor
        self.painted(lambda: self.viewer.scale_to(scale, scale))

    def pan(self, right: float, down: float) -> None:
        x, y = self.viewer.get_pan()
        scale = self.scale()
        self.painted(lambda: self.viewer.set_pan(x - right / scale, y + down / scale))

    def close(self) -> None:
        self.surface.close()


class Pyqtgraph(Viewer):
    def __init__(self, folder: Path) -> None:
        from astropy.io import fits

        from astrolens_gui.ui.qt import PYQTGRAPH_BINDING, QApplication, QtCore

        os.environ.setdefault("PYQTGRAPH_QT_LIB", PYQTGRAPH_BINDING)
        import pyqtgraph as pg

        self.fits, self.pg = fits, pg
        QApplication.instance() or pg.mkQApp()
        self.viewer = pg.ImageView()
        self.viewer.ui.histogram.hide()
        self.viewer.ui.roiBtn.hide()
        self.viewer.ui.menuBtn.hide()
        self.paints = 0

        class Counter(QtCore.QObject):
            def eventFilter(inner, _: Any, event: Any) -> bool:
                if event.type() == QtCore.QEvent.Paint:
                    self.paints += 1
                return False

        self.counter = Counter()
        self.viewer.ui.graphicsView.viewport().installEventFilter(self.counter)
        self.viewer.ui.graphicsView.setFixedSize(WIDTH, HEIGHT)
        self.viewer.show()
        self.settle(0.5)

    def widget(self) -> Any:
        return self.viewer.ui.graphicsView.viewport()

    def painted(self, act: Callable[[], Any]) -> None:
        before = self.paints
        act()
        self.viewer.ui.graphicsView.viewport().update()
        self.wait(lambda: self.paints > before)

    def open(self, path: Path) -> None:
        from astropy.visualization import ZScaleInterval

        def act() -> None:
            data = self.fits.getdata(path)
            levels = ZScaleInterval().get_limits(data)
            self.viewer.setImage(data, autoLevels=False, levels=levels, autoHistogramRange=False, axes={"x": 1, "y": 0})

        self.painted(act)

    def cuts(self, low: float, high: float) -> None:
        self.painted(lambda: self.viewer.imageItem.setLevels((low, high)))

    def auto_cuts(self, step: int) -> None:
        raise NotImplementedError

    def stretch(self, name: str) -> None:
        x = np.linspace(0, 1, 4096)
        curve = {"asinh": np.arcsinh(10 * x) / np.arcsinh(10), "log": np.log1p(1000 * x) / np.log1p(1000)}
        curve |= {"sqrt": np.sqrt(x), "linear": x}
        table = np.repeat((curve[name] * 255).astype(np.uint8)[:, None], 3, axis=1)
        self.painted(lambda: self.viewer.imageItem.setLookupTable(table))

    def scale(self) -> float:
        return float(1 / self.viewer.view.viewPixelSize()[0])

    def fit(self) -> None:
        self.painted(self.viewer.view.autoRange)

    def zoom(self, factor: float) -> None:
        self.painted(lambda: self.viewer.view.scaleBy((1 / factor, 1 / factor)))

    def pan(self, right: float, down: float) -> None:
        scale = self.scale()
        self.painted(lambda: self.viewer.view.translateBy(x=-right / scale, y=-down / scale))

    def close(self) -> None:
        self.viewer.close()


def ds9(path: Path, folder: Path) -> dict[str, Any] | None:
    """From the process's start until the middle of the X server's frame buffer holds an image, and until it holds anything."""
    if not (shutil.which("ds9") and shutil.which("Xvfb")):
        return None
    display = f":{90 + os.getpid() % 900}"
    buffer = folder / "framebuffer"
    buffer.mkdir(exist_ok=True)
    server = subprocess.Popen(
        ["Xvfb", display, "-screen", "0", "1600x1200x24", "-fbdir", str(buffer)], stderr=subprocess.DEVNULL
    )
    try:
        time.sleep(1.0)
        file = buffer / "Xvfb_screen0"
        with open(file, "rb") as head:
            start = int.from_bytes(head.read(4), "big") + 256 * 12  # the header's length, then its colour map
        screen = np.memmap(file, np.uint32, "r", start, (1200, 1600))
        shown: list[float] = []
        first: list[float] = []
        for _ in range(3):
            command = ["ds9", "-width", str(WIDTH), "-height", str(HEIGHT), str(path), "-zscale", "-zoom", "to", "fit"]
            begun = time.perf_counter()
            program = subprocess.Popen(command, env={**os.environ, "DISPLAY": display, "HOME": str(folder)})
            try:
                seen = 0.0
                while time.perf_counter() - begun < PATIENCE_S:
                    part = np.array(screen[450:650:3, 500:700:3])
                    now = (time.perf_counter() - begun) * 1e3
                    seen = seen or (now if part.any() else 0.0)
                    if len(np.unique(part)) > 30:
                        shown.append(now)
                        first.append(seen)
                        break
                    time.sleep(0.002)
            finally:
                program.terminate()
                program.wait()
            time.sleep(0.5)
        if not shown:
            return None
        opened = [late - early for late, early in zip(shown, first, strict=True)]
        start_ms = {"process start to image": round(statistics.median(shown), 1)}
        return {"viewer": "ds9", "open": round(statistics.median(opened), 1), **start_ms}
    except (subprocess.SubprocessError, OSError) as error:
        print(f"ds9 could not be timed: {error}", file=sys.stderr)
        return None
    finally:
        server.terminate()
        server.wait()


VIEWERS: dict[str, type[Viewer]] = {"ours": Ours, "ginga": Ginga, "pyqtgraph": Pyqtgraph}
