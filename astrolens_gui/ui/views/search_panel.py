"""The Search dock: how far the search is, what the queue is drawn by, the scores, and doubtful grades, a tab each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..qt import Qt, QtWidgets
from .search_doubts import DoubtsView
from .search_mix import MixView
from .search_scores import ScoresView
from .search_state import StateView


class SearchPanel(QtWidgets.QTabWidget):
    """Attributes: state, mix, scores, doubts: the four views; each knows its own `page`."""

    def __init__(self, actions: Any, strategies: Sequence[Any]) -> None:
        super().__init__()
        self.setDocumentMode(True)
        self.tabBar().setFocusPolicy(Qt.NoFocus)
        self.tabBar().setDrawBase(False)
        self.tabBar().setUsesScrollButtons(False)  # four short names; the dock is as narrow as people make it
        self.setMinimumWidth(1)
        self.state = StateView(actions)
        self.mix = MixView(actions, strategies)
        self.scores = ScoresView()
        self.doubts = DoubtsView(actions)
        for title, tip, view in (
            ("State", "Lenses found and left, with intervals", self.state),
            ("Mixture", f"What the queue is drawn by. {actions['draw_anew'].toolTip()}", self.mix),
            ("Scores", "How the scores are spread, and what a threshold costs", self.scores),
            ("Doubts", actions["doubt_grades"].toolTip(), self.doubts),
        ):
            view.page = view
            self.setTabToolTip(self.addTab(view, title), tip)
        self.clear()

    def clear(self) -> None:
        """Another project, or none."""
        self.state.clear()
        self.mix.show_mix(None)
        self.scores.clear()
        self.doubts.clear()
