"""What is on the screen: which object, and how it is displayed; knows no widget, and asks nobody for pixels."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

from .qt import QObject, QTimer, Signal

if TYPE_CHECKING:
    from astrolens_gui.core.images.stretch import Recipe


class Current(QObject):
    """The object being looked at and the display recipe; every view follows its signals.

    The recipe is remembered through the settings, a moment after the last change: a drag is not a hundred writes. Cuts
    by hand are pixel values of the images at hand: they are never remembered, and end with the project.

    Attributes:
        object_changed: (int) another object is shown; -1 when there is none.
        recipe_changed: (Recipe) after `set_recipe`.
        blind_changed: (bool) whether the model's answer is hidden until the object is graded.
    """

    object_changed = Signal(int)
    recipe_changed = Signal(object)
    blind_changed = Signal(bool)

    def __init__(self, settings: Any = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._object_id = -1
        self._position = -1
        self._blind = True
        self._recipe: Recipe | None = None
        self._later = QTimer(self, singleShot=True, interval=500)
        self._later.timeout.connect(self.save)

    @property
    def object_id(self) -> int:
        """Id of the object shown, or -1."""
        return self._object_id

    @property
    def position(self) -> int:
        """Its row in the queue as displayed, or -1."""
        return self._position

    def show(self, object_id: int, position: int = -1) -> None:
        """Make `object_id` (at row `position` of the queue) the one that is looked at."""
        moved = object_id != self._object_id
        self._object_id, self._position = object_id, position
        if moved:
            self.object_changed.emit(object_id)

    def reposition(self, position: int) -> None:
        """The same object now stands elsewhere in the queue (it was re-ranked)."""
        self._position = position

    @property
    def blind(self) -> bool:
        return self._blind

    def set_blind(self, blind: bool) -> None:
        if blind != self._blind:
            self._blind = blind
            self.blind_changed.emit(blind)

    @property
    def recipe(self) -> Recipe:
        if self._recipe is None:
            self._recipe = _recipe_from(self._settings["recipe"] if self._settings is not None else {})
        return self._recipe

    def set_recipe(self, recipe: Recipe | None = None, **parts: Any) -> None:
        """Display differently: a whole recipe, or parts of it (`set_recipe(stretch="asinh", band="VIS")`)."""
        new = replace(recipe or self.recipe, **parts)
        if new != self._recipe:
            self._recipe = new
            self._later.start()
            self.recipe_changed.emit(new)

    def leave_manual_cuts(self) -> None:
        """Automatic cuts again where they were by hand: other images have other pixel values."""
        self.set_recipe(_portable(self.recipe))

    def screen(self) -> dict[str, Any]:
        """The recipe as JSON keeps it, for the label event (what was on screen)."""
        return asdict(self.recipe)

    def save(self) -> None:
        """Write the recipe to the settings now."""
        self._later.stop()
        if self._settings is not None and self._recipe is not None:
            self._settings.set("recipe", asdict(_portable(self._recipe)))


def _portable(recipe: Recipe) -> Recipe:
    """What of a recipe holds for any image: all but cuts by hand, which become the automatic ones."""
    if recipe.cuts != "manual":
        return recipe
    fresh = type(recipe)()
    return replace(recipe, cuts=fresh.cuts, percentile=fresh.percentile, low=None, high=None)


def _recipe_from(values: dict[str, Any]) -> Recipe:
    from astrolens_gui.core.images.stretch import Recipe

    known = {field.name for field in fields(Recipe)}
    try:
        return _portable(Recipe(**{name: value for name, value in values.items() if name in known}))
    except (TypeError, ValueError):
        return Recipe()
