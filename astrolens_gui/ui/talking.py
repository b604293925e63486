"""What is said to other programs through SAMP, and what is done when they say something; the hub is never met on the main thread."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from astrolens_gui.api import UserError

from .bridge import is_cancelled, words_of
from .qt import Qt, QtWidgets

TABLE = "astrolens-queue"

BELONGS = {
    "coord.pointAt.sky": "ra and dec in degrees",
    "table.highlight.row": "the number of a row",
    "table.select.rowList": "the numbers of rows",
    "image.load.fits": "the address of a file",
}
"""What a message of each kind has to say."""

NAMED = 10
"""So many of the images that are offered are named; the rest are counted."""


class Talking:
    """Connects when something is sent first, and leaves with the window.

    Attributes:
        samp: our place at the hub; made when it is needed first.
    """

    def __init__(self, window: Any) -> None:
        self._window = window
        self.samp: Any = None
        self._places: Any = None
        self._sent: Any = None
        self._offer: QtWidgets.QMessageBox | None = None
        self._offered: dict[Path, str] = {}

    def toggle(self) -> None:
        if self.samp is not None and self.samp.connected:
            self._do(self.samp.disconnect, lambda _: self._window.say("Left the SAMP hub"))
        else:
            self.connect()

    def connect(self, start_hub: bool = False) -> None:
        samp = self._ready()

        def joined(others: list[str]) -> None:
            where = "A SAMP hub runs here" if samp.runs_hub else "Connected to SAMP"
            self._window.say(f"{where}: {', '.join(others) or 'nobody else is there yet'}")

        self._do(lambda: samp.connect(start_hub), joined)

    def send_image(self, object_id: int, band: str) -> None:
        """The image on the screen, as a file that others can read."""
        samp, opened = self._ready(), self._window.workbench.opened

        def send() -> str:
            from astrolens_gui.workbench.pointing import sendable

            samp.connect()
            file, title = sendable(opened, object_id, band)
            told = samp.send("image.load.fits", **{"url": file.as_uri(), "image-id": title, "name": title})
            return f"Sent {title} to {', '.join(told)}"

        self._do(send, self._window.say)

    def send_queue(self) -> None:
        """The listed objects in their order; rows that come back are found by what was sent."""
        samp, opened = self._ready(), self._window.workbench.opened
        ids, blind = self._window.queue.objects().copy(), self._window.current.blind
        name = self._window.session.info.name

        def send() -> str:
            from astrolens_gui.workbench.pointing import queue_table

            samp.connect()
            file = queue_table(opened, ids, blind)
            self._sent = (opened, ids)  # before it is sent: the answer may be quicker than we
            told = samp.send("table.load.votable", **{"url": file.as_uri(), "table-id": TABLE, "name": name})
            return f"Sent {len(ids):,} objects to {', '.join(told)}; a row chosen there is shown here"

        self._do(send, self._window.say)

    def send_position(self, object_id: int) -> None:
        samp, opened = self._ready(), self._window.workbench.opened

        def send() -> str:
            from astrolens_gui.workbench.pointing import target

            at = target(opened, object_id)
            if not at.placed:
                raise UserError(f"{at.name} has no place on the sky; import it with RA and Dec, or an image with a WCS")
            samp.connect()
            told = samp.send("coord.pointAt.sky", ra=f"{at.ra:.8f}", dec=f"{at.dec:.8f}")
            return f"{', '.join(told)} points at {at.name}"

        self._do(send, self._window.say)

    # -- inside

    def _ready(self) -> Any:
        if self.samp is None:
            from astrolens_gui.workbench.pointing import Places
            from astrolens_gui.workbench.samp import Samp

            self.samp, self._places = Samp(self._heard), Places()
            self._window.workbench.runner.on_close(self.samp.disconnect)
            self._window.bridge.changed.connect(self._on_changed)
        return self.samp

    def _on_changed(self, changes: Any) -> None:
        if changes.project or changes.objects:
            self._places.forget()

    def _do(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        def failed(error: BaseException) -> None:
            if not is_cancelled(error):
                self._window.fail(words_of(error))

        self._window.bridge.when_done(self._window.workbench.runner.submit("io", work, quiet=True), then, failed)

    def _heard(self, message: Any) -> None:
        """On a thread of the client's: find what is meant on the io lane, do it on the main thread."""
        with contextlib.suppress(RuntimeError):  # the program is closing
            self._do(lambda: self._understood(message), lambda act: act() if act is not None else None)

    def _understood(self, message: Any) -> Callable[[], None] | None:
        """What to do on the main thread; None for what is not ours.

        Raises:
            UserError: it means no object of this project.
        """
        params = message.params
        if message.kind.startswith("samp.hub"):
            return lambda: self._window.say("The SAMP hub has ended; connect again when TOPCAT or Aladin runs")
        try:
            if message.kind == "image.load.fits":
                return self._importable(params["url"], message.sender)
            opened = self._window.workbench.opened
            if message.kind == "coord.pointAt.sky":
                found = self._places.nearest(opened, float(params["ra"]), float(params["dec"]))
            else:
                found = self._row(opened, params)
        except (LookupError, ValueError, TypeError) as error:
            if isinstance(error, UserError):
                raise
            raise UserError(f"{message.sender} sent {message.kind} without {BELONGS[message.kind]}") from None
        return None if found < 0 else lambda: self._show(opened, found, message.sender)

    def _row(self, opened: Any, params: dict[str, Any]) -> int:
        """The object of a row of our table; -1 for another program's table, or a choice of no row."""
        if params.get("table-id") != TABLE or self._sent is None or self._sent[0] is not opened:
            return -1
        rows = params["row-list"] if "row-list" in params else [params["row"]]
        if not rows:
            return -1
        row, ids = int(rows[0]), self._sent[1]
        if not 0 <= row < len(ids):
            raise UserError(f"row {row} is not in the queue that was sent; send it again")
        return int(ids[row])

    def _show(self, opened: Any, object_id: int, sender: str) -> None:
        if opened.project is not self._window.workbench.project:
            return  # it meant an object of the project that was open then
        row = self._window.queue.row_of(object_id)
        self._window.current.show(object_id, row)
        self._window.say(f"{sender} points at {self._window.queue.name_of(object_id)}")

    def _importable(self, url: str, sender: str) -> Callable[[], None]:
        from urllib.request import url2pathname  # brings HTTP along: not before the window shows

        if not isinstance(url, str):
            raise TypeError(url)
        parts = urlsplit(url)
        if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
            raise UserError(
                f"{sender} offers an image that is no file of this computer; save it there and import the file"
            )
        file = Path(url2pathname(parts.path))
        if not os.path.isfile(file):  # unlike Path's, False for whatever else may be wrong with a name
            raise UserError(f"{sender} offers {file}, which is not there")
        return lambda: self._offer_import(file, sender)

    def _offer_import(self, file: Path, sender: str) -> None:
        """A question beside the work, not in its way; what is offered until it is answered joins it."""
        if not self._window.session.is_open:
            self._window.say(f"{sender} offers {file.name}; open a project to import it")
            return
        self._offered[file] = sender
        if self._offer is None:
            self._offer = box = QtWidgets.QMessageBox(self._window)
            box.setWindowTitle("Images from another program")
            box.setTextFormat(Qt.PlainText)
            yes = box.addButton("Import", QtWidgets.QMessageBox.AcceptRole)
            box.addButton("Not now", QtWidgets.QMessageBox.RejectRole)
            box.setModal(False)
            box.finished.connect(lambda _: self._answered(box.clickedButton() is yes))
            box.show()
        self._offer.setText(self._question())

    def _question(self) -> str:
        files, senders = list(self._offered), sorted(set(self._offered.values()))
        more = f"\n… and {len(files) - NAMED:,} more" if len(files) > NAMED else ""
        what = "this image. Import it" if len(files) == 1 else f"these {len(files):,} images. Import them"
        offer = "offers" if len(senders) == 1 else "offer"
        named = "\n".join(str(file) for file in files[:NAMED])
        return f"{', '.join(senders)} {offer} {what} into the open project?\n\n{named}{more}"

    def _answered(self, wanted: bool) -> None:
        files, self._offered = list(self._offered), {}
        if self._offer is not None:
            self._offer.deleteLater()
            self._offer = None
        if wanted:
            self._window.projects.bring_in(files, {"bands": None, "pixel_scale": None})
