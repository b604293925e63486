"""Gets a canvas its pictures: at once where the pixels are in memory, else from the view lane, the newest wish first; knows no
object and no label."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from astrolens_gui.core.images.engine import Engine

from ..bridge import is_cancelled
from ..qt import QObject, QTimer, Signal

LANE = "view"


class Rendering(QObject):
    """One engine for one canvas. One job is under way at most, and one wish waits: whoever turns the wheel waits for the last.

    Attributes:
        ready: (low, high) the cuts, after each change of what is shown, once there is a picture of it or can be one at once.
        failed: (Exception) the pixels could not be read.
    """

    ready = Signal(float, float)
    failed = Signal(object)

    def __init__(self, bridge: Any, runner: Any, canvas: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge, self._runner, self._canvas = bridge, runner, canvas
        self.engine: Engine | None = None
        self._kept: list[tuple[Any, Engine]] = []
        self._recipe: Any = None
        self._sampled: Any = None
        self._sampled_of: Any = None
        self._wishes: list[tuple[Callable[[], Any], Callable[[Any], None], str]] = []
        self._busy = False
        self._round = 0
        canvas.renderer = self._at_once
        canvas.view_changed.connect(self._on_view)

    def set_rasters(self, rasters: Mapping[str, Any], recipe: Any, maps: Any = None, zero_points: Any = None) -> None:
        """Other pixels come, shown by `recipe`; `ready` follows, at once where they are in memory.

        Those that were here just before (a blink) find their cuts again.
        """
        self._round += 1
        self._wishes.clear()
        self._sampled = self._sampled_of = None
        known = next((one for one in self._kept if one[0] is rasters), None)
        if known is None:
            known = (rasters, Engine())
            known[1].set_rasters(rasters, maps, zero_points)
            self._kept = [known, *self._kept[:1]]
        self.engine = known[1]
        self.set_recipe(recipe)

    def clear(self) -> None:
        """Nothing is shown any more."""
        self._round += 1
        self._wishes.clear()
        self.engine, self._sampled, self._kept = None, None, []

    def set_recipe(self, recipe: Any) -> None:
        """Show the same pixels by another recipe."""
        self._recipe = recipe
        engine = self.engine
        if engine is None:
            return
        if self._at_hand(self._canvas.view):
            self.ready.emit(*engine.cuts(recipe))
            self._canvas.refresh()
        elif self._sampled is not None and self._sampled_of == _needs(recipe):
            self._paint()
        else:
            self._ask_for_view()

    def again(self) -> None:
        """The same pixels can be had better or faster now (their pyramid is ready)."""
        if self.engine is not None:
            self._sampled = None
            self.set_recipe(self._recipe)

    def ask(self, work: Callable[[], Any], done: Callable[[Any], None], what: str) -> None:
        """Do `work` on the view lane; of several wishes with the same name the last alone."""
        self._wishes = [wish for wish in self._wishes if wish[2] != what] + [(work, done, what)]
        self._next()

    def render(self, view: Any, done: Callable[[np.ndarray, Any], None]) -> None:
        """`done(bgra, view)` with the picture of any view of these pixels, at once where it can be; of several wishes the last."""
        engine, recipe = self.engine, self._recipe
        if engine is None:
            return
        if self._at_hand(view):
            done(engine.paint(engine.sample(view, recipe), recipe), view)
        else:
            self.ask(lambda: engine.sample(view, recipe), lambda it: done(engine.paint(it, recipe), view), "detail")

    # -- inside

    def _at_hand(self, view: Any) -> bool:
        """Whether all that this view shows is open and in memory, so that sampling and painting may happen here."""
        try:
            return self.engine is not None and self.engine.at_hand(view, self._recipe)
        except Exception:  # on the view lane it becomes a sentence; in a paint event it would end the program
            return False

    def _at_once(self, view: Any) -> np.ndarray | None:
        """The canvas asks for this view's picture while it paints."""
        engine = self.engine
        if engine is None or not self._at_hand(view):
            return None
        try:
            sampled = engine.sample(view, self._recipe)
            painted = engine.paint(sampled, self._recipe)
        except Exception as error:  # inside a paint event it would end the program; as a sentence it ends this image
            self.engine = None
            failure = error
            QTimer.singleShot(0, lambda: self.failed.emit(failure))
            return None
        self._sampled, self._sampled_of = (sampled, view), _needs(self._recipe)
        return painted

    def _on_view(self, view: Any) -> None:
        if self.engine is not None and not self._at_hand(view):
            self._ask_for_view()

    def _ask_for_view(self) -> None:
        engine, recipe, view = self.engine, self._recipe, self._canvas.view
        assert engine is not None

        def work() -> Any:
            engine.cuts(recipe)  # reads the overview the first time
            return engine.sample(view, recipe)

        def done(sampled: Any) -> None:
            self._sampled, self._sampled_of = (sampled, view), _needs(recipe)
            if self._sampled_of == _needs(self._recipe):
                self._paint()

        self.ask(work, done, "view")

    def _paint(self) -> None:
        assert self.engine is not None
        sampled, view = self._sampled
        self._canvas.show(self.engine.paint(sampled, self._recipe), view)
        self.ready.emit(*self.engine.cuts(self._recipe))

    def _next(self) -> None:
        if self._busy or not self._wishes:
            return
        work, done, _ = self._wishes.pop(0)
        asked = self._round
        self._busy = True

        def finish(result: Any) -> None:
            self._busy = False
            if asked == self._round:
                done(result)
            self._next()

        def fail(error: BaseException) -> None:
            self._busy = False
            if asked == self._round and not is_cancelled(error):
                self.failed.emit(error)
            self._next()

        self._bridge.when_done(self._runner.submit(LANE, work, quiet=True), finish, fail)


def _needs(recipe: Any) -> tuple[Any, ...]:
    """What of a recipe decides which floats are sampled; all else only colours them."""
    return (recipe.band, recipe.mode, recipe.red, recipe.green, recipe.blue, recipe.composer, recipe.matrix_bands)
