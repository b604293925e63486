"""A workbench for the pixel views' tests: real FITS files, jobs that end when told; knows no store."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from astrolens_gui.api import Changes
from astrolens_gui.core.images.raster import ArrayRaster
from astrolens_gui.core.images.stretch import render
from astrolens_gui.ui.qt import QApplication, Qt, QtCore, QtGui
from astrolens_gui.workbench.records import LoadedImage


def loaded(path: Path, object_id: int = 1, band: str = "") -> LoadedImage:
    """A file of shared_data as the workbench would hand it out: the image extensions with a flux, or the primary."""
    from astropy.io import fits
    from astropy.wcs import WCS

    with fits.open(path) as hdus:
        images = {
            hdu.name.split("_FLUX")[0] or "SCI": hdu for hdu in hdus if hdu.data is not None and hdu.data.ndim == 2
        }
        name = band or next(iter(images))
        hdu = images[name]
        wcs = WCS(hdu.header).celestial
        data = np.ascontiguousarray(hdu.data, dtype=np.float32)
        unit = str(hdu.header.get("BUNIT", ""))
    return made(
        data, object_id, band=name, bands=tuple(images), wcs=wcs if wcs.has_celestial else None, unit=unit, path=path
    )


def made(data: np.ndarray, object_id: int = 1, **more: Any) -> LoadedImage:
    """An image of given pixels without a WCS."""
    about = {
        "band": "r",
        "bands": ("r",),
        "wcs": None,
        "pixel_scale": None,
        "unit": "",
        "path": Path("made.fits"),
        **more,
    }
    raster = ArrayRaster(data)
    about.setdefault("rasters", {about["band"]: raster})
    return LoadedImage(object_id, name=f"object {object_id:04d}", raster=raster, **about)


class Job(Future):
    """Ends with `finish()`; `cancel` is remembered."""

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__()
        self.work = work

    def finish(self) -> None:
        if not self.running() and not self.set_running_or_notify_cancel():
            return
        try:
            self.set_result(self.work())
        except Exception as error:
            self.set_exception(error)


@dataclass
class Grade:
    key: str
    value: str
    title: str
    colour: str
    criterion: str = ""


SCHEME = SimpleNamespace(
    id="abcx",
    title="A/B/C/X",
    grades=(
        Grade("1", "A", "sure lens", "#0072b2"),
        Grade("2", "B", "probable", "#009e73"),
        Grade("3", "C", "possible", "#e69f00"),
        Grade("4", "X", "not a lens", "#cc79a7"),
    ),
    subtypes=(),
)


@dataclass
class FakeWorkbench:
    """`images` maps object id to a path, a Loaded, or an error; jobs finish at once unless `hold`."""

    images: dict[int, Any]
    hold: bool = False
    jobs: list[Job] = field(default_factory=list)
    labels: list[tuple[int, str, dict]] = field(default_factory=list)
    asked: list[tuple] = field(default_factory=list)
    label_error: Exception | None = None
    project: Any = None
    runner: Any = field(default_factory=lambda: SimpleNamespace(listen=lambda callback: lambda: None))

    def subscribe(self, callback: Callable[[Changes], None]) -> Callable[[], None]:
        return lambda: None

    def _submit(self, work: Callable[[], Any]) -> Job:
        job = Job(work)
        self.jobs.append(job)
        if not self.hold:
            job.finish()
        return job

    def _load(self, object_id: int, band: str | None) -> LoadedImage:
        found = self.images[object_id]
        if isinstance(found, Exception):
            raise found
        return loaded(found, object_id, band or "") if isinstance(found, Path) else found

    def image(self, object_id: int, band: str | None = None) -> Job:
        self.asked.append(("image", object_id, band))
        return self._submit(lambda: self._load(object_id, band))

    def thumbnails(self, ids: list[int], size: int, recipe: Any) -> Job:
        self.asked.append(("thumbnails", tuple(ids), size))
        return self._submit(lambda: [self._thumb(object_id, size, recipe) for object_id in ids])

    def _thumb(self, object_id: int, size: int, recipe: Any) -> Any:
        try:
            data = self._load(object_id, recipe.band or None).data
        except ValueError as error:
            return str(error)
        rgb = render(data, recipe)[::-1]
        rows, columns = (np.arange(size) * side // size for side in data.shape)
        return rgb[rows][:, columns]

    def label(self, object_id: int, grade: str, **more: Any) -> Job:
        def work() -> Changes:
            if self.label_error is not None:
                raise self.label_error
            self.labels.append((object_id, grade, more))
            return Changes(labels=(object_id,))

        return self._submit(work)


def table(ids: list[int]) -> SimpleNamespace:
    """A QueueTable of ungraded, unscored objects in this order."""
    names = [f"object {object_id:04d}" for object_id in ids]
    unscored = np.full(len(ids), np.nan)
    return SimpleNamespace(
        object=np.array(ids), name=names, grade=[""] * len(ids), score=unscored, strategy="random", seed=0
    )


def move(widget: Any, position: QtCore.QPoint, button: Any) -> None:
    """A mouse move with a button held: QTest's has none."""
    QApplication.sendEvent(
        widget,
        QtGui.QMouseEvent(
            QtCore.QEvent.MouseMove,
            QtCore.QPointF(position),
            widget.mapToGlobal(position),
            Qt.NoButton,
            button,
            Qt.NoModifier,
        ),
    )
    time.sleep(0.012)  # pyqtgraph drops moves that come faster than its rate limit
