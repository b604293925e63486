"""Where a model runs: the infer lane's warm child, or its thread; the same plugin code either way."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.api import BackendSpec, Context
from astrolens_gui.core import paths
from astrolens_gui.core.learn import scoring
from astrolens_gui.core.learn.models import ModelInfo
from astrolens_gui.jobs.batches import Halving
from astrolens_gui.jobs.device import cores, environment

if TYPE_CHECKING:
    from astrolens_gui.core.settings import Settings
    from astrolens_gui.jobs.runner import Runner

LARGEST_BATCH = 1024
"""Objects of the first try on a device whose memory nobody knows."""

Predict = Callable[[np.ndarray, Context], Any]
"""(images, ctx) → the answer: an array, or of detect and restore the arrays of their record by name."""


class Engine:
    """Makes predictors; owns the warm child, which the runner closes.

    Args:
        spare: processor cores that models leave alone.
    """

    def __init__(self, runner: Runner, settings: Settings, spare: int = 0) -> None:
        self._spare = spare
        self._runner = runner
        self._settings = settings
        self._child: Any = None
        runner.on_close(self.release)

    @property
    def child(self) -> Any:
        """The warm child, started by its first call."""
        if self._child is None:
            from astrolens_gui.jobs.process import WarmChild

            threads = max(1, cores() - self._spare)
            settings = environment(self._settings["device"], threads=threads)
            self._child = WarmChild("inference", settings, log_folder=paths.log_folder())
        return self._child

    def release(self) -> None:
        """End the warm child; the next call starts one with the settings of then."""
        if self._child is not None:
            self._child.close()
            self._child = None

    def where(self, spec: BackendSpec) -> str:
        """ "process" or "thread": the person's setting, else the backend's."""
        chosen = self._settings["run_in"]
        return spec.run_in if chosen == "auto" else chosen

    def predictor(self, spec: BackendSpec, info: ModelInfo, capability: str) -> Predict:
        """A function (images, ctx) → the capability's output; keeps the model loaded between calls.

        A batch that does not fit into the device's memory is tried again in halves, and the size that fits is kept.
        """
        arguments = {
            "folder": str(info.folder),
            "factory": spec.factory,
            "params": info.network(spec.params),
            "capability": capability,
        }
        thread = self.where(spec) == "thread"
        if thread and "tensorflow" not in sys.modules:  # it reads these once, when it is imported
            os.environ.update(environment(self._settings["device"]))
        fits = LARGEST_BATCH

        def run(images: np.ndarray, ctx: Context) -> Any:
            if thread:
                made = scoring.predict(**arguments, arrays={"batch": images}, ctx=ctx)[1]
            else:
                made = self.child.call(scoring.PREDICT, arguments, {"batch": images}, ctx)[1]
            return made.get("output", made)

        def predict(images: np.ndarray, ctx: Context) -> Any:
            nonlocal fits
            halving = Halving(lambda rows: run(rows, ctx), fits, join=joined)
            output = halving(images)
            fits = halving.size
            return output

        return predict


def joined(parts: list[Any]) -> Any:
    """One answer of those of consecutive batches; of records their arrays."""
    if isinstance(parts[0], dict):
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return np.concatenate(parts)
