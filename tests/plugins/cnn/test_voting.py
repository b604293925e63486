"""A committee says the mean of its members' logits, its best members stay, and views of a stamp are averaged alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest
from astrolens_cnn.plugin import Training

from astrolens_gui.api import Context, FitReport, InputSpec
from astrolens_gui.testing import data

keras = pytest.importorskip("keras", reason="Keras is not installed")
voting = pytest.importorskip("astrolens_cnn.networks.voting", reason="TensorFlow is not installed")
residual = pytest.importorskip("astrolens_cnn.networks.residual", reason="TensorFlow is not installed")
training = pytest.importorskip("astrolens_cnn.training", reason="TensorFlow is not installed")
symmetry = pytest.importorskip("astrolens_cnn.symmetry", reason="TensorFlow is not installed")

SPEC = InputSpec(("r",), 0.2, 16)


@dataclass(frozen=True)
class Two:
    width: int = 4
    blocks: int = 1
    members: int = 2
    symmetries: str = "1"


@dataclass(frozen=True)
class Tried(Training):
    tried: int = 3


@pytest.fixture(scope="module")
def committee(tmp_path_factory):
    """(the fitted committee, its report, the logits of each of the three members that were trained)."""
    made = data.training_set(tmp_path_factory.mktemp("committee"), SPEC, 60)
    stamps, _ = data.stamps(40, SPEC, 5)
    alone, train = [], training.train

    def kept(build, *rest):
        trained, report = train(build, *rest)
        # By hand: the second is the worst, so the first and the third stay.
        report = replace(report, epochs=({"loss": 1.0, "val_loss": (0.5, 0.9, 0.2)[len(alone)]},))
        alone.append(np.asarray(trained(stamps, training=False)["logits"]))
        return trained, report

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "train", kept)
        backend = voting.Voting(Two())
        report = backend.fit(made, Tried(epochs=2, precision="float32", patience=9), Context(seed=1))
    return SimpleNamespace(backend=backend, report=report, alone=alone, stamps=stamps)


def test_that_the_committee_says_the_mean_logit_of_its_best_members(committee):
    said = committee.backend.classify(committee.stamps, Context())
    np.testing.assert_allclose(said, (committee.alone[0] + committee.alone[2]) / 2, atol=2e-4)
    assert np.abs(committee.alone[0] - committee.alone[2]).max() > 0.01


def test_that_its_features_are_those_of_all_members(committee):
    assert committee.backend.embed(committee.stamps, Context()).shape == (40, 2 * 8 * 4)


def test_that_a_saved_committee_is_one_file_and_answers_the_same(committee, tmp_path):
    committee.backend.save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["weights.safetensors"]
    again = voting.Voting(Two())
    again.load(tmp_path)
    np.testing.assert_array_equal(
        again.classify(committee.stamps, Context()), committee.backend.classify(committee.stamps, Context())
    )
    with pytest.raises(ValueError, match="do not fit the network"):
        voting.Voting(Two(members=3)).load(tmp_path)


def test_that_its_map_is_the_mean_of_its_members_maps(committee):
    network, maps = committee.backend._known(), []
    for place in range(2):
        member = residual.network((16, 16, 1), 2, Two())
        for layer in member.layers:
            if layer.weights:
                layer.set_weights(network.get_layer(f"member{place}_{layer.name}").get_weights())
        alone = residual.Residual(Two())
        alone._take(member)
        maps.append(alone.explain(committee.stamps, Context()))
    mean = np.mean(maps, axis=0)
    top = mean.max(axis=(1, 2), keepdims=True)
    found = committee.backend.explain(committee.stamps, Context())
    np.testing.assert_allclose(found, np.divide(mean, top, out=np.zeros_like(mean), where=top > 0), atol=0.02)
    assert np.abs(found - maps[1]).max() > 0.1


def test_that_the_best_by_validation_stay():
    reports = [FitReport(({"val_loss": 0.9}, {"val_loss": low})) for low in (0.5, 0.2, 0.4, 0.3)]
    assert voting.best(reports, 2) == [1, 3]
    assert voting.best([FitReport(({"loss": 1.0},))] * 3, 2) == [0, 1]


def test_that_members_share_the_time(monkeypatch):
    given = []

    def learn(build, data, how, ctx):
        given.append((how.minutes, ctx.seed))
        return build(), FitReport(({"val_loss": 1.0},), training.TIME, {"epochs": 7, "minutes": 0.0})

    monkeypatch.setattr(training, "train", learn)
    about = SimpleNamespace(input=SPEC, classes=("nonlens", "lens"))
    report = voting.Voting(Two()).fit(about, Tried(minutes=9.0, tried=2), Context(seed=4))
    assert [seed for _, seed in given] == [4, 5]
    assert given[0][0] == pytest.approx(4.5, rel=0.01)
    assert given[1][0] == pytest.approx(9.0, rel=0.05)  # all that is left, for the first took no time here
    assert report.used == {"epochs": 7, "minutes": 0.0}


@pytest.mark.parametrize("count", [2, 4, 8])
def test_that_an_answer_over_views_is_the_mean_over_them(count):
    stamps = np.random.default_rng(0).normal(0, 1, (5, 16, 16, 1)).astype(np.float32)
    one, many = (residual.Residual(Two(symmetries=str(number))) for number in (1, count))
    keras.utils.set_random_seed(0)
    network = residual.network((16, 16, 1), 2, Two())
    one._take(network)
    many._take(network)
    expected = np.mean([one.classify(np.asarray(view), Context()) for view in symmetry.views(stamps, count)], axis=0)
    np.testing.assert_allclose(many.classify(stamps, Context()), expected, atol=1e-5)
    np.testing.assert_allclose(many.embed(stamps, Context()) @ network.get_layer("logits").kernel, expected, atol=1e-4)
    mirrored = stamps.transpose(0, 2, 1, 3)
    if count != 4:
        np.testing.assert_allclose(many.classify(mirrored, Context()), expected, atol=1e-5)
    single = np.concatenate([many.classify(stamps[row : row + 1], Context()) for row in range(5)])
    np.testing.assert_allclose(single, expected, atol=1e-5)
    step = many.gradient(stamps, Context())
    ends = [many.classify(stamps + sign * 0.01 * step, Context()) for sign in (1, -1)]
    rise = (ends[0] - ends[1])[:, 1] - (ends[0] - ends[1])[:, 0]
    np.testing.assert_allclose(rise, 0.02 * (step**2).sum(axis=(1, 2, 3)), rtol=0.05, atol=1e-5)


def test_that_eight_views_are_the_eight_symmetries():
    stamp = np.random.default_rng(0).normal(0, 1, (1, 6, 6, 1)).astype(np.float32)
    assert len({np.asarray(view).tobytes() for view in symmetry.views(stamp, 8)}) == 8
