"""The figures against scikit-learn, by hand, and on lists with planted counts; intervals by simulation."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from astrolens_gui.core.learn import metrics, scoring
from astrolens_gui.core.learn.models import Calibration
from astrolens_gui.core.learn.ranking import Ranking

SPACE = {
    "resnet": (8876, 11681, 40221), "GAMOCLASS": (2961, 14255, 39925), "CAST-SB": (2779, 4774, 40221),
    "All-now": (1951, 2624, 39816), "Hartley": (1173, 2867, 39968), "Hartley2": (1143, 3248, 39968),
    "Manchester1": (294, 6955, 39975), "LASTRO13b": (192, 3136, 40221), "GAHEC": (45, 363, 39925),
    "space": (27, 511, 39968), "kapteyn": (4, 8, 39975), "bottleneck": (3, 152, 39968),
    "CMU-Voting": (0, 330, 40221), "Attempt2": (0, 33, 39925), "Yatta": (0, 14, 39968),
}  # fmt: skip
GROUND = {
    "Hartley2": (11215, 17310, 50128), "Hartley": (10646, 16627, 50128), "resnet": (4492, 22647, 49946),
    "LASTRO11i": (3743, 5654, 49948), "CMU-Voting": (1221, 5130, 49936), "All-star": (360, 933, 50128),
    "Manchester-NA2": (14, 376, 49935), "Yatta": (11, 106, 50128), "CAST-GB": (1, 19, 49862),
    "Ground": (0, 356, 50128),
}  # fmt: skip
"""Lenses before the first and before the tenth false positive, and lenses in all, of the challenge's entries."""

lists = st.lists(st.tuples(st.booleans(), st.integers(-3, 3)), min_size=2, max_size=60).filter(
    lambda rows: 0 < sum(one for one, _ in rows) < len(rows)
)


def planted(zero: int, ten: int, total: int) -> np.ndarray:
    """Truth, best first, of a test set of 100,000: `zero` lenses, a non-lens, more lenses up to `ten`, nine non-lenses,
    the rest."""
    lens, other = np.ones(total, bool), np.zeros(100_000 - total, bool)
    return np.r_[lens[:zero], other[:1], lens[zero:ten], other[1:10], lens[ten:], other[10:]]


@pytest.mark.parametrize("counts", [*SPACE.values(), *GROUND.values()], ids=[*SPACE, *(f"{one}-g" for one in GROUND)])
def test_that_every_published_fraction_comes_back_to_all_digits(counts):
    zero, ten, total = counts
    truth = planted(*counts)
    rank = Ranking.of(truth, -np.arange(truth.size, dtype=float))
    assert rank.tpr_n(1) == zero / total
    assert rank.tpr_n(10) == ten / total
    assert rank.tpr_at_fpr(9 / rank.others) == ten / total  # TPR10 is the TPR at nine of these non-lenses


@settings(max_examples=60, deadline=None)
@given(lists, st.sampled_from([0.01, 1.0, 2.0]))
def test_that_figures_equal_scikit_learns_on_tied_scores(rows, beta):
    from sklearn import metrics as theirs

    truth, score = np.array([one for one, _ in rows]), np.array([two for _, two in rows], float)
    rank = Ranking.of(truth, score)
    assert rank.auroc() == pytest.approx(theirs.roc_auc_score(truth, score), abs=1e-12)
    assert rank.average_precision() == pytest.approx(theirs.average_precision_score(truth, score), abs=1e-12)
    best = max(theirs.fbeta_score(truth, score >= one, beta=beta, zero_division=0) for one in np.unique(score))
    value, threshold = rank.f_beta(beta)
    assert value == pytest.approx(best, abs=1e-12)
    assert theirs.fbeta_score(truth, score >= threshold, beta=beta) == pytest.approx(best, abs=1e-12)
    fpr, tpr = rank.roc()
    expected = theirs.roc_curve(truth, score, drop_intermediate=False)
    assert np.trapezoid(tpr, fpr) == pytest.approx(rank.auroc(), abs=1e-12)
    np.testing.assert_allclose(np.interp(expected[0], fpr, tpr, left=0)[-1], 1.0)
    assert {*zip(fpr, tpr, strict=True)} <= {*zip(expected[0], expected[1], strict=True)}


def test_that_brier_equals_scikit_learns_and_follows_the_prevalence():
    from sklearn.metrics import brier_score_loss

    random = np.random.default_rng(0)
    truth, probability = random.random(500) < 0.3, random.random(500)
    assert metrics.brier(truth, probability) == pytest.approx(brier_score_loss(truth, probability))
    weights = np.where(truth, 0.001 / truth.mean(), 0.999 / (~truth).mean())
    expected = brier_score_loss(truth, probability, sample_weight=weights)
    assert metrics.brier(truth, probability, prevalence=0.001) == pytest.approx(expected)
    assert metrics.brier(np.r_[truth, True], np.r_[probability, np.nan]) == metrics.brier(truth, probability)
    assert np.isnan(metrics.brier(np.ones(3, bool), np.ones(3), prevalence=0.1))


def test_that_no_number_ranks_below_minus_infinity():
    rank = Ranking.of(np.array([True, False]), np.array([-np.inf, np.nan]))
    assert (rank.auroc(), rank.unscored) == (1.0, 1)
    value, threshold = Ranking.of(np.array([True, False, True]), np.array([np.nan, np.nan, 2.0])).f_beta(1.0)
    assert (value, threshold) == (pytest.approx(2 / 3), 2.0)  # what has no score is never selected


def test_that_the_threshold_at_an_fpr_keeps_tie_groups_whole():
    truth = np.array([True, True, False, True, False, False])
    rank = Ranking.of(truth, np.array([5.0, 4, 4, 3, 2, 1]))
    assert rank.threshold_at_fpr(0.3) == (5.0, 0)  # the group of score 4 has the first of three non-lenses
    assert rank.threshold_at_fpr(1 / 3) == (3.0, 1)
    assert Ranking.of(truth, np.zeros(6)).threshold_at_fpr(0.5) == (np.inf, 0)


def test_that_purity_of_the_best_k_is_the_mean_over_the_orders_of_a_tie():
    truth = np.r_[[True], [True] * 3 + [False] * 5, [False]]
    score = np.r_[[9.0], np.ones(8), [0.0]]
    rank = Ranking.of(truth, score)
    value, (low, high) = metrics.purity_at_k(rank, 5)
    assert value == pytest.approx((1 + 4 * 3 / 8) / 5)
    assert low == metrics.clopper_pearson(1, 5)[0]  # the worst order has no lens among the four of the tie
    assert high == metrics.clopper_pearson(4, 5)[1]
    assert metrics.purity_at_k(rank, 9)[0] == pytest.approx(4 / 9)
    stated, _ = metrics.purity_at_k(rank, 9, prevalence=1e-3)
    assert stated == pytest.approx(1e-3 * 1 / (1e-3 * 1 + 0.999 * 5 / 6))
    assert np.isnan(metrics.purity_at_k(rank, 11)[0])
    assert np.isnan(metrics.purity_at_k(Ranking.of(truth, np.full(10, np.nan)), 5)[0])


def test_that_a_float16_sigmoid_and_a_grid_of_thresholds_lose_what_logits_keep():
    random = np.random.default_rng(0)
    truth = random.random(100_000) < 0.4
    logit = random.normal(0, 4, truth.size) + np.where(truth, 6, -6)
    half = (1 / (1 + np.exp(-logit.astype(np.float32)))).astype(np.float16)
    assert metrics.tpr_n(truth, logit, 1) > 0.1
    assert metrics.tpr_n(truth, half, 1) == 0.0  # a thousand non-lenses share the score 1 with the best lenses
    assert metrics.auroc(truth, half) == pytest.approx(metrics.auroc(truth, logit), abs=2e-3)


@pytest.mark.parametrize("calibration", [Calibration(2.3, 0.5, 5e-4), Calibration(0.4, 0.1, 0.5)])
def test_that_calibration_and_prior_shift_leave_every_rank_where_it_was(calibration):
    random = np.random.default_rng(4)
    truth = random.random(3000) < 0.4
    network = (random.normal(0, 3, (3000, 2)) + np.c_[~truth, truth] * 3).astype(np.float32)
    network[::2] = np.round(8 * network[::2]) / 8  # with ties
    before = Ranking.of(truth, scoring.lens_logit(network, scoring.CLASSES))
    after = Ranking.of(truth, scoring.lens_logit(network, scoring.CLASSES, calibration))
    for figure in (Ranking.auroc, lambda one: one.tpr_n(1), lambda one: one.tpr_n(10)):
        assert figure(before) == figure(after)
    np.testing.assert_array_equal(before.group, after.group)


def test_that_a_bootstrap_of_a_hundred_thousand_takes_seconds():
    random = np.random.default_rng(1)
    truth = np.r_[np.ones(40_000, bool), np.zeros(60_000, bool)]
    score = random.normal(0, 1, truth.size) + 2 * truth
    start = time.process_time()
    drawn = metrics.resampled(truth, (score,), (metrics.auroc_metric,), draws=200)
    assert time.process_time() - start < 3  # 2,000 draws in 30 s
    low, high = metrics.interval(drawn[0, 0])
    assert (high - low) / (2 * 1.96) == pytest.approx(delong(truth, score), rel=0.2)


def delong(truth: np.ndarray, score: np.ndarray) -> float:
    """Standard error of an AUROC by DeLong et al. 1988: from the placements of lenses among non-lenses and back."""
    from scipy.stats import rankdata

    lenses, others = score[truth], score[~truth]
    whole = rankdata(np.r_[lenses, others])
    first = (whole[: lenses.size] - rankdata(lenses)) / others.size
    second = 1 - (whole[lenses.size :] - rankdata(others)) / lenses.size
    return float(np.sqrt(first.var(ddof=1) / lenses.size + second.var(ddof=1) / others.size))


def test_that_joining_neighbours_of_one_class_changes_no_draw():
    """The short list that the bootstrap counts on gives what the whole list gives."""
    random = np.random.default_rng(2)
    truth = random.random(400) < 0.5
    score = np.round(random.normal(0, 1, 400) + truth, 1)
    rank, weights = Ranking.of(truth, score), np.bincount(random.integers(0, 400, 400), minlength=400).astype(float)
    from astrolens_gui.core.learn.intervals import _runs

    for metric in (metrics.auroc_metric, metrics.tpr_metric(0.1)):
        values = []
        for group in (rank.group, _runs(rank)):
            counts = [np.bincount(group[rows], weights[rows]) for rows in (truth, ~truth)]
            size = max(map(len, counts))
            values.append(float(metric(*(np.pad(one, (0, size - len(one))) for one in counts))))
        assert values[0] == pytest.approx(values[1], abs=1e-12)


def test_that_intervals_cover_the_truth_as_often_as_they_say():
    """40 samples: AUROC and a paired difference by bootstrap, TPR at FPR 1e-2 by bootstrap and by the safe interval."""
    random = np.random.default_rng(6)
    first, second, fpr = 1.5, 1.8, 1e-2
    area = norm.cdf(first / np.sqrt(2))
    rate, better = (norm.sf(norm.isf(fpr) - one) for one in (first, second))
    truth = np.r_[np.ones(400, bool), np.zeros(1200, bool)]
    held = np.zeros(4)
    for seed in range(40):
        shared = random.normal(0, 0.8, truth.size)
        one, two = (shared + random.normal(0, 0.6, truth.size) + gap * truth for gap in (first, second))
        drawn = metrics.resampled(
            truth, (one, two), (metrics.auroc_metric, metrics.tpr_metric(fpr)), draws=200, seed=seed
        )
        intervals = [
            (metrics.interval(drawn[0, 0]), area),
            (metrics.interval(drawn[1, 0]), rate),
            (metrics.interval(drawn[1, 1] - drawn[1, 0]), better - rate),
            (metrics.tpr_interval(Ranking.of(truth, one), fpr), rate),
        ]
        held += [low <= value <= high for (low, high), value in intervals]
    assert (held >= 34).all(), held  # 38 expected, 33 has a chance of 4 in 1,000
    assert held[3] >= 38


def test_that_a_tpr_whose_fpr_the_sample_cannot_reach_has_an_interval_from_zero():
    truth = np.r_[np.ones(50, bool), np.zeros(100, bool)]
    low, high = metrics.tpr_interval(Ranking.of(truth, np.arange(150.0)[::-1]), 1e-3)
    assert low == 0.0  # one non-lens in a thousand may well lie above all the lenses
    assert high == 1.0


def test_that_a_lens_without_a_score_is_found_at_no_threshold():
    truth = np.array([False, True, False, True, False, True])
    score = np.array([0.1, 0.9, np.nan, 0.9, 0.9, np.nan])
    rank = metrics.Ranking.of(truth, score)
    assert rank.tpr_n(10) == pytest.approx(2 / 3)
    assert rank.tpr_at_fpr(1.0) == pytest.approx(2 / 3)
    assert rank.tpr_n(1) == 0.0
