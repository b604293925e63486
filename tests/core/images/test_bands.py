"""Names of bands and of what is not science."""

from __future__ import annotations

import pytest

from astrolens_gui.core.images import bands
from astrolens_gui.core.images.headers import Header


def header(**cards: str) -> Header:
    return Header(b"".join(f"{key:<8}= '{value:<8}'".ljust(80).encode() for key, value in cards.items()))


@pytest.mark.parametrize(
    ("value", "band"),
    [
        ("z DECam SDSS c0004 9260.0 1520.0", "z"),
        ("NIR_Y", "Y"),
        ("HSC_g", "g"),
        ("HSC-R2", "r"),
        ("MEGACAM_u", "u"),
        ("r.MP9601", "r"),
        ("F814W", "F814W"),
        ("F1280W", "F1280W"),
        ("VIS", "VIS"),
        ("Ks", "Ks"),
        ("r", "r"),
        ("R", "R"),
        ("Y", "Y"),
        ("y", "y"),
        ("Clear", ""),
        ("CLEAR1L", ""),
        ("", ""),
        ("strange_filter", "strange_filter"),
    ],
)
def test_that_a_filter_card_gives_its_band(value, band):
    assert bands.filter_band(value) == band


@pytest.mark.parametrize(
    ("extname", "band"),
    [
        ("NIR_Y_FLUX", "Y"),
        ("VIS_FLUX", "VIS"),
        ("HSC_G_FLUX", "g"),
        ("MEGACAM_R_FLUX", "r"),
        ("VIKING_Z", "Z"),
        ("SCI", ""),
        ("N2", ""),
        ("COMPRESSED_IMAGE", ""),
    ],
)
def test_that_an_extension_name_gives_a_band_only_if_known(extname, band):
    assert bands.known_band(extname) == band


def test_that_filter_comes_before_band_before_extname_before_folder():
    assert bands.band_of(header(FILTER="HSC_g", BAND="r"), "VIS_FLUX", "i") == ("g", "HSC_g")
    assert bands.band_of(header(BAND="r"), "VIS_FLUX", "i") == ("r", "r")
    assert bands.band_of(header(), "NIR_Y_FLUX", "i") == ("Y", "NIR_Y")
    assert bands.band_of(header(), "SCI", "i") == ("i", "i")
    assert bands.band_of(header(), "SCI", "stamps") == ("", "")


def test_that_of_two_filter_wheels_the_one_that_is_not_clear_counts():
    assert bands.header_band(header(FILTER1="CLEAR1L", FILTER2="F814W"))[0] == "F814W"
    assert bands.header_band(header(FILTER1="F435W", FILTER2="POL0V"))[0] == ""


@pytest.mark.parametrize(
    "extname", ["VIS_PSF", "NIR_H_RMS", "WHT", "ERR", "DQ", "MASK", "VAR_POISSON", "ivar", "SEGMAP", "RA", "WEIGHTMAP"]
)
def test_that_companions_of_an_image_are_not_science(extname):
    assert bands.not_science(extname)


@pytest.mark.parametrize("extname", ["", "SCI", "VIS_FLUX", "N2", "ccd00", "COMPRESSED_IMAGE", "DATA", "EUC_VIS"])
def test_that_images_are_science(extname):
    assert bands.not_science(extname) == ""


def test_that_equal_bands_of_a_file_are_kept_apart_by_full_name_then_extension():
    assert bands.apart([("r", "MEGACAM_r", "1"), ("r", "HSC_r", "4"), ("g", "HSC_g", "7")]) == [
        "MEGACAM_r",
        "HSC_r",
        "g",
    ]
    assert bands.apart([("z", "z", "N2"), ("z", "z", "N3")]) == ["z N2", "z N3"]
    assert bands.apart([("", "", "1"), ("", "", "2")]) == ["", ""]
