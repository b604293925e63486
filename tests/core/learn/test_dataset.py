"""Training sets: who is held out, which input is chosen, what is written, who is refused."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from astrolens_gui.api import BackendSpec, Context, InputSpec, TrainingSet
from astrolens_gui.core.learn import dataset
from astrolens_gui.core.learn.dataset import DatasetError, Example

SPEC = BackendSpec("toy", "Toy", ("classify",), "none:none")


class Stamps:
    """A cutout cache of constant stamps: each pixel holds the object's id; ids in `broken` cannot be read."""

    def __init__(self, broken=()):
        self.broken = set(broken)

    def batch(self, objects, spec):
        good = [each for each in objects if each not in self.broken]
        refused = [(each, f"stamp {each} is truncated") for each in objects if each in self.broken]
        values = np.array(good, np.float32)[:, None, None, None]
        return np.broadcast_to(values, (len(good), *spec.shape)).copy(), refused


def rows(count, **changes):
    made = [
        Example(i, f"o{i}", f"f{i // 4}", {"VIS": (40, 40)}, 0.1, float(i % 2), (100 + i,), i) for i in range(count)
    ]
    return [replace(row, **changes) for row in made]


def make(tmp_path, examples, cutouts=None, seed=1, **kwargs):
    spec = InputSpec(("VIS",), 0.1, 32)
    return dataset.build(tmp_path / "set", examples, cutouts or Stamps(), spec, seed=seed, ctx=Context(), **kwargs)


def test_that_the_split_never_moves_when_labels_are_added(tmp_path):
    few, many = make(tmp_path / "a", rows(40)), make(tmp_path / "b", rows(400))
    np.testing.assert_array_equal(few.validation, many.validation[:40])
    assert 0.18 < many.validation.mean() < 0.32


def test_that_a_source_field_is_never_on_both_sides(tmp_path):
    built = make(tmp_path, rows(400), rule="field")
    for group in range(100):
        assert len(set(built.validation[built.objects // 4 == group].tolist())) == 1
    assert 0.1 < built.validation.mean() < 0.4


def test_that_renaming_an_object_never_moves_it_across_the_split():
    """A second import may turn `a7` into `x/a7.fits` where stems repeat; the store's key stays."""
    sides = []
    for name in ("a{}", "x/a{}.fits"):
        objects = [
            SimpleNamespace(
                id=i, name=name.format(i), field="", pixel_scale=0.1, planes=(), meta={"key": f"x/a{i}.fits"}
            )
            for i in range(200)
        ]
        labels = [SimpleNamespace(event=i, object=i, grader="me", scheme="abcx", grade="A") for i in range(200)]
        made = dataset.examples(objects, labels, {("abcx", "A"): 1.0})
        sides.append([dataset.in_validation(row, 5) for row in made])
    assert sides[0] == sides[1]
    assert 20 < sum(sides[0]) < 80


def test_that_an_object_without_a_key_is_split_by_its_name():
    one = rows(1)[0]
    hashes = {dataset.in_validation(replace(one, name=f"o{i}"), 5) for i in range(50)}
    assert hashes == {True, False}
    for i in range(50):
        named, keyed = replace(one, name=f"o{i}"), replace(one, name="renamed", key=f"o{i}")
        assert dataset.in_validation(named, 5) == dataset.in_validation(keyed, 5)


def test_that_few_fields_are_split_by_object_and_many_by_field():
    assert dataset.split_rule(["a", "b", "", ""]) == "object"
    assert dataset.split_rule([f"field{i % 30}" for i in range(200)]) == "field"


def test_that_the_set_on_disk_is_what_the_api_promises(tmp_path):
    built = make(tmp_path, rows(100))
    again = TrainingSet.open(tmp_path / "set")
    assert again.images.shape == (100, 32, 32, 1)
    assert again.images.dtype == again.targets.dtype == again.weights.dtype == np.float32
    np.testing.assert_array_equal(again.images[:, 5, 5, 0], np.arange(100))
    np.testing.assert_allclose(again.targets.sum(axis=1), 1)
    np.testing.assert_array_equal(again.targets[:, again.classes.index("lens")], np.arange(100) % 2)
    np.testing.assert_array_equal(again.indices("train"), np.flatnonzero(~built.validation))
    assert again.indices("validation").size == 0  # a hundred labels are too few to watch some
    assert again.input == InputSpec(("VIS",), 0.1, 32)


def test_that_unreadable_objects_leave_no_gap(tmp_path):
    built = make(tmp_path, rows(600), Stamps(broken={0, 255, 256, 599}))
    assert [object_id for object_id, _ in built.refused] == [0, 255, 256, 599]
    assert len(built.set.images) == 596
    np.testing.assert_array_equal(built.set.images[:, 0, 0, 0], built.objects)
    assert not {100, 355} & set(built.labels)


def test_that_objects_without_the_band_the_scale_or_the_size_are_refused_by_name(tmp_path):
    examples = rows(60)
    examples[3] = replace(examples[3], bands={"Y": (40, 40)})
    examples[4] = replace(examples[4], pixel_scale=0.2)
    examples[5] = replace(examples[5], bands={"VIS": (20, 40)})
    said = dict(make(tmp_path, examples).refused)
    assert "band VIS is missing" in said[3]
    assert "pixel scale" in said[4]
    assert said[5].startswith("o5:")
    assert set(said) == {3, 4, 5}


def test_that_classes_weigh_the_same_and_the_prevalence_is_kept(tmp_path):
    examples = [replace(row, target=float(row.object % 10 == 0)) for row in rows(400)]
    built = make(tmp_path, examples)
    weights, lens = np.asarray(built.set.weights), built.targets == 1
    for side in (built.validation, ~built.validation):
        assert weights[side & lens].sum() == pytest.approx(weights[side & ~lens].sum(), rel=1e-4)
        assert weights[side].mean() == pytest.approx(1, rel=1e-4)
    assert built.prior_train == pytest.approx(0.5)
    assert built.prevalence == pytest.approx(0.1, abs=0.03)


def test_that_the_hash_follows_pixels_labels_and_split(tmp_path):
    base = make(tmp_path / "a", rows(50)).hash
    assert base == make(tmp_path / "b", rows(50)).hash
    changed = rows(50)
    changed[7] = replace(changed[7], target=0.0)
    assert base != make(tmp_path / "c", changed).hash
    assert base != make(tmp_path / "d", rows(50), seed=2).hash
    assert base != make(tmp_path / "e", rows(50), Stamps(broken={9})).hash


def test_that_labels_of_one_class_are_refused_with_the_counts(tmp_path):
    with pytest.raises(DatasetError, match="no non-lens to learn from: of 30") as error:
        make(tmp_path, rows(30, target=1.0))
    assert "\n" not in str(error.value)
    with pytest.raises(DatasetError, match="none of the labelled objects fits"):
        make(tmp_path, rows(30, bands={"Y": (40, 40)}))


def test_that_graders_are_averaged_and_grades_without_a_target_train_nothing():
    objects = [
        SimpleNamespace(
            id=i,
            name=f"o{i}",
            field=None,
            pixel_scale=0.1,
            planes=({"band": "VIS", "shape": [40, 40]}, {"band": ""}),
            meta={},
        )
        for i in range(3)
    ]
    labels = [
        SimpleNamespace(event=1, object=0, grader="a", scheme="abcx", grade="A"),
        SimpleNamespace(event=2, object=0, grader="b", scheme="abcx", grade="X"),
        SimpleNamespace(event=3, object=1, grader="a", scheme="abcx", grade="?"),
        SimpleNamespace(event=4, object=2, grader="a", scheme="binary", grade="A"),
    ]
    made = dataset.examples(objects, labels, {("abcx", "A"): 1.0, ("abcx", "X"): 0.0})
    assert [(row.object, row.target, row.labels) for row in made] == [(0, 0.5, (1, 2))]
    assert made[0].bands == {"VIS": (40, 40)}


def test_that_the_input_follows_most_labelled_objects():
    euclid = rows(9, bands={"VIS": (150, 150), "Y": (150, 150)})
    hst = rows(6, bands={"F140W": (61, 61)}, pixel_scale=0.08)
    assert dataset.choose_input(SPEC, euclid + hst) == InputSpec(("VIS", "Y"), 0.1, 64)
    assert dataset.choose_input(SPEC, euclid + hst, bands=("F140W",)) == InputSpec(("F140W",), 0.08, 61)
    capped = replace(SPEC, input=InputSpec(size=48))
    assert dataset.choose_input(capped, euclid).size == 48


def test_that_the_size_is_one_that_nearly_all_objects_fill():
    mixed = rows(96, bands={"VIS": (60, 62)}) + rows(4, bands={"VIS": (30, 30)})
    assert dataset.choose_input(SPEC, mixed).size == 60
    assert dataset.choose_input(SPEC, mixed + rows(10, bands={"VIS": (30, 30)})).size == 30


@pytest.mark.parametrize(
    ("examples", "said"),
    [
        (rows(4, bands={}), "no labelled object has a named band"),
        (rows(4, pixel_scale=None), "--pixel-scale"),
        (rows(4, bands={"VIS": (9, 9)}), "9 pixels wide"),
    ],
)
def test_that_data_without_bands_scale_or_size_cannot_train(examples, said):
    with pytest.raises(DatasetError, match=said):
        dataset.choose_input(SPEC, examples)


def test_that_what_is_held_out_is_neither_trained_on_nor_watched(tmp_path):
    built = make(tmp_path, rows(400))
    train, watched = built.set.indices("train"), built.set.indices("validation")
    held = np.flatnonzero(built.validation)
    assert 30 <= watched.size <= 70
    assert 70 <= held.size <= 130
    assert sorted([*train, *watched, *held]) == list(range(400))


def ungraded(count, first=1000):
    made = [
        SimpleNamespace(id=first + i, name=f"u{i}", field="", planes=[{"band": "VIS", "shape": (40, 40)}], pixel_scale=0.1,
                        meta={"key": f"u{i}"}) for i in range(count)
    ]  # fmt: skip
    return dataset.ungraded(made, 1, "object", source=lambda row: row.id)


def test_that_no_ungraded_image_is_learnt_that_would_be_held_out_if_somebody_graded_it(tmp_path):
    rows_ = ungraded(200)
    assert 120 < len(rows_) < 180, "a quarter is held out"
    assert not any(dataset.in_validation(row, 1, "object") for row in rows_)
    built = make(tmp_path, rows(40), unlabelled=rows_)
    assert built.unlabelled == tuple(row.object for row in rows_)
    np.testing.assert_array_equal(built.set.unlabelled[:, 0, 0, 0], np.array(built.unlabelled, np.float32))


def test_that_ungraded_images_that_cannot_be_read_or_do_not_fit_are_passed_over(tmp_path):
    rows_ = ungraded(40)
    gone = rows_[3].object
    small = [replace(rows_[0], bands={"VIS": (20, 20)}), *rows_[1:]]
    built = make(tmp_path / "a", rows(40), Stamps(broken=[gone]), unlabelled=small)
    assert set(built.unlabelled) == {row.object for row in rows_[1:]} - {gone}
    assert len(built.set.unlabelled) == len(built.unlabelled)
    none = make(tmp_path / "b", rows(40))
    assert none.unlabelled == ()
    assert none.set.unlabelled is None
    assert none.hash != built.hash
