"""A form made from a parameters dataclass: right widgets, bounds, units, tooltips, and the same values back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest

from astrolens_gui.api import BackendSpec, Param, as_dict
from astrolens_gui.ui.forms import ParamsForm, RealBox
from astrolens_gui.ui.qt import Qt, QtWidgets

pytestmark = pytest.mark.window


@dataclass(frozen=True)
class Everything:
    epochs: Annotated[int, Param("Rounds over the data.", low=1, high=500)] = 20
    rate: Annotated[float, Param("Learning rate.", low=1e-7, high=1.0)] = 1e-3
    radius: Annotated[float, Param("Of the aperture.", low=0.0, unit="arcsec")] = 1.5
    flip: Annotated[bool, Param("Mirror the stamps.")] = True
    kind: Annotated[Literal["small", "large"], Param("Size of the network.")] = "small"
    note: Annotated[str, Param("Kept with the model.")] = ""
    limit: Annotated[int | None, Param("At most so many.", low=1, high=10, advanced=True)] = None


@pytest.fixture
def form(qtbot):
    made = ParamsForm(Everything)
    qtbot.addWidget(made)
    made.show()
    return made


def test_that_a_fresh_form_holds_the_defaults(form):
    assert form.params() == Everything()


def test_that_each_kind_gets_its_widget_with_bounds_unit_and_tooltip(form):
    epochs = form.editor("epochs").widget
    assert isinstance(epochs, QtWidgets.QSpinBox)
    assert (epochs.minimum(), epochs.maximum()) == (1, 500)
    assert "Rounds over the data." in epochs.toolTip()
    assert "1 to 500" in epochs.toolTip()
    assert form.editor("radius").widget.suffix() == " arcsec"
    assert isinstance(form.editor("flip").widget, QtWidgets.QCheckBox)
    combo = form.editor("kind").widget
    assert [combo.itemText(row) for row in range(combo.count())] == ["small", "large"]


def test_that_values_go_in_and_come_out_unchanged(form):
    values = as_dict(Everything(epochs=7, rate=3.5e-6, radius=0.1, flip=False, kind="large", note="é", limit=4))
    form.set_values(values)
    assert form.values() == values


def test_that_an_optional_value_can_be_left_to_the_program(form):
    limit = form.editor("limit")
    assert limit.value() is None
    limit._given.setChecked(True)
    limit.widget.setValue(3)
    assert form.params().limit == 3


def test_that_a_value_that_no_longer_fits_leaves_the_default(form):
    form.set_values({"epochs": 100_000, "kind": "huge", "note": "kept", "gone": 1})
    assert form.params() == Everything(note="kept")


def test_that_advanced_settings_are_folded_until_asked_for(form, qtbot):
    assert not form.editor("limit").isVisible()
    folded = next(button for button in form.findChildren(QtWidgets.QToolButton) if button.text() == "Advanced")
    qtbot.mouseClick(folded, Qt.LeftButton)
    assert form.editor("limit").isVisible()


@pytest.mark.parametrize(("typed", "value"), [("1e-5", 1e-5), ("0.00025", 0.00025), ("1", 1.0)])
def test_that_small_numbers_can_be_typed_as_people_write_them(qtbot, typed, value):
    box = RealBox()
    box.setRange(0, 1)
    qtbot.addWidget(box)
    box.show()
    box.selectAll()
    qtbot.keyClicks(box, typed)
    qtbot.keyClick(box, Qt.Key_Return)
    assert box.value() == value
    assert float(box.cleanText()) == value


def test_that_a_backend_without_what_it_needs_is_grey_and_says_how_to_get_it(qtbot):
    from astrolens_gui.ui.views.backends import BackendPanel

    class Plugins:
        def backends(self, capability):
            ready = BackendSpec("toy", "Toy", ("classify",), "a:B", fit_params=Everything)
            lacking = BackendSpec(
                "far", "Far", ("classify",), "a:B", requires=("no_such_module",), fit_params=Everything
            )
            return [lacking, ready]

    panel = BackendPanel(Plugins())
    qtbot.addWidget(panel)
    panel.set_project(True)
    assert panel.backend == "toy"
    assert panel.train_button.isEnabled()
    item = panel.choice.model().item(0)
    assert not item.isEnabled()
    assert "pip install no_such_module" in item.toolTip()
    panel.choose("far")
    assert not panel.train_button.isEnabled()
    assert "pip install no_such_module" in panel.about.text()


def test_that_retrain_carries_the_values_of_the_form(qtbot):
    from astrolens_gui.ui.views.backends import BackendPanel

    class Plugins:
        def backends(self, capability):
            return [BackendSpec("toy", "Toy", ("classify",), "a:B", fit_params=Everything)]

    panel = BackendPanel(Plugins())
    qtbot.addWidget(panel)
    panel.set_project(True)
    panel.findChild(QtWidgets.QSpinBox, "epochs").setValue(3)
    with qtbot.waitSignal(panel.train_asked) as asked:
        qtbot.mouseClick(panel.train_button, Qt.LeftButton)
    backend, values = asked.args
    assert (backend, values["epochs"], values["kind"]) == ("toy", 3, "small")
