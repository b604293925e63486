"""A campaign as one HTML file: asks the verbs for their numbers and the stamps for their pictures; lays nothing out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from astrolens_gui.api import Context, UserError

from .answers import Answers, gathered
from .campaign import Agreement, Consensus, agreement, consensus, edges_of, truth_of
from .searching import Searched, searched

if TYPE_CHECKING:
    from astrolens_gui.core.labels.schemes import Scheme
    from astrolens_gui.core.learn.recovery import Recovery

    from .opened import Opened

GALLERY = 60
APART = 24
STAMP_PX = 168
"""Pixels of a stamp in the file: twice what it takes on the page, for print."""


@dataclass(frozen=True)
class Written:
    """What a report holds."""

    objects: int
    graders: int
    pictures: int


@dataclass(frozen=True)
class Facts:
    """All that the page says.

    Attributes:
        pictures: PNG bytes by object. truth_list: (golden lenses on a list, golden lenses, golden others on a list, golden
            others). golden: object → is a lens. list_found: completeness of the lists
            against θ_E and arc S/N. days: the first and the last day of grading, UTC. model: the champion, "" without.
            scheme: of the project.
    """

    project: str
    made: str
    version: str
    agreement: Agreement
    consensus: Consensus
    searched: Searched
    scheme: Scheme | None
    pictures: dict[str, bytes]
    truth_list: tuple[int, int, int, int]
    golden: Mapping[str, bool]
    list_found: tuple[Recovery, ...]
    days: tuple[str, str]
    model: str


def write_report(opened: Opened, out: Path, golden: Path | None, by: str, ctx: Context) -> Written:
    """Write the report; it appears whole or not at all.

    Raises:
        UserError: nobody graded, or the file can't be written.
    """
    from astrolens_gui.core.labels.export import check_folder, whole

    from .reportpage import page

    if out.suffix.lower() not in ("", ".html", ".htm", ".xhtml"):
        raise UserError(f"{out}: the report is one HTML file; end it in .html (a browser prints it, also as PDF)")
    check_folder(out)
    found = facts(opened, golden, by, ctx)
    text = page(found)

    def put(partial: Path) -> None:
        partial.write_text(text, encoding="utf-8")

    whole(out, put)
    return Written(found.agreement.objects, len(found.agreement.graders), len(found.pictures))


def facts(opened: Opened, golden: Path | None, by: str, ctx: Context) -> Facts:
    """Every number and picture of the report."""
    from astrolens_gui import __version__

    said = gathered(opened, golden)
    told = agreement(opened, golden, ctx.part(0.0, 0.3), said)
    together = consensus(opened, by, None, golden, ctx.part(0.3, 0.5), said)
    search = searched(opened, 0.0, ctx.part(0.5, 0.6))
    wanted = [one.object for one in together.listed[:GALLERY]]
    wanted = wanted or [one.object for one in together.verdicts if one.object not in together.painted][: GALLERY // 5]
    wanted += [one.object for one in together.apart[:APART] if one.object not in set(wanted)]
    pictures = _pictures(opened, {name: together.ids[name] for name in wanted})
    ctx.progress(0.95, f"{len(pictures)} pictures")
    times = [time for _, _, time, _, _ in said.rows]
    champion = opened.on_db(lambda: opened.store.champion())
    scheme = opened.bench.schemes().get(opened.project.settings["scheme"])
    return Facts(
        project=opened.project.name,
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        version=__version__,
        agreement=told,
        consensus=together,
        searched=search,
        scheme=scheme,
        pictures=pictures,
        truth_list=_listed_golden(said.golden, together),
        golden=said.golden,
        list_found=_list_found(said, together),
        days=(min(times, default="")[:10], max(times, default="")[:10]),
        model=champion.id if champion else "",
    )


def _listed_golden(classes: Mapping[str, bool], together: Consensus) -> tuple[int, int, int, int]:
    """Golden objects that somebody graded: (lenses on a list, lenses, others on a list, others)."""
    rows = [(together.is_listed(one), classes[one.object]) for one in together.verdicts if one.object in classes]
    table = np.array(rows, bool).reshape(-1, 2)
    on, lens = table[:, 0], table[:, 1]
    return int((on & lens).sum()), int(lens.sum()), int((on & ~lens).sum()), int((~lens).sum())


def _list_found(said: Answers, together: Consensus) -> tuple[Recovery, ...]:
    """As a grader would have it who says A to what is on a list."""
    from astrolens_gui.core.grading.consensus import BEST, Given
    from astrolens_gui.core.grading.graders import recovery_of

    truth = truth_of(said)
    if truth is None:
        return ()
    given = [Given("", one.object, BEST if together.is_listed(one) else 0.0) for one in together.verdicts]
    return tuple(recovery_of("", given, truth, edges=edges_of(truth)))


def _pictures(opened: Opened, ids: dict[str, int]) -> dict[str, bytes]:
    """A PNG of each object that has a picture, in the usual stretch."""
    from astrolens_gui.core.images import png
    from astrolens_gui.core.images.recipe import Recipe

    from .stamps import pictures

    drawn = pictures(opened, list(ids.values()), STAMP_PX, Recipe())
    return {name: png.encode(one) for name, one in zip(ids, drawn, strict=True) if not isinstance(one, str)}
