"""How an image is shown, as a record that is saved and stored with labels; knows no pixel and no widget."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

CUTS: tuple[str, ...] = ("percentile", "zscale", "minmax", "corner_rms", "centre", "manual")

LOCKS: tuple[str, ...] = ("image", "band", "project")

COMPOSERS: tuple[str, ...] = ("lupton", "simple", "matrix")


@dataclass(frozen=True)
class Recipe:
    """How an image is shown; JSON-able, the same for view, mosaic and thumbnail.

    Attributes:
        stretch: id of a stretch.
        cuts: one of CUTS; `percentile` is the kept per cent, `low` and `high` are in image units and for "manual".
        low_sigma, high_sigma: "corner_rms": sky - low_sigma RMS to sky + high_sigma RMS; the lower one also of "centre".
        corner_px: side of the corner boxes; 0 = a tenth of the image's shorter side, at least 5.
        centre_px, centre_gain: "centre": white is `centre_gain` times the maximum (above the sky) of the middle box.
        lock: whose cuts: "image" each image's own, "band" those kept in `locked` for the band, "project" one pair.
        locked: (low, high) by band name; "" is the project's pair.
        contrast, bias: as in DS9: the colour at stretched value s is that of (s - bias) * contrast + 0.5.
        band: name of the band shown; "" = the first.
        mode: "single" or "rgb": one band through the colour map, or several as a colour picture.
        red, green, blue: band names; "" = chosen by wavelength.
        composer: one of COMPOSERS.
        q, softening: Lupton's Q, and his linear stretch in units of the noise of the three bands' mean.
        grain: a pixel fainter than this many times the noise fades to grey, for its colour is chance; 0 = as Lupton has it.
        pedestal: height of the sky over black, in units of the noise.
        scales: factor per band on top of the automatic one; 1 where absent.
        matrix: three rows of weights, one column for each of `matrix_bands` (else for each band, the reddest first).
    """

    stretch: str = "asinh"
    cuts: str = "percentile"
    percentile: float = 99.5
    low: float | None = None
    high: float | None = None
    colormap: str = "gray"
    invert: bool = False
    contrast: float = 1.0
    bias: float = 0.5
    band: str = ""
    low_sigma: float = 1.0
    high_sigma: float = 40.0
    corner_px: int = 0
    centre_px: int = 14
    centre_gain: float = 1.3
    lock: str = "image"
    locked: dict[str, tuple[float, float]] = field(default_factory=dict, hash=False)
    mode: str = "single"
    red: str = ""
    green: str = ""
    blue: str = ""
    composer: str = "lupton"
    q: float = 8.0
    softening: float = 16.0
    grain: float = 2.5
    pedestal: float = 0.7
    scales: dict[str, float] = field(default_factory=dict, hash=False)
    matrix: tuple[tuple[float, ...], ...] = ()
    matrix_bands: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """The inverse of `as_dict`, also after JSON; names of a newer version, and values that make no sense, are left out."""
        fresh, taken = cls(), {}
        for name, value in values.items():
            with suppress(TypeError, ValueError, KeyError, AttributeError):
                taken[name] = _checked(name, value, getattr(fresh, name))
        return cls(**taken)


_CHOICES = {"cuts": CUTS, "lock": LOCKS, "mode": ("single", "rgb"), "composer": COMPOSERS}


def _checked(name: str, value: Any, usual: Any) -> Any:
    """The value as the field has it; ValueError or TypeError where it can't be that."""
    if name in ("low", "high") and value is None:
        return None
    if name == "locked":
        return {str(band): (_number(low), _number(high)) for band, (low, high) in value.items()}
    if name == "scales":
        return {str(band): _number(factor) for band, factor in value.items()}
    if name == "matrix":
        return tuple(tuple(_number(weight) for weight in row) for row in value)
    if name == "matrix_bands":
        return tuple(str(band) for band in value)
    if isinstance(usual, bool | str):
        if type(value) is not type(usual) or value not in _CHOICES.get(name, (value,)):
            raise ValueError(name)
        return value
    return int(_number(value)) if isinstance(usual, int) else _number(value)


def _number(value: Any) -> float:
    if isinstance(value, bool | str) or not np.isfinite(value):
        raise ValueError(value)
    return value if isinstance(value, int | float) else float(value)
