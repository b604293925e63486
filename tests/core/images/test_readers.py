"""A plugin's image format goes the whole way: import, thumbnail, view, cutout; what its reader does wrong names the file."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from astrolens_gui.api import InputSpec, Plane
from astrolens_gui.core.images import fits, ingest, readers, windows
from astrolens_gui.core.images.cutouts import Cutouts
from astrolens_gui.core.images.fits import ImageError
from astrolens_gui.core.images.ingest import ObjectRecord, Refusal, scan, stem
from astrolens_gui.core.images.stretch import Recipe
from astrolens_gui.core.images.thumbnails import thumb
from astrolens_gui.workbench import Workbench

PLUGIN = """
from astrolens_gui.api import ReaderSpec, hookimpl

@hookimpl
def astrolens_readers():
    return [ReaderSpec("stamps", "JSON stamps", (".stamp.json", ".stj"), "stamps_reader")]
"""

READER = """
import json
import numpy as np
from astrolens_gui.api import Plane

def planes(path):
    with open(path) as file:
        found = json.load(file)
    for name, pixels in found["images"].items():
        yield Plane(path, extname=name, shape=np.shape(pixels), pixel_scale=np.float32(found.get("scale", 0.2)))

def read(plane):
    with open(plane.path) as file:
        return json.load(file)["images"][plane.extname]

def celestial(plane):
    from astropy.wcs import WCS
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval, wcs.wcs.crpix, wcs.wcs.cdelt = [150.0, 2.0], [16.5, 16.5], [-0.2 / 3600, 0.2 / 3600]
    return wcs
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Install a distribution with a reader, beside the environment, before plugins are looked for."""
    site = tmp_path / "site"
    about = site / "astrolens_stamps-0.1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: astrolens-stamps\nVersion: 0.1\n")
    (about / "entry_points.txt").write_text("[astrolens.plugins]\nstamps = stamps_plugin\n")
    monkeypatch.syspath_prepend(site)
    monkeypatch.setattr(readers, "_known", None)

    def write(reader: str = READER) -> None:
        (site / "stamps_plugin.py").write_text(PLUGIN)
        (site / "stamps_reader.py").write_text(textwrap.dedent(reader))

    write()
    yield write
    for name in ("stamps_plugin", "stamps_reader"):
        sys.modules.pop(name, None)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for n, name in enumerate(("one.stamp.json", "two.b.STJ")):
        stacks = {band: stamp(10 * n + k).tolist() for k, band in enumerate(("g", "r"))}
        (folder / name).write_text(json.dumps({"images": stacks}))
    return folder


def stamp(seed: int) -> np.ndarray:
    y, x = np.mgrid[:32, :32] - 15.5
    return (np.random.default_rng(seed).normal(0, 1, (32, 32)) + 30 * np.exp(-(x**2 + y**2) / 20)).astype(np.float32)


def test_that_a_plugins_format_is_imported_shown_and_scored_as_any_other(install, images, tmp_path):
    for already in (False, True):  # the second time in a project that knows the objects already
        with Workbench.start() as bench:
            bench.open(tmp_path / "stamps.astrolens", create={}).result(60)
            report = bench.import_images([images]).result(60)
            assert report.refused == []
            assert (report.added, report.updated) == (0 if already else 2, 0)
            queue = bench.queue("random").result(30)
            ids = dict(zip(queue.name, map(int, queue.object), strict=True))
            assert sorted(ids) == ["one", "two.b"]

            pictures = bench.thumbnails(list(ids.values()), 64, Recipe()).result(30)
            assert all(picture.shape == (64, 64, 4) and picture.std() > 5 for picture in pictures)

            loaded = bench.image(ids["two.b"], "r").result(30)
            assert (loaded.data == stamp(11)).all()
            assert loaded.data.dtype == np.float32
            assert (loaded.band, loaded.bands) == ("r", ("g", "r"))
            assert loaded.wcs.pixel_to_world_values(15.5, 15.5) == pytest.approx((150.0, 2.0))
            assert loaded.pixel_scale == pytest.approx(0.2)

            kept, cutouts, refused = bench.images.batch(list(ids.values()), InputSpec(("g", "r"), 0.2, 32))
            assert (kept.size, cutouts.shape, refused) == (2, (2, 32, 32, 2), [])


def test_that_its_objects_have_a_place_on_the_sky_and_a_field(install, images):
    record = next(iter(scan([images / "one.stamp.json"])))
    assert isinstance(record, ObjectRecord)
    assert (record.ra, record.dec) == pytest.approx((150.0, 2.0))
    assert record.field.startswith("sky ")
    assert [plane["band"] for plane in record.planes] == ["g", "r"]
    assert json.loads(json.dumps(record.planes)) == list(record.planes)


@pytest.mark.parametrize(
    ("reader", "words"),
    [
        ("def planes(path):\n    raise KeyError('no table')\n", "the reader stamps failed: KeyError: 'no table'"),
        ("def planes(path):\n    yield\n    raise OSError('torn')\n", "the reader stamps failed: OSError: torn"),
        ("def planes(path):\n    raise SystemExit(2)\n", "the reader stamps failed: SystemExit: 2"),
        ("def planes(path):\n    raise MemoryError\n", "not enough memory"),
        ("def planes(path):\n    return []\n", "the reader stamps finds no image in it"),
        ("def planes(path):\n    return None\n", "TypeError"),
        ("def planes(path):\n    return ['g']\n", "planes that can't be used (a str instead of a Plane)"),
        (
            "from astrolens_gui.api import *\ndef planes(path):\n    return [Plane(path, shape=(3,))]\n",
            "planes that can't be used",
        ),
        (
            "from astrolens_gui.api import *\ndef planes(path):\n    raise UserError('it is empty; fill it')\n",
            "one.stamp.json: it is empty; fill it",
        ),
        ("def images(path):\n    pass\n", "the reader stamps has no function planes in stamps_reader"),
        ("import no_such_library\n", "ModuleNotFoundError: No module named 'no_such_library'"),
        (
            READER + "\ndef celestial(plane):\n    raise ValueError('lost')\n",
            "[g]: the reader stamps failed: ValueError",
        ),
    ],
)
def test_that_what_a_reader_does_wrong_at_import_is_a_refusal_that_names_the_file(install, images, reader, words):
    install(reader)
    (refusal,) = scan([images / "one.stamp.json"])
    assert isinstance(refusal, Refusal)
    assert str(refusal).startswith("one.stamp.json")
    assert words in str(refusal)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("raise RuntimeError('boom')", "one.stamp.json[g]: the reader stamps failed: RuntimeError: boom"),
        ("return [[1, 2], [3, 4]]", "gave 2 x 2 px instead of 32 x 32; if the file has changed, import it again"),
        ("return None", "gave no px instead of 32 x 32"),
        ("return 'pixels'", "gave no array of numbers"),
        ("return np.ones((32, 32)) * 1j", "gave no array of numbers (complex128 instead of real numbers)"),
        ("return np.full((32, 32), '1.5')", "gave no array of numbers"),
        ("return np.zeros((32, 32), 'M8[s]')", "gave no array of numbers"),
        ("return np.zeros((0, 0))", "gave 0 x 0 px instead of 32 x 32"),
        ("return np.zeros((2, 32, 32))", "gave 32 x 32 x 2 px instead of 32 x 32"),
        ("return plane.shape[7]", "one.stamp.json[g]: the reader stamps failed: IndexError: tuple index out of range"),
        ("return 1 / 0", "one.stamp.json[g]: the reader stamps failed: ZeroDivisionError: division by zero"),
    ],
)
def test_that_what_a_reader_does_wrong_with_pixels_is_an_image_error_that_names_the_file(install, images, body, words):
    install(f"{READER}\ndef read(plane):\n    {body}\n")
    planes = readers.inspect(images / "one.stamp.json").planes
    for reads in (readers.read, lambda plane: thumb([plane], 32, Recipe())):
        with pytest.raises(ImageError) as error:
            reads(planes[0])
        assert words in str(error.value)
    images_, refused = Cutouts(images).batch([(5, planes)], InputSpec(("g",), None, 32))
    assert len(images_) == 0
    assert refused[0][0] == 5
    assert words in refused[0][1]


def test_that_an_image_whose_reader_is_gone_says_which(images, monkeypatch):
    monkeypatch.setattr(readers, "_known", None)
    readers.register([])
    plane = Plane(str(images / "one.stamp.json"), extname="g", shape=(32, 32), reader="stamps")
    with pytest.raises(ImageError, match=r"one.stamp.json\[g\]: it needs the reader stamps, which no plugin offers"):
        readers.read(plane)


def test_that_the_longest_suffix_decides_and_everything_else_is_for_fits(install, tmp_path):
    assert stem("a.b.stamp.json") == "a.b"
    assert stem("a.b.json") == "a.b"
    assert stem("a.fits.gz") == "a"
    plain = tmp_path / "plain.json"
    plain.write_text("{}")
    with pytest.raises(ImageError) as ours:
        fits.planes(plain)
    (refusal,) = scan([plain])
    assert str(refusal) == str(ours.value)


def test_that_images_which_only_their_names_tell_apart_have_cutouts_of_their_own(install, images, tmp_path):
    path = str(images / "one.stamp.json")
    cache, spec = Cutouts(tmp_path), InputSpec(("g",), None, 32)
    one, two = (
        cache.get([Plane(path, band="g", shape=(32, 32), extname=name, reader="stamps")], spec) for name in ("g", "r")
    )
    assert not np.array_equal(one, two)
    cache.close()


def test_that_fits_planes_are_stored_as_before_there_were_other_readers():
    assert "reader" not in Plane("a.fits").as_dict()
    other = Plane("a.h5", extname="g", reader="hdf5")
    assert Plane.from_dict(json.loads(json.dumps(other.as_dict()))) == other
    assert ingest.Plane is Plane is fits.Plane


@pytest.mark.parametrize(
    "wrong", [np.zeros((0, 0), np.float32), np.zeros((5, 7), np.float32), np.zeros((8, 8), complex)]
)
@pytest.mark.parametrize("window", [None, (0, 0, 8, 8)])
def test_that_every_readers_pixels_are_checked_before_anybody_sees_them(monkeypatch, wrong, window):
    plane = Plane("some.fits", extname="SCI", shape=(8, 8), window=window)
    for module in (fits, windows):
        monkeypatch.setattr(module, "read", lambda _: wrong)
        monkeypatch.setattr(module, "read_all", lambda planes: [wrong for _ in planes])
    for reads in (readers.read, lambda one: readers.read_all([one])):
        with pytest.raises(ImageError, match=r"some\.fits\[SCI\]: the reader fits gave"):
            reads(plane)
