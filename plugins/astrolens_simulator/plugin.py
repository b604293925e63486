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

# What stamps, fields and painted lenses are asked in the same words.
Whose = Annotated[Survey, Param("Whose images to imitate.")]
ArcScale = Annotated[
    float, Param("Multiplies the survey's range of arc signal-to-noise: below 1 is harder.", 0.05, 50, "", True)
]
Population = Annotated[
    Literal["standard", "shifted"],
    Param("Galaxies and sources; shifted has other radii, redshifts, sizes, colours and classes.", advanced=True),
]
Nuisance = Annotated[
    Literal["standard", "harsh"],
    Param("Observing; harsh has wider PSFs, more and correlated noise, more artefacts.", advanced=True),
]
Psf = Annotated[str, Param("FITS image of the point-spread function; empty takes a Moffat.", advanced=True)]
Sources = Annotated[str, Param("Folder of FITS galaxies to be lensed; empty draws them.", advanced=True)]


@dataclass(frozen=True)
class SimulatorParams:
    """What to simulate; instrument numbers live in `surveys.toml`."""

    survey: Whose = "euclid_vis"
    lens_fraction: Annotated[float, Param("Chance of each object to be a lens.", low=0, high=1)] = 0.5
    size: Annotated[
        int | None, Param("Side of a stamp; empty takes the survey's own.", low=24, high=512, unit="px")
    ] = None
    arc_snr_scale: ArcScale = 1.0
    population: Population = "standard"
    nuisance: Nuisance = "standard"
    psf: Psf = ""
    sources: Sources = ""
    mass: Annotated[
        Literal["isothermal", "power_law"],
        Param("Density of the lenses; power_law has slopes of 2.08 ± 0.16 and needs lenstronomy.", advanced=True),
    ] = "isothermal"
    only: Annotated[Only, Param("Draw this class alone; empty draws all.", advanced=True)] = ""
    clean: Annotated[bool, Param("Also write each object without noise, to the folder clean.", advanced=True)] = False
    repeats: Annotated[
        int, Param("Further exposures of each object, to the folders repeat2, repeat3, …", 0, 16, advanced=True)
    ] = 0


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


@dataclass(frozen=True)
class PainterParams:
    """Into which cutouts to paint lenses, and how."""

    into: Annotated[str, Param("Folder of your own FITS cutouts; empty takes non-lenses drawn of the preset.")] = ""
    survey: Annotated[Survey, Param("PSF, zero points, gain and ranges that the files themselves don't give.")] = (
        "euclid_vyjh"
    )
    fraction: Annotated[float, Param("Share of the cutouts that get a lens; the others stay as they are.", 0, 1)] = 0.5
    psf: Annotated[str, Param("FITS image of the PSF; empty takes the file's PSF extension, else a Moffat.")] = ""
    sources: Sources = ""
    theta_e_low: Annotated[
        float | None, Param("Least Einstein radius; empty takes the preset's.", 0.05, 30, "arcsec")
    ] = None
    theta_e_high: Annotated[
        float | None, Param("Largest Einstein radius; empty takes the preset's.", 0.05, 30, "arcsec")
    ] = None
    arc_snr_low: Annotated[float | None, Param("Least signal-to-noise of the arcs; empty: the preset's.", 0.1, 1e5)] = (
        None
    )
    arc_snr_high: Annotated[
        float | None, Param("Largest signal-to-noise of the arcs; empty: the preset's.", 0.1, 1e5)
    ] = None
    pixel_scale: Annotated[
        float | None, Param("For cutouts whose header does not say.", 0.001, 100, "arcsec", advanced=True)
    ] = None
    band: Annotated[str, Param("Name of the band of images that don't say.", advanced=True)] = ""
    blind: Annotated[bool, Param("HISTORY cards don't tell painted from unpainted.", advanced=True)] = False

    @property
    def note(self) -> str:
        """What a person may not expect of these parameters."""
        return "" if self.into else f"no cutouts are given (into): painted into simulated galaxies of {self.survey}"


PAINTER = BackendSpec(
    id="painter",
    title="Lens painter",
    capabilities=("simulate",),
    factory="astrolens_simulator.painter:Painter",
    params=PainterParams,
    run_in="thread",
    version="1",
    doc=(
        "Paints simulated arcs into your own cutouts with their PSF, pixel scale and noise, and leaves as many as they are: "
        "golden objects and training sets that look like your survey. Writes a truth table; headers and other extensions stay."
    ),
)


@dataclass(frozen=True)
class FieldParams:
    """What a simulated survey field holds."""

    survey: Whose = "euclid_vis"
    size: Annotated[int, Param("Side of a field.", 64, 4096, "px")] = 1024
    lenses_arcmin2: Annotated[float, Param("Lenses a square arcminute; far more than in the sky.", 0, 20)] = 3.0
    impostors_arcmin2: Annotated[float, Param("Galaxies like lenses, and lookalikes, a square arcminute.", 0, 40)] = (
        12.0
    )
    galaxies_arcmin2: Annotated[float, Param("Other galaxies brighter than 24.5 mag a square arcminute.", 0, 200)] = (
        30.0
    )
    arc_snr_scale: ArcScale = 1.0
    population: Population = "standard"
    nuisance: Nuisance = "standard"
    psf: Psf = ""
    sources: Sources = ""


FIELDS = BackendSpec(
    id="fields",
    title="Field simulator",
    capabilities=("simulate",),
    factory="astrolens_simulator.fields:Fields",
    params=FieldParams,
    run_in="thread",
    version="1",
    doc=(
        "Draws survey fields as ten surveys would see them: faint galaxies by their number counts, stars, lookalikes, some "
        "lenses; correlated noise. truth.csv has a box for every lens, the extension ARCS of each file its arc's pixels."
    ),
)


@hookimpl
def astrolens_backends() -> Iterable[BackendSpec]:
    """The simulator, the painter and the fields."""
    return (SPEC, PAINTER, FIELDS)
