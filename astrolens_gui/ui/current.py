"""What is on the screen: which object, and how it is displayed; knows no widget, and asks nobody for pixels."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from astrolens_gui.api import UserError

from .qt import QObject, QTimer, Signal

if TYPE_CHECKING:
    from astrolens_gui.core.images.recipe import Recipe


class Current(QObject):
    """The object being looked at and the display recipe; every view follows its signals.

    The recipe is remembered with the open project and, for new ones, through the settings, a moment after the last
    change: a drag is not a hundred writes. Cuts by hand are pixel values of the images at hand: only those that are
    locked are remembered, and only with their project.

    Attributes:
        object_changed: (int) another object is shown; -1 when there is none.
        recipe_changed: (Recipe) after `set_recipe`.
        blind_changed: (bool) whether the model's answer is hidden until the object is graded.
        said: (str) a sentence for the person: what was asked for cannot be shown so.
    """

    object_changed = Signal(int)
    recipe_changed = Signal(object)
    blind_changed = Signal(bool)
    said = Signal(str)

    def __init__(self, settings: Any = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._object_id = -1
        self._position = -1
        self._blind = True
        self._recipe: Recipe | None = None
        self._automatic: Recipe | None = None
        self._project: Any = None
        self._runner: Any = None
        self._extras: dict[str, Any] = {}
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
            recipe = self.recipe
            if recipe.lock == "image":  # cuts by hand were the former image's
                self._recipe = _at_home(recipe, self._automatic)
            self.object_changed.emit(object_id)
            if self._recipe is not recipe:
                self.recipe_changed.emit(self._recipe)

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
            self._recipe = _recipe_from(self._settings["recipe"] if self._settings is not None else {}, _portable)
        return self._recipe

    def set_recipe(self, recipe: Recipe | None = None, **parts: Any) -> None:
        """Display differently: a whole recipe, or parts of it (`set_recipe(stretch="asinh", band="VIS")`)."""
        new = self._drawable(replace(recipe or self.recipe, **parts))
        if new != self._recipe:
            if self.recipe.cuts != "manual":
                self._automatic = self.recipe
            self._recipe = new
            self._later.start()
            self.recipe_changed.emit(new)

    def _drawable(self, recipe: Recipe) -> Recipe:
        """The usual stretch in place of one that is not there: a plugin's that is gone, or a name from elsewhere."""
        usual = type(recipe)().stretch
        if recipe.stretch == usual:
            return recipe
        from astrolens_gui.core.images.stretch import STRETCHES

        if recipe.stretch in STRETCHES:
            return recipe
        title = STRETCHES[usual].title
        self.said.emit(f"There is no stretch {recipe.stretch!r}, its plugin may be gone; {title} is shown instead")
        return replace(recipe, stretch=usual)

    def write_on(self, runner: Any) -> None:
        """Write to the project's folder, which may be far away, on this runner's db lane: in order, behind no opening of it,
        and to the end when the program closes."""
        self._runner = runner

    def follow(self, project: Any) -> None:
        """Show the images as this project (core's Project) last did, and remember there; None: no project is open."""
        if self._later.isActive():
            self.save()
        self._project = project
        kept = getattr(project, "display", None)
        recipe = self._drawable(_recipe_from(kept, _at_home) if kept else _portable(self.recipe))
        if recipe != self.recipe:
            self._recipe = recipe
            self.recipe_changed.emit(recipe)

    def leave_manual_cuts(self) -> None:
        """Automatic cuts again where they were by hand: other images have other pixel values. Locked ones stay."""
        self.set_recipe(_at_home(self.recipe, self._automatic))

    @property
    def extras(self) -> dict[str, Any]:
        """What else is on the screen (`annotate`)."""
        return dict(self._extras)

    def annotate(self, **extras: Any) -> None:
        """What a view adds to `screen`, JSON-able: `annotate(orientation={"angle": 90})`; None takes it away."""
        merged = {**self._extras, **extras}
        self._extras = {name: value for name, value in merged.items() if value is not None}

    def screen(self, extras: dict[str, Any] | None = None) -> dict[str, Any]:
        """The recipe as JSON keeps it with the views' extras, for the label event (what was on screen)."""
        return {**self._extras, **(extras or {}), **self.recipe.as_dict()}

    def save(self) -> None:
        """Write the recipe to the settings now, and to the project (see `write_on`)."""
        self._later.stop()
        if self._recipe is None:
            return
        if self._settings is not None:
            self._settings.set("recipe", _portable(self._recipe).as_dict())
        if hasattr(self._project, "set_display"):
            values = as_json(_at_home(self._recipe).as_dict())
            try:
                if self._runner is not None:
                    self._runner.submit("db", _keep, self._project, values, title="keeping the display", quiet=True)
                    return
            except RuntimeError:  # the runner is closed already
                pass
            _keep(self._project, values)


def _keep(project: Any, values: dict[str, Any]) -> None:
    with suppress(UserError):  # a folder that can't be written says so with the first label
        project.set_display(values)


def _at_home(recipe: Recipe, automatic: Recipe | None = None) -> Recipe:
    """What holds for any image of the project: cuts by hand become automatic ones (as before them), unless they are locked."""
    if recipe.cuts != "manual":
        return recipe
    fresh = automatic or type(recipe)()
    return replace(recipe, cuts=fresh.cuts, percentile=fresh.percentile, low=None, high=None)


def _portable(recipe: Recipe) -> Recipe:
    """What of a recipe holds for any image of any project: nothing is locked."""
    return replace(_at_home(recipe), lock=type(recipe)().lock, locked={})


def as_json(values: dict[str, Any]) -> dict[str, Any]:
    """The same as a file gives it back: tuples are lists."""
    import json

    made: dict[str, Any] = json.loads(json.dumps(values))
    return made


def _recipe_from(values: dict[str, Any], kept: Callable[[Recipe], Recipe]) -> Recipe:
    from astrolens_gui.core.images.recipe import Recipe

    return kept(Recipe.from_dict(values))
