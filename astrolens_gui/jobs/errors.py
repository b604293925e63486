"""What can go wrong with a job, as one sentence each, and how an exception crosses a process; knows no process."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Literal

from ..api import UserError

Kind = Literal["user", "memory", "bug"]

MEMORY_REMEDY = "use a smaller batch or smaller cutouts, or close other programs"


class ChildDied(RuntimeError):
    """A child process ended without a result; `str()` is the sentence, `traceback_text` the end of its log."""

    def __init__(self, sentence: str, traceback_text: str = "") -> None:
        super().__init__(sentence)
        self.traceback_text = traceback_text


class OutOfMemory(ChildDied, MemoryError):
    """A child used more memory than it may, or than there is."""


class FailedInChild(RuntimeError):
    """A child's code raised (a bug, a broken environment): `type_name` is the class, `traceback_text` its traceback."""

    def __init__(self, sentence: str, type_name: str, traceback_text: str) -> None:
        super().__init__(sentence)
        self.type_name = type_name
        self.traceback_text = traceback_text


class RefusedInChild(UserError):
    """A child's code refused the user's input; `str()` is the sentence it gave, word for word."""

    def __init__(self, sentence: str, type_name: str, traceback_text: str) -> None:
        super().__init__(sentence)
        self.type_name = type_name
        self.traceback_text = traceback_text


@dataclass(frozen=True)
class Failure:
    """An exception as plain text: this is what crosses the process boundary, never a class of somebody's module."""

    kind: Kind
    type_name: str
    sentence: str
    traceback: str


def is_user_error(error: BaseException) -> bool:
    """Is its text a sentence for the person whose input it is? Not a bare ValueError: numpy raises it for bugs."""
    return isinstance(error, UserError)


def is_out_of_memory(error: BaseException) -> bool:
    """Host or device memory ran out: MemoryError, or TensorFlow's ResourceExhaustedError (by its name)."""
    return isinstance(error, MemoryError) or any(
        base.__name__ == "ResourceExhaustedError" for base in type(error).__mro__
    )


def failure_of(error: BaseException) -> Failure:
    """Describe an exception that is being handled: the sentence for people, the traceback for the log."""
    name = type(error).__name__
    words = " ".join(str(error).split())
    text = getattr(error, "traceback_text", "") or "".join(traceback.format_exception(error))
    if isinstance(error, ChildDied | FailedInChild) or is_user_error(error):
        kind: Kind = "memory" if isinstance(error, OutOfMemory) else "user" if is_user_error(error) else "bug"
        return Failure(kind, getattr(error, "type_name", name), words, text)
    if is_out_of_memory(error):
        short = words if len(words) <= 200 else f"{words[:197]}..."
        return Failure("memory", name, f"out of memory{f' ({short})' if short else ''}; {MEMORY_REMEDY}", text)
    return Failure("bug", name, f"{name}: {words}" if words else name, text)


def exception_of(failure: Failure, name: str) -> ChildDied | FailedInChild | RefusedInChild:
    """The exception that the parent raises for a child's failure; `name` says which child."""
    if failure.kind == "user":
        return RefusedInChild(failure.sentence, failure.type_name, failure.traceback)
    if failure.kind == "memory":
        return OutOfMemory(f"{name}: {failure.sentence}", failure.traceback)
    return FailedInChild(f"{name}: {failure.sentence}", failure.type_name, failure.traceback)
