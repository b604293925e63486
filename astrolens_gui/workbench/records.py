"""What the workbench's verbs return: plain records for window and command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.core.grading.order import GOLDEN

if TYPE_CHECKING:
    from astrolens_gui.core.images.raster import Raster


@dataclass(frozen=True)
class ProjectInfo:
    """An open project: `objects` its number of objects, `champion` the model in use ("" before the first training)."""

    name: str
    folder: Path
    objects: int
    labelled: int
    scheme: str
    champion: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportReport:
    """What an import did; each of `refused` prints as one sentence that names the file; `notes` are for the person. `unused` says
    why no image at all took the names given for bands, "" where one did or none were given."""

    added: int = 0
    updated: int = 0
    refused: list[Any] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unused: str = ""


@dataclass(frozen=True)
class QueueTable:
    """All objects in the chosen order: arrays of equal length.

    `object` int64 ids; `name` list of str; `grade` list of str ("" where this grader gave none); `logit` and `score`
    float64 (NaN where unscored); `labelled` bool. `chance` float64: of a drawn order, each object's chance to be next among
    those then left; NaN for what was graded before. `golden`: ids of known class, which only the reason tells. `why` is
    what a label event stores as the reason for showing it; `note` a sentence for the person, if there is one.
    """

    object: np.ndarray
    name: list[str]
    grade: list[str]
    logit: np.ndarray
    score: np.ndarray
    labelled: np.ndarray
    strategy: str = "random"
    seed: int = 0
    note: str = ""
    chance: np.ndarray | None = None
    golden: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self.object)

    def why(self, position: int) -> str:
        """ "STRATEGY#PLACE", of a drawn order " p=CHANCE" behind it: what `searching` counts by."""
        drawn = self.chance is not None and np.isfinite(self.chance[position])
        chance = f" p={self.chance[position]:.9g}" if drawn and self.chance is not None else ""
        known = f"{GOLDEN} " if int(self.object[position]) in self.golden else ""
        return f"{known}{self.strategy}#{position + 1}{chance}"


@dataclass(frozen=True)
class LoadedImage:
    """One band of one object, open for looking at.

    Attributes:
        raster: the pixels, row 0 at the bottom (core's Raster). rasters: those of all bands; the others are opened, and their
            bytes touched, when they are first asked for: never on the main thread unless `rasters.opened(band)` has one.
        wcs: astropy's celestial WCS or None; `wcs_problem` says why there is none although the file has one.
        wcs_of, zero_points: the same, and the AB zero point or None, by band; read with the first question.
        maps: for each other band, from a view of this one to the affine map screen → its pixels; likewise.
    """

    object_id: int
    name: str
    band: str
    bands: tuple[str, ...]
    raster: Raster
    wcs: Any
    pixel_scale: float | None
    unit: str
    path: Path
    wcs_problem: str = ""
    rasters: Mapping[str, Raster] = field(default_factory=dict)
    wcs_of: Mapping[str, Any] = field(default_factory=dict)
    zero_points: Mapping[str, float | None] = field(default_factory=dict)
    maps: Mapping[str, Any] = field(default_factory=dict)

    @property
    def data(self) -> np.ndarray:
        """All pixels as float32 (height, width).

        Raises:
            ImageError: there are too many of them (see Raster.data).
        """
        return self.raster.data


@dataclass(frozen=True)
class ScoreReport:
    """What a scoring did; each of `refused` is a sentence that names the object."""

    model: str
    scored: int
    refused: list[Any] = field(default_factory=list)
    seconds: float = 0.0
    provisional: bool = False

    @property
    def rate(self) -> float:
        """Objects per second."""
        return self.scored / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class TrainReport:
    """A training and the gate's verdict: accepted, provisional or refused, with the reason in a sentence."""

    model: str
    verdict: str
    reason: str
    metrics: dict[str, Any]
    champion: bool
    refused: list[Any] = field(default_factory=list)
    seconds: float = 0.0
