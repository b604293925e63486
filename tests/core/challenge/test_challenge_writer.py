"""What we write as the challenge's is what the challenge's readers, ours among them, get back."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from challenge_files import image

from astrolens_gui.api import Plane, UserError
from astrolens_gui.core.challenge import folders, layout, truth, write
from astrolens_gui.core.images import readers

SIDE = 101
TRUTH = (
    "ID,is_lens,class,theta_E_arcsec,arc_snr,arc_pixels,ra_deg,dec_deg\n"
    "sim0001_000000,1,lens,1.5,44.6,120,150.25,-2.5\nsim0001_000001,0,ring,,,,,\nsim0001_000002,0,star,,,,,\n"
)


def simulation(folder: Path, bands: tuple[str, ...], scale: float, zero_point: float = 0.0) -> dict[str, np.ndarray]:
    """Two stamps as astrolens simulate writes them, of three in the table; {ID/band: pixels}."""
    pixels = {}
    for number in range(2):
        hdus = [fits.PrimaryHDU()]
        for band in bands:
            data = np.random.default_rng([number, *band.encode()]).normal(0, 2e-12, (SIDE, SIDE)).astype(np.float32)
            if len(bands) == 4:
                data[:4] = np.nan
            header = fits.Header({"EXTNAME": band, "FILTER": band, "MAGZERO": zero_point})
            header.update({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 10.0, "CRVAL2": -3.0})
            header.update({"CRPIX1": 51.0, "CRPIX2": 51.0, "CDELT1": -scale / 3600, "CDELT2": scale / 3600})
            hdus.append(fits.ImageHDU(data, header))
            pixels[f"{100000 + number}/{band}"] = data
        (folder / "field_0000").mkdir(parents=True, exist_ok=True)
        fits.HDUList(hdus).writeto(folder / "field_0000" / f"sim0001_{number:06d}.fits")
    (folder / "truth.csv").write_text(TRUTH)
    return pixels


@pytest.mark.parametrize(("bands", "scale"), [(("u", "g", "r", "i"), 0.2), (("VIS",), 0.1)])
def test_that_pixels_and_truth_survive_the_way_there_and_back(tmp_path: Path, bands: tuple[str, ...], scale: float):
    pixels = simulation(tmp_path / "sim", bands, scale)
    out = tmp_path / "GroundBasedTraining"
    table = write.tables(out, write.convert(tmp_path / "sim", out))
    notes: list[str] = []
    found = {one.name: one for one in folders.scan(out, layout.find(out), notes)}
    assert list(found) == ["100000", "100001"]
    for name, one in found.items():
        assert [plane["band"] for plane in one.planes] == list(bands)
        assert one.pixel_scale == pytest.approx(scale, rel=1e-6)
        for plane in one.planes:
            back = readers.read(Plane.from_dict(plane, tmp_path / plane["path"]))
            np.testing.assert_array_equal(back, pixels[f"{name}/{plane['band']}"])
    assert truth.read_truth(table) == {"100000": True, "100001": False}
    assert truth.read(table).theta_e_arcsec["100000"] == pytest.approx(1.5, rel=1e-4)
    assert truth.read(out / "truth.csv").is_lens == truth.read_truth(table)
    assert len(notes) == 1


def test_that_the_files_are_named_and_made_as_the_released_ones(tmp_path: Path):
    simulation(tmp_path / "sim", ("u", "g", "r", "i"), 0.2)
    write.convert(tmp_path / "sim", tmp_path / "out")
    for band, place in (("R", "Band1"), ("I", "Band2"), ("G", "Band3"), ("U", "Band4")):
        ours = fits.open(tmp_path / "out" / "Public" / place / f"imageSDSS_{band}-100000.fits")
        ours.verify("exception")
        image(tmp_path / "genuine.fits", band, 5.5556e-5)
        theirs = fits.getheader(tmp_path / "genuine.fits")
        (tmp_path / "genuine.fits").unlink()
        head = ours[0].header
        assert len(ours) == 1
        assert (head["RA"], head["DEC"]) == (150.25, -2.5)
        for key in ("BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "CRPIX1", "CRPIX2", "CRVAL1", "CRVAL2", "NX", "NY"):
            assert head[key] == theirs[key], key
        for key in ("CDELT1", "CDELT2", "range x"):
            assert head[key] == pytest.approx(theirs[key], rel=1e-4)
        assert "CTYPE1" not in head
        assert (ours[0].data[:4] == 100).all()
        assert np.abs(ours[0].data[4:]).max() < 1e-10


def test_that_the_table_has_the_challenges_columns_and_zeros_for_non_lenses(tmp_path: Path):
    simulation(tmp_path / "sim", ("VIS",), 0.1)
    out = tmp_path / "out"
    write.tables(out, write.convert(tmp_path / "sim", out, first=5))
    with (out / "classifications.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    area = f"{math.pi * 1.5**2 * (math.pi / 648000) ** 2:.6g}"
    assert [list(row.values()) for row in rows] == [["100005", "1", area, "120", "45"], ["100006", "0", "0", "0", "0"]]
    assert list(rows[0]) == ["ID", "is_lens", "Einstein_area", "numb_pix_lensed_image", "flux_lensed_image_in_sigma"]


def test_that_fluxes_of_another_zero_point_are_brought_to_the_challenges(tmp_path: Path):
    pixels = simulation(tmp_path / "sim", ("VIS", "Y"), 0.1, zero_point=25.0)
    write.convert(tmp_path / "sim", tmp_path / "out")
    data = fits.getdata(tmp_path / "out" / "Public" / "EUC_Y" / "imageEUC_Y-100000.fits")
    np.testing.assert_allclose(data, pixels["100000/Y"] * 1e-10, rtol=1e-6)


def test_that_bands_of_no_challenge_and_folders_without_truth_are_refused(tmp_path: Path):
    simulation(tmp_path / "sim", ("g", "z"), 0.2)
    with pytest.raises(UserError, match="no challenge had the bands g, z; simulate a survey of VIS"):
        write.convert(tmp_path / "sim", tmp_path / "out")
    with pytest.raises(UserError, match="name a folder that astrolens simulate wrote"):
        write.convert(tmp_path, tmp_path / "out2")
