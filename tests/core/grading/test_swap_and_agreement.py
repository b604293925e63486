"""SWAP against Bayes' rule written out, kappas against scikit-learn and Fleiss' own example."""

import itertools

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from astrolens_gui.core.grading import agreement, swap


def test_that_online_posteriors_equal_brute_force_bayes():
    golden = {f"g{n}": n % 2 == 0 for n in range(10)}
    teach = [swap.Answer("a", name, lens) for name, lens in golden.items()]
    teach += [swap.Answer("b", name, n < 3) for n, name in enumerate(golden)]
    skill = swap.skills(teach, golden)
    assert skill["a"].p_l == 6 / 7
    for said in itertools.product((True, False), repeat=2):
        made = swap.online([*teach, *map(swap.Answer, "ab", "xx", said)], golden, swap.Settings(prior=0.3))
        like = [0.3, 0.7]
        for who, lens in zip("ab", said, strict=True):
            like = [p * skill[who].matrix[int(lens), kind] for p, kind in zip(like, (1, 0), strict=True)]
        assert made.posterior["x"] == pytest.approx(like[0] / sum(like), rel=1e-12)


def test_that_offline_recovers_known_skill_and_beats_the_best_grader():
    random = np.random.default_rng(4)
    true = random.random(2000) < 0.3
    golden = {str(n): bool(true[n]) for n in range(300)}
    p_l, p_d = (0.6, 0.7, 0.75, 0.8, 0.65, 0.7), (0.8, 0.85, 0.9, 0.8, 0.9, 0.75)
    said = np.stack([random.random(2000) < np.where(true, yes, 1 - no) for yes, no in zip(p_l, p_d, strict=True)])
    answers = [swap.Answer(str(g), str(n), bool(said[g, n])) for g in range(6) for n in range(2000)]
    made = swap.offline(answers, golden, swap.Settings(prior=0.1))
    assert made.converged
    for g in range(6):
        low, high = made.skills[str(g)].p_l_interval
        assert low - 0.02 < p_l[g] < high + 0.02
    found = np.array([made.posterior[str(n)] > 0.5 for n in range(300, 2000)])
    assert (found == true[300:]).mean() > max((said[g, 300:] == true[300:]).mean() for g in range(6))


def test_that_offline_posteriors_are_bayes_rule_over_every_class_of_every_object():
    """Three unknown objects, four graders: all eight worlds weighed one by one with the matrices that came out."""
    random = np.random.default_rng(8)
    golden = {f"g{n}": n % 2 == 0 for n in range(24)}
    unknown = ["x", "y", "z"]
    answers = [
        swap.Answer(who, one, bool(random.random() < (0.8 if golden.get(one, one != "z") else 0.2)))
        for who in "abcd"
        for one in (*golden, *unknown)
    ]
    made = swap.offline(answers, golden, swap.Settings(prior=0.3), learn_prior=False)
    said = {(one.grader, one.object): one.lens for one in answers}
    worlds = {}
    for world in itertools.product((True, False), repeat=3):
        like = 1.0
        for one, lens in zip(unknown, world, strict=True):
            like *= 0.3 if lens else 0.7
            for who in "abcd":
                like *= made.skills[who].matrix[int(said[who, one]), int(lens)]
        worlds[world] = like
    for at, one in enumerate(unknown):
        share = sum(like for world, like in worlds.items() if world[at]) / sum(worlds.values())
        assert made.posterior[one] == pytest.approx(share, rel=1e-6)


@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
def test_that_kappa_is_scikit_learns_and_ungraded_cells_count_nowhere(weights):
    a, b = np.random.default_rng(1).integers(0, 4, (2, 200)).astype(float)
    b[:90] = a[:90]
    wanted = cohen_kappa_score(a[5:], b[5:], labels=range(4), weights=None if weights == "none" else weights)
    a[:5] = np.nan
    assert agreement.cohen(a, b, weights) == pytest.approx(wanted, abs=1e-12)


def test_that_fleiss_kappa_is_that_of_the_published_example():
    counts = [[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1], [7, 7, 0, 0, 0],
              [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]]  # fmt: skip
    assert agreement.fleiss_counts(np.array(counts)).kappa == pytest.approx(0.20993, abs=1e-5)
