"""Arcs painted into cutouts that somebody has: what is added, what stays, and what the table says of both."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np
import pytest
from astrolens_simulator import hosts
from astrolens_simulator.painter import COLUMNS, Painter, galaxy
from astrolens_simulator.plugin import PainterParams
from astrolens_simulator.surveys import surveys
from astropy.io import fits

from astrolens_gui.api import Cancelled, Context, UserError

SIDE = 48


def cutout(path: Path, number: int, *, scale: float | None = 0.1, bands=("VIS", "Y"), nan: int = 3) -> Path:
    """A Euclid-like file: fluxes, PSFs and RMS maps of two bands, a galaxy and noise, a strip without value, a table."""
    rng = np.random.default_rng(number)
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    hdus: list = [fits.PrimaryHDU()]
    for band in bands:
        data = rng.normal(0, 0.003, (SIDE, SIDE)) + 0.3 * np.exp(-np.hypot(x, y / 0.7) / 3)
        data[:nan] = np.nan
        header = fits.Header({"FILTER": band, "MAGZERO": 24.6, "OBSERVER": "somebody"})
        if scale:
            header.update({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 10.0, "CRVAL2": -5.0, "CRPIX1": 24.5})
            header.update({"CRPIX2": 24.5, "CD1_1": -scale / 3600, "CD2_2": scale / 3600})
        hdus.append(fits.ImageHDU(data.astype(np.float32), header, name=f"{band}_FLUX"))
        psf = np.exp(-np.hypot(*np.mgrid[-6:7, -6:7]) / (0.8 if band == "VIS" else 2.5))
        hdus.append(fits.ImageHDU(psf.astype(np.float32), fits.Header({"FILTER": band}), name=f"{band}_PSF"))
        hdus.append(fits.ImageHDU(np.full((SIDE, SIDE), 0.003, np.float32), name=f"{band}_RMS"))
    hdus.append(fits.BinTableHDU.from_columns([fits.Column("n", "J", array=[number])], name="NOTES"))
    path.parent.mkdir(parents=True, exist_ok=True)
    fits.HDUList(hdus).writeto(path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mine")
    for number in range(10):
        cutout(folder / f"tile_{number // 5}" / f"src{number}.fits", number)
    return folder


def paint(
    out: Path, folder: Path | str, count: int = 100, seed: int = 4, first: int | None = None, **values
) -> list[dict[str, str]]:
    painter = Painter(PainterParams(into=str(folder), **values))
    with painter.simulate(out, count, Context(seed=seed), first=first).open() as stream:
        return list(csv.DictReader(stream))


def found(out: Path, row: dict[str, str]) -> Path:
    (path,) = out.rglob(f"{row['ID']}.fits")
    return path


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def painted(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, str]]]:
    out = tmp_path_factory.mktemp("painted")
    return out, paint(out, folder)


def test_that_each_cutout_comes_once_painted_or_not_and_the_table_says_which(painted, folder: Path):
    out, rows = painted
    assert tuple(rows[0]) == COLUMNS
    assert sorted(row["source"] for row in rows) == sorted(path.stem for path in folder.rglob("*.fits"))
    assert {row["field"] for row in rows} == {"tile_0", "tile_1"}
    kinds = {row["is_lens"] for row in rows}
    assert kinds == {"0", "1"}
    for row in rows:
        assert row["is_golden"] == row["is_lens"]
        assert (row["class"] == "lens") == (row["theta_E_arcsec"] != "") == (row["is_lens"] == "1")
        assert float(row["ra_deg"]) == pytest.approx(10.0, abs=1e-3)
        assert found(out, row).parent.name == row["field"]


def test_that_only_light_within_reach_is_added_and_all_else_stays(painted, folder: Path):
    out, rows = painted
    for row in rows:
        with fits.open(next(folder.rglob(f"{row['source']}.fits"))) as before, fits.open(found(out, row)) as after:
            after.verify("exception")
            assert [hdu.name for hdu in before] == [hdu.name for hdu in after]
            for old, new in zip(before, after, strict=True):
                for card in old.header.cards:
                    assert new.header[card.keyword] == card.value, card.keyword
                if old.name.endswith("_FLUX"):
                    assert new.data.dtype == old.data.dtype
                    assert (np.isnan(old.data) == np.isnan(new.data)).all()
                    change = np.nan_to_num(new.data) - np.nan_to_num(old.data)
                    assert (change.min() >= -1e-6) & ((change.max() > 0.003) == (row["is_lens"] == "1"))
                    assert row["is_lens"] == "1" or not change.any()
                elif old.data is not None:
                    assert (old.data == new.data).all()
            said = str(after[0].header["HISTORY"])
            assert ("NOT REAL" in said) == (row["is_lens"] == "1")


def test_that_the_arc_has_the_signal_to_noise_that_the_table_says(folder: Path, tmp_path: Path):
    rows = paint(tmp_path, folder, fraction=1.0, arc_snr_low=80, arc_snr_high=90, theta_e_low=0.8, theta_e_high=0.9)
    for row in rows:
        assert 80 <= float(row["arc_snr"]) <= 90
        assert 0.8 <= float(row["theta_E_arcsec"]) <= 0.9
        total = 0.0
        with fits.open(next(folder.rglob(f"{row['source']}.fits"))) as before, fits.open(found(tmp_path, row)) as after:
            for image in hosts.images([before], [Path("x")], surveys()["euclid_vyjh"], None, 0, ""):
                arc = np.nan_to_num(after[image.hdu].data.astype(float) - image.pixels)
                total += float(np.sum((arc / image.sigma) ** 2))
        assert np.sqrt(total) == pytest.approx(float(row["arc_snr"]), rel=0.05)  # its own shot noise apart


def test_that_the_files_own_psf_blurs_the_arc(folder: Path, tmp_path: Path):
    (row,) = paint(
        tmp_path, folder, 1, fraction=1.0, theta_e_low=0.8, theta_e_high=0.8, arc_snr_low=2000, arc_snr_high=2000
    )
    with fits.open(next(folder.rglob(f"{row['source']}.fits"))) as before, fits.open(found(tmp_path, row)) as after:
        arcs = [np.nan_to_num(after[f"{band}_FLUX"].data - before[f"{band}_FLUX"].data) for band in ("VIS", "Y")]
    sharp, smooth = (float((arc**2).sum() / arc.sum() ** 2) for arc in arcs)
    assert sharp > 1.5 * smooth


def test_that_the_same_seed_gives_the_same_bytes_in_any_parts(painted, folder: Path, tmp_path: Path):
    out, rows = painted
    again, halves = paint(tmp_path / "again", folder), tmp_path / "halves"
    parts = [paint(halves / str(first), folder, 5, first=first) for first in (0, 5)]
    assert again == rows == parts[0] + parts[1]
    assert digest(tmp_path / "again") == digest(out)
    whole = {name: sum_ for name, sum_ in digest(out).items() if name != "truth.csv"}
    assert {name.partition("/")[2]: sum_ for name, sum_ in digest(halves).items() if "truth" not in name} == whole
    assert {row["source"] for row in paint(tmp_path / "other", folder, 5, seed=9)} != {
        row["source"] for row in parts[0]
    }


def test_that_bands_in_folders_of_their_own_are_one_object(tmp_path: Path):
    for band in ("g", "r"):
        data = np.random.default_rng(1).normal(0, 2e-12, (40, 44)).astype(np.float32)
        header = fits.Header({"PIXSCALE": 0.2})
        (tmp_path / "mine" / band).mkdir(parents=True)
        fits.PrimaryHDU(data, header).writeto(tmp_path / "mine" / band / "a.fits")
    (row,) = paint(tmp_path / "out", tmp_path / "mine", survey="kids_ugri", fraction=1.0, blind=True)
    assert row["bands"] == "g r"
    for band in ("g", "r"):
        with fits.open(tmp_path / "out" / band / f"{row['ID']}.fits") as new:
            assert (new[0].data - fits.getdata(tmp_path / "mine" / band / "a.fits")).max() > 2e-12
            assert "NOT REAL" not in str(new[0].header["HISTORY"])


def test_that_the_galaxys_place_and_shape_are_found():
    y, x = np.mgrid[:61, :61] - 30.0
    cos, sin = np.cos(0.6), np.sin(0.6)
    along, across = cos * (x - 2) + sin * (y + 1), cos * (y + 1) - sin * (x - 2)
    light = 50 * np.exp(-np.hypot(along, across / 0.6) / 6) + np.random.default_rng(0).normal(0, 0.1, x.shape)
    hdus = fits.HDUList([fits.PrimaryHDU(light, fits.Header({"FILTER": "VIS", "PIXSCALE": 0.1}))])
    (image,) = hosts.images([hdus], [Path("x.fits")], surveys()["euclid_vis"], None, 0, "")
    at_x, at_y, q, angle = galaxy(image)
    assert (at_x, at_y) == pytest.approx((2, -1), abs=0.3)
    assert q == pytest.approx(0.6, abs=0.05)
    assert angle == pytest.approx(0.6, abs=0.05)


def test_that_bad_cutouts_are_left_out_and_bad_wishes_are_one_sentence(folder: Path, tmp_path: Path):
    mixed = tmp_path / "mixed"
    cutout(mixed / "good.fits", 1)
    (mixed / "broken.fits").write_bytes(b"SIMPLE  =")
    assert [row["source"] for row in paint(tmp_path / "m", mixed)] == ["good"]
    cutout(tmp_path / "scaleless" / "a.fits", 1, scale=None)
    cutout(tmp_path / "bandless" / "a.fits", 1, bands=("Q",))
    (tmp_path / "empty").mkdir()
    for into, values, words in (
        ("nowhere", {}, "there is no such folder of cutouts"),
        ("empty", {}, "there is no FITS file in it"),
        ("scaleless", {}, "its header gives no pixel scale; say it with --pixel-scale"),
        ("bandless", {}, "no image in it names a known band"),
        ("mixed", {"theta_e_low": 3.0, "theta_e_high": 2.0}, "the lowest Einstein radius, 3, is above the highest, 2"),
        ("mixed", {"psf": str(tmp_path / "none.fits")}, "not a readable FITS image"),
    ):
        with pytest.raises(UserError, match=words) as error:
            paint(tmp_path / "never", tmp_path / into, fraction=1.0, **values)
        assert "\n" not in str(error.value)
    assert len(paint(tmp_path / "s", tmp_path / "scaleless", pixel_scale=0.1)) == 1


@pytest.mark.parametrize("fraction", [0.0, 1.0])
def test_that_what_can_take_no_arc_is_left_out_of_both_kinds(tmp_path: Path, fraction: float):
    cutout(tmp_path / "mine" / "blank.fits", 1, nan=SIDE)
    cutout(tmp_path / "mine" / "coarse.fits", 2, scale=0.005)  # too few arcsec for the smallest Einstein radius
    cutout(tmp_path / "mine" / "good.fits", 3)
    assert [row["source"] for row in paint(tmp_path / "out", tmp_path / "mine", fraction=fraction)] == ["good"]


def test_that_a_cancelled_painting_leaves_a_table_of_what_is_there(folder: Path, tmp_path: Path):
    asked = iter((False, True))
    painter = Painter(PainterParams(into=str(folder)))
    with pytest.raises(Cancelled):
        painter.simulate(tmp_path, 10, Context(seed=1, is_cancelled=lambda: next(asked)))
    with (tmp_path / "truth.csv").open() as stream:
        names = {row["ID"] for row in csv.DictReader(stream)}
    assert len(names) == 4
    assert names == {path.stem for path in tmp_path.rglob("*.fits")}


@pytest.mark.parametrize(
    ("where", "survey", "bands"),
    [
        ("lenses/euclid_q1", "euclid_vyjh", "u g r VIS z Y J H"),
        ("formats/euclid_mef", "euclid_vyjh", "VIS Y J H"),
        ("nonlenses/gama_kids_r", "kids_ugri", "r"),
        ("nonlenses/desi_hst_f140w_neighbours", "hst_f814w", "F140W"),
    ],
)
def test_that_real_cutouts_are_painted(shared_data: Path, tmp_path: Path, where: str, survey: str, bands: str):
    rows = paint(tmp_path, shared_data / where, survey=survey, fraction=1.0)
    assert len(rows) == len(list((shared_data / where).rglob("*.fits")))
    assert bands in {row["bands"] for row in rows}
    for row in rows:
        with (
            fits.open(found(tmp_path, row)) as new,
            fits.open(next((shared_data / where).rglob(f"{row['source']}.fits"))) as old,
        ):
            new.verify("silentfix")
            assert len(new) == len(old)
            changed = [
                n
                for n, hdu in enumerate(old)
                if hdu.data is not None and not np.array_equal(hdu.data, new[n].data, equal_nan=True)
            ]
            assert len(changed) == len(row["bands"].split())


def test_that_a_part_of_a_run_may_come_out_empty_but_not_the_whole(tmp_path: Path):
    """Divided over processes, one part may hold nothing but cutouts that are too small."""
    into = tmp_path / "into"
    into.mkdir()
    fits.PrimaryHDU(np.ones((4, 4), np.float32)).writeto(into / "small.fits")
    params = PainterParams(into=str(into))
    table = Painter(params).simulate(tmp_path / "part", 5, Context(), first=0)
    assert len(table.read_text().splitlines()) == 1
    with pytest.raises(UserError, match="no cutout can be painted"):
        Painter(params).simulate(tmp_path / "whole", 5, Context())
