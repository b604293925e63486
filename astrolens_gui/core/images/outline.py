"""Boxes and other regions between pixels and sky, and the lines that draw them; knows no file, no widget and no database.

A region is a dict, as `core.labels.records.BoxRow` describes it: kind, x, y, w, h, angle in pixels (0-based centres, y up, degrees
counter-clockwise) and ra, dec, w_arcsec, h_arcsec, pa_deg on the sky (ICRS); `more` has the `points` of a polygon or line in pixels, the
same as `sky` in degrees, the `inner` part (of width and height) of an annulus and the `shape` of the plane it was drawn on.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

KINDS = ("box", "circle", "ellipse", "annulus", "polygon", "line", "point")
_CORNERS = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])
_ROUND = 64
_CLOSE_ARCSEC = 1e-3
"""An inverse of a distortion that comes back farther from where it began has diverged."""

_STEP = 4.0
"""Pixels over which a WCS is taken for flat: less loses digits to rounding, more would see the curvature of the sky."""


def icrs(wcs: Any, x: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """RA and Dec in degrees (ICRS) of pixels, whatever frame the WCS has; NaN outside of its projection, or of what astropy knows."""
    nowhere = np.full(np.shape(x), np.nan)
    if _is_strange(wcs):
        return nowhere, nowhere
    try:
        sky = wcs.pixel_to_world(np.asarray(x, float), np.asarray(y, float)).icrs
    except (ValueError, AttributeError):  # a frame that astropy cannot name, or not transform
        return nowhere, nowhere
    return np.asarray(sky.ra.deg), np.asarray(sky.dec.deg)


def _is_strange(wcs: Any) -> bool:
    """Ecliptic and its like: astropy (8.0) gives such longitudes out as right ascensions."""
    kind = wcs.wcs.lngtyp.strip()
    return bool(kind.endswith("LON") and kind != "GLON")


def pixels(wcs: Any, ra: Any, dec: Any) -> tuple[np.ndarray, np.ndarray]:
    """Where positions (degrees, ICRS) fall; NaN where the projection, or the inverse of a distortion, has no answer."""
    from astropy.coordinates import SkyCoord
    from astropy.wcs import NoConvergence

    if _is_strange(wcs):
        return np.full(np.shape(ra), np.nan), np.full(np.shape(ra), np.nan)
    sky = SkyCoord(np.asarray(ra, float), np.asarray(dec, float), unit="deg")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an inverse that diverges: that is looked at below
            x, y = wcs.world_to_pixel(sky)
    except NoConvergence as failed:
        x, y = (column.reshape(np.shape(ra)) for column in np.array(failed.best_solution).T)
    except (ValueError, AttributeError):
        x = y = np.full(np.shape(ra), np.nan)
    x, y = np.asarray(x), np.asarray(y)
    if wcs.has_distortion:
        back = SkyCoord(*icrs(wcs, x, y), unit="deg")
        lost = ~(sky.separation(back).arcsec < _CLOSE_ARCSEC)
        x, y = (np.where(lost, np.nan, one) for one in (x, y))
    return x, y


def _jacobian(wcs: Any, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(n, 2, 2): arcsec to the east and to the north for one pixel along x and along y."""
    ends_x = np.concatenate([x - _STEP, x + _STEP, x, x])
    ends_y = np.concatenate([y, y, y - _STEP, y + _STEP])
    ra, dec = (np.radians(one).reshape(4, -1) for one in icrs(wcs, ends_x, ends_y))
    unit = np.stack(
        [np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)]
    )  # no seam at RA 0, none at a pole
    mean_ra, mean_dec = (np.radians(one) for one in icrs(wcs, x, y))
    east = np.stack([-np.sin(mean_ra), np.cos(mean_ra), np.zeros_like(mean_ra)])
    north = np.stack([-np.sin(mean_dec) * np.cos(mean_ra), -np.sin(mean_dec) * np.sin(mean_ra), np.cos(mean_dec)])
    steps = np.stack([unit[:, 1] - unit[:, 0], unit[:, 3] - unit[:, 2]])
    arcsec = math.degrees(1.0) * 3600 / (2 * _STEP)
    return np.stack([np.einsum("scn,cn->ns", steps, axis) for axis in (east, north)], axis=1) * arcsec


def on_sky(regions: Sequence[Mapping[str, Any]], wcs: Any) -> list[dict[str, Any]]:
    """The same regions with their place on the sky by this WCS of the plane they are drawn on (None: as they are)."""
    drawn = [dict(region) for region in regions]
    if wcs is None or not drawn:
        return drawn
    x, y, w, h = (np.array([region[name] for region in drawn], float) for name in "xywh")
    ra, dec = icrs(wcs, x, y)
    jacobian = _jacobian(wcs, x, y)
    turn = np.radians([region.get("angle") or 0.0 for region in drawn])
    across = np.einsum("nij,jn->ni", jacobian, [np.cos(turn), np.sin(turn)])
    up = np.einsum("nij,jn->ni", jacobian, [-np.sin(turn), np.cos(turn)])
    there = np.isfinite(ra) & np.isfinite(dec) & np.isfinite(jacobian).all(axis=(1, 2))
    values = {
        "ra": ra,
        "dec": dec,
        "w_arcsec": w * np.hypot(*across.T),
        "h_arcsec": h * np.hypot(*up.T),
        "pa_deg": np.degrees(np.arctan2(up[:, 0], up[:, 1])) % 360.0,
    }
    table = dict(zip(values, (column.tolist() for column in values.values()), strict=True))
    for at in np.flatnonzero(there).tolist():
        drawn[at] |= {name: column[at] for name, column in table.items()}
    with_points = [at for at in np.flatnonzero(there).tolist() if "points" in (drawn[at].get("more") or {})]
    if with_points:  # all at once: a call of a WCS costs a millisecond, however few its points
        rings = [np.reshape(drawn[at]["more"]["points"], (-1, 2)) for at in with_points]
        sky = np.column_stack(icrs(wcs, *np.concatenate(rings).T))
        ends = np.cumsum([len(ring) for ring in rings])[:-1]
        for at, ring in zip(with_points, np.split(sky, ends), strict=True):
            drawn[at]["more"] = {**drawn[at]["more"], "sky": ring.tolist()}
    return drawn


def on_image(regions: Sequence[Mapping[str, Any]], wcs: Any) -> list[dict[str, Any]]:
    """The regions in the pixels of the plane that has this WCS, without those that have no place on the sky or in its projection."""
    placed = [dict(region) for region in regions if region.get("ra") is not None]
    if not placed:
        return []
    x, y = pixels(wcs, [region["ra"] for region in placed], [region["dec"] for region in placed])
    seen = np.isfinite(x) & np.isfinite(y)
    placed = [region for region, one in zip(placed, seen, strict=True) if one]
    x, y = x[seen], y[seen]
    inverse = np.linalg.inv(_jacobian(wcs, x, y)) if len(x) else ()
    for at, region in enumerate(placed):
        region |= {"x": float(x[at]), "y": float(y[at])}
        more = region.get("more") or {}
        if "sky" in more:
            points = np.column_stack(pixels(wcs, *np.transpose(more["sky"])))
            region |= {**frame(points), "more": {**more, "points": points.tolist()}}
            continue
        pa = math.radians(region.get("pa_deg") or 0.0)
        up = inverse[at] @ (math.sin(pa), math.cos(pa))
        turn = math.atan2(-up[0], up[1])
        along = np.linalg.inv(inverse[at]) @ (math.cos(turn), math.sin(turn))
        w = (region.get("w_arcsec") or 0.0) / float(np.hypot(*along))
        h = (region.get("h_arcsec") or 0.0) * float(np.hypot(*up))
        if region.get("kind") == "circle":
            w = h = math.sqrt(w * h)
        region |= {"w": w, "h": h, "angle": _upright(math.degrees(turn))}
    return placed


def _upright(degrees: float) -> float:
    """In -180 … 180, and exactly 0 where only rounding says otherwise."""
    turned = (degrees + 180.0) % 360.0 - 180.0
    return 0.0 if abs(turned) < 1e-6 else turned


def frame(points: Any) -> dict[str, float]:
    """x, y, w, h of the upright box round some points."""
    low, high = np.min(points, axis=0), np.max(points, axis=0)
    centre, size = (low + high) / 2, high - low
    values = {"x": centre[0], "y": centre[1], "w": size[0], "h": size[1], "angle": 0.0}
    return {name: float(value) for name, value in values.items()}


def corners(region: Mapping[str, Any]) -> np.ndarray:
    """(4, 2) corners of its box in pixels, counter-clockwise from its own lower left."""
    return _turned(region, _CORNERS)


def _turned(region: Mapping[str, Any], unit: np.ndarray) -> np.ndarray:
    turn = math.radians(region.get("angle") or 0.0)
    cos, sin = math.cos(turn), math.sin(turn)
    x, y = unit[:, 0] * region["w"], unit[:, 1] * region["h"]
    return np.column_stack([region["x"] + cos * x - sin * y, region["y"] + sin * x + cos * y])


def outlines(region: Mapping[str, Any]) -> list[np.ndarray]:
    """What draws a region: closed rings of (n, 2) pixels; a line's ends, or a point, as they are."""
    kind, more = region.get("kind", "box"), region.get("more") or {}
    if kind in {"polygon", "line"} and "points" in more:
        return [np.asarray(more["points"], float)]
    if kind == "point":
        return [np.array([(region["x"], region["y"])])]
    turn = np.linspace(0.0, 2 * np.pi, _ROUND, endpoint=False)
    ring = np.column_stack([np.cos(turn), np.sin(turn)]) / 2
    unit = ring if kind in {"circle", "ellipse"} or (kind == "annulus" and more.get("of") != "box") else _CORNERS
    rings = [_turned(region, unit)]
    if kind == "annulus":
        rings.append(_turned(region, unit * np.asarray(more.get("inner", (0.5, 0.5)))))
    return rings


def fitted(region: Mapping[str, Any], **box: float) -> dict[str, Any]:
    """The region moved and resized to another x, y, w, h; its vertices come along."""
    new = {**region, **box}
    more = region.get("more") or {}
    if "points" in more:
        scale = [new[n] / region[n] if region[n] else 1.0 for n in "wh"]
        moved = (np.asarray(more["points"]) - (region["x"], region["y"])) * scale + (new["x"], new["y"])
        new["more"] = {**more, "points": moved.tolist()}
    if new.get("kind") == "circle" and new["w"] != new["h"]:
        side = max(new["w"], new["h"])
        new |= {"w": side, "h": side}
    return new
