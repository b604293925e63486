"""The retrain button from labels to a judged model folder, with the numpy toy backend."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from astrolens_gui.api import Cancelled, Context, InputSpec, as_dict, build
from astrolens_gui.core.learn import retrain, scoring
from astrolens_gui.core.learn.dataset import Example
from astrolens_gui.core.learn.judged import Judged
from astrolens_gui.core.learn.models import read_model
from astrolens_gui.core.learn.retrain import Champion
from astrolens_gui.testing import data, toy

[SPEC] = toy.astrolens_backends()
INPUT = data.concrete(InputSpec())
IMAGES, IS_LENS = data.stamps(400, INPUT, seed=11)


class Stamps:
    def batch(self, objects, spec):
        cut = (INPUT.size - spec.size) // 2
        return IMAGES[objects][:, cut : cut + spec.size, cut : cut + spec.size], []


def rows(count, band="r", wrong=0.0):
    flipped = np.random.default_rng(0).random(count) < wrong
    return [
        Example(i, f"o{i}", "", {band: (32, 32)}, 0.2, float(IS_LENS[i] ^ flipped[i]), (i + 1,), i)
        for i in range(count)
    ]


def run(entry, kwargs, ctx):
    module, _, name = entry.partition(":")
    return getattr(import_module(module), name)(**kwargs, ctx=ctx)


def train(tmp_path, examples, champion=None, **kwargs):
    work = tmp_path / f"work{len(list(tmp_path.glob('work*')))}"
    work.mkdir(parents=True)
    made = {
        "rows": examples,
        "cutouts": Stamps(),
        "spec": SPEC,
        "params": toy.ToyParams(),
        "fit_params": toy.ToyFitParams(epochs=60),
        "models_dir": tmp_path / "models",
        "champion": champion,
        "run": run,
        "ctx": Context(workdir=work),
    }
    return retrain.retrain(**{**made, **kwargs})


def test_that_a_first_training_is_accepted_and_its_folder_scores(tmp_path):
    outcome = train(tmp_path, rows(400), prevalence=0.01)
    assert outcome.verdict.kind == "accepted"
    assert outcome.verdict.metrics["AUROC"] > 0.95
    info = read_model(outcome.model.folder)
    assert info == outcome.model
    assert info.label_ids == tuple(range(1, 401))
    assert info.input == InputSpec(("r",), 0.2, 32)
    assert info.calibration.calibrated
    assert info.calibration.prior == 0.01
    kwargs = {"folder": str(info.folder), "factory": SPEC.factory, "params": toy.ToyParams()}
    _, out = scoring.predict(**kwargs, capability="classify", arrays={"batch": IMAGES[:50]}, ctx=Context())
    made = scoring.scored(np.arange(50), out["output"], info)
    assert made.logit[IS_LENS[:50]].mean() > made.logit[~IS_LENS[:50]].mean() + 2


def test_that_a_model_of_spoilt_labels_is_refused_and_the_champion_named(tmp_path):
    first = train(tmp_path, rows(400))
    champion = Champion(first.model, SPEC)
    spoilt = [replace(row, target=1 - row.target) if not held(row) else row for row in rows(400)]
    second = train(tmp_path, spoilt, champion)
    assert second.verdict.kind == "refused"
    assert second.model.parent == first.model.id
    assert read_model(second.model.folder).verdict == "refused"


def held(row):
    from astrolens_gui.core.learn.dataset import in_validation

    return in_validation(row, 0)


def test_that_more_labels_are_held_against_the_champion_on_the_same_objects(tmp_path):
    first = train(tmp_path, rows(120, wrong=0.2))
    second = train(tmp_path, rows(400), Champion(first.model, SPEC))
    assert second.verdict.kind == "accepted"
    assert second.verdict.metrics["AUROC"] >= second.verdict.metrics["AUROC_champion"]
    assert "was 0." in second.verdict.reason or "was 1." in second.verdict.reason


@pytest.mark.parametrize(
    ("resumes", "go_on", "starts"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_that_a_training_goes_on_from_the_champion_where_it_can(tmp_path, resumes, go_on, starts):
    asked = []

    def listening(entry, kwargs, ctx):
        asked.append(kwargs.get("start", ""))
        return run(entry, kwargs, ctx)

    first = train(tmp_path, rows(300))
    spec = replace(SPEC, resumes=resumes)
    second = train(tmp_path, rows(300), Champion(first.model, spec), spec=spec, run=listening, go_on=go_on)
    assert asked[0] == (str(first.model.folder) if starts else "")
    assert second.model.start == (first.model.id if starts else "")
    assert read_model(second.model.folder).start == second.model.start
    fewer = train(tmp_path, rows(300, band="i"), Champion(first.model, spec), spec=spec, run=listening)
    assert fewer.model.start == "", "not from weights for another input"


def test_that_a_champion_with_a_smaller_input_is_still_compared(tmp_path):
    small = replace(SPEC, input=InputSpec(size=24))
    first = train(tmp_path, rows(300), spec=small)
    assert first.model.input.size == 24
    other = replace(SPEC, id="toy2")
    second = train(tmp_path, rows(300), Champion(first.model, small), spec=other)
    assert second.model.input.size == 32
    assert "AUROC_champion" in second.verdict.metrics


def test_that_the_same_backend_keeps_its_champions_input(tmp_path):
    small = replace(SPEC, input=InputSpec(size=24))
    first = train(tmp_path, rows(300), spec=small)
    assert train(tmp_path, rows(300), Champion(first.model, small)).model.input == first.model.input


def test_that_other_bands_start_a_new_lineage_and_it_is_said(tmp_path):
    first = train(tmp_path, rows(300))
    refused = train(tmp_path, rows(300, band="i"), Champion(first.model, SPEC))
    assert refused.verdict.kind == "refused"
    assert "the champion uses r, this model i; train with --new-lineage" in refused.verdict.reason
    second = train(tmp_path, rows(300, band="i"), Champion(first.model, SPEC), replace_lineage=True)
    assert second.verdict.kind == "accepted"
    assert second.model.parent == ""
    assert "a new lineage: the champion uses r, this model i" in second.verdict.reason


def test_that_a_leak_is_refused_and_a_few_doubles_are_left_out(tmp_path):
    class Doubles(Stamps):
        """Objects from `count` on show the images of those before them again, under other names."""

        def __init__(self, first):
            self.first = first

        def batch(self, objects, spec):
            return super().batch([place % self.first for place in objects], spec)

    def named(count, first):
        whole = rows(400)
        return [replace(whole[i % first], object=i, name=f"p{i}", source=i) for i in range(count)]

    leak = train(tmp_path, named(380, 200), cutouts=Doubles(200))
    assert leak.verdict.kind == "refused"
    assert "a leak: " in leak.verdict.reason
    assert "under another name" in leak.verdict.reason
    few = train(tmp_path, named(310, 300), cutouts=Doubles(300))
    assert few.verdict.kind == "accepted"
    assert "held-out doubles of trained objects were left out" in few.verdict.reason


def test_that_five_lenses_give_a_provisional_uncalibrated_model(tmp_path):
    lenses = [row for row in rows(400) if row.target == 1][:6]
    others = [row for row in rows(400) if row.target == 0][:30]
    outcome = train(tmp_path, lenses + others)
    assert outcome.verdict.kind == "provisional"
    assert outcome.verdict.activates
    assert outcome.verdict.reason.endswith("its scores are uncalibrated")
    assert outcome.model.calibration.temperature == 1.0


def test_that_undecided_grades_train_but_do_not_judge(tmp_path):
    examples = [replace(row, target=0.5) if row.object % 3 == 0 else row for row in rows(400)]
    figures = train(tmp_path, examples).verdict.metrics
    decided = [row for row in examples if held(row) and row.target != 0.5]
    assert figures["N_pos"] + figures["N_neg"] == len(decided)


class Choosy(toy.ToyBackend):
    """Answers 7 where it was asked for another number of epochs."""

    def fit(self, data, fit_params, ctx):
        return replace(super().fit(data, fit_params, ctx), used={"epochs": 7})


def test_that_the_model_keeps_what_the_training_chose_itself_and_can_be_trained_again(tmp_path):
    outcome = train(tmp_path, rows(100), spec=replace(SPEC, factory=f"{__name__}:Choosy"))
    kept = read_model(outcome.model.folder).fit_params
    assert kept == {**as_dict(toy.ToyFitParams(epochs=60)), "epochs": 7}
    assert build(SPEC.fit_params, kept).epochs == 7


def test_that_a_cancelled_training_leaves_no_model(tmp_path):
    said = []
    ctx = Context(workdir=tmp_path, on_progress=said.append, is_cancelled=lambda: len(said) > 10)
    with pytest.raises(Cancelled):
        train(tmp_path, rows(200), ctx=ctx)
    assert list((tmp_path / "models").glob("*")) == []


def test_that_the_progress_of_all_steps_only_rises(tmp_path):
    first = train(tmp_path, rows(200))
    said = []
    (tmp_path / "w").mkdir()
    train(
        tmp_path, rows(400), Champion(first.model, SPEC), ctx=Context(workdir=tmp_path / "w", on_progress=said.append)
    )
    fractions = [one.fraction for one in said]
    assert fractions == sorted(fractions)
    assert fractions[-1] > 0.95


def test_that_a_model_is_refused_where_no_held_out_object_shows_the_champion(tmp_path, monkeypatch):
    first = train(tmp_path, rows(200))

    def unfit(champion, rows, built, held, *_):
        return np.zeros(held.size, bool), np.full(held.size, np.nan)

    monkeypatch.setattr(retrain, "_champion_logits", unfit)
    outcome = train(tmp_path, rows(300), Champion(first.model, SPEC))
    assert outcome.verdict.kind == "refused"
    assert "held-out objects fits its input" in outcome.verdict.reason
    assert train(tmp_path, rows(300), Champion(first.model, SPEC), replace_lineage=True).verdict.activates


class Spoilt(Stamps):
    """The same objects on other pixels: bands in another order, another stretch."""

    def __init__(self, change):
        self.change = change

    def batch(self, objects, spec):
        images, failed = super().batch(objects, spec)
        return self.change(images), failed


@pytest.mark.parametrize(
    "change", [lambda x: np.arcsinh(4 * x), lambda x: -x, lambda x: x[:, ::-1] * 0.1, lambda x: np.zeros_like(x)]
)
def test_that_images_which_changed_under_the_champion_are_refused(tmp_path, change):
    champion = Champion(train(tmp_path, rows(300)).model, SPEC)
    outcome = train(tmp_path, rows(400), champion, cutouts=Spoilt(change))
    assert outcome.verdict.kind == "refused"
    assert "they have changed since" in outcome.verdict.reason or "the same of all" in outcome.verdict.reason
    fresh = train(tmp_path, rows(400), champion, cutouts=Spoilt(change), replace_lineage=True)
    assert "changed since" not in fresh.verdict.reason


@pytest.mark.parametrize("only_trained", [False, True])
def test_that_grades_at_odds_with_what_the_champion_is_sure_of_are_refused(tmp_path, only_trained):
    champion = Champion(train(tmp_path, rows(200)).model, SPEC)
    honest, random = rows(400), np.random.default_rng(4)
    wrong = [
        replace(row, target=1 - row.target)
        if row.object >= 200 and random.random() < 0.25 and not (only_trained and held(row))
        else row
        for row in honest
    ]
    outcome = train(tmp_path, wrong, champion)
    assert outcome.verdict.kind == "refused"
    assert "call a lens what the champion is sure is none" in outcome.verdict.reason
    assert train(tmp_path, honest, champion).verdict.activates


def test_that_who_grades_what_a_model_wrongly_calls_lenses_is_believed(tmp_path):
    """The top of a list holds mostly non-lenses where lenses are rare: what the champion is sure is a lens is no yardstick."""
    first = train(tmp_path, rows(120))
    logit = np.load(next(tmp_path.glob("work*/fitted-logits.npy")))
    assert logit.shape[0] == 120
    kept = [row for row in rows(400) if row.object < 120 or row.target < 0.5]
    assert train(tmp_path, kept, Champion(first.model, SPEC)).verdict.activates


class Coloured:
    """Two bands, g all noise; the files of the objects from `swapped` on hold them in the other order."""

    def __init__(self, swapped):
        self.swapped = swapped

    def batch(self, objects, spec):
        red = Stamps().batch(objects, InputSpec(("r",), spec.pixel_scale, spec.size))[0][..., 0]
        noise = np.random.default_rng(7).normal(size=IMAGES.shape[:1] + red.shape[1:]).astype(np.float32)[objects]
        images = np.stack([noise, red], axis=-1)
        other = np.asarray(objects) >= self.swapped
        images[other] = images[other][..., ::-1]
        return images, []


def test_that_new_files_with_their_bands_in_another_order_are_refused(tmp_path):
    """The old files are as they were, so the champion's answers to them are; only what is new is read wrongly."""
    both = {"g": (32, 32), "r": (32, 32)}
    examples = [replace(row, bands=both) for row in rows(400)]
    first = train(tmp_path, examples[:200], cutouts=Coloured(400))
    champion = Champion(first.model, SPEC)
    outcome = train(tmp_path, examples, champion, cutouts=Coloured(200))
    assert outcome.verdict.kind == "refused"
    assert "with their planes r, g read as g, r the champion ranks them" in outcome.verdict.reason
    assert train(tmp_path, examples, champion, cutouts=Coloured(400)).verdict.activates
    assert train(tmp_path, examples, champion, cutouts=Coloured(200), replace_lineage=True).verdict.activates


def test_that_a_model_is_held_against_those_before_the_champion_too(tmp_path):
    """Two honest trainings, the second worse by less than a refusal asks; the third as bad: the first one is named."""
    first = train(tmp_path, rows(400))
    second = train(tmp_path, rows(400), Champion(first.model, SPEC))
    assert second.verdict.activates
    then = Judged.read(first.model.folder)
    sharper = np.where(then.lens, 1.0, -1.0) * 5 + then.logit
    Judged(then.keys, then.lens, sharper).save(first.model.folder)
    noisy = Spoilt(lambda x: x + np.random.default_rng(1).normal(0, 6, x.shape).astype(np.float32))
    weak = train(tmp_path, rows(400), Champion(second.model, SPEC), cutouts=noisy, replace_lineage=True)
    outcome = train(tmp_path, rows(400), Champion(replace(weak.model, parent=first.model.id), SPEC), cutouts=noisy)
    assert outcome.verdict.kind == "refused"
    assert f"on which {first.model.id} had 1.000" in outcome.verdict.reason
