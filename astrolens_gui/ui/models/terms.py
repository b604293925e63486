"""What a person types to narrow the queue, understood: words of a name, and conditions on columns; knows no array and no widget."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_TOKEN = re.compile(r'(?:[^\s"]|"[^"]*"?)+')
_CONDITION = re.compile(r'^([^\s:<>=!"]+)(<=|>=|!=|==|:|=|<|>)(.*)$', re.DOTALL)

ALIASES = {"grades": "grade", "scores": "score", "names": "name", "id": "name", "spread": "disagreement"}

EXAMPLES = "grade:A  grade:none  score>0.9  z<0.5  disagreement>0"


@dataclass(frozen=True)
class Term:
    """One condition: `column` is "name", "grade", … or one of the objects' own.

    Attributes:
        sign: ":" contains or is, "=", "!=", "<", "<=", ">", ">=".
        text: the value as typed. number: as a number, where it is one.
    """

    column: str
    sign: str
    text: str
    number: float | None = None

    @property
    def values(self) -> list[str]:
        """Of a list with commas, in lower case."""
        return [one.strip().lower() for one in self.text.split(",") if one.strip()]


def understood(typed: str, columns: Iterable[str]) -> tuple[list[Term], str]:
    """(the terms, "" or one sentence on what was left out). A word without a sign is part of a name; "quotes" keep it whole.

    `columns` are the names that a condition may use; their case does not matter.
    """
    known = {name.lower(): name for name in columns}
    terms, problem = [], ""
    for token in _TOKEN.findall(typed.strip()):
        found = _CONDITION.match(token)
        if found is None:
            terms.append(Term("name", ":", token.replace('"', "")))
            continue
        key, sign, value = found[1].lower(), found[2].replace("==", "="), found[3].replace('"', "")
        key = ALIASES.get(key, key)
        if key not in known:
            problem = problem or f"There is no column {found[1]} (⇅ lists them); put a name with {sign} in quotes"
        elif not value:
            problem = problem or f"{token} has no value yet"
        elif sign in ("<", "<=", ">", ">=") and key in ("grade", "name"):
            problem = problem or f"{key} is no number: write {key}:{value}"
        else:
            number = _number(value)
            if sign not in (":", "=", "!=") and number is None:
                problem = problem or f"{value} is no number, as {token} needs"
            else:
                terms.append(Term(known[key], sign, value, number))
    return terms, problem


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if value == value else None
