"""The records that plugins return: each names its code as a string, imported only inside the job that runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from .hooks import API_VERSION
from .params import NoParams
from .types import InputSpec

Capability = Literal["classify", "embed", "simulate", "explain", "gradient", "detect", "restore", "anomaly"]
"""What a backend can do; the value is the name of its method."""

CAPABILITIES: tuple[str, ...] = get_args(Capability)


@dataclass(frozen=True)
class BackendSpec:
    """A model backend as the program knows it before any of its code runs.

    Attributes:
        id: short, unique, as typed behind `--backend` ("cnn").
        title: as shown in the backend panel.
        capabilities: each is also the name of a method of the class.
        factory: "package.module:Class"; called with the params.
        input: what it needs of the data; open fields are filled from the data when it trains.
        params, fit_params: frozen dataclasses (see `api.params`); fit_params is None where nothing can be trained. A property
            `note` of a simulator's params, a sentence or "", is said to the person with the result.
        requires: modules that must be importable, with what installs them: ("tensorflow", …).
        fit_in: training runs in a spawned child ("process") or in the train lane's thread ("thread").
        run_in: inference runs in the infer lane's warm child ("process") or in its thread ("thread"): same scores.
        version: of the backend; stored with every model it makes.
        api: the API number it was written for.
        doc: one paragraph in Markdown, for the panel.
        group: heading that it stands under in the panel ("textbook"); "" goes to the others.
        resumes: after `load`, `fit` goes on from the loaded weights instead of beginning anew.
        halo: pixels around a place that its answer may depend on; tiles of a large image overlap by so many.
    """

    id: str
    title: str
    capabilities: tuple[str, ...]
    factory: str
    input: InputSpec = field(default_factory=InputSpec)
    params: type = NoParams
    fit_params: type | None = None
    requires: tuple[str, ...] = ()
    fit_in: Literal["process", "thread"] = "process"
    run_in: Literal["process", "thread"] = "process"
    version: str = "0"
    api: int = API_VERSION
    doc: str = ""
    group: str = ""
    halo: int = 0
    resumes: bool = False

    @property
    def task(self) -> str:
        """What its models compete in, one champion each: "classify", "detect", "restore/ID", or "" for none."""
        if "classify" in self.capabilities:
            return "classify"
        if "detect" in self.capabilities:
            return "detect"
        return f"restore/{self.id}" if "restore" in self.capabilities else ""


@dataclass(frozen=True)
class ReaderSpec:
    """An image format.

    `factory` names a module, imported with the first such file, of
        planes(path) -> list[Plane]: the images of a file; at least one;
        read(plane) -> (height, width) array of the plane's shape, rows as in FITS (the first is the lowest), NaN where there is no value;
        celestial(plane) -> its celestial `astropy.wcs.WCS` or None (optional).
    What these raise, or what is wrong with what they return, is shown with the file's name. `suffixes`: of file names,
    with the dot, in any case; the longest that fits decides, and what fits none is read as FITS.
    """

    id: str
    title: str
    suffixes: tuple[str, ...]
    factory: str
    doc: str = ""


@dataclass(frozen=True)
class StretchSpec:
    """An intensity stretch: `function` maps a float array in 0..1 to 0..1 value by value, monotone.

    It is called once, at discovery, on a fine grid of values; images are drawn with what it gave there.
    """

    id: str
    title: str
    function: Callable[[Any], Any]
    doc: str = ""


@dataclass(frozen=True)
class StrategySpec:
    """A queue order: `function(scores, seed) -> float64 (N,)`, the usefulness of labelling each object, largest first.

    `scores` is a dict of equally long arrays: `logit`, `score` (NaN where unscored) and `labelled` (bool), and what `needs`
    names: "embedding" float32 (N, D), what the model in use sees; "target" float64 (N,), the graders' mean as probability of a
    lens, NaN where ungraded; "members" float64 (N, K), log-odds by a committee that learnt these grades on the embedding;
    "anomaly" float64 (N,); "like" bool (N,), the objects that others shall be like. Where one of these is lacking (nothing
    scored, too few grades) the function is not called and the queue says so.
    """

    id: str
    title: str
    function: Callable[..., Any]
    doc: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExporterSpec:
    """A table format: `function(rows, path)` writes a list of plain dicts (see docs/tables.md) to `path`.

    `of`: what a row is, a label ("labels") or a box ("boxes").
    """

    id: str
    title: str
    suffix: str
    function: Callable[..., Any]
    doc: str = ""
    of: Literal["labels", "boxes"] = "labels"
