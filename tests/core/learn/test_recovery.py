"""Completeness by Einstein radius and arc S/N: counts that can be checked by hand."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from astrolens_gui.api import UserError
from astrolens_gui.core.learn import recovery
from astrolens_gui.core.learn.entries import Entry, Truth
from astrolens_gui.core.learn.metrics import clopper_pearson

LENSES, OTHERS = 60, 200


@pytest.fixture(scope="module")
def truth() -> Truth:
    is_lens = np.r_[np.ones(LENSES, bool), np.zeros(OTHERS, bool)]
    theta = np.r_[np.linspace(0.5, 2.5, LENSES), np.full(OTHERS, np.nan)]
    snr = np.r_[[np.nan], np.geomspace(2, 200, LENSES - 1), np.full(OTHERS, np.nan)]
    ids = tuple(f"o{at}" for at in range(is_lens.size))
    return Truth(Path("t.csv"), ids, is_lens, {"theta_E_arcsec": theta, "arc_snr": snr})


@pytest.fixture(scope="module")
def entry() -> Entry:
    """Finds the larger half of the lenses above all but two of the non-lenses; says nothing of the largest lens."""
    logit = np.r_[np.full(30, -5.0), np.full(30, 5.0), np.linspace(-9, 0, OTHERS)]
    logit[-2:] = 8.0
    logit[LENSES - 1] = np.nan
    return Entry("half", "table", logit)


def test_that_each_bin_counts_its_lenses_at_the_stated_fpr(truth, entry):
    theta, snr = recovery.recoveries(truth, entry, 0.01, {"theta_E_arcsec": [0.5, 1.5, 2.5]})
    assert [(bin.lenses, bin.found) for bin in theta.bins] == [(30, 0), (30, 29)]  # the unscored one is not found
    assert theta.bins[1].interval == clopper_pearson(29, 30)
    assert (theta.threshold, theta.false_positives, theta.others, theta.unknown) == (5.0, 2, OTHERS, 0)
    assert snr.unknown == 1
    assert sum(bin.lenses for bin in snr.bins) == LENSES - 1
    assert (
        recovery.recoveries(truth, entry, 0.004)[0].bins[-1].found == 0
    )  # no false positive is allowed: none is found


def test_that_bins_of_equal_number_shrink_with_the_lenses():
    values = np.linspace(0, 1, 100)
    bins = recovery.binned(values, values > 0.5)
    assert sum(bin.lenses for bin in bins) == 100
    assert {bin.lenses for bin in bins} == {12, 13}
    assert len(recovery.binned(values[:20], values[:20] > 0.5)) == 1
    (one,) = recovery.binned(np.full(7, 2.0), np.ones(7, bool))
    assert (one.lenses, one.found) == (7, 7)


def test_that_it_is_written_as_a_table_and_as_a_picture(truth, entry, tmp_path):
    made = recovery.recoveries(truth, entry, 0.01)
    recovery.write(made, tmp_path / "r.csv")
    rows = list(csv.DictReader((tmp_path / "r.csv").open()))
    assert {row["quantity"] for row in rows} == set(recovery.QUANTITIES)
    assert float(rows[0]["completeness"]) == int(rows[0]["found"]) / int(rows[0]["lenses"])
    recovery.write(made, tmp_path / "r.png")
    assert (tmp_path / "r.png").read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(UserError, match=r"\.csv, \.png"):
        recovery.write(made, tmp_path / "r.docx")
    with pytest.raises(UserError, match="can't be written"):
        recovery.write(made, tmp_path / "nowhere" / "r.csv")
    with pytest.raises(UserError, match="theta_E_arcsec or arc_snr"):
        recovery.needed([], Path("t.csv"))
