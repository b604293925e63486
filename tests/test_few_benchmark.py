"""The benchmark of six labels: whose field gave a label is never ranked, and the areas are those of the metrics."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from astrolens_gui.api import UserError
from astrolens_gui.core.learn import metrics

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
TRUTH = np.arange(20) < 9
FIELDS = np.array([f"f{place % 7}" for place in range(20)])


@pytest.fixture(scope="module")
def few():
    sys.path.insert(0, str(BENCHMARKS))
    try:
        yield importlib.import_module("real_few")
    finally:
        sys.path.remove(str(BENCHMARKS))


def test_that_no_field_gives_both_a_label_and_a_tested_stamp(few):
    draws = few.draws_of(TRUTH, FIELDS, 10, 1)
    assert len(draws) == 10
    for draw in draws:
        assert TRUTH[draw.learnt].sum() == few.LABELS == (~TRUTH[draw.learnt]).sum()
        assert not set(FIELDS[draw.learnt]) & set(FIELDS[draw.tested])
    with pytest.raises(UserError, match="too few fields"):
        few.draws_of(TRUTH, np.full(20, "one"), 2, 1)


def test_that_the_areas_are_the_metrics_own_and_ties_count_half(few):
    random = np.random.default_rng(3)
    draws = few.draws_of(TRUTH, FIELDS, 5, 1)
    scores = [np.round(random.normal(size=20), 0) for _ in draws]
    found = few.areas(TRUTH, draws, scores, np.ones((1, 20)))[0]
    wanted = [metrics.auroc(TRUTH[draw.tested], score[draw.tested]) for draw, score in zip(draws, scores, strict=True)]
    assert found == pytest.approx(wanted)
    twice = np.ones(20)
    twice[draws[0].tested[0]] = 2  # drawn twice: as if it stood twice in the list
    rows = np.r_[draws[0].tested, draws[0].tested[0]]
    assert few.areas(TRUTH, draws[:1], scores[:1], twice[None])[0, 0] == pytest.approx(
        metrics.auroc(TRUTH[rows], scores[0][rows])
    )


def test_that_a_better_way_is_said_to_be_better_and_the_same_way_to_be_the_same(few):
    draws = few.draws_of(TRUTH, FIELDS, 10, 1)
    random = np.random.default_rng(4)
    poor, good = random.normal(size=20), TRUTH + 0.1 * random.normal(size=20)
    found = few.compared(TRUTH, FIELDS, draws, {"before": [poor] * 10, "after": [good] * 10, "again": [poor] * 10})
    assert found["after"]["change"] > 0.2
    assert found["after"]["AUROC_ci"][0] > 0.9
    assert found["again"]["change_ci"] == (0.0, 0.0)


def test_that_lenses_and_neighbours_of_one_frame_share_a_field(few):
    assert few.field_of("102020057_NEG582019329494705421") == few.field_of("102020057_05421_n1")
    assert few.field_of("DESIJ1205+4110") == few.field_of("DESIJ1205+4110_n1") != few.field_of("DESIJ1225-0725")
    assert few.field_of("J0414209-494103_example") == few.field_of("J0414209-_ample_n0")
    with pytest.raises(UserError, match="which field"):
        few.field_of("_")
