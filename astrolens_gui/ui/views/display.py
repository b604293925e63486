"""Changes of the display recipe that keys, menus and the display bar share; knows no widget and no pixel."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

CONTRAST_RANGE = (0.05, 10.0)


def auto_cuts(current: Any) -> None:
    """Automatic cuts again, contrast and bias neutral; stretch, colours and band stay."""
    fresh = type(current.recipe)()
    current.set_recipe(
        cuts=fresh.cuts, percentile=fresh.percentile, low=None, high=None, contrast=fresh.contrast, bias=fresh.bias
    )


def manual_cuts(current: Any, low: float, high: float) -> None:
    """Cuts by hand, in pixel values; the smaller one is the low one."""
    current.set_recipe(cuts="manual", low=min(low, high), high=max(low, high))


def next_stretch(current: Any, step: int = 1) -> None:
    """The stretch `step` places on in the list, round the end."""
    from astrolens_gui.core.images.stretch import STRETCHES

    ids = list(STRETCHES)
    here = ids.index(current.recipe.stretch) if current.recipe.stretch in ids else -step
    current.set_recipe(stretch=ids[(here + step) % len(ids)])


def toggle_invert(current: Any) -> None:
    current.set_recipe(invert=not current.recipe.invert)


def reset(current: Any) -> None:
    """Everything as on the first day, but the band."""
    current.set_recipe(replace(type(current.recipe)(), band=current.recipe.band))


def drag(recipe: Any, across: float, down: float) -> dict[str, float]:
    """Contrast and bias after a right-drag by fractions of the view that began at `recipe`.

    As in DS9, right is more bias and down more contrast; but relative to the start: the first touch changes nothing.
    """
    low, high = CONTRAST_RANGE
    contrast = min(max(recipe.contrast * 10.0 ** (1.5 * down), low), high)
    return {"contrast": contrast, "bias": min(max(recipe.bias + across, 0.0), 1.0)}
