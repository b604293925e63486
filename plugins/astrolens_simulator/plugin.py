"""The simulator as the program sees it before it runs; imports none of the code that draws."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from astrolens_gui.api import BackendSpec, Param, hookimpl


@dataclass(frozen=True)
class SimulatorParams:
    """What to simulate; instrument numbers live in `surveys.toml`."""

    survey: Annotated[Literal["euclid_vis", "hst_f814w", "kids_gri"], Param("Whose images to imitate.")] = "euclid_vis"
    lens_fraction: Annotated[float, Param("Chance of each object to be a lens.", low=0, high=1)] = 0.5
    size: Annotated[
        int | None, Param("Side of a stamp; empty takes the survey's own.", low=24, high=512, unit="px")
    ] = None
    arc_snr_scale: Annotated[
        float, Param("Multiplies the survey's range of arc signal-to-noise: below 1 is harder.", 0.05, 50, "", True)
    ] = 1.0


SPEC = BackendSpec(
    id="simulator",
    title="Lens simulator",
    capabilities=("simulate",),
    factory="astrolens_simulator.simulator:Simulator",
    params=SimulatorParams,
    run_in="thread",
    version="1",
    doc=(
        "Draws lenses (isothermal ellipsoid with shear, clumpy Sérsic sources) and impostors (spirals, rings, mergers, "
        "edge-on discs, ellipticals, crowded fields, stars) as a survey would see them, with a truth table."
    ),
)


@hookimpl
def astrolens_backends() -> Iterable[BackendSpec]:
    """The one backend of this package."""
    return (SPEC,)
