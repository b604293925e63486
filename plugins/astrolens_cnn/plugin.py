"""What AstroLens knows of the CNN family before any of its code runs: a table of networks; imports no Keras."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from astrolens_gui.api import BackendSpec, InputSpec, NoParams, hookimpl

from . import settings
from .settings import Network, Training
from .stacked import STACKED

__all__ = ["CNN", "NETWORKS", "Network", "Training", "astrolens_backends"]

_SAME: dict[str, Any] = {
    "capabilities": ("classify", "embed", "explain", "gradient"),
    "requires": ("tensorflow", "keras", "safetensors"),
    "version": "1",
    "resumes": True,
}

CNN = BackendSpec(
    id="cnn",
    title="Compact residual network",
    factory="astrolens_cnn.networks.residual:Residual",
    input=InputSpec(size=64),
    params=Network,
    fit_params=Training,
    doc="A small residual network (He et al. 2016) that learns lenses from tens to tens of thousands of labels in "
    "minutes on a laptop. It takes any bands; stamps are cut to at most 64 pixels a side.",
    group="default",
    **_SAME,
)


def _network(
    id: str,
    title: str,
    place: str,
    group: str,
    about: str,
    weights: str,
    smallest: int,
    fit_params: type,
    params: type = NoParams,
    size: int = 101,
    **more: Any,
) -> BackendSpec:
    """A row of the table. `weights`: with one band at `size` pixels; `smallest`: stamp that it takes, in pixels."""
    takes = f"{weights} weights; stamps of {smallest} to {size} px."
    return BackendSpec(
        id=id,
        title=title,
        factory=f"astrolens_cnn.networks.{place}",
        input=InputSpec(size=size),
        params=params,
        fit_params=fit_params,
        doc=f"{about}\n\n{takes}",
        group=group,
        **{**_SAME, **more},
    )


_CHALLENGE, _TEXTBOOK = "challenge", "textbook"

NETWORKS = (
    CNN,
    _network(
        "voting",
        "Committee of compact networks",
        "voting:Voting",
        "default",
        "The default network several times, from different seeds; the mean of the best ones' logits (as CMU-Voting in "
        "Metcalf et al. 2019, arXiv:1802.03609).",
        "928,000",
        16,
        settings.CommitteeTraining,
        settings.Committee,
        size=64,
        resumes=False,  # its members begin apart, so that they differ
    ),
    _network(
        "deeplens",
        "CMU DeepLens",
        "deeplens:DeepLens",
        _CHALLENGE,
        "Residual network at full resolution (Lanusse et al. 2017, arXiv:1703.02642), first of the challenge on ground "
        "images. Slow without a GPU.",
        "3.5 million",
        16,
        settings.DeepLensTraining,
    ),
    _network(
        "lastro",
        "LASTRO EPFL",
        "lastro:Lastro",
        _CHALLENGE,
        "Eight convolutions, three dense layers (Schaefer et al. 2018, arXiv:1705.07132), first of the challenge on "
        "space images. Quick on a CPU.",
        "5.7 million",
        62,
        settings.LastroTraining,
        settings.Epfl,
    ),
    _network(
        "gamoclass",
        "GAMOCLASS",
        "gamoclass:Gamoclass",
        _CHALLENGE,
        "Three convolutions, pooled by three (Tuccillo et al. in Metcalf et al. 2019, arXiv:1802.03609). Quick on a CPU.",
        "240,000",
        27,
        settings.GamoclassTraining,
    ),
    _network(
        "swinburne",
        "CAS Swinburne",
        "swinburne:Swinburne",
        _CHALLENGE,
        "Large kernels first (Jacobs et al. 2017, arXiv:1704.02744), as in AlexNet. Slow without a GPU.",
        "4.0 million",
        27,
        settings.SwinburneTraining,
    ),
    _network(
        "astromatic",
        "AstrOmatic",
        "astromatic:Astromatic",
        _CHALLENGE,
        "Three convolutions with exponential linear units and dropout (Bertin in Metcalf et al. 2019, arXiv:1802.03609).",
        "2.5 million",
        16,
        settings.AstromaticTraining,
    ),
    _network(
        "kapteyn",
        "Kapteyn Resnet",
        "kapteyn:Kapteyn",
        _CHALLENGE,
        "A residual network of 32 layers (Petrillo et al. in Metcalf et al. 2019, arXiv:1802.03609). Slow without a GPU.",
        "466,000",
        16,
        settings.KapteynTraining,
        size=80,
    ),
    _network(
        "lensdetectnet",
        "LensDetectNet",
        "lensdetectnet:LensDetectNet",
        _CHALLENGE,
        "A network with the weight counts of the lecture (C. R. Bom, Deep Learning Applications in Astronomy): "
        "49,714,696 with three bands. Slow without a GPU.",
        "49.7 million",
        53,
        settings.LensDetectNetTraining,
    ),
    _network(
        "perceptron",
        "Perceptron",
        "perceptron:Perceptron",
        _TEXTBOOK,
        "One unit that weighs every pixel (Rosenblatt 1958). What it can't do is why there are layers.",
        "10,202",
        1,
        settings.PerceptronTraining,
    ),
    _network(
        "mlp",
        "Multilayer perceptron",
        "mlp:Mlp",
        _TEXTBOOK,
        "Every pixel to every unit, layer upon layer (Rumelhart, Hinton and Williams 1986); knows nothing of neighbours.",
        "1.3 million",
        1,
        settings.MlpTraining,
        settings.Layers,
    ),
    _network(
        "lenet",
        "LeNet, as in the lecture",
        "lenet:LeNet",
        _TEXTBOOK,
        "Two convolutions and a wide layer (after LeCun et al. 1998), as in the lecture's Keras code.",
        "31 million",
        16,
        settings.LeNetTraining,
    ),
    _network(
        "alexnet",
        "AlexNet",
        "alexnet:AlexNet",
        _TEXTBOOK,
        "Five convolutions, the first 11 × 11 with stride 4 (Krizhevsky, Sutskever and Hinton 2012).",
        "24.7 million",
        67,
        settings.AlexNetTraining,
    ),
    _network(
        "vgg",
        "VGG16",
        "vgg:Vgg",
        _TEXTBOOK,
        "Thirteen 3 × 3 convolutions, nothing else to help them (Simonyan and Zisserman 2014, arXiv:1409.1556). Very slow "
        "without a GPU.",
        "50.4 million",
        32,
        settings.VggTraining,
    ),
    _network(
        "inception",
        "Inception",
        "inception:Inception",
        _TEXTBOOK,
        "Kernels of several sizes side by side (Szegedy et al. 2015, arXiv:1512.00567); the compact form is quick on a "
        "CPU and takes stamps from 16 px.",
        "21.8 million",
        75,
        settings.InceptionTraining,
        settings.Modules,
    ),
    _network(
        "resnet",
        "ResNet50",
        "resnet:ResNet",
        _TEXTBOOK,
        "Fifty layers with short cuts around them (He et al. 2016, arXiv:1512.03385). Slow without a GPU.",
        "23.6 million",
        16,
        settings.ResNetTraining,
    ),
)


@hookimpl
def astrolens_backends() -> Iterable[BackendSpec]:
    return (*NETWORKS, *STACKED)
