"""The Search dock as the actions call it: asks for estimates, scores and doubts, and has the queue drawn; counts nothing itself."""

from __future__ import annotations

from typing import Any

from .bridge import is_cancelled, sentence_of
from .context import ContextMenu
from .qt import QTimer, QWidget

SOON_MS = 1200
"""What is shown follows the grades so long after: a fast grader shall not be counted at every key."""

DRAG_MS = 150


class SearchCommands:
    """One method per action of its section; `window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        self._window = window
        self.panel: Any = None
        self._jobs: dict[str, Any] = {}
        self._stale = True
        self._doubted: Any = None

    def build(self) -> QWidget:
        """The panel of the Search dock; made once the stage is built."""
        from astrolens_gui.api import StrategySpec

        from .views.search_panel import SearchPanel

        window = self._window
        settings = window.workbench.settings
        panel = self.panel = SearchPanel(window.action_set, window.workbench.plugins.all(StrategySpec))
        panel.setCurrentIndex(int(settings["search"].get("tab", 0)))
        panel.currentChanged.connect(lambda at: settings.set("search", {**settings["search"], "tab": at}))
        panel.currentChanged.connect(lambda _: self._seen())
        self._soon = QTimer(window, singleShot=True, interval=SOON_MS)
        self._soon.timeout.connect(self._refresh)
        self._dragged = QTimer(window, singleShot=True, interval=DRAG_MS)
        self._dragged.timeout.connect(self._ask_search)
        panel.mix.drawn.connect(self.draw_anew)
        panel.scores.moved.connect(lambda _: self._dragged.start())
        panel.doubts.asked.connect(self.doubt_grades)
        panel.doubts.picked.connect(self._show_object)
        window.docks["search"].visibilityChanged.connect(lambda _: QTimer.singleShot(0, self._seen))
        window.session.closed.connect(self._leave)
        window.session.opened.connect(lambda _: self._leave())
        window.bridge.changed.connect(self._on_changed)
        window.current.blind_changed.connect(lambda _: self._show_doubts())
        window.queue.dataChanged.connect(lambda *_: self._show_doubts())
        self.context = ContextMenu(window)
        return panel

    # -- actions

    def find_similar(self) -> None:
        window = self._window
        chosen = window.stage.mosaic.selected if window.stage.is_mosaic else []
        self.more_like(chosen or [window.current.object_id])

    def more_like(self, ids: list[int]) -> None:
        """Order the queue by likeness to these objects."""
        window = self._window
        what = window.queue.name_of(ids[0]) if len(ids) == 1 else f"{len(ids):,} objects"

        def failed(error: BaseException) -> None:
            if not is_cancelled(error):
                window.fail(sentence_of(error))
                window.show_dock("map")

        window.say(f"Looking for objects like {what} …")
        window.session.follow(window.workbench.similar(ids), f"The queue has what is most like {what} first", failed)

    def draw_anew(self) -> None:
        """Keep the mixture as the sliders have it, and draw the queue by it."""
        window = self._window
        said = "The queue is drawn: grade from its top, as it comes"
        window.session.follow(window.workbench.set_mix(self.panel.mix.mix()), said)

    def doubt_grades(self) -> None:
        window, view = self._window, self.panel.doubts
        self.show_search()
        self.panel.setCurrentWidget(view.page)
        view.say("Holding each grade against a model that has not seen it …")
        self._ask(
            "doubts", window.workbench.doubts(), self._take_doubts, lambda error: view.say(sentence_of(error), "bad")
        )

    def show_search(self) -> None:
        self._window.show_dock("search")

    # -- what is asked for

    @property
    def is_seen(self) -> bool:
        """Whether the panel is in front: what nobody sees is not counted."""
        return self.panel.isVisible() and not self.panel.visibleRegion().isEmpty()

    def _seen(self) -> None:
        if self._window.session.is_open and self._stale and self.is_seen:
            self._refresh()

    def _refresh(self) -> None:
        if not self._window.session.is_open or not self.is_seen:
            return
        self._stale = False
        self._ask_search()
        scores = self.panel.scores
        self._ask(
            "spread", self._window.workbench.spread(), scores.show_spread, lambda error: scores.say(sentence_of(error))
        )

    def _ask_search(self) -> None:
        panel = self.panel

        def found(searched: Any) -> None:
            panel.state.show_search(searched)
            panel.scores.show_listed(searched)

        job = self._window.workbench.searched(panel.scores.threshold)
        self._ask("search", job, found, lambda error: panel.state.say(sentence_of(error), "bad"))

    def _ask(self, what: str, job: Any, done: Any, failed: Any) -> None:
        """One question of a kind at a time: the newest answer is the one that is shown."""
        if (former := self._jobs.get(what)) is not None:
            former.cancel()
        self._jobs[what] = job

        def ended(answer: Any, show: Any) -> None:
            if self._jobs.get(what) is job:
                del self._jobs[what]
                show(answer)

        self._window.bridge.when_done(
            job,
            lambda answer: ended(answer, done),
            lambda error: ended(error, lambda one: None if is_cancelled(one) else failed(one)),
        )

    # -- what comes back

    def _take_doubts(self, found: Any) -> None:
        self._doubted = found
        self._show_doubts()

    def _show_doubts(self) -> None:
        """While blind, only grades of this person's own: a doubt tells what the model thinks."""
        found, window = self._doubted, self._window
        if found is not None:
            grades = [window.queue.grade_of(one) for one in found.object.tolist()]
            shown = [at for at, grade in enumerate(grades) if grade or not window.current.blind]
            names = [window.queue.name_of(one) for one in found.object.tolist()]
            self.panel.doubts.show_doubts(found, shown, names, grades)

    def _on_changed(self, changes: Any) -> None:
        if changes.labels or changes.scores or changes.queue or changes.objects or changes.models:
            self._stale = True
            if self.is_seen and not self._soon.isActive():
                self._soon.start()
        if (changes.labels or changes.models) and self._doubted is not None:
            self.panel.doubts.mark_stale()

    def _leave(self) -> None:
        for job in self._jobs.values():
            job.cancel()
        self._jobs.clear()
        self._stale, self._doubted = True, None
        self.panel.clear()
        project = self._window.workbench.project
        if self._window.session.is_open and project is not None:
            self.panel.mix.show_mix(project.settings.get("mix"))
        QTimer.singleShot(0, self._seen)

    def _show_object(self, object_id: int) -> None:
        window = self._window
        window.queue.picked.add(object_id)
        window.current.show(object_id, window.queue.row_of(object_id))
        window.stage.take_focus()
