"""The records that cross the plugin boundary: numpy, JSON-able fields and paths; no Qt, no Keras, no SQL."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

SCALE_TOLERANCE = 0.05
"""Relative difference of pixel scales that still counts as the same (DESIGN §8)."""


@dataclass(frozen=True)
class InputSpec:
    """What a model eats. Bands are matched by name, never by position.

    Attributes:
        bands: names in channel order; () in a backend's spec means "whatever the data has".
        pixel_scale: arcsec per pixel; None in a backend's spec means "whatever the data has".
        size: side of the square cutout in pixels; None in a backend's spec means "whatever the data allows".
        normalisation: name of the function that turns fluxes into network input (see `core.images.prepare`).
    """

    bands: tuple[str, ...] = ()
    pixel_scale: float | None = None
    size: int | None = None
    normalisation: str = "asinh_noise"

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, bands) of one prepared cutout."""
        if self.size is None or not self.bands:
            raise ValueError("this InputSpec is open: it gets its size and bands from the data")
        return (self.size, self.size, len(self.bands))

    def mismatch(self, bands: Mapping[str, tuple[int, int]], pixel_scale: float | None) -> str | None:
        """Why an object with these bands ({name: (height, width)}) and scale does not fit; None when it fits."""
        missing = [band for band in self.bands if band not in bands]
        if missing and not bands:
            return f"its bands have no names; name them, in the file's order, with --bands {','.join(self.bands)}"
        if missing:
            return f"band {', '.join(missing)} is missing (it has {', '.join(bands)})"
        if self.pixel_scale is not None:
            if pixel_scale is None:
                return "its pixel scale is unknown; give --pixel-scale at import"
            if abs(pixel_scale - self.pixel_scale) > SCALE_TOLERANCE * self.pixel_scale:
                return f"its pixel scale is {pixel_scale:.4g} arcsec, the model's {self.pixel_scale:.4g}"
        if self.size is not None:
            small = [band for band in self.bands if min(bands[band]) < self.size]
            if small:
                height, width = bands[small[0]]
                return f"its {small[0]} stamp has {width} x {height} px, the model needs {self.size}"
        return None

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "bands": list(self.bands)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> InputSpec:
        return replace(cls(**values), bands=tuple(values.get("bands", ())))


Split = Literal["train", "validation"]


@dataclass(frozen=True)
class Plane:
    """One two-dimensional image in a file.

    Attributes:
        path: of the file. hdu: number of the image in it, from 0.
        plane: index along the higher axes (flattened), None where there are none.
        band: name, "" where nothing names it. shape: (height, width).
        pixel_scale: arcsec, None if unknown. unit: of the pixels, as it stands in the file.
        extname: the image's name in the file. A reader finds its image again by path, hdu, plane and extname.
        reader: id of the `ReaderSpec` that made it; the program sets it.
        window: (x0, y0, width, height) in pixels of a larger image, of which the plane is this part; it may hang over the
            edge, where there is no value. `shape` is the window's. None: the whole image.
    """

    path: str
    hdu: int = 0
    plane: int | None = None
    band: str = ""
    shape: tuple[int, int] = (0, 0)
    pixel_scale: float | None = None
    unit: str = ""
    extname: str = ""
    reader: str = "fits"
    window: tuple[int, int, int, int] | None = None

    def as_dict(self) -> dict[str, Any]:
        """As projects store it; a whole FITS plane names neither reader nor window, as in projects written before those."""
        values = {name: getattr(self, name) for name in _PLANE_FIELDS}
        values["shape"] = list(self.shape)
        if self.reader == "fits":
            del values["reader"]
        if self.window is None:
            del values["window"]
        else:
            values["window"] = list(self.window)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], path: str | Path | None = None) -> Plane:
        """The inverse of `as_dict`; `path` replaces the stored one (records keep it relative to their root)."""
        kept = {name: values[name] for name in _PLANE_FIELDS if name in values}
        kept["shape"] = tuple(kept.get("shape", (0, 0)))
        if kept.get("window") is not None:
            kept["window"] = tuple(kept["window"])
        if path is not None:
            kept["path"] = os.fspath(path)
        return cls(**kept)


_PLANE_FIELDS = tuple(f.name for f in fields(Plane))


@dataclass(frozen=True)
class TrainingSet:
    """A folder of `.npy` shards, opened with mmap: it travels to a child process as a path, never as arrays.

    Files: `images.npy` float32 (N, size, size, bands), prepared as `input` says; `targets.npy` float32 (N, classes),
    rows sum to 1 (soft labels allowed); `unlabelled.npy` like the images, of objects that nobody graded and that are not held out,
    where a training asked for some; `weights.npy` float32 (N,); `split.npy` int8 (N,), 0 train, 1 validation (to stop
    by), 2 held out for the host's own judgement, constant within an object and its source field; `set.json` with
    kind, classes, input and provenance.

    Of the kind "boxes" (images to detect in) there are, in place of targets, `boxes.npy` float32 (M, 6): row of the image, x,
    y, w, h as in `Detections.boxes`, index of the class; and `masks.npy` uint8 (M, 28, 28), 0..255, all 0 where nobody knows.
    Of the kind "pairs" (images to restore) there is `wanted.npy` float32 like the images and in their units, NaN where
    unknown: a cleaner, sharper or second image of the same; no file where there are none.
    """

    folder: Path
    classes: tuple[str, ...]
    input: InputSpec
    kind: Literal["classes", "boxes", "pairs"] = "classes"

    @classmethod
    def open(cls, folder: Path) -> TrainingSet:
        about = json.loads((Path(folder) / "set.json").read_text(encoding="utf-8"))
        kind = about.get("kind", "classes")
        return cls(Path(folder), tuple(about["classes"]), InputSpec.from_dict(about["input"]), kind)

    def _array(self, name: str) -> np.ndarray:
        return np.load(self.folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)

    @property
    def images(self) -> np.ndarray:
        return self._array("images")

    @property
    def targets(self) -> np.ndarray:
        return self._array("targets")

    @property
    def unlabelled(self) -> np.ndarray | None:
        return self._array("unlabelled") if (self.folder / "unlabelled.npy").exists() else None

    @property
    def weights(self) -> np.ndarray:
        return self._array("weights")

    @property
    def boxes(self) -> np.ndarray:
        return self._array("boxes")

    @property
    def masks(self) -> np.ndarray:
        return self._array("masks")

    @property
    def wanted(self) -> np.ndarray | None:
        return self._array("wanted") if (self.folder / "wanted.npy").exists() else None

    def indices(self, split: Split) -> np.ndarray:
        """Rows of one split, int64, ascending."""
        return np.flatnonzero(self._array("split") == ("train", "validation").index(split))


@dataclass(frozen=True)
class FitReport:
    """What a training says of itself; the host judges the model on data of its own choosing.

    Attributes:
        epochs: one dict of named numbers per epoch.
        stopped: why it ended ("early stopping", "all epochs").
        used: the values of those `fit_params` that the training chose itself ("auto" here, "mixed_bfloat16" there); the
            model keeps them, so that it can be trained again elsewhere.
    """

    epochs: tuple[dict[str, float], ...] = ()
    stopped: str = "all epochs"
    used: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Changes:
    """What an operation changed, so that views refresh only that; fields hold ids, `origin` names who did it."""

    objects: tuple[int, ...] = ()
    labels: tuple[int, ...] = ()
    scores: bool = False
    models: tuple[str, ...] = ()
    queue: bool = False
    project: bool = False
    events: tuple[int, ...] = ()
    origin: str = ""
    message: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
