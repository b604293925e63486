"""The window: composes the docks round the image and connects them; every decision is somebody else's."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from . import theme
from .actionset import ActionSet
from .bridge import Bridge
from .campaigning import CampaignCommands
from .colouring import ColourCommands
from .commands import Commands
from .current import Current
from .detecting import DetectCommands
from .dockwidths import DockWidths
from .field import FieldCommands
from .graders import GraderCommands
from .grading import Grading
from .learning import LearningCommands
from .looking import LookCommands
from .mapping import MapCommands
from .marking import MarkCommands
from .measuring import MeasureCommands
from .models.queue import QueueModel
from .mosaics import MosaicCommands
from .panelling import PanelCommands
from .projects import ProjectCommands
from .qt import Qt, QtCore, QtGui, QTimer, QtWidgets, QWidget
from .restoring import RestoreCommands
from .scheming import SchemeCommands
from .searching import SearchCommands
from .session import Session
from .sharing import ShareCommands
from .views.jobs import JobsDialog, JobsLine
from .views.keys import KeysOverlay
from .views.labelbar import LabelBar
from .views.palette import Palette
from .views.queue import QueueView
from .views.stage import Stage
from .views.start import StartPage, local_paths
from .views.status import StatusLine
from .views.toolbar import ToolBar
from .why import WhyCommands

SIZE = (1400, 900)
SIDES = {"queue": 250, "grade": 288}
"""Widths of the docks at first: the image keeps over 60 % of 1400 pixels."""

RIGHT = ("measure", "why", "detect", "restore", "graders", "search", "map", "models")
"""Docks behind the grade's, in the order of their tabs."""

FIELDS = (QtWidgets.QLineEdit, QtWidgets.QAbstractSpinBox, QtWidgets.QComboBox, QtWidgets.QAbstractButton)
"""What can hold the keyboard besides the image: its own keys come before the window's actions."""

FIELD_KEYS = {Qt.Key_Escape, Qt.Key_Return, Qt.Key_Enter, Qt.Key_Up, Qt.Key_Down, Qt.Key_PageUp, Qt.Key_PageDown}
FIELD_KEYS |= {Qt.Key_Space, Qt.Key_Tab, Qt.Key_Backtab}
LEAVING = {Qt.Key_Escape, Qt.Key_Return, Qt.Key_Enter}
"""Keys that give the keyboard back to the image, once the field has done its own with them."""

SMALLEST = 840
"""Width of the smallest window: docks at their narrowest, and an image that one can still grade."""

NARROWEST = 230
"""Below this a grade's name is cut off."""


class Window(QtWidgets.QMainWindow):
    """One window on one workbench. `build()` makes what is heavy, after the first paint."""

    def __init__(self, workbench: Any) -> None:
        super().__init__()
        self.workbench = workbench
        self.bridge = Bridge(workbench, self)
        self.current = Current(workbench.settings, self)
        self.queue = QueueModel(self)
        self.grading = Grading(self.bridge, workbench, self.current, self.queue)
        self.session = Session(self.bridge, workbench, self.current, self.queue, self.grading)
        self.projects = ProjectCommands(self)
        self.learning = LearningCommands(self)
        self.measuring = MeasureCommands(self)
        self.marking = MarkCommands(self)
        self.why = WhyCommands(self)
        self.detecting = DetectCommands(self)
        self.restoring = RestoreCommands(self)
        self.graders = GraderCommands(self)
        self.searching = SearchCommands(self)
        self.mapping = MapCommands(self)
        self.campaign = CampaignCommands(self)
        self.schemes = SchemeCommands(self)
        self.action_set = ActionSet(
            self,
            (
                *(Commands(self), LookCommands(self), ColourCommands(self), PanelCommands(self), FieldCommands(self)),
                *(
                    self.measuring,
                    self.marking,
                    self.why,
                    self.detecting,
                    self.restoring,
                    self.graders,
                    *(self.campaign, self.schemes),
                    self.searching,
                    self.mapping,
                    *(MosaicCommands(self), ShareCommands(self)),
                    self.projects,
                    self.learning,
                ),
            ),
        )
        self.panel: Any = None
        self._hidden: QtCore.QByteArray | None = None
        self._compose()
        self._connect()
        self._situation()
        self.setMinimumWidth(SMALLEST)
        self.resize(*SIZE)
        self.setAcceptDrops(True)
        self.projects.keys.use()

    def _compose(self) -> None:
        self.start = StartPage(self.workbench.settings, self.action_set)
        self.stage = Stage(self.bridge, self.workbench, self.current, self.queue)
        self.pages = QtWidgets.QStackedWidget()
        self.start.setSizePolicy(QtWidgets.QSizePolicy.Ignored, QtWidgets.QSizePolicy.Preferred)
        self.pages.addWidget(self.start)  # hidden behind the image, its width must not be the image's least
        self.pages.addWidget(self.stage)
        self.setCentralWidget(self.pages)
        self.setFocusPolicy(Qt.ClickFocus)  # a press on anything that is no field comes up to here …
        self.setFocusProxy(self.stage)  # … and gives the keyboard to the image
        self.toolbar = ToolBar(self.action_set, self)
        self.addToolBar(self.toolbar)
        self.jobs_line = JobsLine(self.bridge, self.workbench)
        self.jobs_dialog = JobsDialog(self.bridge, self.workbench, self)
        self.status = StatusLine(self.jobs_line, self)
        self.setStatusBar(self.status)
        self.queue_view = QueueView(self.queue, self.current)
        self.labelbar = LabelBar(self.action_set, self.grading, self.current, self.queue)
        self.docks = {
            "queue": self._dock("queue", "Queue", self.queue_view, Qt.LeftDockWidgetArea),
            "grade": self._dock("grade", "Grade", scrolled(self.labelbar), Qt.RightDockWidgetArea),
            **{name: self._dock(name, name.capitalize(), QWidget(), Qt.RightDockWidgetArea) for name in RIGHT},
        }
        self.setTabPosition(Qt.RightDockWidgetArea, QtWidgets.QTabWidget.East)  # nine names have room beside, not below
        for former, dock in pairwise(list(self.docks.values())[1:]):
            self.tabifyDockWidget(former, dock)
        self._widths = DockWidths(self, self.docks)
        self.docks["grade"].raise_()
        for dock in self.docks.values():
            dock.hide()

    def _dock(self, name: str, title: str, content: QWidget, area: Qt.DockWidgetArea) -> QtWidgets.QDockWidget:
        dock = Dock(title, self, objectName=name)
        dock.setWidget(content)
        self.addDockWidget(area, dock)
        return dock

    def _connect(self) -> None:
        self.start.opened.connect(lambda folder: self.session.open(folder))
        self.start.dropped.connect(self.projects.take)
        self.toolbar.strategy_chosen.connect(self.session.choose_strategy)
        self.toolbar.scheme_chosen.connect(self.session.choose_scheme)
        self.queue_view.table.pressed.connect(lambda _: self.stage.take_focus())
        self.jobs_line.asked.connect(self.learning.show_jobs)
        self.session.scheme_changed.connect(self._on_scheme)
        self.session.opened.connect(self._on_opened)
        self.session.closed.connect(self._on_closed)
        self.grading.saved.connect(self.status.show_saved)
        self.grading.forgotten.connect(self.status.forget_saved)
        self.grading.finished.connect(lambda: self.say(self.queue.why_done))
        self.grading.sight = self.stage.sight
        self.stage.painted.connect(self.grading.painted)
        self.stage.graded.connect(self.grading.noted)
        self.stage.turned.connect(lambda _: self._situation())
        self.current.object_changed.connect(lambda _: self._situation())
        self.queue.reranked.connect(self._situation)
        self.bridge.job.connect(self._on_job)
        for source in (self.bridge.failed, self.session.failed, self.grading.failed):
            source.connect(self.fail)
        for source in (self.session.told, self.grading.told):
            source.connect(self.say)

    def build(self) -> None:
        """What needs plugins or pyqtgraph; called once the window has been painted, and before a project shows."""
        if self.panel is not None:
            return
        from .views.backends import BackendPanel

        self.panel = BackendPanel(self.workbench.plugins)
        self.panel.score_asked.connect(self.learning.start_scoring)
        self.panel.train_asked.connect(self.learning.retraining.ask)
        self.bridge.changed.connect(self.learning.retraining.on_changed)
        self.docks["models"].setWidget(scrolled(self.panel))
        self.learning.ancestry.build(self.panel.lineage)
        self.offer_choices()
        self.stage.build()
        panels: dict[str, Any] = {
            **{"measure": self.measuring, "why": self.why, "detect": self.detecting, "restore": self.restoring},
            **{"graders": self.graders, "search": self.searching, "map": self.mapping},
        }
        for name, provider in panels.items():
            self.docks[name].setWidget(scrolled(provider.build()))
        self.marking.build()
        self._situation()

    def offer_choices(self) -> None:
        """The queue's orders, and the schemes that there are now."""
        from astrolens_gui.api import StrategySpec

        self.toolbar.set_choices(self.workbench.plugins.all(StrategySpec), list(self.workbench.schemes().values()))
        self._situation()

    def _on_scheme(self, scheme: Any) -> None:
        self.build()
        self.action_set.set_scheme(scheme)
        self.labelbar.set_scheme(scheme)
        self.stage.set_scheme(scheme)
        said = list(self.action_set.given_up)
        if foreign := self.queue.foreign:
            said.append(f"{foreign:,} grades are of another scheme; they are kept, and shown in grey")
        if said:
            self.say("; ".join(said))
        self._situation()

    def _on_job(self, event: Any) -> None:
        if event.state == "done" and event.job != self.learning.refused:  # what went wrong before is no longer the news
            self.status.clear_problem()

    def _on_opened(self, info: Any) -> None:
        self.grading.forget()
        self.current.leave_manual_cuts()
        if self.session.scheme.id == info.scheme:  # else that has just been said
            self.status.clear_problem()
        self.offer_choices()  # the project's own schemes, too
        self.pages.setCurrentWidget(self.stage)
        for dock in self.docks.values():
            dock.show()
        self._restore_layout()
        self._widths = DockWidths(self, self.docks)
        self.docks["grade"].raise_()
        QTimer.singleShot(0, self._name_tabs)
        self.setWindowTitle(f"{info.name} — AstroLens")
        self.stage.take_focus()
        self._situation()

    def _on_closed(self) -> None:
        self.grading.forget()
        self.status.clear_problem()
        self._remember_layout()
        for dock in self.docks.values():
            dock.hide()
        self.start.refresh()
        self.pages.setCurrentWidget(self.start)
        self.setWindowTitle("AstroLens")
        self._situation()

    def _situation(self) -> None:
        """Enable what can be done now, everywhere at once."""
        project, mosaic = self.session.is_open, self.stage.is_mosaic
        self.action_set.set_situation(project=project, object=self.current.object_id >= 0, page=self.stage.page)
        scheme = self.session.info.scheme if project else ""
        self.toolbar.show_state(project=project, strategy=self.queue.strategy, scheme=scheme, mosaic=mosaic)
        if self.panel is not None:
            self.panel.set_project(project)

    def say(self, text: str) -> None:
        self.status.say(text)

    def fail(self, sentence: str) -> None:
        self.status.fail(sentence)

    def set_theme(self, name: str) -> None:
        self.workbench.settings.set("theme", name)
        theme.apply(name)

    def show_dock(self, name: str) -> None:
        self.show_rest()
        self.docks[name].show()
        self.docks[name].raise_()
        QTimer.singleShot(0, self._name_tabs)

    def _name_tabs(self) -> None:
        """Whole names on the docks' tabs, with arrows to those that there is no room for; Qt makes these bars as it needs them."""
        for bar in self.findChildren(QtWidgets.QTabBar):
            bar.setElideMode(Qt.ElideNone)

    def open_palette(self) -> None:
        Palette(self.action_set.pairs(), self).show()

    def open_keys(self) -> None:
        KeysOverlay(self.action_set.table(), self)

    def focus_image(self) -> None:
        """Hide all but the image, or bring the rest back; in a field, Tab goes to the next one as everywhere."""
        field = QtWidgets.QApplication.focusWidget()
        if isinstance(field, FIELDS) and field.isVisible():
            self.focusNextChild()
            return
        if self._hidden is None:
            self._hidden = self.saveState()
            for widget in (*self._rest(), *self.docks.values()):
                widget.hide()
        else:
            self.show_rest()
        self.stage.take_focus()

    def _rest(self) -> tuple[QWidget, ...]:
        """What "image only" hides besides the docks."""
        return (self.toolbar, self.status, self.stage.bar)

    def show_rest(self) -> None:
        """Leave "image only"; nothing where all is shown."""
        if self._hidden is not None:
            for widget in self._rest():
                widget.show()
            self.restoreState(self._hidden)
            self._hidden = None

    def event(self, event: QtCore.QEvent) -> bool:
        if event.type() == QtCore.QEvent.ShortcutOverride and event.key() in FIELD_KEYS:
            field = QtWidgets.QApplication.focusWidget()
            if isinstance(field, FIELDS) and field.isVisible():
                event.accept()  # before it becomes an action: the field has the key first
                return True
        return super().event(event)

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        if event.key() in LEAVING:
            self.stage.take_focus()
        else:
            super().keyPressEvent(event)

    def _restore_layout(self) -> None:
        layout = self.workbench.settings["layout"]
        if not layout or not self.restoreState(QtCore.QByteArray.fromBase64(layout.encode())):
            self.resizeDocks([self.docks[name] for name in SIDES], list(SIDES.values()), Qt.Horizontal)

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        super().resizeEvent(event)
        self._widths.keep()

    def restore_geometry(self) -> None:
        if geometry := self.workbench.settings["geometry"]:
            self.restoreGeometry(QtCore.QByteArray.fromBase64(geometry.encode()))

    def _remember_layout(self) -> None:
        state = self._hidden if self._hidden is not None else self.saveState()
        self.workbench.settings.set("layout", bytes(state.toBase64()).decode())

    def dragEnterEvent(self, event: QtGui.QDragEnterEvent) -> None:
        if local_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QtGui.QDropEvent) -> None:
        self.projects.take(local_paths(event.mimeData()))

    def closeEvent(self, event: QtGui.QCloseEvent) -> None:
        if self.session.is_open:
            self._remember_layout()
            self.labelbar.send_draft()
        self.workbench.settings.set("geometry", bytes(self.saveGeometry().toBase64()).decode())
        self.current.save()
        self.grading.close()
        self.session.stop()
        self.bridge.close()
        for timer in self.findChildren(QTimer):
            timer.stop()  # Python may collect what a timer calls before Qt deletes the timer
        super().closeEvent(event)


class Dock(QtWidgets.QDockWidget):
    """A dock that has no keys of its own: floating, it is a window, and keys would end there."""

    def event(self, event: QtCore.QEvent) -> bool:
        kinds = (QtCore.QEvent.ShortcutOverride, QtCore.QEvent.KeyPress)
        if self.isFloating() and event.type() in kinds and event.key() in FIELD_KEYS:
            return bool(self.parentWidget().event(event))
        return bool(super().event(event))


def scrolled(content: QWidget) -> QtWidgets.QScrollArea:
    """A dock's content that may be taller than the dock."""
    area = QtWidgets.QScrollArea(widgetResizable=True, horizontalScrollBarPolicy=Qt.ScrollBarAlwaysOff)
    content.setObjectName("scrolled")
    area.setWidget(content)
    area.setMinimumWidth(NARROWEST)
    area.setFocusPolicy(Qt.NoFocus)  # a click beside a field is no click into it
    return area
