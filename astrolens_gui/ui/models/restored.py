"""The pictures that a restoration of one band gives, and what can be said of them in numbers; knows no widget and no model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

LOOKS = ("restored", "residual", "spread", "raw")
TITLES = {"restored": "Restored", "residual": "Residual", "spread": "Spread", "raw": "Raw"}
TIPS = {
    "restored": "What the model makes of the data, with the data's cuts",
    "residual": "(data − restored) ÷ noise: what is left should be noise without shape; −5 σ blue, +5 σ red",
    "spread": "Standard deviation of the draws: bright is what the model invents, not what was seen",
    "raw": "The data",
}

CLEAR = 5.0
"""A residual of more sigmas is no noise."""


@dataclass(frozen=True)
class Made:
    """One picture of a restoration.

    Attributes:
        look: one of LOOKS. array: float32 (h, w). unit: of its values.
        limits: (low, high) that it is painted between, None: the data's own cuts. colormap: "" as the person has it.
    """

    look: str
    array: np.ndarray
    unit: str = ""
    limits: tuple[float, float] | None = None
    colormap: str = ""

    @property
    def title(self) -> str:
        return TITLES[self.look]

    @property
    def heading(self) -> str:
        """With what its colours mean, where they do not mean what the data's do."""
        if self.limits is None:
            return self.title
        low, high = (f"{value:.2g}".replace("-", "−") for value in self.limits)
        return f"{self.title}, {low} to {high} {self.unit}".rstrip()


def made(restoration: Any, look: str, unit: str = "") -> Made | None:
    """The picture of a `workbench.restoring.Restoration`; None where there is none (a model without draws has no spread)."""
    if look == "restored":
        return Made(look, restoration.mean, unit)
    if look == "residual":
        return Made(look, restoration.residual, "σ", (-CLEAR, CLEAR), "bwr")
    if look == "spread" and has_spread(restoration):
        top = float(np.nanpercentile(restoration.spread, 99.5))
        return Made(look, restoration.spread, unit, (0.0, top if top > 0 else 1.0), "inferno")
    return Made(look, restoration.raw, unit) if look == "raw" else None


def has_spread(restoration: Any) -> bool:
    """Whether several draws were made: else all is 0, or NaN."""
    spread = restoration.spread
    return spread is not None and bool(np.isfinite(spread).any()) and float(np.nanmax(spread)) > 0


def facts(restoration: Any) -> list[tuple[str, str, str]]:
    """(name, value, what it means) for the panel."""
    known = np.isfinite(restoration.residual)
    residual = restoration.residual[known]
    raw, mean = restoration.raw[known], restoration.mean[known]
    rows = []
    if residual.size:
        rms = float(np.sqrt(np.mean(np.square(residual, dtype=np.float64))))
        far = float(np.mean(np.abs(residual) > CLEAR))
        rows.append(
            ("Residual rms", f"{rms:.2f} σ", "1 σ: just the noise was taken away; more: part of the light as well")
        )
        rows.append(("Beyond 5 σ", f"{far:.2%}", "Pixels whose data the restored picture contradicts"))
        total = float(raw.sum(dtype=np.float64))
        if total:
            change = float(mean.sum(dtype=np.float64)) / total - 1
            rows.append(("Total flux", f"{change:+.1%}", "Of all pixels, restored against data, sky included"))
    if has_spread(restoration) and (noise := _noise(restoration)) > 0:
        top = float(np.nanmax(restoration.spread))
        said = "Where the draws differ most, in units of the noise: there the model invents"
        rows.append(("Largest spread", f"{top / noise:.1f} σ", said))
    return rows


def _noise(restoration: Any) -> float:
    """The noise that the residual is in units of: its median over the pixels; 0 where nothing says it."""
    residual = restoration.residual
    there = np.isfinite(residual) & (np.abs(residual) > 1e-6)
    if not there.any():
        return 0.0
    return float(np.median(np.abs((restoration.raw[there] - restoration.mean[there]) / residual[there])))


def said_of_files(report: Any, out: Path) -> str:
    """One sentence of what was written where."""
    files = getattr(report, "files", report)
    count = len(files) if hasattr(files, "__len__") else int(files or 0)
    refused = getattr(report, "refused", ())
    images = "image" if count == 1 else "images"
    said = f"{count:,} restored {images} written to {out}; the headers say that they are not data."
    return f"{said} Not restored: {len(refused):,}; the first: {refused[0]}" if refused else said


def arcsec_per_pixel(wcs: Any) -> float | None:
    """The mean scale of a celestial WCS; None without one."""
    if wcs is None:
        return None
    from astropy.wcs.utils import proj_plane_pixel_scales

    return float(proj_plane_pixel_scales(wcs).mean() * 3600)
