"""What a wide field needs that a stamp does not: overviews made while it is looked at, single values from the disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..qt import QObject, Signal


class Wide(QObject):
    """For whatever raster is on the screen; of one in memory it asks nothing.

    Attributes:
        refined: the overviews are there: the view can be had without leaving pixels out.
        told: the value asked for last has come.
    """

    refined = Signal()
    told = Signal()

    def __init__(self, bridge: Any, workbench: Any, rendering: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge, self._workbench, self._rendering = bridge, workbench, rendering
        self._raster: Any = None
        self._job: Any = None
        self._value: tuple[tuple[int, int], float | None] = ((-1, -1), None)

    def set_raster(self, raster: Any) -> None:
        """Other pixels are on the screen, or None; overviews under way for the former are given up."""
        if raster is self._raster:
            return
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self._raster = raster
        self._value = ((-1, -1), None)

    def refine(self, name: str) -> None:
        """Make the overviews of a large image in the background, or fetch them from the cache."""
        raster = self._raster
        if raster is None or raster.resident or raster.has_overviews or self._job is not None:
            return
        make: Callable[..., None] = self._workbench.images.build_overviews
        self._job = job = self._workbench.runner.submit("io", make, raster, title=f"overviews of {name}")
        self._bridge.when_done(job, lambda _: self._on_made(raster), lambda _: self._on_failed(raster))

    def _on_made(self, raster: Any) -> None:
        if raster is self._raster:
            self._job = None
            self.refined.emit()

    def _on_failed(self, raster: Any) -> None:
        """The image is shown all the same, with pixels left out; the list of jobs says why."""
        if raster is self._raster:
            self._job = None

    def value(self, x: int, y: int) -> float | None:
        """The value of a pixel; None while it is on its way from the disk: `told` follows."""
        raster = self._raster
        if raster is None or raster.resident:
            return None if raster is None else float(raster.value(x, y))
        if self._value[0] != (x, y):
            self._value = ((x, y), None)
            self._rendering.ask(lambda: raster.value(x, y), lambda value: self._on_value((x, y), value), "value")
        return self._value[1]

    def _on_value(self, pixel: tuple[int, int], value: float) -> None:
        if self._value[0] == pixel:
            self._value = (pixel, value)
            self.told.emit()
