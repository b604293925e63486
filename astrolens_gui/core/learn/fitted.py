"""What is the same in every training, whatever is learnt: the child's fit, and the description of the model that it made; knows no
judge and no store."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from astrolens_gui.api import BackendSpec, Context, TrainingSet, as_dict, build

from ..plugins import create
from .models import ModelInfo

_LIBRARIES = ("astrolens", "numpy", "keras", "tensorflow")


def fit(
    *, set_folder: str, out: str, factory: str, params: Any, fit_params: Any, start: str, ctx: Context
) -> tuple[Any, TrainingSet, dict[str, Any]]:
    """In the child: (backend, set, told) of a fit whose weights are saved in `out`; `start`: folder of a model to go on from, "" for
    none. Told are epochs (list of dicts), stopped and used (as `FitReport`), and versions."""
    data = TrainingSet.open(Path(set_folder))
    backend = create(factory, params)
    if start:
        backend.load(Path(start))
    report = backend.fit(data, fit_params, ctx)
    Path(out).mkdir(parents=True, exist_ok=True)
    backend.save(Path(out))
    epochs = [dict(epoch) for epoch in report.epochs]
    return (
        backend,
        data,
        {"epochs": epochs, "stopped": report.stopped, "used": dict(report.used), "versions": versions()},
    )


def same(spec: BackendSpec, params: Any, fit_params: Any, ctx: Context, start: str) -> dict[str, Any]:
    """What the result of a fit depends on besides its set, as JSON can hold it."""
    asked = {"params": as_dict(params), "fit_params": as_dict(fit_params), "start": start}
    where = {"seed": ctx.seed, "device": ctx.device, "versions": versions()}
    return {"backend": spec.id, "version": spec.version, **asked, **where}


def described(
    spec: BackendSpec,
    params: Any,
    fit_params: Any,
    told: dict[str, Any],
    *,
    created: datetime,
    digest: str,
    metrics: dict[str, Any],
    models_dir: Path,
    **rest: Any,
) -> ModelInfo:
    """The description of the model of a fit that `told` this of itself: its name says the backend, when it was `created` and the hash
    of what it learnt from; `rest` are further fields of `ModelInfo`."""
    created = created.astimezone(UTC)
    name = f"{spec.id}-{created:%Y%m%dT%H%M%S}{created.microsecond // 1000:03d}-{digest[:6]}"
    return ModelInfo(
        id=name,
        backend=spec.id,
        backend_version=spec.version,
        params=as_dict(params),
        fit_params=as_dict(build(type(fit_params), {**as_dict(fit_params), **told["used"]})),
        created=created.isoformat(timespec="seconds"),
        dataset_hash=digest,
        versions=told["versions"],
        metrics={**metrics, "fit_seconds": round(told["seconds"], 2)},
        folder=Path(models_dir) / name,
        **rest,
    )


def versions() -> dict[str, str]:
    """Of the libraries that a model's answers depend on."""
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
