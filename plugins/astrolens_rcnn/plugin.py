"""The detector as the program sees it before it runs; imports no TensorFlow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from astrolens_gui.api import BackendSpec, InputSpec, Param, hookimpl

HALO_PX = 192
"""Pixels around a find that it may depend on: 64 of the features' view, a proposal's 60 with its surroundings and its
shifts, and again as far to what may overlap it (`network.py` counts them; a test changes pixels beyond it)."""


@dataclass(frozen=True)
class Detector:
    """The shape of the network and what it reports."""

    proposals: Annotated[
        Literal["network", "sources"],
        Param("Where to look: places that the network proposes, or sources above the sky (Fast R-CNN)."),
    ] = "network"
    width: Annotated[int, Param("Filters of the first stage; later ones have two and four times as many", 4, 64)] = 16
    least_score: Annotated[float, Param("Finds with a lower score are not told", 0.001, 0.99)] = 0.05
    overlap: Annotated[
        float, Param("Of two finds whose boxes share more than this the weaker goes", 0.1, 0.9, advanced=True)
    ] = 0.3


@dataclass(frozen=True)
class Training:
    """How it learns."""

    epochs: Annotated[int, Param("Largest number of passes; early stopping may end sooner", 1, 1000)] = 40
    minutes: Annotated[
        float, Param("Longest time it may learn for; 0 sets no limit. The step size falls to 0 within it", 0.0, 1e5)
    ] = 0.0
    batch_size: Annotated[int, Param("Images a step", 1, 64, advanced=True)] = 8
    learning_rate: Annotated[float, Param("Peak step size of the optimiser", 1e-5, 0.1, advanced=True)] = 2e-3
    weight_decay: Annotated[float, Param("Decay of the weights", 0.0, 1.0, advanced=True)] = 0.01
    ema: Annotated[
        float,
        Param(
            "The weights that answer are a running mean; this much is kept a step, 0: no mean", 0.0, 0.9999, "", True
        ),
    ] = 0.99
    patience: Annotated[int, Param("Epochs without a better validation loss before it stops", 1, 1000)] = 12
    augment: Annotated[float, Param("Strength of random contrast and noise (symmetries are always used)", 0, 3)] = 1.0
    precision: Annotated[
        Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"],
        Param("Number format of the training; auto takes the quickest that the processor has", advanced=True),
    ] = "auto"


RCNN = BackendSpec(
    id="rcnn",
    title="Faster R-CNN with masks",
    capabilities=("detect",),
    factory="astrolens_rcnn.detector:Rcnn",
    input=InputSpec(size=256),
    params=Detector,
    fit_params=Training,
    requires=("tensorflow", "keras", "safetensors", "sep"),
    version="1",
    doc=(
        "Finds lenses in images of any size and outlines their arcs: Faster R-CNN (Ren et al. 2015, arXiv:1506.01497) on a "
        "feature pyramid (Lin et al. 2017, arXiv:1612.03144) with the mask head of Mask R-CNN (He et al. 2017, "
        "arXiv:1703.06870). Objects of 8 to 80 px. Learns from boxes in minutes on a laptop."
    ),
    halo=HALO_PX,
)


@hookimpl
def astrolens_backends() -> Iterable[BackendSpec]:
    """What this package offers."""
    return (RCNN,)
