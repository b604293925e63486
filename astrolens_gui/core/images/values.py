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
        out = np.empty(stored.shape, np.float32)
        self.write(stored, out)
        return out

    def write(self, stored: np.ndarray, out: np.ndarray) -> None:
        """As `physical`, into float32 `out`; unscaled values are turned round on the way, in one pass."""
        with np.errstate(all="ignore"):
            if self.scale == 1.0 and self.zero == 0.0 and self.blank is None:
                np.copyto(out, stored, casting="unsafe")
                return
            value = stored.astype(np.float64) * self.scale + self.zero
            if self.blank is not None:
                value[stored == self.blank] = np.nan
            np.copyto(out, value, casting="same_kind")
