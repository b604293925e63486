"""Links out, the clipboard, saved pictures and SAMP, driven in the real window on real stamps."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import pytest

from astrolens_gui.core import paths
from astrolens_gui.ui.qt import QApplication, Qt, QtGui

pytestmark = pytest.mark.window

STAMPS = (
    "lenses/euclid_q1/102020057_NEG582019329494705421.fits",
    "lenses/euclid_q1/EUCLJ174517.55+655612.5.fits",
    "lenses/euclid_q1/J0331163-274757_group.fits",
    "lenses/quasars_hst_jwst/he0435_F814W_HST.fits",
)


@pytest.fixture
def lenses(qtbot: Any, shown: Any, shared_data: Path, tmp_path: Path) -> Any:
    """A window on a project of four real stamps, the first on the screen."""
    from astrolens_gui.workbench import Workbench

    bench = Workbench.start()
    window = shown(bench)
    window.resize(1300, 850)
    window.session.open(tmp_path / "real.astrolens", create={})
    qtbot.waitUntil(lambda: window.session.is_open, timeout=20_000)
    window.projects.bring_in([shared_data / one for one in STAMPS], {"bands": None, "pixel_scale": None})
    qtbot.waitUntil(lambda: window.queue.rowCount() == len(STAMPS), timeout=60_000)
    yield window
    window.close()
    bench.close()


def show(qtbot: Any, window: Any, name: str) -> int:
    """Bring the object with this in its name to the screen; its id."""
    queue = window.queue
    (found,) = (int(one) for one in queue.objects() if name in queue.name_of(int(one)))
    window.current.show(found, queue.row_of(found))
    qtbot.waitUntil(lambda: not window.stage.sight(found).reason, timeout=20_000)
    return found


def text(qtbot: Any, action: Any) -> str:
    """What an action puts on the clipboard."""
    QApplication.clipboard().clear()
    action()
    qtbot.waitUntil(lambda: QApplication.clipboard().text() != "", timeout=5000)
    return QApplication.clipboard().text()


def sharing(window: Any) -> Any:
    return next(one for one in window.action_set._providers if hasattr(one, "open_esasky"))


def test_that_the_place_is_copied_sexagesimal_and_is_the_objects(qtbot, lenses):
    from astropy.coordinates import SkyCoord

    show(qtbot, lenses, "J0331163-274757")
    said = text(qtbot, lambda: qtbot.keyClick(lenses.stage.image, Qt.Key_C, Qt.ControlModifier | Qt.ShiftModifier))
    ra, dec = said.split()
    named = SkyCoord("03:31:16.3", "-27:47:57", unit=("hourangle", "deg"))  # by its name
    assert SkyCoord(ra, dec, unit=("hourangle", "deg")).separation(named).arcsec < 5
    assert dec.startswith("-27:47:5")


def test_that_an_object_without_a_place_is_a_sentence_for_copy_and_link(qtbot, lenses):
    show(qtbot, lenses, "he0435")
    said: list[str] = []
    lenses.say = lenses.fail = said.append
    share = sharing(lenses)
    share.copy_sexagesimal()
    qtbot.waitUntil(lambda: len(said) == 1, timeout=5000)
    assert said[0].startswith("he0435_F814W_HST has no sky coordinates")
    share.open_esasky()
    qtbot.waitUntil(lambda: len(said) == 2, timeout=5000)
    assert said[1].startswith("he0435_F814W_HST has no place on the sky for ESASky; import it with RA and Dec")


def test_that_name_and_path_are_copied(qtbot, lenses):
    show(qtbot, lenses, "EUCLJ174517")
    share = sharing(lenses)
    assert text(qtbot, share.copy_name) == "EUCLJ174517.55+655612.5"
    assert Path(text(qtbot, share.copy_path)).is_file()


def test_that_the_browser_gets_the_objects_place_and_no_browser_leaves_the_address_on_the_clipboard(qtbot, lenses):
    show(qtbot, lenses, "J0331163-274757")
    share, asked = sharing(lenses), []
    share.browse = lambda url: asked.append(url) is None
    qtbot.keyClick(lenses.stage.image, Qt.Key_E, Qt.ControlModifier | Qt.ShiftModifier)
    qtbot.waitUntil(lambda: asked != [], timeout=5000)
    ra, dec = (float(one) for one in parse_qs(urlsplit(asked[0]).query)["target"][0].split())
    assert (ra, dec) == pytest.approx((52.8177, -27.7993), abs=0.001)
    share.browse = lambda _: False
    failed: list[str] = []
    lenses.fail = failed.append
    assert text(qtbot, share.open_esasky) == asked[0]
    assert failed == ["No browser could be started; the address of J0331163-274757_group in ESASky is copied."]


def test_that_the_menu_has_links_of_ones_own_and_says_what_is_wrong_with_them(qtbot, lenses):
    (paths.home() / "links.toml").write_text(
        '[[links]]\nid="mine"\ntitle="Mine"\nurl="https://a.org/?n={name}"\n'
        '[[links]]\nid="bad"\ntitle="Bad"\nurl="ftp://b.org/{ra}"\n'
    )
    show(qtbot, lenses, "EUCLJ174517")
    share, asked = sharing(lenses), []
    share.browse = lambda url: asked.append(url) is None
    share.open_elsewhere()
    entries = {entry.text(): entry for entry in share._menu.actions() if entry.text()}
    assert list(entries)[:6] == ["ESASky", "Legacy Survey viewer", "SIMBAD", "NED", "Aladin Lite", "Mine"]
    (broken,) = (entry for name, entry in entries.items() if "link bad" in name)
    assert not broken.isEnabled()
    entries["Mine"].trigger()
    qtbot.waitUntil(lambda: asked != [], timeout=5000)
    assert asked == ["https://a.org/?n=EUCLJ174517.55%2B655612.5"]
    share._menu.close()


# -- pictures


def save(qtbot: Any, window: Any, file: Path, **choices: Any) -> QtGui.QImage:
    from astrolens_gui.core.links import Target

    saving = sharing(window).saving
    chosen = {"folder": str(file.parent), "suffix": file.suffix, "times": 1, "layers": True, "bar": False, **choices}
    job = saving.save(window.stage.page, Target("a lens", 10.0, -20.0), file, chosen)
    job.result(30)
    return QtGui.QImage(str(file))


def grey(image: QtGui.QImage) -> np.ndarray:
    image = image.convertToFormat(QtGui.QImage.Format_Grayscale8)
    rows = image.constBits().asarray(image.bytesPerLine() * image.height())
    return np.array(rows, np.uint8).reshape(image.height(), -1)[:, : image.width()]


@pytest.fixture
def canvas(lenses: Any) -> Any:
    found = lenses.stage.image.canvas
    if not hasattr(found, "picture"):
        pytest.skip("this canvas draws no picture of itself")
    return found


def test_that_a_saved_picture_has_the_size_and_text_and_pixels_of_the_view(qtbot, lenses, canvas, tmp_path):
    show(qtbot, lenses, "102020057")
    plain = save(qtbot, lenses, tmp_path / "plain.png", layers=False)
    drawn = save(qtbot, lenses, tmp_path / "drawn.png")
    barred = save(qtbot, lenses, tmp_path / "barred.png", bar=True)
    width, height = canvas.width(), canvas.height()
    assert plain.width() == width
    assert height < plain.height() == drawn.height() < height + 80
    assert barred.height() > drawn.height() + 20
    pixels, foot = grey(plain)[:height], grey(plain)[height:]
    assert pixels.std() > 10
    assert (foot < 100).sum() > 200  # ink on paper
    assert (grey(plain) != grey(drawn)).any()  # arrows and scale bar
    assert plain.text("Title") == "a lens"


def test_that_a_larger_picture_is_rendered_anew_and_not_blown_up(qtbot, lenses, canvas, tmp_path):
    show(qtbot, lenses, "102020057")
    canvas.turn(30)
    qtbot.wait(50)
    once = save(qtbot, lenses, tmp_path / "once.png", layers=False)
    four = save(qtbot, lenses, tmp_path / "four.png", layers=False, times=4)
    assert four.width() == 4 * once.width()
    height, width = canvas.height(), canvas.width()
    fine, plain = grey(four)[: 4 * height].astype(float), grey(once)[:height].astype(float)
    mean = fine.reshape(height, 4, width, 4).mean((1, 3))
    assert np.abs(mean - plain).mean() < 2  # the same view …
    assert np.abs(fine - np.kron(plain, np.ones((4, 4)))).mean() > 0.2  # … with edges where the pixels' edges are


def test_that_a_large_file_is_read_anew_for_a_larger_picture(qtbot, lenses, canvas, tmp_path, monkeypatch):
    """The same stamp, once from memory and once read in parts: the saved pictures are the same."""
    from astrolens_gui.core.images import raster

    show(qtbot, lenses, "102020057")
    lenses.stage.bar.hide()  # its height follows the object's bands
    qtbot.wait(100)
    canvas.turn(20)
    canvas.fit()
    memory = save(qtbot, lenses, tmp_path / "memory.png", times=2)
    monkeypatch.setattr(raster, "RESIDENT_PX", 100)
    lenses.workbench.opened.images._rasters.clear()
    show(qtbot, lenses, "J0331163")
    lenses.stage.image._prefetch.forget()
    show(qtbot, lenses, "102020057")
    assert not lenses.stage.image.frame.image.raster.resident
    canvas.fit()
    qtbot.wait(300)
    save(qtbot, lenses, tmp_path / "parts.png", times=2)
    qtbot.waitUntil(lambda: (tmp_path / "parts.png").exists(), timeout=10_000)
    parts = QtGui.QImage(str(tmp_path / "parts.png"))
    assert (parts.width(), parts.height()) == (memory.width(), memory.height())
    assert np.abs(grey(parts).astype(int) - grey(memory)).mean() < 1.0


def test_that_a_pdf_keeps_its_letters_as_letters_and_every_pixel_as_it_is(qtbot, lenses, canvas, tmp_path):
    show(qtbot, lenses, "102020057")
    save(qtbot, lenses, tmp_path / "view.pdf", bar=True)
    made = (tmp_path / "view.pdf").read_bytes()
    assert made.startswith(b"%PDF")
    assert b"/Font" in made
    assert b"DCTDecode" not in made  # no JPEG: its ripples look like arcs
    assert b"/Width %d" % canvas.width() in made
    assert len(made) > 20_000


def test_that_the_mosaics_page_is_saved_too(qtbot, lenses, tmp_path):
    show(qtbot, lenses, "102020057")
    lenses.stage.show_page("mosaic")
    qtbot.wait(500)
    page = save(qtbot, lenses, tmp_path / "page.png", times=2)
    assert page.width() == 2 * lenses.stage.mosaic.viewport().width()
    assert grey(page).std() > 5


def test_that_a_file_that_cannot_be_written_is_a_sentence(qtbot, lenses, tmp_path):
    from astrolens_gui.api import UserError
    from astrolens_gui.ui.views.save import Caption, Sheet, write

    sheet = Sheet(QtGui.QImage(20, 10, QtGui.QImage.Format_RGB32), Caption("x"))
    with pytest.raises(UserError, match=r"could not be written.*choose another place"):
        write(sheet, tmp_path / "no" / "such" / "x.png")
    with pytest.raises(UserError, match=r"end its name in \.png or \.pdf"):
        write(sheet, tmp_path / "x.bmp")
    (tmp_path / "dir.png").mkdir()
    with pytest.raises(UserError, match="could not be written"):
        write(sheet, tmp_path / "dir.png")
    assert [one.name for one in tmp_path.iterdir() if "partial" in one.name] == []


def test_that_the_dialog_asks_before_it_replaces_and_remembers_its_choices(
    qtbot, lenses, canvas, tmp_path, monkeypatch
):
    from astrolens_gui.ui.views.save import SaveDialog

    show(qtbot, lenses, "EUCLJ174517")
    share = sharing(lenses)
    asked = []
    monkeypatch.setattr(SaveDialog, "_ask", lambda _, question: asked.append(question) is not None)

    def fill(dialog: Any) -> bool:
        assert dialog.path().name == "EUCLJ174517.55+655612.5_VIS.png"
        (tmp_path / "there.png").write_text("mine")
        dialog.file.setText(str(tmp_path / "there"))  # the suffix is added
        dialog.times.setCurrentIndex(0)
        dialog.accept()
        assert len(asked) == 1
        assert dialog.result() == 0  # not replaced
        dialog.file.setText(str(tmp_path / "new.pdf"))
        dialog.accept()
        return bool(dialog.result())

    monkeypatch.setattr(SaveDialog, "exec_", fill)
    qtbot.keyClick(lenses.stage.image, Qt.Key_S, Qt.ControlModifier | Qt.ShiftModifier)
    qtbot.waitUntil(lambda: (tmp_path / "new.pdf").exists(), timeout=10_000)
    assert (tmp_path / "there.png").read_text() == "mine"
    kept = lenses.workbench.settings["share"]
    assert (kept["folder"], kept["suffix"], kept["times"]) == (str(tmp_path), ".pdf", 1)
    proposed = []
    monkeypatch.setattr(SaveDialog, "exec_", lambda dialog: proposed.append(dialog.path()) is not None)
    share.save_view()
    qtbot.waitUntil(lambda: proposed != [], timeout=5000)
    assert proposed == [tmp_path / "EUCLJ174517.55+655612.5_VIS.pdf"]


def test_that_a_processed_picture_is_marked_as_not_data(qtbot, lenses, canvas):
    from astrolens_gui.core.links import Target

    show(qtbot, lenses, "102020057")
    image, saving = lenses.stage.image, sharing(lenses).saving
    assert saving._caption("image", Target("x")).warning == ""
    image.show_processed("residual", np.zeros(image.frame.image.raster.shape, np.float32))
    qtbot.waitUntil(lambda: image.frame.title == "residual", timeout=5000)
    caption = saving._caption("image", Target("x"))
    assert caption.warning == "Residual: a processed picture, not data"
    assert caption.recipe.startswith("VIS residual")


# -- SAMP


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Another program at a hub of its own; `.got` has what it was told."""
    import queue

    samp = pytest.importorskip("astropy.samp")
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{(tmp_path / 'samp.lock').as_uri()}")
    monkeypatch.setattr(samp.conf, "use_internet", False)
    hub = samp.SAMPHubServer(web_profile=False, addr="127.0.0.1")
    hub.start()
    client = samp.SAMPIntegratedClient(name="TOPCAT")
    client.connect()
    client.got = queue.Queue()

    def receive(_key: Any, _sender: Any, kind: str, params: Any, _extra: Any) -> None:
        client.got.put((kind, params))

    for kind in ("image.load.fits", "table.load.votable", "coord.pointAt.sky"):
        client.bind_receive_notification(kind, receive)
    yield client
    client.disconnect()
    hub.stop()


def got(qtbot: Any, client: Any) -> tuple[str, dict[str, Any]]:
    qtbot.waitUntil(lambda: not client.got.empty(), timeout=10_000)
    return client.got.get()


def test_that_image_queue_and_position_are_sent_and_can_be_read(qtbot, lenses, other):
    from astropy.io import fits
    from astropy.table import Table
    from astropy.wcs import WCS

    here = show(qtbot, lenses, "EUCLJ174517")
    share = sharing(lenses)
    share.send_image()
    kind, params = got(qtbot, other)
    assert kind == "image.load.fits"
    with fits.open(unquote(urlsplit(params["url"]).path)) as file:
        frame = lenses.stage.image.frame.image
        assert np.array_equal(file[0].data, frame.data, equal_nan=True)
        mine, theirs = frame.wcs, WCS(file[0].header)
        assert theirs.pixel_to_world(3, 4).separation(mine.pixel_to_world(3, 4)).arcsec < 1e-6
        assert file[0].header["OBJECT"] == "EUCLJ174517.55+655612.5"
    share.send_queue()
    kind, params = got(qtbot, other)
    assert kind == "table.load.votable"
    table = Table.read(unquote(urlsplit(params["url"]).path), format="votable")
    assert table.colnames == ["ID", "ra", "dec", "grade", "score"]
    assert list(table["ID"]) == [lenses.queue.name_of(int(one)) for one in lenses.queue.objects()]
    share.send_position()
    kind, params = got(qtbot, other)
    row = table[lenses.queue.row_of(here)]
    assert (float(params["ra"]), float(params["dec"])) == pytest.approx((row["ra"], row["dec"]), abs=1e-7)


def test_that_a_row_and_a_position_from_outside_show_their_object(qtbot, lenses, other):
    show(qtbot, lenses, "102020057")
    share = sharing(lenses)
    share.send_queue()
    _, params = got(qtbot, other)
    for row in (2, 0):
        other.enotify_all("table.highlight.row", **{"table-id": params["table-id"], "row": str(row)})
        qtbot.waitUntil(lambda one=row: lenses.current.position == one, timeout=10_000)
    other.enotify_all("table.select.rowList", **{"table-id": params["table-id"], "row-list": ["3", "1"]})
    qtbot.waitUntil(lambda: lenses.current.position == 3, timeout=10_000)
    other.enotify_all("coord.pointAt.sky", ra="266.3231", dec="65.9368")  # EUCL J174517.55+655612.5
    qtbot.waitUntil(lambda: "EUCLJ174517" in lenses.queue.name_of(lenses.current.object_id), timeout=10_000)


def test_that_a_position_without_an_object_and_a_message_without_sense_are_sentences(qtbot, lenses, other):
    show(qtbot, lenses, "102020057")
    before = lenses.current.object_id
    said: list[str] = []
    share = sharing(lenses)
    lenses.fail = said.append
    share.toggle_samp()
    qtbot.waitUntil(lambda: share.talking.samp is not None and share.talking.samp.connected, timeout=10_000)
    other.enotify_all("coord.pointAt.sky", ra="10", dec="89")
    qtbot.waitUntil(lambda: len(said) == 1, timeout=10_000)
    assert "no object lies at 10.00000 +89.00000; the nearest, " in said[0]
    other.enotify_all("coord.pointAt.sky", ra="ten", dec="89")
    qtbot.waitUntil(lambda: len(said) == 2, timeout=10_000)
    assert "TOPCAT sent coord.pointAt.sky" in said[1]
    other.enotify_all("image.load.fits", url="http://example.org/x.fits")
    qtbot.waitUntil(lambda: len(said) == 3, timeout=10_000)
    assert "no file of this computer" in said[2]
    assert lenses.current.object_id == before


def test_that_an_image_from_outside_is_offered_and_imported_when_wanted(qtbot, lenses, other, shared_data):
    file = shared_data / "lenses/desi_hst_f140w/DESIJ0136-0008.fits"
    share = sharing(lenses)
    share.toggle_samp()
    qtbot.waitUntil(lambda: share.talking.samp is not None and share.talking.samp.connected, timeout=10_000)
    other.enotify_all("image.load.fits", url=file.as_uri())
    qtbot.waitUntil(lambda: share.talking._offer is not None and share.talking._offer.isVisible(), timeout=10_000)
    assert lenses.queue.rowCount() == len(STAMPS)
    share.talking._offer.buttons()[0].click()
    qtbot.waitUntil(lambda: lenses.queue.rowCount() == len(STAMPS) + 1, timeout=20_000)


@pytest.fixture
def talking(lenses: Any) -> Any:
    """At no hub: what is heard is put into its ear."""
    made = sharing(lenses).talking
    made._ready()
    return made


def hears(talking: Any, kind: str, sender: str = "TOPCAT", **params: Any) -> None:
    from astrolens_gui.workbench.samp import Message

    talking._heard(Message(kind, sender, params))


def test_that_a_position_meant_for_the_former_project_moves_nothing_in_this_one(
    qtbot, lenses, talking, tmp_path, shared_data, monkeypatch
):
    from astrolens_gui.workbench.pointing import Places

    found, asked, answered = show(qtbot, lenses, "EUCLJ174517"), threading.Event(), threading.Event()

    def slowly(*_: Any) -> int:
        asked.set()
        answered.wait(30)
        return found

    monkeypatch.setattr(Places, "nearest", slowly)
    hears(talking, "coord.pointAt.sky", ra="266.3231", dec="65.9368")
    qtbot.waitUntil(asked.is_set, timeout=5000)
    lenses.session.open(tmp_path / "other.astrolens", create={})
    qtbot.waitUntil(lambda: lenses.session.info.name == "other", timeout=20_000)
    lenses.projects.bring_in([shared_data / one for one in STAMPS], {"bands": None, "pixel_scale": None})
    qtbot.waitUntil(lambda: lenses.queue.rowCount() == len(STAMPS) and lenses.current.object_id > 0, timeout=60_000)
    other = next(int(one) for one in lenses.queue.objects() if one != found)
    lenses.current.show(other, lenses.queue.row_of(other))
    answered.set()
    qtbot.wait(300)
    assert lenses.current.object_id == other


def test_that_several_offers_are_one_question_in_plain_text(qtbot, lenses, talking, tmp_path, monkeypatch):
    from astrolens_gui.ui.qt import QtWidgets

    brought: list[list[Path]] = []
    monkeypatch.setattr(lenses.projects, "bring_in", lambda files, _: brought.append(files))
    files = [tmp_path / f"{number:02d}.fits" for number in range(30)]
    for file in [*files[:-1], *files]:  # the last one comes once, at the end
        file.write_bytes(b"")
        hears(talking, "image.load.fits", "<b>Evil</b>", url=file.as_uri())
    qtbot.waitUntil(lambda: len(talking._offered) == 30, timeout=10_000)
    qtbot.wait(300)  # what came before it may be a little later on its way
    (box,) = lenses.findChildren(QtWidgets.QMessageBox)
    assert box.textFormat() == Qt.PlainText
    assert "<b>Evil</b> offers these 30 images" in box.text()
    assert "… and 20 more" in box.text()
    box.buttons()[0].click()
    assert [sorted(one) for one in brought] == [files]
    hears(talking, "image.load.fits", url=files[3].as_uri())
    qtbot.waitUntil(lambda: talking._offer is not None, timeout=10_000)
    assert "TOPCAT offers this image" in talking._offer.text()
    talking._offer.close()
    assert (talking._offer, talking._offered, len(brought)) == (None, {}, 1)


def test_that_a_message_without_sense_is_one_clear_sentence(qtbot, lenses, talking):
    here, said = show(qtbot, lenses, "102020057"), []
    lenses.fail = said.append
    for kind, params, sentence in (
        ("image.load.fits", {"url": 5}, "TOPCAT sent image.load.fits without the address of a file"),
        ("image.load.fits", {}, "TOPCAT sent image.load.fits without the address of a file"),
        ("image.load.fits", {"url": "file:///" + 5000 * "x"}, "TOPCAT offers /xxx"),
        ("coord.pointAt.sky", {"ra": {}, "dec": []}, "TOPCAT sent coord.pointAt.sky without ra and dec in degrees"),
        ("coord.pointAt.sky", {"ra": "nan", "dec": "nan"}, "RA nan, Dec nan is no place on the sky"),
    ):
        hears(talking, kind, **params)
        qtbot.waitUntil(lambda: said != [], timeout=5000)
        assert said.pop().startswith(sentence)
    assert lenses.current.object_id == here


def test_that_the_rasters_behind_a_colour_picture_are_those_that_are_open():
    from types import SimpleNamespace

    from astrolens_gui.ui.saving import _shown
    from astrolens_gui.workbench.perband import PerBand

    def never(place: int) -> str:
        raise AssertionError("a band that is not shown was opened")

    image = SimpleNamespace(rasters=PerBand(("g", "r"), never, {"g": "of g"}), raster="of g")
    view = SimpleNamespace(frame=SimpleNamespace(image=image))
    assert _shown(view, True) == ["of g"]
    assert _shown(view, False) == ["of g"]
