"""The line under the pixels: pixel, value and sky position of the pointer, in places that stay; knows no file."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from astrolens_gui.core.images.celestial import Celestial

from ..qt import QFont, Qt, QtGui, QtWidgets, QWidget
from .sky import format_value, sexagesimal

DASH = "—"
SKY_TIP = "Right ascension and declination of the pointer, ICRS"
WAITING = "…"


class Readout(QWidget):
    """Call `set_image` once per image and `point` per pointer move (under a millisecond).

    Args:
        value_of: `value_of(x, y)` gives the value of an image pixel, or None while it is on its way from the disk.
    """

    def __init__(
        self, parent: QWidget | None = None, value_of: Callable[[int, int], float | None] | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("readout")
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(10, 3, 10, 3)
        row.setSpacing(12)
        self._pixel = self._field(row, "x 00000  y 00000", "FITS pixel: the centre of the first one is 1, 1, as in DS9")
        self._value = self._field(row, "-1.2346e-11 adu", "Value of the pixel as stored, before any stretch", 1)
        self._sky = self._field(row, "00:00:00.0000  +00:00:00.000", SKY_TIP)
        self._degrees = self._field(row, "", "The same position in degrees; Ctrl+C copies it")
        self._degrees.setSizePolicy(QtWidgets.QSizePolicy.Ignored, QtWidgets.QSizePolicy.Preferred)  # gives way first
        row.setStretchFactor(self._degrees, 2)
        self._value_of = value_of or self._read
        self._image: Any = None
        self._celestial: Celestial | None = None
        self._position: tuple[float, float] | None = None
        self._unit = ""

    def set_unit(self, unit: str) -> None:
        """Of the values, where what is shown is no data of the image's."""
        self._unit = unit
        self.repeat()

    def set_image(self, image: Any) -> None:
        """`image`: a LoadedImage, or None."""
        self._image = image
        self._unit = image.unit if image is not None else ""
        self._celestial = Celestial.of(image.wcs) if image is not None else None
        self._sky.setToolTip(self._tip())
        self.point(None)

    def _tip(self) -> str:
        if self._image is None or self._celestial is None:
            return (self._image.wcs_problem if self._image is not None else "") or SKY_TIP
        if not self._celestial.frame:
            return SKY_TIP
        if not self._celestial.is_icrs:
            return f"Longitude and latitude of the pointer; the file's coordinates are {self._celestial.frame}"
        return f"{SKY_TIP}; the file's own coordinates are {self._celestial.frame}"

    def point(self, position: tuple[float, float] | None) -> None:
        """Show what is at 0-based (x, y); for None, or outside the image, what the image is."""
        self._position = position
        pixel, value, sky, degrees = self.texts(position)
        self._pixel.setText(pixel)
        self._value.setText(self._value.fontMetrics().elidedText(value, Qt.ElideRight, self._value.width()))
        self._sky.setText(sky)
        self._degrees.setText(_fitting(degrees, self._degrees))
        native = self._native(position)
        if native:
            self._sky.setToolTip(f"{self._tip()}: {native}")

    def repeat(self) -> None:
        """The value has come from the disk."""
        self.point(self._position)

    def texts(self, position: tuple[float, float] | None) -> tuple[str, str, str, str]:
        """(pixel, value, sexagesimal, degrees) at 0-based (x, y)."""
        if self._image is None:
            return DASH, "", "", ""
        if position is None:
            return self._about()
        column, row = math.floor(position[0] + 0.5), math.floor(position[1] + 0.5)
        height, width = self._image.raster.shape
        if not (0 <= column < width and 0 <= row < height):
            return self._about()
        pixel = f"x {column + 1:>4}  y {row + 1:>4}"
        found = self._value_of(column, row)
        value = WAITING if found is None else format_value(found, self._unit)
        if self._celestial is None:
            return pixel, value, "no sky coordinates", ""
        here = self._celestial.icrs(*position)
        if here is None:
            return pixel, value, "off the sky", ""
        degrees = f"{here[0]:.8f}°  {here[1]:+.8f}°"
        if not self._celestial.is_icrs:
            return pixel, value, self._celestial.frame, degrees
        return pixel, value, "  ".join(sexagesimal(*here)), degrees

    def _native(self, position: tuple[float, float] | None) -> str:
        """The position in the file's own frame, where that is another than ICRS."""
        if position is None or self._celestial is None or not self._celestial.frame:
            return ""
        here = self._celestial.native(*position)
        return "" if here is None else f"{here[0]:.8f}° {here[1]:+.8f}°"

    def _read(self, x: int, y: int) -> float:
        return float(self._image.raster.value(x, y))

    def _about(self) -> tuple[str, str, str, str]:
        """What is said of the image as a whole."""
        height, width = self._image.raster.shape
        scale = self._image.pixel_scale
        sky = "" if self._celestial is not None else "no sky coordinates"
        return f"{width} × {height} px", f"{scale:.4g}″/px" if scale else "", sky, Path(self._image.path).name

    def position(self, at: tuple[float, float] | None) -> tuple[float, float] | None:
        """(RA, Dec) in ICRS degrees at 0-based (x, y), for None at the image's centre; None where there is no position."""
        if self._image is None or self._celestial is None or not self._celestial.is_icrs:
            return None
        height, width = self._image.raster.shape
        return self._celestial.icrs(*(at if at is not None else ((width - 1) / 2, (height - 1) / 2)))

    def sky_text(self, position: tuple[float, float] | None) -> str:
        """What "copy position" copies: ICRS degrees with a space between, or "" where there is no position."""
        here = self.position(position)
        return "" if here is None else f"{here[0]:.8f} {here[1]:+.8f}"

    def _field(self, row: QtWidgets.QHBoxLayout, widest: str, tip: str, stretch: int = 0) -> QtWidgets.QLabel:
        label = QtWidgets.QLabel()
        label.setToolTip(tip)
        font = QFont(label.font())
        font.setStyleHint(QFont.Monospace)
        font.setFamily(QtGui.QFontDatabase.systemFont(QtGui.QFontDatabase.FixedFont).family())
        label.setFont(font)
        label.setMinimumWidth(QtGui.QFontMetrics(font).horizontalAdvance(widest))
        row.addWidget(label, stretch)
        return label


def _fitting(degrees: str, label: QtWidgets.QLabel) -> str:
    """A position with as many decimals as there is room for: a number cut off at the edge would be another number."""
    parts = re.fullmatch(r"(\d+\.\d+)°  ([+-]\d+\.\d+)°", degrees)
    metrics, room = label.fontMetrics(), label.width()
    if parts is None:
        return metrics.elidedText(degrees, Qt.ElideMiddle, room)
    lon, lat = (float(part) for part in parts.groups())
    for decimals in range(8, 3, -1):
        text = f"{lon:.{decimals}f}°  {lat:+.{decimals}f}°"
        if metrics.horizontalAdvance(text) <= room:
            return text
    return ""
