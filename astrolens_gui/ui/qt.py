"""The only file that names PyQt5: all of Qt that the window uses, under one roof; knows nothing of the program."""

from __future__ import annotations

from PyQt5 import QtCore, QtGui, QtWidgets
from PyQt5.QtCore import QObject, Qt, QTimer
from PyQt5.QtCore import pyqtSignal as Signal
from PyQt5.QtCore import pyqtSlot as Slot
from PyQt5.QtGui import QColor, QFont, QIcon, QKeySequence, QPalette
from PyQt5.QtWidgets import QAction, QApplication, QWidget

PYQTGRAPH_BINDING = "PyQt5"
"""What PYQTGRAPH_QT_LIB must say, so that pyqtgraph never picks another binding that happens to be installed."""

__all__ = [
    "PYQTGRAPH_BINDING",
    "QAction",
    "QApplication",
    "QColor",
    "QFont",
    "QIcon",
    "QKeySequence",
    "QObject",
    "QPalette",
    "QTimer",
    "QWidget",
    "Qt",
    "QtCore",
    "QtGui",
    "QtWidgets",
    "Signal",
    "Slot",
]
