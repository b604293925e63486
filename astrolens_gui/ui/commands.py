"""Grading and moving, as the actions call them; each is a line or two on the objects that know how."""

from __future__ import annotations

from typing import Any

from . import theme


class Commands:
    """One method per action of the groups Grade, Move, View and Help; `window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        self._window = window

    # -- grade

    def grade(self, value: str) -> None:
        grading, stage = self._window.grading, self._window.stage
        if not stage.is_mosaic:
            grading.grade(value)
            return
        stage.mosaic.take_peek()
        if (target := stage.mosaic.cursor_object) < 0:
            self._window.say(self._window.queue.unmatched or "There is no object to grade.")
        elif grading.may(target, value):
            stage.mosaic.grade(value)

    def subtype(self, value: str) -> None:
        self._window.grading.subtype(value)

    def comment(self) -> None:
        self._window.show_dock("grade")
        if self._window.stage.is_mosaic:  # a filter may have left the cursor on another object than the current one
            self._window.stage.mosaic.move_to(self._window.stage.mosaic.cursor_row)
        self._window.labelbar.write_comment()

    def undo(self) -> None:
        self._window.grading.undo()

    def redo(self) -> None:
        self._window.grading.redo()

    def toggle_score(self) -> None:
        blind = not self._window.current.blind
        self._window.current.set_blind(blind)
        self._window.queue.set_blind(blind)
        self._window.say("Model scores are hidden until the grade" if blind else "Model scores are shown")

    # -- move

    def _go(self, row: int) -> None:
        count = self._window.queue.rowCount()
        if count:
            row = min(max(row, 0), count - 1)
            self._window.current.show(self._window.queue.object_at(row), row)

    def next(self) -> None:
        self._go(self._window.current.position + 1)

    def previous(self) -> None:
        self._go(self._window.current.position - 1)

    def down(self) -> None:
        if self._window.stage.is_mosaic:
            self._window.stage.mosaic.step_rows(1)
        else:
            self.next()

    def up(self) -> None:
        if self._window.stage.is_mosaic:
            self._window.stage.mosaic.step_rows(-1)
        else:
            self.previous()

    def page_down(self) -> None:
        self._window.stage.mosaic.step_pages(1)

    def page_up(self) -> None:
        self._window.stage.mosaic.step_pages(-1)

    def first(self) -> None:
        self._go(0)

    def last(self) -> None:
        self._go(self._window.queue.rowCount() - 1)

    def next_ungraded(self) -> None:
        row = self._window.queue.next_ungraded(self._window.current.position)
        if row < 0:
            self._window.say(self._window.queue.why_done)
        else:
            self._go(row)

    def find(self) -> None:
        self._window.show_dock("queue")
        self._window.queue_view.find()

    def clear_filter(self) -> None:
        self._window.queue_view.clear_filter()

    def rerank(self) -> None:
        self._window.session.rerank()

    # -- view

    def toggle_mosaic(self) -> None:
        self._window.stage.toggle("mosaic")

    def show_large(self) -> None:
        self._window.stage.mosaic.open_cursor()

    def larger(self) -> None:
        self._window.stage.larger()

    def smaller(self) -> None:
        self._window.stage.smaller()

    def show_queue(self) -> None:
        self._window.show_dock("queue")

    def show_grade(self) -> None:
        self._window.show_dock("grade")

    def focus_image(self) -> None:
        self._window.focus_image()

    def toggle_theme(self) -> None:
        names = theme.names()
        here = names.index(self._window.workbench.settings["theme"])
        self._window.set_theme(names[(here + 1) % len(names)])

    # -- help

    def show_palette(self) -> None:
        self._window.open_palette()

    def show_keys(self) -> None:
        self._window.open_keys()

    def quit(self) -> None:
        self._window.close()
