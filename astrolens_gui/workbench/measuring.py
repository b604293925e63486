"""The lens's light of one object, subtracted: the plane is found, opened in part and fitted on the io lane; holds no Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from astrolens_gui.api import Context
from astrolens_gui.jobs.job import Job

from .pixels import labels

if TYPE_CHECKING:
    from .bench import Workbench
    from .opened import Opened


def lens_light(
    opened: Opened, object_id: int, band: str, near: tuple[float, float] | None, method: str, ctx: Context
) -> Any:
    """A `LensLight` of the band shown, about `near` (0-based pixels; None: the image's middle).

    Raises:
        ImageError, UserError: one sentence.
    """
    from astrolens_gui.core.images import readers
    from astrolens_gui.core.images.bands import shown_first
    from astrolens_gui.core.images.sections import sheet
    from astrolens_gui.core.measure import noise_map, pieces
    from astrolens_gui.core.measure.plate import Plate

    planes = opened.images.planes(object_id)
    row = opened.images.rows([object_id])[0]
    plane = planes[shown_first(labels(planes), band)]
    pixels = sheet(plane)
    plate = Plate(readers.celestial(plane), plane.pixel_scale or row.pixel_scale)
    return pieces.light(pixels.shape, pixels.read, plate, near, method, noise_map.read(plane), ctx)


def subtract(
    workbench: Workbench, object_id: int, band: str, near: tuple[float, float] | None, method: str
) -> Job[Any]:
    """`lens_light` as a listed job of the open project, which can be cancelled."""
    return workbench.opened.start("io", lens_light, object_id, band, near, method, title="subtracting lens light")
