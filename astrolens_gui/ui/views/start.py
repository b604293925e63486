"""The start page: recent projects and the three ways in; light enough to be on the screen within a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..actionset import ActionSet
from ..qt import Qt, QtCore, QtGui, QtWidgets, QWidget, Signal

SUFFIX = ".astrolens"


class StartPage(QWidget):
    """Attributes:
    opened: (Path) a project folder was chosen.
    dropped: (list of Path) images or folders of images were dropped.
    """

    opened = Signal(object)
    dropped = Signal(list)

    def __init__(self, settings: Any, actions: ActionSet) -> None:
        super().__init__(objectName="page")
        self.setAttribute(Qt.WA_StyledBackground)
        self._settings = settings
        self.setAcceptDrops(True)
        column = QtWidgets.QVBoxLayout()
        column.setSpacing(10)
        title = QtWidgets.QLabel("AstroLens", objectName="title")
        column.addWidget(title)
        column.addWidget(
            QtWidgets.QLabel(
                "Look at cutouts, grade them with one key each, retrain, look at the best.", objectName="muted"
            )
        )
        column.addSpacing(8)
        ways = QtWidgets.QHBoxLayout(spacing=8)
        for place, name in enumerate(("new_project", "open_project", "demo")):
            button = QtWidgets.QPushButton(actions[name].text(), toolTip=actions[name].toolTip())
            button.setObjectName("" if place else "primary")
            button.setMinimumHeight(36)
            button.clicked.connect(actions[name].trigger)
            ways.addWidget(button)
        column.addLayout(ways)
        self.drop = QtWidgets.QFrame(objectName="drop")
        self.drop.setMinimumHeight(84)
        inside = QtWidgets.QVBoxLayout(self.drop)
        inside.addWidget(
            QtWidgets.QLabel("or drop a folder of FITS cutouts, or a project, here", objectName="muted"),
            0,
            Qt.AlignCenter,
        )
        column.addWidget(self.drop)
        column.addSpacing(8)
        self.heading = QtWidgets.QLabel("Recent projects", objectName="heading")
        self.recent = QtWidgets.QListWidget(objectName="recent")
        self.recent.setToolTip("Enter or a click opens the project")
        self.recent.itemActivated.connect(self._activated)
        self.recent.itemClicked.connect(self._activated)
        column.addWidget(self.heading)
        column.addWidget(self.recent, 1)
        column.addStretch(0)
        across = QtWidgets.QHBoxLayout(self)
        across.addStretch(1)
        across.addLayout(column, 4)
        across.addStretch(1)
        across.setContentsMargins(24, 60, 24, 40)
        self.refresh()

    def refresh(self) -> None:
        """The recent projects as the settings know them; one that is not there now is greyed."""
        self.recent.clear()
        for text in self._settings["recent"]:
            folder = Path(text)
            there = (folder / "project.toml").is_file()
            item = QtWidgets.QListWidgetItem(
                f"{folder.name.removesuffix(SUFFIX)}\n{folder.parent}" + ("" if there else "  (not there now)")
            )
            item.setData(Qt.UserRole, text)
            item.setToolTip(text)
            if not there:
                item.setFlags(Qt.NoItemFlags)
            self.recent.addItem(item)
        self.heading.setText(
            "Recent projects"
            if self.recent.count()
            else "No projects yet: make one from a folder of FITS cutouts, or try the demo"
        )
        self.recent.setVisible(self.recent.count() > 0)

    def _activated(self, item: QtWidgets.QListWidgetItem) -> None:
        if item.flags() & Qt.ItemIsEnabled:
            self.opened.emit(Path(item.data(Qt.UserRole)))

    def dragEnterEvent(self, event: QtGui.QDragEnterEvent) -> None:
        if local_paths(event.mimeData()):
            event.acceptProposedAction()
            self._over(True)

    def dragLeaveEvent(self, event: QtCore.QEvent) -> None:
        self._over(False)

    def dropEvent(self, event: QtGui.QDropEvent) -> None:
        self._over(False)
        self.dropped.emit(local_paths(event.mimeData()))
        event.acceptProposedAction()

    def _over(self, over: bool) -> None:
        self.drop.setProperty("over", over)
        self.drop.style().polish(self.drop)


def local_paths(mime: QtCore.QMimeData) -> list[Path]:
    """Files and folders of this machine in what is dragged."""
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]


def is_project(path: Path) -> bool:
    return (path / "project.toml").is_file()
