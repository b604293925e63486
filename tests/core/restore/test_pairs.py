"""Pairs from simulations, degraded images, tables and repeats become a set that a restorer can learn from."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from astropy.io import fits
from scipy.ndimage import gaussian_filter

from astrolens_gui.api import Context, UserError
from astrolens_gui.core.restore import sources
from astrolens_gui.core.restore.pairs import Pair, open_pairs, write_pairs

HEAD = {"FILTER": "r", "CDELT1": -0.2 / 3600, "CDELT2": 0.2 / 3600, "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"}
HEAD |= {"CRVAL1": 10.0, "CRVAL2": -5.0, "CRPIX1": 20, "CRPIX2": 20}


def sky(seed, side=48):
    random = np.random.default_rng(seed)
    image = np.zeros((side, side))
    for y, x in random.uniform(8, side - 8, (6, 2)):
        image[int(y), int(x)] = random.uniform(500, 2000)
    return gaussian_filter(image, 1.6)


def save(path, image, **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    fits.PrimaryHDU(image.astype(np.float32), fits.Header({**HEAD, **more})).writeto(path)


@pytest.fixture
def simulated(tmp_path):
    random = np.random.default_rng(0)
    for seed in range(12):
        clean = sky(seed) * 1e-11
        save(tmp_path / "sim" / "clean" / f"S{seed}.fits", clean)
        for place in ("", "repeat2"):
            save(tmp_path / "sim" / place / f"S{seed}.fits", clean + random.normal(0, 1e-11, clean.shape))
    return tmp_path / "sim"


def written(out, pairs, size=48, **how):
    return write_pairs(out, pairs, size=size, seed=1, about={"how": "test"}, ctx=Context(), **how)


def test_that_simulations_give_noisy_and_clean_in_the_same_units(simulated, tmp_path):
    made = written(tmp_path / "set", sources.from_simulations(simulated))
    data = open_pairs(made.folder)
    assert (made.count, made.images, data.kind, data.input.bands, data.input.pixel_scale) == (
        12,
        12,
        "pairs",
        ("r",),
        0.2,
    )
    assert data.images.shape == data.wanted.shape == (12, 48, 48, 1)
    left = np.asarray(data.images) - np.asarray(data.wanted)
    assert left.std() == pytest.approx(1, abs=0.15)  # in units of the noise, whatever the flux's unit
    assert abs(left.mean()) < 0.15
    split = np.load(made.folder / "split.npy")
    assert made.held_out == (split == 2).sum() < 12
    assert json.loads((made.folder / "set.json").read_text())["about"] == {"how": "test"}


def test_that_repeats_pair_each_exposure_with_each_other_on_one_side_of_the_split(simulated, tmp_path):
    made = written(tmp_path / "set", sources.from_repeats(simulated))
    assert (made.count, made.images) == (24, 12)
    with (made.folder / "pairs.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    sides = {name: {row["split"] for row in rows if row["name"] == name} for name in {row["name"] for row in rows}}
    assert all(len(side) == 1 for side in sides.values())


def test_that_degraded_images_are_wanted_as_they_were(simulated, tmp_path):
    pairs = sources.from_degrading([simulated / "clean"], fwhm=0.75, to_fwhm=[1.2, 1.5], noise=[1, 2], seed=3)
    found = list(pairs)
    assert len(found) == 12
    assert {pair.note for pair in found} == {
        f"FWHM 0.75 to {worse} arcsec, noise x {factor}" for worse in ("1.2", "1.5") for factor in (1, 2)
    }
    np.testing.assert_allclose(found[0].good[..., 0], fits.getdata(simulated / "clean/S0.fits"), rtol=1e-5)
    assert found[0].poor.max() < found[0].good.max()


def test_that_a_table_of_files_is_registered_and_brought_to_one_unit(tmp_path):
    random = np.random.default_rng(1)
    truth = sky(3, 96)
    save(tmp_path / "poor.fits", gaussian_filter(truth, 1.0) + random.normal(0, 1, truth.shape) + 5)
    moved = np.roll(truth, (3, -2), (0, 1)) * 0.01 + random.normal(0, 0.002, truth.shape)
    plain = fits.PrimaryHDU(moved.astype(np.float32))
    plain.writeto(tmp_path / "good.fits")
    other = tmp_path / "other.fits"
    save(other, sky(9, 96) + random.normal(0, 1, truth.shape), CTYPE1="", CTYPE2="")
    (tmp_path / "pairs.csv").write_text("poor,good\npoor.fits,good.fits\npoor.fits,other.fits\npoor.fits,gone.fits\n")
    good, alien, gone = sources.from_table(tmp_path / "pairs.csv")
    known = np.isfinite(good.good)
    assert "moved by" in good.note
    assert good.good[known].mean() == pytest.approx(good.poor[known].mean(), rel=0.1)
    np.testing.assert_allclose(good.good[known][::50], (truth + 5)[known[..., 0]][::50], atol=6)
    assert alien.startswith("row 3: poor.fits: the two images do not show the same sky")
    assert gone.startswith("row 4: gone.fits")


def test_that_large_images_become_patches_and_neighbours_stay_on_one_side(tmp_path):
    image = np.random.default_rng(2).normal(0, 1, (400, 330, 1)).astype(np.float32)
    image[:64] = np.nan
    made = written(tmp_path / "set", [Pair("big", image, image, ("r",), 0.2)], size=64)
    rows = list(csv.DictReader((made.folder / "pairs.csv").open()))
    assert made.count == len(rows) < 30
    assert 0 < made.held_out < made.count
    assert len({(row["key"], row["split"]) for row in rows}) == len({row["key"] for row in rows})
    assert np.isfinite(open_pairs(made.folder).images).all()


def test_that_what_cannot_be_paired_is_refused_in_a_sentence(simulated, tmp_path):
    with pytest.raises(UserError, match="no images in a folder clean"):
        list(sources.from_simulations(tmp_path))
    with pytest.raises(UserError, match="48 x 48 px, the patches have 64"):
        written(tmp_path / "a", sources.from_simulations(simulated), size=64)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("mine")
    with pytest.raises(UserError, match="not empty"):
        written(tmp_path / "full", [])
    with pytest.raises(UserError, match="even number"):
        written(tmp_path / "b", [], size=33)
    with pytest.raises(UserError, match="is no set of pairs"):
        open_pairs(simulated)
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match="columns poor and good"):
        list(sources.from_table(tmp_path / "t.csv"))


def test_that_real_decam_epochs_hsc_and_hst_become_pairs(shared_data, tmp_path):
    decam = sorted((shared_data / "pairs/decam_multi_epoch").glob("*_g_*.fits"))
    folder = shared_data / "pairs/cosmos_hsc_hst"
    lines = [f"{a},{b},," for a in decam for b in decam if a != b]
    lines += [f"{folder}/Cut_HSC.fits,{folder}/Cut_HST.fits,i,"]
    (tmp_path / "t.csv").write_text("poor,good,poor_band,good_band\n" + "\n".join(lines))
    found = list(sources.from_table(tmp_path / "t.csv", bands=("g", "r", "i", "z", "y")))
    pairs = [one for one in found if isinstance(one, Pair)]
    assert len(pairs) >= 4, found
    assert found[-1].bands == ("i",)
