"""SWAP: what each grader's LENS and NOT are worth, and the probability of a lens that they add up to; knows arrays only.

Marshall et al. 2016 (Space Warps I, arXiv:1504.06148). A grader is a confusion matrix of two numbers, P_L = P("LENS"|lens) and
P_D = P("NOT"|not a lens), learnt from objects of known class. Each answer moves an object's probability by Bayes' rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from .proportions import Interval, jeffreys

PRIOR = 2e-4
"""Share of lenses among Space Warps' CFHTLS images before anybody looked (More et al. 2016)."""

DETECTED, REJECTED = 0.95, 1e-7
"""Posteriors beyond which Space Warps took an object for found, or retired it."""

PSEUDO = 2.0
"""Answers that a new grader counts as having given to each class, half of them right: P_L = P_D = 0.5 at the start."""

Status = Literal["detected", "rejected", "open"]


class Answer(NamedTuple):
    """One grader's verdict on one object; `lens` True for LENS, False for NOT."""

    grader: str
    object: str
    lens: bool


@dataclass(frozen=True)
class Skill:
    """A grader's confusion matrix on golden objects: of `lenses` lenses `hits` were called LENS, of `duds` non-lenses
    `rejections` NOT.

    Counts are whole after `online` and expected ones after `offline`. The probabilities hold the pseudo-counts; the
    intervals are Jeffreys', 95 %: of the plain counts, or after `offline`, where classes are only likely, of the share of them
    that is known: `lenses_known` and `duds_known` are how many objects of certain class would say as much.
    """

    hits: float = 0.0
    lenses: float = 0.0
    rejections: float = 0.0
    duds: float = 0.0
    pseudo: float = PSEUDO
    lenses_known: float | None = None
    duds_known: float | None = None

    @property
    def p_l(self) -> float:
        """P("LENS" | lens) = (hits + pseudo/2) / (lenses + pseudo); with none of either, one half."""
        return _share(self.hits, self.lenses, self.pseudo)

    @property
    def p_d(self) -> float:
        """P("NOT" | not a lens), in the same way."""
        return _share(self.rejections, self.duds, self.pseudo)

    @property
    def p_l_interval(self) -> Interval:
        return _interval(self.hits, self.lenses, self.lenses_known)

    @property
    def p_d_interval(self) -> Interval:
        return _interval(self.rejections, self.duds, self.duds_known)

    @property
    def matrix(self) -> np.ndarray:
        """float64 (2, 2): rows said NOT, LENS; columns is not, is a lens. Columns add up to 1."""
        return np.array([[self.p_d, 1 - self.p_l], [1 - self.p_d, self.p_l]])

    @property
    def bits(self) -> float:
        """Information an answer is expected to give on an object that is a lens with probability 1/2, in bits: 0 for a
        coin, 1 for somebody who is never wrong; the same for one who is always wrong."""
        return information(self.p_l, self.p_d, 0.5)

    def saw(self, *, lens: bool, is_lens: bool) -> Skill:
        """After one more answer to a golden object."""
        return Skill(
            self.hits + (lens and is_lens),
            self.lenses + is_lens,
            self.rejections + (not lens and not is_lens),
            self.duds + (not is_lens),
            self.pseudo,
        )


@dataclass(frozen=True)
class Settings:
    """`prior` is the share of lenses assumed; beyond `detected` or `rejected` an object is settled.

    With `retire`, answers given after an object was rejected change nothing (Space Warps kept detections open).
    """

    prior: float = PRIOR
    detected: float = DETECTED
    rejected: float = REJECTED
    pseudo: float = PSEUDO
    retire: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.rejected < self.prior < self.detected < 1:
            raise ValueError("0 < rejected < prior < detected < 1 must hold")
        if self.pseudo <= 0:
            raise ValueError("pseudo-counts must be above 0: without them one answer may settle an object for ever")

    def status(self, posterior: float) -> Status:
        return "detected" if posterior > self.detected else "rejected" if posterior < self.rejected else "open"


@dataclass(frozen=True)
class Swapped:
    """What came out.

    Attributes:
        skills: grader → matrix. posterior: object → probability of a lens; golden objects too, judged as if unknown.
        status, answers: of each object: settled or not, and how many answers counted. prior: the one at the end.
        rounds: of the EM; 0 online. converged: whether it came to rest.
        path: object → its posterior after each answer (online only).
    """

    skills: Mapping[str, Skill]
    posterior: Mapping[str, float]
    status: Mapping[str, Status]
    answers: Mapping[str, int]
    prior: float
    rounds: int = 0
    converged: bool = True
    path: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


def bayes(prior: float, skill: Skill, lens: bool) -> float:
    """The probability of a lens after one answer (eqs. 3 and 4 of the paper): LENS multiplies the odds by P_L/(1 − P_D), NOT
    by (1 − P_L)/P_D."""
    yes, no = (skill.p_l, 1 - skill.p_d) if lens else (1 - skill.p_l, skill.p_d)
    return yes * prior / (yes * prior + no * (1 - prior))


def information(p_l: float, p_d: float, prior: float = 0.5) -> float:
    """Mutual information of answer and class, in bits, for an object of this prior."""
    gained = 0.0
    for yes, no in ((p_l, 1 - p_d), (1 - p_l, p_d)):
        total = yes * prior + no * (1 - prior)
        gained += _plog(yes * prior, yes / total if total else 1) + _plog(no * (1 - prior), no / total if total else 1)
    return max(gained, 0.0)


def first_answers(answers: Iterable[Answer]) -> list[Answer]:
    """Of each grader and object only the first, in the order given: a repetition is no independent answer."""
    seen: dict[tuple[str, str], Answer] = {}
    for one in answers:
        seen.setdefault((one.grader, one.object), one)
    return list(seen.values())


def skills(answers: Iterable[Answer], golden: Mapping[str, bool], pseudo: float = PSEUDO) -> dict[str, Skill]:
    """Each grader's matrix from the golden objects alone (object → is a lens)."""
    made: dict[str, Skill] = {}
    for one in first_answers(answers):
        known = made.setdefault(one.grader, Skill(pseudo=pseudo))
        if one.object in golden:
            made[one.grader] = known.saw(lens=one.lens, is_lens=golden[one.object])
    return made


def online(
    answers: Iterable[Answer], golden: Mapping[str, bool], settings: Settings = Settings(), *, trained: bool = False
) -> Swapped:
    """As Space Warps ran it: answers in the order of time, each weighed by what its grader had shown until then.

    Args:
        answers: oldest first. golden: object → is a lens; such an answer moves its object first, then teaches the matrix.
        trained: weigh every answer by the matrix of the whole campaign instead ("supervised offline").
    """
    listed = first_answers(answers)
    whole = skills(listed, golden, settings.pseudo)
    now = dict(whole) if trained else {grader: Skill(pseudo=settings.pseudo) for grader in whole}
    posterior: dict[str, float] = {}
    paths: dict[str, list[float]] = {}
    for one in listed:
        before = posterior.get(one.object, settings.prior)
        path = paths.setdefault(one.object, [])
        if not (settings.retire and settings.status(before) == "rejected" and one.object not in golden):
            posterior[one.object] = bayes(before, now[one.grader], one.lens)
            path.append(posterior[one.object])
        if one.object in golden and not trained:
            now[one.grader] = now[one.grader].saw(lens=one.lens, is_lens=golden[one.object])
    status = {name: settings.status(value) for name, value in posterior.items()}
    counts = {name: len(path) for name, path in paths.items()}
    return Swapped(now, posterior, status, counts, settings.prior, path={name: tuple(p) for name, p in paths.items()})


def offline(
    answers: Iterable[Answer],
    golden: Mapping[str, bool],
    settings: Settings = Settings(),
    *,
    learn_prior: bool = True,
    rounds: int = 500,
    tolerance: float = 1e-9,
) -> Swapped:
    """All answers at once: expectation-maximisation over the classes of the unknown objects (Dawid & Skene 1979; the
    offline mode of Marshall et al. 2016, appendix).

    E: each object's probability from its graders' matrices. M: each matrix from all its answers, weighed by those
    probabilities (golden objects by what they are), with the pseudo-counts; the prior is the mean over unknown objects.
    Every round raises the posterior density of matrices and prior. Without golden objects "lens" could be either class:
    the start, a vote, decides.

    Args:
        learn_prior: False keeps `settings.prior`, as where the answers are of a preselected part.
    """
    listed = first_answers(answers)
    graders, who = _index([one.grader for one in listed])
    objects, what = _index([one.object for one in listed])
    yes = np.array([one.lens for one in listed], bool)
    known = np.array([name in golden for name in objects], bool)
    true = np.array([float(golden.get(name, False)) for name in objects])
    votes = np.bincount(what, minlength=len(objects)).astype(float)
    share = np.where(known, true, np.bincount(what, yes, len(objects)) / np.maximum(votes, 1))
    prior, done, moved = settings.prior, 0, np.inf
    judged, half = share, settings.pseudo / 2
    while True:
        of = share[what]
        weights = (of * yes, of, (1 - of) * ~yes, 1 - of)
        counts = np.array([np.bincount(who, weight, len(graders)) for weight in weights])
        p_l, p_d = ((part + half) / (whole + 2 * half) for part, whole in (counts[:2], counts[2:]))
        if learn_prior and (~known).any():
            prior = float(np.clip(share[~known].mean(), 1e-12, 1 - 1e-12))
        if done >= rounds or moved < tolerance:
            break
        with np.errstate(divide="ignore"):
            step = np.where(yes, np.log(p_l[who]) - np.log1p(-p_d[who]), np.log1p(-p_l[who]) - np.log(p_d[who]))
        logit = np.log(prior / (1 - prior)) + np.bincount(what, step, len(objects))
        judged = 1 / (1 + np.exp(-np.clip(logit, -700, 700)))
        fresh = np.where(known, true, judged)
        moved, share, done = float(np.abs(fresh - share).max(initial=0.0)), fresh, done + 1
    worth = known_counts(
        who, what, yes, np.where(known, true, judged), known, p_l, p_d, counts[[1, 3]], settings.pseudo
    )
    made = {
        name: Skill(*map(float, (*counts[:, at], settings.pseudo, *worth[:, at]))) for at, name in enumerate(graders)
    }
    posterior = dict(zip(objects, judged.tolist(), strict=True))
    status = {name: settings.status(value) for name, value in posterior.items()}
    told = {name: int(count) for name, count in zip(objects, votes, strict=True)}
    return Swapped(made, posterior, status, told, prior, done, moved < tolerance)


def known_counts(
    who: np.ndarray,
    what: np.ndarray,
    yes: np.ndarray,
    share: np.ndarray,
    known: np.ndarray,
    p_l: np.ndarray,
    p_d: np.ndarray,
    counts: np.ndarray,
    pseudo: float,
) -> np.ndarray:
    """How many objects of certain class would pin each P_L and P_D down as well as the expected `counts` do, float64 (2, graders).

    The observed information of all matrices and the prior is that of known classes less what not knowing them costs, Σ share
    (1 − share) s sᵀ over objects, s the difference of the scores if it is a lens and if it is none (Louis 1982, J. R. Stat. Soc. B
    44, 226). Its inverse gives each variance v, and p(1 − p)/v the count. Counts as they are would take an object that is
    a lens with probability 0.5 for half a lens that is known, and the intervals would be too narrow.

    Args:
        who, what, yes: int, int, bool (answers,): grader, object, LENS. share, known: of each object, its probability of being
            a lens and whether it is golden. p_l, p_d: (graders,). counts: (2, graders) expected lenses and duds.
    """
    from scipy.sparse import csr_matrix

    graders, objects = len(p_l), len(share)
    if not graders:
        return np.zeros((2, 0))
    prior = float(np.clip(share[~known].mean(), 1e-9, 1 - 1e-9)) if (~known).any() else 0.5
    free = ~known[what]
    of, at, said = who[free], what[free], yes[free].astype(float)
    step_l = (said - p_l[of]) / (p_l[of] * (1 - p_l[of]))
    step_d = -((1 - said) - p_d[of]) / (p_d[of] * (1 - p_d[of]))
    unknown = np.flatnonzero(~known)
    values = np.concatenate([step_l, step_d, np.full(len(unknown), 1 / (prior * (1 - prior)))])
    lines = np.concatenate([at, at, unknown])
    columns = np.concatenate([of, graders + of, np.full(len(unknown), 2 * graders)])
    scores = csr_matrix((values, (lines, columns)), shape=(objects, 2 * graders + 1))
    missing = (scores.T @ scores.multiply((share * (1 - share))[:, None]).tocsr()).toarray()
    spread = np.concatenate([p_l * (1 - p_l), p_d * (1 - p_d)])
    whole = np.append((counts.ravel() + pseudo) / spread, max(len(unknown), 1) / (prior * (1 - prior)))
    values, vectors = np.linalg.eigh(np.diag(whole) - missing)
    floor = 1e-9 * float(values.max(initial=1.0))  # flat directions are not known at all
    variance = ((vectors**2) / np.maximum(values, floor)).sum(1)[:-1]
    worth = np.clip(spread / variance - pseudo, 0, counts.ravel())
    return np.asarray(worth.reshape(2, graders))


def _index(names: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """The different names in order of appearance, and each one's place."""
    place = {name: at for at, name in enumerate(dict.fromkeys(names))}
    return list(place), np.array([place[name] for name in names], np.intp)


def _interval(part: float, whole: float, known: float | None) -> Interval:
    if known is None or whole <= 0:
        return jeffreys(part, whole)
    return jeffreys(part * known / whole, known)


def _share(part: float, whole: float, pseudo: float) -> float:
    return (part + pseudo / 2) / (whole + pseudo) if whole + pseudo else 0.5


def _plog(weight: float, ratio: float) -> float:
    return weight * float(np.log2(ratio)) if weight > 0 else 0.0
