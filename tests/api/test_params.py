"""One schema makes form, flags and JSON; what it refuses it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astrolens_gui.api import Param, as_dict, build, fields


@dataclass(frozen=True)
class Example:
    epochs: Annotated[int, Param("Passes.", low=1, high=500)] = 20
    rate: Annotated[float, Param("Step.", low=0.0)] = 1e-3
    kind: Annotated[Literal["fast", "good"], Param("Which.")] = "fast"
    flips: Annotated[bool, Param("Mirror images.")] = True
    limit: Annotated[int | None, Param("At most.", high=9)] = None


def test_that_the_schema_keeps_order_types_choices_and_titles():
    schema = fields(Example)
    assert [(f.name, f.kind, f.optional) for f in schema] == [
        ("epochs", int, False),
        ("rate", float, False),
        ("kind", str, False),
        ("flips", bool, False),
        ("limit", int, True),
    ]
    assert schema[2].choices == ("fast", "good")
    assert schema[0].title == "Epochs"


def test_that_text_from_a_command_line_becomes_the_right_types():
    assert build(Example, {"epochs": "7", "rate": "0.5", "flips": "no", "kind": "good"}) == Example(
        7, 0.5, "good", False
    )


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"epochs": 0}, "epochs must be between 1 and 500, not 0"),
        ({"rate": -1}, "rate must be at least 0, not -1"),
        ({"limit": 10}, "limit must be at most 9, not 10"),
        ({"epochs": 1.5}, "epochs must be a whole number, not 1.5"),
        ({"epochs": True}, "epochs must be a whole number, not True"),
        ({"rate": "nan"}, "rate must be a finite number, not 'nan'"),
        ({"kind": "best"}, "kind must be one of fast, good, not 'best'"),
        ({"flips": "perhaps"}, "flips must be true or false, not 'perhaps'"),
        ({"epoch": 3}, "there is no parameter 'epoch'; there are: epochs, rate, kind, flips, limit"),
        (
            {"epochs": 0, "kind": "x"},
            "epochs must be between 1 and 500, not 0; kind must be one of fast, good, not 'x'",
        ),
    ],
)
def test_that_each_problem_is_named(values, sentence):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        build(Example, values)
    assert str(caught.value) == sentence


@given(st.integers(1, 500), st.floats(0, 1e6), st.sampled_from(["fast", "good"]), st.booleans())
def test_that_parameters_survive_json(epochs, rate, kind, flips):
    params = Example(epochs, rate, kind, flips)
    assert build(Example, as_dict(params)) == params


def test_that_a_field_without_documentation_or_default_is_refused():
    @dataclass(frozen=True)
    class Bare:
        n: int = 1

    @dataclass(frozen=True)
    class Needy:
        n: Annotated[int, Param("A number.")]

    @dataclass
    class Thawed:
        n: Annotated[int, Param("A number.")] = 1

    for cls in (Bare, Needy, Thawed):
        with pytest.raises(TypeError, match=cls.__name__):
            fields(cls)
