"""Colour maps as 256 x 3 tables, computed or interpolated from anchors; knows no image and no plotting library."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

_ANCHORS = {
    # 52 evenly spaced entries of the CC0 tables by S. van der Walt and N. Smith; between them within one grey level.
    "viridis": (
        "440154 46085c 471063 481769 481d6f 482475 472a7a 46307e 453781 433d84 414287 3f4889 3d4e8a 3a538b "
        "38598c 355e8d 33638d 31688e 2e6d8e 2c718e 2a768e 297b8e 27808e 25848e 23898e 218e8d 20928c 1f978b "
        "1e9c89 1fa188 21a585 24aa83 28ae80 2eb37c 35b779 3dbc74 46c06f 50c46a 5ac864 65cb5e 70cf57 7cd250 "
        "89d548 95d840 a2da37 b0dd2f bddf26 cae11f d8e219 e5e419 f1e51d fde725"
    ),
    "magma": (
        "000004 02020b 050416 090720 0e0b2b 140e36 1a1042 21114e 29115a 311165 390f6e 420f75 4a1079 52137c "
        "5a167e 621980 6a1c81 721f81 792282 812581 892881 912b81 992d80 a1307e aa337d b2357b ba3878 c23b75 "
        "ca3e72 d2426f d9466b e04c67 e75263 ec5860 f1605d f4695c f7725c f97b5d fb8560 fc8e64 fd9869 fea16e "
        "feaa74 feb47b febd82 fec68a fecf92 fed89a fde2a3 fdebac fcf4b6 fcfdbf"
    ),
    "inferno": (
        "000004 02020c 050417 0a0722 10092d 160b39 1e0c45 260c51 2f0a5b 380962 400a67 490b6a 510e6c 59106e "
        "61136e 69166e 71196e 781c6d 801f6c 88226a 902568 982766 a02a63 a82e5f b0315b b73557 bf3952 c63d4d "
        "cc4248 d34743 d94d3d df5337 e45a31 e9612b ed6925 f1711f f47918 f78212 f98b0b fa9407 fb9d07 fca60c "
        "fcb014 fbba1f fac42a f8cd37 f6d746 f4e156 f2ea69 f2f27d f5f992 fcffa4"
    ),
}

_RAMPS = {
    # DS9's piecewise linear maps: (position, value) per channel.
    "gray": (((0, 0), (1, 1)),) * 3,
    "heat": (((0, 0), (0.34, 1), (1, 1)), ((0, 0), (1, 1)), ((0, 0), (0.65, 0), (0.98, 1), (1, 1))),
    "bb": (
        ((0, 0), (0.5, 1), (1, 1)),
        ((0, 0), (0.25, 0), (0.75, 1), (1, 1)),
        ((0, 0), (0.5, 0), (1, 1)),
    ),
    # Blue - white - red, for residuals around 0.
    "bwr": (((0, 0), (0.5, 1), (1, 1)), ((0, 0), (0.5, 1), (1, 0)), ((0, 1), (0.5, 1), (1, 0))),
}

COLORMAPS: tuple[str, ...] = ("gray", "heat", "bb", "cubehelix", "viridis", "magma", "inferno", "bwr")
"""The names `lut` knows, in the order of the menu."""


def _cubehelix(x: np.ndarray) -> np.ndarray:
    """Green (2011), BASI 39, 289, with start 0.5, rotations -1.5, hue 1, gamma 1."""
    angle = 2 * np.pi * (0.5 / 3 + 1 - 1.5 * x)
    amplitude = x * (1 - x) / 2
    waves = np.stack([np.cos(angle), np.sin(angle)])
    weights = np.array([[-0.14861, 1.78277], [-0.29227, -0.90649], [1.97294, 0.0]])
    return x[:, None] + amplitude[:, None] * (weights @ waves).T


@lru_cache(maxsize=32)
def lut(name: str) -> np.ndarray:
    """The read-only uint8 (256, 3) table of a colour map.

    Raises:
        ValueError: naming the maps there are.
    """
    x = np.linspace(0.0, 1.0, 256)
    if name in _RAMPS:
        rgb = np.stack([np.interp(x, *np.transpose(ramp)) for ramp in _RAMPS[name]], axis=1)
    elif name in _ANCHORS:
        anchors = np.array([list(bytes.fromhex(code)) for code in _ANCHORS[name].split()]) / 255
        rgb = np.stack([np.interp(x, np.linspace(0, 1, len(anchors)), anchors[:, c]) for c in range(3)], axis=1)
    elif name == "cubehelix":
        rgb = _cubehelix(x)
    else:
        raise ValueError(f"there is no colour map {name!r}; there are: {', '.join(COLORMAPS)}")
    table = np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8)
    table.flags.writeable = False
    return table
