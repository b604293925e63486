"""The bar on top: project, queue order, scheme, view, Score, Retrain, palette, keys; does nothing itself."""

from __future__ import annotations

from typing import Any

from ..actionset import ActionSet
from ..qt import Qt, QtGui, QtWidgets, QWidget, Signal

GAP = 6
"""Pixels between two buttons, and at the ends."""

VIEWER = ("Display", "Measure", "Regions", "Mosaic", "Share")
"""Groups of actions below the View menu."""

NARROWEST = 7
"""Letters that the choices keep in a narrow window, so that every button has its place."""


class ToolBar(QtWidgets.QToolBar):
    """Attributes:
    strategy_chosen, scheme_chosen: (str id) the person chose another queue order, another grading scheme.
    """

    strategy_chosen = Signal(str)
    scheme_chosen = Signal(str)

    def __init__(self, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__("Main", parent)
        self.setObjectName("toolbar")
        self._buttons: dict[str, QtWidgets.QToolButton] = {}
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.PreventContextMenu)
        self._actions = actions
        self.names: list[QtWidgets.QAction] = []
        self._drop_down("Project", "Open, import, export, settings", actions.menu("Project", self))
        self._drop_down("View", "Display, lens tools, regions, mosaic, sharing", self._view_menu())
        self.strategy = self._choice("Queue", "The order in which objects are shown; it is logged with every label")
        self.strategy.activated.connect(lambda _: self.strategy_chosen.emit(self.strategy.currentData()))
        self.scheme = self._choice("Scheme", "The grades there are, their keys and criteria")
        self.scheme.activated.connect(lambda _: self.scheme_chosen.emit(self.scheme.currentData()))
        self._space()
        self._button("toggle_mosaic", "Mosaic").setCheckable(True)
        self._space()
        self._button("score", "Score ▸")
        self._button("retrain", "Retrain ▸").setObjectName("primary")
        self._space()
        self._button("show_palette", "Palette")
        self._button("show_keys", "? Keys")

    def _drop_down(self, name: str, tip: str, menu: QtWidgets.QMenu) -> None:
        button = QtWidgets.QToolButton(text=name, toolTip=tip)
        button.setPopupMode(QtWidgets.QToolButton.InstantPopup)
        button.setFocusPolicy(Qt.NoFocus)
        button.setMenu(menu)
        self.addWidget(button)

    def _view_menu(self) -> QtWidgets.QMenu:
        """What is on the screen, then one menu for each other group of the viewer."""
        menu = self._actions.menu("View", self)
        menu.addSeparator()
        for group in VIEWER:
            menu.addMenu(self._actions.menu(group, menu))
        return menu

    def _choice(self, name: str, tip: str) -> QtWidgets.QComboBox:
        label = QtWidgets.QLabel(f"  {name} ", objectName="muted")
        choice = QtWidgets.QComboBox(toolTip=f"{name}: {tip[0].lower()}{tip[1:]}", enabled=False)
        choice.setFocusPolicy(Qt.NoFocus)
        choice.setSizeAdjustPolicy(QtWidgets.QComboBox.AdjustToMinimumContentsLengthWithIcon)
        choice.setMinimumContentsLength(13)
        choice.setMinimumWidth(choice.fontMetrics().horizontalAdvance("x") * NARROWEST + 30)
        choice.view().setMinimumWidth(260)
        self.names.append(self.addWidget(label))
        self.addWidget(choice)
        return choice

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        """Narrow, the choices stand without their names (the tooltips say them), so that every button has its place."""
        widgets = [self.widgetForAction(action) for action in self.actions()]
        choices = (self.strategy, self.scheme)
        needed = sum(one.minimumWidth() if one in choices else max(one.sizeHint().width(), 0) for one in widgets)
        roomy = needed + GAP * len(widgets) <= event.size().width()
        for label in self.names:
            label.setVisible(roomy)
        super().resizeEvent(event)

    def _button(self, action: str, text: str) -> QtWidgets.QToolButton:
        """Mirrors an action under a shorter name; disabled with it."""
        made = self._actions[action]
        button = QtWidgets.QToolButton(text=text, toolTip=made.toolTip(), enabled=made.isEnabled())
        button.setFocusPolicy(Qt.NoFocus)
        button.clicked.connect(lambda _: made.trigger())
        made.changed.connect(lambda: button.setEnabled(made.isEnabled()))
        button.setProperty("action", action)
        self.addWidget(button)
        return button

    def _space(self) -> None:
        space = QWidget()
        space.setSizePolicy(QtWidgets.QSizePolicy.Expanding, QtWidgets.QSizePolicy.Preferred)
        self.addWidget(space)

    def button(self, action: str) -> QtWidgets.QToolButton:
        if action not in self._buttons:
            every = self.findChildren(QtWidgets.QToolButton)
            self._buttons[action] = next(found for found in every if found.property("action") == action)
        return self._buttons[action]

    def set_choices(self, strategies: list[Any], schemes: list[Any]) -> None:
        for choice, records in ((self.strategy, strategies), (self.scheme, schemes)):
            choice.clear()
            for record in records:
                choice.addItem(record.title, record.id)
                choice.setItemData(choice.count() - 1, getattr(record, "doc", ""), Qt.ToolTipRole)

    def show_state(self, *, project: bool, strategy: str, scheme: str, mosaic: bool) -> None:
        """Follow what holds now."""
        for choice, value in ((self.strategy, strategy), (self.scheme, scheme)):
            choice.setEnabled(project)
            choice.setCurrentIndex(choice.findData(value))
        self.button("toggle_mosaic").setChecked(mosaic)
