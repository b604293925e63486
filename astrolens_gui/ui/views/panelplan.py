"""Which pictures the panels show, and by which recipe each; knows no widget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

MOST = 9
"""Panels that still have pixels enough to judge by."""


@dataclass(frozen=True, eq=False)
class Content:
    """What a panel shows.

    Attributes:
        kind: "band", "colour", "pin" (another object's band) or "processed"; "raw" and "made" where data are compared with what
            was made of them.
        image: LoadedImage. band: its name. title: as the panel says it. raster: a processed picture instead of the image's pixels.
    """

    kind: str
    image: Any
    band: str
    title: str
    raster: Any = None

    @property
    def key(self) -> tuple[Any, ...]:
        """What it shows, whichever loading it came from."""
        return (self.kind, self.image.object_id, self.band)

    def is_same(self, other: Content | None) -> bool:
        """Whether it is the same pixels; asks no mapping of the image's, which may have to be read for an answer."""
        return other is not None and other.key == self.key and other.image is self.image and other.raster is self.raster

    def recipe(self, recipe: Any, shared: bool = False) -> Any:
        """A recipe as this picture takes it; cuts by hand are pixel values of the band they were made for, unless they are shared."""
        mine = replace(recipe, band=self.band, mode="rgb" if self.kind == "colour" else "single")
        if recipe.cuts == "manual" and not shared and self.band != recipe.band:
            fresh = type(recipe)()
            mine = replace(mine, cuts=fresh.cuts, percentile=fresh.percentile, low=None, high=None)
        return mine


def chosen_contents(
    bands: Any,
    recipe: Any,
    chosen: Mapping[str, Any],
    pins: Sequence[tuple[Any, str]],
    processed: tuple[int, str, Any] | None,
) -> list[Content]:
    """The object's bands, a colour picture, a processed one, then other objects; what was asked for goes before a ninth band.

    Args:
        bands: of the object on the screen (workbench's Bands). chosen: "bands" all or one, "colour" or not.
        pins: (Bands, band name) of objects to compare. processed: (object id, title, raster).
    """
    others = [(held, band) for held, band in pins if held.object_id != bands.object_id]
    done = processed if processed is not None and processed[0] == bands.object_id else None
    lead = bands.of(recipe.band) or bands.images[0]
    images = list(bands.images) if chosen["bands"] else [lead]
    coloured = (bool(chosen["colour"]) or recipe.mode == "rgb") and len(bands.images) >= 3 and not bands.refused
    images = images[: max(MOST - len(others) - bool(done) - coloured, 1)]
    found = [Content("band", one, one.band, one.band) for one in images]
    if coloured:
        first = bands.opened_all
        found.append(Content("colour", first, first.band, "Colour"))
    if done is not None:
        found.append(Content("processed", lead, lead.band, done[1], done[2]))
    for held, band in others:
        image = held.of(band) or held.images[0]
        found.append(Content("pin", image, image.band, f"{held.name}  {image.band}"))
    return found[:MOST]


class Together:
    """Answers a Prefetch with all bands of an object instead of one."""

    def __init__(self, workbench: Any) -> None:
        self._workbench = workbench

    def image(self, object_id: int, kind: str | None) -> Any:
        from astrolens_gui.workbench.together import load_bands

        runner = self._workbench.runner
        try:
            opened = self._workbench.opened
        except ValueError as error:  # a project that closes: a failed job, as everywhere
            return runner.submit("io", partial(_raise, error), quiet=True)
        return runner.submit("io", load_bands, opened, object_id, kind == "colour", quiet=True)


def _raise(error: Exception) -> None:
    raise error
