"""Grading schemes as the window shows them: keys, widths, and grades that the present scheme does not know."""

from __future__ import annotations

import pytest

from astrolens_gui.core.labels.schemes import load_schemes


@pytest.mark.parametrize("name", ["0-3", "abcx", "binary", "euclid", "sml"])
def test_that_a_grade_that_is_a_digit_has_this_digit_as_its_key(name):
    scheme = load_schemes()[name]
    digits = {grade.value: grade.key for grade in scheme.grades if grade.value.isdigit()}
    assert digits == {value: value for value in digits}
    assert digits or name != "0-3"
