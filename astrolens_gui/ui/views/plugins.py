"""The plugins dialog: what each one offers, and why one failed; loads nothing."""

from __future__ import annotations

from typing import Any

from ..qt import QApplication, Qt, QtWidgets, QWidget

COLUMNS = ("Plugin", "State", "Distribution", "Version", "Offers")


class PluginsDialog(QtWidgets.QDialog):
    """One row per plugin; below it the module, the error and the traceback of the chosen one, to be copied."""

    def __init__(self, plugins: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Plugins")
        self.resize(760, 460)
        self._states = list(plugins.states)
        self.table = QtWidgets.QTableWidget(len(self._states), len(COLUMNS))
        self.table.setHorizontalHeaderLabels(COLUMNS)
        self.table.setSelectionBehavior(QtWidgets.QAbstractItemView.SelectRows)
        self.table.setEditTriggers(QtWidgets.QAbstractItemView.NoEditTriggers)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setStretchLastSection(True)
        for row, state in enumerate(self._states):
            word = "ready" if state.ok else "failed"
            cells = (state.name, word, state.distribution, state.version, ", ".join(state.provides) or "–")
            for column, text in enumerate(cells):
                self.table.setItem(row, column, QtWidgets.QTableWidgetItem(text))
        self.table.resizeColumnsToContents()
        self.detail = QtWidgets.QPlainTextEdit(readOnly=True)
        copy = QtWidgets.QPushButton("Copy", toolTip="Copy the text above, for a report to the plugin's author")
        copy.clicked.connect(lambda: QApplication.clipboard().setText(self.detail.toPlainText()))
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(self.table, 2)
        layout.addWidget(self.detail, 3)
        layout.addWidget(copy, 0, Qt.AlignRight)
        self.table.currentCellChanged.connect(lambda row, *_: self._show(row))
        broken = [row for row, state in enumerate(self._states) if not state.ok]
        if self._states:
            self.table.setCurrentCell(broken[0] if broken else 0, 0)

    def _show(self, row: int) -> None:
        state = self._states[row]
        parts = [f"{state.name}: module {state.module}", state.error or "Everything is well.", state.traceback]
        self.detail.setPlainText("\n\n".join(part for part in parts if part))
