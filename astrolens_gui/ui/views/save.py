"""A picture of a view for a talk or a paper: pixels, colour bar and caption on one sheet, as PNG or PDF; knows no object."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.api import UserError

from ..qt import QColor, Qt, QtCore, QtGui, QtWidgets, QWidget

SUFFIXES = (".png", ".pdf")
SIZES = (1, 2, 4)
"""How many times the screen's pixels a picture may have; each is rendered anew, none is blown up."""

PDF_DPI = 300
PDF_WIDTH_MM = 170.0
"""The text width of a journal's page."""

LARGEST_SIDE = 16_384
"""Pixels; larger pictures are refused by what shows them."""

PAPER, INK, MUTED, WARNING = (QColor(name) for name in ("#ffffff", "#111417", "#4a525c", "#a3280a"))


def short(value: float) -> str:
    """A pixel value as a caption has it: three digits, a true minus sign."""
    return f"{value:.3g}".replace("-", "−")


@dataclass(frozen=True)
class Caption:
    """What stands under the pixels.

    Attributes:
        name: of the object. recipe: band, stretch and cuts. place: sky position. warning: "" for data as measured.
    """

    name: str
    recipe: str = ""
    place: str = ""
    warning: str = ""


@dataclass(frozen=True)
class ColourBar:
    """`colours` uint8 (n, 3) from the low to the high cut; `ticks` (fraction 0..1, text)."""

    colours: np.ndarray
    ticks: tuple[tuple[float, str], ...]


def colour_bar(recipe: Any, low: float, high: float, unit: str = "") -> ColourBar | None:
    """The bar of a recipe between two cuts, even in the stretched value; None where one colour has no one value."""
    from astrolens_gui.core.images.stretch import STRETCHES, render

    if getattr(recipe, "mode", "single") == "rgb" or recipe.stretch == "histeq" or not low < high:
        return None
    place = np.linspace(0.0, 1.0, 4097)
    with np.errstate(all="ignore"):
        curve = np.clip(np.nan_to_num(np.asarray(STRETCHES[recipe.stretch].function(place), float)), 0.0, 1.0)
    curve = np.maximum.accumulate(curve)
    even = np.linspace(0.0, 1.0, 256)
    values = low + (high - low) * np.interp(even, curve, place)
    colours = render(values[None].astype(np.float32), recipe, low, high)[0]
    marks = [(at, short(float(np.interp(at, even, values)))) for at in (0.0, 0.25, 0.5, 0.75, 1.0)]
    marks[-1] = (1.0, f"{short(high)} {unit}".rstrip())
    return ColourBar(colours, tuple(marks))


@dataclass(frozen=True)
class Sheet:
    """What is saved: `picture` (a QImage), what is written under it, and `unit`: its pixels for one of the screen's."""

    picture: Any
    caption: Caption
    bar: ColourBar | None = None
    unit: float = 1.0

    @property
    def foot(self) -> int:
        """Pixels of the strip below the picture."""
        lines = 1 + bool(self.caption.recipe or self.caption.place) + bool(self.caption.warning)
        return round(self.unit * (14 + 19 * lines + (34 if self.bar else 0)))

    @property
    def size(self) -> tuple[int, int]:
        return self.picture.width(), self.picture.height() + self.foot

    def paint(self, painter: QtGui.QPainter) -> None:
        """Onto a device of `size` in the painter's coordinates."""
        width, height = self.size
        painter.fillRect(QtCore.QRectF(0, 0, width, height), PAPER)
        painter.drawImage(QtCore.QPointF(0, 0), self.picture)
        u, top = self.unit, float(self.picture.height())
        left, right = 12 * u, width - 12 * u
        if self.bar is not None:
            self._paint_bar(painter, QtCore.QRectF(left, top + 8 * u, right - left, 10 * u))
            top += 34 * u
        top += 8 * u
        self._text(painter, top, self.caption.name, 13.5, True, INK, left, right)
        top += 19 * u
        if self.caption.recipe or self.caption.place:
            used = self._text(painter, top, self.caption.place, 11, False, MUTED, left, right, Qt.AlignRight)
            self._text(painter, top, self.caption.recipe, 11, False, MUTED, left, right - used - 12 * u)
            top += 19 * u
        if self.caption.warning:
            self._text(painter, top, self.caption.warning, 11, True, WARNING, left, right)

    def _paint_bar(self, painter: QtGui.QPainter, area: QtCore.QRectF) -> None:
        assert self.bar is not None
        row = np.ascontiguousarray(self.bar.colours[None])
        strip = QtGui.QImage(row.data, row.shape[1], 1, 3 * row.shape[1], QtGui.QImage.Format_RGB888)
        painter.drawImage(area, strip.copy())
        painter.setPen(QtGui.QPen(MUTED, self.unit))
        painter.setBrush(Qt.NoBrush)
        painter.drawRect(area)
        for at, text in self.bar.ticks:
            x = area.left() + at * area.width()
            painter.setPen(QtGui.QPen(MUTED, self.unit))
            painter.drawLine(QtCore.QPointF(x, area.bottom()), QtCore.QPointF(x, area.bottom() + 3 * self.unit))
            how = Qt.AlignLeft if at == 0 else Qt.AlignRight if at == 1 else Qt.AlignHCenter
            room = 160 * self.unit
            start = x if at == 0 else x - room if at == 1 else x - room / 2
            self._text(painter, area.bottom() + 3 * self.unit, text, 10, False, MUTED, start, start + room, how)

    def _text(
        self,
        painter: Any,
        top: float,
        text: str,
        px: float,
        bold: bool,
        ink: QColor,
        left: float,
        right: float,
        how: Any = Qt.AlignLeft,
    ) -> float:
        """Write one line, shortened to its room; the width it took."""
        font = QtGui.QFont(painter.font())
        font.setPixelSize(max(round(px * self.unit), 1))
        font.setBold(bold)
        painter.save()
        painter.setFont(font)
        painter.setPen(ink)
        metrics = QtGui.QFontMetricsF(font)
        text = metrics.elidedText(text, Qt.ElideMiddle, max(right - left, 0.0))
        area = QtCore.QRectF(left, top, max(right - left, 1.0), metrics.height())
        painter.drawText(area, int(how | Qt.AlignVCenter | Qt.TextSingleLine), text)
        painter.restore()
        return float(metrics.horizontalAdvance(text))


def write(sheet: Sheet, file: Path) -> Path:
    """Write a sheet by the file's suffix, whole or not at all; may run on any thread.

    Raises:
        UserError: the file can't be written, or its suffix is neither PNG's nor PDF's.
    """
    if file.suffix.lower() not in SUFFIXES:
        raise UserError(f"{file} is neither a PNG nor a PDF file; end its name in .png or .pdf")
    partial = file.with_name(f".{file.stem}.partial{file.suffix}")
    try:
        written = (_png if file.suffix.lower() == ".png" else _pdf)(sheet, partial)
        if not written:
            why = "the disk may be full, or the folder is not writable" if file.parent.is_dir() else "it has no folder"
            raise UserError(f"{file} could not be written ({why}); choose another place")
        os.replace(partial, file)
    except OSError as error:
        raise UserError(f"{file} could not be written ({error.strerror or error}); choose another place") from None
    finally:
        partial.unlink(missing_ok=True)
    return file


def flattened(sheet: Sheet) -> QtGui.QImage:
    """The sheet as one picture."""
    image = QtGui.QImage(*sheet.size, QtGui.QImage.Format_RGB32)
    painter = QtGui.QPainter(image)
    sheet.paint(painter)
    painter.end()
    return image


def _png(sheet: Sheet, file: Path) -> bool:
    image = flattened(sheet)
    image.setText("Title", sheet.caption.name)
    image.setText("Description", " · ".join(text for text in (sheet.caption.recipe, sheet.caption.warning) if text))
    image.setText("Software", "AstroLens")
    return bool(image.save(str(file), "PNG"))


def _pdf(sheet: Sheet, file: Path) -> bool:
    width, height = sheet.size
    writer = QtGui.QPdfWriter(str(file))
    writer.setCreator("AstroLens")
    writer.setTitle(sheet.caption.name)
    writer.setResolution(PDF_DPI)
    page = QtCore.QSizeF(PDF_WIDTH_MM, PDF_WIDTH_MM * height / width)
    writer.setPageSize(QtGui.QPageSize(page, QtGui.QPageSize.Millimeter, "", QtGui.QPageSize.ExactMatch))
    writer.setPageMargins(QtCore.QMarginsF(0, 0, 0, 0))
    painter = QtGui.QPainter()
    if not painter.begin(writer):
        return False
    painter.setRenderHint(QtGui.QPainter.LosslessImageRendering)  # Qt's own choice is JPEG
    painter.scale(writer.width() / width, writer.height() / height)
    sheet.paint(painter)
    return bool(painter.end())


class SaveDialog(QtWidgets.QDialog):
    """Where to, how large, and what is written under the picture; asks before it replaces a file.

    Attributes:
        ask: called with a sentence, says whether a file may be replaced.
    """

    def __init__(
        self, file: Path, size: tuple[int, int], chosen: dict[str, Any], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Save the view")
        self.ask: Callable[[str], bool] = self._ask
        self.file = QtWidgets.QLineEdit(str(file), toolTip="The suffix chooses: .png for the screen, .pdf for print")
        self.file.setMinimumWidth(420)
        browse = QtWidgets.QPushButton("Browse…", autoDefault=False, toolTip="Choose a folder and a name")
        browse.clicked.connect(lambda _: self._browse())
        row = QtWidgets.QHBoxLayout()
        row.addWidget(self.file, 1)
        row.addWidget(browse)
        self.times = QtWidgets.QComboBox(toolTip="Larger pictures are rendered anew, with finer lines and letters")
        for times in SIZES:
            if times * max(size) <= LARGEST_SIDE:
                self.times.addItem(f"{times} × the screen: {size[0] * times} × {size[1] * times} px", times)
        self.times.setCurrentIndex(max(self.times.findData(chosen.get("times", 2)), 0))
        self.layers = QtWidgets.QCheckBox("Scale bar, N–E arrows and what is drawn", checked=chosen.get("layers", True))
        self.layers.setToolTip("What lies over the pixels in the window")
        self.bar = QtWidgets.QCheckBox("Colour bar", checked=chosen.get("bar", False))
        self.bar.setToolTip("The colours between the cuts with their values, in the image's unit")
        form = QtWidgets.QFormLayout()
        form.addRow("File", row)
        form.addRow("Size", self.times)
        form.addRow("With", self.layers)
        form.addRow("", self.bar)
        buttons = QtWidgets.QDialogButtonBox(QtWidgets.QDialogButtonBox.Save | QtWidgets.QDialogButtonBox.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(buttons)

    def path(self) -> Path:
        """With a suffix: PNG's where none was given."""
        path = Path(self.file.text().strip()).expanduser()
        return path if path.suffix.lower() in SUFFIXES else path.with_name(f"{path.name}.png")

    def choices(self) -> dict[str, Any]:
        """As the settings keep them."""
        return {
            "folder": str(self.path().parent),
            "suffix": self.path().suffix.lower(),
            "times": self.times.currentData(),
            "layers": self.layers.isChecked(),
            "bar": self.bar.isChecked(),
        }

    def accept(self) -> None:
        path = self.path()
        if path.exists() and not self.ask(f"{path.name} is there already. Replace it?"):
            return
        super().accept()

    def _ask(self, question: str) -> bool:
        yes, no = QtWidgets.QMessageBox.Yes, QtWidgets.QMessageBox.No
        return bool(QtWidgets.QMessageBox.question(self, "Save the view", question, yes | no, no) == yes)

    def _browse(self) -> None:
        options = QtWidgets.QFileDialog.DontConfirmOverwrite  # asked once, when it is saved
        chosen, _ = QtWidgets.QFileDialog.getSaveFileName(
            self, "Save the view", self.file.text(), "Pictures (*.png *.pdf)", options=options
        )
        if chosen:
            self.file.setText(chosen)
