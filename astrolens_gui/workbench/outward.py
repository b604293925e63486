"""What is written from a whole project and not from rows alone: COCO, YOLO, SLED and Parquet; on the io lane."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astrolens_gui.api import UserError

if TYPE_CHECKING:
    from astrolens_gui.core.grading.boxsets import Box, Picture

    from .opened import Opened

MUGSHOT_PX = 256


def export_coco(opened: Opened, out: Path) -> int:
    """Boxes of people as COCO's ground truth, on the arrays as they are stored; the number of boxes."""
    from astrolens_gui.core.grading import boxsets

    pages, boxes = _boxes(opened)
    _write(out, boxsets.coco(pages, boxes, flipped=False))
    return len(boxes)


def export_yolo(opened: Opened, out: Path) -> int:
    """Boxes of people as a folder with labels/ and data.yaml, an empty file for what somebody called no lens; the number of boxes."""
    from astrolens_gui.core.grading import boxsets

    if out.exists() and not out.is_dir():
        raise UserError(f"{out}: YOLO's labels are a folder; name one that is no file")
    pages, boxes = _boxes(opened)
    files = boxsets.yolo(pages, boxes, flipped=False)
    try:
        (out / "labels").mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (out / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"{out} cannot be written ({error.strerror or error}); choose a folder where you may write"
        ) from None
    return len(boxes)


def export_sled(opened: Opened, out: Path) -> int:
    """Objects on the consensus' lists as the JSON of an upload to SLED, with a picture each; the number of candidates.

    Raises:
        UserError: none is on a list and has a position, or SLED would refuse one.
    """
    from astrolens_gui.api import Context
    from astrolens_gui.core.grading import sled
    from astrolens_gui.core.images import png
    from astrolens_gui.core.images.recipe import Recipe

    from .campaign import consensus
    from .stamps import pictures

    found = consensus(opened, "mean", None, None, Context())
    listed = [one for one in found.listed if one.object in found.places]
    if not listed:
        raise UserError(
            f"{opened.project.name}: no object on the lists A and B has a position; SLED takes nothing else"
        )
    ids = [found.ids[one.object] for one in listed]
    shots = pictures(opened, ids, MUGSHOT_PX, Recipe())
    apart = {row.object: row.values for row in opened.on_db(lambda: opened.store.measured())}
    made = []
    for one, id, shot in zip(listed, ids, shots, strict=True):
        if isinstance(shot, str):
            raise UserError(f"{one.object}: there is no picture of it ({shot}), and SLED wants one")
        theta = apart.get(id, {}).get("theta_E_arcsec")
        ra, dec = found.places[one.object]
        made.append(
            sled.Candidate(
                ra, dec, f"{one.object.replace('/', '_')}.png", png.encode(shot), one.object[:100], score=round(one.mean, 4),
                image_sep=float(theta) if isinstance(theta, int | float) and math.isfinite(theta) else None,
                info=f"{one.graders} grader{'s' * (one.graders != 1)}, mean grade {one.mean:.2f} of 3",
            )
        )  # fmt: skip
    _write(out, sled.upload(made))
    return len(made)


def export_parquet(opened: Opened, out: Path) -> int:
    """The labels of the CSV export, for DataFrames; the number of rows."""
    from astrolens_gui.core.grading.parquet import write_parquet
    from astrolens_gui.core.labels import export

    rows = opened.on_db(lambda: export.rows(opened.store))
    write_parquet(rows, out)
    return len(rows)


FORMATS: dict[str, tuple[str, Callable[[Opened, Path], int]]] = {
    "coco": ("boxes", export_coco),
    "yolo": ("boxes", export_yolo),
    "sled": ("candidates", export_sled),
    "parquet": ("labels", export_parquet),
}
"""By id: what is counted, and what writes it."""


def _boxes(opened: Opened) -> tuple[list[Picture], list[Box]]:
    """Every plane that has a box or belongs to a graded object, and the boxes of people.

    A turned box becomes the upright one round it. Pictures are called by the object, and where it has several planes by
    `object.band`. An object that a person called no lens, and drew nothing on, is a negative.
    """
    from astrolens_gui.core.grading.boxsets import Box, Picture
    from astrolens_gui.core.labels.schemes import load_schemes

    worth = {
        (scheme.id, one.value): one.positive
        for scheme in load_schemes(opened.project.folder).values()
        for one in scheme.grades
    }

    def read() -> Any:
        drawn = [one for one in opened.store.boxes() if one.event is not None and one.w > 0 and one.h > 0]
        labels = opened.store.labels()
        ids = sorted({*(one.object for one in drawn), *(one.object for one in labels)})
        return drawn, labels, opened.store.objects(ids)

    drawn, labels, things = opened.on_db(read)
    said: dict[int, list[float | None]] = {}
    for one in labels:
        said.setdefault(one.object, []).append(worth.get((one.scheme, one.grade)))
    negative = {id for id, each in said.items() if all(value == 0 for value in each)} - {one.object for one in drawn}
    pages, sizes = [], {}
    for thing in things:
        for plane in thing.planes:
            height, width = plane["shape"]
            name = f"{thing.name}.{plane['band']}" if len(thing.planes) > 1 and plane.get("band") else thing.name
            sizes[thing.id, plane.get("band", "")] = name
            sizes.setdefault((thing.id, ""), name)
            pages.append(Picture(f"{name}.fits", int(width), int(height), thing.id in negative))
    boxes = []
    for one in drawn:
        if (name := sizes.get((one.object, one.band)) or sizes.get((one.object, ""))) is not None:
            turn = math.radians(one.angle or 0.0)
            c, s = abs(math.cos(turn)), abs(math.sin(turn))
            boxes.append(
                Box(f"{name}.fits", one.class_name, one.x, one.y, c * one.w + s * one.h, s * one.w + c * one.h)
            )
    return pages, boxes


def _write(out: Path, text: str) -> None:
    from astrolens_gui.core.labels.export import whole

    def put(partial: Path) -> None:
        partial.write_text(text, encoding="utf-8")

    whole(out, put)
