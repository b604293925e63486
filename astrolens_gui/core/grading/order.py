"""The order in which a grader is shown objects, blind: shuffled by a seed, with duplicates, controls and golden objects, each
with its reason; knows identities and settings only.

Nothing of a path, a grid or the order of import enters: the same identities and the same settings give the same sequence.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Why = Literal["queue", "control", "golden", "duplicate"]


@dataclass(frozen=True)
class Shown:
    """One place in the sequence: which object, and why it is shown. The reason is stored with the label, not shown before it."""

    object: str
    why: Why


@dataclass(frozen=True)
class Settings:
    """How a sequence is made.

    Attributes:
        seed: of the campaign. grader: who sees it; each has an order of their own. "" gives all the same.
        duplicates, controls: how many are added, as shares of the queue. spacing: places at least between an object and
            its repetition (as far as the sequence is long enough).
        golden: share of the queue that is added from the golden objects; None takes all of them.
        early: golden objects among the first `early_within` places, so that a grader is known soon.
    """

    seed: int = 0
    grader: str = ""
    duplicates: float = 0.0
    controls: float = 0.0
    spacing: int = 100
    golden: float | None = None
    early: int = 0
    early_within: int = 100

    def __post_init__(self) -> None:
        for name in ("duplicates", "controls", "golden"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise ValueError(f"{name} is a share from 0 to 1, not {value}")
        if self.spacing < 1 or self.early < 0 or self.early_within < self.early:
            raise ValueError("spacing is at least 1, and early objects must fit among the first early_within places")


def shuffled(objects: Iterable[str], settings: Settings = Settings()) -> list[str]:
    """The identities in an order that depends on them, on the seed and on the grader alone: by the hash of all three.

    An object added later falls somewhere among the others and moves none of them against each other.
    """
    return sorted(dict.fromkeys(objects), key=lambda one: (_hash(settings, "place", one), one))


def sequence(
    queue: Iterable[str],
    settings: Settings = Settings(),
    *,
    pool: Collection[str] = (),
    golden: Collection[str] = (),
    ranked: bool = False,
) -> list[Shown]:
    """What a grader is shown.

    Args:
        queue: to be graded. pool: all objects that random controls are drawn from; those of the queue don't count.
        golden: objects of known class. One that is in the queue too is shown once, as golden.
        ranked: keep the queue's own order (a model's ranking); what is added falls among it at random all the same.

    Returns:
        Each object of the queue once; then drawn controls and golden objects among them; then duplicates of the queue's
        objects and controls, never of golden ones, each at least `spacing` places after the first time, or where the
        sequence is too short for that, at its end.
    """
    known = set(golden)
    wanted = [one for one in dict.fromkeys(queue) if one not in known]
    base = wanted if ranked else shuffled(wanted, settings)
    drawn = _draw(settings, "control", set(pool) - set(wanted) - known, round(settings.controls * len(base)))
    count = len(known) if settings.golden is None else round(settings.golden * len(base))
    shown = _draw(settings, "golden", known, min(count, len(known)))
    chance = random.Random(_hash(settings, "mix", ""))
    first = shown[: settings.early]
    later: list[Shown] = [Shown(one, "control") for one in drawn]
    later += [Shown(one, "golden") for one in shown[settings.early :]]
    chance.shuffle(later)
    made = _among([Shown(one, "queue") for one in base], later, chance)
    made = _within(made, [Shown(one, "golden") for one in first], settings.early_within, chance)
    return _repeated(made, round(settings.duplicates * len(base)), settings.spacing, chance)


def _among(base: Sequence[Shown], added: Sequence[Shown], chance: random.Random) -> list[Shown]:
    """The added ones at random places of the base, both in their own order."""
    places = set(chance.sample(range(len(base) + len(added)), len(added)))
    one, two = iter(base), iter(added)
    return [next(two) if at in places else next(one) for at in range(len(base) + len(added))]


def _within(base: Sequence[Shown], added: Sequence[Shown], within: int, chance: random.Random) -> list[Shown]:
    head = max(min(within, len(base) + len(added)) - len(added), 0)
    return [*_among(base[:head], added, chance), *base[head:]]


def _repeated(made: list[Shown], count: int, spacing: int, chance: random.Random) -> list[Shown]:
    """`count` of the sequence's objects a second time.

    An object may be repeated up to three spacings later, so that whoever stops early has repeated some. Places between the two
    only grow by what else is added: the distance never falls below the spacing. Where too few objects have so much after them,
    the rest are repeated at the end.
    """
    last = len(made)
    able = [at for at, one in enumerate(made) if one.why != "golden"]
    roomy = [at for at in able if at + spacing <= last]
    count = min(count, len(able))
    chosen = chance.sample(roomy, min(count, len(roomy)))
    chosen += able[len(roomy) :][: count - len(chosen)]
    into: dict[int, list[Shown]] = {}
    for at in sorted(chosen):
        gap = chance.randint(at + spacing, min(last, at + 3 * spacing)) if at + spacing <= last else last
        into.setdefault(gap, []).append(Shown(made[at].object, "duplicate"))
    grown: list[Shown] = []
    for at in range(last + 1):
        grown += into.get(at, [])
        if at < last:
            grown.append(made[at])
    return grown


def _draw(settings: Settings, what: str, among: Iterable[str], count: int) -> list[str]:
    """So many of them, by their hash: which ones does not depend on the order they come in."""
    return sorted(among, key=lambda one: (_hash(settings, what, one), one))[:count]


def _hash(settings: Settings, what: str, one: str) -> int:
    text = "\0".join((str(settings.seed), settings.grader, what, one))
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
