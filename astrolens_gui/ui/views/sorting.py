"""The button that says by what the queue is sorted, and its menu of columns; sorts nothing itself."""

from __future__ import annotations

from typing import Any

from ..models.queue import QueueModel
from ..qt import Qt, QtWidgets

TITLES = {"": "Order of labelling", "name": "Name", "grade": "Grade", "score": "Score", "disagreement": "Disagreement"}
"""The columns that every queue has, in the order of the menu."""

SIGNS = {True: "▾", False: "▴"}


class SortButton(QtWidgets.QToolButton):
    """A small button beside the filter; the column chosen again is sorted the other way round."""

    def __init__(self, model: QueueModel) -> None:
        super().__init__(objectName="sort")
        self._model = model
        self.setFocusPolicy(Qt.NoFocus)
        self.list = QtWidgets.QMenu(self)
        self.list.setToolTipsVisible(True)
        self.clicked.connect(self.open)  # a menu of its own would cost the filter the room of an arrow
        model.learned.connect(self._fill)
        model.modelReset.connect(self._show)
        self._show()

    def open(self) -> None:
        """Show the menu below the button."""
        self._fill()
        self._model.wanted.emit("")  # the objects may have other columns by now
        self.list.popup(self.mapToGlobal(self.rect().bottomLeft()))

    def _fill(self) -> None:
        menu = self.list
        menu.clear()
        for column, title in TITLES.items():
            self._add(menu, column, title)
        rest = [column for column in self._model.columns if column not in TITLES and column != "rank"]
        if rest:
            menu.addSeparator()
        for column in rest:
            self._add(menu, column, column)
        menu.addSeparator()
        turned = menu.addAction("Reversed", lambda: self._sort(self._model.sorted_by[0]))
        turned.setEnabled(bool(self._model.sorted_by[0]))

    def _add(self, menu: Any, column: str, title: str) -> None:
        now, descending = self._model.sorted_by
        reason = self._model.why_not(column)
        sign = f"  {SIGNS[descending]}" if column and column == now else ""
        action = menu.addAction(f"{title} · {reason}" if reason else title + sign, lambda: self._sort(column))
        action.setCheckable(True)
        action.setChecked(column == now)
        action.setEnabled(not reason)
        action.setToolTip(f"{title}: {reason}" if reason else HINTS.get(column, f"Sort by {title}"))

    def _sort(self, column: str) -> None:
        now, descending = self._model.sorted_by
        self._model.sort_by(column, not descending if column and column == now else None)

    def _show(self) -> None:
        column, descending = self._model.sorted_by
        self.setText(f"{SIGNS[descending]}" if column else "⇅")
        title = TITLES.get(column, column)
        now = (
            f"Sorted by {title}, {'highest' if descending else 'lowest'} first"
            if column
            else "In the order of labelling"
        )
        self.setToolTip(f"{now}; choose a column to sort by")


HINTS = {
    "": "The order that the queue was made in (most useful, random, …)",
    "grade": "The scheme's first grade first, objects without a grade last; grades given from now on move nothing",
    "disagreement": "Where graders differ most; until you have graded an object, the others' grades stay hidden",
}
"""What a column's entry says under the pointer."""
