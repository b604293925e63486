"""The model that is asked why, and who it is; each question of `core.learn` gets its answers from here; holds no Qt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from astrolens_gui.api import BackendSpec, Context, UserError
from astrolens_gui.core.learn import scoring
from astrolens_gui.core.learn.models import ModelInfo

from .choice import choose_model

if TYPE_CHECKING:
    from .opened import Opened

WHATS = {"gradcam": "Grad-CAM", "occlusion": "Occlusion", "integrated": "Integrated gradients"}
NEEDS = {"gradcam": "explain", "occlusion": "classify", "integrated": "gradient"}


@dataclass(frozen=True)
class Asked:
    """Who was asked, and the answer as people are given it.

    Attributes:
        model, backend: ids. bands, size, pixel_scale: of what it eats.
        logit, score: calibrated, at the prevalence `prior`; the verdict is "lens" where the logit is above 0.
        explains: which of `WHATS` it can be asked. differentiates: whether it can be attacked.
    """

    object_id: int
    name: str
    model: str
    backend: str
    bands: tuple[str, ...]
    size: int
    pixel_scale: float | None
    logit: float
    score: float
    prior: float
    explains: tuple[str, ...]
    differentiates: bool

    @property
    def is_lens(self) -> bool:
        return self.logit > 0


class Asking:
    """A chosen model as the questions of `core.learn` take it; one instance a job."""

    def __init__(self, opened: Opened, model: str, ids: Sequence[int], ctx: Context) -> None:
        self.opened, self.ctx = opened, ctx
        self.spec, self.info = choose_model(opened, "", model, np.asarray(ids))
        self._silent = replace(ctx, on_progress=lambda _: None)
        self._predictors: dict[str, Callable[..., np.ndarray]] = {}

    def call(self, capability: str, stamps: np.ndarray) -> np.ndarray:
        if capability not in self._predictors:
            self._predictors[capability] = self.opened.bench.models.predictor(self.spec, self.info, capability)
        if self.ctx.is_cancelled():
            self.ctx.progress(0.0)
        return self._predictors[capability](np.ascontiguousarray(stamps, np.float32), self._silent)

    def run(self, stamps: np.ndarray) -> np.ndarray:
        """Calibrated lens log-odds, float64 (n,)."""
        return scoring.lens_logit(self.call("classify", stamps), self.info.classes, self.info.calibration)

    def slope(self, stamps: np.ndarray) -> np.ndarray:
        return self.call("gradient", stamps) / self.info.calibration.temperature

    def stamp(self, object_id: int) -> np.ndarray:
        _, images, refused = self.opened.images.batch([object_id], self.info.input)
        if refused:
            raise UserError(refused[0][1])
        if not len(images):
            raise UserError(f"there is no object number {object_id} in this project; reload the queue")
        return np.asarray(images[0])

    def asked(self, object_id: int, stamp: np.ndarray) -> Asked:
        logit = float(self.run(stamp[None])[0])
        info, name = self.info, self.opened.images.rows([object_id])[0].name
        return Asked(
            object_id=object_id,
            name=name,
            model=info.id,
            backend=info.backend,
            bands=info.input.bands,
            size=info.input.shape[0],
            pixel_scale=info.input.pixel_scale,
            logit=logit,
            score=float(scoring.probability(np.array([logit]))[0]),
            prior=info.calibration.prior,
            explains=tuple(what for what in WHATS if can(self.spec, self.info, NEEDS[what])),
            differentiates=can(self.spec, self.info, "gradient"),
        )


def can(spec: BackendSpec, info: ModelInfo, capability: str) -> bool:
    """Whether this model can be asked for a capability: the lens must be its last class, where gradients are taken."""
    told = capability in spec.capabilities
    return told and (capability == "classify" or info.classes[-1] == "lens")
