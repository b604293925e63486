"""What no source file may do: name Qt outside one file, unpickle, hide code in a model, grow without end."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from .tree import EVERYTHING, PRODUCT, ROOT, calls, imports, name, owner, sources, top_level, tree

LONGEST = 400
"""Lines. Split a file that gets there; don't raise the number."""

UNSAFE = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "joblib", "torch"}

OWN_PIPE = {f"astrolens_gui/jobs/{module}.py" for module in ("child", "launch", "process")}
"""Speak with a child that we spawned ourselves, in messages that never touch a disk; they may pickle those."""

STARTERS = {
    "Thread",
    "Timer",
    "Process",
    "Pool",
    "Popen",
    "ThreadPoolExecutor",
    "ProcessPoolExecutor",
    "start_new_thread",
}

product = pytest.mark.parametrize("path", sources(*PRODUCT), ids=name)


def test_that_only_one_file_names_qt():
    named = {name(path) for path in sources(*PRODUCT) if "PyQt5" in imports(tree(path))}
    assert named == {"astrolens_gui/ui/qt.py"}


@product
def test_that_nothing_unpickles_or_needs_torch(path: Path):
    module = tree(path)
    found = imports(module) & UNSAFE
    if name(path) in OWN_PIPE:
        assert "load" not in {callee for callee, call in calls(module) if owner(call) == "pickle"}
        found -= {"pickle"}
    assert not found


@product
def test_that_arrays_are_never_loaded_with_pickles(path: Path):
    for _, call in calls(tree(path)):
        asked = [keyword.value for keyword in call.keywords if keyword.arg == "allow_pickle"]
        safe = all(isinstance(value, ast.Constant) and value.value is False for value in asked)
        assert safe, f"{name(path)}:{call.lineno}: arrays of objects are pickles"


@product
def test_that_no_network_hides_code_in_a_lambda_layer(path: Path):
    assert "Lambda" not in {callee for callee, _ in calls(tree(path))}


@product
def test_that_a_file_can_be_read_in_one_sitting(path: Path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST, f"{name(path)} has {lines} lines; split it"


@pytest.mark.parametrize("path", sources(*EVERYTHING), ids=name)
def test_that_every_module_opens_with_a_sentence(path: Path):
    module = tree(path)
    said = (ast.get_docstring(module) or "").split("\n\n")[0]
    assert not module.body or said.rstrip().endswith((".", "…", "?")), f"{name(path)} needs a sentence: what it is"


def test_that_tensorflow_is_imported_at_module_level_only_where_networks_live():
    named = {name(path) for path in sources(*PRODUCT) if {"tensorflow", "keras"} & imports(top_level(tree(path)))}
    discovered = re.compile(r"plugins/\w+/(plugin|__init__)\.py")  # imported at every start
    assert not [path for path in named if not path.startswith(("plugins/", "astrolens_gui/kit/"))]
    assert not [path for path in named if discovered.fullmatch(path)]


@pytest.mark.parametrize("path", sources("astrolens_gui/core", "astrolens_gui/api"), ids=name)
def test_that_the_domain_starts_no_thread_and_no_process(path: Path):
    assert not STARTERS & {callee for callee, _ in calls(tree(path))}


def test_that_jobs_knows_of_no_label():
    for path in sources("astrolens_gui/jobs"):
        words = {node.id.lower() for node in ast.walk(tree(path)) if isinstance(node, ast.Name)}
        assert not words & {"label", "labels", "grade", "grades", "lens", "lenses"}, name(path)


def test_that_nothing_pins_a_registry():
    for lock in ("poetry.lock", "uv.lock", "Pipfile.lock", "pdm.lock", "pixi.lock", "pylock.toml"):
        assert not (ROOT / lock).exists()
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        package, _, version = line.partition("==")
        assert package.replace("-", "").replace("_", "").replace(".", "").isalnum(), line
        assert version[:1].isdigit(), line
        assert " " not in version, line
    names = [line.partition("==")[0].lower().replace("_", "-") for line in lines]
    assert len(names) == len(set(names))
    assert not {"pip", "setuptools", "astrolens"} & set(names)
