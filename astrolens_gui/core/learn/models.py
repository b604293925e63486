"""The model folder: `model.json` beside the backend's weights, written whole or not at all; knows no network and no
label store."""

from __future__ import annotations

import json
import math
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from astrolens_gui.api import InputSpec, UserError, build, fields

from .description import Calibration, Misfit, Newer, description

FORMAT = 1
LARGEST_JSON = 64 * 1024 * 1024
"""Bytes; a model of ten million labels stays below, a bomb does not."""


T = TypeVar("T")


class ModelError(UserError):
    """A model folder that cannot be used: one sentence with its path and what to do."""


@dataclass(frozen=True)
class ModelInfo:
    """What `model.json` says. `folder` is where it lies, and is not part of the file: a project may move.

    Attributes:
        id: unique in its project; the folder's name.
        backend, backend_version: the plugin that rebuilds the network.
        params, fit_params: as JSON; `astrolens_gui.api.build` makes the dataclasses. What the training chose itself
            ("auto") stands there as it was chosen.
        input: what the network eats. `classes`: the meaning of its outputs, in order.
        parent: the champion that it was held against, "" for the first of a lineage.
        dataset_hash: of images, targets and split. `label_ids`: the label events it learnt from.
        unlabelled_ids: the ungraded objects whose images it learnt from.
        split: the seed and rule of the held-out objects. start: id of the model whose weights it went on from, "" for none.
        versions: of the libraries. `metrics`: of the gate; `verdict`, `reason`: what the gate said.
    """

    id: str
    backend: str
    backend_version: str
    params: dict[str, Any]
    fit_params: dict[str, Any]
    input: InputSpec
    classes: tuple[str, ...]
    parent: str = ""
    created: str = ""
    dataset_hash: str = ""
    label_ids: tuple[int, ...] = ()
    unlabelled_ids: tuple[int, ...] = ()
    seed: int = 0
    split: dict[str, Any] = field(default_factory=dict)
    start: str = ""
    device: str = "cpu"
    versions: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    calibration: Calibration = field(default_factory=Calibration)
    verdict: str = ""
    reason: str = ""
    folder: Path = Path(".")

    def network(self, schema: type[T]) -> T:
        """`params` as the backend's dataclass; what they lack is as it was before it could be set (`Param.before`).

        Raises:
            ModelError: they are not parameters of this version of the backend.
        """
        try:
            before = {one.name: one.param.before for one in fields(schema) if one.param.before is not None}
            return build(schema, before | self.params)
        except UserError as error:
            raise ModelError(f"{self.folder / 'model.json'}: its params do not fit the backend ({error})") from None

    def as_dict(self) -> dict[str, Any]:
        """JSON-able, without `folder`."""
        values = asdict(self)
        del values["folder"]
        return {"format": FORMAT, **values, "input": self.input.as_dict()}


def write_model(info: ModelInfo, fitted: Path) -> ModelInfo:
    """Move what a backend saved (`fitted`, a folder) to `info.folder` and add `model.json`; a crash leaves either
    all of it or nothing.

    Raises:
        ModelError: when the folder exists already.
    """
    target = Path(info.folder)
    if target.exists():
        raise ModelError(f"{target}: a model of this name exists already; choose another")
    target.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=".new-", dir=target.parent))
    try:
        shutil.copytree(fitted, new, dirs_exist_ok=True)
        text = json.dumps(info.as_dict(), indent=1, allow_nan=False, default=_plain)
        (new / "model.json").write_text(text, encoding="utf-8")
        readable = (new / "model.json").stat().st_mode & 0o666  # as the umask has it; weights come as 0600
        for path in new.iterdir():
            if path.is_file():
                path.chmod(readable)
                with path.open("rb") as file:
                    os.fsync(file.fileno())
        new.chmod(readable | (readable >> 2 & 0o111))
        os.replace(new, target)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    return info


def _plain(value: Any) -> Any:
    """numpy scalars as JSON keeps them."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot stand in model.json")


def _finite(text: str) -> float:
    """A number of the file; NaN and infinities, also 1e999, are none."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a finite number")
    return number


def read_model(folder: Path) -> ModelInfo:
    """Read `model.json`; no network is built and no weight is read.

    Raises:
        ModelError: missing, unreadable, newer than this program, or with fields that do not fit (see `description`).
    """
    folder = Path(folder)
    path = folder / "model.json"
    try:
        if path.stat().st_size > LARGEST_JSON:
            raise ModelError(f"{path}: too large for a model description")
        values = json.loads(path.read_text(encoding="utf-8"), parse_float=_finite, parse_constant=_finite)
    except FileNotFoundError:
        raise ModelError(f"{folder}: this is not a model folder (it has no model.json)") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path}: this model cannot be read ({error})") from None
    try:
        return ModelInfo(**description(values, FORMAT), folder=folder)
    except Newer as error:
        raise ModelError(f"{path}: {error}; update astrolens") from None
    except Misfit as error:
        raise ModelError(f"{path}: this model does not fit the format ({error}); get it again") from None
