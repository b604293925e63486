"""The toy restorer passes the conformance kit, and restorers with faults are caught by name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from astrolens_gui.api import Restored
from astrolens_gui.testing import check, toy_restore
from astrolens_gui.testing.checks_restore import CHECKS
from astrolens_gui.testing.toy_restore import Smoother

NAMES = {function.__name__ for function in CHECKS}


def outcomes(spec, folder):
    found = check(spec, "astrolens_gui.testing.toy_restore", folder)
    return {one.name: (one.state, one.detail) for one in found}


def test_that_the_toy_restorer_passes(tmp_path):
    found = outcomes(toy_restore.SPEC, tmp_path)
    assert {name: detail for name, (state, detail) in found.items() if state == "failed"} == {}
    assert all(found[name][0] == "passed" for name in NAMES)


class Clipped(Smoother):
    def restore(self, batch, ctx):
        made = super().restore(batch, ctx)
        return Restored(np.clip(made.mean, -5, 5), made.sigma, made.draws)


class Global(Smoother):
    def restore(self, batch, ctx):
        made = super().restore(batch, ctx)
        return Restored(made.mean + batch.mean(axis=(1, 2), keepdims=True), made.sigma, made.draws)


class Moody(Smoother):
    def restore(self, batch, ctx):
        made = super().restore(batch, ctx)
        noise = np.random.default_rng().normal(0, 1, made.draws.shape).astype(np.float32)
        return Restored(made.mean, made.sigma, made.draws + noise)


@pytest.mark.parametrize(
    ("backend", "caught"),
    [
        (Clipped, "restored_flux_is_the_images"),
        (Global, "answers_reach_no_farther_than_the_halo"),
        (Moody, "restoring_repeats_and_survives_saving"),
    ],
)
def test_that_a_fault_is_caught(backend, caught, tmp_path):
    spec = replace(toy_restore.SPEC, factory=f"{__name__}:{backend.__name__}")
    assert outcomes(spec, tmp_path)[caught][0] == "failed"
