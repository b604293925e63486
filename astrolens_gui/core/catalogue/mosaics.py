"""Large images that a catalogue's sources lie in: their bands, their skies, and where a position falls; reads no pixel."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...api import Plane, UserError
from ..images import bands as _bands
from ..images import readers, windows
from ..images.errors import ImageError
from ..images.ingest import Refusal, stem


@dataclass(frozen=True)
class Mosaic:
    """One large image of one band; `sky` its astropy WCS or None, `scale` arcsec per pixel or None."""

    plane: Plane
    sky: Any
    scale: float | None

    @property
    def shape(self) -> tuple[int, int]:
        return self.plane.shape

    def place(self, ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """x, y (0-based pixel centres) of positions in degrees (ICRS); NaN where they are far from the image."""
        x, y = np.full(len(ra), np.nan), np.full(len(ra), np.nan)
        near = np.flatnonzero(self._near(ra, dec)) if self.sky is not None else np.empty(0, int)
        if len(near):
            lon, lat = self._native(ra[near], dec[near])
            with np.errstate(all="ignore"):
                if self.sky.sip is None:
                    x[near], y[near] = self.sky.wcs_world2pix(lon, lat, 0)
                else:
                    x[near], y[near] = self.sky.all_world2pix(lon, lat, 0, quiet=True)
        return x, y

    def box(self) -> tuple[float, float, float, float]:
        """west, east, south, north in degrees of a box of the sky around the image; west > east where it goes over 0 h."""
        edge = _border(self.sky, *self.shape)
        middle = edge.mean(axis=0)
        reach = float(np.degrees(np.arccos(np.clip(edge @ (middle / np.linalg.norm(middle)), -1, 1)).max())) * 1.01
        ra = float(np.degrees(np.arctan2(middle[1], middle[0])) % 360)
        dec = float(np.degrees(np.arctan2(middle[2], np.hypot(middle[0], middle[1]))))
        south, north = max(dec - reach, -90.0), min(dec + reach, 90.0)
        if south <= -90 or north >= 90 or reach > 60:
            return 0.0, 360.0, south, north
        wide = reach / np.cos(np.radians(max(abs(south), abs(north))))
        return (0.0, 360.0, south, north) if wide >= 180 else ((ra - wide) % 360, (ra + wide) % 360, south, north)

    def _near(self, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
        """Within the image's half diagonal (and a fifth more): far away a projection means nothing, or comes round again."""
        height, width = self.shape
        corners = _border(self.sky, height, width)
        centre = corners.mean(axis=0)
        centre /= np.linalg.norm(centre)
        reach = np.arccos(np.clip(corners @ centre, -1, 1)).max() * 1.2 + 1e-6
        with np.errstate(invalid="ignore"):
            return unit(ra, dec) @ centre >= np.cos(min(reach, np.pi))

    def _native(self, ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The positions in the frame of the image's WCS; FK5 of J2000 is ICRS within 0.03 arcsec, a pixel's fraction."""
        from astropy.wcs.utils import wcs_to_celestial_frame

        try:
            frame = wcs_to_celestial_frame(self.sky)
        except ValueError:
            return ra, dec
        if frame.name == "icrs" or (frame.name == "fk5" and abs(frame.equinox.jyear - 2000) < 1e-6):
            return ra, dec
        from astropy.coordinates import SkyCoord

        there = SkyCoord(ra, dec, unit="deg").transform_to(frame).spherical
        return there.lon.deg, there.lat.deg


def unit(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Unit vectors (n, 3) of positions in degrees."""
    lon, lat = np.radians(ra), np.radians(dec)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def _border(sky: Any, height: int, width: int) -> np.ndarray:
    """Unit vectors (n, 3), ICRS, of an image's border."""
    x = np.concatenate([np.linspace(-0.5, width - 0.5, 9), np.full(9, -0.5), np.full(9, width - 0.5)])
    y = np.concatenate([np.full(9, -0.5), np.linspace(-0.5, height - 0.5, 9), np.linspace(-0.5, height - 0.5, 9)])
    x, y = np.concatenate([x, np.linspace(-0.5, width - 0.5, 9)]), np.concatenate([y, np.full(9, height - 0.5)])
    at = sky.pixel_to_world(x, y).icrs
    found = unit(at.ra.deg, at.dec.deg)
    return found[np.isfinite(found).all(axis=1)]


def find(
    paths: Sequence[str | Path], bands: Sequence[str] | None = None, pixel_scale: float | None = None
) -> tuple[list[Mosaic], list[Refusal]]:
    """Every science plane of the files; folders are searched one level deep. Several files of one band are its tiles.

    A band comes from the file, else from its name ("field_r.fits"); `bands` names what is left, in order. `pixel_scale` is for
    images that don't say.

    Raises:
        UserError: `bands` are not as many as images without a band, and none is called so already.
    """
    planes: list[Plane] = []
    refused: list[Refusal] = []
    for path in _files(paths):
        word = stem(path.name).rpartition("_")[2]
        if _bands.not_science(word):
            refused.append(Refusal(str(path), "", f"it is no science image (its name says {word.upper()})"))
            continue
        try:
            found = readers.inspect(path).planes
            if any(plane.reader != readers.FITS for plane in found):
                raise ImageError(path, "sources can only be cut from FITS images; convert it to FITS")
        except ImageError as error:
            refused.append(Refusal(error.path, error.extension, error.reason))
            continue
        planes += [plane if plane.band else replace(plane, band=named(path)) for plane in found]
    nameless = [at for at, plane in enumerate(planes) if not plane.band]
    if bands and len(bands) == len(nameless):
        for at, band in zip(nameless, bands, strict=True):
            planes[at] = replace(planes[at], band=band)
    if planes and (said := _bands.passed_over(bands or (), [plane.band for plane in planes])):
        raise UserError(f"{Path(paths[0]).name}: {said}")
    made = []
    for plane in planes:
        scale = plane.pixel_scale or pixel_scale
        made.append(Mosaic(replace(plane, pixel_scale=scale), readers.celestial(plane), scale))
    return made, refused


def named(path: Path) -> str:
    """The band that a file's name means: all of it, or its last word."""
    name = stem(path.name)
    words = [name, *reversed(name.replace("-", "_").replace(".", "_").split("_"))]
    return next((band for word in words if (band := _bands.folder_band(word))), "")


def _files(paths: Sequence[str | Path]) -> list[Path]:
    """Absolute paths, each once; of a folder what may be an image."""
    found: list[Path] = []
    for one in paths:
        path = Path(os.path.abspath(one))
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        found += [one for one in inside if one == path or _looks_like_an_image(one)]
    return list(dict.fromkeys(found))


def _looks_like_an_image(path: Path) -> bool:
    return path.is_file() and path.name.lower().endswith((".fits", ".fit", ".fts", ".fz", ".fits.gz"))


def header_of(mosaic: Mosaic) -> Any:
    """The image's header, for what it says of telescope and field."""
    return windows.header(mosaic.plane)
