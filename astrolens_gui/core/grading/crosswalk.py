"""What other tools' labels mean in A, B, C, X and back, as data that an import may change; knows no file.

Nothing stands here that a tool's own label does not say: a mark whose grade is open has none, an unknown label has none.
"""

from __future__ import annotations

from collections.abc import Mapping

Walk = Mapping[str, str]
"""Label → our grade. The first label of a grade is the one that is written."""

ABC = {"A": "A", "B": "B", "C": "C", "X": "X"}
SAVARY: Walk = {"L": "A", "ML": "B", "SA": "C", "F": "C", "NL": "X"}
"""SA and F are the same button (a single arc) of two viewers."""
SAVARY_BANDS: Walk = {"L": "A", "ML": "B", "F": "C", "SA": "C", "NL": "X"}
"""As the three-band viewer spells them."""
ZERO_TO_THREE: Walk = {"3": "A", "2": "B", "1": "C", "0": "X"}
QTSTAMP: Walk = {**ABC, "I": "I", "SL": "A", "ML": "B", "FL": "C", "NL": "X"}
"""Its older files say SL, ML, FL, NL; the tool itself takes them for A, B, C, X."""
DES_Y6: Walk = {"A": "A", "B": "B", "C": "C", "Z": "X"}
ASTRONOMALY: Walk = {"5": "A", "4": "B", "3": "C", "2": "C", "1": "X", "0": "X"}
LENSCAT: Walk = {"confident": "A", "probable": "B"}
ANOMALYMATCH: Walk = {"normal": "X"}
"""An anomaly may be an A or a B: it is read as marked, its grade open."""
TO_ANOMALYMATCH: Walk = {"A": "anomaly", "B": "anomaly", "X": "normal"}
BIGEYE: Walk = {"4": "A", "3": "B", "2": "C", "1": "C"}
"""Certain, likely, probable, possible."""

SINGLE_ARC = frozenset({"SA", "F"})

SUBTYPES: Walk = {
    "merger": "merger",
    "spiral": "spiral",
    "ring": "ring",
    "elliptical": "elliptical",
    "disk": "disc",
    "disc": "disc",
    "edge-on": "edge-on",
}
"""Lower case → ours."""


def subtype(text: str) -> str:
    """Ours for another tool's sub-type; one that we don't have stays as it is."""
    return SUBTYPES.get(text.strip().lower(), text.strip())


def back(walk: Walk) -> dict[str, str]:
    """Our grade → the label to write."""
    labels: dict[str, str] = {}
    for label, grade in walk.items():
        labels.setdefault(grade, label)
    return labels


def written(walk: Walk, grade: str, label: str = "", *, closed: bool = False) -> str | None:
    """The label to write for our grade: the one it came with where that means the same here, else the tool's own; an unmapped
    label without a grade stays as it is, but where the tool reads its own labels alone (`closed`). None where it has none."""
    if label and walk.get(label, "") == grade and (label in walk or not closed):
        return label
    return back(walk).get(grade) if grade else None
