"""All bands of an object, each ready to be looked at, in one job; knows no window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from astrolens_gui.core.images.errors import ImageError

if TYPE_CHECKING:
    from .opened import Opened
    from .records import LoadedImage

MOST = 9
"""Panels that still have pixels enough to judge by."""


class Footprint(NamedTuple):
    """What is held in memory, as one image of this shape would be."""

    shape: tuple[int, int]
    resident: bool = True


@dataclass(frozen=True)
class Bands:
    """Attributes:
    images: one LoadedImage for each band that could be read, in the object's order.
    opened_all: the one of them whose rasters and maps are open in every band, for a colour picture.
    refused: (band, sentence) of the others. left_out: names of bands beyond MOST.
    """

    object_id: int
    name: str
    images: tuple[LoadedImage, ...]
    opened_all: LoadedImage
    refused: tuple[tuple[str, str], ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def raster(self) -> Footprint:
        """All bands' pixels together, for whoever weighs what is kept ready."""
        return Footprint(
            (sum(one.raster.shape[0] * one.raster.shape[1] for one in self.images if one.raster.resident), 1)
        )

    def of(self, band: str) -> LoadedImage | None:
        return next((one for one in self.images if one.band == band), None)


def load_bands(opened: Opened, object_id: int, colour: bool = False) -> Bands:
    """On the io lane. One unreadable band leaves the others; with `colour` all that a colour picture needs is opened too.

    Raises:
        ImageError: no band can be read; the sentence of the one that is looked at first.
    """
    first = _first(opened, object_id)
    wanted = list(first.bands[:MOST])
    if first.band not in wanted:
        wanted[-1] = first.band
    images: list[Any] = []
    refused: list[tuple[str, str]] = []
    for band in wanted:
        try:
            images.append(first if band == first.band else opened.images.load(object_id, band))
        except ImageError as error:
            refused.append((band, str(error)))
    for one in images:
        one.raster.overview()  # cuts are found from it: here, not while painting
    if colour and len(images) >= 3 and not refused:
        for band in first.bands:
            first.rasters[band].overview()
            _ = first.zero_points[band]
        for band in first.maps:
            _ = first.maps[band]
    left_out = tuple(band for band in first.bands if band not in wanted)
    return Bands(object_id, first.name, tuple(images), first, tuple(refused), left_out)


def _first(opened: Opened, object_id: int) -> Any:
    """The band to look at first; where that one can't be read, the first that can."""
    from .pixels import labels

    try:
        return opened.images.load(object_id)
    except ImageError:
        for band in labels(opened.images.planes(object_id)):
            try:
                return opened.images.load(object_id, band)
            except ImageError:  # the next may be readable; else the first sentence is the one that is said
                continue
        raise
