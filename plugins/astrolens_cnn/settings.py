"""What a person may set on a network and on its training, with the published recipes; imports no Keras."""

from __future__ import annotations

from dataclasses import dataclass, make_dataclass
from typing import Annotated, Any, Literal, get_type_hints

from astrolens_gui.api import Param


@dataclass(frozen=True)
class Network:
    """The shape of the network."""

    width: Annotated[int, Param("Filters of the first stage; each of the four stages doubles them", 4, 64)] = 16
    blocks: Annotated[int, Param("Residual blocks a stage", 1, 4, advanced=True)] = 1
    symmetries: Annotated[
        Literal["1", "2", "4", "8"],
        Param(
            "Mean of the answers for a stamp as it is, with its mirror image, in four turns, or all of these",
            before="1",
        ),
    ] = "4"


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
    tune: Annotated[
        Literal["auto", "all", "head"],
        Param(
            "What may change where it goes on from a trained network: all of it, or its last layer alone, in seconds; "
            "auto: the last layer up to 2,000 labels"
        ),
    ] = "auto"
    augment: Annotated[
        float, Param("Strength of random shifts, contrast and noise (symmetries are always used)", 0.0, 3.0)
    ] = 1.0
    unlabelled: Annotated[
        float,
        Param(
            "Weight of the loss on images that nobody graded, where the last layer is not all that changes; 0: none",
            0.0,
            10.0,
            before=0.0,
        ),
    ] = 0.0
    precision: Annotated[
        Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"],
        Param("Number format of the training; auto takes the quickest that the processor has", advanced=True),
    ] = "auto"


@dataclass(frozen=True)
class Layers:
    """The shape of a multilayer perceptron."""

    hidden: Annotated[int, Param("Units of each hidden layer", 1, 4096)] = 128
    depth: Annotated[int, Param("Hidden layers", 1, 8)] = 2
    activation: Annotated[Literal["relu", "sigmoid", "tanh"], Param("What a unit does with its sum")] = "relu"


@dataclass(frozen=True)
class Modules:
    """Which Inception."""

    form: Annotated[
        Literal["v3", "compact"],
        Param("v3 as published (stamps of 75 px and more), or three modules of the first paper"),
    ] = "v3"


@dataclass(frozen=True)
class Epfl:
    """What the authors' code and the paper's table leave open."""

    dropout: Annotated[float, Param("Share of the units left out in a step", 0.0, 0.9)] = 0.25
    scaled: Annotated[
        bool, Param("A scale and an offset behind each pooling, as in the authors' code; the paper's table has none")
    ] = True
    symmetries: Annotated[
        Literal["1", "2", "4", "8"], Param("Turned and mirrored copies of a stamp that are asked; published: all 8")
    ] = "1"


@dataclass(frozen=True)
class Committee(Network):
    """The shape of the members and their number."""

    members: Annotated[int, Param("Networks whose mean logit is the answer", 1, 16)] = 3


def recipe(name: str, **defaults: Any) -> type[Training]:
    """`Training` with other defaults, those of a paper; without its own smoothing, decay and running mean.

    To be given its own name in this module: settings travel to the training process, which finds the class by both.
    """
    hints = get_type_hints(Training, include_extras=True)
    plain = {"weight_decay": 0.0, "label_smoothing": 0.0, "ema": 0.0}
    changed = [(key, hints[key], value) for key, value in {**plain, **defaults}.items()]
    about = {"__module__": __name__, "__doc__": f"{Training.__doc__} Here the recipe of {name}."}
    return make_dataclass(name, changed, bases=(Training,), frozen=True, namespace=about)


@dataclass(frozen=True)
class CommitteeTraining(Training):
    """How each member learns, and how many are tried; the time is shared evenly."""

    tried: Annotated[int, Param("Networks trained; the best by validation become members", 1, 32)] = 3


# Where a paper's batch does not fit into 6 GB at 101 pixels it is smaller here, and the step size of SGD with it
# (Goyal et al. 2017, arXiv:1706.02677).
PerceptronTraining = recipe(
    "PerceptronTraining", batch_size=32, optimizer="adam", learning_rate=1e-3, schedule="constant", augment=0.0
)
MlpTraining = recipe("MlpTraining", optimizer="adam", learning_rate=1e-3)
LeNetTraining = recipe("LeNetTraining", epochs=20, batch_size=128, optimizer="adam", learning_rate=1e-3, augment=0.5)
AlexNetTraining = recipe(
    "AlexNetTraining",
    epochs=90,
    batch_size=128,
    optimizer="sgd",
    learning_rate=0.01,
    schedule="steps",
    weight_decay=5e-4,
    patience=30,
)
VggTraining = recipe(
    "VggTraining",
    epochs=74,
    batch_size=32,  # published: 256, with step size 0.01
    optimizer="sgd",
    learning_rate=0.00125,
    schedule="steps",
    weight_decay=5e-4,
    patience=30,
)
InceptionTraining = recipe(
    "InceptionTraining", epochs=100, batch_size=32, optimizer="adam", learning_rate=1e-3, label_smoothing=0.1
)
ResNetTraining = recipe(
    "ResNetTraining",
    epochs=120,
    batch_size=64,  # published: 256, with step size 0.1
    optimizer="sgd",
    learning_rate=0.025,
    schedule="steps",
    weight_decay=1e-4,
    patience=40,
)
DeepLensTraining = recipe(
    "DeepLensTraining",
    epochs=120,
    batch_size=32,  # published: 128
    optimizer="adam",
    learning_rate=1e-3,
    schedule="steps",
    patience=40,
)
LensDetectNetTraining = recipe(
    "LensDetectNetTraining", epochs=50, optimizer="sgd", learning_rate=0.01, schedule="steps", patience=20
)
LastroTraining = recipe(
    "LastroTraining", epochs=75, batch_size=30, optimizer="adam", learning_rate=1e-4, schedule="constant", patience=20
)
AstromaticTraining = recipe("AstromaticTraining", epochs=500, optimizer="adam", learning_rate=1e-3, patience=40)
GamoclassTraining = recipe("GamoclassTraining", epochs=300, optimizer="adam", learning_rate=1e-3, patience=20)
KapteynTraining = recipe(
    "KapteynTraining",
    epochs=180,
    batch_size=64,  # published for this form: 128, with step size 0.1
    optimizer="sgd",
    learning_rate=0.05,
    schedule="steps",
    weight_decay=1e-4,
    patience=60,
)
SwinburneTraining = recipe("SwinburneTraining", epochs=30, optimizer="sgd", learning_rate=0.01, schedule="constant")
WaveletTraining = recipe("WaveletTraining", optimizer="adam", learning_rate=2e-3, augment=0.5)
CastTraining = recipe("CastTraining", epochs=60, optimizer="adam", learning_rate=1e-3, augment=0.5)
