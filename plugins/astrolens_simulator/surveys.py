"""The instruments of `surveys.toml` as records; knows no galaxy."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Band:
    """One filter: `sigma` is the sky noise of a pixel in flux units, `gain` the electrons of one unit of flux.

    `noise_kernel` holds the weights of the neighbours 1, 2, … px away in the noise, the pixel itself being 1.
    """

    name: str
    extname: str
    wavelength_um: float
    fwhm_arcsec: float
    moffat_beta: float
    zero_point: float
    sigma: float
    gain: float
    noise_kernel: tuple[float, ...] = ()

    def flux(self, mag: float) -> float:
        """Total flux of an AB magnitude in the survey's unit."""
        return float(10 ** (-0.4 * (mag - self.zero_point)))

    @property
    def depth(self) -> float:
        """AB magnitude of a point source at five sigma, over the noise-equivalent area 2.27 FWHM^2 of a Gaussian.

        The pixel scale is the survey's: `Survey.depth`.
        """
        return self.zero_point - 2.5 * math.log10(5 * self.sigma)


@dataclass(frozen=True)
class Survey:
    """One instrument and the lenses it finds; the keys are explained at the head of `surveys.toml`."""

    name: str
    title: str
    pixel_scale: float
    size: int
    oversample: int
    seeing_scatter: float
    spikes: int
    theta_e_arcsec: tuple[float, float]
    arc_snr: tuple[float, float]
    faintest_mag: float
    saturation_mag: float
    neighbours_arcmin2: float
    stars_arcmin2: float
    unit: str
    telescope: str
    cosmic_rays: float
    trails: float
    masked: float
    bands: tuple[Band, ...]
    masked_value: float = math.nan
    brightest_mag: float = -math.inf

    @property
    def reference(self) -> Band:
        """The band that magnitudes are quoted in: the one nearest to 0.7 micrometres."""
        return min(self.bands, key=lambda band: abs(band.wavelength_um - 0.7))

    def depth(self, band: Band) -> float:
        """AB magnitude of a point source at five sigma, optimally weighted (noise-equivalent area 2.27 FWHM^2)."""
        return band.depth - 1.25 * math.log10(2.27 * (band.fwhm_arcsec / self.pixel_scale) ** 2)


@cache
def surveys() -> dict[str, Survey]:
    """Every survey of the table, by name."""
    table = tomllib.loads(files(__package__).joinpath("surveys.toml").read_text(encoding="utf-8"))
    return {name: _survey(name, values) for name, values in table.items()}


def _survey(name: str, values: dict) -> Survey:
    bands = tuple(_band(band, values["pixel_scale"]) for band in values["bands"])
    pairs = {key: tuple(values[key]) for key in ("theta_e_arcsec", "arc_snr")}
    return Survey(name=name, **{**values, **pairs, "bands": bands})


def _band(values: dict, pixel_scale: float) -> Band:
    values = {**values, "noise_kernel": tuple(values.get("noise_kernel", ()))}
    if "sigma" not in values:
        keys = ("exposure_s", "exposures", "electrons_zero_point", "sky_mag_arcsec2", "read_noise_e")
        given = {key: values.pop(key) for key in keys}
        values["sigma"], values["gain"] = noise_of(**given, zero_point=values["zero_point"], pixel_scale=pixel_scale)
    return Band(**values)


def noise_of(
    *,
    exposure_s: float,
    exposures: int,
    electrons_zero_point: float,
    sky_mag_arcsec2: float,
    read_noise_e: float,
    zero_point: float,
    pixel_scale: float,
) -> tuple[float, float]:
    """(sigma, gain) of a stack: sky and read noise of a pixel in flux units, and the electrons of one unit of flux."""
    seconds = exposure_s * exposures
    gain = seconds * 10 ** (-0.4 * (zero_point - electrons_zero_point))
    sky_e = seconds * pixel_scale**2 * 10 ** (-0.4 * (sky_mag_arcsec2 - electrons_zero_point))
    return math.sqrt(sky_e + exposures * read_noise_e**2) / gain, gain
