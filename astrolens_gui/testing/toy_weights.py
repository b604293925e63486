"""How the toys read their weights; knows none of them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np


def read(folder: Path, backend: str, names: Collection[str]) -> dict[str, np.ndarray]:
    """The arrays of `folder`/weights.safetensors.

    Raises:
        ValueError: the file can't be read, or holds other arrays than `names`.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    path = folder / "weights.safetensors"
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ValueError(f"{path} can't be read as weights ({error}); restore the file or train again") from None
    if set(tensors) != set(names):
        raise foreign(folder, backend)
    return tensors


def foreign(folder: Path, backend: str) -> ValueError:
    """Says that the weights are another backend's."""
    return ValueError(
        f"{folder / 'weights.safetensors'} does not hold this backend's weights; choose a model of the backend {backend!r}"
    )
