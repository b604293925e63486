"""Two programs at one hub: what is sent arrives, what they say is heard, and a hub that dies is a sentence."""

from __future__ import annotations

import queue
from pathlib import Path
from typing import Any

import pytest

from astrolens_gui.api import UserError
from astrolens_gui.workbench.samp import SHUTDOWN, Samp

samp = pytest.importorskip("astropy.samp")


@pytest.fixture(autouse=True)
def no_other_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the tester's own hub nor a network is ever touched."""
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{(tmp_path / 'samp.lock').as_uri()}")
    monkeypatch.setattr(samp.conf, "use_internet", False)


@pytest.fixture
def hub() -> Any:
    hub = samp.SAMPHubServer(web_profile=False, addr="127.0.0.1")
    hub.start()
    yield hub
    hub.stop()


@pytest.fixture
def topcat(hub: Any) -> Any:
    """Another program: `.got` is a queue of (message type, params)."""
    client = samp.SAMPIntegratedClient(name="TOPCAT")
    client.connect()
    client.got = queue.Queue()

    def receive(_key: Any, _sender: Any, kind: str, params: Any, _extra: Any) -> None:
        client.got.put((kind, params))

    for kind in ("image.load.fits", "table.load.votable", "coord.pointAt.sky"):
        client.bind_receive_notification(kind, receive)
    yield client
    client.disconnect()


@pytest.fixture
def ours() -> Any:
    heard: queue.Queue[Any] = queue.Queue()
    one = Samp(heard.put)
    one.queue = heard  # type: ignore[attr-defined]
    yield one
    one.disconnect()


def test_that_no_hub_is_one_sentence_with_the_remedy(ours):
    with pytest.raises(UserError, match="start TOPCAT or Aladin, or start a hub here"):
        ours.connect()
    assert not ours.connected
    with pytest.raises(UserError, match="connect first"):
        ours.send("coord.pointAt.sky", ra="1", dec="2")


def test_that_a_message_of_ours_arrives_and_its_readers_are_named(ours, topcat):
    assert ours.connect() == ["TOPCAT"]
    assert ours.send("coord.pointAt.sky", ra="52.8", dec="-27.8") == ["TOPCAT"]
    assert topcat.got.get(timeout=10) == ("coord.pointAt.sky", {"ra": "52.8", "dec": "-27.8"})
    with pytest.raises(UserError, match="no program at the SAMP hub takes spectrum load"):
        ours.send("spectrum.load.ssa-generic", url="x")


@pytest.mark.parametrize("call", [False, True], ids=["told", "asked"])
def test_that_what_the_other_says_is_heard_and_an_asker_gets_an_answer(ours, topcat, call):
    ours.connect()
    us = topcat.get_subscribed_clients("table.highlight.row")
    assert len(us) == 1
    params = {"table-id": "q", "row": "3"}
    if call:
        answer = topcat.ecall_and_wait(next(iter(us)), "table.highlight.row", "10", **params)
        assert answer["samp.status"] == "samp.ok"
    else:
        topcat.enotify_all("table.highlight.row", **params)
    message = ours.queue.get(timeout=10)
    assert (message.kind, message.sender, message.params) == ("table.highlight.row", "TOPCAT", params)


def test_that_a_program_with_a_long_name_does_not_fill_the_sentence(ours, topcat):
    topcat.declare_metadata({"samp.name": "Evil\n" + 500 * "x"})
    assert ours.connect() == ["Evil " + 55 * "x"]


def test_that_a_hub_of_our_own_serves_others_and_ends_with_us(ours):
    assert ours.connect(start_hub=True) == []
    assert ours.runs_hub
    other = samp.SAMPIntegratedClient(name="Aladin")
    other.connect()
    assert ours.others() == ["Aladin"]
    other.disconnect()
    ours.disconnect()
    assert not ours.runs_hub
    with pytest.raises(UserError, match="no SAMP hub runs"):
        ours.connect()


def test_that_our_hub_and_client_listen_at_this_computer_only(ours):
    ours.connect(start_hub=True)
    assert ours._hub._server.server_address[0] == "127.0.0.1"
    assert ours._client.client.client.server_address[0] == "127.0.0.1"


def test_that_a_hub_that_says_goodbye_is_left_and_heard_of(ours, hub):
    ours.connect()
    hub.stop()
    assert ours.queue.get(timeout=10).kind == SHUTDOWN
    for _ in range(100):
        if not ours.connected:
            break
        import time

        time.sleep(0.05)
    assert not ours.connected


def test_that_a_hub_that_dies_without_a_word_is_a_sentence_and_one_can_connect_again(ours, hub):
    ours.connect()
    hub._server.server_close()  # as a crash does: nobody answers at the address
    hub._is_running = False
    with pytest.raises(UserError, match="does not answer any more"):
        ours.send("coord.pointAt.sky", ra="1", dec="2")
    assert not ours.connected
    assert ours.connect(start_hub=True) == []
