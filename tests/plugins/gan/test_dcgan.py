"""The generator of stamps: it learns, draws marked files, repeats; and the figures by which its stamps are compared."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from astropy.io import fits

from astrolens_gui.api import Cancelled, Context, InputSpec, Simulates, UserError, build
from astrolens_gui.core.plugins import create
from astrolens_gui.testing.checks_restore import pair_set, skies

pytest.importorskip("tensorflow")

from astrolens_gan.drawn import distances, histogram_distance, likeness, power_spectrum
from astrolens_gan.plugin import DCGAN

SPEC = InputSpec(("g", "r"), 0.2, 34, "noise")
HOW = build(DCGAN.fit_params, {"epochs": 3, "batch_size": 16})


def made(**params):
    return create(DCGAN.factory, build(DCGAN.params, {"width": 4, "latent": 8, **params}))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    backend = made()
    report = backend.fit(pair_set(tmp_path_factory.mktemp("dcgan") / "set", SPEC, 60), HOW, Context(seed=2))
    folder = tmp_path_factory.mktemp("saved")
    backend.save(folder)
    return backend, report, folder


def test_it_learns_and_says_how_like_the_training_its_stamps_are(trained):
    backend, report, _ = trained
    assert isinstance(backend, Simulates)
    assert {"loss", "adversary", "nearest", "apart", "spectrum", "histogram"} <= set(report.epochs[-1])
    stamps = backend.draw(5, Context(seed=1))
    assert stamps.shape == (5, 32, 32, 2)
    assert distances(stamps, stamps)[0, 1] > 0


def test_its_files_say_that_they_are_not_data_and_its_table_claims_no_class(trained, tmp_path):
    backend = made(model=str(trained[2]))
    table = backend.simulate(tmp_path / "a", 3, Context(seed=4))
    with table.open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["is_lens"] for row in rows] == ["", "", ""]
    with fits.open(table.parent / f"{rows[2]['ID']}.fits") as file:
        assert [each.name for each in file[1:]] == ["G", "R"]
        assert all("not data" in str(each.header["HISTORY"]) for each in file)
        np.testing.assert_array_equal(file[2].data, trained[0].draw(3, Context(seed=4))[2, ..., 1])
    again = trained[0].simulate(tmp_path / "b", 3, Context(seed=4))
    for path in sorted(table.parent.iterdir()):
        assert path.read_bytes() == (again.parent / path.name).read_bytes()
    with pytest.raises(UserError, match="already exists"):
        backend.simulate(tmp_path / "a", 3, Context())


def test_what_it_cannot_do_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="name the folder"):
        made().simulate(tmp_path / "x", 1, Context())
    (tmp_path / "weights.safetensors").write_bytes(b"none")
    with pytest.raises(UserError, match=r"weights\.safetensors"):
        made().load(tmp_path)
    data = pair_set(tmp_path / "set", SPEC, 10)
    with pytest.raises(Cancelled):
        made().fit(data, HOW, Context(is_cancelled=lambda: True))


def test_the_power_spectrum_of_white_noise_is_flat_and_of_a_wave_one_ring():
    noise = np.random.default_rng(0).normal(0, 2, (200, 32, 32, 1))
    np.testing.assert_allclose(power_spectrum(noise), 4, rtol=0.1)
    wave = np.cos(2 * np.pi * 5 * np.arange(32) / 32)[None, :, None, None] * np.ones((1, 32, 32, 1))
    assert power_spectrum(wave)[:, 0].argmax() == 4


def test_the_distance_of_histograms_is_that_of_kolmogorov_and_smirnov():
    from scipy.stats import ks_2samp

    random = np.random.default_rng(3)
    a, b = random.normal(0, 1, 300), random.normal(0.4, 1.2, 500)
    assert histogram_distance(a, b) == pytest.approx(ks_2samp(a, b).statistic)


def test_copies_and_a_single_stamp_over_and_over_are_told_from_fresh_ones():
    real, fresh = (skies(40, SPEC, seed)[0] for seed in (1, 2))
    good, copied, collapsed = (likeness(each, real) for each in (fresh, real[:20] + 0.01, fresh[:1].repeat(20, 0)))
    assert 0.7 < good.nearest / good.nearest_real < 1.3
    assert 0.7 < good.apart / good.apart_real < 1.3
    assert copied.nearest < 0.1 * copied.nearest_real
    assert collapsed.apart < 0.1 * collapsed.apart_real
    assert good.spectrum < 0.2 < likeness(3 * fresh, real).spectrum
    assert good.histogram < 0.1
