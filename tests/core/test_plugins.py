"""Discovery keeps failures as data, and says in one sentence what is wrong with a plugin."""

from __future__ import annotations

import logging
import subprocess
import sys
import textwrap
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from astrolens_gui.api import API_VERSION, BackendSpec
from astrolens_gui.core import plugins as core_plugins
from astrolens_gui.core.plugins import PluginError, Plugins


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write a plugin module and return its entry point."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name: str, source: str) -> EntryPoint:
        head = "from astrolens_gui.api import *\n"
        (tmp_path / f"{name}.py").write_text(head + textwrap.dedent(source), encoding="utf-8")
        return EntryPoint(name=name, value=name, group=core_plugins.GROUP)

    yield write
    for path in tmp_path.glob("*.py"):
        sys.modules.pop(path.stem, None)


GOOD = """
@hookimpl
def astrolens_backends():
    return [BackendSpec(id="{id}", title="t", capabilities=("classify",), factory="nowhere:Class", api={api})]
"""


def error_of(entry: EntryPoint) -> str:
    found = Plugins.discover([entry])
    return next(state.error for state in found.states if state.name == entry.name)


def test_that_the_built_in_records_come_through_the_same_hooks():
    found = Plugins.discover([])
    assert [state.error for state in found.states] == [""]
    assert {"random", "top", "uncertain"} <= {spec.id for spec in found.all(core_plugins.StrategySpec)}
    assert {"csv", "fits", "votable"} <= {spec.id for spec in found.all(core_plugins.ExporterSpec)}
    assert {"linear", "sqrt", "log", "asinh", "sinh", "power"} <= {s.id for s in found.all(core_plugins.StretchSpec)}


def test_that_installed_plugins_are_found_by_their_entry_points():
    found = Plugins.discover()
    assert {"cnn", "simulator", "toy"} <= {spec.id for spec in found.backends()}
    assert found.module_of("toy") == "astrolens_gui.testing.toy"
    assert all(state.ok for state in found.states), [state.error for state in found.states]


def test_that_a_plugin_which_raises_is_listed_with_its_traceback_and_stops_nothing(plugin):
    found = Plugins.discover(
        [plugin("bad_one", "raise RuntimeError('boom')"), plugin("good_one", GOOD.format(id="g", api=1))]
    )
    bad = next(state for state in found.states if state.name == "bad_one")
    assert "boom" in bad.error
    assert "RuntimeError: boom" in bad.traceback
    assert found.backend("g").title == "t"


def test_that_a_plugin_which_exits_the_interpreter_does_not(plugin):
    assert "SystemExit" in error_of(plugin("exits", "import sys; sys.exit(3)"))


def test_that_a_misspelt_hook_is_named_with_its_likely_meaning(plugin):
    error = error_of(plugin("misspelt", "@hookimpl\ndef astrolens_backend():\n    return []\n"))
    assert "astrolens_backend;" in error
    assert "did you mean astrolens_backends?" in error


def test_that_an_argument_the_hook_does_not_give_is_named(plugin):
    error = error_of(plugin("argued", "@hookimpl\ndef astrolens_labels_changed(labels):\n    pass\n"))
    assert "labels" in error
    assert "changes" in error


def test_that_a_duplicate_id_is_refused_and_the_first_stays(plugin):
    found = Plugins.discover(
        [plugin("a_one", GOOD.format(id="same", api=1)), plugin("b_two", GOOD.format(id="same", api=1))]
    )
    assert "which a_one already offers" in next(s.error for s in found.states if s.name == "b_two")
    assert found.module_of("same") == "a_one"


def test_that_a_newer_api_number_is_refused(plugin):
    error = error_of(plugin("newer", GOOD.format(id="n", api=API_VERSION + 1)))
    assert f"plugin API {API_VERSION + 1}, this program has {API_VERSION}" in error


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("@hookimpl\ndef astrolens_backends():\n    return None\n", "must return a list of BackendSpec"),
        ("@hookimpl\ndef astrolens_backends():\n    return ['x']\n", "BackendSpec records, not str"),
        (GOOD.format(id="", api=1), "without an id"),
        (GOOD.format(id="x", api=1).replace('("classify",)', '("guess",)'), "unknown capability guess"),
        (GOOD.format(id="x", api=1).replace("nowhere:Class", "nowhere.Class"), "is not 'package.module:Class'"),
        (GOOD.format(id="x", api=1).replace("api=1", "params=int"), "must be a frozen dataclass"),
    ],
)
def test_that_each_wrong_record_gets_its_sentence(plugin, source, words):
    error = error_of(plugin("wrong", source))
    assert words in error
    assert "\n" not in error


def test_that_an_unknown_backend_is_answered_with_those_there_are_and_those_that_failed(plugin):
    found = Plugins.discover([plugin("broken", "import nothing_like_this"), plugin("fine", GOOD.format(id="g", api=1))])
    with pytest.raises(PluginError, match=r"no backend 'zoo'; there are: g \(broken failed: .*nothing_like_this"):
        found.backend("zoo")


def test_that_telling_hooks_survives_a_plugin_that_raises(plugin, caplog):
    told = plugin("told", "seen = []\n@hookimpl\ndef astrolens_labels_changed(changes):\n    seen.append(changes)\n")
    angry = plugin("angry", "@hookimpl\ndef astrolens_labels_changed(changes):\n    raise ValueError('no')\n")
    found = Plugins.discover([angry, told])
    with caplog.at_level(logging.ERROR, "test"):
        found.tell("astrolens_labels_changed", logging.getLogger("test"), changes="the changes")
    assert sys.modules["told"].seen == ["the changes"]
    assert "angry" in caplog.text


def test_that_a_missing_requirement_names_what_installs_it():
    spec = BackendSpec("x", "x", ("classify",), "a:B", requires=("no_such_library",))
    assert core_plugins.missing(spec) == "needs no_such_library: pip install no_such_library"


def test_that_discovery_imports_no_heavy_library():
    code = (
        "import sys; from astrolens_gui.core.plugins import Plugins; p = Plugins.discover(); "
        "assert all(s.ok for s in p.states), [s.error for s in p.states]; "
        "heavy = ('tensorflow', 'keras', 'astropy', 'sqlalchemy', 'PyQt5', 'sklearn', 'scipy'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
