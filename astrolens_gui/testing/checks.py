"""The conformance kit: what every backend must do, one small check each; runs on any plugin, ours or a stranger's."""

from __future__ import annotations

import operator
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.api import BackendSpec, Cancelled, Context, Progress, as_dict, build, fields
from astrolens_gui.core import plugins as core_plugins

from . import checks_detect, checks_restore, data

HEAVY = ("tensorflow", "keras", "torch", "jax", "sklearn", "PyQt5")
"""Modules that discovering a plugin must not import."""

SAFE_SUFFIXES = {".safetensors", ".npy", ".json", ".toml", ".txt", ".csv"}
"""What a model folder may hold: no pickle, no HDF5, no code."""


@dataclass(frozen=True)
class Outcome:
    """One check's result: `state` is passed, failed or skipped; `detail` says why, `traceback` where."""

    name: str
    title: str
    state: str
    detail: str = ""
    traceback: str = ""


class Skip(Exception):
    """Raised by a check that does not apply."""


@dataclass
class Subject:
    """A backend under test, with toy data and a trained instance made once."""

    spec: BackendSpec
    module: str
    folder: Path
    seed: int = 7
    epochs: int = 6
    values: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def params(self) -> Any:
        """The defaults; a detector tells all that it finds, so that there is something to compare after a few epochs."""
        least = next((each for each in fields(self.spec.params) if each.name == "least_score"), None)
        shown = {"least_score": least.param.low} if least is not None and self.spec.task == "detect" else {}
        return build(self.spec.params, {**shown, **self.values})

    @cached_property
    def fit_params(self) -> Any:
        """The defaults, with few epochs: the checks ask whether it learns, not how well. A detector must have learnt to find
        something, in steps of few images, for it has few."""
        assert self.spec.fit_params is not None
        names = {entry.name for entry in fields(self.spec.fit_params)}
        few: dict[str, Any] = {"epochs": self.epochs}
        if self.spec.task == "detect":
            few = {"epochs": 2 * self.epochs, "batch_size": 2}
        return build(self.spec.fit_params, {name: value for name, value in few.items() if name in names})

    def make(self) -> Any:
        return core_plugins.create(self.spec.factory, self.params)

    def context(self, reports: list[Progress] | None = None, cancel: bool = False) -> Context:
        workdir = Path(tempfile.mkdtemp(dir=self.folder))
        listen = reports.append if reports is not None else (lambda _: None)
        return Context(seed=self.seed, workdir=workdir, on_progress=listen, is_cancelled=lambda: cancel)

    def needs(self, capability: str) -> None:
        if capability not in self.spec.capabilities:
            raise Skip(f"it does not declare {capability}")

    def needs_training(self) -> None:
        if self.spec.fit_params is None:
            raise Skip("it can't be trained")

    @cached_property
    def training(self) -> Any:
        wanted = data.concrete(self.spec.input)
        if self.spec.task == "detect":
            return checks_detect.box_set(self.folder / "set", wanted)
        if self.spec.task.startswith("restore/"):
            return checks_restore.pair_set(self.folder / "set", wanted)
        return data.training_set(self.folder / "set", wanted)

    @cached_property
    def images(self) -> np.ndarray:
        wanted = data.concrete(self.spec.input)
        if self.spec.task.startswith("restore/"):
            images = checks_restore.skies(4, wanted, 99)[0]
            images.setflags(write=False)
            return images
        detects = self.spec.task == "detect"
        images = checks_detect.fields(4, wanted, 99)[0] if detects else data.stamps(9, wanted, seed=99)[0]
        images.setflags(write=False)
        return images

    def fitted(self) -> tuple[Any, Any, list[Progress]]:
        """A fresh instance, trained: (backend, report, progress)."""
        reports: list[Progress] = []
        backend = self.make()
        report = backend.fit(self.training, self.fit_params, self.context(reports))
        return backend, report, reports

    @cached_property
    def trained(self) -> tuple[Any, Any, list[Progress]]:
        self.needs_training()
        return self.fitted()

    @cached_property
    def saved(self) -> Path:
        folder = self.folder / "model"
        folder.mkdir(exist_ok=True)
        self.trained[0].save(folder)
        return folder


def discovery_is_light(subject: Subject) -> None:
    """Importing the plugin imports neither its backend's code nor a heavy library."""
    factory = subject.spec.factory.partition(":")[0]
    banned = [*HEAVY, *([factory] if factory != subject.module else [])]
    code = f"import sys, {subject.module}; print(','.join(name for name in {banned!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"importing {subject.module} in a new process failed: {done.stderr.strip()[-400:]}"
    assert not done.stdout.strip(), (
        f"importing {subject.module} also imports {done.stdout.strip()}; import it in a function"
    )


def parameters_round_trip(subject: Subject) -> None:
    """Defaults are valid; parameters survive JSON's types and the way to another process; each has a sentence of documentation."""
    for schema in (subject.spec.params, subject.spec.fit_params):
        if schema is None:
            continue
        default: Any = build(schema)
        assert build(schema, as_dict(default)) == default, f"{schema.__name__} does not survive as_dict and build"
        try:
            found = operator.attrgetter(schema.__qualname__)(sys.modules[schema.__module__])
        except AttributeError:
            found = None
        assert found is schema, (
            f"{schema.__name__} is not in {schema.__module__}, where the training process looks for it"
        )
        for entry in fields(schema):
            assert entry.param.doc.strip(), f"{schema.__name__}.{entry.name} has no documentation"


def capabilities_are_methods(subject: Subject) -> None:
    """Each declared capability is a method, as are save, load and (where it trains) fit."""
    backend = subject.make()
    needed = [*subject.spec.capabilities, "save", "load", *(["fit"] if subject.spec.fit_params else [])]
    absent = [name for name in needed if not callable(getattr(backend, name, None))]
    assert not absent, f"{subject.spec.factory} has no method {', '.join(absent)}"


def training_lowers_the_loss(subject: Subject) -> None:
    """On toy data the reported loss falls, and each epoch reports progress up to 1."""
    _, report, reports = subject.trained
    losses = [epoch["loss"] for epoch in report.epochs if "loss" in epoch]
    assert len(losses) >= 2, "fit must report a loss for each epoch in FitReport.epochs"
    assert min(losses[1:]) < losses[0], f"the loss did not fall: {losses[0]:.4g} → {min(losses[1:]):.4g}"
    assert reports, "fit never called ctx.progress"
    assert any("loss" in one.metrics for one in reports), "ctx.progress never gave loss=…"
    fractions = [one.fraction for one in reports]
    assert fractions == sorted(fractions), "progress went backwards"


def training_can_be_cancelled(subject: Subject) -> None:
    """A cancelled context stops fit with Cancelled."""
    subject.needs_training()
    try:
        subject.make().fit(subject.training, subject.fit_params, subject.context(cancel=True))
    except Cancelled:
        return
    raise AssertionError("fit went on after it was cancelled: call ctx.progress in each epoch and let Cancelled pass")


def answers_have_the_right_shape(subject: Subject) -> None:
    """classify: float32 (N, classes), finite."""
    subject.needs("classify")
    logits = subject.trained[0].classify(subject.images, subject.context())
    expected = (len(subject.images), len(data.CLASSES))
    assert logits.shape == expected, f"classify returned shape {logits.shape}, expected {expected}"
    assert logits.dtype == np.float32, f"classify returned {logits.dtype}, expected float32"
    assert np.isfinite(logits).all(), "classify returned values that are not finite"


def embeddings_have_the_right_shape(subject: Subject) -> None:
    """embed: float32 (N, D), finite."""
    subject.needs("embed")
    features = subject.trained[0].embed(subject.images, subject.context())
    assert features.ndim == 2, f"embed returned shape {features.shape}, expected (N, D)"
    assert len(features) == len(subject.images), f"embed returned {len(features)} rows for {len(subject.images)} images"
    assert features.dtype == np.float32, f"embed returned {features.dtype}, expected float32"
    assert np.isfinite(features).all(), "embed returned values that are not finite"


def explanations_have_the_right_shape(subject: Subject) -> None:
    """explain: float32 (N, size, size), finite, between 0 and 1; one by one as together; its input as it was."""
    subject.needs("explain")
    backend, images = subject.trained[0], subject.images
    maps = _left_alone(subject, "explain")
    assert maps.shape == images.shape[:3], f"explain returned shape {maps.shape}, expected {images.shape[:3]}"
    assert maps.dtype == np.float32, f"explain returned {maps.dtype}, expected float32"
    assert np.isfinite(maps).all(), "explain returned values that are not finite"
    assert maps.min() >= 0, f"explain returned {maps.min():.3g}; a map is not negative"
    assert maps.max() <= 1 + 1e-5, f"explain returned {maps.max():.3g}; the strongest place of a stamp has 1"
    single = np.concatenate([backend.explain(images[i : i + 1], subject.context()) for i in range(len(images))])
    worst = float(np.abs(maps - single).max())
    assert worst <= 1e-2, f"one by one, maps differ by up to {worst:.3g}"


def gradients_are_those_of_classify(subject: Subject) -> None:
    """gradient: float32 like the batch, finite; one by one as together; it is what small steps of classify give."""
    subject.needs("gradient")
    backend, images = subject.trained[0], subject.images
    slopes = _left_alone(subject, "gradient")
    assert slopes.shape == images.shape, f"gradient returned shape {slopes.shape}, expected {images.shape}"
    assert slopes.dtype == np.float32, f"gradient returned {slopes.dtype}, expected float32"
    assert np.isfinite(slopes).all(), "gradient returned values that are not finite"
    single = np.concatenate([backend.gradient(images[i : i + 1], subject.context()) for i in range(len(images))])
    size = np.abs(slopes).reshape(len(slopes), -1).max(axis=1)
    worst = float((np.abs(slopes - single).reshape(len(slopes), -1).max(axis=1) / np.maximum(size, 1e-12)).max())
    assert worst <= 1e-2, f"one by one, gradients differ by {100 * worst:.3g} % of their largest value"
    length = np.sqrt((slopes.astype(np.float64) ** 2).sum(axis=(1, 2, 3)))
    steep = length > 1e-4
    assert steep.any(), "gradient is 0 everywhere, though classify tells the stamps apart"
    # Along the gradient, by a step that is small for a network with corners and large for float32.
    step = 0.01 * slopes / np.maximum(length, 1e-12)[:, None, None, None]
    ends = [
        _log_odds(backend.classify((images + sign * step).astype(np.float32), subject.context())) for sign in (1, -1)
    ]
    found = (ends[0] - ends[1]) / 0.02
    apart = np.abs(found - length)[steep] / length[steep]
    assert np.median(apart) <= 0.1, (
        f"a step along gradient changes the log-odds by {found[steep][0]:.4g} a unit, gradient says {length[steep][0]:.4g}"
    )


def batches_do_not_matter(subject: Subject) -> None:
    """N batches of one give what one batch of N gives."""
    subject.needs("classify")
    backend = subject.trained[0]
    together = backend.classify(subject.images, subject.context())
    single = np.concatenate(
        [backend.classify(subject.images[i : i + 1], subject.context()) for i in range(len(together))]
    )
    worst = float(np.abs(together - single).max())
    assert worst <= 1e-3 * max(1.0, float(np.abs(together).max())), f"one by one, logits differ by up to {worst:.3g}"


def inputs_are_left_alone(subject: Subject) -> None:
    """The images given are read-only and stay as they are."""
    subject.needs("classify")
    before = subject.images.copy()
    subject.trained[0].classify(subject.images, subject.context())
    assert np.array_equal(before, subject.images), "classify changed its input"


def same_seed_same_answer(subject: Subject) -> None:
    """Training twice with one seed gives the same scores to 1e-3."""
    subject.needs("classify")
    first = subject.trained[0].classify(subject.images, subject.context())
    second = subject.fitted()[0].classify(subject.images, subject.context())
    worst = float(np.abs(_probability(first) - _probability(second)).max())
    assert worst <= 1e-3, (
        f"the same seed gave scores that differ by {worst:.3g}; derive every random choice from ctx.seed"
    )


def a_saved_model_answers_elsewhere(subject: Subject) -> None:
    """Save, load in a new process, classify: the same logits; only safe files are written."""
    subject.needs("classify")
    bad = [path.name for path in subject.saved.rglob("*") if path.is_file() and path.suffix not in SAFE_SUFFIXES]
    assert not bad, f"save wrote {', '.join(bad)}; write safetensors, npy or json"
    np.save(subject.folder / "in.npy", subject.images)
    code = (
        "import sys, json, numpy as np; from pathlib import Path\n"
        "from astrolens_gui.api import Context, build; from astrolens_gui.core.plugins import create\n"
        "import importlib\n"
        "module, name, values, factory, model, source, out = sys.argv[1:]\n"
        "schema = getattr(importlib.import_module(module), name)\n"
        "backend = create(factory, build(schema, json.loads(values))); backend.load(Path(model))\n"
        "np.save(out, backend.classify(np.load(source), Context(workdir=Path(out).parent)))\n"
    )
    import json

    schema = subject.spec.params
    argv = [schema.__module__, schema.__qualname__, json.dumps(as_dict(subject.params)), subject.spec.factory]
    files = [str(subject.saved), str(subject.folder / "in.npy"), str(subject.folder / "out.npy")]
    done = subprocess.run([sys.executable, "-c", code, *argv, *files], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"loading in a new process failed: {done.stderr.strip()[-400:]}"
    here = subject.trained[0].classify(subject.images, subject.context())
    worst = float(np.abs(np.load(subject.folder / "out.npy") - here).max())
    assert worst <= 1e-3, f"the loaded model's logits differ by {worst:.3g}"


def damaged_weights_are_refused(subject: Subject) -> None:
    """A truncated weights file gives a ValueError, not a crash and not an answer."""
    subject.needs("classify")
    folder = subject.folder / "damaged"
    folder.mkdir(exist_ok=True)
    for path in subject.saved.iterdir():
        content = path.read_bytes()
        (folder / path.name).write_bytes(content[: len(content) // 2])
    try:
        subject.make().load(folder)
    except ValueError:
        return
    raise AssertionError(
        "load took a truncated weights file; check what it reads and raise ValueError with one sentence"
    )


def simulations_repeat(subject: Subject) -> None:
    """simulate: the same seed gives the same bytes, and a truth table with ID and is_lens."""
    subject.needs("simulate")
    made = []
    for run in ("a", "b"):
        out = subject.folder / f"simulation_{run}"
        out.mkdir()
        backend = subject.trained[0] if subject.spec.fit_params is not None else subject.make()
        table = backend.simulate(out, 4, subject.context())
        assert {"ID", "is_lens"} <= set(table.read_text(encoding="utf-8").splitlines()[0].split(",")), (
            "truth lacks columns"
        )
        made.append({path.relative_to(out): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()})
    assert made[0] == made[1], "two simulations with one seed differ; derive every random choice from ctx.seed"


CHECKS: tuple[Callable[[Subject], None], ...] = (
    discovery_is_light,
    parameters_round_trip,
    capabilities_are_methods,
    training_lowers_the_loss,
    training_can_be_cancelled,
    answers_have_the_right_shape,
    embeddings_have_the_right_shape,
    explanations_have_the_right_shape,
    gradients_are_those_of_classify,
    batches_do_not_matter,
    inputs_are_left_alone,
    same_seed_same_answer,
    a_saved_model_answers_elsewhere,
    damaged_weights_are_refused,
    simulations_repeat,
    *checks_detect.CHECKS,
    *checks_restore.CHECKS,
)


def check(spec: BackendSpec, module: str, folder: Path, **options: Any) -> Iterator[Outcome]:
    """Run every check on a backend; `module` declares it, `folder` is an empty working folder."""
    subject = Subject(spec, module, folder, **options)
    for function in CHECKS:
        outcome = Outcome(function.__name__, (function.__doc__ or "").strip().splitlines()[0], "passed")
        try:
            function(subject)
        except Skip as reason:
            outcome = replace(outcome, state="skipped", detail=str(reason))
        except AssertionError as error:
            outcome = replace(outcome, state="failed", detail=str(error), traceback=traceback.format_exc())
        except Exception as error:
            detail = f"{type(error).__name__}: {error}"
            outcome = replace(outcome, state="failed", detail=detail, traceback=traceback.format_exc())
        yield outcome


def _left_alone(subject: Subject, capability: str) -> np.ndarray:
    """What a capability makes of the images, which must be as they were afterwards."""
    before = subject.images.copy()
    made = np.asarray(getattr(subject.trained[0], capability)(subject.images, subject.context()))
    assert np.array_equal(before, subject.images), f"{capability} changed its input"
    return made


def _log_odds(logits: np.ndarray) -> np.ndarray:
    """float64 (N,): of the last class against all others."""
    z = logits.astype(np.float64)
    return np.asarray(z[:, -1] - np.logaddexp.reduce(z[:, :-1], axis=1))


def _probability(logits: np.ndarray) -> np.ndarray:
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exp / exp.sum(axis=1, keepdims=True)
