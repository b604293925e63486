"""The gate refuses what is worse, lets pass what is not, and says when it cannot know."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui.core.learn.dataset import balance
from astrolens_gui.core.learn.gate import calibrate, judge
from astrolens_gui.core.learn.models import Calibration
from astrolens_gui.core.learn.scoring import probability

rng = np.random.default_rng(4)


def held(lenses, others, quality, seed=0):
    truth = np.r_[np.ones(lenses, bool), np.zeros(others, bool)]
    return truth, np.random.default_rng(seed).normal(0, 1, truth.size) + quality * truth


def test_that_a_clearly_worse_model_is_refused_with_its_numbers():
    truth, good = held(200, 200, 2.5)
    verdict = judge(truth, good * 0.1 + rng.normal(0, 1, truth.size), good)
    assert verdict.kind == "refused"
    assert not verdict.activates
    assert "AUROC" in verdict.reason
    assert "200 lenses and 200 non-lenses" in verdict.reason
    assert verdict.metrics["AUROC change_ci"][1] < 0


def test_that_an_equal_or_better_model_is_accepted():
    truth, old = held(200, 200, 1.0)
    assert judge(truth, old + rng.normal(0, 0.05, truth.size), old).kind == "accepted"
    assert judge(truth, old + 1.5 * truth, old).kind == "accepted"


def test_that_noise_alone_is_seldom_refused():
    """A model of the same quality is refused at the interval's own rate (2.5 % one-sided), not more."""
    refused = 0
    for seed in range(25):
        truth, shared = held(60, 60, 1.5, seed)
        noise = np.random.default_rng(1000 + seed).normal(0, 0.7, (2, truth.size))
        refused += judge(truth, shared + noise[0], shared + noise[1]).kind == "refused"
    assert refused <= 3


def test_that_a_loss_at_low_false_positive_rate_alone_is_refused():
    truth, old = held(500, 5000, 6.0)
    new = old.copy()
    new[-12:] = 50.0  # a dozen of 5,000 non-lenses on top: AUROC hardly moves, TPR at FPR 1e-3 falls to 0
    verdict = judge(truth, new, old)
    assert verdict.kind == "refused"
    assert "TPR at FPR 0.001" in verdict.reason


@pytest.mark.parametrize(("lenses", "others"), [(19, 500), (500, 19), (0, 5), (0, 0)])
def test_that_too_few_held_out_objects_make_it_provisional(lenses, others):
    truth, logit = held(lenses, others, 3.0)
    verdict = judge(truth, logit, logit)
    assert verdict.kind == "provisional"
    assert verdict.activates
    assert f"only {lenses} lenses and {others} non-lenses" in verdict.reason


def test_that_a_first_model_is_accepted_above_chance_and_provisional_at_chance():
    assert judge(*held(50, 50, 2.0)).kind == "accepted"
    assert judge(*held(50, 50, 0.0)).kind == "provisional"


@pytest.mark.parametrize("few", [True, False])
def test_that_a_collapsed_or_broken_model_is_refused_however_few_objects_there_are(few):
    truth, logit = held(5 if few else 50, 50, 2.0)
    constant, broken = np.full(truth.size, 0.25), logit.copy()
    broken[3] = np.nan
    assert judge(truth, constant, logit).kind == "refused"
    assert "the same of all" in judge(truth, constant).reason
    assert "no finite score" in judge(truth, broken, logit).reason


def test_that_a_new_lineage_says_so():
    assert judge(*held(50, 50, 2.0), lineage="a new lineage: other bands").reason.endswith("a new lineage: other bands")


def test_that_the_temperature_is_found_again():
    z = rng.normal(0, 2, 20_000)
    targets = (rng.random(z.size) < probability(z)).astype(float)
    calibration = calibrate(z * 3.0, targets, np.ones(z.size), 0.5, 0.1)
    assert calibration.temperature == pytest.approx(3.0, rel=0.05)
    assert calibration.calibrated
    assert calibration.prior == 0.1


def test_that_too_few_objects_leave_the_temperature_alone():
    z = rng.normal(0, 2, 100)
    targets = np.r_[np.ones(9), np.zeros(91)]
    calibration = calibrate(z, targets, np.ones(100), 0.5, 0.1)
    assert calibration.temperature == 1.0
    assert not calibration.calibrated


@pytest.mark.parametrize("count", [10, 100, 1000])
def test_that_a_sample_sorted_without_an_error_makes_scores_no_surer_than_so_many_objects_show(count):
    truth = np.arange(2 * count) < count
    logit = np.where(truth, 1.5, -1.5) + np.random.default_rng(count).normal(0, 0.3, truth.size)
    calibration = calibrate(logit, truth.astype(float), np.ones(truth.size), 0.5, 0.5)
    odds = np.abs(logit) / calibration.temperature
    assert calibration.calibrated
    assert np.log(count / 3) < np.median(odds) < np.log(count + 1) + 1


@pytest.mark.parametrize("prior", [0.05, 0.001])
def test_that_the_ece_is_that_of_the_scores_as_they_are_given(prior):
    """A network that learnt balanced classes perfectly, held-out objects of which 5 % are lenses."""
    draw = np.random.default_rng(0)
    truth = draw.random(8000) < 0.05
    logit = np.where(truth, draw.normal(1.5, np.sqrt(3), truth.size), draw.normal(-1.5, np.sqrt(3), truth.size))
    weights = balance(truth.astype(float), np.full(truth.size, 2))
    calibration = calibrate(logit, truth.astype(float), weights, 0.5, prior)
    assert judge(truth, logit, calibration=calibration).metrics["ECE"] < 0.01
    unshifted = Calibration(calibration.temperature, 0.5, 0.5, True)
    assert judge(truth, logit + np.log(0.05 / 0.95), calibration=unshifted).metrics["ECE"] > 0.1


def test_that_a_collapse_is_refused_even_where_few_objects_are_held_out():
    truth, good = held(12, 40, 4.0)
    collapsed = judge(truth, np.random.default_rng(1).normal(0, 1, truth.size), good)
    assert collapsed.kind == "refused"
    assert "12 lenses and 40 non-lenses" in collapsed.reason
    assert judge(truth, good + 0.1 * rng.normal(0, 1, truth.size), good).kind == "provisional"
    few, other = held(3, 40, 4.0)
    assert judge(few, np.random.default_rng(1).normal(0, 1, few.size), other).kind == "provisional"


def test_that_a_first_model_that_ranks_the_wrong_way_round_is_refused():
    truth, good = held(60, 60, 2.0)
    verdict = judge(truth, -good)
    assert verdict.kind == "refused"
    assert "below chance" in verdict.reason


def test_that_a_training_that_changed_nothing_is_said_to_have_changed_nothing():
    truth, old = held(60, 60, 1.5)
    verdict = judge(truth, old.copy(), old)
    assert verdict.kind == "accepted"
    assert verdict.reason.endswith("no better and no worse than the champion")


def test_that_a_sure_loss_which_no_search_would_notice_is_let_through_and_said():
    truth, old = held(400, 400, 3.0)
    new = old.copy()
    weakest = np.flatnonzero(truth)[np.argsort(old[truth])[30:40]]
    new[weakest] -= 0.4
    verdict = judge(truth, new, old)
    assert verdict.metrics["AUROC change_ci"][1] < 0
    assert verdict.kind == "accepted"
    assert "less than 0.005 worse than the champion" in verdict.reason
    new[weakest] -= 4
    assert judge(truth, new, old).kind == "refused"


def test_that_the_purity_of_the_top_is_that_at_the_prevalence_stated():
    truth, logit = held(100, 900, 2.5)
    rare, as_sampled = (
        judge(truth, logit, calibration=Calibration(1.0, 0.5, prior, True)).metrics for prior in (1 / 2000, 0.1)
    )
    assert rare["k"] == as_sampled["k"] == 100
    top = np.argsort(-logit)[:100]
    assert as_sampled["purity@k"] == pytest.approx(truth[top].mean())
    assert 0 < rare["purity@k"] < 0.2 * as_sampled["purity@k"]


def test_that_scores_which_say_less_of_what_they_are_worth_are_refused_and_honest_ones_are_not():
    """The same order, so the same AUROC; the challenger's probabilities are sure where they are wrong."""
    truth, logit = held(200, 200, 2.0)
    before = Calibration(0.5, 0.5, 0.01, True)
    spoilt = np.sign(logit - 1) * np.abs(logit - 1) ** 3 * 4 + 1
    verdict = judge(truth, spoilt, logit - 1, calibration=Calibration(0.5, 0.5, 0.01, True), before=before)
    assert verdict.kind == "refused"
    assert "log-loss lies between" in verdict.reason
    assert judge(truth, logit - 1, logit - 1, calibration=before, before=before).kind == "accepted"
    assert (
        judge(truth, spoilt, logit - 1, calibration=before, before=Calibration(1.0, 0.5, 0.01, False)).kind
        == "accepted"
    )
    few = np.r_[:19, 200:219]
    told = judge(truth[few], spoilt[few], logit[few] - 1, calibration=before, before=before)
    assert "log-loss" not in told.reason, "too few to say what probabilities are worth"


def test_that_noise_alone_is_seldom_refused_for_its_calibration():
    refused = 0
    for seed in range(25):
        truth, shared = held(60, 60, 1.5, seed)
        one, other = shared + np.random.default_rng(1000 + seed).normal(0, 0.7, (2, truth.size)) - 0.75
        told = [calibrate(each, truth.astype(float), np.ones(truth.size), 0.5, 0.01) for each in (one, other)]
        verdict = judge(truth, one, other, calibration=told[0], before=told[1])
        refused += "log-loss" in verdict.reason
    assert refused <= 2
