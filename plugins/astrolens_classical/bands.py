"""Which band is bluer, by name; knows no image."""

from __future__ import annotations

import re

_MICROMETRES = {
    "u": 0.36, "g": 0.48, "r": 0.62, "i": 0.76, "z": 0.90, "y": 1.0, "vis": 0.72,
    "j": 1.25, "h": 1.65, "k": 2.2, "ks": 2.15,
    "b": 0.44, "v": 0.55,
    "f200w": 2.0, "f210m": 2.1, "f250m": 2.5, "f277w": 2.77, "f300m": 3.0, "f322w2": 3.2, "f335m": 3.35,
    "f356w": 3.56, "f360m": 3.6, "f410m": 4.1, "f430m": 4.3, "f444w": 4.44, "f460m": 4.6, "f480m": 4.8,
}  # fmt: skip
"""Central wavelengths by the last part of a band's name; of instruments that share a letter, the mean."""


def wavelength_um(band: str) -> float | None:
    """Of a band by its name ("g", "HSC-G", "NIR_H", "F814W"), micrometres; None where the name tells nothing."""
    for word in reversed(re.split(r"[^a-z0-9]+", band.casefold())):
        if word in _MICROMETRES:
            return _MICROMETRES[word]
        if found := re.fullmatch(r"f(\d{3})(w|m|n|lp|x)", word):
            number = int(found[1])
            return number / 1000 if number > 200 else number / 100
    return None


def blue_and_red(bands: tuple[str, ...] | list[str]) -> tuple[int, int]:
    """Channels of the bluest and the reddest band; the same channel where there is one band.

    The ultraviolet and u, where lenses and arcs alike are faint, are left out while two others remain. Where a name
    tells no wavelength the first band counts as the bluest and the last as the reddest.
    """
    found = [wavelength_um(band) for band in bands]
    known = [(value, channel) for channel, value in enumerate(found) if value is not None]
    if len(known) < len(bands):
        return 0, len(bands) - 1
    bright = [pair for pair in known if pair[0] > 0.4]
    known = bright if len(bright) > 1 else known
    return min(known)[1], max(known)[1]
