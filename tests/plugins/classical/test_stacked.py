"""Networks with something classical before or behind them: the fixed wavelet, CAST's stack, features judged by a machine."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from astrolens_cnn.stacked import CAST, CNN_SVM, WAVELET

from astrolens_gui.api import Cancelled, Context, InputSpec, UserError, build
from astrolens_gui.kit.svm import LinearModel, RbfSvm, save_arrays
from astrolens_gui.testing import data

keras = pytest.importorskip("keras", reason="Keras is not installed")
cast = pytest.importorskip("astrolens_cnn.networks.cast", reason="TensorFlow is not installed")
features_svm = pytest.importorskip("astrolens_cnn.networks.features_svm", reason="TensorFlow is not installed")
wavelet = pytest.importorskip("astrolens_cnn.networks.wavelet", reason="TensorFlow is not installed")

FOUR = InputSpec(("u", "g", "r", "i"), 0.2, 26)
ONE = InputSpec(("VIS",), 0.1, 26)


def modulus_of(images):
    inputs = keras.Input(images.shape[1:])
    return np.asarray(keras.Model(inputs, wavelet.modulus(inputs))(images))


def test_that_the_modulus_of_a_constant_is_0_and_of_an_edge_the_same_both_ways():
    flat = np.stack([np.full((16, 16), 3.0), np.full((16, 16), -7.0)], axis=-1)[None].astype(np.float32)
    assert np.abs(modulus_of(flat)).max() < 1e-5
    edge = np.zeros((1, 16, 16, 2), np.float32)
    edge[:, :, 8:, 0], edge[:, 8:, :, 1] = 1, 1
    found = modulus_of(edge)[0]
    np.testing.assert_allclose(found[..., 0], found[..., 1].T, atol=1e-6)
    assert found[5, :, 0].max() == pytest.approx(2, rel=1e-4)
    assert (found[5, :, 0] > 0.1).sum() == 1  # where the edge is, and nowhere else
    assert np.abs(found[2] - found[9])[:, 0].max() < 1e-6


def test_that_the_wavelet_stays_as_it_is_while_the_network_learns(tmp_path):
    backend = wavelet.Wavelet(None)
    made = data.training_set(tmp_path / "set", ONE, 40)
    backend.fit(made, build(WAVELET.fit_params, {"epochs": 1}), Context(seed=1))
    backend.save(tmp_path)
    from safetensors.numpy import load_file

    kept = load_file(tmp_path / "weights.safetensors")
    np.testing.assert_array_equal(kept["wavelet/kernel"], wavelet.kernels(1))


def test_that_the_contrast_is_stretched_and_noise_smoothed_more_than_edges():
    random = np.random.default_rng(0)
    stamps = random.normal(0, 0.5, (2, 40, 40, 1)).astype(np.float32)
    stamps[:, :, 20:] += 6
    found = cast.preprocess(stamps)
    assert found.min() >= 0
    assert found.max() <= cast.BRIGHTEST
    np.testing.assert_allclose(cast.preprocess(stamps * 3 + 5), found, atol=1e-3)
    stretched = cast.BRIGHTEST * (stamps - stamps.min()) / np.ptp(stamps)
    assert found[:, 5:35, 4:16].std() < 0.7 * stretched[:, 5:35, 4:16].std()
    assert (found[:, 5:35, 20].mean() - found[:, 5:35, 19].mean()) > 0.6 * cast.BRIGHTEST * 6 / np.ptp(stamps)
    assert np.isfinite(cast.preprocess(np.zeros((1, 26, 26, 3), np.float32))).all()


def test_that_bands_go_by_triples():
    assert cast.triples(1) == [(0,)]
    assert cast.triples(2) == [(0, 1)]
    assert cast.triples(4) == [(0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3)]
    assert len(cast.triples(9)) == 4


@pytest.mark.parametrize(
    ("make", "spec", "how", "size"),
    [(cast.Cast, CAST, FOUR, 60), (features_svm.FeaturesSvm, CNN_SVM, ONE, 120)],
    ids=["cast", "cnn-svm"],
)
def test_that_a_stack_learns_and_comes_back(make, spec, how, size, tmp_path, monkeypatch):
    monkeypatch.setattr(cast, "triples", lambda bands: [(0, 1, 2), (1, 2, 3)])  # two will do
    made = data.training_set(tmp_path / "set", how, size)
    params = build(spec.params, {"width": 4} if spec is CNN_SVM else {})
    backend, again = make(params), make(params)
    (tmp_path / "work").mkdir()
    backend.fit(made, build(spec.fit_params, {"epochs": 3}), Context(seed=1, workdir=tmp_path / "work"))
    images, is_lens = data.stamps(30, how, 3)
    logits = backend.classify(images, Context())
    margin = logits[:, 1] - logits[:, 0]
    assert np.mean(margin[is_lens][:, None] > margin[~is_lens][None]) > 0.8
    (tmp_path / "model").mkdir()
    backend.save(tmp_path / "model")
    again.load(tmp_path / "model")
    np.testing.assert_allclose(again.classify(images, Context()), logits, atol=1e-5)
    np.testing.assert_allclose(backend.classify(images[:1], Context()), logits[:1], atol=1e-3)
    assert backend.embed(images, Context()).shape[0] == 30
    assert backend.classify(images[:0], Context()).shape == (0, 2)
    with pytest.raises(ValueError, match="no weights yet"):
        make(params).classify(images, Context())
    path = tmp_path / "model" / "svm.safetensors"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match=r"svm\.safetensors"):
        make(params).load(tmp_path / "model")


def test_that_cast_gives_each_network_its_own_bands_and_can_be_stopped(tmp_path, monkeypatch):
    made = data.training_set(tmp_path / "set", FOUR, 40)
    every = np.random.default_rng(0).normal(size=made.images.shape).astype(np.float32)
    part = cast._of_bands(made, every, (3, 1), tmp_path / "part")
    np.testing.assert_array_equal(part.images, every[..., [3, 1]])
    assert part.input.bands == ("i", "g")
    monkeypatch.setattr(cast, "triples", lambda bands: [(0,), (1,)])
    backend, told = cast.Cast(None), []
    (tmp_path / "work").mkdir()
    how = build(CAST.fit_params, {"epochs": 1})
    report = backend.fit(made, how, Context(seed=1, workdir=tmp_path / "work"))
    assert [epoch["member"] for epoch in report.epochs] == [0.0, 1.0]
    assert backend.embed(made.images[:0], Context()).shape == (0, backend.embed(made.images[:2], Context()).shape[1])
    many = np.repeat(made.images, 10, axis=0)
    stopped = Context(on_progress=told.append, is_cancelled=lambda: bool(told))
    with pytest.raises(Cancelled):
        backend.embed(many, stopped)
    assert 0 < told[0].fraction < 1


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"shape": "[8, 8, 1]", "classes": "2"}, "this network takes no stamps of 8 pixels"),
        ({"shape": "[Infinity, 8, 1]", "classes": "2"}, "do not say which network they are for"),
    ],
)
def test_that_weights_for_impossible_stamps_are_refused_in_a_sentence(about, words, tmp_path):
    save_arrays(tmp_path / "weights.safetensors", {"none": np.zeros(1, np.float32)}, about)
    with pytest.raises(UserError, match=rf"weights\.safetensors: .*{words}"):
        wavelet.Wavelet(None).load(tmp_path)


def test_that_a_machine_for_other_features_is_refused(tmp_path):
    from astrolens_cnn.networks.stacking import Stack

    x = np.random.default_rng(0).normal(size=(40, 3))
    labels = (x[:, 0] > 0).astype(int)
    machine = RbfSvm.fit(x, labels, None, 1.0)
    stack = Stack(machine, LinearModel.fit(machine.decide(x)[:, None], labels), np.arange(2), 2)
    save_arrays(tmp_path / "svm.safetensors", stack.arrays())
    stack.check_features(3, tmp_path / "svm.safetensors")
    with pytest.raises(UserError, match=r"svm\.safetensors: these weights judge 3 features of the networks' 64"):
        stack.check_features(64, tmp_path / "svm.safetensors")


def test_that_reading_the_features_for_the_machine_can_be_stopped(tmp_path, monkeypatch):
    made, asked = data.training_set(tmp_path / "set", ONE, 40), []
    trained = SimpleNamespace(
        fit=lambda *_: None, embed=lambda stamps, ctx: asked.append(len(stamps)) or ctx.progress(0.5)
    )
    monkeypatch.setattr(features_svm, "Residual", lambda params: trained)
    backend = features_svm.FeaturesSvm(None)
    with pytest.raises(Cancelled):
        backend.fit(made, build(CNN_SVM.fit_params), Context(is_cancelled=lambda: bool(asked)))
    assert len(asked) == 1
