"""Links out, SAMP and saved pictures, as the actions call them; reads no file itself."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from astrolens_gui.api import UserError
from astrolens_gui.core import paths
from astrolens_gui.core.links import Link, Target, load_links, sexagesimal

from .bridge import is_cancelled, words_of
from .qt import QApplication, QtCore, QtGui
from .saving import Saving
from .talking import Talking


class ShareCommands:
    """One method per action of its section; `window` is the composed Window.

    Attributes:
        browse: hands an address to the desktop and says whether it took it.
    """

    def __init__(self, window: Any) -> None:
        self._window = window
        self.browse: Callable[[str], bool] = _browse
        self.saving = Saving(window)
        self.talking = Talking(window)
        self._menu: Any = None

    # -- pictures

    def save_view(self) -> None:
        self.saving.ask()

    # -- the clipboard

    def copy_sexagesimal(self) -> None:
        stage = self._window.stage
        if stage.page == "image" and (text := stage.image.copy_position()):
            with contextlib.suppress(ValueError):  # a position that is no pair of numbers stays as it is
                lon, lat = (float(one) for one in text.split()[:2])
                self._copy(" ".join(sexagesimal(lon, lat)))
                return
        self.with_target(lambda target: self._copy(target.sexagesimal) if target.placed else self._no_place(target))

    def copy_name(self) -> None:
        self._copy(self._window.queue.name_of(self._window.current.object_id))

    def copy_path(self) -> None:
        opened, object_id = self._window.workbench.opened, self._window.current.object_id
        band = self._window.current.recipe.band

        def path() -> str:
            from astrolens_gui.core.images.bands import shown_first
            from astrolens_gui.workbench.pixels import labels

            planes = opened.images.planes(object_id)
            return str(planes[shown_first(labels(planes), band)].path)

        self._ask(path, self._copy)

    def _copy(self, text: str) -> None:
        QApplication.clipboard().setText(text)
        self._window.say(f"Copied {text}")

    def _no_place(self, target: Target) -> None:
        self._window.say(f"{target.name} has no sky coordinates: neither its catalogue nor its image gives any")

    # -- links

    def open_esasky(self) -> None:
        links, _ = load_links(paths.home())
        self.open_link(next(link for link in links if link.id == "esasky"))

    def open_elsewhere(self) -> None:
        """A menu of all links, under the pointer."""
        links, problems = load_links(paths.home())
        self._menu = self.links_menu(links, problems)
        self._menu.popup(QtGui.QCursor.pos())

    def links_menu(self, links: list[Link], problems: list[str]) -> Any:
        from .views.sharemenu import links_menu

        return links_menu(links, problems, self.open_link, self._window)

    def open_link(self, link: Link) -> None:
        """Hand the address of the object on the screen to the browser; where there is none, to the clipboard."""

        def go(target: Target) -> None:
            try:
                url = link.to(target)
            except UserError as error:
                self._window.fail(str(error))
                return
            if self.browse(url):
                self._window.say(f"{target.name} opens in the browser: {link.title}")
            else:
                QApplication.clipboard().setText(url)
                self._window.fail(
                    f"No browser could be started; the address of {target.name} in {link.title} is copied."
                )

        self.with_target(go)

    def with_target(self, then: Callable[[Target], None]) -> None:
        """Name, place and size of the object on the screen, found off the main thread."""
        opened, object_id = self._window.workbench.opened, self._window.current.object_id

        def find() -> Target:
            from astrolens_gui.workbench.pointing import target

            return target(opened, object_id)

        self._ask(find, then)

    def _ask(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        def failed(error: BaseException) -> None:
            if not is_cancelled(error):
                self._window.fail(words_of(error))

        self._window.bridge.when_done(self._window.workbench.runner.submit("io", work, quiet=True), then, failed)

    # -- SAMP

    def send_image(self) -> None:
        self.talking.send_image(self._window.current.object_id, self._window.current.recipe.band)

    def send_queue(self) -> None:
        self.talking.send_queue()

    def send_position(self) -> None:
        self.talking.send_position(self._window.current.object_id)

    def toggle_samp(self) -> None:
        self.talking.toggle()

    def start_hub(self) -> None:
        self.talking.connect(start_hub=True)


def _browse(url: str) -> bool:
    return bool(QtGui.QDesktopServices.openUrl(QtCore.QUrl.fromEncoded(url.encode("ascii"))))


def default_name(name: str, band: str) -> str:
    """A file name from an object's name, which may be a path, and a band."""
    kept = "".join(one if one.isalnum() or one in "+-._" else "_" for one in Path(name).name)
    return "_".join(part for part in (kept, band) if part) or "view"
