"""The enhancer and the generator of stamps as the program sees them before they run; imports no TensorFlow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from astrolens_gui.api import BackendSpec, InputSpec, Param, hookimpl

HALO_PX = 64
"""Pixels around a place that its answer may depend on (`network.py` counts 52; a test changes pixels beyond it)."""

Precision = Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]


@dataclass(frozen=True)
class Enhancer:
    """The shape of the network and how often it answers."""

    width: Annotated[
        int, Param("Filters at full resolution; coarser levels have two and four times as many", 4, 128)
    ] = 16
    draws: Annotated[
        int, Param("Answers an image, each from noise of its own; their spread shows what is made up", 1, 64)
    ] = 8


@dataclass(frozen=True)
class Training:
    """How the enhancer learns."""

    epochs: Annotated[int, Param("Largest number of passes; early stopping may end sooner", 1, 1000)] = 60
    minutes: Annotated[
        float, Param("Longest time it may learn for; 0 sets no limit. The step size falls to 0 within it", 0.0, 1e5)
    ] = 0.0
    pixel_weight: Annotated[float, Param("Weight of the distance to the wanted image", 0.0, 1e4)] = 100.0
    spread_weight: Annotated[
        float,
        Param("How far two answers are pushed apart; near 1 they scatter as much as they err, 0: not at all", 0.0, 1.0),
    ] = 0.95
    adversary_weight: Annotated[
        float, Param("Weight of the adversary's judgement; 0 leaves a plain U-Net, which invents least", 0.0, 1e4)
    ] = 1.0
    batch_size: Annotated[int, Param("Images a step", 1, 256, advanced=True)] = 16
    learning_rate: Annotated[float, Param("Peak step size of the optimiser", 1e-6, 0.1, advanced=True)] = 1e-3
    ema: Annotated[
        float,
        Param(
            "The weights that answer are a running mean; this much is kept a step, 0: no mean", 0.0, 0.9999, "", True
        ),
    ] = 0.995
    patience: Annotated[int, Param("Epochs without a better validation loss before it stops", 1, 1000)] = 15
    precision: Annotated[Precision, Param("Number format of the training; auto takes the quickest", advanced=True)] = (
        "auto"
    )


@dataclass(frozen=True)
class Generator:
    """Which trained generator draws."""

    model: Annotated[str, Param("Folder of a trained generator, as its training saved it")] = ""
    width: Annotated[
        int, Param("Filters of the finest layer; each coarser one has twice as many", 4, 128, "", True)
    ] = 16
    latent: Annotated[int, Param("Random numbers that a stamp is drawn from", 4, 512, "", True)] = 64


@dataclass(frozen=True)
class Drawing:
    """How the generator learns; the defaults are those of CosmoGAN (Mustafa et al. 2019, arXiv:1706.02390)."""

    epochs: Annotated[int, Param("Passes through the stamps", 1, 10_000)] = 50
    minutes: Annotated[float, Param("Longest time it may learn for; 0 sets no limit", 0.0, 1e5)] = 0.0
    batch_size: Annotated[int, Param("Stamps a step", 2, 256, advanced=True)] = 64
    learning_rate: Annotated[float, Param("Step size of both optimisers", 1e-6, 0.1, advanced=True)] = 2e-4
    flip: Annotated[float, Param("Share of the adversary's labels that are swapped", 0.0, 0.5, advanced=True)] = 0.01


_NEEDS = ("tensorflow", "keras", "safetensors")

GAN = BackendSpec(
    id="gan",
    title="Enhancer with an adversary",
    capabilities=("restore",),
    factory="astrolens_gan.enhancer:Gan",
    input=InputSpec(normalisation="noise"),
    params=Enhancer,
    fit_params=Training,
    requires=_NEEDS,
    version="1",
    doc=(
        "From poor seeing and noise to sharper and deeper images: a U-Net and a patch-wise adversary (Schawinski et al. 2017, "
        "arXiv:1702.00403; Isola et al. 2017, arXiv:1611.07004). It learns from pairs and answers several times: where its "
        "answers differ, it makes up what it shows. What it draws is not data."
    ),
    halo=HALO_PX,
)

DCGAN = BackendSpec(
    id="dcgan",
    title="Generator of stamps",
    capabilities=("simulate",),
    factory="astrolens_gan.stamps:Dcgan",
    input=InputSpec(size=64, normalisation="noise"),
    params=Generator,
    fit_params=Drawing,
    requires=_NEEDS,
    version="1",
    doc=(
        "Draws stamps like those it was shown (DCGAN, Radford et al. 2016, arXiv:1511.06434). It does not know what a lens is: "
        "its truth table leaves is_lens empty, and every file says that it is not data."
    ),
)


@hookimpl
def astrolens_backends() -> Iterable[BackendSpec]:
    """What this package offers."""
    return (GAN, DCGAN)
