"""From labelled objects to a training set on disk; knows cutouts and targets, no network and no SQL."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from astrolens_gui.api import SCALE_TOLERANCE, BackendSpec, Context, InputSpec, TrainingSet, UserError

from . import trust
from .scoring import CLASSES

VALIDATION_SHARE = 0.25
WATCHED_SHARE = 0.15
"""Of what may be trained on: what a backend watches, to stop in time."""
FEWEST_TO_WATCH = 150
FEWEST_FIELDS = 12
"""With fewer source fields than this, objects are split one by one: whole fields would put a class on one side."""
LARGEST_SIZE = 64
"""Pixels a side where the backend names none."""
SMALLEST_SIZE = 16
_BATCH = 256


class DatasetError(UserError):
    """Labels or images that no training set can be made of: one sentence with numbers and what to do."""


@dataclass(frozen=True)
class Example:
    """One labelled object.

    Attributes:
        object: its id; `name` unique; `field` its source field or group, "" where unknown.
        bands: {name: (height, width)} of its named planes; `pixel_scale` in arcsec or None.
        target: probability of a lens, 0..1: the mean over its graders, each weighed as `trust.weights` says.
        labels: ids of the label events that `target` comes from.
        source: what the cutout cache reads it by.
        key: what never changes about it, whatever it is called later; "" where that is its name.
    """

    object: int
    name: str
    field: str
    bands: Mapping[str, tuple[int, int]]
    pixel_scale: float | None
    target: float
    labels: tuple[int, ...] = ()
    source: Any = None
    key: str = ""


class Batches(Protocol):
    """The part of the cutout cache that is needed here."""

    def batch(self, objects: Sequence[Any], spec: InputSpec) -> tuple[np.ndarray, list[tuple[int, str]]]:
        """Prepared cutouts of the objects that can be read, in order, float32 (n, size, size, bands), and (id,
        sentence) of the others."""


@dataclass(frozen=True)
class Built:
    """A training set with what it was made of.

    Attributes:
        objects: ids int64 (N,), in the set's row order; `targets` float64 (N,), the probability of a lens;
            `validation` bool (N,).
        refused: (object id, sentence).
        hash: sha256 of images, targets and split.
        twins: bool (N,), held-out rows whose very image is trained on under another name: a leak.
        unlabelled: ids of the ungraded objects whose images are in the set.
        prior_train: share of lenses in the weighted training rows; `prevalence`: in the unweighted ones.
    """

    set: TrainingSet
    objects: np.ndarray
    targets: np.ndarray
    validation: np.ndarray
    labels: tuple[int, ...]
    refused: list[tuple[int, str]] = field(default_factory=list)
    hash: str = ""
    prior_train: float = 0.5
    prevalence: float = 0.5
    twins: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    unlabelled: tuple[int, ...] = ()


def examples(
    objects: Iterable[Any],
    labels: Iterable[Any],
    targets: Mapping[tuple[str, str], float],
    source: Callable[[Any], Any] = lambda row: row,
) -> list[Example]:
    """Join the store's object rows with its current label rows, one Example an object, in id order.

    Args:
        targets: (scheme id, grade key) → probability of a lens; grades that are not in it train nothing.
        source: object row → what `Batches.batch` reads it by.
    """
    votes: dict[int, list[tuple[int, str, float]]] = {}
    for label in labels:
        target = targets.get((label.scheme, label.grade))
        if target is not None:
            votes.setdefault(label.object, []).append((label.event, label.grader, float(target)))
    words = {number: [(grader, target) for _, grader, target in given] for number, given in votes.items()}
    trusted = trust.weights(words) if any(len(given) > 1 for given in words.values()) else {}
    made = []
    for row in objects:
        if row.id in votes:
            events, who, given = zip(*votes[row.id], strict=True)
            mean = float(np.average(given, weights=[trusted.get(grader, 1.0) for grader in who]))
            made.append(_example(row, mean, events, source))
    return sorted(made, key=lambda example: example.object)


def _example(row: Any, target: float, labels: tuple[int, ...], source: Callable[[Any], Any]) -> Example:
    return Example(
        object=row.id,
        name=row.name,
        field=row.field or "",
        bands={plane["band"]: tuple(plane["shape"]) for plane in row.planes if plane.get("band")},
        pixel_scale=row.pixel_scale,
        target=target,
        labels=labels,
        source=source(row),
        key=str(row.meta.get("key") or row.name),
    )


def ungraded(
    objects: Iterable[Any], seed: int, rule: str, source: Callable[[Any], Any] = lambda row: row
) -> list[Example]:
    """Objects that nobody graded as examples without an answer (target 0.5), those left out that would be held out if somebody
    did: nothing that ever judges a model is learnt from, not even its image."""
    rows = (_example(row, 0.5, (), source) for row in objects)
    return sorted((row for row in rows if not in_validation(row, seed, rule)), key=lambda row: row.object)


def choose_input(spec: BackendSpec, rows: Sequence[Example], bands: Sequence[str] | None = None) -> InputSpec:
    """Close a backend's open InputSpec with the labelled objects' own bands, pixel scale and size.

    Bands: those given, else the backend's, else the set of named bands that most labelled objects carry. Scale: the
    most common one of these objects. Size: the largest that at least 95 % of them fill, at most the backend's
    `input.size` (else 64): padding would leak the class.

    Raises:
        DatasetError: no named band, no pixel scale, or stamps below 16 pixels.
    """
    wanted = tuple(bands or spec.input.bands or _common_bands(rows))
    if not wanted:
        raise DatasetError(
            "no labelled object has a named band; name them at import with --bands, or open files with a FILTER card"
        )
    fit = [row for row in rows if all(band in row.bands for band in wanted)]
    if not fit:
        raise DatasetError(f"no labelled object has the band{'s' * (len(wanted) > 1)} {', '.join(wanted)}")
    scale = spec.input.pixel_scale or _common_scale(fit)
    if scale is None:
        raise DatasetError(
            f"the pixel scale of the {len(fit)} labelled objects is unknown; give it at import with --pixel-scale"
        )
    fit = [row for row in fit if row.pixel_scale and abs(row.pixel_scale - scale) <= SCALE_TOLERANCE * scale]
    sides = sorted(min(min(row.bands[band]) for band in wanted) for row in fit)
    if not sides:
        raise DatasetError(f"no labelled object has a pixel scale near {scale:g} arcsec")
    size = min(sides[int(0.05 * len(sides))], spec.input.size or LARGEST_SIZE)
    if size < SMALLEST_SIZE:
        raise DatasetError(f"the stamps are {size} pixels wide; at least {SMALLEST_SIZE} are needed to train")
    return InputSpec(wanted, scale, size, spec.input.normalisation)


def _common_bands(rows: Sequence[Example]) -> tuple[str, ...]:
    """The most common set of named bands, in the files' order; ties go to more bands, then to the alphabet."""
    counted = Counter(tuple(row.bands) for row in rows if row.bands)
    sets: Counter[frozenset[str]] = Counter()
    for bands, number in counted.items():
        sets[frozenset(bands)] += number
    if not sets:
        return ()
    best = max(sets, key=lambda each: (sets[each], len(each), sorted(each)))
    order = max((bands for bands in counted if frozenset(bands) == best), key=lambda bands: (counted[bands], bands))
    return order


def _common_scale(rows: Sequence[Example]) -> float | None:
    scales = np.sort([row.pixel_scale for row in rows if row.pixel_scale])
    if scales.size == 0:
        return None
    near = [np.sum(np.abs(scales - scale) <= SCALE_TOLERANCE * scale) for scale in scales]
    middle = scales[int(np.argmax(near))]
    return round(float(np.median(scales[np.abs(scales - middle) <= SCALE_TOLERANCE * middle])), 6)


def split_rule(fields: Iterable[str]) -> str:
    """How a project splits, to be decided once and kept: "field" where objects come from enough named fields, else
    "object"."""
    return "field" if len({each for each in fields if each}) >= FEWEST_FIELDS else "object"


def in_validation(row: Example, seed: int, rule: str = "object") -> bool:
    """Whether an object is held out, for ever: a hash of its field (or key) and the project's seed, no matter what
    else is labelled and what it is renamed to."""
    return held_out(row.field, row.key or row.name, seed, rule)


def held_out(field: str, key: str, seed: int, rule: str = "object") -> bool:
    """The same of an object's field ("" for none) and key."""
    return _hash(_unit(field, key, rule), seed) < VALIDATION_SHARE


def _unit(field: str, key: str, rule: str) -> str:
    """What goes to one side of a split as a whole."""
    return field if rule == "field" and field else key


def _hash(key: str, seed: int, salt: str = "") -> float:
    """A number in 0..1 that is the same for ever for an object (or for all of its field)."""
    digest = hashlib.blake2b(f"{seed}{salt}\0{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def build(
    folder: Path,
    rows: Sequence[Example],
    cutouts: Batches,
    input: InputSpec,
    *,
    seed: int,
    rule: str = "object",
    ctx: Context,
    need_both: bool = True,
    unlabelled: Sequence[Example] = (),
) -> Built:
    """Write the training set (see `api.TrainingSet`) into `folder`; objects that do not fit the input are refused by
    name. `unlabelled`: of `ungraded`; those that do not fit or can't be read are passed over.

    Raises:
        DatasetError: when a class has no object to train on.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    refused = [
        (row.object, f"{row.name}: {why}") for row in rows if (why := input.mismatch(row.bands, row.pixel_scale))
    ]
    wrong = {object_id for object_id, _ in refused}
    rows = [row for row in rows if row.object not in wrong]
    if not rows:
        raise DatasetError(
            f"none of the labelled objects fits the input: {refused[0][1] if refused else 'none is labelled'}"
        )
    images = np.lib.format.open_memmap(folder / "images.tmp.npy", "w+", np.float32, (len(rows), *input.shape))
    kept: list[Example] = []
    marks: list[bytes] = []
    digest = hashlib.sha256(json.dumps(input.as_dict(), sort_keys=True).encode())
    for start in range(0, len(rows), _BATCH):
        part = rows[start : start + _BATCH]
        batch, failed = cutouts.batch([row.source for row in part], input)
        refused += failed
        missing = {object_id for object_id, _ in failed}
        good = [row for row in part if row.object not in missing]
        images[len(kept) : len(kept) + len(good)] = batch
        digest.update(np.ascontiguousarray(batch).tobytes())
        marks += [hashlib.blake2b(image.tobytes(), digest_size=16).digest() if image.any() else b"" for image in batch]
        kept += good
        ctx.progress((start + len(part)) / len(rows), f"{len(kept)} of {len(rows)} cutouts read")
    _write_images(folder, images, len(kept))
    targets = np.array([row.target for row in kept], np.float64)
    validation = np.array([in_validation(row, seed, rule) for row in kept], bool)
    if need_both:
        _check_classes(targets, validation, refused)
    split = _split(kept, validation, seed, rule)
    weights = balance(targets, split)
    digest.update(targets.tobytes() + split.tobytes())
    learnt_of = _write_unlabelled(folder, unlabelled, cutouts, input, digest)
    np.save(folder / "targets.npy", np.stack([1 - targets, targets], axis=1).astype(np.float32))
    np.save(folder / "weights.npy", weights.astype(np.float32))
    np.save(folder / "split.npy", split)
    about = {"classes": CLASSES, "input": input.as_dict(), "seed": seed, "rule": rule, "hash": digest.hexdigest()}
    (folder / "set.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
    train = split == 0
    return Built(
        set=TrainingSet.open(folder),
        objects=np.array([row.object for row in kept], np.int64),
        targets=targets,
        validation=validation,
        labels=tuple(sorted(event for row in kept for event in row.labels)),
        refused=refused,
        hash=digest.hexdigest(),
        prior_train=_share(targets[train], weights[train]),
        prevalence=_share(targets[train], np.ones(int(train.sum()))),
        twins=_twins(marks, validation),
        unlabelled=learnt_of,
    )


def _write_unlabelled(
    folder: Path, rows: Sequence[Example], cutouts: Batches, input: InputSpec, digest: Any
) -> tuple[int, ...]:
    """`unlabelled.npy` of the rows that fit and can be read; their ids."""
    rows = [row for row in rows if input.mismatch(row.bands, row.pixel_scale) is None]
    if not rows:
        return ()
    images = np.lib.format.open_memmap(folder / "unlabelled.tmp.npy", "w+", np.float32, (len(rows), *input.shape))
    kept: list[int] = []
    for start in range(0, len(rows), _BATCH):
        part = rows[start : start + _BATCH]
        batch, failed = cutouts.batch([row.source for row in part], input)
        missing = {object_id for object_id, _ in failed}
        images[len(kept) : len(kept) + len(batch)] = batch
        digest.update(np.ascontiguousarray(batch).tobytes())
        kept += [row.object for row in part if row.object not in missing]
    _write_images(folder, images, len(kept), "unlabelled")
    return tuple(kept)


def _twins(marks: Sequence[bytes], held: np.ndarray) -> np.ndarray:
    """Held-out rows with the mark of a row that is not; an image without any value ("") is nobody's twin."""
    trained = {mark for mark, out in zip(marks, held, strict=True) if not out and mark}
    return np.array([bool(out) and mark in trained for mark, out in zip(marks, held, strict=True)], bool)


def _write_images(folder: Path, images: np.memmap, count: int, name: str = "images") -> None:
    """Give `images.npy` exactly `count` rows, without holding them in memory."""
    temporary, final = folder / f"{name}.tmp.npy", folder / f"{name}.npy"
    images.flush()
    if count == len(images):
        temporary.replace(final)
        return
    exact = np.lib.format.open_memmap(final, "w+", np.float32, (count, *images.shape[1:]))
    for start in range(0, count, _BATCH):
        exact[start : start + _BATCH] = images[start : min(start + _BATCH, count)]
    exact.flush()
    temporary.unlink()


def _check_classes(targets: np.ndarray, validation: np.ndarray, refused: list[tuple[int, str]]) -> None:
    lenses, others = int((targets[~validation] > 0.5).sum()), int((targets[~validation] < 0.5).sum())
    if lenses and others:
        return
    missing = "lens" if not lenses else "non-lens"
    note = f" ({len(refused)} were refused, the first: {refused[0][1]})" if refused else ""
    raise DatasetError(
        f"there is no {missing} to learn from: of {targets.size} labelled objects that fit,"
        f" {int(validation.sum())} are held out{note}; grade more objects"
    )


def _split(rows: Sequence[Example], held: np.ndarray, seed: int, rule: str) -> np.ndarray:
    """int8 (N,): 0 train, 1 for the backend to watch, 2 held out for the gate, which no training ever sees.

    What a backend stops by must not be what it is judged by. Few labels are all trained on: nothing is watched then.
    """
    split = np.where(held, 2, 0).astype(np.int8)
    if int((~held).sum()) >= FEWEST_TO_WATCH:
        keys = (_unit(row.field, row.key or row.name, rule) for row in rows)
        watched = np.array([_hash(key, seed, "watched") < WATCHED_SHARE for key in keys], bool)
        split[watched & ~held] = 1
    return split


def balance(targets: np.ndarray, split: np.ndarray) -> np.ndarray:
    """Weights float64 (N,) with which both classes weigh the same in each part of `split`, mean 1 in each; soft
    targets count by their share."""
    weights = np.ones(targets.size)
    for rows in (split == part for part in np.unique(split)):
        lenses = targets[rows].sum()
        others = rows.sum() - lenses
        if lenses > 0 and others > 0:
            half = rows.sum() / 2
            weights[rows] = targets[rows] * half / lenses + (1 - targets[rows]) * half / others
    return weights


def _share(targets: np.ndarray, weights: np.ndarray) -> float:
    """Weighted share of lenses, kept off 0 and 1 so that its log-odds exist."""
    total = weights.sum()
    return float(np.clip((targets * weights).sum() / total, 1e-6, 1 - 1e-6)) if total else 0.5
