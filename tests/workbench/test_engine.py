"""Where models run, and what happens when a batch does not fit."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui.api import Context
from astrolens_gui.core.learn import scoring
from astrolens_gui.workbench import Workbench


def test_that_a_batch_that_does_not_fit_is_halved_and_the_size_is_kept(
    bench: Workbench, graded, monkeypatch: pytest.MonkeyPatch
):
    from astrolens_gui.workbench.choice import choose_model

    bench.train("toy").result(120)
    ids = np.arange(1, 61)
    spec, info = bench.runner.submit("io", choose_model, bench.opened, "", "", ids).result(30)
    _, images, _ = bench.runner.submit("io", bench.images.batch, ids, info.input).result(60)
    bench.settings.set("run_in", "thread")
    expected = bench.models.predictor(spec, info, "classify")(images, Context())
    honest, tried = scoring.predict, []

    def small(*, arrays, **rest):
        tried.append(len(arrays["batch"]))
        if len(arrays["batch"]) > 16:
            raise MemoryError("the card is full")
        return honest(arrays=arrays, **rest)

    monkeypatch.setattr(scoring, "predict", small)
    predict = bench.models.predictor(spec, info, "classify")
    assert np.array_equal(predict(images, Context()), expected)
    assert tried == [60, 30, 15, 15, 15, 15]
    tried.clear()
    predict(images, Context())
    assert tried == [15, 15, 15, 15]


def test_that_the_device_of_the_settings_reaches_every_job():
    from astrolens_gui.core import paths
    from astrolens_gui.core.settings import Settings

    Settings.load(paths.settings_file()).set("device", "cpu")
    with Workbench.start() as bench:
        assert bench.runner.submit("io", lambda ctx: ctx.device).result(10) == "cpu"
