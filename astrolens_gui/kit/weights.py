"""A Keras model's variables in one safetensors file and back, with every name and shape checked; never pickle, never
code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.api import UserError


class WeightsError(UserError):
    """Weights that do not fit the network: one sentence with the file and what differs."""


def save_keras(model: Any, path: Path, about: Mapping[str, str] | None = None) -> None:
    """Write all variables of a Keras model by their path (name the layers!) as they are, with a few strings `about`
    them."""
    from safetensors.numpy import save_file

    arrays = {variable.path: np.ascontiguousarray(variable.numpy()) for variable in _variables(model)}
    save_file(arrays, str(path), metadata=dict(about or {}))


def read_header(path: Path) -> tuple[dict[str, tuple[int, ...]], dict[str, str]]:
    """({variable: shape}, about) of a file, without reading an array.

    Raises:
        WeightsError: when it is missing or no safetensors file.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="numpy") as file:
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
            return shapes, dict(file.metadata() or {})
    except FileNotFoundError:
        raise WeightsError(f"{path}: the weights are missing; train or import the model again") from None
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsError(f"{path}: these weights cannot be read ({error}); train or import the model again") from None


def load_keras(model: Any, path: Path) -> None:
    """Set all variables from a file of `save_keras`; nothing is set unless every name and shape fits and every
    number is finite.

    Raises:
        WeightsError: naming the first variable that differs, or why the file can't be read.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    shapes, _ = read_header(path)
    variables = {variable.path: variable for variable in _variables(model)}
    for name in sorted(variables.keys() ^ shapes.keys()):
        where = "is missing" if name in variables else "belongs to another network"
        raise WeightsError(f"{path}: these weights do not fit the network ({name} {where})")
    for name, variable in variables.items():
        if tuple(variable.shape) != shapes[name]:
            wanted, found = tuple(variable.shape), shapes[name]
            raise WeightsError(f"{path}: these weights do not fit the network ({name} is {found}, not {wanted})")
    try:
        arrays = load_file(str(path))
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{path}: these weights cannot be read ({error}); train or import the model again") from None
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise WeightsError(f"{path}: these weights are damaged ({name} holds values that are not finite)")
    for name, variable in variables.items():
        variable.assign(arrays[name])


def _variables(model: Any) -> list[Any]:
    """All but the state of random generators, which is no weight."""
    return [variable for variable in model.variables if "seed_generator" not in variable.path]
