"""A drawn queue shows every object with a known probability; estimates from it are right about what nobody saw."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from astrolens_gui.core.learn import draws, estimate


def campaign(seed: int, separation: float = 3.0, pool: int = 5000, lenses: int = 60):
    """A search with three retrainings: (truth, rows, chances, logit of the last model)."""
    random = np.random.default_rng(seed)
    truth = np.arange(pool) < lenses
    logit = random.normal(size=pool) + separation * truth
    left, rows, chances = np.arange(pool), [], []
    for round_, (blur, count) in enumerate(((2.0, 150), (1.0, 150), (0.3, 200))):
        useful = (logit + blur * random.normal(size=pool))[left]
        drawn = draws.draw(draws.weights({"top": (1.0, useful)}, 0.2), seed * 10 + round_)
        rows.append(left[drawn.order[:count]])
        chances.append(drawn.chance[:count])
        left = np.delete(left, drawn.order[:count])
    return truth, np.concatenate(rows), np.concatenate(chances), logit


def test_that_the_chances_are_those_of_drawing_one_after_the_other():
    weight = np.array([1.0, 2.0, 5.0])
    seen: dict[tuple[int, ...], int] = {}
    for seed in range(4000):
        drawn = draws.draw(weight, seed)
        order = tuple(drawn.order.tolist())
        left, expected = 8.0, []
        for row in order:
            expected.append(weight[row] / left)
            left -= weight[row]
        assert np.allclose(drawn.chance, expected)
        seen[order] = seen.get(order, 0) + 1
    for order in permutations(range(3)):
        left, chance = 8.0, 1.0
        for row in order:
            chance *= weight[row] / left
            left -= weight[row]
        assert seen.get(order, 0) / 4000 == pytest.approx(chance, abs=4 * np.sqrt(chance / 4000))


def test_that_weights_follow_the_ranks_and_never_vanish():
    useful = np.array([0.1, np.nan, 9.0, 5.0])
    weight = draws.weights({"top": (1.0, useful)}, 0.1)
    assert weight.sum() == pytest.approx(1)
    assert weight[2] > weight[3] > weight[0] > weight[1] >= 0.1 / 4


def test_that_sliders_mix_wishes_by_their_shares():
    a, b = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])
    mostly_a = draws.weights({"a": (3.0, a), "b": (1.0, b)}, 0.1)
    assert mostly_a[0] > mostly_a[2]
    assert np.allclose(draws.weights({"a": (0.0, a)}, 0.1), 1 / 3), "without any wish it is a shuffle"


@pytest.mark.parametrize("share", [0.0, -0.1, 1.5])
def test_that_an_order_without_any_chance_is_refused(share):
    with pytest.raises(ValueError, match="random share"):
        draws.weights({"top": (1.0, np.ones(3))}, share)


def test_that_the_same_seed_draws_the_same_order():
    weight = draws.weights({"top": (1.0, np.arange(100.0))})
    assert np.array_equal(draws.draw(weight, 5).order, draws.draw(weight, 5).order)
    assert not np.array_equal(draws.draw(weight, 5).order, draws.draw(weight, 6).order)


def test_that_an_even_draw_gives_the_plain_share():
    pool, random = 1000, np.random.default_rng(1)
    truth = random.random(pool) < 0.3
    drawn = draws.draw(np.full(pool, 1 / pool), 3)
    rows = drawn.order[:400]
    found = estimate.Drawn(rows, drawn.chance[:400], truth[rows], np.zeros(pool)).search()
    assert found.lenses.value == pytest.approx(pool * truth[rows].mean(), rel=0.08)
    assert found.lenses.low <= truth.sum() <= found.lenses.high


def test_that_the_lenses_nobody_saw_are_counted_in_most_campaigns():
    inside, values, purity = [], [], []
    for seed in range(40):
        truth, rows, chance, logit = campaign(seed)
        drawn = estimate.Drawn(rows, chance, truth[rows], logit)
        found, listed = drawn.search(), drawn.listed(2.0)
        inside.append(found.lenses.low <= truth.sum() <= found.lenses.high)
        values.append(found.lenses.value)
        true = truth & (logit >= 2.0)
        purity.append(listed.purity.low <= true.sum() / (logit >= 2.0).sum() <= listed.purity.high)
        assert found.found == truth[rows].sum()
        assert found.completeness.low <= found.found / truth.sum() * 1.5
    assert np.mean(inside) >= 0.85
    assert np.mean(purity) >= 0.85
    assert np.mean(values) == pytest.approx(60, rel=0.12), "no bias, though the queue shows lenses first"


def learnt_by_heart(seed: int, lenses: int, pool: int = 1000) -> tuple[int, estimate.Search, estimate.Search]:
    """A pool, with and without a word on which of the grades the model knows by heart: three quarters."""
    random = np.random.default_rng(seed)
    truth = random.permutation(pool) < lenses
    logit = random.normal(size=pool) + 2.0 * truth
    drawn = draws.draw(np.full(pool, 1 / pool), seed)
    rows, held = drawn.order[:300], random.random(300) < 0.25
    learnt = rows[~held]
    logit[learnt] += np.where(truth[learnt], 8.0, -8.0)
    known = (rows, drawn.chance[:300], truth[rows].astype(float), logit)
    return lenses, estimate.Drawn(*known).search(), estimate.Drawn(*known, ~held, held).search()


def test_that_a_model_which_knows_the_grades_by_heart_does_not_spoil_the_estimate():
    found = [learnt_by_heart(seed, 100) for seed in range(60)]
    naive, mended = (np.mean([one[at].lenses.low <= one[0] <= one[at].lenses.high for one in found]) for at in (1, 2))
    assert naive < 0.7, "the trap is one"
    assert mended >= 0.85
    assert np.mean([one[2].lenses.value / one[0] for one in found]) == pytest.approx(1, abs=0.05)


def test_that_unlearnt_ranks_are_those_of_held_out_objects_of_the_class():
    logit = np.array([9.0, 8.0, 1.0, 2.0, 3.0, -9.0, -8.0, -1.0, 0.5, np.nan])
    lens = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0, 1])
    learnt = np.array([1, 1, 0, 0, 0, 1, 1, 0, 0, 1], bool)
    held = np.array([0, 0, 1, 1, 1, 0, 0, 1, 0, 0], bool)
    made = estimate.unlearnt(logit, lens, learnt, held)
    assert made[:2].tolist() == [2.5, 1.5], "the quartiles of 1, 2, 3, in their own order"
    assert np.array_equal(made[2:], logit[2:], equal_nan=True), "held out, newer, too few of a class, or unscored"


def test_that_a_list_holds_what_the_model_in_use_puts_on_it():
    logit, rows = np.array([5.0, 4.0, 3.0, -1.0, -2.0]), np.array([0, 3])
    drawn = estimate.Drawn(rows, np.array([0.5, 0.5]), np.array([1.0, 0.0]), logit)
    drawn.ranked = np.array([-3.0, -1.0])
    listed = drawn.listed(2.0)
    assert listed.size == 3
    assert listed.purity.low == pytest.approx(1 / 3), "the graded lens is on it, though its place was learnt"
    assert listed.purity.high == 1


def test_that_a_pool_wholly_graded_is_known():
    truth = np.arange(50) < 5
    drawn = draws.draw(draws.weights({"top": (1.0, -np.arange(50.0))}), 1)
    found = estimate.Drawn(drawn.order, drawn.chance, truth[drawn.order], -np.arange(50.0)).search()
    assert (found.lenses.low, found.lenses.value, found.lenses.high) == (5, 5, 5)
    assert found.completeness.value == 1


def test_that_no_grades_say_that_nothing_is_known():
    found = estimate.Drawn(np.zeros(0, int), np.zeros(0), np.zeros(0), np.zeros(10)).search()
    assert (found.lenses.low, found.lenses.high) == (0, 10)


@pytest.mark.parametrize(("rows", "chance"), [([1, 1], [0.5, 0.5]), ([1, 2], [0.0, 0.5]), ([1, 2], [0.2, 1.5])])
def test_that_draws_that_cannot_be_are_refused(rows, chance):
    with pytest.raises(ValueError, match="draw"):
        estimate.Drawn(np.array(rows), np.array(chance), np.zeros(2), np.zeros(5))
