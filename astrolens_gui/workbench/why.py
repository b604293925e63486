"""Why a model says what it says of one object: maps, the smallest flip, what moves its answer; stores nothing, holds no Qt."""

from __future__ import annotations

import time
import weakref
import zlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.api import Context, UserError
from astrolens_gui.core.learn import robust
from astrolens_gui.core.learn.noise_units import NoiseUnits

from .asking import NEEDS, WHATS, Asked, Asking, can

if TYPE_CHECKING:
    from .opened import Opened

UNITS = {"gradcam": "of its strongest place", "occlusion": "logit drop", "integrated": "logit a pixel"}

KEPT = 400
"""Answers kept of a project, the last used ones."""

CONTOUR = 0.5
"""Of the strongest place: where the contour runs."""

_kept: weakref.WeakKeyDictionary[Any, OrderedDict] = weakref.WeakKeyDictionary()


@dataclass(frozen=True)
class Explanation:
    """A map over the central `asked.size` pixels of each band.

    Attributes:
        map: float32 (size, size), rows as in FITS; positive where it spoke for a lens.
        contours: each float64 (n, 2), x and y in pixels of the map, where it is half its maximum.
        note: what to know of this map, "" for nothing.
    """

    asked: Asked
    what: str
    map: np.ndarray
    contours: tuple[np.ndarray, ...]
    note: str = ""
    seconds: float = 0.0

    @property
    def title(self) -> str:
        return WHATS[self.what]

    @property
    def unit(self) -> str:
        return UNITS[self.what]


@dataclass(frozen=True)
class Examination:
    """One object's verdict put to the test.

    Attributes:
        robustness: of the one stamp; None where the backend has no gradient.
        before, change, after: float32 (size, size, bands), fluxes above the background in sky sigmas: the stamp, what was added
            at the smallest strength that flips the verdict (at the limit, where none does), and their sum; None likewise.
        logit_after: of the changed stamp. curves: what the answer moves with.
    """

    asked: Asked
    robustness: robust.Robustness | None
    before: np.ndarray | None
    change: np.ndarray | None
    after: np.ndarray | None
    logit_after: float
    curves: tuple[Any, ...]
    seconds: float = 0.0

    @property
    def eps(self) -> float:
        """The smallest strength found that flips the verdict, in sky sigmas a pixel; inf where none up to the limit, NaN unknown."""
        return float(self.robustness.smallest[0]) if self.robustness is not None else float("nan")


def explain(opened: Opened, object_id: int, what: str, model: str, ctx: Context) -> Explanation:
    """A map of what speaks for a lens; kept per object, model and question. Runs on the infer lane.

    Raises:
        UserError: no model fits, or its backend can't be asked that.
    """
    if what not in WHATS:
        raise UserError(f"there is no explanation {what!r}; there are: {', '.join(WHATS)}")
    start = time.perf_counter()
    asking = Asking(opened, model, [object_id], ctx)
    if not can(asking.spec, asking.info, NEEDS[what]):
        raise UserError(
            f"{asking.info.id}: its backend {asking.spec.id} has no {NEEDS[what]}; occlusion works with any"
        )
    stamp = asking.stamp(object_id)

    def work() -> Explanation:
        note = ""
        if what == "gradcam":
            found = asking.call("explain", stamp[None])[0]
            note = "" if found.any() else "Nothing in the last feature maps spoke for a lens."
        elif what == "occlusion":
            from astrolens_gui.core.learn.occlusion import occlusion_map, patch_size

            found, _ = occlusion_map(stamp, asking.run, ctx)
            note = f"Patches of {patch_size(len(stamp))} px replaced by sky."
        else:
            from astrolens_gui.core.learn.integrated import integrated_gradients

            whole = integrated_gradients(stamp, asking.run, asking.slope, ctx)
            found = whole.map
            note = f"Sum off by {100 * abs(whole.gap):.2g} % of the difference to an empty sky ({whole.steps} steps)."
        map = np.asarray(found, np.float32)
        asked = asking.asked(object_id, stamp)
        return Explanation(asked, what, map, contours(map), note, time.perf_counter() - start)

    made = _once(opened, (object_id, asking.info.id, what, zlib.crc32(stamp.tobytes())), work)
    assert isinstance(made, Explanation)
    return made


def examine(opened: Opened, object_id: int, model: str, ctx: Context) -> Examination:
    """The smallest flip of one verdict, with what it looks like, and what else moves the answer. Runs on the infer lane.

    Raises:
        UserError: no model fits the object.
    """
    from astrolens_gui.core.images import readers
    from astrolens_gui.core.learn.sensitivity import sensitivity

    start = time.perf_counter()
    asking = Asking(opened, model, [object_id], ctx)
    stamp, info = asking.stamp(object_id), asking.info

    def work() -> Examination:
        ctx.progress(0.05, "asking the model")
        asked = asking.asked(object_id, stamp)
        planes = {plane.band: plane for plane in opened.images.planes(object_id)}
        images = readers.read_all([planes[band] for band in info.input.bands])
        curves = sensitivity(stamp, dict(zip(info.input.bands, images, strict=True)), info.input, asking.run)
        ctx.progress(0.4, "looking for the smallest flip")
        parts = (None, None, None, None, float("nan"))
        if asked.differentiates:
            parts = _panda(asking, stamp, ctx.part(0.4, 1.0))
        found, before, change, after, logit_after = parts
        seconds = time.perf_counter() - start
        return Examination(asked, found, before, change, after, logit_after, tuple(curves), seconds)

    made = _once(opened, (object_id, info.id, "examine", zlib.crc32(stamp.tobytes())), work)
    assert isinstance(made, Examination)
    return made


def _panda(asking: Asking, stamp: np.ndarray, ctx: Context) -> Any:
    """(Robustness, stamp, what was added, their sum: in sky sigmas, logit of the sum) at the smallest flip."""
    normalisation = asking.info.input.normalisation
    stamps = stamp[None]
    found = robust.robustness(stamps, normalisation, asking.run, asking.slope, ctx)
    strength = found.smallest[0] if np.isfinite(found.smallest[0]) else found.eps[-1]
    units = NoiseUnits(stamps, normalisation)
    signs = robust.directions(units, asking.slope(stamps), found.lens)
    changed = robust.attacked(stamps, units, signs, np.array([strength]))
    added = (strength * signs[0]).astype(np.float32)
    flux = units.flux[0].astype(np.float32)
    return found, flux, added, flux + added, float(asking.run(changed)[0])


def contours(map: np.ndarray) -> tuple[np.ndarray, ...]:
    """Lines at half the map's maximum, each (n, 2): x, y."""
    top = float(map.max(initial=0.0))
    if top <= 0:
        return ()
    from skimage.measure import find_contours

    edged = np.pad(np.asarray(map, np.float64), 1)  # lines close at the edge of the map
    return tuple(line[:, ::-1] - 1.0 for line in find_contours(edged, CONTOUR * top))


def corner(shape: tuple[int, int], size: int) -> tuple[int, int]:
    """(x, y) of the pixel of an image of (height, width) where the model's central crop begins."""
    from astrolens_gui.core.images.prepare import crop

    height, width = shape
    rows = np.broadcast_to(np.arange(height)[:, None], shape)
    columns = np.broadcast_to(np.arange(width)[None, :], shape)
    return int(crop(columns, size)[0, 0]), int(crop(rows, size)[0, 0])


def _once(opened: Opened, key: tuple[Any, ...], work: Callable[[], Any]) -> Any:
    """What is kept for `key`, else made and kept."""
    kept = _kept.setdefault(opened, OrderedDict())
    if key not in kept:
        kept[key] = work()
        while len(kept) > KEPT:
            kept.popitem(last=False)
    kept.move_to_end(key)
    return kept[key]
