"""What a model said of the objects that it was judged by, kept beside it: whether images changed since, and whether new grades are at
odds with what it is sure of. Knows logits and keys, no network and no store."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .intervals import bootstrap, clopper_pearson
from .ranking import auroc

FILE = "judged.npz"
CHANGED_LOGIT = 0.2
"""A model's answer to the same image moves by less, on whatever device."""
CHANGED_SHARE = 0.1
FEWEST = 5
"""Objects judged then and now, of which at least so many must have changed."""
SURE = 4.0
"""Log-odds beyond which a model is sure: fifty to one at the prior that it learnt."""
AT_ODDS = 0.05
"""Share of the objects surely called none that new grades may call lenses, whatever it was before."""
TURNED = 0.5
"""Share of the objects judged then that may be of the other class now: more is no correction."""
FEWEST_SURE = 20
SUMMED_LOSS = 0.01
"""In AUROC: what a model may be worse than any before it, twice of what one training may lose."""
ORDER_GAIN = 0.02
"""In AUROC: what bands in another order must be better by."""
FEWEST_A_CLASS = 10
"""Objects without which old and new ones are not compared."""


@dataclass(frozen=True)
class Judged:
    """Held-out objects of one judgement: keys uint64 (N,), see `keys_of`; lens bool (N,); logit float64 (N,), the model's own."""

    keys: np.ndarray
    lens: np.ndarray
    logit: np.ndarray

    def save(self, folder: Path) -> None:
        np.savez(Path(folder) / FILE, keys=self.keys, lens=self.lens, logit=self.logit)

    @classmethod
    def read(cls, folder: Path) -> Judged | None:
        """Of a model's folder; None where it says nothing that can be used (an older model, shipped weights)."""
        try:
            with np.load(Path(folder) / FILE, allow_pickle=False) as file:
                found = cls(*(np.asarray(file[name], kind) for name, kind in _FIELDS.items()))
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
            return None
        return found if found.keys.ndim == 1 and found.keys.shape == found.lens.shape == found.logit.shape else None


_FIELDS = {"keys": np.uint64, "lens": bool, "logit": np.float64}


def keys_of(names: Iterable[str]) -> np.ndarray:
    """uint64 (N,) of the objects' keys (`Example.key`), which outlive a rename and a merge."""
    digests = [hashlib.blake2b(name.encode(), digest_size=8).digest() for name in names]
    return np.frombuffer(b"".join(digests), np.uint64)


def images_changed(then: Judged, keys: np.ndarray, logit: np.ndarray) -> str:
    """Why the champion's answers (`logit` (N,), now) to the images that it was judged by are others than then, "" where they are not.

    The same weights answer the same image alike, so whatever moved its answers happened to the images: bands in another
    order, another unit or stretch, other files.
    """
    _, before, now = np.intersect1d(then.keys, keys, return_indices=True)
    known = np.isfinite(then.logit[before])
    was, is_ = then.logit[before][known], logit[now][known]
    moved = ~(np.abs(was - is_) <= CHANGED_LOGIT * (1 + np.abs(was)))
    count = int(moved.sum())
    if count < FEWEST or count <= CHANGED_SHARE * moved.size:
        return ""
    return (
        f"the champion answers otherwise than when it was judged to {count} of {moved.size} held-out images: they have changed since"
        " (bands in another order, another unit or stretch, other files); bring the images back, or take them as they are with"
        " --new-lineage"
    )


def grades_turned(then: Judged, keys: np.ndarray, lens: np.ndarray) -> str:
    """How many of the objects that the model was judged by are of the other class now, "" where that is what corrections bring.

    Where lenses and non-lenses changed places (a table with the classes exchanged, another worth of the grades), a model that learns
    them is better by these grades, whatever it is: no comparison tells.

    Args:
        keys, lens: of the held-out objects that are decided now.
    """
    _, before, now = np.intersect1d(then.keys, keys, return_indices=True)
    count = int((then.lens[before] != lens[now]).sum())
    if count < FEWEST or count <= TURNED * before.size:
        return ""
    return (
        f"{count} of {before.size} held-out objects are of the other class than when the champion was judged: were lenses and non-lenses"
        " exchanged? Take the grades back, or make it the champion by hand"
    )


def grades_at_odds(then: Judged, lens: np.ndarray, logit: np.ndarray, temperature: float = 1.0) -> str:
    """How many new grades call a lens what the champion is sure is none, "" where that is as it was.

    Objects surely called lenses are left out: who grades the top of the list finds most of them wrong at any prevalence.

    Args:
        lens: bool (N,), `logit`: the champion's (N,), of objects whose grades it has not learnt from.
    """
    odds = logit / temperature
    sure = odds < -SURE
    total, count = int(sure.sum()), int((sure & lens).sum())
    surely = then.logit / temperature < -SURE
    before = float(then.lens[surely].mean()) if surely.any() else 0.0
    if total < FEWEST_SURE:
        return ""
    expected = float((1 / (1 + np.exp(-odds[sure]))).mean())  # at even odds of a lens, more than in any search
    if clopper_pearson(count, total)[0] <= max(AT_ODDS, 2 * before, 2 * expected):
        return ""
    return (
        f"{count} of {total} new grades ({count / total:.0%}) call a lens what the champion is sure is none"
        f" ({before:.0%} when it was judged)"
    )


def news_are_harder(then: Judged, keys: np.ndarray, lens: np.ndarray, logit: np.ndarray) -> str:
    """That the champion ranks held-out objects which came since much worse than those that it was judged by, "" where it does not.

    No reason to refuse: a queue that asks for doubtful objects brings harder ones. But wrong bands or grades of a new batch look alike.

    Args:
        keys, lens, logit: of all that is held out now, the champion's logits.
    """
    old = np.isin(keys, then.keys)
    parts = [(lens[which], logit[which]) for which in (old, ~old)]
    if any(min(int(truth.sum()), int((~truth).sum())) < FEWEST_A_CLASS for truth, _ in parts):
        return ""
    (before,), (now,) = (bootstrap(truth, (each,))[0] for truth, each in parts)
    if now[1] >= before[0]:
        return ""
    first, last = (auroc(*part) for part in parts)
    return (
        f"the champion has AUROC {first:.3f} on held-out objects that it was judged by and {last:.3f} on newer ones: harder ones, or"
        " their bands or grades are wrong"
    )


def lost_since(ancestors: Sequence[tuple[str, Judged]], keys: np.ndarray, lens: np.ndarray, logit: np.ndarray) -> str:
    """By how much a model ranks worse than one before the champion, "" where it does not: losses too small to be refused one by one
    add up.

    Args:
        ancestors: (id, what it said when it was judged). keys, lens, logit: of what is held out now, by the grades of today.

    Compared are the objects that were held out then as well; worse: the paired interval, which allows for the number of ancestors, lies
    below 0 and the loss is more than `SUMMED_LOSS`.
    """
    level = 1 - 0.05 / max(1, len(ancestors))
    for name, then in ancestors:
        _, before, now = np.intersect1d(then.keys, keys, return_indices=True)
        known = np.isfinite(then.logit[before])
        truth, was, is_ = lens[now][known], then.logit[before][known], logit[now][known]
        if min(int(truth.sum()), int((~truth).sum())) < FEWEST_A_CLASS:
            continue
        first, last = auroc(truth, was), auroc(truth, is_)
        if last - first < -SUMMED_LOSS and bootstrap(truth, (was, is_), level=level)[1][1] < 0:
            return (
                f"small losses have added up: AUROC {last:.3f} on {known.sum()} held-out objects on which {name} had {first:.3f}; make"
                " that one the model in use and go on from it"
            )
    return ""


def better_in_another_order(lens: np.ndarray, logit: np.ndarray, names: Sequence[Sequence[str]]) -> str:
    """That a champion ranks objects which it has not learnt from clearly better with their bands in another order, "" where it does not.

    Args:
        lens: bool (N,). logit: float64 (orders, N), its answers with the bands in each order, the first as they came.
        names: for each order, which plane is read in the place of each band.

    Clearly: by more than `ORDER_GAIN` in AUROC at the lower end of the paired interval, which allows for the number of orders.
    """
    if min(int(lens.sum()), int((~lens).sum())) < FEWEST_A_CLASS:
        return ""
    each = [auroc(lens, one) for one in logit]
    best = int(np.argmax(each))
    level = 1 - 0.05 / max(1, len(names) - 1)
    if best == 0 or bootstrap(lens, (logit[0], logit[best]), level=level)[1][0] <= ORDER_GAIN:
        return ""
    return (
        f"the bands of the new files lie in another order: with their planes {', '.join(names[best])} read as {', '.join(names[0])} the"
        f" champion ranks them with AUROC {each[best]:.3f}, as they are named with {each[0]:.3f}; import them with the right --bands, or"
        " take them as they are with --new-lineage"
    )
