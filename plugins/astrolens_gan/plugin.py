"""The enhancer and generator as the program sees it before it runs; imports no TensorFlow."""

from __future__ import annotations

from collections.abc import Iterable

from astrolens_gui.api import BackendSpec, hookimpl


@hookimpl
def astrolens_backends() -> Iterable[BackendSpec]:
    """What this package offers."""
    return ()
