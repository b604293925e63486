"""Finds plugins, keeps each failure as data, and makes backends on request; imports no backend's code before that."""

from __future__ import annotations

import difflib
import importlib
import importlib.machinery
import importlib.util
import inspect
import math
import sys
import time
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from astrolens_gui.api import (
    API_VERSION,
    CAPABILITIES,
    PROJECT,
    BackendSpec,
    ExporterSpec,
    ReaderSpec,
    StrategySpec,
    StretchSpec,
    UserError,
    fields,
    hooks,
)

from .images import readers, stretch

GROUP = "astrolens.plugins"
"""The entry-point group; built-in plugins come through it as any other."""

RECORDS: dict[str, type] = {
    "astrolens_backends": BackendSpec,
    "astrolens_readers": ReaderSpec,
    "astrolens_stretches": StretchSpec,
    "astrolens_strategies": StrategySpec,
    "astrolens_exporters": ExporterSpec,
}


class PluginError(UserError):
    """A plugin, or a request for one, is wrong; the text is one sentence for a person."""


@dataclass(frozen=True)
class PluginState:
    """One entry point as `astrolens doctor` and the plugins dialog show it; `error` is "" where all is well."""

    name: str
    module: str
    distribution: str = ""
    version: str = ""
    error: str = ""
    traceback: str = ""
    provides: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.error


class Plugins:
    """The registered plugins and what they offer, by kind and id."""

    def __init__(self) -> None:
        self.manager = pluggy.PluginManager(PROJECT)
        self.manager.add_hookspecs(hooks)
        self.states: list[PluginState] = []
        self._records: dict[type, dict[str, Any]] = {kind: {} for kind in RECORDS.values()}
        self._owners: dict[tuple[type, str], str] = {}

    @classmethod
    def discover(cls, found: Iterable[EntryPoint] | None = None) -> Plugins:
        """Load every entry point of the group; one that fails is listed with its traceback and stops nothing."""
        plugins = cls()
        for name in BUILT_IN:
            plugins._take(name.rsplit(".", 1)[-1], name, distribution="astrolens")
        for point in sorted(entry_points(group=GROUP) if found is None else found, key=lambda point: point.name):
            dist = point.dist
            plugins._take(point.name, point.value, dist.name if dist else "", dist.version if dist else "")
        plugins._hand_out()
        return plugins

    def add(self, name: str, module: str, distribution: str = "", version: str = "") -> PluginState:
        """Import one plugin module, check it and take its records; never raises for what the plugin does."""
        state = self._take(name, module, distribution, version)
        self._hand_out()
        return state

    def _hand_out(self) -> None:
        """Images are read and drawn by what is here now."""
        readers.register(self.all(ReaderSpec))
        stretch.register(self.all(StretchSpec))

    def _take(self, name: str, module: str, distribution: str = "", version: str = "") -> PluginState:
        state = PluginState(name, module, distribution, version)
        try:
            plugin = EntryPoint(name=name, value=module, group=GROUP).load()
            if other := self.manager.get_name(plugin):
                raise PluginError(f"{module} is there already, as {other.rpartition(':')[2]}; remove one entry point")
            records = self._collect(plugin, module)
            self.manager.register(plugin, name=f"{distribution}:{name}")
        except PluginError as error:
            state = PluginState(name, module, distribution, version, str(error), "")
        except (Exception, SystemExit) as error:
            sentence = (
                f"{module} failed to load: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
            )
            state = PluginState(name, module, distribution, version, sentence, traceback.format_exc())
        else:
            for record in records:
                self._records[type(record)][record.id] = record
                self._owners[type(record), record.id] = name
            provides = tuple(f"{_kind(record)} {record.id}" for record in records)
            state = PluginState(name, module, distribution, version, provides=provides)
        self.states.append(state)
        return state

    def _collect(self, plugin: Any, module: str) -> list[Any]:
        """All records of a plugin, checked; nothing is registered unless every one of them is good."""
        known = {name for name in dir(hooks) if name.startswith("astrolens_")}
        records: list[Any] = []
        for name, function in inspect.getmembers(plugin, callable):
            marks = getattr(function, f"{PROJECT}_impl", None)
            if marks is None:
                continue
            if wrong := [option for option in ("wrapper", "hookwrapper", "specname") if marks.get(option)]:
                raise PluginError(
                    f"{module}.{name} asks for {wrong[0]}, which no hook here knows; use a bare @hookimpl"
                )
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"did you mean {near[0]}?" if near else f"the hooks are {', '.join(sorted(known))}"
                raise PluginError(f"{module} implements the unknown hook {name}; {hint}")
            asked = inspect.signature(function).parameters
            given = inspect.signature(getattr(hooks, name)).parameters
            if extra := [argument for argument in asked if argument not in given]:
                there = ", ".join(given) or "none"
                raise PluginError(f"{module}.{name} asks for the argument {', '.join(extra)}; the hook gives {there}")
            if name in RECORDS:
                records += self._checked(name, function(), module)
        seen: set[tuple[type, str]] = set()
        for record in records:
            key = (type(record), record.id)
            if key in seen or key in self._owners:
                owner = self._owners.get(key, module)
                raise PluginError(f"{module} offers the {_kind(record)} {record.id!r}, which {owner} already offers")
            seen.add(key)
        return records

    def _checked(self, hook: str, returned: Any, module: str) -> list[Any]:
        kind: type[Any] = RECORDS[hook]
        if returned is None or isinstance(returned, str | bytes) or not isinstance(returned, Iterable):
            raise PluginError(f"{module}.{hook} must return a list of {kind.__name__}, not {type(returned).__name__}")
        records = list(returned)
        for record in records:
            if not isinstance(record, kind):
                raise PluginError(f"{module}.{hook} must return {kind.__name__} records, not {type(record).__name__}")
            if not record.id or not isinstance(record.id, str):
                raise PluginError(f"{module}.{hook} returned a {kind.__name__} without an id")
        return [self._sound(record, module) for record in records]

    def _sound(self, record: Any, module: str) -> Any:
        """The record with all its fields checked; a stretch by what its function gives."""
        if isinstance(record, BackendSpec):
            _check_backend(record, module)
        elif isinstance(record, ReaderSpec):
            self._check_reader(record, module)
        elif not callable(record.function):
            kind = type(record.function).__name__
            raise PluginError(f"{module}: the function of {_kind(record)} {record.id!r} is not callable, but a {kind}")
        elif isinstance(record, StretchSpec):
            try:
                return stretch.tabulated(record)
            except ValueError as error:
                raise PluginError(f"{module}: the stretch {record.id!r} can't be used: {error}") from error
        return record

    def _check_reader(self, spec: ReaderSpec, module: str) -> None:
        where = f"{module}: the suffixes of reader {spec.id!r}"
        sound = spec.suffixes == () or _texts(spec.suffixes)  # none: it claims no file by its name
        if not sound or not all(suffix.startswith(".") for suffix in spec.suffixes):
            raise PluginError(f"{where} must be a tuple of names with their dot, ('.h5',), not {spec.suffixes!r}")
        if not isinstance(spec.factory, str) or not spec.factory or ":" in spec.factory:
            raise PluginError(f"{module}: the factory {spec.factory!r} of reader {spec.id!r} is not 'package.module'")
        for other in self.all(ReaderSpec):
            taken = {suffix.casefold() for suffix in other.suffixes}
            if twice := [suffix for suffix in spec.suffixes if suffix.casefold() in taken]:
                raise PluginError(f"{where} hold {', '.join(twice)}, which the reader {other.id!r} already reads")

    def backend(self, id: str, can: str = "") -> BackendSpec:
        """The backend's spec.

        Raises:
            PluginError: no backend has this id; the sentence lists those there are (those only that have the capability
                `can`, or can be trained with "train"), and names a plugin that failed.
        """
        if can and id not in self._records[BackendSpec]:
            able = [one.id for one in self.backends() if can in one.capabilities or (can == "train" and one.fit_params)]
            raise self._unknown(BackendSpec, id, able)
        return self._get(BackendSpec, id)

    def module_of(self, id: str) -> str:
        """The plugin module that declares a backend."""
        self.backend(id)
        owner = self._owners[BackendSpec, id]
        return next(state.module for state in self.states if state.name == owner)

    def backends(self, capability: str | None = None) -> list[BackendSpec]:
        return [spec for spec in self.all(BackendSpec) if capability is None or capability in spec.capabilities]

    def exporter(self, id: str) -> ExporterSpec:
        return self._get(ExporterSpec, id)

    def strategy(self, id: str) -> StrategySpec:
        return self._get(StrategySpec, id)

    def all(self, kind: type) -> list[Any]:
        return list(self._records[kind].values())

    def _get(self, kind: type, id: str) -> Any:
        try:
            return self._records[kind][id]
        except KeyError:
            raise self._unknown(kind, id, list(self._records[kind])) from None

    def _unknown(self, kind: type, id: str, there: Sequence[str]) -> PluginError:
        broken = "; ".join(f"{state.name} failed: {state.error}" for state in self.states if not state.ok)
        listed = ", ".join(sorted(there)) or "none"
        return PluginError(
            f"there is no {KINDS[kind]} {id!r}; there are: {listed}" + (f" ({broken})" if broken else "")
        )

    def tell(self, hook: str, log: Any, **arguments: Any) -> None:
        """Call a past-tense hook in each plugin by itself; what one raises is logged and stops nothing."""
        for implementation in getattr(self.manager.hook, hook).get_hookimpls():
            try:
                implementation.function(*(arguments[name] for name in implementation.argnames))
            except (Exception, SystemExit):
                log.exception("plugin %s failed in %s", implementation.plugin_name, hook)


KINDS: dict[type, str] = {
    BackendSpec: "backend",
    ReaderSpec: "reader",
    StretchSpec: "stretch",
    StrategySpec: "strategy",
    ExporterSpec: "exporter",
}

BUILT_IN: Sequence[str] = ("astrolens_gui.core.builtin",)
"""What the program itself offers through the same hooks: the FITS reader, stretches, queue orders, table formats."""


def _kind(record: Any) -> str:
    return KINDS[type(record)]


def _texts(value: Any) -> bool:
    """Whether it is a list of words, and not one word, which is a sequence of letters."""
    return isinstance(value, tuple | list) and bool(value) and all(isinstance(one, str) and one for one in value)


def _check_backend(spec: BackendSpec, module: str) -> None:
    if spec.api > API_VERSION:
        raise PluginError(
            f"{module}: backend {spec.id!r} was written for plugin API {spec.api}, this program has {API_VERSION}; "
            "update AstroLens or install an older version of the plugin"
        )
    for name in ("capabilities", "requires"):
        value = getattr(spec, name)
        if value and not _texts(value):
            raise PluginError(
                f"{module}: {name} of backend {spec.id!r} must be a tuple of names, ('a',) with its comma, "
                f"not {value!r}"
            )
    if unknown := [name for name in spec.capabilities if name not in CAPABILITIES]:
        raise PluginError(
            f"{module}: backend {spec.id!r} declares the unknown capability {', '.join(unknown)}; "
            f"there are: {', '.join(CAPABILITIES)}"
        )
    if not spec.capabilities:
        raise PluginError(f"{module}: backend {spec.id!r} declares no capability")
    if not isinstance(spec.factory, str) or spec.factory.count(":") != 1:
        raise PluginError(
            f"{module}: the factory {spec.factory!r} of backend {spec.id!r} is not 'package.module:Class'"
        )
    try:
        for schema in (spec.params, spec.fit_params):
            if schema is not None:
                fields(schema)
    except TypeError as error:
        raise PluginError(f"{module}: the parameters of backend {spec.id!r} are wrong: {error}") from None


_PACKAGES = {"sklearn": "scikit-learn", "skimage": "scikit-image", "PIL": "pillow", "cv2": "opencv-python-headless"}
"""What installs a module that is not called like its package."""


def missing(spec: BackendSpec) -> str:
    """What a backend lacks on this machine, as a sentence with the command that installs it; "" when it can run."""
    absent = [name for name in spec.requires if not _installed(name)]
    modules = dict.fromkeys(name.partition(".")[0] for name in absent)
    packages = [_PACKAGES.get(module, module) for module in modules]
    return f"needs {', '.join(absent)}: pip install {' '.join(packages)}" if absent else ""


_ASKED: dict[str, tuple[float, bool]] = {}
_AGAIN_S = 10.0
"""What was not there may have been installed meanwhile; views ask at every object, and the answer costs a walk of the disk."""


def _installed(name: str) -> bool:
    """Whether a module is there, without importing it or the packages it is in."""
    if name in sys.modules:
        return sys.modules[name] is not None
    when, there = _ASKED.get(name, (-math.inf, False))
    if not there and time.monotonic() - when > _AGAIN_S:
        there = _found(name)
        _ASKED[name] = (time.monotonic(), there)
    return there


def _found(name: str) -> bool:
    top, *inner = name.split(".")
    try:
        found = importlib.util.find_spec(top)
        for word in inner:
            if found is None:
                break
            top = f"{top}.{word}"
            found = importlib.machinery.PathFinder.find_spec(top, found.submodule_search_locations or [])
    except (ImportError, ValueError, AttributeError):  # a broken or half-removed package
        return False
    return found is not None


def create(factory: str, params: Any) -> Any:
    """A backend's object; its code, and whatever that imports, is imported here: only inside the job that runs it.

    Args:
        factory: "package.module:Class".
        params: an instance of the spec's `params`.

    Raises:
        PluginError: there is no such module or no such class in it. What the plugin's own code raises passes as it is.
    """
    module, _, name = factory.partition(":")
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise  # the module is there, and imports one that isn't
        raise PluginError(f"the backend's code {factory} can't be imported: {error}") from error
    if not hasattr(found, name):
        raise PluginError(f"the backend's code {factory} can't be imported: {module} has no {name}")
    return getattr(found, name)(params)
