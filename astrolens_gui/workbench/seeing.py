"""What a model sees in each object (its embedding), kept beside the scores, and what follows from it; on io and infer lanes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.api import Changes, Context, UserError
from astrolens_gui.core.labels.schemes import worth
from astrolens_gui.core.learn import head

from .choice import choose_model

if TYPE_CHECKING:
    from .opened import Opened

BATCH = 512
COMMITTEE = 8
"""Members beside the one that answers."""


@dataclass(frozen=True)
class Seen:
    """Embeddings of objects: ids int64 (n,), ascending; features float32 (n, D); model: whose they are."""

    ids: np.ndarray
    features: np.ndarray
    model: str

    def of(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(rows of `ids` that are known bool (N,), features (N, D), 0 where unknown)."""
        if not len(self.ids):
            return np.zeros(len(ids), bool), np.zeros((len(ids), self.features.shape[1]), np.float32)
        place = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        known = self.ids[place] == ids
        return known, np.where(known[:, None], self.features[place], np.float32(0))


def embed(opened: Opened, ctx: Context) -> Seen:
    """Have the model in use embed what it has not embedded yet; kept in the project's cache. On the infer lane.

    Raises:
        UserError: there is no model, or it embeds nothing.
    """
    ids = np.sort(opened.on_db(lambda: opened.store.queue_table(""))["object"])
    spec, info = choose_model(opened, "", "", ids)
    if "embed" not in spec.capabilities:
        raise UserError(f"the model {info.id} has no embedding; train one of a backend that embeds, such as cnn")
    before = stored(opened, info.id)
    known = before.of(ids)[0] if before is not None else np.zeros(len(ids), bool)
    predict = opened.bench.models.predictor(spec, info, "embed")
    wanted, kept, parts = ids[~known], [], []
    chunks = [wanted[low : low + BATCH] for low in range(0, len(wanted), BATCH)]
    done = 0
    for rows, images, refused in opened.bench.runner.prefetch(
        "io", lambda part: opened.images.batch(part, info.input), chunks
    ):
        if len(rows):
            parts.append(
                np.asarray(predict(images, ctx.part(done / len(wanted), (done + len(rows)) / len(wanted))), np.float32)
            )
            kept.append(rows)
        done += len(rows) + len(refused)
        ctx.progress(done / max(len(wanted), 1), f"{done:,} of {len(wanted):,} seen")
    fresh = np.concatenate(kept) if kept else np.zeros(0, np.int64)
    if before is None:
        all_ids, features = fresh, np.concatenate(parts) if parts else np.zeros((0, 1), np.float32)
    else:
        all_ids = np.concatenate([before.ids, fresh])
        features = np.concatenate([before.features, *parts])
    order = np.argsort(all_ids, kind="stable")
    seen = Seen(all_ids[order], features[order], info.id)
    _keep(opened, seen)
    opened.tell(Changes(queue=True, models=(info.id,)))
    return seen


def stored(opened: Opened, model: str) -> Seen | None:
    """What is kept of a model; None where nothing is, or it can't be read."""
    path = opened.project.cache_dir / "embeddings" / f"{model}.npz"
    try:
        with np.load(path, allow_pickle=False) as table:
            return Seen(table["ids"], table["features"], model)
    except (OSError, ValueError, KeyError):
        return None


def _keep(opened: Opened, seen: Seen) -> None:
    import os

    folder = opened.project.cache_dir / "embeddings"
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{seen.model}.{time.time_ns()}.tmp.npz"
    np.savez(fresh, ids=seen.ids, features=seen.features)
    os.replace(fresh, folder / f"{seen.model}.npz")


def targets(opened: Opened, ids: Sequence[int] | np.ndarray) -> np.ndarray:
    """The graders' mean as probability of a lens, float64 like `ids` (ascending), NaN where nobody graded."""
    values = worth(opened.project.folder)
    total, count = np.zeros(len(ids)), np.zeros(len(ids))
    for label in opened.on_db(lambda: opened.store.labels()):
        value = values.get((label.scheme, label.grade))
        at = int(np.searchsorted(ids, label.object))
        if value is not None and at < len(ids) and ids[at] == label.object:
            total[at] += value
            count[at] += 1
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count > 0, total / count, np.nan)


def seen_now(opened: Opened) -> Seen:
    """What the model in use has seen.

    Raises:
        Lacking: nothing yet.
    """
    champion = opened.on_db(lambda: opened.store.champion())
    seen = stored(opened, champion.id) if champion is not None else None
    if seen is None or not len(seen.ids):
        raise Lacking("the model in use has not looked at the objects yet; the Map dock has it look at every object")
    return seen


class Lacking(UserError):
    """What an order of the queue needs is not there; the sentence says what to do."""


def gathered(opened: Opened, needs: Sequence[str], ids: np.ndarray, seed: int) -> dict[str, Any]:
    """What strategies need (see `StrategySpec.needs`), in the order of `ids` (ascending).

    Raises:
        Lacking: it is not there.
    """
    found: dict[str, Any] = {}
    if "anomaly" in needs:
        from .oddness import anomalies

        able = {each.id for each in opened.bench.plugins.backends("anomaly")}
        found["anomaly"] = opened.on_db(lambda: anomalies(opened.store, able, ids))
        if not np.isfinite(found["anomaly"]).any():
            raise Lacking("no model was asked yet how odd the objects are: score with the backend autoencoder")
    if {"embedding", "members"} & set(needs):
        known, found["embedding"] = seen_now(opened).of(ids)
    if "like" in needs:
        found["like"] = np.isin(ids, opened.project.settings.get("similar", []))
        if not (found["like"] & known).any():
            raise Lacking("this order needs an object that others shall be like: Find similar, on one")
    if {"target", "members"} & set(needs):
        found["target"] = targets(opened, ids)
    if "members" in needs:
        try:
            learnt = head.fit(found["embedding"], found["target"], committee=COMMITTEE, seed=seed)
        except ValueError:
            raise Lacking("a committee needs a lens and a non-lens among the grades: grade some more") from None
        found["members"] = learnt.members(found["embedding"])[:, 1:]
    return found
