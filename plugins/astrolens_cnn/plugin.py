"""What AstroLens knows of the CNN before any of its code runs; imports no Keras."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from astrolens_gui.api import BackendSpec, InputSpec, Param, hookimpl


@dataclass(frozen=True)
class Network:
    """The shape of the network."""

    width: Annotated[int, Param("Filters of the first stage; each of the four stages doubles them", 4, 64)] = 16
    blocks: Annotated[int, Param("Residual blocks a stage", 1, 4, advanced=True)] = 1


@dataclass(frozen=True)
class Training:
    """How it learns; the defaults are for 20 to 20,000 labels."""

    epochs: Annotated[int, Param("Largest number of passes; early stopping may end sooner", 1, 500)] = 40
    minutes: Annotated[
        float, Param("Longest time it may learn for; 0 sets no limit. The step size falls to 0 within it", 0.0, 1e5)
    ] = 0.0
    batch_size: Annotated[int, Param("Stamps a step", 8, 1024, advanced=True)] = 64
    optimizer: Annotated[Literal["adamw", "adam", "sgd"], Param("How a step follows from the slope", advanced=True)] = (
        "adamw"
    )
    learning_rate: Annotated[float, Param("Peak step size of the optimiser", 1e-5, 0.1, advanced=True)] = 4e-3
    schedule: Annotated[
        Literal["cosine", "constant", "steps"],
        Param("How the step size falls: to 0 as a cosine, not at all, or to a tenth twice", advanced=True),
    ] = "cosine"
    weight_decay: Annotated[float, Param("Decay of the weights", 0.0, 1.0, advanced=True)] = 0.01
    label_smoothing: Annotated[float, Param("How unsure to be of a label", 0.0, 0.4, advanced=True)] = 0.03
    ema: Annotated[
        float,
        Param(
            "The weights that answer are a running mean; this much is kept a step, 0: no mean", 0.0, 0.9999, "", True
        ),
    ] = 0.998
    patience: Annotated[int, Param("Epochs without a better validation loss before it stops", 1, 500)] = 12
    augment: Annotated[
        float, Param("Strength of random shifts, contrast and noise (symmetries are always used)", 0.0, 3.0)
    ] = 1.0
    precision: Annotated[
        Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"],
        Param("Number format of the training; auto takes the quickest that the processor has", advanced=True),
    ] = "auto"


CNN = BackendSpec(
    id="cnn",
    title="Compact residual network",
    capabilities=("classify", "embed", "explain", "gradient"),
    factory="astrolens_cnn.networks.residual:Residual",
    input=InputSpec(size=64),
    params=Network,
    fit_params=Training,
    requires=("tensorflow", "keras", "safetensors"),
    version="1",
    doc="A small residual network (He et al. 2016) that learns lenses from tens to tens of thousands of labels in "
    "minutes on a laptop. It takes any bands; stamps are cut to at most 64 pixels a side.",
)


@hookimpl
def astrolens_backends():
    return [CNN]
