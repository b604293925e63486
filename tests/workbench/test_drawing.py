"""A generator learns from a project's own stamps, ungraded, and draws from the model that its training wrote."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits

from astrolens_gui.workbench import Workbench

pytest.importorskip("tensorflow")

HEAD = {"FILTER": "r", "CDELT1": -0.2 / 3600, "CDELT2": 0.2 / 3600, "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"}


def test_a_generator_learns_from_ungraded_stamps_and_becomes_no_champion(bench: Workbench, tmp_path):
    random = np.random.default_rng(1)
    for number in range(16):
        image = random.normal(0, 1, (40, 40)).astype(np.float32)
        fits.PrimaryHDU(image, fits.Header(HEAD)).writeto(tmp_path / f"N{number}.fits")
    bench.open(tmp_path / "p.astrolens", create={}).result(60)
    bench.import_images(sorted(tmp_path.glob("*.fits"))).result(60)
    report = bench.train("dcgan", {"epochs": 1, "batch_size": 4}).result(180)
    assert not report.champion
    assert {"nearest", "apart", "spectrum", "histogram"} <= set(report.metrics)
    assert bench.model_rows().result(10) == []
    folder = tmp_path / "p.astrolens" / "models" / report.model
    table = bench.simulate("dcgan", tmp_path / "drawn", 2, params={"model": str(folder)}).result(120)
    assert [line.split(",")[1] for line in table.read_text().splitlines()] == ["is_lens", "", ""]
