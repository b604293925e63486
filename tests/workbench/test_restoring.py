"""Restoring through the workbench: pictures to look at, files of any size, progress and cancelling, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from astrolens_gui.api import Cancelled, Context, InputSpec, UserError
from astrolens_gui.core.learn.models import ModelInfo, write_model
from astrolens_gui.testing import toy_restore
from astrolens_gui.testing.toy_restore import Smoother, SmootherParams
from astrolens_gui.workbench import Workbench

SHAPES = {"small": (26, 26), "odd": (51, 41), "wide": (60, 300)}


def write_smoother(folder: Path, bands: tuple[str, ...] = ("r",), name: str = "toy-restorer-1") -> Path:
    """A trained toy restorer as a model folder: a Gaussian of 1.5 px."""
    backend = Smoother(SmootherParams())
    backend.width, backend.level = np.array([1.5], np.float32), np.array([0.5, 0.1], np.float32)
    fitted = folder / f"fitted-{name}"
    fitted.mkdir(parents=True)
    backend.save(fitted)
    spec = InputSpec(bands, 0.2, 32, "noise")
    info = ModelInfo(name, "toy-restorer", "1", {}, {}, spec, (), folder=folder / name)
    return write_model(info, fitted).folder


@pytest.fixture(scope="module")
def smoother(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_smoother(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    random = np.random.default_rng(1)
    for name, shape in SHAPES.items():
        data = random.normal(2e-11, 1e-12, shape).astype(np.float32)
        data[3, :9] = np.nan
        head = fits.Header({"FILTER": "r", "CDELT1": -0.2 / 3600, "CDELT2": 0.2 / 3600, "BUNIT": "maggy"})
        head.update(
            {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 10.0, "CRVAL2": -5.0, "CRPIX1": 5, "CRPIX2": 5}
        )
        fits.PrimaryHDU(data, head).writeto(folder / f"{name}.fits")
    return folder


@pytest.fixture
def opened(bench: Workbench, images: Path, tmp_path: Path) -> dict[str, int]:
    """The images as an open project; ids by name."""
    bench.open(tmp_path / "p.astrolens", create={}).result(60)
    bench.import_images([images]).result(60)
    table = bench.queue("random").result(30)
    return dict(zip(table.name, map(int, table.object), strict=True))


def test_that_a_restoration_has_the_images_unit_shape_and_gaps_and_is_no_data(bench, opened, smoother, images):
    made = bench.restore([opened["odd"]], model=str(smoother), draws=3).result(60)
    (one,) = made
    raw = fits.getdata(images / "odd.fits")
    assert (one.object_id, one.band, one.mean.shape, one.mean.dtype) == (opened["odd"], "r", (51, 41), np.float32)
    np.testing.assert_array_equal(np.isnan(one.mean), np.isnan(raw))
    good = np.isfinite(raw)
    assert one.mean[good].mean() == pytest.approx(raw[good].mean(), rel=0.05)
    assert one.mean[8:-8, 8:-8].std() < 0.4 * raw[8:-8, 8:-8].std()
    assert 0 < np.nanmedian(one.spread) < 1e-12
    assert np.nanstd(one.residual) == pytest.approx(1, abs=0.3)
    assert one.model in one.not_data
    assert "not data" in one.not_data
    assert one.wcs is not None


def test_that_objects_come_in_the_order_asked_and_one_by_one_as_partials(bench, opened, smoother):
    ids, seen = list(opened.values()), []
    stop = bench.runner.listen(lambda event: seen.append(event.partial) if event.partial is not None else None)
    made = bench.restore(ids, model=str(smoother)).result(60)
    stop()
    assert [one.object_id for one in made] == ids
    assert {one.object_id for part in seen for one in part} <= set(ids)
    assert seen


def test_that_files_are_written_whole_with_what_is_refused_named(bench, opened, smoother, tmp_path, monkeypatch):
    from astrolens_gui.workbench import restoring

    monkeypatch.setattr(restoring, "ALONE_PX", 10_000)  # "wide" is written as it comes
    report = bench.write_restored(list(opened.values()), tmp_path / "out", model=str(smoother)).result(60)
    assert sorted(path.name for path in report.files) == ["odd.fits", "small.fits", "wide.fits"]
    streamed = fits.getdata(tmp_path / "out" / "wide.fits")
    np.testing.assert_array_equal(streamed, bench.restore([opened["wide"]], model=str(smoother)).result(60)[0].mean)
    assert fits.getheader(tmp_path / "out" / "wide.fits")["BUNIT"] == "maggy"
    single = bench.write_restored([opened["odd"]], tmp_path / "one.fits", model=str(smoother)).result(60)
    assert single.files == [tmp_path / "one.fits"]


def test_that_what_was_restored_is_not_restored_again(bench, opened, smoother, tmp_path):
    bench.write_restored([opened["odd"]], tmp_path / "out", model=str(smoother)).result(60)
    bench.open(tmp_path / "q.astrolens", create={}).result(60)
    bench.import_images([tmp_path / "out"]).result(60)
    ids = [int(one) for one in bench.queue("random").result(30).object]
    with pytest.raises(UserError, match="it is no data but was restored by toy-restorer-1"):
        bench.restore(ids, model=str(smoother)).result(60)


def test_that_other_bands_and_scales_are_refused_by_name(bench, opened, tmp_path):
    green = write_smoother(tmp_path / "m", ("g",), "toy-green")
    with pytest.raises(UserError, match="odd: band g is missing"):
        bench.restore([opened["odd"]], model=str(green)).result(60)
    with pytest.raises(UserError, match="no model for restore fits these images"):
        bench.restore([opened["odd"]], backend="toy-restorer").result(60)
    with pytest.raises(UserError, match="the backend toy has no restore"):
        bench.restore([opened["odd"]], backend="toy").result(60)
    with pytest.raises(UserError, match="there is no model 'nobody' for restore"):
        bench.restore([opened["odd"]], model="nobody").result(60)


def test_that_too_much_to_look_at_is_refused_and_cancelling_leaves_whole_files(
    bench, opened, smoother, tmp_path, monkeypatch
):
    from astrolens_gui.workbench import restoring

    with monkeypatch.context() as patch:
        patch.setattr(restoring, "SHOWN_PX", 1000)
        with pytest.raises(UserError, match="too many to look at at once"):
            bench.restore(list(opened.values()), model=str(smoother)).result(60)
    jobs = []

    def stopping(*arguments, **named):
        jobs[0].cancel()
        return original(*arguments, **named)

    original = toy_restore.smoothed
    monkeypatch.setattr(toy_restore, "smoothed", stopping)
    started = bench.runner.submit("io", lambda: __import__("time").sleep(0.05), quiet=True)
    started.result(5)
    jobs.append(bench.write_restored(list(opened.values()), tmp_path / "out", model=str(smoother)))
    with pytest.raises(Cancelled):
        jobs[0].result(60)
    assert not [path for path in tmp_path.glob("out/*") if path.name.startswith(".")]


def test_that_the_toy_is_linear_in_flux():
    backend = Smoother(SmootherParams(draws=0))
    backend.width, backend.level = np.array([1.2], np.float32), np.array([0, 1], np.float32)
    batch = np.random.default_rng(2).normal(0, 1, (2, 48, 48, 1)).astype(np.float32)
    once, twice = (backend.restore(batch * factor, Context()).mean for factor in (1, 3))
    np.testing.assert_allclose(twice, 3 * once, rtol=1e-4, atol=1e-5)


def test_that_the_oddest_objects_come_first_once_a_model_was_asked(bench, opened, smoother, tmp_path):
    random = np.random.default_rng(5)
    for number in range(6):
        data = random.normal(0, 1, (40, 40)).astype(np.float32)
        if number == 3:
            data[18:22, 18:22] += 300
        head = fits.Header({"FILTER": "r", "CDELT1": -0.2 / 3600, "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"})
        head.update({"CDELT2": 0.2 / 3600})
        (tmp_path / "more").mkdir(exist_ok=True)
        fits.PrimaryHDU(data, head).writeto(tmp_path / "more" / f"odd{number}.fits")
    bench.import_images([tmp_path / "more"]).result(60)
    before = bench.queue("anomaly").result(30)
    assert "no model was asked yet" in before.note
    report = bench.score(backend="toy-restorer", model=str(smoother)).result(60)
    assert report.scored == 8  # the 26 pixel one is smaller than the model's input
    assert any("26 x 26 px" in sentence for sentence in report.refused)
    queue = bench.queue("anomaly").result(30)
    assert (queue.name[0], queue.note) == ("odd3", "")
    assert np.isnan(bench.queue("top").result(30).logit).all()  # how odd a thing is is no score of a lens
