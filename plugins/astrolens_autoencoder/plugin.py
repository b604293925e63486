"""The denoiser as the program sees it before it runs; imports no TensorFlow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from astrolens_gui.api import BackendSpec, InputSpec, Param, hookimpl

HALO_PX = 64
"""Pixels around a place that its answer may depend on (`network.py` counts 51; a test changes pixels beyond it)."""

Mode = Literal["auto", "supervised", "recorrupted", "blind_spot"]


@dataclass(frozen=True)
class Denoiser:
    """The shape of the network and how often it looks."""

    width: Annotated[
        int, Param("Filters at full resolution; coarser levels have two, three and four times as many", 4, 128)
    ] = 16
    symmetries: Annotated[
        Literal["1", "2", "4", "8"],
        Param(
            "Mean of the answers for an image as it is, with its mirror image, in four mirrorings, or all symmetries"
        ),
    ] = "4"


@dataclass(frozen=True)
class Training:
    """How the denoiser learns."""

    mode: Annotated[
        Mode,
        Param(
            "supervised: from pairs, the wanted image clean or a second exposure; recorrupted: from single images, whose noise is "
            "measured in them; blind_spot: from single images with uncorrelated noise; auto: what the set allows"
        ),
    ] = "auto"
    epochs: Annotated[int, Param("Largest number of passes; early stopping may end sooner", 1, 1000)] = 60
    minutes: Annotated[
        float, Param("Longest time it may learn for; 0 sets no limit. The step size falls to 0 within it", 0.0, 1e5)
    ] = 0.0
    batch_size: Annotated[int, Param("Images a step", 1, 256, advanced=True)] = 8
    learning_rate: Annotated[float, Param("Peak step size of the optimiser", 1e-6, 0.1, advanced=True)] = 3e-3
    ema: Annotated[
        float,
        Param(
            "The weights that answer are a running mean; this much is kept a step, 0: no mean", 0.0, 0.9999, "", True
        ),
    ] = 0.99
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
        "Takes the noise out of an image and says how sure it is, linear in flux: a U-Net (Ronneberger et al. 2015, "
        "arXiv:1505.04597) that answers with the noise, not with the image. It learns from clean images, from second exposures "
        "(Noise2Noise, Lehtinen et al. 2018, arXiv:1803.04189), or from single images by adding noise like "
        "theirs (Recorrupted-to-Recorrupted, Pang et al. 2021) or a blind spot (Noise2Self, Batson and Royer 2019, "
        "arXiv:1901.11365). What it cannot reproduce is odd."
    ),
    halo=HALO_PX,
    resumes=True,
)


@hookimpl
def astrolens_backends() -> Iterable[BackendSpec]:
    """What this package offers."""
    return (AUTOENCODER,)
