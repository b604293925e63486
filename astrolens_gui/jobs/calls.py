"""How code is named by a string and called with arrays, the same in a child and in this process; knows no process."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..api import Context
from .arena import Spec
from .device import concrete, inside
from .job import takes_context


@dataclass(frozen=True)
class Where:
    """What of a Context can travel."""

    device: str
    seed: int
    workdir: Path
    low: float
    high: float
    keep: Path | None = None

    @classmethod
    def of(cls, ctx: Context) -> Where:
        return cls(inside(concrete(ctx.device)), ctx.seed, ctx.workdir, ctx.low, ctx.high, ctx.keep)

    def context(self, **listeners: Any) -> Context:
        return replace(Context(**listeners), **{each.name: getattr(self, each.name) for each in fields(self)})


@dataclass(frozen=True)
class Call:
    """One call as it is sent: code by name, plain arguments, arrays by their place in the arena."""

    function: str
    kwargs: dict[str, Any]
    where: Where
    arrays: list[Spec] = field(default_factory=list)


def resolve(name: str) -> Callable[..., Any]:
    """The function that "package.module:function" names.

    Raises:
        ValueError: the name has no colon.
        ImportError, AttributeError: there is no such code.
    """
    module, colon, path = name.partition(":")
    if not colon or not path:
        raise ValueError(f"{name!r} names no function; write it as package.module:function")
    found: Any = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    return found


def invoke(
    name: str, kwargs: Mapping[str, Any], arrays: Mapping[str, np.ndarray], ctx: Context
) -> tuple[Any, dict[str, np.ndarray] | None]:
    """Call the function and return (result, arrays).

    It gets the arrays as one `arrays` argument where it has such a parameter, else each by its name; and `ctx` where it
    has that. They are read-only and hold during the call only. What it returns is `(result, {name: array})`, or just a
    result: then the arrays here are None.
    """
    function = resolve(name)
    given = dict(kwargs)
    if _takes_arrays(function):
        given.setdefault("arrays", dict(arrays))
    else:
        given |= arrays
    if takes_context(function):
        given["ctx"] = ctx
    outcome = function(**given)
    match outcome:
        case (result, dict() as found) if all(isinstance(each, np.ndarray) for each in found.values()):
            return result, found
    return outcome, None


def _takes_arrays(function: Callable[..., Any]) -> bool:
    try:
        return "arrays" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False
