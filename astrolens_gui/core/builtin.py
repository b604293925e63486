"""What the program itself offers through the same hooks as any plugin; holds no logic."""

from __future__ import annotations

from astrolens_gui.api import ExporterSpec, ReaderSpec, StrategySpec, StretchSpec, hookimpl

from .challenge.layout import MASKED_READER
from .images import stretch
from .labels import boxes_out, export
from .learn import active


@hookimpl
def astrolens_readers() -> list[ReaderSpec]:
    return [
        ReaderSpec(
            id="fits",
            title="FITS",
            suffixes=(".fits", ".fit", ".fts", ".fz", ".fits.gz", ".fits.Z"),
            factory="astrolens_gui.core.images.fits",
            doc="Images in any extension, tile-compressed or not; bands by name.",
        ),
        ReaderSpec(
            id=MASKED_READER,
            title="Lens finding challenge, ground",
            suffixes=(),
            factory="astrolens_gui.core.challenge.masked",
            doc="FITS in which exactly 100 means that there is no value; chosen by the challenge's file names at import.",
        ),
    ]


@hookimpl
def astrolens_stretches() -> list[StretchSpec]:
    return list(stretch.BUILTIN)


@hookimpl
def astrolens_strategies() -> list[StrategySpec]:
    return list(active.STRATEGIES)


@hookimpl
def astrolens_exporters() -> list[ExporterSpec]:
    return [*export.EXPORTERS, *boxes_out.EXPORTERS]
