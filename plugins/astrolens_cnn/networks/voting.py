"""A committee of the default network: members from different seeds, the best of them by validation, their mean logit.

The challenge's entry CMU-Voting (Metcalf et al. 2019, §4) was one. Each member learns for its share of the time; all
stand in one network, hence in one file of weights.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
from keras import layers

from astrolens_gui import kit
from astrolens_gui.api import Context, FitReport, TrainingSet
from astrolens_gui.kit import budget

from .. import training
from ..classifier import Classifier
from . import residual


def network(shape: tuple[int, int, int], classes: int, params: Any, folded: bool = False) -> keras.Model:
    """The members side by side on one input: the mean of their logits, all their features."""
    inputs = keras.Input(shape, name="stamp")
    members = [
        residual.outputs(inputs, classes, params, folded=folded, prefix=_prefix(member))
        for member in range(params.members)
    ]
    if len(members) == 1:
        return keras.Model(inputs, members[0])
    logits = layers.Average(dtype="float32")([each["logits"] for each in members])
    features = layers.Concatenate(dtype="float32")([each["features"] for each in members])
    return keras.Model(inputs, {"logits": logits, "features": features})


def _prefix(member: int) -> str:
    return f"member{member}_"


class Voting(Classifier):
    """The backend `voting`."""

    def network(self, shape: tuple[int, int, int], classes: int) -> keras.Model:
        return network(shape, classes, self.params)

    def answering(self, trained: keras.Model) -> keras.Model:
        with kit.dtype_scope("float32"):
            folded = network(trained.input_shape[1:], trained.output["logits"].shape[-1], self.params, folded=True)
        residual.fold(trained, folded)
        return folded

    def members(self, answering: keras.Model) -> list[keras.Model]:
        names = [f"{_prefix(member)}features" for member in range(self.params.members)]
        return [keras.Model(answering.input, answering.get_layer(name).output) for name in names]

    def fit(self, data: TrainingSet, fit_params: Any, ctx: Context) -> FitReport:
        shape, classes = data.input.shape, len(data.classes)
        limit, tried = budget.Budget(fit_params.minutes), max(fit_params.tried, self.params.members)
        fitted: list[tuple[keras.Model, FitReport]] = []
        for member in range(tried):
            how = fit_params
            if fit_params.minutes:
                how = replace(how, minutes=max(limit.left() / 60, 1e-3) / (tried - member))
            part = replace(ctx.part(member / tried, (member + 1) / tried), seed=ctx.seed + member).kept(
                f"member_{member}"
            )
            fitted.append(training.train(lambda: residual.network(shape, classes, self.params), data, how, part))
        chosen = best([report for _, report in fitted], self.params.members)
        committee = self.network(shape, classes)
        for place, number in enumerate(chosen):
            member, _ = fitted[number]
            for layer in member.layers:
                if layer.weights:
                    committee.get_layer(_prefix(place) + layer.name).set_weights(layer.get_weights())
        self._take(committee)
        return training.together([fitted[number][1] for number in chosen])


def best(reports: list[FitReport], count: int) -> list[int]:
    """Numbers of the `count` members with the lowest validation loss, in the order they were trained; without a
    validation, the first."""
    lowest = [min((epoch.get("val_loss", 0.0) for epoch in report.epochs), default=0.0) for report in reports]
    return sorted(sorted(range(len(reports)), key=lambda number: lowest[number])[:count])
