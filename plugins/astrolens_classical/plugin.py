"""What AstroLens knows of the classical finders before any of their code runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from astrolens_gui.api import BackendSpec, InputSpec, Param, hookimpl

_NEEDS = ("numpy", "scipy", "sklearn", "safetensors")


@dataclass(frozen=True)
class Regression:
    """How a finder with a logistic regression learns."""

    minutes: Annotated[float, Param("Time for the training; 0 sets no limit", 0.0, 10_000, "min")] = 0.0
    stamps: Annotated[int, Param("Most stamps to learn from; 0 takes all", 0, 10_000_000, advanced=True)] = 0
    c: Annotated[
        float, Param("Inverse strength of the L2 penalty; 0 chooses it on held-out stamps", 0.0, 1e6, advanced=True)
    ] = 0.0


@dataclass(frozen=True)
class Machine(Regression):
    """How a finder with a support vector machine learns."""

    gamma: Annotated[
        float, Param("Inverse squared width of the kernel; 0 chooses it on held-out stamps", 0.0, 1e3, advanced=True)
    ] = 0.0


def _spec(id: str, title: str, factory: str, fit_params: type, doc: str, *needs: str) -> BackendSpec:
    return BackendSpec(
        id=id,
        title=title,
        capabilities=("classify", "embed"),
        factory=f"astrolens_classical.{factory}",
        input=InputSpec(size=101),
        fit_params=fit_params,
        requires=(*_NEEDS, *needs),
        version="1",
        doc=doc,
        group="classical",
    )


GABOR = _spec(
    "gabor-svm",
    "Gabor filters + SVM",
    "gabor:GaborSvm",
    Machine,
    "The polar image around the centre through a bank of Gabor filters; the moments of each answer go to a support "
    "vector machine (the Manchester entry: Hartley et al. 2017, arXiv:1705.08949).",
)
HOG = _spec(
    "hog-lr",
    "Gradient histograms + logistic regression",
    "hog:HogRegression",
    Regression,
    "Histograms of oriented gradients of every band, weighed by a logistic regression (the entries ALL-now and "
    "ALL-star: Avestruz et al. 2019, arXiv:1704.02322).",
)
ARCS = _spec(
    "arcs",
    "Arc finder",
    "arcs:Arcs",
    Regression,
    "What is thin, long and bright after a Mexican hat, weighed by its length, curvature, colour and signal-to-noise "
    "(as GAHEC's arcfinder: Alard 2006, astro-ph/0606757).",
)
YATTA = _spec(
    "yatta",
    "Lens subtraction + tangential arcs",
    "yatta:Yatta",
    Regression,
    "The lens's light is taken off (the reddest band scaled, or the stamp turned by 180° where there is one band), the "
    "rest detected with sep, and tangential arcs kept by the published cuts (as YattaLensLite: Sonnenfeld et al. 2018, "
    "PASJ 70, S29).",
    "sep",
)


@hookimpl
def astrolens_backends() -> Iterable[BackendSpec]:
    return (GABOR, HOG, ARCS, YATTA)
