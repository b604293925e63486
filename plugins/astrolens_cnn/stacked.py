"""Rows of the table for networks with something classical before or behind them; imports no Keras."""

from __future__ import annotations

from astrolens_gui.api import BackendSpec, InputSpec

from .settings import CastTraining, Network, Training, WaveletTraining

WAVELET = BackendSpec(
    id="wavelet",
    title="Wavelet modulus + network",
    capabilities=("classify", "embed", "explain", "gradient"),
    factory="astrolens_cnn.networks.wavelet:Wavelet",
    input=InputSpec(size=101),
    fit_params=WaveletTraining,
    requires=("tensorflow", "keras", "safetensors"),
    version="1",
    doc="Horizontal and vertical responses of a Mallat wavelet, their modulus, two convolutions and three dense layers: "
    "the challenge's entry NeuralNet2 (Metcalf et al. 2019, arXiv:1802.03609). Quick on a CPU.",
    group="challenge",
)
CAST = BackendSpec(
    id="cast",
    title="CAST: small networks + SVM",
    capabilities=("classify", "embed"),
    factory="astrolens_cnn.networks.cast:Cast",
    input=InputSpec(size=101),
    fit_params=CastTraining,
    requires=("tensorflow", "keras", "safetensors", "sklearn", "scipy"),
    version="1",
    doc="A contrast stretch, a Wiener filter and a small network for each triple of bands, whose scores a support vector "
    "machine stacks; one network where there are no more than three bands (the challenge's entries CAST-SB and CAST-GB: "
    "Metcalf et al. 2019, arXiv:1802.03609).",
    group="challenge",
)
CNN_SVM = BackendSpec(
    id="cnn-svm",
    title="Compact residual network + SVM",
    capabilities=("classify", "embed"),
    factory="astrolens_cnn.networks.features_svm:FeaturesSvm",
    input=InputSpec(size=64),
    params=Network,
    fit_params=Training,
    requires=("tensorflow", "keras", "safetensors", "sklearn"),
    version="1",
    doc="The features of the compact residual network, judged by a support vector machine with a Gaussian kernel.",
    group="classical",
)
STACKED = (WAVELET, CAST, CNN_SVM)
