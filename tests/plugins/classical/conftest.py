"""What the tests of the classical finders share: toy stamps in one and three bands, and drawn arcs."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui.api import InputSpec
from astrolens_gui.testing import data

ONE, THREE = InputSpec(("VIS",), 0.1, 40), InputSpec(("g", "r", "i"), 0.2, 33)


@pytest.fixture(scope="session", params=[ONE, THREE], ids=["one band", "three bands"])
def toy(request, tmp_path_factory):
    """(training set, fresh stamps, is_lens)."""
    spec = request.param
    made = data.training_set(tmp_path_factory.mktemp("toy"), spec, 160)
    return made, *data.stamps(60, spec, 5)


@pytest.fixture(scope="session")
def drawn():
    return draw_arc


def draw_arc(radius, aperture, at, snr, size=64, fwhm=2.5):
    """An evenly bright arc about the centre, float32 (size, size): sharp ends, blurred to `fwhm` px, its matched-filter
    signal-to-noise `snr` where the noise is 1."""
    from scipy.ndimage import gaussian_filter

    fine = 3
    y, x = (np.mgrid[: size * fine, : size * fine] - (size * fine - 1) / 2) / fine
    away = (np.arctan2(y, x) - at + np.pi) % (2 * np.pi) - np.pi
    arc = (np.abs(np.hypot(x, y) - radius) < 0.6) & (np.abs(away) < aperture / 2)
    image = gaussian_filter(arc.astype(float), fwhm / 2.355 * fine).reshape(size, fine, size, fine).mean(axis=(1, 3))
    return (image * snr / np.sqrt((image**2).sum())).astype(np.float32)
