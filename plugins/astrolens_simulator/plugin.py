"""The simulator as the program sees it before it runs; imports none of the code that draws."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from astrolens_gui.api import BackendSpec, Param, hookimpl

Survey = Literal[
    "euclid_vis", "euclid_vyjh", "challenge1_space", "challenge1_ground", "kids_gri", "kids_ugri", "hsc_grizy", "des_gri",
    "lsst", "hst_f814w",
]  # fmt: skip
Only = Literal[
    "", "lens", "elliptical", "spiral", "ring", "merger", "edge_on", "companions", "crowded", "star", "artefact"
]  # fmt: skip


@dataclass(frozen=True)
class SimulatorParams:
    """What to simulate; instrument numbers live in `surveys.toml`."""

    survey: Annotated[Survey, Param("Whose images to imitate.")] = "euclid_vis"
    lens_fraction: Annotated[float, Param("Chance of each object to be a lens.", low=0, high=1)] = 0.5
    size: Annotated[
        int | None, Param("Side of a stamp; empty takes the survey's own.", low=24, high=512, unit="px")
    ] = None
    arc_snr_scale: Annotated[
        float, Param("Multiplies the survey's range of arc signal-to-noise: below 1 is harder.", 0.05, 50, "", True)
    ] = 1.0
    population: Annotated[
        Literal["standard", "shifted"],
        Param("Galaxies and sources; shifted has other radii, redshifts, sizes, colours and classes.", advanced=True),
    ] = "standard"
    nuisance: Annotated[
        Literal["standard", "harsh"],
        Param("Observing; harsh has wider PSFs, more and correlated noise, more artefacts.", advanced=True),
    ] = "standard"
    psf: Annotated[str, Param("FITS image of the point-spread function; empty takes a Moffat.", advanced=True)] = ""
    sources: Annotated[str, Param("Folder of FITS galaxies to be lensed; empty draws them.", advanced=True)] = ""
    only: Annotated[Only, Param("Draw this class alone; empty draws all.", advanced=True)] = ""


SPEC = BackendSpec(
    id="simulator",
    title="Lens simulator",
    capabilities=("simulate",),
    factory="astrolens_simulator.simulator:Simulator",
    params=SimulatorParams,
    run_in="thread",
    version="2",
    doc=(
        "Draws lenses (isothermal ellipsoids with shear and groups, clumpy or real sources) and impostors (spirals, rings, "
        "mergers, edge-on discs, ellipticals, companions, crowded fields, stars, artefacts) as ten surveys would see them, "
        "with a truth table."
    ),
)


@hookimpl
def astrolens_backends() -> Iterable[BackendSpec]:
    """The one backend of this package."""
    return (SPEC,)
