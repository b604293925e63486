"""Optional helpers for plugins that use Keras; importing this package imports neither Keras nor TensorFlow, using a
name of it does."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Budget": "budget",
    "Course": "course",
    "deterministic": "training",
    "device_scope": "training",
    "dtype_scope": "training",
    "fast_dtype": "training",
    "keras_progress": "training",
    "side_by_side": "training",
    "state_of": "unfinished",
    "load_keras": "weights",
    "read_header": "weights",
    "save_keras": "weights",
    "dihedral": "augment",
    "jitter": "augment",
    "weighted_rows": "augment",
}

__all__ = [*_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"astrolens_gui.kit has no {name!r}; it has {', '.join(_HOMES)}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
