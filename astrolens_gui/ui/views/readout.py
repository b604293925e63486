"""The line under the pixels: pixel, value and sky position of the pointer, in places that stay; knows no file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..qt import QFont, QtGui, QtWidgets, QWidget
from .sky import format_value, frame_name, sexagesimal, world

DASH = "—"
SKY_TIP = "Right ascension and declination of the pointer"


class Readout(QWidget):
    """Call `set_image` once per image and `point` per pointer move (under a millisecond)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("readout")
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(10, 3, 10, 3)
        row.setSpacing(12)
        self._pixel = self._field(row, "x 00000  y 00000", "FITS pixel: the centre of the first one is 1, 1, as in DS9")
        self._value = self._field(row, "-1.2346e-11 adu", "Value of the pixel as stored, before any stretch", 1)
        self._sky = self._field(row, "00:00:00.000  +00:00:00.00", SKY_TIP)
        self._degrees = self._field(row, "", "The same position in degrees; Ctrl+C copies it")
        self._degrees.setSizePolicy(QtWidgets.QSizePolicy.Ignored, QtWidgets.QSizePolicy.Preferred)  # gives way first
        row.setStretchFactor(self._degrees, 2)
        self._image: Any = None
        self._frame = ""

    def set_image(self, image: Any) -> None:
        """`image`: a LoadedImage, or None."""
        self._image = image
        self._frame = frame_name(image.wcs) if image is not None and image.wcs is not None else ""
        problem = image.wcs_problem if image is not None else ""
        self._sky.setToolTip(problem or SKY_TIP)
        self.point(None)

    def point(self, position: tuple[float, float] | None) -> None:
        """Show what is at 0-based (x, y); for None, or outside the image, what the image is."""
        texts = self.texts(position)
        for label, text in zip((self._pixel, self._value, self._sky, self._degrees), texts, strict=True):
            label.setText(text)

    def texts(self, position: tuple[float, float] | None) -> tuple[str, str, str, str]:
        """(pixel, value, sexagesimal, degrees) at 0-based (x, y)."""
        if self._image is None:
            return DASH, "", "", ""
        if position is None:
            return self._about()
        column, row = round(position[0]), round(position[1])
        height, width = self._image.data.shape
        if not (0 <= column < width and 0 <= row < height):
            return self._about()
        pixel = f"x {column + 1:>4}  y {row + 1:>4}"
        value = format_value(float(self._image.data[row, column]), self._image.unit)
        if self._image.wcs is None:
            return pixel, value, "no sky coordinates", ""
        here = world(self._image.wcs, *position)
        if here is None:
            return pixel, value, "off the sky", ""
        degrees = f"{here[0]:.6f}°  {here[1]:+.6f}°"
        if self._frame and not self._frame.startswith("FK"):
            return pixel, value, self._frame, degrees
        return pixel, value, "  ".join((*sexagesimal(*here), self._frame)).rstrip(), degrees

    def _about(self) -> tuple[str, str, str, str]:
        """What is said of the image as a whole."""
        height, width = self._image.data.shape
        scale = self._image.pixel_scale
        sky = "" if self._image.wcs is not None else "no sky coordinates"
        return f"{width} × {height} px", f"{scale:.4g}″/px" if scale else "", sky, Path(self._image.path).name

    def sky_text(self, position: tuple[float, float] | None) -> str:
        """What "copy position" copies: degrees with a space between, or "" where there is no position."""
        if self._image is None or self._image.wcs is None:
            return ""
        height, width = self._image.data.shape
        x, y = position if position is not None else ((width - 1) / 2, (height - 1) / 2)
        here = world(self._image.wcs, x, y)
        return "" if here is None else f"{here[0]:.6f} {here[1]:+.6f}"

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
