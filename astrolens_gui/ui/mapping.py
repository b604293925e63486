"""The Map dock as the actions call it: has the model look, asks for places and colours them; computes no map."""

from __future__ import annotations

from typing import Any

import numpy as np

from .bridge import is_cancelled, sentence_of
from .models.columns import LASSO
from .qt import QTimer, QWidget

COLOUR_MS = 300
"""Colours follow the grades so long after."""

LISTED = f"{LASSO}:any"
"""The queue's filter for what is caught."""

MOST_ALIKE = 200
"""Caught objects that likeness is asked to; more of them would be alike to everything."""


class MapCommands:
    """One method per action of its section; `window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        self._window = window
        self.panel: Any = None
        self.atlas: Any = None
        self.caught = np.zeros(0, np.int64)
        self._look_job: Any = None
        self._map_job: Any = None

    def build(self) -> QWidget:
        """The panel of the Map dock; made once the stage is built."""
        from .views.map_panel import MapPanel

        window = self._window
        settings = window.workbench.settings
        panel = self.panel = MapPanel(window.action_set, window.bridge, window.workbench)
        panel.choose(**settings["map"])
        self._colour = QTimer(window, singleShot=True, interval=COLOUR_MS)
        self._colour.timeout.connect(self._tint)
        panel.method_chosen.connect(lambda method: self._choose("method", method))
        panel.colour_chosen.connect(lambda colour: self._choose("colour", colour))
        panel.look_asked.connect(self.look_at_all)
        panel.cancelled.connect(self._cancel)
        panel.alike_asked.connect(lambda: window.searching.more_like(self.caught[:MOST_ALIKE].tolist()))
        panel.view.picked.connect(self._show_object)
        panel.view.caught.connect(self._catch)
        panel.view.naming = lambda one: (window.queue.name_of(one), window.queue.grade_of(one))
        window.docks["map"].visibilityChanged.connect(lambda _: QTimer.singleShot(0, self._seen))
        window.session.opened.connect(lambda _: self._leave())
        window.session.closed.connect(self._leave)
        window.current.object_changed.connect(panel.view.show_current)
        window.current.recipe_changed.connect(panel.view.set_recipe)
        window.current.blind_changed.connect(lambda _: self._colour.start())
        window.queue.dataChanged.connect(lambda *_: self._colour.start())
        window.queue.reranked.connect(self._colour.start)
        window.bridge.changed.connect(self._on_changed)
        window.bridge.job.connect(self._on_job)
        panel.view.set_recipe(window.current.recipe)
        return panel

    # -- actions

    def show_map(self) -> None:
        self._window.show_dock("map")
        self._seen()

    def look_at_all(self) -> None:
        window = self._window
        window.show_dock("map")
        if self._look_job is not None:
            window.say("The model is looking already")
            return

        def done(_: Any) -> None:
            self._looked()
            self.atlas = None
            self._ask()

        def failed(error: BaseException) -> None:
            self._looked()
            if is_cancelled(error):
                self.panel.say("Stopped; nothing was kept.")
            else:
                self.panel.say(sentence_of(error), "bad")

        self.panel.show_busy(0.0)
        self._look_job = window.workbench.embed()
        window.bridge.when_done(self._look_job, done, failed)

    def list_caught(self) -> None:
        """The queue lists what the lasso caught, until its filter is cleared."""
        window = self._window
        if not len(self.caught):
            window.say("Nothing is caught: drag round some dots in the Map dock")
            return
        window.queue.take_list(LASSO, self.caught)
        window.show_dock("queue")
        window.queue_view.filter.setText(LISTED)
        window.docks["map"].raise_()

    # -- what is asked for

    @property
    def is_seen(self) -> bool:
        return self.panel.isVisible() and not self.panel.visibleRegion().isEmpty()

    def _seen(self) -> None:
        if self._window.session.is_open and self.is_seen:
            if self.atlas is None and self._map_job is None:
                self._ask()
            else:
                self._colour.start(0)

    def _choose(self, name: str, value: str) -> None:
        settings = self._window.workbench.settings
        settings.set("map", {**settings["map"], name: value})
        if name == "method":
            self._ask()
        else:
            self._tint()

    def _ask(self) -> None:
        window = self._window
        if self._map_job is not None:
            self._map_job.cancel()
        job = self._map_job = window.workbench.atlas(self.panel.method)

        def done(atlas: Any) -> None:
            if self._map_job is job:
                self._map_job, self.atlas = None, atlas
                self.panel.show_atlas(atlas)
                self.panel.view.show_current(window.current.object_id)
                self._tint()

        def failed(error: BaseException) -> None:
            if self._map_job is job:
                self._map_job = None
                if not is_cancelled(error):
                    lacks = type(error).__name__ == "Lacking"
                    self.panel.show_lacking("" if lacks else sentence_of(error))

        window.bridge.when_done(job, done, failed)

    def _tint(self) -> None:
        """Grades, or scores as far as they may be seen."""
        window, atlas = self._window, self.atlas
        if atlas is None or not self.is_seen:
            return
        codes, levels, _ = window.queue.grades_of(atlas.ids)
        by_score = self.panel.colour == "score"
        scores = window.queue.scores_of(atlas.ids) if by_score else None
        self.panel.view.set_colours(codes, levels, dict(window.queue.colours), scores)
        hidden = window.queue.blind and bool((codes == 0).any())
        if by_score:
            self.panel.say("Scores of ungraded objects are hidden; M shows them." if hidden else "")
        else:
            self.panel.say("")

    # -- what comes back

    def _catch(self, ids: np.ndarray) -> None:
        self.caught = ids
        self.panel.show_caught(len(ids))
        if len(ids):
            self.list_caught()
        elif self._window.queue_view.filter.text() == LISTED:
            self._window.queue_view.clear_filter()

    def _show_object(self, object_id: int) -> None:
        window = self._window
        window.queue.picked.add(object_id)
        window.current.show(object_id, window.queue.row_of(object_id))
        window.stage.take_focus()

    def _on_job(self, event: Any) -> None:
        if self._look_job is not None and event.job == self._look_job.id and event.progress is not None:
            self.panel.show_busy(event.progress.fraction)

    def _on_changed(self, changes: Any) -> None:
        if changes.models or changes.objects or changes.project:
            self.atlas = None
            if self._window.session.is_open and self.is_seen:
                self._ask()

    def _looked(self) -> None:
        self._look_job = None
        self.panel.show_busy(None)

    def _cancel(self) -> None:
        if self._look_job is not None:
            self._look_job.cancel()

    def _leave(self) -> None:
        for job in (self._look_job, self._map_job):
            if job is not None:
                job.cancel()
        self._map_job = self.atlas = None
        self.caught = np.zeros(0, np.int64)
        self.panel.clear()
        QTimer.singleShot(0, self._seen)
