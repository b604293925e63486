"""From the numbers that a FITS file stores to physical float32; knows no file and no header card beyond four."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .headers import BITPIX, Hdu


@dataclass(frozen=True)
class Coding:
    """How one image's values are stored: big-endian `dtype`, value = BZERO + BSCALE x stored, BLANK for none."""

    dtype: np.dtype
    scale: float = 1.0
    zero: float = 0.0
    blank: int | None = None

    @classmethod
    def of(cls, hdu: Hdu) -> Coding:
        size = BITPIX[hdu.bitpix]
        scale = hdu.header.number("BSCALE")
        return cls(
            np.dtype(f">{'u' if size == 1 else 'f' if hdu.bitpix < 0 else 'i'}{size}"),
            1.0 if scale is None else scale,
            hdu.header.number("BZERO") or 0.0,
            hdu.header.integer("BLANK") if hdu.bitpix > 0 else None,
        )

    def physical(self, stored: np.ndarray) -> np.ndarray:
        """float32, native, a copy; scaled in float64, so that BZERO = 2^31 loses nothing. Values beyond float32 are infinite."""
        with np.errstate(all="ignore"):
            if self.scale == 1.0 and self.zero == 0.0 and self.blank is None:
                return stored.astype(np.float32, order="C")
            value = stored.astype(np.float64) * self.scale + self.zero
            if self.blank is not None:
                value[stored == self.blank] = np.nan
            return value.astype(np.float32, order="C")
