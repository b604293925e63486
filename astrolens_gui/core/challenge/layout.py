"""Names of the lens finding challenges' folders and files (Metcalf et al. 2019, A&A 625, A119); opens no file.

Challenge 1: `DATA/Public/Band1..4/imageSDSS_{R,I,G,U}-<ID>.fits` (ground) and `DATA/Public/Band1/imageEUC_VIS-<ID>.fits` (space);
challenge 2.0: `DATA/Public/EUC_{VIS,Y,J,H}/imageEUC_{VIS,Y,J,H}-<ID>.fits`. Other archives leave `Public` out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

GROUND = {"u": "SDSS_U", "g": "SDSS_G", "r": "SDSS_R", "i": "SDSS_I"}
"""Our band: the camera's name in a file. In order of wavelength."""
SPACE = {"VIS": "EUC_VIS", "Y": "EUC_Y", "J": "EUC_J", "H": "EUC_H"}
NUMBERED = {"r": "Band1", "i": "Band2", "g": "Band3", "u": "Band4", "VIS": "Band1"}
"""Challenge 1's folder of a band."""
MASKED = 100.0
"""What a pixel without value holds in the ground images."""
MASKED_READER = "challenge_ground"
"""Which reader knows that (`masked`)."""
PUBLIC = "Public"
DEEPEST = 4
"""Folders below the given one that are searched."""

_BANDS = {camera: band for bands in (GROUND, SPACE) for band, camera in bands.items()}
_FOLDERS = {*NUMBERED.values(), *SPACE.values()}
_IMAGE = re.compile(r"image(" + "|".join(_BANDS) + r")-(.+?)\.fits(?:\.gz)?")
_LOOKED_AT = 64


@dataclass(frozen=True)
class DataFolder:
    """One data folder (GroundBasedTraining, Data_KiDS_Big.3): its band folders, of which some may be missing."""

    path: Path
    bands: tuple[Path, ...]

    @property
    def name(self) -> str:
        return self.path.name


def parse(name: str) -> tuple[str, str] | None:
    """(band, ID) of an image's file name; None for any other file."""
    found = _IMAGE.fullmatch(name)
    return (_BANDS[found[1]], found[2]) if found else None


def is_ground(band: str) -> bool:
    return band in GROUND


def find(source: str | Path) -> list[DataFolder]:
    """The challenge's data folders in a folder (or that it is, or that it is a part of), by name; [] where it is none of it."""
    path = Path(os.path.abspath(source))
    if not path.is_dir():
        return []
    if path.name in _FOLDERS and _holds_images(path):
        return [DataFolder(_above(path.parent), (path,))]
    return sorted(_below(path, DEEPEST), key=lambda one: one.path)


def _below(folder: Path, depth: int) -> Iterator[DataFolder]:
    try:
        with os.scandir(folder) as entries:
            folders = sorted(e.name for e in entries if e.is_dir() and not e.name.startswith("."))
    except OSError:
        return  # the ordinary import says what is wrong with it
    own = tuple(folder / name for name in folders if name in _FOLDERS and _holds_images(folder / name))
    if own:
        yield DataFolder(_above(folder), own)
    elif depth:
        for name in folders:
            if name != "Private":  # the components of the simulated images: not what was to be classified
                yield from _below(folder / name, depth - 1)


def _above(folder: Path) -> Path:
    return folder.parent if folder.name == PUBLIC else folder


def _holds_images(folder: Path) -> bool:
    """Whether one of its first files has such a name; an empty band folder is none."""
    try:
        with os.scandir(folder) as entries:
            return any(parse(entry.name) for entry, _ in zip(entries, range(_LOOKED_AT), strict=False))
    except OSError:
        return False
