"""Pairs of images of one sky as a folder that restorers learn from: poor in, wanted out, on one grid; knows no network and no project."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ...api import Context, InputSpec, TrainingSet, UserError
from .sweep import Flat

HELD, WATCHED = 0.25, 0.15
"""Shares of the sky that are held out for judging, and of the rest that a backend watches."""

FEWEST_TO_WATCH = 60
MOST_MISSING = 0.2
"""Of a patch; more is not taken."""

_BLOCK = 2
"""Patches a side of a large image that fall on one side of the split together."""


@dataclass(frozen=True)
class Pair:
    """One sky twice: `poor` as a survey gives it, `good` as it should come out, both float32 (h, w, bands) on one grid and in
    the poor one's unit and sky; NaN where there is no value.

    Attributes:
        name: unique. bands: of the poor one. pixel_scale: arcsec. note: how they were brought together.
    """

    name: str
    poor: np.ndarray
    good: np.ndarray
    bands: tuple[str, ...]
    pixel_scale: float
    note: str = ""


@dataclass(frozen=True)
class PairSet:
    """What was written: `count` patches of `size` pixels from `images` pairs; a sentence for each of `refused`."""

    folder: Path
    input: InputSpec
    count: int
    images: int
    held_out: int
    refused: list[str] = field(default_factory=list)


def write_pairs(
    out: Path, pairs: Iterable[Pair | str], *, size: int, seed: int, about: dict[str, object], ctx: Context
) -> PairSet:
    """Cut pairs into patches and write them as a `TrainingSet` of the kind "pairs", normalised by "noise" with the poor image's
    own levels, beside `pairs.csv` that says where each row comes from.

    Args:
        pairs: a sentence in a pair's place is one that could not be made. size: even, at least 32.
        about: how the pairs were made; goes into set.json.

    Raises:
        UserError: nothing could be used, or the folder is not empty.
    """
    if size < 32 or size % 2:
        raise UserError(f"the patches must have an even number of pixels a side, at least 32, not {size}")
    out = Path(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} is there already and not empty; name a new folder for the pairs")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{out} can't be written ({error.strerror}); choose another folder") from None
    writing = _Writing(out, size)
    try:
        for number, pair in enumerate(pairs):
            writing.take(pair)
            ctx.progress(number / (number + 10), f"{number + 1} pairs, {len(writing.rows)} patches")
        return writing.finish(seed, about)
    except BaseException:
        writing.discard()
        raise


class _Writing:
    """Patches go to the disk as they come; the arrays get their headers when their number is known."""

    def __init__(self, out: Path, size: int) -> None:
        self.out, self.size = out, size
        self.rows: list[dict[str, object]] = []
        self.refused: list[str] = []
        self.first: Pair | None = None
        self._raw = {name: (out / f"{name}.raw").open("wb") for name in ("images", "wanted")}

    def take(self, pair: Pair | str) -> None:
        if isinstance(pair, str):
            self.refused.append(pair)
            return
        if why := self._unfit(pair):
            self.refused.append(f"{pair.name}: {why}")
            return
        self.first = self.first or pair
        sky = Flat.of([pair.poor[..., band] for band in range(pair.poor.shape[2])])
        taken = 0
        places = list(_places(pair.poor.shape[:2], self.size))
        for row, column, y0, x0 in places:
            part = (slice(y0, y0 + self.size), slice(x0, x0 + self.size))
            poor, good = ((one[part] - sky.background) / sky.noise for one in (pair.poor, pair.good))
            if max(1 - np.isfinite(poor).mean(), 1 - np.isfinite(good).mean()) > MOST_MISSING:
                continue
            poor = np.where(np.isfinite(poor), poor, 0)
            good = np.where(np.isfinite(good), good, np.nan)
            for name, array in (("images", poor), ("wanted", good)):
                self._raw[name].write(np.ascontiguousarray(array, "<f4").tobytes())
            key = pair.name if len(places) <= _BLOCK**2 else f"{pair.name}/{row // _BLOCK}/{column // _BLOCK}"
            self.rows.append({"name": pair.name, "key": key, "y0": y0, "x0": x0, "note": pair.note})
            taken += 1
        if not taken:
            self.refused.append(f"{pair.name}: more than {MOST_MISSING:.0%} of every patch has no value in both images")

    def _unfit(self, pair: Pair) -> str:
        height, width = pair.poor.shape[:2]
        if pair.good.shape != pair.poor.shape:
            return f"its images have {pair.poor.shape} and {pair.good.shape} values"
        if min(height, width) < self.size:
            return f"it has {width} x {height} px, the patches have {self.size}; give a smaller --size"
        if self.first is not None and pair.bands != self.first.bands:
            return f"its bands are {', '.join(pair.bands)}, the first pair's {', '.join(self.first.bands)}"
        if self.first is not None and abs(pair.pixel_scale / self.first.pixel_scale - 1) > 0.05:
            return f"its pixels are {pair.pixel_scale:.4g} arcsec, the first pair's {self.first.pixel_scale:.4g}"
        return ""

    def finish(self, seed: int, about: dict[str, object]) -> PairSet:
        for file in self._raw.values():
            file.close()
        if self.first is None or not self.rows:
            raise UserError(f"no pair could be used: {self.refused[0] if self.refused else 'none was found'}")
        input = InputSpec(self.first.bands, round(self.first.pixel_scale, 6), self.size, "noise")
        digest = hashlib.sha256(json.dumps(input.as_dict(), sort_keys=True).encode())
        for name in self._raw:
            self._with_header(name, input, digest)
        split = _split([str(row["key"]) for row in self.rows], seed)
        digest.update(split.tobytes())
        np.save(self.out / "weights.npy", np.ones(len(self.rows), np.float32))
        np.save(self.out / "split.npy", split)
        with (self.out / "pairs.csv").open("w", newline="", encoding="utf-8") as stream:
            table = csv.DictWriter(stream, ["row", "name", "key", "y0", "x0", "split", "note"])
            table.writeheader()
            table.writerows({"row": n, **row, "split": int(split[n])} for n, row in enumerate(self.rows))
        told = {"kind": "pairs", "classes": [], "input": input.as_dict(), "seed": seed, "rule": "object"}
        text = json.dumps({**told, "hash": digest.hexdigest(), "about": about}, indent=1, default=str)
        (self.out / "set.json").write_text(text, encoding="utf-8")
        images = len({row["name"] for row in self.rows})
        return PairSet(self.out, input, len(self.rows), images, int((split == 2).sum()), self.refused)

    def _with_header(self, name: str, input: InputSpec, digest: hashlib._Hash) -> None:
        raw, shape = self.out / f"{name}.raw", (len(self.rows), *input.shape)
        source = np.memmap(raw, "<f4", "r", shape=shape)
        made = np.lib.format.open_memmap(self.out / f"{name}.npy", "w+", np.float32, shape)
        for start in range(0, len(made), 256):
            made[start : start + 256] = source[start : start + 256]
            digest.update(source[start : start + 256].tobytes())
        made.flush()
        del source
        raw.unlink()

    def discard(self) -> None:
        for file in self._raw.values():
            file.close()
        for path in self.out.glob("*"):
            if path.name in {
                "images.raw",
                "wanted.raw",
                "images.npy",
                "wanted.npy",
                "weights.npy",
                "split.npy",
                "pairs.csv",
            }:
                path.unlink()


def open_pairs(folder: Path) -> TrainingSet:
    """A folder that `write_pairs` wrote.

    Raises:
        UserError: it is none, or a part of it is missing.
    """
    folder = Path(folder)
    try:
        data = TrainingSet.open(folder)
        shapes = data.images.shape, data.wanted.shape if data.wanted is not None else None, data.weights.shape
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{folder} is no set of pairs ({error}); make one with `astrolens pairs`") from None
    if data.kind != "pairs" or shapes[0] != shapes[1] or shapes[2] != (shapes[0][0],):
        raise UserError(f"{folder} is no set of pairs; make one with `astrolens pairs`")
    return data


def _places(shape: Sequence[int], size: int) -> Iterator[tuple[int, int, int, int]]:
    """(row, column, y0, x0) of patches side by side, centred as a whole."""
    down, across = shape[0] // size, shape[1] // size
    top, left = (shape[0] - down * size) // 2, (shape[1] - across * size) // 2
    for row in range(down):
        for column in range(across):
            yield row, column, top + row * size, left + column * size


def _split(keys: Sequence[str], seed: int) -> np.ndarray:
    """int8 (N,), as `api.TrainingSet` says; a key falls on the same side whatever else is in the set."""

    def share(key: str, salt: str) -> float:
        digest = hashlib.blake2b(f"{seed}{salt}\0{key}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64

    split = np.array([2 if share(key, "") < HELD else 0 for key in keys], np.int8)
    if (split == 2).all():
        split[:] = 0  # one small image: everything is learnt from, nothing can be judged
    if (split == 0).sum() >= FEWEST_TO_WATCH:
        watched = np.array([share(key, "watched") < WATCHED for key in keys])
        split[watched & (split == 0)] = 1
    return split
