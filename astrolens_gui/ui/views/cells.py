"""Paints one cell of the mosaic: stamp, grade border and letter, cursor; knows no model and no scroll position."""

from __future__ import annotations

from dataclasses import dataclass

from ..qt import QColor, QFont, QPalette, Qt, QtCore, QtGui

FRAME = 4
"""Width of the band around a stamp that the grade colours: it lies outside the pixels."""

CAPTION = 18
"""Height of the line under a stamp: its letter and name, never on top of it."""

SMALLEST_WITH_CAPTION = 64


@dataclass(frozen=True)
class Cell:
    """What one cell shows: `picture` is the stamp, a sentence why there is none, or None while it is on its way."""

    name: str
    grade: str
    colour: QColor | None
    picture: QtGui.QPixmap | str | None
    is_cursor: bool = False
    is_pending: bool = False


def stamp_rect(cell: QtCore.QRect) -> QtCore.QRect:
    """Where the pixels stand in a cell; square."""
    side = stamp_side(cell.width())
    return QtCore.QRect(cell.left() + (cell.width() - side) // 2, cell.top() + FRAME, side, side)


def stamp_side(cell_width: int) -> int:
    return max(cell_width - 2 * FRAME, 1)


def cell_height(cell_width: int) -> int:
    """A stamp, its frame, and the caption where there is room for one."""
    return stamp_side(cell_width) + 2 * FRAME + (CAPTION if cell_width >= SMALLEST_WITH_CAPTION else 0)


def paint_cell(painter: QtGui.QPainter, rect: QtCore.QRect, cell: Cell, palette: QPalette) -> None:
    """Paint `cell` into `rect` (as wide and high as `cell_height` says)."""
    stamp = stamp_rect(rect)
    frame = stamp.adjusted(-FRAME, -FRAME, FRAME, FRAME)
    if cell.is_cursor:
        painter.fillRect(rect.adjusted(0, 0, 0, 0), palette.color(QPalette.Highlight))
    if cell.colour is not None:
        painter.fillRect(frame.adjusted(1, 1, -1, -1) if cell.is_cursor else frame, cell.colour)
    elif cell.is_cursor:
        painter.fillRect(frame.adjusted(2, 2, -2, -2), palette.color(QPalette.Window))
    if isinstance(cell.picture, QtGui.QPixmap):
        painter.drawPixmap(stamp, cell.picture)
    else:
        _paint_missing(painter, stamp, palette, unreadable=isinstance(cell.picture, str))
    if rect.height() - frame.height() >= CAPTION:
        _paint_caption(painter, QtCore.QRect(rect.left(), frame.bottom() + 1, rect.width(), CAPTION), cell, palette)
    elif cell.grade:
        _paint_tab(painter, frame, cell)


def _paint_missing(painter: QtGui.QPainter, stamp: QtCore.QRect, palette: QPalette, unreadable: bool) -> None:
    painter.fillRect(stamp, palette.color(QPalette.Base))
    font = QFont(painter.font())
    font.setPixelSize(max(stamp.width() // 4, 10))
    painter.save()
    painter.setFont(font)
    colour = QColor("#d9a400") if unreadable else palette.color(QPalette.PlaceholderText)
    painter.setPen(colour)
    painter.drawText(stamp, Qt.AlignCenter, "⚠" if unreadable else "…")
    painter.restore()


def _paint_caption(painter: QtGui.QPainter, line: QtCore.QRect, cell: Cell, palette: QPalette) -> None:
    left = line.left() + FRAME
    if cell.grade:
        bold = QFont(painter.font())
        bold.setBold(True)
        width = QtGui.QFontMetrics(bold).horizontalAdvance(cell.grade) + 10
        badge = QtCore.QRect(left, line.top() + 1, width, line.height() - 3)
        painter.fillRect(badge, cell.colour or palette.color(QPalette.Mid))
        painter.save()
        painter.setFont(bold)
        painter.setPen(ink_on(cell.colour or palette.color(QPalette.Mid)))
        painter.drawText(badge, Qt.AlignCenter, cell.grade + ("…" if cell.is_pending else ""))
        painter.restore()
        left = badge.right() + 5
    room = line.right() - FRAME - left
    name = QtGui.QFontMetrics(painter.font()).elidedText(cell.name, Qt.ElideMiddle, room)
    painter.setPen(palette.color(QPalette.HighlightedText if cell.is_cursor else QPalette.Text))
    painter.drawText(QtCore.QRect(left, line.top(), room, line.height()), Qt.AlignVCenter | Qt.AlignLeft, name)


def _paint_tab(painter: QtGui.QPainter, frame: QtCore.QRect, cell: Cell) -> None:
    """Cells too small for a caption: the letter hangs on the frame's corner, mostly outside the pixels."""
    size = min(max(frame.width() // 4, 9), 13)
    tab = QtCore.QRect(frame.left(), frame.top(), size, size)
    colour = cell.colour or QColor(Qt.gray)
    painter.save()
    font = QFont(painter.font())
    font.setPixelSize(size - 1)
    font.setBold(True)
    painter.setFont(font)
    painter.fillRect(tab, colour)
    painter.setPen(ink_on(colour))
    painter.drawText(tab, Qt.AlignCenter, cell.grade)
    painter.restore()


def ink_on(colour: QColor) -> QColor:
    """Black or white, whichever reads better on `colour` (relative luminance, WCAG 2)."""
    channels = (channel / 12.92 if channel <= 0.03928 else ((channel + 0.055) / 1.055) ** 2.4 for channel in colour.getRgbF()[:3])
    luminance = sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), channels, strict=True))
    return QColor(Qt.black) if luminance > 0.179 else QColor(Qt.white)
