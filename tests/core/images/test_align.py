"""One band's pixels on another's: the affine map at a view against astropy's exact one, on real and on hard pairs."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui.core.images import align, fits, readers
from astrolens_gui.core.images.geometry import View

WINDOW = View(1200, 900)


def tan(
    scale: float, angle: float = 0.0, shape=(200, 200), ra=150.0, dec=2.2, offset=(0.0, 0.0), frame="ICRS", hand=-1.0
):
    """A TAN WCS of `scale` arcsec a pixel whose north is turned by `angle` degrees."""
    from astropy.wcs import WCS

    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [ra, dec]
    wcs.wcs.crpix = [shape[1] / 2 + 0.5 + offset[0], shape[0] / 2 + 0.5 + offset[1]]
    turn = np.radians(angle)
    wcs.wcs.cd = scale / 3600 * np.array([[hand * np.cos(turn), np.sin(turn)], [-hand * np.sin(turn), np.cos(turn)]])
    wcs.wcs.radesys = frame
    wcs.wcs.set()
    return wcs


def sip(scale: float, shape, **more):
    """The same with a distortion of some pixels at the corners of the image."""
    from astropy.wcs import Sip

    wcs = tan(scale, shape=shape, **more)
    wcs.wcs.ctype = ["RA---TAN-SIP", "DEC--TAN-SIP"]
    a, b = np.zeros((3, 3)), np.zeros((3, 3))
    a[2, 0], a[1, 1], b[0, 2] = 2e-6, 1e-6, -2e-6
    wcs.sip = Sip(a, b, None, None, wcs.wcs.crpix)
    wcs.wcs.set()
    return wcs


def error_px(here, there, shape, view, rng) -> float:
    """The largest distance on the screen between the map and the exact way through the sky, within the image."""
    from astropy.wcs.utils import pixel_to_pixel

    sx, sy = rng.uniform(0, view.width, 200), rng.uniform(0, view.height, 200)
    x, y = view.to_image(sx, sy)
    on = (x > -0.5) & (x < shape[1] - 0.5) & (y > -0.5) & (y < shape[0] - 0.5)
    if not on.any():
        return 0.0
    exact = pixel_to_pixel(here, there, x[on], y[on])
    back = align.band_map(here, there, shape)(view).inverse(*exact)
    return float(np.nanmax(np.hypot(back[0] - sx[on], back[1] - sy[on])))


def views(shape) -> list[View]:
    fitted = WINDOW.fitted(shape)
    return [fitted, fitted.zoomed(4, (300, 200)), fitted.turned(37).zoomed(2), fitted.flipped(), fitted.zoomed(0.4)]


def test_that_real_pairs_of_images_fall_on_each_other_within_half_a_screen_pixel(shared_data):
    rng = np.random.default_rng(2)
    images = []
    for pattern in ("lenses/euclid_q1/*.fits", "fields/*.fits", "pairs/*/*.fits", "lenses/desi_hst_f140w/*.fits"):
        for path in sorted(shared_data.glob(pattern)):
            for plane in fits.planes(path)[:4]:
                if (wcs := readers.celestial(plane)) is not None:
                    x, y = (side / 2 for side in reversed(plane.shape))
                    images.append((path.name, wcs, plane.shape, wcs.pixel_to_world(x, y).icrs))
    pairs, scales = 0, set()
    for name, here, shape, place in images:
        for other, there, _, elsewhere in images:
            if here is there or place.separation(elsewhere).arcsec > 60:
                continue
            for view in views(shape)[:3]:
                worst = error_px(here, there, shape, view, rng)
                assert worst < 0.5, (name, other, worst)
                pairs += 1
            scales.add(round(np.sqrt(abs(np.linalg.det(there.pixel_scale_matrix / here.pixel_scale_matrix[0, 0]))), 2))
    assert pairs > 50
    assert len(scales) > 3  # HSC on HST, DECam epochs, VISTA visits …


def test_that_euclids_vis_and_nisp_of_different_pixel_scale_and_orientation_fall_on_each_other():
    rng = np.random.default_rng(3)
    for shape, scale in (((2048, 2048), 0.3), ((300, 300), 0.3), ((34, 51), 0.11)):
        vis, nisp = tan(0.1, 12.0, shape=(600, 600)), tan(scale, -71.0, shape=shape, offset=(7.3, -4.1), hand=1.0)
        for view in views((600, 600)):
            assert error_px(vis, nisp, (600, 600), view, rng) < 0.05


@pytest.mark.parametrize("frame", ["FK5", "FK4"])
def test_that_bands_in_another_frame_of_coordinates_fall_on_each_other(frame):
    ra, dec = (150.0, 2.2) if frame == "FK5" else (149.355, 2.437)  # the same place in B1950
    here, there = tan(0.1), tan(0.2, 20.0, ra=ra, dec=dec, frame=frame)
    if frame == "FK4":
        there.wcs.equinox = 1950.0
        there.wcs.set()
    for view in views((200, 200)):
        assert error_px(here, there, (200, 200), view, np.random.default_rng(4)) < 0.5


def test_that_a_distorted_mosaic_falls_on_an_undistorted_one_wherever_one_looks():
    shape, rng = (4096, 4096), np.random.default_rng(5)
    here, there = tan(0.26, shape=shape), sip(0.4, (3000, 3000), angle=8.0)
    whole = WINDOW.fitted(shape)
    for view in (whole.zoomed(6, (900, 200)), whole.zoomed(40, (100, 700)), whole.zoomed(12).turned(70)):
        assert error_px(here, there, shape, view, rng) < 0.5, view


def test_that_without_a_wcs_the_centres_and_the_pixel_scales_decide(shared_data):
    hst = fits.planes(shared_data / "lenses/quasars_hst_jwst/h1413_F814W_HST.fits")[0]
    jwst = fits.planes(shared_data / "lenses/quasars_hst_jwst/h1413_F560W_JWST.fits")[0]
    ratio = jwst.pixel_scale / hst.pixel_scale
    view = WINDOW.fitted(hst.shape).turned(30)
    to_band = align.band_map(None, None, hst.shape, jwst.shape, ratio)(view)
    assert to_band(600, 450) == pytest.approx(((jwst.shape[1] - 1) / 2, (jwst.shape[0] - 1) / 2))
    assert np.sqrt(abs(to_band.determinant)) == pytest.approx(np.sqrt(abs(view.to_image.determinant)) / ratio)
    same = align.band_map(None, None, hst.shape)(view)
    assert same(17.0, 801.0) == pytest.approx(view.to_image(17.0, 801.0))


def test_that_a_reprojected_stamp_has_each_source_where_the_reference_has_it():
    here, there = tan(0.1, shape=(80, 80)), tan(0.25, 40.0, shape=(60, 60))
    y, x = np.mgrid[:60, :60]
    u, v = there.all_world2pix(here.all_pix2world([[31.0, 52.0]], 0), 0)[0]
    image = np.exp(-((x - u) ** 2 + (y - v) ** 2) / 8).astype(np.float32)
    made = align.reprojected(image, there, here, (80, 80))
    assert made.dtype == np.float32
    assert made.shape == (80, 80)
    peak = np.unravel_index(np.nanargmax(made), made.shape)
    assert peak == pytest.approx((52, 31), abs=1.01)
    assert np.isnan(align.reprojected(image, there, here, (400, 400))).any()
    with pytest.raises(ValueError, match="sky coordinates"):
        align.reprojected(image, None, here, (80, 80))


@pytest.mark.parametrize("angle", [0.0, 33.0, 180.0, 271.5])
@pytest.mark.parametrize("hand", [-1.0, 1.0])
def test_that_a_matched_view_shows_the_same_sky_as_large_and_turned_alike(angle, hand):
    here, there = tan(0.1, 10.0), tan(0.25, angle, offset=(20.0, -31.0), hand=hand)
    for view in (
        View(700, 500, 90, 120, 3.0),
        View(700, 500, 60, 60, 8.0, 50.0, True),
        View(300, 900, 0, 0, 0.7, 270.0),
    ):
        matched = align.match(view, here, there)
        for sx, sy in ((350.0, 250.0), (20.0, 30.0), (680.0, 40.0)):
            x, y = view.to_image(sx, sy)
            u, v = there.world_to_pixel(here.pixel_to_world(x, y))
            assert matched.to_screen(u, v) == pytest.approx((sx, sy), abs=0.3)
        again = align.match(matched, there, here)
        assert again.to_screen(10, 20) == pytest.approx(view.to_screen(10, 20), abs=0.05)


def test_that_images_without_sky_or_on_the_other_side_of_it_are_not_matched():
    with pytest.raises(ValueError, match="by pixel"):
        align.match(View(10, 10), None, tan(0.1))
    with pytest.raises(ValueError, match="does not reach"):
        align.match(View(700, 500, 90, 90, 3.0), tan(0.1), tan(0.1, ra=330.0, dec=-2.2))
