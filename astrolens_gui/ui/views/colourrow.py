"""The controls of a colour picture: which band is red, green and blue, how they are joined, how bright; renders nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..qt import Qt, QtCore, QtWidgets, QWidget
from .barparts import LogSlider, align, button, choice, dot, fill
from .display import COMPOSER_TITLES
from .popup import Popup

PRIMARIES = (("red", "#e0483e"), ("green", "#3aa655"), ("blue", "#3b7dd8"))

COMPOSER_TIPS = {
    "lupton": "Lupton et al. 2004: the ratios of the bands stay, their mean is stretched; cores keep their colour",
    "simple": "Each band between its own cuts, by the stretch chosen below",
    "matrix": "All bands at once, each with a weight in red, green and blue",
}


class ColourRow(QWidget):
    """Two lines in the place of the histogram. Writes to `current`'s recipe and follows it."""

    def __init__(self, current: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._current = current
        self._bands: tuple[str, ...] = ()
        self.choosers = {}
        bands, joined = QtWidgets.QHBoxLayout(), QtWidgets.QHBoxLayout()
        for name, colour in PRIMARIES:
            box = choice(f"The band shown {name}; “auto” takes the bands by wavelength", 4)
            box.setIconSize(QtCore.QSize(12, 12))
            box.setMinimumWidth(70)  # in a narrow window; the rest of the name is in the list
            box.addItem(dot(colour), "auto", "")
            box.activated.connect(lambda index, name=name, box=box: current.set_recipe(**{name: box.itemData(index)}))
            self.choosers[name] = box
            bands.addWidget(box, 1)
        self.composer = choice("How the bands become a colour  [Shift+Q]", 7)
        self.composer.setMinimumWidth(92)
        for place, (id, title) in enumerate(COMPOSER_TITLES.items()):
            self.composer.addItem(title, id)
            self.composer.setItemData(place, COMPOSER_TIPS[id], Qt.ToolTipRole)
        self.composer.activated.connect(lambda index: current.set_recipe(composer=self.composer.itemData(index)))
        bands.addWidget(self.composer, 1)
        self.q = LogSlider(
            "Q", 0.1, 100.0, "Lupton's Q: larger shows the bright parts more faithfully, smaller is nearer to linear"
        )
        self.softening = LogSlider(
            "soft",
            0.5,
            500.0,
            "Where the linear part ends, in units of the noise: smaller brightens the faint",
            unit="σ",
        )
        self.q.moved.connect(lambda value: current.set_recipe(q=value))
        self.softening.moved.connect(lambda value: current.set_recipe(softening=value))
        self.more = button("Bands…", "Brightness of each band, weights, sky and colour noise")
        self.panel = ColourPanel(current, self)
        self.more.clicked.connect(lambda: self.panel.open_at(self.more))
        for widget, stretch in ((self.q, 1), (self.softening, 1), (self.more, 0)):
            joined.addWidget(widget, stretch)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for line in (bands, joined):
            line.setSpacing(6)
            column.addLayout(line)
        current.recipe_changed.connect(self._on_recipe)
        self._on_recipe(current.recipe)

    def set_bands(self, bands: Sequence[str]) -> None:
        """The bands that the object on the screen has."""
        self._bands = tuple(bands)
        self.panel.set_bands(self._bands)
        self._on_recipe(self._current.recipe)

    def _on_recipe(self, recipe: Any) -> None:
        from astrolens_gui.core.images.colour import channels

        automatic = channels(replace(recipe, red="", green="", blue="", composer="lupton"), self._bands)
        if len(automatic) == 2:
            automatic = (automatic[0], "mean", automatic[1])
        by_name = dict(zip(("red", "green", "blue"), automatic, strict=False))
        for name, box in self.choosers.items():
            rows = [(f"auto: {by_name[name]}" if name in by_name else "auto", "")]
            missing = getattr(recipe, name)
            rows += [(band, band) for band in self._bands]
            if missing and missing not in self._bands:
                rows.append((f"{missing} (not here)", missing))
            fill(box, rows, missing)
            box.setEnabled(recipe.composer != "matrix")
        self.composer.setCurrentIndex(self.composer.findData(recipe.composer))
        self.q.show_value(recipe.q)
        self.softening.show_value(recipe.softening)
        for slider in (self.q, self.softening):
            slider.setEnabled(recipe.composer != "simple")


class ColourPanel(Popup):
    """What is changed less often: the brightness of each band, sky and colour noise, the weights of the matrix."""

    def __init__(self, current: Any, parent: QWidget) -> None:
        super().__init__("Colour", parent)
        self._current = current
        self._bands: tuple[str, ...] = ()
        self.scales: dict[str, LogSlider] = {}
        self.weights: dict[tuple[int, str], QtWidgets.QDoubleSpinBox] = {}
        self._list = QtWidgets.QVBoxLayout()
        self._grid = QtWidgets.QGridLayout()
        self._grid.setSpacing(4)
        self.grain = LogSlider(
            "colour noise", 0.2, 20.0, "Pixels fainter than this many times the noise fade to grey; 0: Lupton as published",
            zero=True, unit="σ",
        )  # fmt: skip
        self.pedestal = LogSlider(
            "sky", 0.05, 10.0, "Height of the sky over black, in units of the noise", zero=True, unit="σ"
        )
        self.grain.moved.connect(lambda value: current.set_recipe(grain=value))
        self.pedestal.moved.connect(lambda value: current.set_recipe(pedestal=value))
        self.automatic = button("Automatic", "Bands, brightness, sky and weights as the program chooses them")
        self.automatic.clicked.connect(self._reset)
        self.published = button("As published", "Lupton et al. 2004 without our sky and colour noise")
        self.published.clicked.connect(lambda: current.set_recipe(grain=0.0, pedestal=0.0, composer="lupton"))
        last = QtWidgets.QHBoxLayout()
        last.addWidget(self.automatic)
        last.addWidget(self.published)
        last.addStretch(1)
        self.column.addLayout(self._list)
        self.column.addLayout(self._grid)
        self.column.addWidget(self.grain)
        self.column.addWidget(self.pedestal)
        self.column.addLayout(last)
        current.recipe_changed.connect(self._on_recipe)

    def set_bands(self, bands: Sequence[str]) -> None:
        if tuple(bands) == self._bands:
            return
        self._bands = tuple(bands)
        for slider in self.scales.values():
            self._list.removeWidget(slider)
            slider.deleteLater()
        self.scales = {}
        for band in self._bands:
            slider = LogSlider(f"{band} ×", 0.1, 10.0, f"Brightness of {band} against what the program finds")
            slider.moved.connect(lambda value, band=band: self._scale(band, value))
            self.scales[band] = slider
            self._list.addWidget(slider)
        align([*self.scales.values(), self.grain, self.pedestal])
        self._make_grid()
        self._on_recipe(self._current.recipe)

    def _scale(self, band: str, value: float) -> None:
        self._current.set_recipe(scales={**self._current.recipe.scales, band: value})

    def _reset(self) -> None:
        fresh, recipe = type(self._current.recipe)(), self._current.recipe
        kept = {name: getattr(recipe, name) for name in ("composer",)}
        names = ("red", "green", "blue", "q", "softening", "grain", "pedestal", "scales", "matrix", "matrix_bands")
        self._current.set_recipe(**kept, **{name: getattr(fresh, name) for name in names})

    # -- the matrix

    def _columns(self) -> list[str]:
        from astrolens_gui.core.images.bands import reddest_first

        return reddest_first(self._bands)

    def _make_grid(self) -> None:
        while self._grid.count():
            widget = self._grid.takeAt(0).widget()
            if widget is not None:
                widget.deleteLater()
        self.weights = {}
        for column, band in enumerate(self._columns()):
            self._grid.addWidget(QtWidgets.QLabel(band, alignment=Qt.AlignCenter), 0, column + 1)
            for row, (name, _) in enumerate(PRIMARIES):
                box = QtWidgets.QDoubleSpinBox(minimum=-5.0, maximum=5.0, singleStep=0.1, decimals=2)
                box.setButtonSymbols(QtWidgets.QAbstractSpinBox.NoButtons)
                box.setToolTip(f"Weight of {band} in {name}")
                box.setFixedWidth(box.fontMetrics().horizontalAdvance("-0.00") + 22)
                box.valueChanged.connect(self._weigh)
                self.weights[row, band] = box
                self._grid.addWidget(box, row + 1, column + 1)
        for row, (name, _) in enumerate(PRIMARIES):
            self._grid.addWidget(QtWidgets.QLabel(name), row + 1, 0)

    def _weigh(self) -> None:
        names = self._columns()
        rows = tuple(tuple(self.weights[row, band].value() for band in names) for row in range(3))
        self._current.set_recipe(matrix=rows, matrix_bands=tuple(names))

    def _on_recipe(self, recipe: Any) -> None:
        from astrolens_gui.core.images.colour import spread_matrix

        for band, slider in self.scales.items():
            slider.show_value(recipe.scales.get(band, 1.0))
        self.grain.show_value(recipe.grain)
        self.pedestal.show_value(recipe.pedestal)
        for slider in (self.grain, self.pedestal):
            slider.setEnabled(recipe.composer != "simple")
        names = self._columns()
        usual = spread_matrix(max(len(names), 1))
        for (row, band), box in self.weights.items():
            given = list(recipe.matrix_bands)
            box.blockSignals(True)
            known = band in given and len(recipe.matrix) == 3 and len(recipe.matrix[row]) == len(given)
            box.setValue(recipe.matrix[row][given.index(band)] if known else usual[row][names.index(band)])
            box.blockSignals(False)
        for at in range(self._grid.count()):
            self._grid.itemAt(at).widget().setVisible(recipe.composer == "matrix")
        self.fit()
