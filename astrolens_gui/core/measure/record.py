"""What a person measured of one object, in pixels while it is on the screen and in sky positions when it is kept; knows no store."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .circle import Circle, through, widest
from .plate import Plate

DIGITS = 5
"""Significant digits of what is kept; positions have nine decimals of a degree (a microarcsecond or so)."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Measured:
    """Measurements of one object; points are 0-based pixels (x, y) of the image on the screen.

    Attributes:
        circle: the Einstein circle's centre; theta its radius on the sky, in `Plate.unit`. None, 0 where there is none.
        ruler: its two ends, or None. images: of the lensed source, in the order they were marked.
        lens_light: what `LensLight.values` says, {} for none.
    """

    circle: Point | None = None
    theta: float = 0.0
    ruler: tuple[Point, Point] | None = None
    images: tuple[Point, ...] = ()
    lens_light: dict[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.circle or self.ruler or self.images or self.lens_light)

    def with_image(self, point: Point) -> Measured:
        return replace(self, images=(*self.images, point))

    def without_image(self, place: int) -> Measured:
        return replace(self, images=self.images[:place] + self.images[place + 1 :])

    def guess(self, plate: Plate) -> Circle | None:
        """The circle that the image positions ask for: centre in pixels, radius and rms in `Plate.unit`; None below two."""
        if len(self.images) < 2:
            return None
        patch = plate.around(*np.mean(self.images, axis=0))
        found = through(np.column_stack(patch.to_sky(*np.array(self.images, float).T)))
        if found is None:
            return None
        x, y = patch.to_pixel(found.x, found.y)
        return Circle(float(x), float(y), found.radius, found.rms)

    def separation(self, plate: Plate) -> float | None:
        """Of the two images farthest apart, else the ruler's length, in `Plate.unit`; None for neither."""
        if len(self.images) >= 2:
            first, second = widest(self.images)
            return plate.span(*self.images[first], *self.images[second]).length
        return plate.span(*self.ruler[0], *self.ruler[1]).length if self.ruler else None

    def values(self, plate: Plate) -> dict[str, Any]:
        """As it is kept with the label: angles in arcsec where the scale is known (else `…_px`), positions [ra, dec] (ICRS,
        degrees) where there is a WCS (else 0-based [x, y]). {} for nothing."""
        unit = plate.unit
        found: dict[str, Any] = {}
        if self.circle is not None:
            found[f"theta_E_{unit}"] = _digits(self.theta)
            found["centre"] = _position(plate, self.circle)
        elif (guess := self.guess(plate)) is not None:
            found[f"theta_E_{unit}"] = _digits(guess.radius)
            found["theta_E_from"] = "image positions"
            found["centre"] = _position(plate, (guess.x, guess.y))
        if (separation := self.separation(plate)) is not None:
            found[f"separation_{unit}"] = _digits(separation)
        if self.images:
            found["n_images"] = len(self.images)
            found["image_positions"] = [_position(plate, point) for point in self.images]
        if self.ruler is not None:
            span = plate.span(*self.ruler[0], *self.ruler[1])
            if span.position_angle is not None:
                found["position_angle_deg"] = round(span.position_angle, 3)
            found["ruler"] = [_position(plate, end) for end in self.ruler]
        if self.lens_light:
            found["lens_light"] = dict(self.lens_light)
        if found:
            found["positions"] = "icrs" if plate.is_icrs else "pixels"
        return found

    @classmethod
    def of(cls, values: dict[str, Any], plate: Plate) -> Measured:
        """The inverse: what was kept, on the image that shows now. What has no place on it is left out."""
        on_sky = values.get("positions", "icrs" if plate.is_icrs else "pixels") == "icrs"

        def point(position: Any) -> Point | None:
            try:
                first, second = (float(value) for value in position)
            except (TypeError, ValueError):
                return None
            if not on_sky:
                return first, second
            return plate.from_icrs(first, second)

        centre = point(values.get("centre"))
        theta = values.get(f"theta_E_{plate.unit}")
        drawn = centre is not None and isinstance(theta, int | float) and "theta_E_from" not in values
        ends = [point(end) for end in values.get("ruler", ())]
        images = [point(position) for position in values.get("image_positions", ())]
        return cls(
            circle=centre if drawn else None,
            theta=float(theta) if drawn and theta else 0.0,
            ruler=(ends[0], ends[1]) if len(ends) == 2 and ends[0] and ends[1] else None,
            images=tuple(image for image in images if image is not None),
            lens_light=dict(values.get("lens_light", {})),
        )


def _position(plate: Plate, point: Point) -> list[float]:
    sky = plate.icrs(*point)
    return [round(value, 9) for value in sky] if sky is not None else [round(float(value), 3) for value in point]


def _digits(value: float) -> float:
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else value
