"""Shallow models travel as arrays and decide in numpy exactly as scikit-learn does."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui.kit import svm

pytest.importorskip("sklearn", reason="scikit-learn is not installed")


@pytest.fixture(scope="module", params=[2, 3])
def cases(request):
    random = np.random.default_rng(1)
    labels = random.integers(0, request.param, 150)
    x = random.normal(0, 1, (150, 7)) * 5 + 100
    x[:, 0] += 7 * labels
    x[:, 3] = 4.0  # a feature that never changes
    return x, labels, random.uniform(0.5, 2, 150)


def test_that_the_linear_model_decides_as_scikit_learn(cases):
    from sklearn.linear_model import LogisticRegression

    x, labels, weights = cases
    model = svm.LinearModel.fit(x, labels, weights, c=0.3)
    z = model.scaling.apply(x)
    theirs = LogisticRegression(C=0.3, max_iter=300).fit(z, labels, weights).decision_function(z.astype(np.float64))
    np.testing.assert_allclose(model.decide(x), theirs, atol=1e-9)


def test_that_the_kernel_machine_decides_as_scikit_learn(cases):
    from sklearn.svm import SVC

    x, labels, weights = cases
    model = svm.RbfSvm.fit(x, labels, weights, c=2.0, gamma=0.2)
    z = model.scaling.apply(x).astype(np.float64)
    sides = [labels == 1] if labels.max() == 1 else [labels == one for one in range(3)]
    theirs = [SVC(C=2.0, gamma=0.2).fit(z, side, weights).decision_function(z) for side in sides]
    np.testing.assert_allclose(model.decide(x), np.stack(theirs, axis=-1).squeeze(), atol=1e-9)


@pytest.mark.parametrize("kind", [svm.LinearModel, svm.RbfSvm])
def test_that_a_model_comes_back_from_its_file(cases, kind, tmp_path):
    x, labels, _ = cases
    model = kind.fit(x, labels)
    svm.save_arrays(tmp_path / "m.safetensors", model.arrays("head"), {"for": "test"})
    arrays, about = svm.load_arrays(tmp_path / "m.safetensors")
    assert about == {"for": "test"}
    again = kind.of_arrays(arrays, "head", tmp_path / "m.safetensors")
    np.testing.assert_array_equal(again.decide(x), model.decide(x))


@pytest.mark.parametrize("harm", ["missing", "shape", "nan", "integers", "scale"])
def test_that_a_harmed_file_is_refused_in_one_sentence(cases, harm, tmp_path):
    x, labels, _ = cases
    path = tmp_path / "m.safetensors"
    arrays = svm.RbfSvm.fit(x, labels).arrays("head")
    if harm == "missing":
        del arrays["head.coef"]
    elif harm == "shape":
        arrays["head.center"] = arrays["head.center"][:-1]
    elif harm == "nan":
        arrays["head.bias"] = arrays["head.bias"] * np.nan
    elif harm == "integers":
        arrays["head.bias"] = np.zeros(arrays["head.bias"].shape, np.int64)
    else:
        arrays["head.scale"] = arrays["head.scale"] * 0
    svm.save_arrays(path, arrays)
    with pytest.raises(ValueError, match=r"m\.safetensors: these weights") as error:
        svm.RbfSvm.of_arrays(svm.load_arrays(path)[0], "head", path)
    assert "\n" not in str(error.value)


def test_that_a_wild_value_stays_finite_and_one_class_is_refused(cases):
    x, labels, _ = cases
    model = svm.RbfSvm.fit(x, labels)
    assert np.isfinite(model.decide(np.full((2, 7), 1e30))).all()
    with pytest.raises(ValueError, match="at least two classes"):
        svm.LinearModel.fit(x, np.zeros(len(x), int))
