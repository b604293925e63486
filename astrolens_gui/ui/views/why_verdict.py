"""One verdict put to the test, as the Why dock shows it: the panda's three pictures and what moves the logit; tests nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..qt import Qt, QtGui, QTimer, QtWidgets, QWidget
from .sentence import Sentence
from .why_plots import SensitivityPlot

PICTURE_PX = 62
"""Three stand side by side in the narrowest dock."""

SMALLER = 0.85
"""Size of the words under a picture, which is narrower than they."""

AROUND = 3.0
"""Sky sigmas either side of the sky that the pictures show steepest; the change is shown as strong as this."""

GROUPS = {
    "PSF": ("Seeing", "The stamp convolved with a Gaussian, its noise kept; bars: scatter of the noise drawn anew"),
    "noise": ("Noise", "White noise added until the sky is this much noisier; the stamp is prepared anew"),
    "flux": ("Colour", "One band brighter or fainter than it is; with one band alone, its brightness"),
    "shift": ("Shift", "The stamp cut out off its centre; beyond the image's edge its pixels are mirrored"),
    "orientation": (
        "Turns and flips",
        "The eight ways a square can lie; a model that has learnt the symmetry stays level",
    ),
}


class Picture(QtWidgets.QLabel):
    """A small gray picture, row 0 at the bottom, over two lines of words."""

    def show_array(self, values: np.ndarray) -> None:
        """Values 0 … 1."""
        grey = np.ascontiguousarray((np.clip(np.nan_to_num(values), 0, 1) * 255).astype(np.uint8)[::-1])
        height, width = grey.shape
        image = QtGui.QImage(grey.data, width, height, width, QtGui.QImage.Format_Grayscale8).copy()
        side = round(PICTURE_PX * self.devicePixelRatioF())
        pixmap = QtGui.QPixmap.fromImage(image.scaled(side, side, Qt.KeepAspectRatio, Qt.SmoothTransformation))
        pixmap.setDevicePixelRatio(self.devicePixelRatioF())
        self.setPixmap(pixmap)


class VerdictPanel(QWidget):
    """Shows an Examination; hidden until there is one."""

    def __init__(self) -> None:
        super().__init__()
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        self.smallest = Sentence()
        column.addWidget(self.smallest)
        self._pictures = QWidget()
        grid = QtWidgets.QGridLayout(self._pictures)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(2)
        self.pictures = [Picture(alignment=Qt.AlignCenter) for _ in range(3)]
        self.captions = [QtWidgets.QLabel(alignment=Qt.AlignHCenter | Qt.AlignTop, wordWrap=True) for _ in range(3)]
        for place, (picture, caption) in enumerate(zip(self.pictures, self.captions, strict=True)):
            font = caption.font()
            font.setPointSizeF(font.pointSizeF() * SMALLER)
            caption.setFont(font)
            grid.addWidget(picture, 0, place)
            grid.addWidget(caption, 1, place)
            grid.setColumnStretch(place, 1)
        column.addWidget(self._pictures)
        self.plots: dict[str, SensitivityPlot] = {}
        self._waiting: list[tuple[str, Any]] = []
        self._next = QTimer(self, singleShot=True, interval=10)
        self._next.timeout.connect(self._draw_next)
        for name, (title, tip) in GROUPS.items():
            heading = QtWidgets.QLabel(title, objectName="heading")
            heading.setToolTip(tip)
            plot = self.plots[name] = SensitivityPlot()
            plot.setToolTip(tip)
            column.addWidget(heading)
            column.addWidget(plot)
        self.hide()

    def show_examination(self, found: Any, band: str) -> None:
        """`band`: whose pixels the pictures show, where the model has it."""
        self.smallest.say(smallest_words(found))
        self._pictures.setVisible(found.before is not None)
        if found.before is not None:
            channel = found.asked.bands.index(band) if band in found.asked.bands else 0
            self._show_panda(found, channel)
        self._waiting = [(name, found) for name in self.plots]
        self._next.start()
        self.show()

    def _draw_next(self) -> None:
        """One plot after the other: all at once would stop the window for a moment."""
        name, found = self._waiting.pop(0)
        self.plots[name].show_curves([curve for curve in found.curves if curve.name.split(" ")[0] == name])
        if self._waiting:
            self._next.start()

    def _show_panda(self, found: Any, channel: int) -> None:
        before, after = found.before[..., channel], found.after[..., channel]
        high = max(float(np.percentile(before, 99.7)), 3 * AROUND)

        def grey(flux: np.ndarray) -> np.ndarray:
            low, top = np.arcsinh(-1.0), np.arcsinh(high / AROUND)
            return np.asarray((np.arcsinh(flux / AROUND) - low) / (top - low))

        strength = float(np.abs(found.change).max())
        times = AROUND / strength if strength else 1.0
        self.pictures[0].show_array(grey(before))
        self.pictures[1].show_array(0.5 + found.change[..., channel] * times / (2 * AROUND))
        self.pictures[2].show_array(grey(after))
        self.captions[0].setText(f"as it is\n{verdict(found.asked.logit)}")
        self.captions[1].setText(f"± {strength:.2g} σ\n× {times:.2g}")
        self.captions[1].setToolTip(f"What was added, in sky σ, shown {times:.3g} times as strong as in the other two")
        self.captions[2].setText(f"changed\n{verdict(found.logit_after)}")


def verdict(logit: float) -> str:
    """ "lens 0.98" or "no lens 0.12"."""
    score = 1 / (1 + math.exp(-min(max(logit, -60.0), 60.0)))
    return f"{'lens' if logit > 0 else 'no lens'} {score:.2f}"


def smallest_words(found: Any) -> str:
    """The smallest flip in one or two sentences."""
    if found.robustness is None:
        return f"The backend {found.asked.backend} has no gradients: no attack can be made, occlusion shows what its answer hangs on."
    limit, random = found.robustness.eps[-1], float(found.robustness.smallest_random[0])
    if math.isinf(found.eps):
        return f"No change up to {limit:g} sky σ a pixel, along the gradient's signs, flips this verdict."
    control = (
        f"random signs take {random:.3g} σ" if math.isfinite(random) else f"random signs do not, up to {limit:g} σ"
    )
    return f"{found.eps:.2g} sky σ a pixel, along the gradient's signs, flips this verdict; {control}."


def as_text(found: Any) -> str:
    """All of it as lines, tabs between columns."""
    asked = found.asked
    lines = [
        f"object\t{asked.name}",
        f"model\t{asked.model}",
        f"verdict\t{'lens' if asked.is_lens else 'not a lens'}",
        f"logit\t{asked.logit:.4f}",
        f"P(lens)\t{asked.score:.4f} at a prevalence of {asked.prior:.4g}",
        smallest_words(found),
    ]
    for curve in found.curves:
        lines.append(f"{curve.name}, {curve.axis}\tlogit\tscatter")
        lines += [f"{v:g}\t{z:.3f}\t{s:.3f}" for v, z, s in zip(curve.value, curve.logit, curve.scatter, strict=True)]
    return "\n".join(lines)
