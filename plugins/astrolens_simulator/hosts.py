"""The user's own cutouts as what arcs are painted into: their science images by band, scale, zero point, PSF, noise; paints nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.api import UserError

from .surveys import Band, Survey, surveys

ENDINGS = (".fits", ".fit", ".fts", ".fits.gz", ".fits.fz")
_OTHER = {
    "psf",
    "rms",
    "wht",
    "weight",
    "err",
    "error",
    "mask",
    "dq",
    "flag",
    "flags",
    "var",
    "ivar",
    "bkg",
    "sky",
    "exp",
    "model",
}
_ZERO_POINTS = ("MAGZERO", "MAGZPT", "ZEROPNT", "ZEROPOINT", "MAG_ZERO", "MAGZP", "ZP")
_SCALES = ("PIXSCALE", "PIXSCAL1", "SECPIX")
_HUBBLE = re.compile(r"F(\d{3,4})(?:W2|W|M|N|LP|X)")


@dataclass(frozen=True)
class Image:
    """One science image of a cutout, as arcs see it.

    Attributes:
        file, hdu: where it stands. pixels: as stored. missing: bool, where there is no value.
        scale: arcsec a pixel. band: the preset's closest. zero_point: AB magnitude of flux 1. gain: electrons of flux 1.
        psf: at the image's pixel scale, odd sides, unit sum. sky, level: noise and background of a pixel, in flux.
    """

    file: int
    hdu: int
    pixels: np.ndarray
    missing: np.ndarray
    scale: float
    band: Band
    zero_point: float
    gain: float
    psf: np.ndarray
    sky: float
    level: float

    @property
    def sigma(self) -> np.ndarray:
        """Noise of every pixel: sky, and the shot noise of what is there; infinite where there is no value."""
        light = np.maximum(np.nan_to_num(self.pixels, posinf=0, neginf=0) - self.level, 0)
        return np.where(self.missing, np.inf, np.sqrt(self.sky**2 + light / self.gain))


@dataclass(frozen=True)
class Cutout:
    """One object: its files (one, or one a band) and the place it has in the folder."""

    name: str
    files: tuple[Path, ...]
    folder: str


def find(into: str) -> list[Cutout]:
    """The cutouts of a folder by name; sub-folders all named as bands (g, r, i) are joined by the files' names.

    Raises:
        UserError: no such folder, or no FITS file in it.
    """
    root = Path(into).expanduser()
    if not root.is_dir():
        raise UserError(f"{into}: there is no such folder of cutouts; name one with --into")
    found = sorted(_below(root, root), key=lambda one: (one.folder, one.name))
    if not found:
        raise UserError(f"{into}: there is no FITS file in it; name a folder of cutouts with --into")
    return found


def _below(root: Path, folder: Path) -> Iterator[Cutout]:
    entries = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    where = folder.relative_to(root).as_posix()
    where = "" if where == "." else where
    for path in entries:
        if path.is_file() and path.name.lower().endswith(ENDINGS):
            yield Cutout(path.name.split(".fit")[0], (path,), where)
    folders = [path for path in entries if path.is_dir()]
    if folders and all(path.name in known() for path in folders):
        joined: dict[str, list[Path]] = {}
        for path in (
            path for each in folders for path in sorted(each.iterdir()) if path.name.lower().endswith(ENDINGS)
        ):
            joined.setdefault(path.name, []).append(path)
        for name, files in joined.items():
            yield Cutout(name.split(".fit")[0], tuple(files), where)
    else:
        for each in folders:
            yield from _below(root, each)


def known() -> dict[str, Band]:
    """A band of every name that any preset has."""
    return {band.name: band for survey in reversed(surveys().values()) for band in survey.bands}


def images(
    files: Sequence[Any], paths: Sequence[Path], survey: Survey, psf: np.ndarray | None, pixel_scale: float, band: str
) -> list[Image]:
    """The science images of a cutout's open files (HDU lists), in file order.

    Args:
        psf: of all bands; None: the file's own PSF extension, else the preset's Moffat.
        pixel_scale, band: for images that don't say; 0 and "": nothing is assumed.

    Raises:
        UserError: no image of a known band, or one without pixel scale; one sentence with the remedy.
    """
    found = []
    for at, (hdus, path) in enumerate(zip(files, paths, strict=True)):
        for n, hdu in enumerate(hdus):
            words = _words(hdu.name)
            if not getattr(hdu, "is_image", False) or _OTHER & {word.lower() for word in words}:
                continue
            if hdu.data is None or hdu.data.ndim != 2 or min(hdu.data.shape) < 8:
                continue
            about = _band(hdu.header, words, path, band, survey)
            if about is None:
                continue
            scale = _scale(hdu.header) or _scale(hdus[0].header) or pixel_scale
            if not scale:
                raise UserError(f"{path.name}: its header gives no pixel scale; say it with --pixel-scale")
            own = psf if psf is not None else _own_psf(hdus, hdu.name)
            found.append(_image(at, n, hdu, scale, about, survey, moffat(about, scale) if own is None else own))
    if not found:
        raise UserError(
            f"{paths[0].name}: no image in it names a known band (FILTER, EXTNAME or folder); say it with --band"
        )
    return found


def _image(file: int, n: int, hdu: Any, scale: float, band: Band, survey: Survey, psf: np.ndarray) -> Image:
    pixels = np.asarray(hdu.data)
    missing = ~np.isfinite(pixels)
    if math.isfinite(survey.masked_value):
        missing |= pixels == survey.masked_value
    zero = zero_point(hdu.header)
    zero = band.zero_point if zero is None else zero
    gain = band.gain * 10 ** (0.4 * (band.zero_point - zero))
    level, sky = background(np.where(missing, np.nan, pixels))
    return Image(file, n, pixels, missing, scale, band, zero, gain, psf, sky, level)


def background(pixels: np.ndarray) -> tuple[float, float]:
    """(level, noise) of the frame, an eighth of the side wide: its median, and how far below it the 16 % quantile lies."""
    width = max(2, min(pixels.shape) // 8)
    frame = np.ones(pixels.shape, bool)
    frame[width:-width, width:-width] = False
    values = pixels[frame]
    values = values[np.isfinite(values)].astype(np.float64)
    if values.size < 16:
        values = pixels[np.isfinite(pixels)].astype(np.float64)
    if values.size == 0:
        return 0.0, 1.0
    low, middle = np.quantile(values, (0.1587, 0.5))
    spread = float(middle - low) or float(values.std()) or max(abs(float(middle)), 1.0) * 1e-3
    return float(middle), spread


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[^A-Za-z0-9]+", name) if word]


def _band(header: Any, words: list[str], path: Path, given: str, survey: Survey) -> Band | None:
    """The preset's band, else any preset's, that FILTER, EXTNAME, the folder, or `given` names."""
    for said in (
        _words(str(header.get("FILTER") or header.get("BAND") or "")),
        words,
        _words(path.parent.name),
        [given],
    ):
        for names in ({band.name: band for band in survey.bands}, known()):
            if match := next((names[word] for word in said if word in names), None):
                return match
            alike = [band for word in said for name, band in names.items() if name.lower() == word.lower()]
            if len(alike) == 1:
                return alike[0]
        if match := next((_hubble(word, survey) for word in said if _HUBBLE.fullmatch(word)), None):
            return match
    return None


def _hubble(name: str, survey: Survey) -> Band:
    """A filter called by its wavelength: the preset's reference band moved there."""
    number = int(name[1:4])
    wavelength = number / 100 if number < 200 else number / 1000
    near = survey.reference
    fwhm = near.fwhm_arcsec * max(1.0, wavelength / near.wavelength_um)
    return Band(name, name, wavelength, fwhm, near.moffat_beta, near.zero_point, near.sigma, near.gain)


def zero_point(header: Any) -> float | None:
    """AB magnitude of one unit of flux, by the header (also of HST's PHOTFLAM and PHOTPLAM); None where it does not say."""
    for key in _ZERO_POINTS:
        if isinstance(value := header.get(key), int | float) and not isinstance(value, bool) and 0 < value < 60:
            return float(value)
    flam, plam = header.get("PHOTFLAM"), header.get("PHOTPLAM")
    if isinstance(flam, float) and isinstance(plam, float) and flam > 0 and plam > 0:
        return -2.5 * math.log10(flam) - 5 * math.log10(plam) - 2.408
    return None


def _scale(header: Any) -> float:
    """arcsec a pixel by CD, by PC and CDELT, or by a card that names it; 0 where none does."""
    number = lambda key, absent: value if isinstance(value := header.get(key), int | float) else absent  # noqa: E731
    if "CD1_1" in header or "CD2_2" in header:
        a, b, c, d = (number(f"CD{i}_{j}", 0.0) for i in (1, 2) for j in (1, 2))
    else:
        steps = (number("CDELT1", 0.0), number("CDELT2", 0.0))
        a, b, c, d = (number(f"PC{i}_{j}", float(i == j)) * steps[i - 1] for i in (1, 2) for j in (1, 2))
    scale = 3600 * math.sqrt(abs(a * d - b * c))
    if 1e-3 < scale < 100:
        return scale
    return next((abs(float(value)) for key in _SCALES if 1e-3 < abs(float(value := number(key, 0.0))) < 100), 0.0)


def _own_psf(hdus: Any, name: str) -> np.ndarray | None:
    """The PSF extension beside an image: VIS_PSF of VIS_FLUX."""
    stem = "_".join(word for word in _words(name) if word.upper() not in {"FLUX", "SCI", "IMAGE"}).upper()
    for hdu in hdus:
        if hdu.name.upper() in {f"{stem}_PSF", f"PSF_{stem}"} and hdu.data is not None and hdu.data.ndim == 2:
            return centred(np.asarray(hdu.data, np.float64))
    return None


def centred(psf: np.ndarray) -> np.ndarray:
    """Its peak in the middle of an odd square, unit sum."""
    psf = np.nan_to_num(psf)
    y, x = (int(at) for at in np.unravel_index(int(np.argmax(psf)), psf.shape))
    reach = max(min(y, x, psf.shape[0] - 1 - y, psf.shape[1] - 1 - x), 0)
    psf = psf[y - reach : y + reach + 1, x - reach : x + reach + 1]
    return psf / psf.sum()


def moffat(band: Band, scale: float, fine: int = 5) -> np.ndarray:
    """The preset's Moffat (1969) profile at a pixel scale, each pixel the mean of fine x fine points, unit sum."""
    half = max(3, math.ceil(6 * band.fwhm_arcsec / scale))
    side = 2 * half + 1
    axis = ((np.arange(side * fine) + 0.5) / fine - side / 2) * scale
    alpha = band.fwhm_arcsec / (2 * math.sqrt(2 ** (1 / band.moffat_beta) - 1))
    profile = (1 + (axis[None, :] ** 2 + axis[:, None] ** 2) / alpha**2) ** -band.moffat_beta
    psf = profile.reshape(side, fine, side, fine).mean((1, 3))
    return psf / psf.sum()
