"""The menu of links out, made anew each time it opens; opens nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..qt import QtWidgets, QWidget


def links_menu(
    links: list[Any], problems: list[str], chosen: Callable[[Any], None], parent: QWidget | None = None
) -> QtWidgets.QMenu:
    """One entry a link; what is wrong with links of one's own stands below, greyed, the sentence in its tooltip."""
    menu = QtWidgets.QMenu("Open elsewhere", parent)
    menu.setToolTipsVisible(True)
    for link in links:
        entry = menu.addAction(link.title)
        entry.setToolTip(link.tip or link.url)
        entry.triggered.connect(lambda _=False, one=link: chosen(one))
    if problems:
        menu.addSeparator()
    for problem in problems:
        entry = menu.addAction(problem if len(problem) < 90 else f"{problem[:89]}…")
        entry.setToolTip(problem)
        entry.setEnabled(False)
    return menu
