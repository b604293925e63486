"""A restored file keeps where and in what unit its pixels are, and says that they are no data."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits as astropy_fits
from astropy.wcs import WCS

from astrolens_gui.api import Context, InputSpec, UserError
from astrolens_gui.core.images import fits, readers, sections
from astrolens_gui.core.restore import write as writing
from astrolens_gui.core.restore.sweep import Flat, Scene, sweep

MAKER = writing.Maker("auto-1", "autoencoder", "2", "ab" * 32)


def half(batch, ctx):
    draws = np.stack([batch * 0.4, batch * 0.6], axis=1)
    return {"mean": batch * 0.5, "sigma": np.ones_like(batch), "draws": draws}


def restore(out, planes):
    images = [readers.read(plane) for plane in planes]
    spec = InputSpec(tuple(plane.band for plane in planes), None, None, "none")
    scene = Scene(tuple(sections.sheet(plane) for plane in planes), Flat.of(images))
    return images, writing.write(out, planes, sweep([scene], spec, half, Context(), halo=16), MAKER)


def header(shape, **more):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [150.1, 2.2], [shape[1] / 2, 7]
    wcs.wcs.cd = [[-1e-5, 2e-6], [2e-6, 1e-5]]
    made = wcs.to_header()
    made.update({"BUNIT": "nJy", "OBSERVER": "Leavitt", "MAGZERO": 27.5, **more})
    return made


@pytest.fixture
def one(tmp_path):
    image = np.random.default_rng(1).normal(1e-11, 1e-12, (300, 270))
    image[10:20, 5:9] = np.nan
    hdus = [
        astropy_fits.PrimaryHDU(),
        astropy_fits.CompImageHDU(image.astype(np.float32), header(image.shape), name="VIS_FLUX"),
    ]
    hdus[0].header["TELESCOP"] = "Euclid"
    astropy_fits.HDUList(hdus).writeto(tmp_path / "one.fits")
    return tmp_path / "one.fits"


def test_that_wcs_unit_and_header_stay_and_the_file_says_that_it_is_no_data(one, tmp_path):
    planes = fits.planes(one)
    images, out = restore(tmp_path / "out" / "one.fits", planes)
    with astropy_fits.open(out) as made:
        made.verify("exception")
        assert [hdu.name for hdu in made[1:]] == ["SIGMA", "SPREAD"]
        head = made[0].header
        assert (head["OBSERVER"], head["MAGZERO"], head["BUNIT"], head["TELESCOP"]) == (
            "Leavitt",
            27.5,
            "nJy",
            "Euclid",
        )
        assert head["ALRESTOR"] == "auto-1"
        assert "not data: restored by auto-1" in " ".join(map(str, head["HISTORY"]))
        assert "ab" * 32 in "".join(map(str, head["HISTORY"])) + head["ALSHA256"]
        good = np.isfinite(images[0])
        np.testing.assert_allclose(made[0].data[good], images[0][good] / 2, rtol=1e-5)
        assert np.isnan(made[0].data[~good]).all()
        np.testing.assert_allclose(made["SPREAD"].data[good], 0.2 / 2**0.5 * np.abs(images[0][good]), rtol=1e-3)
        there, here = WCS(head), fits.celestial(planes[0])
        np.testing.assert_allclose(there.all_pix2world(30, 40, 0), here.all_pix2world(30, 40, 0), atol=1e-9)
    assert [plane.shape for plane in fits.planes(out)] == [(300, 270)]  # what is no picture is not shown as one
    assert writing.restored_by(out) == "auto-1"
    assert writing.restored_by(one) == ""


def test_that_planes_of_a_cube_become_bands_with_a_flat_wcs(tmp_path):
    cube = np.random.default_rng(2).normal(0, 1, (2, 40, 50)).astype(">f4")
    head = header((40, 50), BAND1="g", BAND2="r", CTYPE3="WAVE", CRVAL3=5.0, CRPIX3=1.0, CDELT3=1.0)
    astropy_fits.PrimaryHDU(cube, head).writeto(tmp_path / "cube.fits")
    planes = fits.planes(tmp_path / "cube.fits")
    _, out = restore(tmp_path / "made.fits", planes)
    with astropy_fits.open(out) as made:
        made.verify("exception")
        assert [hdu.name for hdu in made][1:] == ["SIGMA_g", "SPREAD_g", "r", "SIGMA_r", "SPREAD_r"]
        assert WCS(made["r"].header).naxis == 2
        np.testing.assert_allclose(made["r"].data, cube[1] / 2, rtol=1e-5)
    assert [plane.band for plane in fits.planes(out)] == ["g", "r"]


def test_that_the_image_itself_is_never_overwritten_and_a_failure_leaves_nothing(one, tmp_path):
    planes = fits.planes(one)
    with pytest.raises(UserError, match="is the image itself"):
        writing.write(one, planes, [], MAKER)

    def broken():
        raise RuntimeError
        yield

    with pytest.raises(RuntimeError):
        writing.write(tmp_path / "out" / "x.fits", planes, broken(), MAKER)
    assert not list((tmp_path / "out").iterdir())


def test_that_other_weights_have_another_hash_and_a_changed_description_has_not(tmp_path):
    (tmp_path / "weights.safetensors").write_bytes(b"1")
    first = writing.weights_hash(tmp_path)
    (tmp_path / "model.json").write_text("{}")
    assert writing.weights_hash(tmp_path) == first
    (tmp_path / "weights.safetensors").write_bytes(b"2")
    assert writing.weights_hash(tmp_path) != first
