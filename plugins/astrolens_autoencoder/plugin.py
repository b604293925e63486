"""The denoiser as the program sees it before it runs; imports no TensorFlow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from astrolens_gui.api import BackendSpec, InputSpec, Param, hookimpl

HALO_PX = 64
"""Pixels around a place that its answer may depend on (`network.py` counts 52; a test changes pixels beyond it)."""


@dataclass(frozen=True)
class Denoiser:
    """The shape of the network and how often it is asked."""

    width: Annotated[
        int, Param("Filters at full resolution; coarser levels have two and four times as many", 4, 128)
    ] = 16
    symmetries: Annotated[
        Literal["1", "4", "8"], Param("Mean of the answers for an image as it is, in four turns, or mirrored as well")
    ] = "4"


@dataclass(frozen=True)
class Training:
    """How it learns."""

    mode: Annotated[
        Literal["auto", "pairs", "blind_spot"],
        Param("From wanted images (clean, or a second exposure), or from each image alone; auto: what the set has"),
    ] = "auto"
    epochs: Annotated[int, Param("Largest number of passes; early stopping may end sooner", 1, 1000)] = 60
    minutes: Annotated[
        float, Param("Longest time it may learn for; 0 sets no limit. The step size falls to 0 within it", 0.0, 1e5)
    ] = 0.0
    batch_size: Annotated[int, Param("Images a step", 1, 256, advanced=True)] = 16
    learning_rate: Annotated[float, Param("Peak step size of the optimiser", 1e-6, 0.1, advanced=True)] = 2e-3
    hidden: Annotated[
        float, Param("Share of the pixels that are hidden from the network where it learns alone", 0.005, 0.3, "", True)
    ] = 0.05
    ema: Annotated[
        float,
        Param(
            "The weights that answer are a running mean; this much is kept a step, 0: no mean", 0.0, 0.9999, "", True
        ),
    ] = 0.995
    patience: Annotated[int, Param("Epochs without a better validation loss before it stops", 1, 1000)] = 15
    precision: Annotated[
        Literal["auto", "float32", "mixed_bfloat16"],
        Param("Number format of the training; auto takes the quickest", advanced=True),
    ] = "auto"


AUTOENCODER = BackendSpec(
    id="autoencoder",
    title="Denoising autoencoder",
    capabilities=("restore", "anomaly"),
    factory="astrolens_autoencoder.denoiser:Autoencoder",
    input=InputSpec(normalisation="noise"),
    params=Denoiser,
    fit_params=Training,
    requires=("tensorflow", "keras", "safetensors"),
    version="1",
    doc=(
        "Takes the noise out of images and says how sure it is: a U-Net without offsets (Ronneberger et al. 2015, "
        "arXiv:1505.04597; Mohan et al. 2020, arXiv:1906.05478), so that twice the flux gives twice the answer. It learns from "
        "clean images, from second exposures (Noise2Noise, Lehtinen et al. 2018, arXiv:1803.04189) or from your images "
        "alone (Noise2Self, Batson and Royer 2019, arXiv:1901.11365)."
    ),
    halo=HALO_PX,
    resumes=True,
)


@hookimpl
def astrolens_backends() -> Iterable[BackendSpec]:
    """What this package offers."""
    return (AUTOENCODER,)
