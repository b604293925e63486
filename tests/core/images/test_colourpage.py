"""Colour stamps of the mosaic have each band where the sky has it, as the single view does."""

from __future__ import annotations

import math
import os
from dataclasses import replace

import numpy as np
import pytest

from astrolens_gui.core.images import fits, onto, readers, wcs
from astrolens_gui.core.images.align import band_map
from astrolens_gui.core.images.bands import shown_first
from astrolens_gui.core.images.engine import Engine
from astrolens_gui.core.images.geometry import View
from astrolens_gui.core.images.raster import raster
from astrolens_gui.core.images.recipe import Recipe
from astrolens_gui.core.images.thumbnails import Shelf, page
from astrolens_gui.core.images.zeropoints import zero_points

RA, DEC = 0.001, -35.3
PLACES = ((0.0, 0.0), (3.1, 1.7), (-2.2, 3.4), (-3.0, -2.9))
"""Of the sources, arcsec east and north of the centre."""

BANDS = {"g": (0.21, 17.0, False), "r": (0.1, -63.0, False), "i": (0.3, 140.0, True)}
"""Arcsec per pixel, degrees of turn, mirrored."""

RGB = Recipe(mode="rgb", red="i", green="r", blue="g")


def sky_of(scale, angle, mirrored, side):
    """A WCS whose centre is the field's."""
    from astropy.wcs import WCS

    made = WCS(naxis=2)
    made.wcs.ctype, made.wcs.crval = ["RA---TAN", "DEC--TAN"], [RA, DEC]
    made.wcs.crpix = [(side + 1) / 2, (side + 1) / 2]
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    hand = 1.0 if mirrored else -1.0
    made.wcs.cd = np.diag([hand * scale / 3600, scale / 3600]) @ [[cos, -sin], [sin, cos]]
    return made


def planted(sky, side, scale):
    """Noise and the sources, and where they are."""
    pixels = np.random.default_rng(4).normal(0, 0.01, (side, side))
    east, north = np.array(PLACES).T / 3600
    x, y = sky.wcs_world2pix((RA + east / math.cos(math.radians(DEC))) % 360, DEC + north, 0)
    down, across = np.mgrid[:side, :side]
    for u, v in zip(x, y, strict=True):
        pixels += 10 * np.exp(-((across - u) ** 2 + (down - v) ** 2) / 2 / (0.4 / scale) ** 2)
    return pixels.astype(np.float32), x, y


def write(folder, bands, field=12.0):
    """One file per band that covers the field, and its plane."""
    from astropy.io import fits as afits

    planes = []
    for band, (scale, angle, mirrored) in bands.items():
        side = round(field / scale)
        sky = sky_of(scale, angle, mirrored, side)
        header = sky.to_header()
        header["FILTER"], header["MAGZERO"] = band, 25.0
        afits.writeto(folder / f"{band}.fits", planted(sky, side, scale)[0], header)
        planes += fits.planes(folder / f"{band}.fits")
    return planes


def windowed(planes, field=9.0):
    """The planes as parts of mosaics, off the centre by a part of a pixel, as a catalogue cuts them."""
    made = []
    for plane in planes:
        side = round(field / plane.pixel_scale)
        corner = round((plane.shape[0] - side) / 2)
        made.append(replace(plane, window=(corner, corner, side, side), shape=(side, side)))
    return made


def lead_of(planes):
    return planes[shown_first([plane.band for plane in planes])]


def in_view(planes, size, recipe):
    """The single view's colour picture, at the size of a stamp."""
    lead = lead_of(planes)
    sky, shape = readers.celestial(lead), lead.shape
    ordered = [lead, *(plane for plane in planes if plane != lead)]
    maps = {
        plane.band: band_map(sky, readers.celestial(plane), shape, plane.shape, plane.pixel_scale / lead.pixel_scale)
        for plane in ordered[1:]
    }
    engine = Engine()
    zeros = dict(zip([plane.band for plane in ordered], zero_points(ordered), strict=True))
    engine.set_rasters({plane.band: raster(plane) for plane in ordered}, maps, zeros)
    return engine.paint(engine.sample(View(size, size).fitted(shape), recipe), recipe)


@pytest.mark.parametrize("cut", [list, windowed])
def test_that_turned_mirrored_and_coarser_bands_fall_on_each_other_in_a_stamp(tmp_path, cut):
    planes, size = cut(write(tmp_path, BANDS)), 480
    (shown,) = page([planes], size, replace(RGB, composer="simple", stretch="linear", cuts="minmax"), Shelf())
    lead = lead_of(planes)
    sky, to_screen = readers.celestial(lead), View(size, size).fitted(lead.shape).to_screen
    east, north = np.array(PLACES).T / 3600
    x, y = to_screen(*sky.wcs_world2pix((RA + east / math.cos(math.radians(DEC))) % 360, DEC + north, 0))
    pixel = to_screen.a  # of the reference image, on the screen
    down, across = np.mgrid[:size, :size] + 0.5
    for u, v in zip(x, y, strict=True):
        near = np.hypot(across - u, down - v) < 1.0 / lead.pixel_scale * pixel
        found = []
        for channel in range(3):
            weight = np.clip(shown[..., channel].astype(float) - 40, 0, None) * near
            found.append(((weight * across).sum() / weight.sum(), (weight * down).sum() / weight.sum()))
        for one in found:
            assert math.dist(one, (u, v)) < 0.5 * pixel
            assert math.dist(one, found[0]) < 0.5 * pixel


@pytest.mark.parametrize("cut", [list, windowed])
@pytest.mark.parametrize("composer", ["lupton", "simple"])
@pytest.mark.parametrize("size", [40, 160, 300])
def test_that_a_colour_stamp_is_the_single_views_picture(tmp_path, cut, composer, size):
    planes, recipe = cut(write(tmp_path, BANDS)), replace(RGB, composer=composer)
    (shown,) = page([planes], size, recipe, Shelf())
    wanted = in_view(planes, size, recipe)
    off = np.abs(shown.astype(int) - wanted).max(axis=-1)
    assert (off <= 20).mean() > 0.99


def test_that_stamps_on_one_grid_are_laid_without_a_transformation(tmp_path, monkeypatch):
    planes = write(tmp_path, dict.fromkeys("gri", (0.1, 0.0, False)))
    monkeypatch.setattr(wcs, "build", lambda header: pytest.fail("a WCS was built for cards that are the same"))
    assert onto.maps([(planes[0], other) for other in planes]) == [onto.AS_IT_IS] * 3
    (shown,) = page([planes], 120, RGB, Shelf())
    assert shown[..., :3].max() > 200


@pytest.mark.parametrize("angle", [0.0, 0.005, 30.0, 90.005])
def test_that_windows_of_the_same_mosaics_cost_one_transformation(tmp_path, monkeypatch, angle):
    vis, near = write(tmp_path, {"VIS": (0.1, 0.0, False), "J": (0.3, angle, False)}, field=60.0)
    pairs = [
        (
            replace(vis, window=(x, 2 * x, 41, 41), shape=(41, 41)),
            replace(near, window=(x // 3, x // 2, 14, 14), shape=(14, 14)),
        )
        for x in range(0, 240, 12)
    ]
    build, built = wcs.build, []
    monkeypatch.setattr(wcs, "build", lambda header: built.append(header) or build(header))
    found = onto.maps(pairs)
    assert len(built) == 2
    assert all((one.b == 0 or one.a == 0) == (angle != 30) for one in found)  # sampled by rows and columns
    for (one, other), to_band in zip(pairs, found, strict=True):
        at = np.array([[0.0, 40.0, 20.0, 7.0], [0.0, 3.0, 20.0, 40.0]])
        there = readers.celestial(other).wcs_world2pix(*readers.celestial(one).wcs_pix2world(*at, 0), 0)
        assert np.allclose(to_band(*at), there, atol=0.01)


def test_that_a_changed_leading_image_moves_the_other_bands(tmp_path):
    from astropy.io import fits as afits

    planes, shelf = write(tmp_path, BANDS), Shelf()
    (before,) = page([planes], 160, RGB, shelf)
    lead = lead_of(planes)
    with afits.open(lead.path, mode="update") as opened:
        opened[0].header["CRPIX1"] += 12
        opened[0].header["CHANGED"] = True

    os.utime(lead.path, (1, 1))
    (after,) = page([planes], 160, RGB, shelf)
    (fresh,) = page([planes], 160, RGB, Shelf())
    assert (after == fresh).all()
    assert (after != before).any()


def test_that_bands_without_a_wcs_are_laid_by_centre_and_scale(tmp_path):
    from astropy.io import fits as afits

    planes = []
    for band, side, scale in (("r", 60, 0.1), ("i", 20, 0.3)):
        header = afits.Header({"FILTER": band, "PIXSCALE": scale})
        afits.writeto(tmp_path / f"{band}.fits", np.ones((side, side), np.float32), header)
        planes += fits.planes(tmp_path / f"{band}.fits")
    (found,) = onto.maps([(planes[0], planes[1])])
    assert found(29.5, 29.5) == pytest.approx((9.5, 9.5))
    assert found.a == pytest.approx(1 / 3)


def test_that_a_projection_that_refuses_does_not_keep_the_page(tmp_path, monkeypatch):
    from astrolens_gui.core.images import align

    def refuse(*_):
        raise ValueError("no convergence")

    planes = write(tmp_path, BANDS)
    monkeypatch.setattr(align, "window_maps", refuse)
    (shown,) = page([planes], 60, RGB, Shelf())
    assert isinstance(shown, np.ndarray)
