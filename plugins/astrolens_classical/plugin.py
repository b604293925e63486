"""What AstroLens knows of the classical finders before any of their code runs."""

from __future__ import annotations

from collections.abc import Iterable

from astrolens_gui.api import BackendSpec, hookimpl


@hookimpl
def astrolens_backends() -> Iterable[BackendSpec]:
    return ()
