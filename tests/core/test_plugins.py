"""Discovery keeps failures as data, and says in one sentence what is wrong with a plugin."""

from __future__ import annotations

import logging
import subprocess
import sys
import textwrap
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

from astrolens_gui.api import API_VERSION, BackendSpec
from astrolens_gui.core import plugins as core_plugins
from astrolens_gui.core.images import stretch
from astrolens_gui.core.plugins import PluginError, Plugins, create


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write a plugin module and return its entry point."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name: str, source: str) -> EntryPoint:
        head = "from astrolens_gui.api import *\n"
        (tmp_path / f"{name}.py").write_text(head + textwrap.dedent(source), encoding="utf-8")
        return EntryPoint(name=name, value=name, group=core_plugins.GROUP)

    yield write
    Plugins.discover([])  # what the test's plugins offered is offered no more
    for path in tmp_path.glob("*.py"):
        sys.modules.pop(path.stem, None)


GOOD = """
@hookimpl
def astrolens_backends():
    return [BackendSpec(id="{id}", title="t", capabilities=("classify",), factory="nowhere:Class", api={api})]
"""

ONE = """
@hookimpl
def astrolens_{hook}():
    return [{record}]
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
        (GOOD.format(id="x", api=1).replace("api=1", "requires='numpy'"), "requires of backend 'x' must be a tuple"),
        (GOOD.format(id="x", api=1).replace('("classify",)', '"classify"'), "capabilities of backend 'x' must be"),
        (GOOD.format(id="x", api=1).replace('"nowhere:Class"', "len"), "is not 'package.module:Class'"),
        (ONE.format(hook="stretches", record="StretchSpec('x', 't', 'numpy.sqrt')"), "is not callable, but a str"),
        (ONE.format(hook="strategies", record="StrategySpec('x', 't', None)"), "is not callable, but a NoneType"),
        (ONE.format(hook="exporters", record="ExporterSpec('x', 't', '.x', 3)"), "is not callable, but a int"),
        (ONE.format(hook="readers", record="ReaderSpec('x', 't', '.h5', 'm')"), "('.h5',), not '.h5'"),
        (ONE.format(hook="readers", record="ReaderSpec('x', 't', ('h5',), 'm')"), "names with their dot"),
        (ONE.format(hook="readers", record="ReaderSpec('x', 't', ('.h5',), 'm:C')"), "is not 'package.module'"),
        (ONE.format(hook="readers", record="ReaderSpec('x', 't', ('.FITS',), 'm')"), "the reader 'fits' already reads"),
        ("@hookimpl(wrapper=True)\ndef astrolens_backends():\n    return []\n", "asks for wrapper"),
        ("@hookimpl(hookwrapper=True)\ndef astrolens_labels_changed(changes):\n    yield\n", "asks for hookwrapper"),
        ("@hookimpl(specname='astrolens_backends')\ndef mine():\n    return []\n", "asks for specname"),
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


def test_that_a_hook_which_exits_the_interpreter_is_logged_and_the_others_are_told(plugin, caplog):
    exits = plugin("exits", "@hookimpl\ndef astrolens_labels_changed(changes):\n    raise SystemExit(3)\n")
    later = plugin("later", "seen = []\n@hookimpl\ndef astrolens_labels_changed(changes):\n    seen.append(changes)\n")
    found = Plugins.discover([later, exits])
    with caplog.at_level(logging.ERROR, "test"):
        found.tell("astrolens_labels_changed", logging.getLogger("test"), changes="the changes")
    assert sys.modules["later"].seen == ["the changes"]
    assert "exits" in caplog.text


def test_that_one_module_under_two_entry_points_counts_once_and_stops_nothing(plugin):
    first = plugin("a_hook", "@hookimpl\ndef astrolens_labels_changed(changes):\n    pass\n")
    second = EntryPoint(name="b_again", value="a_hook", group=core_plugins.GROUP)
    found = Plugins.discover([first, second, plugin("c_fine", GOOD.format(id="g", api=1))])
    assert next(s.error for s in found.states if s.name == "b_again").startswith("a_hook is there already, as a_hook;")
    assert found.backend("g")


def test_that_what_the_plugin_machinery_itself_refuses_stops_nothing_and_offers_nothing(plugin, monkeypatch):
    def refuses(self, *_, **__):
        raise ValueError("no room\nfor it")

    monkeypatch.setattr(core_plugins.pluggy.PluginManager, "register", refuses)
    found = Plugins.discover([plugin("fine", GOOD.format(id="g", api=1))])
    assert all(not state.ok and "\n" not in state.error for state in found.states)
    assert not found.backends()


STRETCH = "import numpy as np\n" + ONE.format(hook="stretches", record="StretchSpec('x', 'Mine', {function})")


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("lambda x: 1 / 0", "the stretch 'x' can't be used: its function raised ZeroDivisionError: division by zero"),
        ("lambda x: x.mean()", "array of shape () for (65536,) values"),
        ("lambda x: x[:7]", "array of shape (7,) for (65536,) values"),
        ("lambda x: 'white'", "its function raised ValueError"),
        ("lambda x: exit(2)", "its function raised SystemExit"),
        ("lambda x: x * np.nan", "no finite value"),
    ],
)
def test_that_a_stretch_which_can_not_draw_is_refused_at_discovery(plugin, function, words):
    error = error_of(plugin("wrong", STRETCH.format(function=function)))
    assert words in error
    assert "\n" not in error
    assert "x" not in stretch.STRETCHES


def test_that_a_plugins_stretch_draws_from_its_table_and_goes_with_its_plugin(plugin):
    moody = plugin("moody", STRETCH.format(function="np.sqrt"))
    Plugins.discover([moody])
    sys.modules["moody"].np = None  # called again, it would fail
    image = np.linspace(0, 1, 64).reshape(8, 8)
    mine, ours = (stretch.render(image, stretch.Recipe(stretch=name, cuts="minmax")) for name in ("x", "sqrt"))
    assert (mine == ours).all()
    Plugins.discover([])
    assert "x" not in stretch.STRETCHES


def test_that_a_missing_requirement_names_what_installs_it():
    spec = BackendSpec("x", "x", ("classify",), "a:B", requires=("no_such_library",))
    assert core_plugins.missing(spec) == "needs no_such_library: pip install no_such_library"


def test_that_a_requirement_inside_a_package_is_looked_for_without_importing_the_package(plugin, tmp_path):
    package = tmp_path / "loud_package"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    (package / "inner.py").write_text("")
    wants = ("loud_package.inner", "loud_package.none", "nope.sub", "numpy.linalg")
    spec = BackendSpec("x", "x", ("classify",), "a:B", requires=wants)
    assert core_plugins.missing(spec) == "needs loud_package.none, nope.sub: pip install loud_package nope"


@pytest.mark.parametrize("factory", ["nowhere_at_all:C", "nowhere.at.all:C", "here:Absent", "here.inner:C"])
def test_that_a_factory_which_names_nothing_is_a_sentence(plugin, factory):
    plugin("here", "")
    with pytest.raises(PluginError, match=f"the backend's code {factory} can't be imported"):
        create(factory, None)


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("import nowhere_at_all", ModuleNotFoundError),
        ("from numpy import no_such_name", ImportError),
        ("None.upper()", AttributeError),
        ("class C:\n    def __init__(self, params):\n        self.params = params.depth\n", AttributeError),
    ],
)
def test_that_a_bug_in_a_backends_code_stays_a_bug(plugin, source, error):
    plugin("buggy", source)
    with pytest.raises(error) as raised:
        create("buggy:C", None)
    assert not isinstance(raised.value, PluginError)
    assert any(str(entry.path).endswith("buggy.py") for entry in raised.traceback)


def test_that_discovery_imports_no_heavy_library():
    code = (
        "import sys; from astrolens_gui.core.plugins import Plugins; p = Plugins.discover(); "
        "assert all(s.ok for s in p.states), [s.error for s in p.states]; "
        "heavy = ('tensorflow', 'keras', 'astropy', 'sqlalchemy', 'PyQt5', 'sklearn', 'scipy'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_that_what_installs_a_module_is_named_as_its_package_is():
    spec = BackendSpec("needy", "Needy", ("classify",), "needy:Needy", requires=("sklearn.no_such_part",))
    assert core_plugins.missing(spec) == "needs sklearn.no_such_part: pip install scikit-learn"
