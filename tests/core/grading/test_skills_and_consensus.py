"""SWAP by hand, skills that were planted and come back, published agreements, consensus, and the pace of graders."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import cohen_kappa_score

from astrolens_gui.core.grading import agreement, consensus, graders, swap
from astrolens_gui.core.labels.schemes import load_schemes
from astrolens_gui.core.learn.entries import Truth

P_L, P_D = (0.6, 0.7, 0.75, 0.8, 0.65, 0.7), (0.8, 0.85, 0.9, 0.8, 0.9, 0.75)
KRIPPENDORFF = """
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""
"""Krippendorff (2011), Computing Krippendorff's alpha-reliability, example C: four observers of twelve units."""


def test_that_a_posterior_equals_the_hand_calculation():
    golden = {"l1": True, "l2": True, "d1": False, "d2": False}
    said = [("a", "l1", 1), ("a", "l2", 1), ("a", "d1", 1), ("a", "d2", 0), ("b", "l1", 1), ("b", "l2", 0)]
    said += [("b", "d1", 0), ("b", "d2", 0), ("a", "x", 1), ("b", "x", 0), ("a", "x", 0)]
    made = swap.online([swap.Answer(g, o, bool(lens)) for g, o, lens in said], golden, swap.Settings(prior=0.2))
    # a: P_L = (2+1)/(2+2) = 3/4, P_D = (1+1)/(2+2) = 1/2; b: 1/2 and 3/4. a says LENS: 0.15/(0.15+0.4) = 3/11;
    # b says NOT: (3/22)/(3/22 + 6/11) = 1/5. a's second answer is none.
    assert made.path["x"] == pytest.approx((3 / 11, 1 / 5), abs=1e-12)
    assert made.answers["x"] == 2
    entropy = -(5 / 8 * math.log2(5 / 8) + 3 / 8 * math.log2(3 / 8))
    noise = -(0.75 * math.log2(0.75) + 0.25 * math.log2(0.25) + 2 * 0.5 * math.log2(0.5)) / 2
    assert made.skills["a"].bits == pytest.approx(entropy - noise, abs=1e-12)


def test_that_planted_skills_lie_in_their_intervals_as_often_as_these_say():
    within, plain = [], []
    for seed, count in itertools.product(range(10), (6, 3)):
        random = np.random.default_rng(seed)
        true = random.random(400) < 0.3
        golden = {str(n): bool(true[n]) for n in range(40)}
        said = np.stack([random.random(400) < np.where(true, p, 1 - q) for p, q in zip(P_L, P_D, strict=True)])[:count]
        answers = [swap.Answer(str(g), str(n), bool(said[g, n])) for g in range(count) for n in range(400)]
        made = swap.offline(answers, golden, swap.Settings(prior=0.1))
        for g in range(count):
            skill = made.skills[str(g)]
            for planted, (low, high), (part, whole) in (
                (P_L[g], skill.p_l_interval, (skill.hits, skill.lenses)),
                (P_D[g], skill.p_d_interval, (skill.rejections, skill.duds)),
            ):
                within.append(low <= planted <= high)
                narrow = swap.jeffreys(part, whole)
                plain.append(narrow[0] <= planted <= narrow[1])
                assert high - low >= narrow[1] - narrow[0] - 1e-3
    assert np.mean(within) >= 0.91
    assert np.mean(plain) < np.mean(within)


def test_that_known_classes_widen_nothing():
    golden = {str(n): n % 2 == 0 for n in range(40)}
    answers = [swap.Answer("a", name, lens if n % 5 else not lens) for n, (name, lens) in enumerate(golden.items())]
    whole, certain = swap.offline(answers, golden).skills["a"], swap.skills(answers, golden)["a"]
    assert whole.p_l_interval == pytest.approx(certain.p_l_interval, abs=1e-6)
    assert whole.p_d_interval == pytest.approx(certain.p_d_interval, abs=1e-6)


def test_that_nothing_is_known_of_graders_whose_answers_nobody_can_check():
    made = swap.offline([swap.Answer("a", str(n), n % 2 == 0) for n in range(50)], {}, swap.Settings(prior=0.3))
    low, high = made.skills["a"].p_l_interval
    assert high - low > 0.5


def test_that_alpha_and_kappa_are_those_of_published_examples():
    table = np.array(
        [[np.nan if c == "." else float(c) for c in line.split()] for line in KRIPPENDORFF.split("\n") if line]
    )
    for metric, wanted in (("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)):
        assert agreement.krippendorff(table.T, metric) == pytest.approx(wanted, abs=6e-4)
    first = np.repeat([1.0, 1, 0, 0], [20, 5, 10, 15])  # two reviewers of fifty proposals: 20 both yes, 15 both no
    second = np.repeat([1.0, 0, 1, 0], [20, 5, 10, 15])
    assert agreement.cohen(first, second) == pytest.approx(0.4)
    assert math.isnan(agreement.cohen(np.ones(4), np.ones(4)))


def test_that_pairs_are_scikit_learns_and_say_how_many_objects_are_common():
    table = np.random.default_rng(2).integers(0, 4, (120, 3)).astype(float)
    table[:100, 1] = table[:100, 0]
    table[:30, 2] = np.nan
    made = agreement.pairs("abc", table)
    assert made.kappa[0, 1] == made.kappa[1, 0] == pytest.approx(cohen_kappa_score(table[:, 0], table[:, 1]))
    assert made.common[0, 2] == 90
    assert made.same[0, 1] == np.mean(table[:, 0] == table[:, 1])
    lonely = agreement.pairs("ab", np.array([[1.0, np.nan], [np.nan, 2.0]]))
    assert math.isnan(lonely.kappa[0, 1])
    assert lonely.common[0, 1] == 0


def test_that_self_agreement_counts_later_answers_against_those_before():
    made = agreement.self_agreement({"x": [3, 3], "y": [2, 0], "z": [1, 1, 1], "w": [1]})
    assert (made.pairs, made.same, made.share) == (4, 3, 0.75)
    assert made.drift == pytest.approx(-0.5)


def given(**grades):
    return [
        consensus.Given(who, one, float(n))
        for one, row in grades.items()
        for who, n in zip("abcdef", row, strict=False)
    ]


def test_that_lists_means_and_majorities_are_those_of_the_numbers():
    rows = given(top=(3, 3, 3, 3, 2), edge=(3, 2, 3, 2), split=(3, 0), low=(1, 1, 1, 3, 0))
    made = {one.object: one for one in consensus.verdicts(rows, {"top": 0.99}, rules=consensus.HOLISMOKES_C)}
    assert [made[name].list for name in ("top", "edge", "split", "low")] == ["A", "B", "C", "C"]
    assert made["low"].trimmed == pytest.approx(stats.trim_mean([1, 1, 1, 3, 0], 0.2))
    assert math.isnan(made["edge"].majority)
    assert made["low"].majority == 1
    assert made["top"].done == "posterior 0.99 after 5 graders"
    assert not made["split"].done
    assert [one.object for one in consensus.disagreements(made.values())] == ["split", "low"]


def test_that_only_the_last_grade_of_a_grader_counts_and_six_are_enough():
    rows = [consensus.Given("a", "x", 0.0), *given(x=(3, 3, 3, 3, 3, 3))]
    [made] = consensus.verdicts(rows)
    assert (made.graders, made.mean, made.done) == (6, 3.0, "6 graders")


def test_that_schemes_become_numbers_from_three_to_nought():
    schemes = load_schemes()
    assert consensus.numbers(schemes["abcx"]) == {"A": 3, "B": 2, "C": 1, "X": 0}
    assert set(consensus.numbers(schemes["0-3"]).values()) == {0, 1, 2, 3}
    assert set(consensus.numbers(schemes["binary"]).values()) == {0, 3}
    numbered, silent = consensus.as_numbers([("a", "x", "abcx", "A"), ("a", "y", "abcx", "QSO")], schemes)
    assert numbered == [consensus.Given("a", "x", 3.0)]
    assert silent == {("abcx", "QSO"): 1}


def test_that_pauses_are_no_work_and_a_page_shares_its_time():
    made = graders.pace([f"2026-01-01T10:{m:02d}:{s:02d}Z" for m, s in ((0, 0), (0, 4), (0, 8), (30, 0), (30, 4))])
    assert (made.answers, made.working_s, made.sessions, made.median_s) == (5, 12.0, 2, 4.0)
    assert made.left_s(100) == 400
    page = graders.pace(["2026-01-01T10:00:00Z", *["2026-01-01T10:00:20Z"] * 10])
    assert page.rate_s == pytest.approx(2.0)
    [work] = graders.work_of([("a", "A", ""), ("b", "X", "")], 5, skip=["b"])
    assert (work.grader, work.graded, work.left) == ("a", 1, 4)


def test_that_a_graders_completeness_is_told_by_einstein_radius(tmp_path):
    theta = np.linspace(0.3, 3, 40)
    truth = Truth(tmp_path, tuple(map(str, range(60))), np.arange(60) < 40,
                  {"theta_E_arcsec": np.append(theta, np.full(20, np.nan))})  # fmt: skip
    rows = [consensus.Given("a", str(n), 3.0 if n < 40 and theta[n] > 1 else 0.0) for n in range(60)]
    [made] = graders.recovery_of("a", rows, truth)
    assert (made.others, made.fpr) == (20, 0.0)
    assert made.bins[0].completeness < 0.2
    assert made.bins[-1].completeness == 1
