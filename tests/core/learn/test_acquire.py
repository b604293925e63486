"""Orders from committees and embeddings put first what they say they do; a head learns from few grades."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui.core.learn import acquire, head, metrics


@pytest.fixture(scope="module")
def pool():
    random = np.random.default_rng(3)
    truth = np.arange(600) < 60
    features = random.normal(size=(600, 12)).astype(np.float32)
    features[truth, 0] += 2.5
    return truth, features


def test_that_the_undecided_have_the_largest_entropy():
    found = acquire.entropy({"score": np.array([0.01, 0.5, 0.9, np.nan])}, 0)
    assert np.argmax(np.nan_to_num(found, nan=-1)) == 1
    assert found[1] == pytest.approx(1.0)


def test_that_members_who_contradict_each_other_disagree_and_undecided_ones_do_not():
    members = np.array([[8.0, -8.0], [0.0, 0.0], [6.0, 6.0]])
    found = acquire.disagreement({"members": members}, 0)
    assert found[0] == pytest.approx(1.0, abs=0.01)
    assert found[1] == pytest.approx(0.0, abs=1e-6)
    assert found[2] == pytest.approx(0.0, abs=1e-6)


def test_that_improvement_looks_near_lenses_and_knows_nothing_without_grades(pool):
    truth, features = pool
    target = np.full(len(truth), np.nan)
    assert np.ptp(acquire.improvement({"embedding": features, "target": target}, 0)) == 0
    target[:10], target[300:330] = 1.0, 0.0
    found = acquire.improvement({"embedding": features, "target": target}, 0)
    rest = np.isnan(target)
    assert metrics.auroc(truth[rest], found[rest]) > 0.7


def test_that_diversity_visits_every_cluster_before_it_comes_back():
    random = np.random.default_rng(0)
    centres = 50 * random.normal(size=(5, 4))
    features = (centres[np.arange(200) % 5] + random.normal(size=(200, 4))).astype(np.float32)
    labelled = np.zeros(200, bool)
    labelled[0] = True
    first = np.argsort(-acquire.diverse({"embedding": features, "labelled": labelled}, 0))[:4]
    assert sorted(first % 5) == [1, 2, 3, 4]


def test_that_the_likest_is_the_object_itself(pool):
    _, features = pool
    found = acquire.similar(features, np.array([7]))
    assert np.argmax(found) == 7
    assert found[7] == pytest.approx(1.0)


def test_that_a_head_learns_from_few_grades_and_its_committee_answers_beside_it(pool):
    truth, features = pool
    target = np.full(len(truth), np.nan)
    target[:20], target[200:300] = 1.0, 0.0
    found = head.fit(features, target, committee=5, seed=1)
    rest = np.isnan(target)
    assert metrics.auroc(truth[rest], found.logit(features)[rest]) > 0.85
    assert found.members(features).shape == (600, 6)
    assert np.ptp(found.members(features)[:, 1:], axis=1).mean() > 0.01
    again = head.fit(features, target, committee=5, seed=1)
    assert np.array_equal(found.slope, again.slope)


def test_that_a_grade_of_maybe_weighs_on_both_sides(pool):
    _, features = pool
    target = np.full(len(features), np.nan)
    target[:5], target[200:220], target[5:10] = 1.0, 0.0, 0.5
    assert np.isfinite(head.fit(features, target).logit(features)).all()


def test_that_grades_of_one_class_teach_nothing(pool):
    _, features = pool
    target = np.full(len(features), np.nan)
    target[:5] = 1.0
    with pytest.raises(ValueError, match="one non-lens"):
        head.fit(features, target)


def test_that_improvement_needs_no_more_memory_for_more_objects_or_grades(pool, monkeypatch):
    truth, features = pool
    target = np.full(len(truth), np.nan)
    target[::7] = truth[::7]
    whole = acquire.improvement({"embedding": features, "target": target}, 0)
    monkeypatch.setattr(acquire, "CELLS", 1000)
    assert acquire.improvement({"embedding": features, "target": target}, 0) == pytest.approx(
        whole, rel=1e-6, abs=1e-12
    )
    monkeypatch.setattr(acquire, "MOST_GRADES", 10)
    fewer = acquire.improvement({"embedding": features, "target": target}, 0)
    assert np.isfinite(fewer).all()
    assert not np.allclose(fewer, whole)
