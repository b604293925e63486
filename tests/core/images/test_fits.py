"""The reader on real files and on made ones, against astropy's arrays."""

from __future__ import annotations

import gzip
import warnings
from pathlib import Path

import numpy as np
import pytest

from astrolens_gui.core.images import fits
from astrolens_gui.core.images.fits import ImageError, Plane

REFUSED = {
    "ascii.fits": "table",
    "blank.fits": "1 x 1",
    "random_groups.fits": "random groups",
    "table.fits": "table",
    "verify.fits": "no image",
    "zerowidth.fits": "777777701 x 0",
    "DESIJ1501+5208_F140W.h5": "HDF5",
    "hsc_cosmos_35.npz": "npz",
}


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_that_every_real_file_opens_or_is_refused_in_one_sentence(shared_data):
    opened, refused = 0, {}
    for path in files(shared_data):
        try:
            found = fits.inspect(path)
        except ImageError as error:
            refused[path.name] = str(error)
            continue
        for plane in found.planes:
            pixels = fits.read(plane)
            assert pixels.shape == plane.shape
            assert pixels.dtype == np.float32
            assert pixels.dtype.isnative
            assert pixels.flags.c_contiguous
            assert np.isfinite(pixels).any()
        opened += 1
    assert opened >= 100
    for name, sentence in refused.items():
        assert sentence.startswith(name), sentence
        assert "\n" not in sentence, sentence
        assert len(sentence) > len(name) + 12, sentence
    fits_like = {name for name in refused if name.endswith((".fits", ".gz", ".Z", ".h5", ".npz"))}
    assert fits_like == set(REFUSED)
    for name, word in REFUSED.items():
        assert word in refused[name], refused[name]


def test_that_every_plane_equals_astropys_array(shared_data):
    from astropy.io import fits as afits

    compared = 0
    for path in files(shared_data):
        if path.name.endswith(".Z") or not path.name.endswith((".fits", ".gz")):
            continue
        try:
            planes = fits.planes(path)
        except ImageError:
            continue
        with warnings.catch_warnings(), afits.open(path, memmap=False) as file:
            warnings.simplefilter("ignore")
            for plane in planes:
                scaled = any(key in file[plane.hdu].header for key in ("BSCALE", "BZERO", "BLANK"))
                theirs = np.asarray(file[plane.hdu].data)
                theirs = theirs.reshape(-1, *theirs.shape[-2:])[plane.plane or 0]
                ours = fits.read(plane)
                if scaled:  # astropy computes in float32, we in float64
                    np.testing.assert_allclose(ours, theirs.astype(np.float64), rtol=1e-6)
                else:
                    np.testing.assert_array_equal(ours, theirs.astype(np.float32))
                compared += 1
    assert compared > 150


def test_that_psf_and_rms_extensions_of_a_euclid_file_are_not_science(shared_data):
    found = fits.inspect(shared_data / "formats/euclid_mef/102020057_NEG582019329494705421_full.fits")
    assert [plane.band for plane in found.planes] == ["VIS", "Y", "J", "H"]
    assert [plane.hdu for plane in found.planes] == [1, 4, 7, 10]
    assert {name for name, _ in found.not_shown} == {
        f"{b}_{k}" for b in ("VIS", "NIR_Y", "NIR_J", "NIR_H") for k in ("PSF", "RMS")
    }
    assert all(plane.pixel_scale == pytest.approx(0.1) for plane in found.planes)


def test_that_a_25_hdu_file_gives_space_and_ground_bands_by_name(shared_data):
    planes = fits.planes(shared_data / "lenses/euclid_q1/EUCLJ174517.55+655612.5.fits")
    assert [plane.band for plane in planes] == ["u", "g", "r", "VIS", "z", "Y", "J", "H"]


def test_that_only_the_first_of_several_nameless_images_is_science(shared_data):
    found = fits.inspect(shared_data / "formats/mef_noname/slacs_5_03_sci_wht_psf.fits")
    assert [(plane.hdu, plane.band) for plane in found.planes] == [(1, "")]
    assert [extension for extension, _ in found.not_shown] == ["2", "3"]


def test_that_an_empty_primary_header_lends_its_filter(shared_data):
    (plane,) = fits.planes(shared_data / "fields/decam_z_c4d_170316.fits")
    assert (plane.hdu, plane.band, plane.shape) == (1, "z", (251, 245))


def test_that_a_cube_without_band_names_is_unnamed_planes_with_a_sky(shared_data):
    planes = fits.planes(shared_data / "pairs/cosmos_hsc_hst/Cut_HSC.fits")
    assert [(plane.plane, plane.band) for plane in planes] == [(n, "") for n in range(5)]
    assert fits.celestial(planes[0]) is not None
    assert len({fits.read(plane).tobytes() for plane in planes}) == 5


def test_that_fluxes_of_1e_minus_11_survive(shared_data):
    pixels = fits.read(fits.planes(shared_data / "fields/kids_r.fits")[0])
    assert 0 < np.nanmax(np.abs(pixels)) < 1e-8


def test_that_a_lzw_packed_file_gives_the_pixels_of_its_unpacked_bytes(shared_data, tmp_path):
    import uncompresspy
    from astropy.io import fits as afits

    packed = shared_data / "formats/astropy/lzw.fits.Z"
    with uncompresspy.LZWFile(packed) as file:
        (tmp_path / "lzw.fits").write_bytes(file.read())
    expected = afits.getdata(tmp_path / "lzw.fits").astype(np.float32)
    np.testing.assert_array_equal(fits.read(fits.planes(packed)[0]), expected)


def test_that_blank_pixels_become_nan_and_scaling_is_applied(write):
    path = write("a.fits", np.arange(-6, 6, dtype=np.int16).reshape(3, 4))
    raw = path.read_bytes()
    cards = [b"BSCALE  =                  0.5", b"BZERO   =                 10.0", b"BLANK   =                   -6"]
    end = raw.index(b"END" + b" " * 77)
    path.write_bytes(
        raw[:end] + b"".join(card.ljust(80) for card in (*cards, b"END")).ljust(2880 - end % 2880) + raw[2880:]
    )
    pixels = fits.read(fits.planes(path)[0])
    expected = np.arange(-6, 6, dtype=np.float32).reshape(3, 4) * 0.5 + 10
    expected[0, 0] = np.nan
    np.testing.assert_array_equal(pixels, expected)


@pytest.mark.parametrize(
    "dtype", [np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.float32, np.float64]
)
def test_that_every_stored_type_gives_the_same_values(write, dtype):
    data = (np.arange(30) * 3).reshape(5, 6).astype(dtype)
    np.testing.assert_array_equal(fits.read(fits.planes(write("a.fits", data))[0]), data.astype(np.float32))


def test_that_two_detectors_in_one_filter_are_kept_apart(write):
    image = np.ones((8, 8), np.float32)
    detectors = write("d.fits", None, [("N2", image, {}), ("N3", image, {})], FILTER="z DECam SDSS c0004 9260.0 1520.0")
    assert [plane.band for plane in fits.planes(detectors)] == ["z N2", "z N3"]
    cameras = write(
        "c.fits", None, [("A_FLUX", image, {"FILTER": "MEGACAM_r"}), ("B_FLUX", image, {"FILTER": "HSC_r"})]
    )
    assert [plane.band for plane in fits.planes(cameras)] == ["MEGACAM_r", "HSC_r"]


def test_that_the_folder_names_the_band_only_if_the_header_does_not(write):
    image = np.ones((8, 8), np.float32)
    assert fits.planes(write("i/x.fits", image))[0].band == "i"
    assert fits.planes(write("i/y.fits", image, FILTER="HSC_g"))[0].band == "g"
    assert fits.planes(write("stamps/z.fits", image))[0].band == ""


def test_that_a_file_of_only_a_psf_is_refused(write):
    path = write("p.fits", None, [("VIS_PSF", np.ones((21, 21), np.float32), {})])
    with pytest.raises(ImageError, match=r"p\.fits\[VIS_PSF\]: .*PSF"):
        fits.planes(path)


def test_that_a_truncated_extension_leaves_the_others_readable(write):
    image = np.arange(4096, dtype=np.float32).reshape(64, 64)
    path = write("t.fits", image, [("Y_FLUX", image, {})])
    path.write_bytes(path.read_bytes()[:-9000])
    found = fits.inspect(path)
    assert [plane.hdu for plane in found.planes] == [0]
    assert "truncated" in found.not_shown[0][1]
    with pytest.raises(ImageError, match="truncated"):
        fits.read(Plane(str(path), 1, None, "Y", (64, 64)))


def test_that_a_file_that_became_another_one_says_so(write):
    (plane,) = fits.planes(write("a.fits", np.ones((20, 30), np.float32)))
    write("a.fits", np.ones((10, 10), np.float32))
    with pytest.raises(ImageError, match=r"a\.fits\[0\]: it has changed.*30 x 20.*import it again"):
        fits.read(plane)


def test_that_a_missing_file_is_an_image_error(tmp_path):
    with pytest.raises(ImageError, match=r"gone\.fits: can't be read: No such file"):
        fits.planes(tmp_path / "gone.fits")


def test_that_gzip_is_unpacked_and_damaged_gzip_refused(write, tmp_path):
    data = np.random.default_rng(0).normal(size=(40, 50)).astype(np.float32)
    packed = gzip.compress(write("a.fits", data).read_bytes())
    (tmp_path / "b.fits.gz").write_bytes(packed)
    np.testing.assert_array_equal(fits.read(fits.planes(tmp_path / "b.fits.gz")[0]), data)
    (tmp_path / "c.fits.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(ImageError, match="truncated"):
        fits.planes(tmp_path / "c.fits.gz")


def test_that_reading_planes_together_gives_what_reading_them_one_by_one_gives(shared_data):
    for name in (
        "lenses/euclid_q1/J0331163-274757_group.fits",
        "formats/astropy/test0.fits",
        "pairs/cosmos_hsc_hst/Cut_HSC.fits",
    ):
        planes = fits.planes(shared_data / name)[::-1]
        for together, alone in zip(fits.read_all(planes), map(fits.read, planes), strict=True):
            np.testing.assert_array_equal(together, alone)


def test_that_a_plane_survives_json_and_a_move():
    plane = Plane("a/b.fits", 3, 1, "Y", (5, 7), 0.1, "adu", "NIR_Y_FLUX")
    assert Plane.from_dict(plane.as_dict()) == plane
    assert Plane.from_dict({**plane.as_dict(), "new": 1}, Path("/x/b.fits")).path == "/x/b.fits"


def test_that_a_wide_field_takes_its_own_size_in_memory_and_little_more(write, monkeypatch):
    import tracemalloc

    monkeypatch.setattr(fits, "_BLOCK", 1 << 16)
    data = np.arange(3000 * 2000, dtype=np.int32).reshape(3000, 2000)
    (plane,) = fits.planes(write("wide.fits", data))
    tracemalloc.start()
    try:
        pixels = fits.read(plane)
        assert tracemalloc.get_traced_memory()[1] < 1.2 * data.nbytes
    finally:
        tracemalloc.stop()
    np.testing.assert_array_equal(pixels, data.astype(np.float32))
