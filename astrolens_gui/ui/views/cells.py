"""Paints one cell of the mosaic: stamp, grade border and letter, cursor; knows no model and no scroll position."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..qt import QColor, QFont, QPalette, Qt, QtCore, QtGui

FRAME, SMALL_FRAME = 4, 2
"""Width of the band around a stamp that the grade colours: it lies outside the pixels, in small cells a thinner one."""

GAP = 1
"""Between that band and the pixels, so that neither a grey nor a bright stamp runs into it."""

CURSOR = 2
"""Width of the ring around the cell under the cursor, outside the cell and in no grade's colour."""

CAPTION, SMALL_CAPTION = 18, 11
CAPTION_FONT_PX = 12
"""Height of the line under a stamp: letter and name, in small cells the letter alone; never on top of the pixels."""

SMALLEST_WITH_NAME = 64

MIDDLE_FROM = 12
"""Letters that have to fit for a name to be cut in its middle."""


@dataclass(frozen=True)
class Cell:
    """What one cell shows: `picture` is the stamp, a sentence why there is none, or None while it is on its way.

    `colour` is the grade's; None without a grade, and for a grade of another scheme, which gets a dashed frame.
    """

    name: str
    grade: str
    colour: QColor | None
    picture: QtGui.QPixmap | str | None
    is_cursor: bool = False
    is_pending: bool = False
    is_selected: bool = False


def stamp_rect(cell: QtCore.QRect) -> QtCore.QRect:
    """Where the pixels stand in a cell; square."""
    side = stamp_side(cell.width())
    return QtCore.QRect(cell.left() + (cell.width() - side) // 2, cell.top() + frame_width(cell.width()), side, side)


def frame_width(cell_width: int) -> int:
    return FRAME if cell_width >= SMALLEST_WITH_NAME else SMALL_FRAME


def stamp_side(cell_width: int) -> int:
    return max(cell_width - 2 * frame_width(cell_width), 1)


def caption_height(cell_width: int) -> int:
    return CAPTION if cell_width >= SMALLEST_WITH_NAME else SMALL_CAPTION


def cell_height(cell_width: int) -> int:
    """A stamp, its frame and the caption."""
    return stamp_side(cell_width) + 2 * frame_width(cell_width) + caption_height(cell_width)


def paint_cell(painter: QtGui.QPainter, rect: QtCore.QRect, cell: Cell, palette: QPalette) -> None:
    """Paint `cell` into `rect` (as wide and high as `cell_height` says), its cursor ring around it."""
    stamp = stamp_rect(rect)
    width = frame_width(rect.width())
    frame = stamp.adjusted(-width, -width, width, width)
    if cell.is_cursor:
        painter.fillRect(rect.adjusted(-CURSOR, -CURSOR, CURSOR, CURSOR), palette.color(QPalette.Text))
        painter.fillRect(rect, palette.color(QPalette.Window))
    if cell.is_selected:  # in the colour of the text, which is no grade's; within the cursor's ring a line is left free
        painter.fillRect(rect.adjusted(1, 1, -1, -1) if cell.is_cursor else rect, palette.color(QPalette.Text))
    if cell.colour is not None:
        painter.fillRect(frame, cell.colour)
        if width == FRAME:
            painter.fillRect(stamp.adjusted(-GAP, -GAP, GAP, GAP), palette.color(QPalette.Window))
    elif cell.grade:
        _paint_dashes(painter, frame, palette)
    if isinstance(cell.picture, QtGui.QPixmap):
        painter.drawPixmap(stamp, cell.picture)
    else:
        _paint_missing(painter, stamp, palette, unreadable=isinstance(cell.picture, str))
    caption = QtCore.QRect(rect.left(), frame.bottom() + 1, rect.width(), caption_height(rect.width()))
    if rect.width() >= SMALLEST_WITH_NAME:
        _paint_caption(painter, caption, cell, palette)
    elif cell.grade:
        _paint_letter(painter, caption, cell)


def _paint_dashes(painter: QtGui.QPainter, frame: QtCore.QRect, palette: QPalette) -> None:
    """The band of a grade that the present scheme has no colour for."""
    pen = QtGui.QPen(palette.color(QPalette.PlaceholderText), FRAME / 2, Qt.CustomDashLine)
    pen.setDashPattern([4.0, 3.0])
    pen.setCapStyle(Qt.FlatCap)
    painter.save()
    painter.setPen(pen)
    painter.setBrush(Qt.NoBrush)
    painter.drawRect(frame.adjusted(FRAME // 4, FRAME // 4, -FRAME // 4, -FRAME // 4))
    painter.restore()


def _paint_missing(painter: QtGui.QPainter, stamp: QtCore.QRect, palette: QPalette, unreadable: bool) -> None:
    painter.fillRect(stamp, palette.color(QPalette.Base))
    font = QFont(painter.font())
    font.setPixelSize(max(stamp.width() // 4, 10))
    painter.save()
    painter.setFont(font)
    painter.setPen(QColor("#d9a400") if unreadable else palette.color(QPalette.PlaceholderText))
    painter.drawText(stamp, Qt.AlignCenter, "⚠" if unreadable else "…")
    painter.restore()


def _paint_caption(painter: QtGui.QPainter, line: QtCore.QRect, cell: Cell, palette: QPalette) -> None:
    painter.save()
    font = QFont(painter.font())
    font.setPixelSize(CAPTION_FONT_PX)
    painter.setFont(font)
    left = line.left() + FRAME
    if cell.grade:
        bold = QFont(font)
        bold.setBold(True)
        width = QtGui.QFontMetrics(bold).horizontalAdvance(cell.grade) + 10
        badge = QtCore.QRect(left, line.top() + 1, width, line.height() - 3)
        painter.fillRect(badge, cell.colour or palette.color(QPalette.Mid))
        painter.setFont(bold)
        painter.setPen(ink_on(cell.colour or palette.color(QPalette.Mid)))
        painter.drawText(badge, Qt.AlignCenter, cell.grade + ("…" if cell.is_pending else ""))
        painter.setFont(font)
        left = badge.right() + 5
    room = line.right() - FRAME - left
    name = shortened(cell.name, QtGui.QFontMetrics(painter.font()), room)
    painter.setPen(palette.color(QPalette.Window if cell.is_selected else QPalette.Text))
    painter.drawText(QtCore.QRect(left, line.top(), room, line.height()), Qt.AlignVCenter | Qt.AlignLeft, name)
    painter.restore()


def shortened(name: str, metrics: QtGui.QFontMetrics, room: int) -> str:
    """A name that does not fit keeps what tells it from others: its number, where it ends in one; both ends where there is room."""
    if room >= metrics.horizontalAdvance("x") * MIDDLE_FROM:
        return str(metrics.elidedText(name, Qt.ElideMiddle, room))
    return str(metrics.elidedText(name, Qt.ElideLeft if name[-1:].isdigit() else Qt.ElideRight, room))


def _paint_letter(painter: QtGui.QPainter, line: QtCore.QRect, cell: Cell) -> None:
    """Cells too narrow for a name: the letter in a line of the grade's colour."""
    colour = cell.colour or QColor(Qt.gray)
    painter.save()
    font = QFont(painter.font())
    font.setPixelSize(line.height() - 1)
    font.setBold(True)
    painter.setFont(font)
    painter.fillRect(line, colour)
    painter.setPen(ink_on(colour))
    painter.drawText(line, Qt.AlignCenter, cell.grade)
    painter.restore()


def tip_text(cell: Cell, rank: int, keys: Mapping[str, str]) -> str:
    """What hovering over a cell says; `keys` are those of the scheme's grades."""
    other = " of another scheme" if cell.grade and cell.colour is None else ""
    lines = [cell.name, f"rank {rank} · {f'grade {cell.grade}' if cell.grade else 'no grade yet'}{other}"]
    if isinstance(cell.picture, str):
        lines.append(f"⚠ {cell.picture}")
    grades = " ".join(f"[{key}] {grade}" for key, grade in keys.items())
    return "\n".join([*lines, f"hold Z: see it large; double-click: open it{'; ' + grades if grades else ''}"])


def ink_on(colour: QColor) -> QColor:
    """Black or white, whichever reads better on `colour` (relative luminance, WCAG 2)."""
    channels = (
        channel / 12.92 if channel <= 0.03928 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in colour.getRgbF()[:3]
    )
    luminance = sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), channels, strict=True))
    return QColor(Qt.black) if luminance > 0.179 else QColor(Qt.white)
