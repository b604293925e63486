"""Boxes as the training sets of other detectors: COCO and YOLO; knows numbers and text, no store and no pixel.

A box here is what AstroLens keeps: its centre in 0-based pixel centres, row 0 the array's first line. COCO and YOLO count edges from
the picture's top left. `flipped` says that the picture shows row 0 at the bottom, as PNGs of FITS images mostly do.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from astrolens_gui.api import UserError


@dataclass(frozen=True)
class Picture:
    """An image's name and size in pixels; `negative`: a person said that nothing is on it."""

    name: str
    width: int
    height: int
    negative: bool = False


@dataclass(frozen=True)
class Box:
    """On the picture of this name; x, y its centre (0-based pixel centres), w, h its size; `score` where a model found it."""

    picture: str
    class_name: str
    x: float
    y: float
    w: float
    h: float
    score: float | None = None


def to_corner(box: Box, height: int, *, flipped: bool) -> tuple[float, float, float, float]:
    """COCO's (x, y, w, h): the corner nearest to the picture's top left, in pixels counted from its edge."""
    top = height - (box.y + 0.5) - box.h / 2 if flipped else box.y + 0.5 - box.h / 2
    return box.x + 0.5 - box.w / 2, top, box.w, box.h


def from_corner(
    corner: Sequence[float], picture: Picture, class_name: str, *, flipped: bool, score: float | None = None
) -> Box:
    """The inverse of `to_corner`."""
    x, top, w, h = (float(one) for one in corner)
    middle = top + h / 2
    y = picture.height - middle - 0.5 if flipped else middle - 0.5
    return Box(picture.name, class_name, x + w / 2 - 0.5, y, w, h, score)


def coco(pictures: Sequence[Picture], boxes: Iterable[Box], *, flipped: bool) -> str:
    """Ground truth in one JSON; pictures without boxes are listed; ids count from 1. `y_origin` says which way up it is."""
    listed = list(boxes)
    number = {one.name: at for at, one in enumerate(pictures, 1)}
    height = {one.name: one.height for one in pictures}
    classes = _classes(listed)
    _known(listed, number)
    notes = [
        {
            "id": at,
            "image_id": number[box.picture],
            "category_id": classes.index(box.class_name) + 1,
            "bbox": list(to_corner(box, height[box.picture], flipped=flipped)),
            "area": box.w * box.h,
            "iscrowd": 0,
            **({} if box.score is None else {"score": box.score}),
        }
        for at, box in enumerate(listed, 1)
    ]
    images = [
        {"id": number[one.name], "file_name": one.name, "width": one.width, "height": one.height} for one in pictures
    ]
    kinds = [{"id": at, "name": name} for at, name in enumerate(classes, 1)]
    info = {"y_origin": "picture" if flipped else "array"}
    return json.dumps({"info": info, "images": images, "categories": kinds, "annotations": notes}, ensure_ascii=False)


def read_coco(text: str, where: str) -> tuple[list[Picture], list[Box]]:
    """The inverse of `coco`; without a `y_origin` the set is taken for one of pictures with row 0 at the top, as the array."""
    try:
        said = json.loads(text)
        images = {one["id"]: Picture(one["file_name"], one["width"], one["height"]) for one in said["images"]}
        kinds = {one["id"]: one["name"] for one in said["categories"]}
        flipped = (said.get("info") or {}).get("y_origin") == "picture"
        boxes = [
            from_corner(one["bbox"], images[one["image_id"]], kinds[one["category_id"]], flipped=flipped,
                        score=one.get("score"))
            for one in said["annotations"]
        ]  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{where}: it is no COCO ground truth ({type(error).__name__}: {error}); check the file"
        ) from None
    return list(images.values()), boxes


def yolo(pictures: Sequence[Picture], boxes: Iterable[Box], *, flipped: bool) -> dict[str, str]:
    """File name → text: `labels/STEM.txt` for each picture with boxes (class counted from 0, centre and size as shares), an
    empty one for a graded negative, none for the rest; and `data.yaml` with the names.

    Raises:
        UserError: two pictures have one stem, so that their files would be one.
    """
    listed = list(boxes)
    size = {one.name: one for one in pictures}
    classes = _classes(listed)
    _known(listed, size)
    lines: dict[str, list[str]] = {one.name: [] for one in pictures}
    for box in listed:
        on = size[box.picture]
        x, y, w, h = to_corner(box, on.height, flipped=flipped)
        shares = ((x + w / 2) / on.width, (y + h / 2) / on.height, w / on.width, h / on.height)
        tail = "" if box.score is None else f" {box.score:.6g}"
        lines[box.picture].append(f"{classes.index(box.class_name)} {' '.join(f'{one:.6f}' for one in shares)}{tail}")
    made: dict[str, str] = {}
    for one in pictures:
        if lines[one.name] or one.negative:
            name = f"labels/{one.name.rsplit('.', 1)[0]}.txt"
            if name in made:
                raise UserError(f"{one.name}: another picture has this stem too; rename one, for YOLO knows stems only")
            made[name] = "".join(f"{line}\n" for line in lines[one.name])
    names = "".join(f"  {at}: {json.dumps(name, ensure_ascii=False)}\n" for at, name in enumerate(classes))
    origin = "picture" if flipped else "array"
    made["data.yaml"] = f"# y_origin: {origin}\npath: .\ntrain: images\nval: images\nnames:\n{names}"
    return made


def read_yolo(text: str, picture: Picture, classes: Sequence[str], where: str, *, flipped: bool) -> list[Box]:
    """The boxes of one label file."""
    made = []
    for at, line in enumerate(text.splitlines(), 1):
        if not (cells := line.split()):
            continue
        try:
            kind, xc, yc, w, h, *more = (float(one) for one in cells)
            name = classes[int(kind)]
        except (ValueError, IndexError):
            raise UserError(f"{where}: line {at} must be `class x y w h`, its class below {len(classes)}") from None
        size = w * picture.width, h * picture.height
        corner = (xc * picture.width - size[0] / 2, yc * picture.height - size[1] / 2, *size)
        made.append(from_corner(corner, picture, name, flipped=flipped, score=more[0] if more else None))
    return made


def _classes(boxes: Iterable[Box]) -> list[str]:
    """In alphabetical order, `lens` first: the same whatever the order of the boxes."""
    return sorted({box.class_name for box in boxes} or {"lens"}, key=lambda name: (name != "lens", name))


def _known(boxes: Iterable[Box], pictures: Mapping[str, Any]) -> None:
    for box in boxes:
        if box.picture not in pictures:
            raise UserError(f"{box.picture}: there is a box on it, but it is not among the pictures; add it")
