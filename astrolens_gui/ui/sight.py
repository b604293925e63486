"""Whether a person can see what they are about to grade; knows no widget, and stores no grade."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sight:
    """What stands between a person and an object's pixels.

    Attributes:
        reason: why they are not on the screen; "" when they are.
        final: waiting will not bring them: the object can only be graded unseen.
    """

    reason: str = ""
    final: bool = False


class Consent:
    """Lets a grade through when its object is seen, or when it was given twice to one that cannot be seen."""

    def __init__(self) -> None:
        self._asked: tuple[int, str] | None = None

    def withheld(self, object_id: int, name: str, grade: str, sight: Sight) -> str:
        """The sentence that says why this grade is not given; "" when it may be."""
        wish = (object_id, grade)
        again = sight.final and self._asked == wish
        self._asked = wish if sight.final and not again else None
        if not sight.reason or again:
            return ""
        how = f" Give {grade} once more to grade it unseen." if sight.final else ""
        return f"{name} is not shown, not graded: {sight.reason.rstrip('.')}.{how}"
