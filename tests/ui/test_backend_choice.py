"""The list of backends: headings in order, a filter over names and papers, what can be chosen and what not."""

from __future__ import annotations

import pytest

from astrolens_gui.api import BackendSpec
from astrolens_gui.ui.qt import Qt
from astrolens_gui.ui.views.backends import BackendPanel

pytestmark = pytest.mark.window

SPECS = [
    BackendSpec("own", "Own", ("classify",), "a:B", doc="Somebody's."),
    BackendSpec("far", "Far", ("classify",), "a:B", requires=("no_such_module",), group="textbook"),
    BackendSpec("deep", "Deep", ("classify",), "a:B", doc="By Lanusse (2017).", group="challenge"),
    BackendSpec("odd", "Odd", ("classify",), "a:B", group="ours"),
    *(
        BackendSpec(f"old{n}", f"Old {n}", ("classify",), "a:B", doc=f"Of {1990 + n}.", group="textbook")
        for n in range(6)
    ),
    BackendSpec("best", "Best", ("classify",), "a:B", group="default"),
]


class Plugins:
    def backends(self, capability):
        return SPECS


@pytest.fixture
def panel(qtbot):
    made = BackendPanel(Plugins())
    qtbot.addWidget(made)
    made.show()
    made.choice.showPopup()
    return made


def shown(panel):
    rows = panel.choice.list.view.model()
    return [rows.index(row, 0).data() for row in range(rows.rowCount())]


def test_that_groups_stand_under_headings_and_the_recommended_comes_first(panel):
    assert panel.backend == "best"
    assert shown(panel)[:4] == ["Recommended", "Best", "Lens finding challenge", "Deep"]
    assert shown(panel)[-4:] == ["Ours", "Odd", "Others", "Own"]


def test_that_typing_leaves_what_fits_with_its_heading_and_enter_takes_it(panel, qtbot):
    qtbot.keyClicks(panel.choice.list.filter, "lanusse 2017")
    assert shown(panel) == ["Lens finding challenge", "Deep"]
    qtbot.keyClick(panel.choice.list.filter, Qt.Key_Return)
    assert panel.backend == "deep"
    assert not panel.choice.list.isVisible()


def test_that_escape_leaves_the_choice_and_the_filter_is_empty_next_time(panel, qtbot):
    qtbot.keyClicks(panel.choice.list.filter, "old")
    qtbot.keyClick(panel.choice.list.filter, Qt.Key_Escape)
    assert panel.backend == "best"
    panel.choice.showPopup()
    assert len(shown(panel)) == len(SPECS) + 5


def test_that_arrows_skip_headings_and_what_is_not_installed(panel, qtbot):
    for _ in range(2):
        qtbot.keyClick(panel.choice.list.filter, Qt.Key_Down)
    qtbot.keyClick(panel.choice.list.filter, Qt.Key_Return)
    assert panel.backend == "old0"  # past Deep, a heading and Far


def test_that_what_lacks_something_cannot_be_clicked_and_says_why(panel, qtbot):
    view = panel.choice.list.view
    far = view.model().index(shown(panel).index("Far"), 0)
    assert "pip install no_such_module" in far.data(Qt.ToolTipRole)
    qtbot.mouseClick(view.viewport(), Qt.LeftButton, pos=view.visualRect(far).center())
    assert panel.backend == "best"
    deep = view.model().index(shown(panel).index("Deep"), 0)
    qtbot.mouseClick(view.viewport(), Qt.LeftButton, pos=view.visualRect(deep).center())
    assert panel.backend == "deep"


def test_that_a_word_that_fits_nothing_says_so(panel, qtbot):
    qtbot.keyClicks(panel.choice.list.filter, "xyzzy")
    assert shown(panel) == []
    assert panel.choice.list.nothing.isVisible()
    qtbot.keyClick(panel.choice.list.filter, Qt.Key_Return)
    assert panel.backend == "best"


def test_that_a_digit_on_the_closed_box_is_left_to_the_grades(panel, qtbot):
    panel.choice.list.hide()
    qtbot.keyClick(panel.choice, Qt.Key_1)
    assert panel.backend == "best"
