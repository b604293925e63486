"""All tables of other tools that are known: which one a file is, and reading it; knows the parsers, no store."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from astrolens_gui.api import UserError

from ..texttables import header_of, text_of
from . import anomalymatch, crosswalk, qtstamp, rankers, savary
from .foreign import Taken, lines_of

Reader = Callable[[str, str, crosswalk.Walk], Taken]


@dataclass(frozen=True)
class Format:
    """One kind of table: how a person knows it, how it is read, what its labels mean, and whether a text looks like it."""

    id: str
    title: str
    read: Reader
    walk: crosswalk.Walk
    fits: Callable[[str], bool]


def _header(*wanted: str, without: tuple[str, ...] = ()) -> Callable[[str], bool]:
    def fits(text: str) -> bool:
        given = set(header_of(text))
        return given.issuperset(wanted) and not given.intersection(without)

    return fits


def _lines(pattern: str) -> Callable[[str], bool]:
    """Every one of the first lines looks so."""
    wanted = re.compile(pattern)

    def fits(text: str) -> bool:
        lines = lines_of(text[:20_000])[:50]
        return bool(lines) and all(wanted.fullmatch(line) for _, line in lines)

    return fits


def _labels(text: str) -> bool:
    given = header_of(text)
    return "label" in given and bool({"filename", "id", "Filename"} & set(given))


_ONE = ("file_name", "classification")
_CUT = _lines(r"[^,]+,(L|ML|SA|F|NL|None),[^,]*,.*")

FORMATS: tuple[Format, ...] = (
    Format("savary-single", "Visualisation-tool, single viewer (autosave)", savary.read_single, crosswalk.SAVARY,
           _header(*_ONE, "subclassification", "comment", without=("ra", "time", "legacy_survey_data"))),
    Format("savary-mosaic", "Visualisation-tool, mosaic", savary.read_mosaic, crosswalk.SAVARY,
           _header(*_ONE, "Grid_pos")),
    Format("savary-saved", "Visualisation-tool, single viewer (Save csv)", savary.read_saved, crosswalk.SAVARY, _CUT),
    Format("savary-first", "Visualisation-tool, first tool (3, 2, 1, 0)", savary.read_first, crosswalk.ZERO_TO_THREE,
           _lines(r"[^,\t]+,([0-3](\.0)?|None)")),
    Format("qtstamp-single", "Qt-stamp-visualizer, single viewer", qtstamp.read_single, crosswalk.QTSTAMP,
           _header(*_ONE, "ra", "dec")),
    Format("qtstamp-mosaic", "Qt-stamp-visualizer, mosaic", qtstamp.read_mosaic, crosswalk.QTSTAMP,
           _header(*_ONE, "grid_pos", "page")),
    Format("astrorank", "astrorank", rankers.read_astrorank, crosswalk.ZERO_TO_THREE,
           _lines(r"[^\t]+\t-?\d*(\t[^\t]*)?")),
    Format("lensrater", "lensrater", rankers.read_lensrater, crosswalk.ZERO_TO_THREE, _header(*rankers.LENSRATER)),
    Format("bigeye", "bigeye", rankers.read_bigeye, crosswalk.BIGEYE, _lines(r"\S+ [1-4]")),
    Format("anomalymatch", "AnomalyMatch, labels", anomalymatch.read_labels, crosswalk.ANOMALYMATCH, _labels),
)  # fmt: skip


def sniff(text: str) -> list[Format]:
    """The formats that a text may be; usually one. None where it goes through the column mapper (`mapper`)."""
    return [one for one in FORMATS if one.fits(text)]


def read(path: Path, format: str = "", walk: crosswalk.Walk | None = None) -> Taken:
    """Another tool's table.

    Args:
        format: an id of `FORMATS`; without, the file says it.
        walk: label → our grade, in place of the format's own.

    Raises:
        UserError: it can't be read, or is of none or several of the formats.
    """
    path, text = Path(path), text_of(path)
    chosen = [one for one in FORMATS if one.id == format] if format else sniff(text)
    if not chosen:
        what = f"{format} is no format" if format else f"{path} is no table of a tool that is known"
        raise UserError(f"{what}; say which columns hold the names and the grades")
    if len(chosen) > 1:
        raise UserError(f"{path} may be of {' or '.join(one.title for one in chosen)}; say which")
    kind = chosen[0]
    if format and not kind.fits(text):
        raise UserError(f"{path} does not look like a table of {kind.title}; check the file and the format")
    taken = kind.read(text, str(path), kind.walk if walk is None else walk)
    if kind.id.startswith("qtstamp") and (name := qtstamp.named(path.stem, len(taken.rows))):
        notes = (*taken.notes, "this is a copy that the tool moved aside") if name.copy else taken.notes
        taken = replace(taken, grader=name.grader, seed=name.seed, notes=notes)
    if kind.id == "savary-mosaic" and (found := re.fullmatch(r"classification_mosaic_autosave_?(\w+)", path.stem)):
        taken = replace(taken, seed=found[1])
    return taken
