"""One place at the SAMP hub of this computer: what is sent to TOPCAT, Aladin or DS9, and what they say; knows no object and no window."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from astrolens_gui.api import UserError

NAME = "AstroLens"

HEARD = (
    "coord.pointAt.sky",
    "table.highlight.row",
    "table.select.rowList",
    "image.load.fits",
)
"""What we do when another program says so."""

LONGEST_NAME = 60
"""Characters of a program's name: it calls itself what it likes, and stands in the middle of our sentences."""

SHUTDOWN = "samp.hub.event.shutdown"

NO_HUB = "no SAMP hub runs on this computer; start TOPCAT or Aladin, or start a hub here (Share ▸ Start a SAMP hub)"
LOST = "the SAMP hub does not answer any more; connect again once TOPCAT or Aladin runs"


@dataclass(frozen=True)
class Message:
    """What came in: `kind` one of HEARD or SHUTDOWN, `sender` the program's name."""

    kind: str
    sender: str
    params: dict[str, Any] = field(default_factory=dict)


class Samp:
    """Every method waits for the hub: call them from worker threads. `heard(message)` is called on threads of its own.

    Speaks with this computer only: hub and client listen at 127.0.0.1, and nothing is looked up in a network.
    """

    def __init__(self, heard: Callable[[Message], None]) -> None:
        self._heard = heard
        self._lock = threading.RLock()
        self._client: Any = None
        self._hub: Any = None
        self._names: dict[str, str] = {}

    @property
    def connected(self) -> bool:
        return self._client is not None

    @property
    def runs_hub(self) -> bool:
        """Whether the hub is ours: it ends with this program."""
        return self._hub is not None

    def connect(self, start_hub: bool = False) -> list[str]:
        """Join the hub, with `start_hub` one of our own where none runs; the names of the programs that are there.

        Raises:
            UserError: there is no hub, or it does not answer.
        """
        samp = _library()
        samp.conf.use_internet = (
            False  # else it asks a web page whether there is a network, and takes this machine's name
        )
        with self._lock:
            if self._client is None:
                try:
                    self._join(samp)
                except UserError:
                    if not start_hub:
                        raise
                    self._start_hub(samp)
                    self._join(samp)
            return self.others()

    def _join(self, samp: Any) -> None:
        client = samp.SAMPIntegratedClient(
            name=NAME, description="Inspect, grade and classify strong gravitational lenses"
        )
        try:
            client.connect()
            for kind in (*HEARD, SHUTDOWN):
                client.bind_receive_notification(kind, self._notified)
            for kind in HEARD:
                client.bind_receive_call(kind, self._called)
        except Exception as error:  # one of a dozen: xmlrpc's, the socket's, SAMP's own
            _leave(client)
            raise UserError(NO_HUB if not client.hub.is_connected else f"{LOST} ({error})") from None
        self._client = client

    def _start_hub(self, samp: Any) -> None:
        hub = samp.SAMPHubServer(web_profile=False, addr="127.0.0.1", label=NAME)
        try:
            hub.start()
        except Exception as error:
            raise UserError(f"a SAMP hub can't be started here ({error}); start TOPCAT or Aladin instead") from None
        self._hub = hub

    def disconnect(self) -> None:
        """Leave the hub, and end it where it is ours; never fails."""
        with self._lock:
            client, self._client = self._client, None
            hub, self._hub = self._hub, None
            self._names.clear()
        if client is not None:
            _leave(client)
        if hub is not None:
            with contextlib.suppress(Exception):
                hub.stop()

    def others(self) -> list[str]:
        """Names of the programs at the hub besides us and the hub itself."""
        return self._safely(lambda client: [self._name(client, one) for one in self._others(client)])

    def send(self, kind: str, **params: str) -> list[str]:
        """Tell every program that understands it; the names of those that got it.

        Raises:
            UserError: nobody listens, or the hub is gone.
        """

        def tell(client: Any) -> list[str]:
            return [self._name(client, one) for one in client.enotify_all(kind, **params)]

        told = self._safely(tell)
        if not told:
            what = kind.replace(".", " ")
            raise UserError(f"no program at the SAMP hub takes {what}; start TOPCAT, Aladin or DS9 and send again")
        return told

    def _others(self, client: Any) -> list[str]:
        hub = client.hub.lockfile.get("samp.hub.id", "") if hasattr(client.hub, "lockfile") else ""
        return [one for one in client.get_registered_clients() if one != hub and "hub" not in one.lower()]

    def _safely(self, work: Callable[[Any], list[str]]) -> list[str]:
        with self._lock:
            client = self._client
        if client is None:
            raise UserError("AstroLens is at no SAMP hub; connect first (Share ▸ Connect to SAMP)")
        try:
            return work(client)
        except Exception:  # the hub ended without a word
            self.disconnect()
            raise UserError(LOST) from None

    def _name(self, client: Any, one: str) -> str:
        if one not in self._names:
            with contextlib.suppress(Exception):
                named = " ".join(str(client.get_metadata(one).get("samp.name", "")).split())
                self._names[one] = named[:LONGEST_NAME] or one
        return self._names.get(one, one)

    # -- what comes in, on threads of the client

    def _notified(self, _key: str, sender: str, kind: str, params: dict[str, Any], _extra: Any) -> None:
        if kind == SHUTDOWN:
            with self._lock:
                ours = self._client is None or self._hub is not None
            if not ours:
                threading.Thread(target=self.disconnect, name="samp-leave", daemon=True).start()
        self._hear(sender, kind, params)

    def _called(self, _key: str, sender: str, message: str, kind: str, params: dict[str, Any], _extra: Any) -> None:
        self._hear(sender, kind, params)
        with contextlib.suppress(Exception):
            self._client.ereply(message, "samp.ok", result={})

    def _hear(self, sender: str, kind: str, params: dict[str, Any]) -> None:
        client = self._client
        name = self._name(client, sender) if client is not None and kind != SHUTDOWN else sender
        self._heard(Message(kind, name, dict(params)))


def _library() -> Any:
    """astropy's SAMP; where a later astropy has none any more, the same code's new home."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the coming move
        try:
            from astropy import samp
        except ImportError:
            try:
                from pyvo import samp
            except ImportError:
                raise UserError("SAMP needs the package pyvo with this version of astropy: pip install pyvo") from None
    return samp


def _leave(client: Any) -> None:
    """Out of the hub, and the client's server ended, whatever the hub says to it."""
    with contextlib.suppress(Exception):
        client.disconnect()
    with contextlib.suppress(Exception):
        if client.client is not None and client.client.is_running:
            client.client.stop()
    with contextlib.suppress(Exception):
        client.hub.disconnect()
