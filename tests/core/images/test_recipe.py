"""The display recipe as it is saved: every field comes back, and what is not understood does no harm."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astrolens_gui.core.images.recipe import COMPOSERS, CUTS, LOCKS, Recipe

OTHER = Recipe(
    stretch="log", cuts="corner_rms", percentile=98.0, low=-1e-11, high=2.0, colormap="viridis", invert=True, contrast=1.5,
    bias=0.4, band="VIS", low_sigma=3.0, high_sigma=7.0, corner_px=9, centre_px=20, centre_gain=2.0, lock="band",
    locked={"VIS": (0.0, 1.0), "": (-1.0, 2.5)}, mode="rgb", red="H", green="J", blue="VIS", composer="matrix", q=3.0,
    softening=4.0, grain=0.0, pedestal=2.0, scales={"H": 0.5}, matrix=((1.0, 0.0), (0.5, 0.5), (0.0, 1.0)), matrix_bands=("H", "VIS"),
)  # fmt: skip


def test_that_every_field_survives_json():
    usual = Recipe()
    assert all(getattr(OTHER, field.name) != getattr(usual, field.name) for field in fields(Recipe))
    for recipe in (usual, OTHER):
        again = Recipe.from_dict(json.loads(json.dumps(recipe.as_dict())))
        assert again == recipe
        assert hash(again) == hash(recipe)


def test_that_a_recipe_of_the_first_version_still_loads():
    old = {
        "stretch": "sinh",
        "cuts": "manual",
        "percentile": 99.0,
        "low": 0,
        "high": 3.5,
        "colormap": "heat",
        "invert": True,
    }
    recipe = Recipe.from_dict(old)
    assert (recipe.stretch, recipe.low, recipe.high, recipe.mode, recipe.lock) == ("sinh", 0, 3.5, "single", "image")


plain = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 9), st.floats(), st.sampled_from(["", "a", "project", "manual"])
)
values = st.one_of(plain, st.lists(plain, max_size=3), st.dictionaries(st.sampled_from(["", "g"]), plain, max_size=2))
values = st.one_of(values, st.lists(st.lists(plain, max_size=2), max_size=3))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.dictionaries(st.sampled_from([field.name for field in fields(Recipe)] + ["newer"]), values, max_size=6))
def test_that_no_damaged_file_makes_a_recipe_that_cannot_be_drawn(damaged):
    recipe = Recipe.from_dict(damaged)
    assert recipe.cuts in CUTS
    assert recipe.lock in LOCKS
    assert recipe.composer in COMPOSERS
    assert isinstance(recipe.q, int | float)
    assert isinstance(recipe.stretch, str)
    assert all(len(pair) == 2 for pair in recipe.locked.values())
    assert Recipe.from_dict(json.loads(json.dumps(recipe.as_dict()))) == recipe


@pytest.mark.parametrize("name", ["cuts", "lock", "mode", "composer"])
def test_that_an_unknown_choice_is_the_usual_one(name):
    assert getattr(Recipe.from_dict({name: "of a newer version"}), name) == getattr(Recipe(), name)
    assert replace(Recipe(), locked={"g": (0.0, 1.0)}) != Recipe()
