"""The lens-light part of the Measure dock: choice of model, previews, what was fitted and how well; fits nothing itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..qt import Qt, QtCore, QtGui, QtWidgets, QWidget, Signal

MODELS = {"automatic": "Automatic", "isophotes": "Elliptical isophotes", "sersic": "Sérsic profile"}
TIPS = {
    "automatic": "Both models; the one that leaves less of the galaxy's core is kept",
    "isophotes": "Ellipses of equal brightness, arcs left out: follows any smooth galaxy",
    "sersic": "One Sérsic profile and a flat sky, not convolved with the point spread function",
}
PREVIEW_PX = 60
"""Three stand side by side in the narrowest dock."""
PICTURES = {"residual": "residual", "residual / σ": "in σ", "model": "model"}
"""What can be shown large, and its name under a preview."""


class Preview(QtWidgets.QToolButton):
    """A small picture that shows itself large when it is clicked."""

    def __init__(self, title: str) -> None:
        super().__init__(autoRaise=True, focusPolicy=Qt.NoFocus, text=PICTURES[title])
        self.setToolButtonStyle(Qt.ToolButtonTextUnderIcon)
        self.setIconSize(QtCore.QSize(PREVIEW_PX, PREVIEW_PX))
        self.setSizePolicy(QtWidgets.QSizePolicy.Ignored, QtWidgets.QSizePolicy.Fixed)
        self.setMinimumWidth(PREVIEW_PX + 8)
        self.setStyleSheet("padding: 3px 1px")
        self.setToolTip(f"Show the {title} large; B blinks with the image")

    def show_array(self, values: np.ndarray, low: float, high: float) -> None:
        """Grey from low to high, row 0 at the bottom."""
        scaled = np.nan_to_num(np.clip((values - low) / max(high - low, 1e-30), 0, 1) * 255).astype(np.uint8)
        grey = np.ascontiguousarray(scaled[::-1])
        height, width = grey.shape
        image = QtGui.QImage(grey.data, width, height, width, QtGui.QImage.Format_Grayscale8).copy()
        side = round(PREVIEW_PX * self.devicePixelRatioF())
        pixmap = QtGui.QPixmap.fromImage(image.scaled(side, side, Qt.KeepAspectRatio, Qt.SmoothTransformation))
        pixmap.setDevicePixelRatio(self.devicePixelRatioF())
        self.setIcon(QtGui.QIcon(pixmap))


class LightPanel(QWidget):
    """Attributes:
    asked: (str) subtract, with this model.
    cancelled: the fit under way is not wanted any more.
    picked: (str) one of PICTURES should be shown large; "" the image itself.
    """

    asked = Signal(str)
    cancelled = Signal()
    picked = Signal(str)

    def __init__(self, action: Any) -> None:
        super().__init__()
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(4)
        column.addWidget(QtWidgets.QLabel("Lens light", objectName="heading"))
        self.model = QtWidgets.QComboBox(focusPolicy=Qt.NoFocus)
        for place, (name, title) in enumerate(MODELS.items()):
            self.model.addItem(title, name)
            self.model.setItemData(place, TIPS[name], Qt.ToolTipRole)
        self.model.setSizeAdjustPolicy(QtWidgets.QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.model.setMinimumContentsLength(6)
        self.model.setToolTip("What the lens galaxy's light is described with")
        self.button = QtWidgets.QPushButton("Subtract", focusPolicy=Qt.NoFocus)
        self.button.setToolTip(action.toolTip())
        self.button.clicked.connect(lambda: self.asked.emit(self.method))
        column.addWidget(self.model)
        column.addWidget(self.button)
        self.progress = QtWidgets.QProgressBar(textVisible=False, maximum=100)
        self.progress.hide()
        column.addWidget(self.progress)
        self.previews = {title: Preview(title) for title in PICTURES}
        self._pictures = QWidget()
        grid = QtWidgets.QHBoxLayout(self._pictures)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        for title, preview in self.previews.items():
            preview.clicked.connect(lambda _=False, title=title: self.picked.emit(title))
            grid.addWidget(preview)
        column.addWidget(self._pictures)
        self.words = QtWidgets.QLabel(wordWrap=True, textInteractionFlags=Qt.TextSelectableByMouse)
        column.addWidget(self.words)
        self._busy = False
        self.clear()

    @property
    def method(self) -> str:
        return str(self.model.currentData())

    @property
    def busy(self) -> bool:
        return self._busy

    def clear(self) -> None:
        """No fit of what is on the screen."""
        self._pictures.hide()
        self.say("")

    def say(self, text: str, role: str = "muted") -> None:
        self.words.setText(text)
        self.words.setVisible(bool(text))
        self.words.setProperty("role", role)
        self.words.style().unpolish(self.words)
        self.words.style().polish(self.words)

    def show_busy(self, fraction: float | None) -> None:
        """A fit is under way (0..1 of it done), or is not (None): the button cancels meanwhile."""
        busy = fraction is not None
        if busy != self._busy:
            self._busy = busy
            self.button.setText("Cancel" if busy else "Subtract")
            self.button.clicked.disconnect()
            self.button.clicked.connect(self.cancelled if busy else (lambda: self.asked.emit(self.method)))
        self.progress.setVisible(busy)
        self.progress.setValue(round(100 * (fraction or 0.0)))

    def show_light(self, light: Any) -> None:
        """A `LensLight`: previews and a paragraph."""
        sigma = light.sigma
        self.previews["residual"].show_array(light.residual, -4 * sigma, 12 * sigma)
        self.previews["residual / σ"].show_array(light.significance, -5, 5)
        self.previews["model"].show_array(
            np.arcsinh((light.model - light.sky) / (3 * sigma)), 0.0, float(np.arcsinh(_peak(light) / (3 * sigma)))
        )
        self._pictures.show()
        role = {"good": "good", "fair": "muted", "poor": "warning"}[light.quality]
        self.say(words(light), role)


def _peak(light: Any) -> float:
    return max(float(np.nanmax(light.model) - light.sky), light.sigma)


def words(light: Any) -> str:
    """What a person wants to know of a fit, in two or three lines."""
    lines = [f"{light.quality.capitalize()}: {light.core:.1%} of the light within R_e is left over."]
    if light.remark:
        lines.append(light.remark)
    lines.append(f"σ = {light.sigma:.3g}, from {light.noise}. R_e, n, q: Sérsic fit, PSF not taken out.")
    return "\n".join(lines)
