"""What a training keeps to go on after it was broken off: its variables and numbers in one safetensors file, whole or not at all;
knows no network."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

FILE = "unfinished.safetensors"
_TOLD = "told"


def state_of(*owners: Any) -> list[Any]:
    """All Keras variables of models and optimisers, each once, in an order that is the same whenever they are built the same way."""
    found = {id(variable): variable for owner in owners if owner is not None for variable in owner.variables}
    return list(found.values())


def write(folder: Path, arrays: dict[str, np.ndarray], told: dict[str, Any]) -> None:
    """Replace what is kept in `folder` by named arrays and what JSON can hold, on disk before it returns.

    Raises:
        OSError: it can't be written; what was kept before is still there.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{FILE}.partial"
    try:
        save_file(
            {name: np.ascontiguousarray(each) for name, each in arrays.items()}, partial, {_TOLD: json.dumps(told)}
        )
    except SafetensorError as error:
        raise OSError(str(error)) from None
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(partial, folder / FILE)


def read(folder: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
    """What `write` left in `folder`; None where nothing is kept or it can't be read: the training then begins anew."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(folder / FILE), framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return arrays, dict(json.loads((file.metadata() or {})[_TOLD]))
    except (SafetensorError, OSError, ValueError, KeyError, TypeError):
        return None


def named(prefix: str, variables: Sequence[Any]) -> dict[str, np.ndarray]:
    """The variables' values as "prefix/place"; `values` is the way back."""
    return {f"{prefix}/{place}": np.array(each) for place, each in enumerate(variables)}


def values(prefix: str, arrays: dict[str, np.ndarray], like: Sequence[Any]) -> list[np.ndarray] | None:
    """The arrays of `named` for variables of the same shapes; None where they are of another network."""
    found = [arrays.get(f"{prefix}/{place}") for place in range(len(like))]
    fits = all(each is not None and each.shape == tuple(of.shape) for each, of in zip(found, like, strict=True))
    return [each for each in found if each is not None] if fits and f"{prefix}/{len(like)}" not in arrays else None
