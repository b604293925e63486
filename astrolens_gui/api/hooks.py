"""The hooks a plugin may implement: nouns return typed records, past-tense hooks tell; nothing here runs a model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from .specs import BackendSpec, ExporterSpec, ReaderSpec, StrategySpec, StretchSpec
    from .types import Changes

PROJECT = "astrolens"
"""pluggy's project name; also the prefix of every hook."""

API_VERSION = 1
"""The number that `BackendSpec.api` is held against."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def astrolens_backends() -> Iterable[BackendSpec]:  # type: ignore[empty-body]
    """Return the model backends this plugin offers. Must not import the code that runs them."""


@hookspec
def astrolens_readers() -> Iterable[ReaderSpec]:  # type: ignore[empty-body]
    """Return the image formats this plugin reads."""


@hookspec
def astrolens_stretches() -> Iterable[StretchSpec]:  # type: ignore[empty-body]
    """Return the intensity stretches this plugin adds to the image view."""


@hookspec
def astrolens_strategies() -> Iterable[StrategySpec]:  # type: ignore[empty-body]
    """Return the queue orders ("what to label next") this plugin offers."""


@hookspec
def astrolens_exporters() -> Iterable[ExporterSpec]:  # type: ignore[empty-body]
    """Return the table formats this plugin writes labels to."""


@hookspec
def astrolens_labels_changed(changes: Changes) -> None:
    """Told after label events were committed, off the main thread; what it raises is logged, no label is lost."""


@hookspec
def astrolens_model_trained(model: str, report: dict[str, Any]) -> None:
    """Told after a training was judged, with the model's id and the gate's report (verdict, reason, metrics)."""
