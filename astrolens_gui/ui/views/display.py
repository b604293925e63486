"""Changes of the display recipe that keys, menus and the display bar share; knows no widget and no pixel."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

CONTRAST_RANGE = (0.05, 10.0)


LOCK_SAYS = {
    "image": "Every image has its own cuts",
    "band": "These cuts hold for every image of this band",
    "project": "These cuts hold for every image of the project",
}

COMPOSER_TITLES = {"lupton": "Lupton", "simple": "Simple", "matrix": "All bands"}


def auto_cuts(current: Any) -> None:
    """Automatic cuts again, contrast and bias neutral; stretch, colours and band stay. Locked ones are found anew here."""
    fresh = type(current.recipe)()
    recipe = current.recipe
    kind = fresh if recipe.cuts == "manual" else recipe
    current.set_recipe(
        cuts=fresh.cuts if recipe.lock == "image" else kind.cuts,
        percentile=fresh.percentile if recipe.lock == "image" else kind.percentile,
        low=None,
        high=None,
        contrast=fresh.contrast,
        bias=fresh.bias,
        locked=_without(current),
    )


def choose_cuts(current: Any, cuts: str, **parameters: Any) -> None:
    """Another kind of automatic cuts, or its parameters; where cuts are locked, this image's become the locked ones."""
    current.set_recipe(cuts=cuts, low=None, high=None, locked=_without(current), **parameters)


def manual_cuts(current: Any, low: float, high: float) -> None:
    """Cuts by hand, in pixel values; the smaller one is the low one. Where cuts are locked they are the locked ones."""
    low, high = min(low, high), max(low, high)
    recipe = current.recipe
    if recipe.lock == "image":
        current.set_recipe(cuts="manual", low=low, high=high)
    else:
        current.set_recipe(locked={**recipe.locked, _key(current): (low, high)})


def set_lock(current: Any, lock: str) -> None:
    """Whose cuts hold: each image's own, the band's, the project's; what is on the screen now becomes the locked pair."""
    recipe = current.recipe
    shown = current.extras.get("shown")
    fresh = type(recipe)()
    parts: dict[str, Any] = {"lock": lock, "locked": {}}
    if recipe.cuts == "manual" or lock == "image":
        automatic = fresh if recipe.cuts == "manual" else recipe
        parts |= {"cuts": automatic.cuts, "percentile": automatic.percentile, "low": None, "high": None}
    if lock != "image" and shown:
        parts["locked"] = {"" if lock == "project" else shown["band"]: (shown["low"], shown["high"])}
    current.set_recipe(**parts)


def next_lock(current: Any) -> str:
    """Image, band, project, and round; what that means, for the status line."""
    from astrolens_gui.core.images.recipe import LOCKS

    lock = LOCKS[(LOCKS.index(current.recipe.lock) + 1) % len(LOCKS)]
    set_lock(current, lock)
    return LOCK_SAYS[lock]


def keep_locked(current: Any, band: str, low: float, high: float) -> None:
    """What is on the screen: where cuts are locked and this band has none yet, these are it."""
    current.annotate(shown={"band": band, "low": float(low), "high": float(high)})
    recipe = current.recipe
    if recipe.lock != "image" and _key(current) not in recipe.locked:
        current.set_recipe(locked={**recipe.locked, _key(current): (float(low), float(high))})


def _key(current: Any) -> str:
    """The name of the locked cuts of what is on the screen."""
    if current.recipe.lock == "project":
        return ""
    return str(current.extras.get("shown", {}).get("band", current.recipe.band))


def _without(current: Any) -> dict[str, tuple[float, float]]:
    """The locked cuts but those of what is on the screen."""
    return {name: pair for name, pair in current.recipe.locked.items() if name != _key(current)}


def toggle_colour(current: Any) -> None:
    current.set_recipe(mode="single" if current.recipe.mode == "rgb" else "rgb")


def next_composer(current: Any) -> str:
    """The next way of making a colour picture, and colour on; its title."""
    from astrolens_gui.core.images.recipe import COMPOSERS

    recipe = current.recipe
    here = COMPOSERS.index(recipe.composer)
    composer = COMPOSERS[(here + 1) % len(COMPOSERS)] if recipe.mode == "rgb" else recipe.composer
    current.set_recipe(mode="rgb", composer=composer)
    return COMPOSER_TITLES[composer]


def next_stretch(current: Any, step: int = 1) -> None:
    """The stretch `step` places on in the list, round the end."""
    from astrolens_gui.core.images.stretch import STRETCHES

    ids = list(STRETCHES)
    here = ids.index(current.recipe.stretch) if current.recipe.stretch in ids else -step
    current.set_recipe(stretch=ids[(here + step) % len(ids)])


def toggle_invert(current: Any) -> None:
    current.set_recipe(invert=not current.recipe.invert)


def reset(current: Any) -> None:
    """Everything as on the first day, but the band and whether there is colour."""
    current.set_recipe(replace(type(current.recipe)(), band=current.recipe.band, mode=current.recipe.mode))


def drag(recipe: Any, across: float, down: float) -> dict[str, float]:
    """Contrast and bias after a right-drag by fractions of the view that began at `recipe`.

    As in DS9, right is more bias and down more contrast; but relative to the start: the first touch changes nothing.
    """
    low, high = CONTRAST_RANGE
    contrast = min(max(recipe.contrast * 10.0 ** (1.5 * down), low), high)
    return {"contrast": contrast, "bias": min(max(recipe.bias + across, 0.0), 1.0)}
