"""The Measure dock: tools, what was measured of the object in a table, plots and lens light; decides nothing itself."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..actionset import ActionSet
from ..qt import QApplication, Qt, QtWidgets, QWidget, Signal
from .measure_layer import angle_text
from .measure_light import LightPanel
from .measure_plots import PolarPlot, ProfilePlot, Titled
from .measure_state import MeasureState

TOOLS = (
    ("einstein_circle", "Circle"),
    ("ruler", "Ruler"),
    ("image_positions", "Images"),
    ("line_profile", "Line"),
    ("radial_profile", "Radial"),
    ("polar_unwrap", "Polar"),
)

EMPTY = "Nothing is measured of this object yet. Press E for an Einstein circle, R for a ruler, Shift+E to mark the images of the source."
CLOSE_PX = 18

DRAFT = "Not kept yet: it goes when the object does. Shift+M keeps it with the label."
KEPT = "Kept with the label."


class MeasurePanel(QWidget):
    """Attributes:
    keep_asked: store what is measured.
    forget_asked: (str) take a part away.
    """

    keep_asked = Signal()
    forget_asked = Signal(str)

    def __init__(self, state: MeasureState, actions: ActionSet) -> None:
        super().__init__()
        self._state = state
        column = QtWidgets.QVBoxLayout(self)
        column.setSpacing(4)
        column.addLayout(self._tools(actions))
        self.empty = QtWidgets.QLabel(EMPTY, objectName="muted", wordWrap=True)
        column.addWidget(self.empty)
        self.table = Table(self.forget_asked.emit)
        column.addWidget(self.table)
        self.keep = QtWidgets.QPushButton("Keep", objectName="primary", focusPolicy=Qt.NoFocus)
        self.keep.setToolTip(actions["keep_measurements"].toolTip())
        self.keep.clicked.connect(self.keep_asked)
        self.copy = QtWidgets.QPushButton("Copy", focusPolicy=Qt.NoFocus)
        self.copy.setToolTip("Copy the table as text, tabs between name, value and unit")
        self.copy.clicked.connect(lambda: QApplication.clipboard().setText(self.table.text))
        row = QtWidgets.QHBoxLayout()
        row.addWidget(self.keep, 1)
        row.addWidget(self.copy)
        column.addLayout(row)
        self.standing = QtWidgets.QLabel(wordWrap=True)
        column.addWidget(self.standing)
        self.light = LightPanel(actions["subtract_lens_light"])
        self.line = Titled("Line", "Pixel values along the line, averaged over its width", ProfilePlot())
        self.radial = Titled("Radial", "Rings on the sky: mean with its error, median dashed", ProfilePlot())
        self.polar = Titled("Polar", "The image unrolled about the centre: a ring is a level line", PolarPlot())
        self.width = QtWidgets.QSpinBox(minimum=1, maximum=99, value=round(state.width), suffix=" px")
        self.width.setToolTip("Pixels across the line that are averaged")
        self.width.setFocusPolicy(Qt.ClickFocus)
        self.width.valueChanged.connect(state.set_width)
        self.line.extra.addWidget(self.width)
        for part in (self.light, self.line, self.radial, self.polar):
            column.addWidget(part)
        column.addStretch(1)
        state.changed.connect(self.refresh)
        self.refresh()

    def _tools(self, actions: ActionSet) -> QtWidgets.QGridLayout:
        grid = QtWidgets.QGridLayout()
        grid.setSpacing(4)
        self.buttons: dict[str, QtWidgets.QToolButton] = {}
        for place, (name, title) in enumerate(TOOLS):
            button = QtWidgets.QToolButton(focusPolicy=Qt.NoFocus, checkable=True)
            action = actions[name]
            button.setText(title)
            button.setStyleSheet("padding: 4px 1px")  # three stand side by side in the narrowest dock
            button.setToolTip(action.toolTip())
            button.setEnabled(action.isEnabled())
            button.clicked.connect(lambda _=False, action=action: action.trigger())
            action.changed.connect(lambda button=button, action=action: button.setEnabled(action.isEnabled()))
            button.setSizePolicy(QtWidgets.QSizePolicy.Ignored, QtWidgets.QSizePolicy.Fixed)
            grid.addWidget(button, place // 3, place % 3)
            self.buttons[name] = button
        return grid

    def mark_tool(self, name: str) -> None:
        """Which tool is on, "" for none."""
        for other in ("einstein_circle", "ruler", "image_positions", "line_profile"):
            self.buttons[other].setChecked(other == name)
        for other, part in (("radial_profile", self.radial), ("polar_unwrap", self.polar)):
            self.buttons[other].setChecked(not part.isHidden())

    def refresh(self) -> None:
        """Say what is measured now."""
        state = self._state
        self.table.show_rows(rows(state))
        measured = bool(state.measured)
        self.table.setVisible(measured)
        self.copy.setVisible(measured)
        clears = bool(state.kept) and not measured and state.is_draft
        self.keep.setVisible(measured or clears)
        self.keep.setEnabled(state.is_draft)
        self.keep.setText("Keep" if measured else "Forget")
        self.empty.setVisible(not measured)
        self.standing.setVisible(measured or clears)
        draft = state.is_draft
        self.standing.setText(DRAFT if draft else KEPT)
        self.standing.setProperty("role", "warning" if draft else "good")
        self.standing.style().unpolish(self.standing)
        self.standing.style().polish(self.standing)


class Table(QWidget):
    """Name, value and unit, one a row; numbers can be selected; ✕ takes a measurement away."""

    def __init__(self, forget: Callable[[str], None]) -> None:
        super().__init__()
        self._forget = forget
        self._grid = QtWidgets.QGridLayout(self)
        self._grid.setContentsMargins(0, 4, 0, 4)
        self._grid.setHorizontalSpacing(5)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(1, 1)
        self._rows: list[tuple[str, str, str]] = []
        self._labels: list[tuple[QtWidgets.QLabel, QtWidgets.QLabel, QtWidgets.QToolButton]] = []

    @property
    def text(self) -> str:
        return "\n".join(f"{name}\t{value}" for name, value, _ in self._rows)

    def show_rows(self, found: list[tuple[str, str, str]]) -> None:
        """(name, value with its unit, part that ✕ takes away or ""): labels are kept, as this follows a drag."""
        self._rows = found
        while len(self._labels) < len(found):
            self._labels.append(self._row(len(self._labels)))
        for place, (name, value, close) in enumerate(self._labels):
            there = place < len(found)
            for widget in (name, value, close):
                widget.setVisible(there)
            if there:
                name.setText(found[place][0])
                value.setText(found[place][1])
                part = found[place][2]
                close.setVisible(bool(part))
                close.setProperty("part", part)

    def _row(self, place: int) -> tuple[QtWidgets.QLabel, QtWidgets.QLabel, QtWidgets.QToolButton]:
        name = QtWidgets.QLabel(objectName="muted")
        name.setToolTip("A number in brackets is the 1σ error of the last digits")
        value = QtWidgets.QLabel(textInteractionFlags=Qt.TextSelectableByMouse)
        value.setAlignment(Qt.AlignRight | Qt.AlignVCenter)
        close = QtWidgets.QToolButton(text="✕", autoRaise=True, focusPolicy=Qt.NoFocus)
        close.setToolTip("Take this measurement away")
        close.setFixedSize(CLOSE_PX, CLOSE_PX)
        close.setStyleSheet("padding: 0")
        close.clicked.connect(lambda: self._forget(str(close.property("part"))))
        for column, widget in enumerate((name, value, close)):
            self._grid.addWidget(widget, place, column)
        return name, value, close


def rows(state: MeasureState) -> list[tuple[str, str, str]]:
    """(name, value with its unit, part) of all that is measured."""
    measured, plate = state.measured, state.plate
    unit = plate.unit
    found: list[tuple[str, str, str]] = []
    if measured.circle is not None:
        found.append(("θ_E", angle_text(measured.theta, unit), "circle"))
    if measured.images:
        found.append(("Images", str(len(measured.images)), "images"))
        guess = measured.guess(plate)
        if guess is not None:
            found.append(("Separation", angle_text(measured.separation(plate) or 0.0, unit), ""))
            found.append(("θ_E by images", angle_text(guess.radius, unit), ""))
            if guess.rms == guess.rms:
                found.append(("Scatter", angle_text(guess.rms, unit), ""))
    if measured.ruler is not None:
        span = plate.span(*measured.ruler[0], *measured.ruler[1])
        found.append(("Ruler", angle_text(span.length, span.unit), "ruler"))
        if span.position_angle is not None:
            found.append(("PA", f"{span.position_angle:.1f}°", ""))
        else:
            found.append(("Angle from up", f"{span.turn:.1f}°", ""))
    light = measured.lens_light
    if light:
        sign = "″" if unit == "arcsec" else " px"
        found.append(("R_e", _with_error(light, f"r_e_{unit}", f"r_e_error_{unit}", sign), "lens_light"))
        found.append(("Sérsic n", _with_error(light, "n", "n_error"), ""))
        found.append(("Axis ratio", _with_error(light, "q", "q_error"), ""))
        angle = light.get("position_angle_deg", light.get("angle_from_up_deg"))
        if angle is not None:
            found.append(("PA of lens" if "position_angle_deg" in light else "Angle from up", f"{angle:.1f}°", ""))
        found.append(("Model", str(light.get("quality", "")), ""))
    return found


def _with_error(light: dict[str, Any], name: str, error: str, sign: str = "") -> str:
    """1.23(2)″: the error counts in the last digit."""
    value, sigma = light.get(name), light.get(error)
    if value is None:
        return "—"
    if not sigma:
        return f"{value:.4g}{sign}"
    digits = min(max(-math.floor(math.log10(sigma)), 1), 5)
    return f"{value:.{digits}f}({round(sigma * 10**digits)}){sign}"
