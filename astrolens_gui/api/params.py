"""One schema for parameters, a frozen dataclass of `Annotated[…, Param(…)]`: form, flags, JSON and provenance."""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from .errors import UserError


@dataclass(frozen=True)
class Param:
    """What a person should know about one parameter.

    Attributes:
        doc: one sentence, shown as tooltip and as the command line's help.
        low, high: inclusive bounds of a number.
        unit: shown behind the field ("px", "arcsec", "s").
        advanced: folded away in the form.
        before: what a stored model has that was made before the parameter existed; None: the default.
    """

    doc: str
    low: float | None = None
    high: float | None = None
    unit: str = ""
    advanced: bool = False
    before: Any = None


@dataclass(frozen=True)
class Field:
    """One parameter as a form or parser needs it: `kind` is bool, int, float or str; `choices` () takes any value."""

    name: str
    kind: type
    default: Any
    param: Param
    choices: tuple[str, ...] = ()
    optional: bool = False

    @property
    def title(self) -> str:
        return self.name.replace("_", " ").capitalize()

    def check(self, value: Any) -> Any:
        """`value` as `kind`; ValueError, one sentence naming the parameter and what it accepts, when it is not."""
        if value is None:
            if self.optional:
                return None
            raise ValueError(f"{self.name} needs a value")
        if self.kind is bool:
            if isinstance(value, str) and value.lower() in {"true", "yes", "on", "1", "false", "no", "off", "0"}:
                return value.lower() in {"true", "yes", "on", "1"}
            if isinstance(value, bool):
                return value
            raise ValueError(f"{self.name} must be true or false, not {value!r}")
        if isinstance(value, bool):
            raise ValueError(f"{self.name} must be {_NAMES[self.kind]}, not {value!r}")
        try:
            exact = self.kind(value)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"{self.name} must be {_NAMES[self.kind]}, not {value!r}") from None
        if self.kind is int and isinstance(value, float) and value != exact:
            raise ValueError(f"{self.name} must be {_NAMES[self.kind]}, not {value!r}")
        if self.kind is float and not math.isfinite(exact):
            raise ValueError(f"{self.name} must be a finite number, not {value!r}")
        if self.choices and exact not in self.choices:
            named = ", ".join(choice for choice in self.choices if choice) + (
                ", or empty" if "" in self.choices else ""
            )
            raise ValueError(f"{self.name} must be one of {named}, not {value!r}")
        low, high = self.param.low, self.param.high
        if (low is not None and exact < low) or (high is not None and exact > high):
            raise ValueError(f"{self.name} must be {_range(low, high)}, not {exact:g}")
        return exact


T = TypeVar("T")
_NAMES = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {high:g}"
    return f"at least {low:g}" if high is None else f"between {low:g} and {high:g}"


@dataclass(frozen=True)
class NoParams:
    """For a backend that has nothing to set."""


def fields(cls: type) -> tuple[Field, ...]:
    """The schema of a parameters dataclass, in order.

    Raises:
        TypeError: `cls` is no frozen dataclass, or a field lacks a default, a `Param` or a type that a form can show.
    """
    if not dataclasses.is_dataclass(cls) or not cls.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        raise TypeError(f"{cls.__name__} must be a frozen dataclass")
    hints = get_type_hints(cls, include_extras=True)
    return tuple(_field(cls, f, hints[f.name]) for f in dataclasses.fields(cls))


def _field(cls: type, field: dataclasses.Field, hint: Any) -> Field:
    where = f"{cls.__name__}.{field.name}"
    notes = [note for note in get_args(hint)[1:] if isinstance(note, Param)] if get_origin(hint) is Annotated else []
    if not notes:
        raise TypeError(f"{where} must be Annotated with one Param(...)")
    if field.default is dataclasses.MISSING:
        raise TypeError(f"{where} needs a default, so that the form opens with valid values")
    kind, optional = get_args(hint)[0], False
    if get_origin(kind) in {Union, types.UnionType}:
        rest = [arg for arg in get_args(kind) if arg is not type(None)]
        kind, optional = (rest[0], True) if len(rest) == 1 else (kind, False)
    choices: tuple[str, ...] = ()
    if get_origin(kind) is Literal:
        kind, choices = str, tuple(get_args(kind))
    if kind not in _NAMES:
        raise TypeError(f"{where} has type {kind}; parameters are bool, int, float, str or Literal text")
    return Field(field.name, kind, field.default, notes[0], choices, optional)


def build(cls: type[T], values: Mapping[str, Any] | None = None) -> T:
    """Make parameters from a form, flags or JSON; missing ones keep their default.

    Raises:
        UserError: one clause per problem, all at once: an unknown name, a wrong type, a value out of bounds.
    """
    schema = {field.name: field for field in fields(cls)}
    values, problems, good = dict(values or {}), [], {}
    for name in values:
        if name not in schema:
            problems.append(f"there is no parameter {name!r}; there are: {', '.join(schema) or 'none'}")
    for name, field in schema.items():
        try:
            good[name] = field.check(values.get(name, field.default))
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise UserError("; ".join(problems))
    return cls(**good)


def as_dict(params: Any) -> dict[str, Any]:
    """The parameters as JSON keeps them; `build(type(params), as_dict(params)) == params`."""
    return dataclasses.asdict(params)
