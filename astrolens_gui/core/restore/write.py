"""Restored images as FITS that nobody takes for data: header, WCS and units kept, the model and its weights named; knows no network."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...api import Plane, UserError
from .sweep import Piece

CARD = "ALRESTOR"
"""Header card of every restored plane: the id of the model that made it."""

NOT_DATA = "not data: restored by {model}"
"""What is said of a restored picture wherever it is shown."""

_STRUCTURE = [
    "SIMPLE",
    "XTENSION",
    "BITPIX",
    "NAXIS",
    "EXTEND",
    "PCOUNT",
    "GCOUNT",
    "GROUPS",
    "BSCALE",
    "BZERO",
    "BLANK",
    "CHECKSUM",
    "DATASUM",
    "DATAMIN",
    "DATAMAX",
    "TFIELDS",
    "EXTNAME",
    "EXTVER",
    "EXTLEVEL",
    "INHERIT",
    "ZIMAGE",
    "ZTENSION",
    "ZBITPIX",
    "ZNAXIS",
    "ZCMPTYPE",
    "ZPCOUNT",
    "ZGCOUNT",
    "ZQUANTIZ",
    "ZDITHER0",
    "ZHECKSUM",
    "ZDATASUM",
]
"""What describes how pixels lay in the source file, and is not true of the new one."""

_PLANES = {"mean": "", "sigma": "SIGMA", "spread": "SPREAD"}
_BLOCK = 2880


@dataclass(frozen=True)
class Maker:
    """Who restored: `weights` is `weights_hash` of the model's folder."""

    model: str
    backend: str
    version: str
    weights: str

    @property
    def not_data(self) -> str:
        return NOT_DATA.format(model=self.model)


def weights_hash(folder: Path) -> str:
    """sha256 of a model's weights, in hex: of the files in its folder but `model.json`, by name and content."""
    digest = hashlib.sha256()
    for path in sorted(Path(folder).glob("*")):
        if path.is_file() and path.name != "model.json":
            digest.update(path.name.encode() + b"\0")
            with path.open("rb") as file:
                for block in iter(lambda: file.read(1 << 20), b""):
                    digest.update(block)
    return digest.hexdigest()


def restored_by(path: str | Path, hdu: int = 0) -> str:
    """The model that made an image ("" for data), by the card of the plane or of the file."""
    from ..images.headers import walk
    from ..images.source import Source

    with contextlib.suppress(UserError, OSError, ValueError), Source(os.fspath(path)) as source:
        hdus = walk(source)
        for at in {0, hdu} & set(range(len(hdus))):
            if name := hdus[at].header.text(CARD):
                return name
    return ""


def write(out: Path, planes: Sequence[Plane], pieces: Iterable[Piece], maker: Maker) -> Path:
    """Write one image's pieces as they come: for each band the restored image, its SIGMA and its SPREAD, float32.

    The first band stands in the primary HDU, the others in extensions that bear their names; the errors of several bands are
    SIGMA_r, SPREAD_r, … A file appears whole or not at all, and takes the place of a former one.

    Args:
        planes: what was restored, in the order of the pieces' bands.

    Raises:
        UserError: the folder can't be written, or the file is one of those that were restored.
    """
    out = Path(out)
    if any(Path(plane.path).resolve() == out.resolve() for plane in planes):
        raise UserError(f"{out} is the image itself; choose another folder with --out")
    heads = _headers(planes, maker)
    height, width = planes[0].shape
    bytes_of = 4 * height * width
    padded = -(-bytes_of // _BLOCK) * _BLOCK
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".restoring-", suffix=".fits", dir=out.parent)
    except OSError as error:
        raise UserError(f"{out.parent} can't be written ({error.strerror}); choose another folder with --out") from None
    try:
        with os.fdopen(handle, "wb") as file:
            places = {}
            for key, head in heads.items():
                file.write(head.tostring(padding=True).encode("ascii"))
                places[key] = file.tell()
                file.seek(padded, os.SEEK_CUR)
            file.truncate(file.tell())
        _fill(name, places, (height, width), pieces)
        with contextlib.suppress(OSError):
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(name, 0o666 & ~umask)
        os.replace(name, out)
    except OSError as error:
        _remove(name)
        raise UserError(
            f"{out} can't be written ({error.strerror or error}); make room or choose another folder"
        ) from None
    except BaseException:
        _remove(name)
        raise
    return out


def _fill(name: str, places: dict[tuple[int, str], int], shape: tuple[int, int], pieces: Iterable[Piece]) -> None:
    """Pixels by `pwrite`, row by row of a piece: no map whose pages would count as this program's memory."""
    width = shape[1]
    file = os.open(name, os.O_WRONLY)
    try:
        for piece in pieces:
            for (band, which), offset in places.items():
                block = np.ascontiguousarray(getattr(piece, which)[..., band], ">f4")
                if piece.x1 - piece.x0 == width:
                    os.pwrite(file, block.tobytes(), offset + 4 * piece.y0 * width)
                    continue
                for row, line in enumerate(block, piece.y0):
                    os.pwrite(file, line.tobytes(), offset + 4 * (row * width + piece.x0))
    finally:
        os.close(file)


def _remove(name: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(name)


def _headers(planes: Sequence[Plane], maker: Maker) -> dict[tuple[int, str], Any]:
    """The header of each (band, kind of plane), in the order of the file."""
    made = {}
    several = len(planes) > 1
    for band, plane in enumerate(planes):
        source = source_header(plane)
        for which, word in _PLANES.items():
            first = band == 0 and which == "mean"
            head = _frame(plane.shape, first)
            head.extend(source, strip=False, unique=False, update=False, bottom=True)
            if first and (several or not plane.extname):
                name = plane.band
            else:
                name = "_".join(part for part in (word, plane.band if several else "") if part) or plane.extname
            if name:
                head["EXTNAME"] = name
            _mark(head, plane, maker, which)
            made[band, which] = head
    return made


def _frame(shape: tuple[int, int], first: bool) -> Any:
    from astropy.io.fits import Header

    head = Header()
    if first:
        head["SIMPLE"] = (True, "FITS")
    else:
        head["XTENSION"] = ("IMAGE", "image extension")
    head["BITPIX"] = (-32, "float32")
    head["NAXIS"] = 2
    head["NAXIS1"], head["NAXIS2"] = shape[1], shape[0]
    if first:
        head["EXTEND"] = True
    else:
        head["PCOUNT"], head["GCOUNT"] = 0, 1
    return head


def source_header(plane: Plane) -> Any:
    """The cards of the plane's own header (and of the file's primary one, where that is empty), without those of its layout."""
    from astropy.io import fits
    from astropy.io.fits import Header

    head = Header()
    if plane.reader != "fits":
        return head
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.suppress(OSError, ValueError, IndexError, fits.VerifyError):
            cards = fits.getheader(plane.path, plane.hdu)
            if plane.hdu:
                above = fits.getheader(plane.path, 0)
                if not above.get("NAXIS"):
                    cards.extend(above, unique=True, strip=True)
            for card in cards.cards:
                if _kept(card.keyword, plane):
                    with contextlib.suppress(ValueError, fits.VerifyError):
                        card.verify("silentfix")
                        str(card)
                        head.append(card, end=True)
    if plane.window is not None:
        for key, by in zip(("CRPIX1", "CRPIX2"), plane.window[:2], strict=True):
            if isinstance(head.get(key), int | float):
                head[key] -= by
    return head


def _kept(keyword: str, plane: Plane) -> bool:
    """Not what tells of the layout, nor of the third axis of a cube, of which this is one plane."""
    base = keyword.rstrip("0123456789")
    if keyword in _STRUCTURE or base in ("NAXIS", "ZNAXIS", "ZTILE", "ZNAME", "ZVAL", "TTYPE", "TFORM", "TUNIT"):
        return False
    if plane.plane is None or base in ("PV", "A", "B", "AP", "BP"):
        return True
    if base == "BAND" or keyword == "WCSAXES":
        return False
    axes = [int(part) for part in keyword.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ").split("_") if part.isdigit()]
    wcs = keyword[:5] in ("CTYPE", "CRPIX", "CRVAL", "CDELT", "CUNIT", "CROTA") or keyword[:2] in ("CD", "PC")
    return not (wcs and any(axis > 2 for axis in axes))


def _mark(head: Any, plane: Plane, maker: Maker, which: str) -> None:
    what = {"mean": "restored image", "sigma": "standard error by the model", "spread": "scatter of its draws"}[which]
    head[CARD] = (maker.model, "NOT DATA: model that made it")
    head["ALWHAT"] = (what, "what the pixels are")
    head["ALBACKND"] = (f"{maker.backend} {maker.version}", "backend and version")
    head["ALSHA256"] = maker.weights
    if plane.unit and "BUNIT" not in head:
        head["BUNIT"] = plane.unit
    if plane.band and "FILTER" not in head:
        head["FILTER"] = plane.band
    said = f"{maker.not_data} (backend {maker.backend} {maker.version}, weights sha256 {maker.weights})"
    head.add_history(said)
    head.add_history(f"from {Path(plane.path).name}, HDU {plane.hdu}; {what}".encode("ascii", "replace").decode())
