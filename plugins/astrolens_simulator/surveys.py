"""The instruments of `surveys.toml` as records; knows no galaxy."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Band:
    """One filter: `sigma` is the sky noise of a pixel in flux units, `gain` the electrons of one unit of flux."""

    name: str
    extname: str
    wavelength_um: float
    fwhm_arcsec: float
    moffat_beta: float
    zero_point: float
    sigma: float
    gain: float

    def flux(self, mag: float) -> float:
        """Total flux of an AB magnitude in the survey's unit."""
        return float(10 ** (-0.4 * (mag - self.zero_point)))


@dataclass(frozen=True)
class Survey:
    """One instrument and the lenses it finds; the keys are explained at the head of `surveys.toml`."""

    name: str
    title: str
    pixel_scale: float
    size: int
    oversample: int
    seeing_scatter: float
    noise_correlation: float
    spikes: int
    theta_e_arcsec: tuple[float, float]
    arc_snr: tuple[float, float]
    faintest_mag: float
    neighbours_arcmin2: float
    unit: str
    telescope: str
    bands: tuple[Band, ...]

    @property
    def reference(self) -> Band:
        """The band that magnitudes are quoted in: the one nearest to 0.7 micrometres."""
        return min(self.bands, key=lambda band: abs(band.wavelength_um - 0.7))


@cache
def surveys() -> dict[str, Survey]:
    """Every survey of the table, by name."""
    table = tomllib.loads(files(__package__).joinpath("surveys.toml").read_text(encoding="utf-8"))
    return {name: _survey(name, values) for name, values in table.items()}


def _survey(name: str, values: dict) -> Survey:
    bands = tuple(Band(**band) for band in values["bands"])
    pairs = {key: tuple(values[key]) for key in ("theta_e_arcsec", "arc_snr")}
    return Survey(name=name, **{**values, **pairs, "bands": bands})
