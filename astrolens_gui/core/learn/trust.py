"""How much each grader's word weighs in a training target, from where people graded the same objects; knows no image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..grading.swap import Answer, offline

FEWEST_SHARED = 20
"""Objects graded by somebody else too, below which a grader weighs as much as the others do on average."""
LEAST = 0.02
"""Bits that any grader's word is worth: a coin's never decides, and alone on an object it is all there is."""


def weights(votes: Mapping[int, Sequence[tuple[str, float]]]) -> dict[str, float]:
    """{grader: weight} from {object: [(grader, probability of a lens)]}; empty where nobody's objects were shared.

    A weight is the information that an answer of theirs gives, in bits (`swap.Skill.bits`), by the confusion matrices that explain
    everybody's answers best (Dawid & Skene 1979). It depends on these votes alone, so the same votes give the same targets again.
    """
    shared: dict[str, int] = {}
    answers = []
    for number, given in votes.items():
        decided = [(grader, target > 0.5) for grader, target in given if target != 0.5]
        answers += [Answer(grader, str(number), lens) for grader, lens in decided]
        if len({grader for grader, _ in decided}) > 1:
            for grader in {grader for grader, _ in decided}:
                shared[grader] = shared.get(grader, 0) + 1
    known = {grader for grader, count in shared.items() if count >= FEWEST_SHARED}
    if len(known) < 2:
        return {}
    skills = offline(answers, {}).skills
    made = {grader: max(skills[grader].bits, LEAST) for grader in known}
    usual = sum(made.values()) / len(made)
    return {grader: made.get(grader, usual) for grader in skills}
