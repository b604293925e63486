"""The lens-light part of the Measure dock: what it asks for."""

from __future__ import annotations

from astrolens_gui.ui.qt import QtWidgets
from astrolens_gui.ui.views.measure_light import LightPanel


def test_that_the_model_of_the_lens_light_is_chosen_by_itself_unless_a_person_chooses(qtbot):
    panel = LightPanel(QtWidgets.QAction())
    qtbot.addWidget(panel)
    asked: list[str] = []
    panel.asked.connect(asked.append)
    for place in range(panel.model.count()):
        panel.model.setCurrentIndex(place)
        panel.button.click()
    assert asked == ["automatic", "isophotes", "sersic"]
