"""All that a plugin may import (with `astrolens_gui.kit`): numpy and plain records; no Qt, no Keras, no SQL."""

from .context import Cancelled, Context, Progress
from .errors import UserError
from .hooks import API_VERSION, PROJECT, hookimpl, hookspec
from .params import Field, NoParams, Param, as_dict, build, fields
from .protocols import Backend, Classifies, Differentiates, Embeds, Explains, Simulates, Trainable
from .specs import CAPABILITIES, BackendSpec, ExporterSpec, ReaderSpec, StrategySpec, StretchSpec
from .types import SCALE_TOLERANCE, Changes, FitReport, InputSpec, Plane, TrainingSet

__all__ = [
    "API_VERSION",
    "CAPABILITIES",
    "PROJECT",
    "SCALE_TOLERANCE",
    "Backend",
    "BackendSpec",
    "Cancelled",
    "Changes",
    "Classifies",
    "Context",
    "Differentiates",
    "Embeds",
    "Explains",
    "ExporterSpec",
    "Field",
    "FitReport",
    "InputSpec",
    "NoParams",
    "Param",
    "Plane",
    "Progress",
    "ReaderSpec",
    "Simulates",
    "StrategySpec",
    "StretchSpec",
    "Trainable",
    "TrainingSet",
    "UserError",
    "as_dict",
    "build",
    "fields",
    "hookimpl",
    "hookspec",
]
