"""The metrics against definitions, published counts and independent implementations."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui.core.learn import metrics

rng = np.random.default_rng(3)
TRUTH = rng.random(4000) < 0.3
LOGIT = rng.normal(0, 4, 4000) + np.where(TRUTH, 3, -3)


def by_counting(truth, score, n):
    """TPR_N from its definition: over every threshold, with a strict inequality on distinct scores."""
    best = 0.0
    for threshold in np.r_[-np.inf, np.unique(score)]:
        chosen = score > threshold
        if (chosen & ~truth).sum() < n:
            best = max(best, (chosen & truth).sum() / truth.sum())
    return best


@pytest.mark.parametrize("n", [1, 10])
@pytest.mark.parametrize("decimals", [None, 1, 0])
def test_that_tpr_n_is_exact_with_and_without_ties(n, decimals):
    score = LOGIT[:600] if decimals is None else np.round(LOGIT[:600], decimals)
    assert metrics.tpr_n(TRUTH[:600], score, n) == by_counting(TRUTH[:600], score, n)


@pytest.mark.parametrize("decimals", [None, 1, 0])
def test_that_auroc_equals_scikit_learns_with_and_without_ties(decimals):
    from sklearn.metrics import roc_auc_score

    score = LOGIT if decimals is None else np.round(LOGIT, decimals)
    assert metrics.auroc(TRUTH, score) == pytest.approx(roc_auc_score(TRUTH, score), abs=1e-12)


@pytest.mark.parametrize(
    ("zero", "ten", "total"),
    [(8876, 11681, 40221), (2961, 14255, 39925), (192, 3136, 40221), (0, 330, 40221), (11215, 17310, 50128)],
)
def test_that_the_challenges_published_counts_come_back_as_fractions(zero, ten, total):
    """Counts of lenses before the first and the tenth false positive, decoded from Metcalf et al. 2019, table 3."""
    order = np.r_[
        np.ones(zero, bool),
        [False],
        np.ones(ten - zero, bool),
        np.zeros(9, bool),
        np.ones(total - ten, bool),
        [False] * 50,
    ]
    score = -np.arange(order.size, dtype=float)
    assert metrics.tpr_n(order, score, 1) == zero / total
    assert metrics.tpr_n(order, score, 10) == ten / total


def test_that_a_saturated_sigmoid_loses_the_top_of_the_list_and_the_logit_does_not():
    truth, logit = np.array([True] * 50 + [False] * 50), np.r_[np.linspace(90, 120, 50), np.linspace(-20, 85, 50)]
    half = (1 / (1 + np.exp(-logit))).astype(np.float16)
    assert metrics.tpr_n(truth, logit, 1) == 1.0
    assert metrics.tpr_n(truth, half, 1) == 0.0


def test_that_unscored_objects_rank_last_together():
    truth = np.array([True, True, False, False])
    score = np.array([2.0, np.nan, 1.0, np.nan])
    assert metrics.auroc(truth, score) == pytest.approx((1 + 1 + 0 + 0.5) / 4)


def test_that_an_empty_class_gives_nan_and_not_a_number():
    assert np.isnan(metrics.auroc(np.ones(3, bool), np.arange(3)))
    assert np.isnan(metrics.tpr_n(np.zeros(3, bool), np.arange(3), 1))


def test_that_tpr_at_fpr_allows_exactly_the_share_of_false_positives():
    truth = np.r_[np.ones(10, bool), np.zeros(1000, bool)]
    score = np.r_[np.arange(10) + 0.5, np.full(999, -1.0), [5.0]]
    assert metrics.tpr_at_fpr(truth, score, 1e-3) == 1.0
    assert metrics.tpr_at_fpr(truth, score, 9e-4) == 0.5


def test_that_purity_moves_with_prevalence_as_bayes_says():
    truth, score = np.array([True] * 100 + [False] * 100), np.r_[np.ones(80), np.zeros(20), np.ones(10), np.zeros(90)]
    assert metrics.completeness(truth, score, 0.5) == 0.8
    assert metrics.purity(truth, score, 0.5) == pytest.approx(80 / 90)
    assert metrics.purity(truth, score, 0.5, prevalence=1e-3) == pytest.approx(8e-4 / (8e-4 + 0.999 * 0.1))


def test_that_ece_is_zero_for_honest_and_the_gap_for_boastful_probabilities():
    truth = np.arange(1000) % 10 < 7
    assert metrics.ece(truth, np.full(1000, 0.7)) == pytest.approx(0.0, abs=1e-12)
    assert metrics.ece(truth, np.full(1000, 0.95)) == pytest.approx(0.25)
    assert metrics.ece(truth, np.where(truth, 1.0, 0.0)) == 0.0


def test_that_clopper_pearson_gives_the_textbooks_interval():
    assert metrics.clopper_pearson(4, 20) == pytest.approx((0.0573, 0.4366), abs=1e-4)
    assert metrics.clopper_pearson(0, 10)[0] == 0.0
    assert metrics.clopper_pearson(10, 10)[1] == 1.0


def test_that_the_bootstraps_interval_agrees_with_hanley_and_mcneil():
    truth, score = TRUTH[:400], rng.normal(0, 1, 400) + TRUTH[:400]
    area = metrics.auroc(truth, score)
    (interval,), _ = metrics.bootstrap(truth, (score,), draws=1000)
    lenses, others = truth.sum(), (~truth).sum()
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (lenses - 1) * (q1 - area**2) + (others - 1) * (q2 - area**2)
    expected = 2 * 1.96 * np.sqrt(variance / (lenses * others))
    assert interval[1] - interval[0] == pytest.approx(expected, rel=0.15)
    assert interval[0] < area < interval[1]


def test_that_pairing_sees_a_change_that_separate_intervals_hide():
    truth, old = TRUTH[:600], rng.normal(0, 1, 600) + TRUTH[:600]
    new = old - 0.1 * np.where(truth, 1, -1)
    (first, second), change = metrics.bootstrap(truth, (old, new), draws=500)
    assert second[1] > first[0]
    assert change[1] < 0


def test_that_the_calibration_error_is_stated_for_the_prevalence_asked():
    """Scores that are right at 1 % have no error there, whatever the sample's own share of lenses is."""
    truth = rng.random(60_000) < 0.5
    log_ratio = np.where(truth, rng.normal(1.5, np.sqrt(3), truth.size), rng.normal(-1.5, np.sqrt(3), truth.size))
    at_one_percent = 1 / (1 + np.exp(-(log_ratio + np.log(0.01 / 0.99))))
    assert metrics.ece(truth, at_one_percent) > 0.3
    assert metrics.ece(truth, at_one_percent, prevalence=0.01) < 0.002
    assert np.isnan(metrics.ece(np.ones(3, bool), np.ones(3), prevalence=0.5))
