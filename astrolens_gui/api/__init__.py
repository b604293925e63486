"""All that a plugin may import (with `astrolens_gui.kit`): numpy and plain records; no Qt, no Keras, no SQL."""

from .answers import MASK_SIDE, Detections, Restored
from .context import Cancelled, Context, Progress
from .errors import UserError
from .hooks import API_VERSION, PROJECT, hookimpl, hookspec
from .params import Field, NoParams, Param, as_dict, build, fields
from .protocols import (
    Backend,
    Classifies,
    Detects,
    Differentiates,
    Embeds,
    Explains,
    Restores,
    Simulates,
    Trainable,
    Wonders,
)
from .specs import CAPABILITIES, BackendSpec, ExporterSpec, ReaderSpec, StrategySpec, StretchSpec
from .types import SCALE_TOLERANCE, Changes, FitReport, InputSpec, Plane, TrainingSet

__all__ = [
    "API_VERSION",
    "CAPABILITIES",
    "MASK_SIDE",
    "PROJECT",
    "SCALE_TOLERANCE",
    "Backend",
    "BackendSpec",
    "Cancelled",
    "Changes",
    "Classifies",
    "Context",
    "Detections",
    "Detects",
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
    "Restored",
    "Restores",
    "Simulates",
    "StrategySpec",
    "StretchSpec",
    "Trainable",
    "TrainingSet",
    "UserError",
    "Wonders",
    "as_dict",
    "build",
    "fields",
    "hookimpl",
    "hookspec",
]
