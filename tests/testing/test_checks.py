"""The conformance kit passes a good backend and fails each kind of bad one; a check that can't fail would show here."""

from __future__ import annotations

import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from astrolens_gui.testing import CHECKS, check, checks_detect, checks_restore
from astrolens_gui.testing.toy import astrolens_backends

pytest_plugins = ["astrolens_gui.testing.fixtures"]

TOY = astrolens_backends()[0]
MODULE = "astrolens_gui.testing.toy"


def test_that_the_toy_backend_passes_every_check_that_applies(conforms):
    outcomes = conforms("toy")
    assert len(outcomes) == len(CHECKS)
    others = {check.__name__ for check in (*checks_detect.CHECKS, *checks_restore.CHECKS)}
    assert {o.name for o in outcomes if o.state == "skipped"} == {"simulations_repeat", *others}


BREAKAGES = {
    "training_lowers_the_loss": """
        def fit(self, data, p, ctx):
            report = super().fit(data, p, ctx)
            return type(report)(epochs=tuple({"loss": 1.0} for _ in report.epochs))
    """,
    "training_can_be_cancelled": """
        def fit(self, data, p, ctx):
            return super().fit(data, p, replace(ctx, is_cancelled=lambda: False))
    """,
    "answers_have_the_right_shape": """
        def classify(self, batch, ctx):
            return super().classify(batch, ctx).astype("float64")
    """,
    "embeddings_have_the_right_shape": """
        def embed(self, batch, ctx):
            return super().embed(batch, ctx)[:, None]
    """,
    "explanations_have_the_right_shape": """
        def explain(self, batch, ctx):
            return super().gradient(batch, ctx)[..., 0]
    """,
    "gradients_are_those_of_classify": """
        def gradient(self, batch, ctx):
            return 2 * super().gradient(batch, ctx)
    """,
    "batches_do_not_matter": """
        def classify(self, batch, ctx):
            logits = super().classify(batch, ctx)
            return logits - logits.mean(axis=0)
    """,
    "inputs_are_left_alone": """
        def classify(self, batch, ctx):
            batch.setflags(write=True)
            batch += 1
            return super().classify(batch, ctx)
    """,
    "same_seed_same_answer": """
        def fit(self, data, p, ctx):
            report = super().fit(data, p, ctx)
            self.weights = self.weights + np.random.default_rng().normal(size=self.weights.shape).astype("f4")
            return report
    """,
    "a_saved_model_answers_elsewhere": """
        def load(self, folder):
            super().load(folder)
            self.weights = self.weights * 2
    """,
    "damaged_weights_are_refused": """
        def load(self, folder):
            pass
    """,
    "capabilities_are_methods": """
        save = None
    """,
}


@pytest.mark.parametrize("name", BREAKAGES)
def test_that_each_check_catches_the_fault_it_is_for(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    head = "import numpy as np\nfrom dataclasses import replace\nfrom astrolens_gui.testing.toy import ToyBackend\n"
    body = textwrap.indent(textwrap.dedent(BREAKAGES[name]), "    ")
    (tmp_path / "broken_backend.py").write_text(f"{head}class Broken(ToyBackend):\n{body}", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    sys.modules.pop("broken_backend", None)
    outcomes = {
        o.name: o for o in check(replace(TOY, factory="broken_backend:Broken"), MODULE, tmp_path / "work", epochs=3)
    }
    assert outcomes[name].state == "failed"
    assert outcomes[name].detail


def test_that_a_plugin_which_imports_a_heavy_library_at_discovery_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "eager_plugin.py").write_text("import sklearn\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    outcome = next(iter(check(TOY, "eager_plugin", tmp_path)))
    assert outcome.name == "discovery_is_light"
    assert outcome.state == "failed"
    assert "sklearn" in outcome.detail
