"""A parameters dataclass becomes a form, and the form its values again; knows no backend and starts nothing."""

from __future__ import annotations

from typing import Any

from astrolens_gui.api import Field, Param, build, fields

from .qt import Qt, QtWidgets, QWidget, Signal

_INT = 2**31 - 1


class ParamsForm(QWidget):
    """One field per parameter, with its unit, bounds and tooltip; advanced ones are folded away.

    Attributes:
        edited: something was changed by the person.
    """

    edited = Signal()

    def __init__(self, params: type, values: dict[str, Any] | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._params = params
        self._editors: dict[str, Editor] = {}
        schema = fields(params)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(self._rows([field for field in schema if not field.param.advanced]))
        if advanced := [field for field in schema if field.param.advanced]:
            layout.addWidget(Folded("Advanced", self._rows(advanced)))
        if not schema:
            layout.addWidget(QtWidgets.QLabel("Nothing to set.", objectName="muted"))
        self.set_values(values or {})

    def _rows(self, schema: list[Field]) -> QtWidgets.QFormLayout:
        rows = QtWidgets.QFormLayout()
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setVerticalSpacing(4)
        rows.setRowWrapPolicy(QtWidgets.QFormLayout.WrapAllRows)  # names above: neither they nor numbers are cut off
        for field in schema:
            editor = Editor(field)
            editor.edited.connect(self.edited)
            self._editors[field.name] = editor
            name = QtWidgets.QLabel(field.title, toolTip=_tip(field))
            name.setBuddy(editor.widget)
            rows.addRow(name, editor)
        return rows

    def editor(self, name: str) -> Editor:
        return self._editors[name]

    def values(self) -> dict[str, Any]:
        """What the form says now, by parameter name; always within the schema."""
        return {name: editor.value() for name, editor in self._editors.items()}

    def params(self) -> Any:
        """The checked dataclass; ValueError with one sentence per problem (free text can still be refused)."""
        return build(self._params, self.values())

    def set_values(self, values: dict[str, Any]) -> None:
        """Fill in; a value that no longer fits the schema (an older version's) leaves the default."""
        for name, editor in self._editors.items():
            try:
                editor.set_value(editor.field.check(values.get(name, editor.field.default)))
            except ValueError:
                editor.set_value(editor.field.default)


class Editor(QWidget):
    """The right widget for one parameter; an optional one has a check box in front that says whether it is set."""

    edited = Signal()

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.widget = _widget(field)
        self.widget.setToolTip(_tip(field))
        self.widget.setObjectName(field.name)
        self.widget.setMinimumWidth(64)  # a box for numbers up to 2^31 would else make a dock as wide as the image
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._given = QtWidgets.QCheckBox(toolTip=f"Set {field.title.lower()}; otherwise the program chooses")
        self._given.setVisible(field.optional)
        self._given.toggled.connect(self.widget.setEnabled)
        self._given.toggled.connect(self.edited)
        self._given.setChecked(True)
        layout.addWidget(self._given)
        layout.addWidget(self.widget, 1)
        _changed(self.widget).connect(self.edited)

    def value(self) -> Any:
        if self.field.optional and not self._given.isChecked():
            return None
        widget = self.widget
        if isinstance(widget, QtWidgets.QCheckBox):
            return widget.isChecked()
        if isinstance(widget, QtWidgets.QComboBox):
            return widget.currentText()
        if isinstance(widget, QtWidgets.QLineEdit):
            return widget.text()
        return widget.value()

    def set_value(self, value: Any) -> None:
        self._given.setChecked(value is not None)
        widget = self.widget
        if value is None:
            return
        if isinstance(widget, QtWidgets.QCheckBox):
            widget.setChecked(value)
        elif isinstance(widget, QtWidgets.QComboBox):
            widget.setCurrentText(value)
        elif isinstance(widget, QtWidgets.QLineEdit):
            widget.setText(value)
        else:
            widget.setValue(value)


class RealBox(QtWidgets.QDoubleSpinBox):
    """A number as people write it: 0.001 and 1e-05 alike, stepping by a tenth of its size, losing no digit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDecimals(12)
        self.setStepType(QtWidgets.QAbstractSpinBox.AdaptiveDecimalStepType)

    def textFromValue(self, value: float) -> str:
        return f"{value:.10g}"

    def valueFromText(self, text: str) -> float:
        return float(text.removesuffix(self.suffix()).strip() or 0)

    def validate(self, text: str, position: int) -> tuple[Any, str, int]:
        from .qt import QtGui

        body = text.removesuffix(self.suffix()).strip()
        try:
            inside = self.minimum() <= float(body) <= self.maximum()
        except ValueError:
            typing = all(letter in "0123456789.eE+-" for letter in body)
            return (QtGui.QValidator.Intermediate if typing else QtGui.QValidator.Invalid), text, position
        return (QtGui.QValidator.Acceptable if inside else QtGui.QValidator.Intermediate), text, position


class Folded(QWidget):
    """A heading that opens and closes what stands below it."""

    def __init__(self, title: str, content: QtWidgets.QLayout, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.button = QtWidgets.QToolButton(text=title, checkable=True, autoRaise=True, arrowType=Qt.RightArrow)
        self.button.setToolButtonStyle(Qt.ToolButtonTextBesideIcon)
        self.button.setToolTip("Settings that rarely need changing")
        self.body = QWidget()
        self.body.setLayout(content)
        self.body.hide()
        self.button.toggled.connect(self.body.setVisible)
        self.button.toggled.connect(lambda on: self.button.setArrowType(Qt.DownArrow if on else Qt.RightArrow))
        layout.addWidget(self.button)
        layout.addWidget(self.body)


def _widget(field: Field) -> QWidget:
    """The widget for the field's kind, with its bounds and unit."""
    low, high = field.param.low, field.param.high
    if field.choices:
        combo = QtWidgets.QComboBox()
        combo.addItems(field.choices)
        return combo
    if field.kind is bool:
        return QtWidgets.QCheckBox()
    if field.kind is int:
        whole = QtWidgets.QSpinBox()
        whole.setRange(int(low) if low is not None else -_INT, int(high) if high is not None else _INT)
        whole.setSuffix(_suffix(field.param))
        return whole
    if field.kind is float:
        real = RealBox()
        real.setRange(low if low is not None else -1e300, high if high is not None else 1e300)
        real.setSuffix(_suffix(field.param))
        return real
    return QtWidgets.QLineEdit()


def _changed(widget: Any) -> Any:
    for name in ("toggled", "currentTextChanged", "textChanged", "valueChanged"):
        if hasattr(widget, name):
            return getattr(widget, name)
    raise TypeError(f"{type(widget).__name__} has no signal for a changed value")


def _suffix(param: Param) -> str:
    return f" {param.unit}" if param.unit else ""


def _tip(field: Field) -> str:
    low, high = field.param.low, field.param.high
    if low is not None and high is not None:
        bounds = f"{low:g} to {high:g}"
    elif low is not None or high is not None:
        bounds = f"at least {low:g}" if low is not None else f"at most {high:g}"
    else:
        bounds = ""
    return "\n".join(part for part in (field.param.doc, f"{bounds} {field.param.unit}".strip()) if part)
