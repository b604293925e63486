"""What may stand in a `model.json`, field by field: it may come from anyone; knows no folder and no network."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from astrolens_gui.api import InputSpec

from ..images.prepare import NORMALISATIONS

LONGEST_NAME = 200
LARGEST_SIZE = 4096
"""Pixels a side that a model may ask for."""
SPLIT_RULES = ("object", "field", "block")


class Misfit(ValueError):
    """One clause: the field, what it must be and what it is."""


class Newer(Misfit):
    """The description was written by a later program."""


@dataclass(frozen=True)
class Calibration:
    """From a network's lens logit to a probability: divide by `temperature`, then move from prior_train to prior.

    Attributes:
        temperature: fitted on held-out objects by their likelihood (Guo et al. 2017); 1 where they were too few.
        prior_train: share of lenses that the loss saw (0.5 with balanced classes).
        prior: share of lenses that the score is stated for.
        calibrated: False where the temperature could not be fitted.
    """

    temperature: float = 1.0
    prior_train: float = 0.5
    prior: float = 0.5
    calibrated: bool = False


def description(values: Any, newest: int) -> dict[str, Any]:
    """The fields of a `ModelInfo` (without `folder`) from parsed JSON, each checked; unknown names are left out.

    Raises:
        Newer: a format above `newest`. Misfit: anything else that is wrong.
    """
    values = _object("the description", values)
    number = _whole("format", values.get("format"))
    if number < 1:
        raise _wrong("format", f"be between 1 and {newest}", number)
    if number > newest:
        raise Newer(f"format {number} is newer than this program's {newest}")
    for name in ("id", "backend", "backend_version", "params", "fit_params", "input", "classes"):
        if name not in values:
            raise Misfit(f"{name} is missing")
    made = {name: check(name, values[name]) for name, check in _CHECKS.items() if name in values}
    if made["classes"] and "lens" not in made["classes"]:
        raise Misfit(f"classes must contain lens, but are {', '.join(made['classes'])}")
    return made


def _wrong(name: str, must: str, value: Any) -> Misfit:
    return Misfit(f"{name} must {must}, not {reprlib.repr(value)}")


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(name, "be text", value)
    if "\0" in value or value != value.encode("utf-8", "replace").decode("utf-8"):
        raise _wrong(name, "be text that a database can keep", value)
    return value


def _name(name: str, value: Any) -> str:
    """Text that can be one folder's name, here and on any other system."""
    text = _text(name, value)
    plain = text.isprintable() and not set(text) & set('/\\:*?"<>|') and text == text.strip(" .")
    if not plain or not 0 < len(text) <= LONGEST_NAME:
        raise _wrong(name, "be a plain name without path separators", value)
    return text


def _object(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(name, "be a JSON object", value)
    return value


def _whole(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(name, "be a whole number", value)
    return value


def _number(name: str, value: Any) -> float:
    try:
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(float(value)):
            return float(value)
    except OverflowError:  # a whole number beyond any float
        pass
    raise _wrong(name, "be a finite number", value)


def _positive(name: str, value: Any) -> float:
    exact = _number(name, value)
    if exact <= 0:
        raise _wrong(name, "be above 0", value)
    return exact


def _share(name: str, value: Any) -> float:
    exact = _number(name, value)
    if not 0 < exact < 1:
        raise _wrong(name, "lie between 0 and 1", value)
    return exact


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(name, "be true or false", value)
    return value


def _each(check: Callable[[str, Any], Any]) -> Callable[[str, Any], tuple]:
    def checked(name: str, value: Any) -> tuple:
        if not isinstance(value, list | tuple):
            raise _wrong(name, "be a list", value)
        return tuple(check(f"{name}[{place}]", one) for place, one in enumerate(value))

    return checked


def _labels(name: str, value: Any) -> tuple[str, ...]:
    """A list of different texts, at least one."""
    texts = _each(_text)(name, value)
    if not texts or not all(text and text.isprintable() for text in texts) or len(set(texts)) != len(texts):
        raise _wrong(name, "be a list of different names", value)
    return texts


def _classes(name: str, value: Any) -> tuple[str, ...]:
    """Of a classifier two or more; of a detector one or more; none for a model that tells nothing apart: it restores."""
    return () if value == [] else _labels(name, value)


def _size(name: str, value: Any) -> int:
    size = _whole(name, value)
    if not 1 <= size <= LARGEST_SIZE:
        raise _wrong(name, f"be between 1 and {LARGEST_SIZE} pixels", value)
    return size


def _normalisation(name: str, value: Any) -> str:
    if _text(name, value) not in NORMALISATIONS:
        raise _wrong(name, f"be one of {', '.join(NORMALISATIONS)}", value)
    return value


def _parts(name: str, value: Any, checks: Mapping[str, Callable[[str, Any], Any]]) -> dict[str, Any]:
    """An object with exactly these fields."""
    given = _object(name, value)
    for part in sorted(given.keys() ^ checks.keys()):
        raise Misfit(f"{name}.{part} {'is missing' if part in checks else 'is unknown'}")
    return {part: check(f"{name}.{part}", given[part]) for part, check in checks.items()}


def _input(name: str, value: Any) -> InputSpec:
    checks = {"bands": _labels, "pixel_scale": _positive, "size": _size, "normalisation": _normalisation}
    return InputSpec(**_parts(name, value, checks))


def _calibration(name: str, value: Any) -> Calibration:
    checks = {"temperature": _positive, "prior_train": _share, "prior": _share, "calibrated": _flag}
    return Calibration(**_parts(name, {**asdict(Calibration()), **_object(name, value)}, checks))


def _split(name: str, value: Any) -> dict[str, Any]:
    """{} for a model that was not trained here, else the seed and the rule of the held-out objects."""
    if not _object(name, value):
        return {}
    split = _parts(name, value, {"seed": _whole, "rule": _text})
    if split["rule"] not in SPLIT_RULES:
        raise _wrong(f"{name}.rule", f"be one of {', '.join(SPLIT_RULES)}", split["rule"])
    return split


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "id": _name,
    "backend": _name,
    "backend_version": _text,
    "params": _object,
    "fit_params": _object,
    "input": _input,
    "classes": _classes,
    "parent": _text,
    "created": _text,
    "dataset_hash": _text,
    "label_ids": _each(_whole),
    "unlabelled_ids": _each(_whole),
    "start": _text,
    "seed": _whole,
    "split": _split,
    "device": _text,
    "versions": _object,
    "metrics": _object,
    "calibration": _calibration,
    "verdict": _text,
    "reason": _text,
}
