"""What the kinds of automatic cuts are counted by: per cents, sigmas, boxes; finds no cuts."""

from __future__ import annotations

from typing import Any

from ..qt import QtWidgets, QWidget
from . import display
from .popup import Popup


class CutsPanel(Popup):
    """The parameters of each kind; a change of one chooses its kind."""

    def __init__(self, current: Any, parent: QWidget) -> None:
        super().__init__("Cuts", parent)
        self._current = current
        self.fields: dict[str, Any] = {}
        form = QtWidgets.QFormLayout()
        form.setHorizontalSpacing(16)
        self.column.addLayout(form)
        for kind, name, title, low, high, step, decimals, suffix, tip in (
            ("percentile", "percentile", "Percentile keeps", 50.0, 100.0, 0.1, 3, " %", "The middle part of all pixels"),
            ("corner_rms", "low_sigma", "Black, below the sky", -5.0, 50.0, 0.5, 2, " σ", "RMS of the corners; of centre cuts too"),
            ("corner_rms", "high_sigma", "White, above the sky", 0.5, 1e5, 5.0, 1, " σ", "Of corner RMS cuts"),
            ("corner_rms", "corner_px", "Corner boxes", 0, 500, 1, None, " px", "Side of the boxes; 0: a tenth of the image"),
            ("centre", "centre_px", "Centre box", 1, 2000, 2, None, " px", "Side of the box in the middle whose maximum counts"),
            ("centre", "centre_gain", "White, of the maximum", 0.01, 100.0, 0.1, 2, " ×", "1.3: a little above the brightest"),
        ):  # fmt: skip
            box = QtWidgets.QSpinBox() if decimals is None else QtWidgets.QDoubleSpinBox(decimals=decimals)
            box.setRange(low, high)
            box.setSingleStep(step)
            box.setSuffix(suffix)
            box.setToolTip(tip)
            box.setKeyboardTracking(False)
            box.valueChanged.connect(lambda value, kind=kind, name=name: self._change(kind, name, value))
            self.fields[name] = box
            form.addRow(title, box)
        current.recipe_changed.connect(self._on_recipe)
        self._on_recipe(current.recipe)

    def _change(self, kind: str, name: str, value: float) -> None:
        shared = name in ("low_sigma", "corner_px") and self._current.recipe.cuts == "centre"
        display.choose_cuts(self._current, "centre" if shared else kind, **{name: value})

    def _on_recipe(self, recipe: Any) -> None:
        for name, box in self.fields.items():
            box.blockSignals(True)
            box.setValue(getattr(recipe, name))
            box.blockSignals(False)
