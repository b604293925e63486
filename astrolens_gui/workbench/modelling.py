"""The verbs of the workbench that concern models: queue, scores, training, simulation."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astrolens_gui.api import Changes
from astrolens_gui.jobs.job import Job
from astrolens_gui.jobs.runner import Runner

from .opened import Opened, as_job
from .records import QueueTable, ScoreReport, TrainReport

if TYPE_CHECKING:
    from . import restoring


class ModelVerbs:
    """The part of `Workbench` that speaks of models; each verb returns a Job at once."""

    if TYPE_CHECKING:
        runner: Runner

        @property
        def opened(self) -> Opened: ...

        def tell(self, changes: Changes) -> Changes: ...

    @as_job
    def queue(self, strategy: str | None = None, *, log_choice: bool = False) -> Job[QueueTable]:
        """All objects in an order; without a name, the project's own choice."""
        from .ranking import queue

        return self.runner.submit(
            "io", queue, self.opened, strategy, log_choice, title="ordering the queue", quiet=True
        )

    @as_job
    def make_searchable(self, names: Any) -> Job[None]:
        """Make the names of a queue ready for a search, before somebody searches."""
        return self.runner.submit("io", names.make_ready, title="names to search", quiet=True)

    @as_job
    def embed(self) -> Job[Any]:
        """Have the model in use look at all objects, for orders and maps that need more than a score: a `seeing.Seen`."""
        from .seeing import embed

        return self.opened.start("infer", embed, title="looking at every object")

    @as_job
    def set_mix(self, mix: Mapping[str, float]) -> Job[QueueTable]:
        """Keep {strategy: share, "random": share} as the project's mixture, and draw the queue anew."""
        from .ranking import set_mix

        return self.runner.submit("io", set_mix, self.opened, dict(mix), title="drawing the queue", quiet=True)

    @as_job
    def similar(self, ids: Sequence[int]) -> Job[QueueTable]:
        """The queue by likeness to these objects."""
        from .ranking import similar

        return self.runner.submit("io", similar, self.opened, list(ids), title="looking for more like it", quiet=True)

    @as_job
    def atlas(self, method: str = "pca") -> Job[Any]:
        """The places of all objects on a map of what the model sees: an `overview.Atlas`."""
        from .overview import atlas

        return self.opened.start("io", atlas, method, title="drawing the map")

    @as_job
    def doubts(self, sure: float = 0.9) -> Job[Any]:
        """Grades that a model contradicts which has not seen them: an `overview.Doubted`."""
        from .overview import doubts

        return self.runner.submit("io", doubts, self.opened, sure, title="doubting grades", quiet=True)

    @as_job
    def spread(self) -> Job[Any]:
        """How the scores of lenses, non-lenses and ungraded objects are spread: an `overview.Spread`."""
        from .overview import spread

        return self.runner.submit("io", spread, self.opened, title="counting scores", quiet=True)

    def score(self, backend: str = "", model: str = "", ids: Sequence[int] | None = None) -> Job[ScoreReport]:
        """Score all objects (or `ids`) with a model: the one named, else the champion, else fitting shipped weights.

        Of a backend that does not classify but has "anomaly", the scores are how odd each object is.
        """
        from .oddness import score_any

        return self.opened.start("infer", score_any, backend, model, ids, title="scoring")

    def warm_up(self) -> Job[bool]:
        """Load the champion where it runs, before somebody has to wait for it; false where there is nothing to do."""
        from .scoring import warm_up

        return self.runner.submit("infer", warm_up, self.opened, title="loading the model", quiet=True)

    def write_scores(self, model: str, out: Path) -> Job[int]:
        """The scores table of DESIGN §8, CSV or Parquet."""
        from .tables import write_scores

        return self.opened.start("io", write_scores, model, Path(out), title=f"writing {Path(out).name}")

    def train(
        self,
        backend: str,
        fit_params: dict[str, Any] | None = None,
        *,
        bands: Sequence[str] | None = None,
        seed: int = 0,
        pairs: Path | None = None,
        **how: bool,
    ) -> Job[TrainReport]:
        """The retrain button: fit on the labels in a child, calibrate, judge, and activate or refuse.

        `how` is a `training.How`: it goes on from the champion's weights where it can, unless `go_on` is False; with `quick`
        it tunes their last layer alone; what can't be compared with the champion is refused unless `replace_lineage`.
        A restorer learns from the project's own images, or from `pairs`, a folder that `pairs` made.
        """
        from .pairing import train_any
        from .training import How

        title = f"{'tuning' if how.get('quick') else 'training'} {backend}"
        asked = (backend, dict(fit_params or {}), bands, seed, pairs, How(**how))
        return self.opened.start("train", train_any, *asked, title=title)

    def resume(self) -> Job[TrainReport]:
        """Go on with the training that was broken off last, on the grades it had."""
        from .training import resume

        return self.opened.start("train", resume, title="going on with a training")

    def train_again(self, model: str) -> Job[Any]:
        """Train a model of the project once more as its folder says and compare the scores: an `again.Again`; nothing is kept."""
        from .again import train_again

        return self.opened.start("train", train_again, model, title=f"training {model} again")

    @as_job
    def explain(self, object_id: int, what: str = "gradcam", model: str = "") -> Job[Any]:
        """A map of what spoke for a lens ("gradcam", "occlusion" or "integrated"): a `why.Explanation`."""
        from .why import explain

        if what == "gradcam":  # milliseconds: not worth a line among the jobs
            return self.runner.submit(
                "infer", explain, self.opened, object_id, what, model, title="Grad-CAM", quiet=True
            )
        return self.opened.start("infer", explain, object_id, what, model, title=f"{what} of one object")

    @as_job
    def examine(self, object_id: int, model: str = "") -> Job[Any]:
        """The smallest change that flips a verdict, and what else moves it: a `why.Examination`."""
        from .why import examine

        return self.opened.start("infer", examine, object_id, model, title="testing the verdict")

    @as_job
    def flips(self, ids: Sequence[int] | None = None, model: str = "") -> Job[Any]:
        """How small a change flips each verdict, of all graded objects or of `ids`: a `flips.Flips`."""
        from .flips import flips

        return self.opened.start("infer", flips, ids, model, title="how small a change flips each verdict")

    def write_flips(self, found: Any, out: Path) -> Job[int]:
        """A table of `flips` as CSV; the number of rows."""
        from .flips import write_flips

        return self.runner.submit("io", write_flips, found, Path(out), title=f"writing {Path(out).name}")

    @as_job
    def scoreboard(self, truth: Path | None = None, tables: dict[str, Path] | None = None, **how: Any) -> Job[Any]:
        """Models, graders and `tables` of scores by one truth: a `standing.Standing`, which says what `how` may be; with
        `told=True` a `standing.Lacking` is the answer where it would be raised."""
        from .standing import scoreboard, scoreboard_or_lacking

        board = scoreboard_or_lacking if how.pop("told", False) else scoreboard
        return self.opened.start("io", functools.partial(board, **how), truth, tables, title="the scoreboard")

    def detect(self, object_id: int | None = None, backend: str = "", model: str = "") -> Job[Any]:
        """What a detector finds on an object's image (a `detecting.Found`) or on all (a `DetectReport`); it is kept beside
        people's boxes. Handed out as it comes (`partial`): a `Found` each."""
        from .detecting import detect

        what = "detecting" if object_id is not None else "detecting on every image"
        return self.opened.start("infer", detect, object_id, backend, model, title=what)

    @as_job
    def finds(self, model: str) -> Job[list[dict[str, Any]]]:
        """What a detector has found on all images, as rows of `core.labels.boxes_out`."""
        from .detecting import kept

        return self.runner.submit("io", kept, self.opened, model, quiet=True)

    @as_job
    def searched(self, threshold: float | None = None) -> Job[Any]:
        """What the grades of a drawn order say of all that nobody has graded: a `searching.Searched`."""
        from .searching import searched

        return self.runner.submit("io", searched, self.opened, threshold, title="estimating what is left", quiet=True)

    @as_job
    def model_rows(self) -> Job[list[Any]]:
        opened = self.opened
        return opened.submit_db(lambda: opened.store.models())

    @as_job
    def lineage(self) -> Job[list[Any]]:
        """The models that classify, oldest first, with what the gate said of each: `lineage.Ancestor`s."""
        from .lineage import lineage

        return self.runner.submit("io", lineage, self.opened, title="reading the models", quiet=True)

    @as_job
    def compare(self, first: str = "", second: str = "") -> Job[Any]:
        """Two models object by object, and on the held-out ones: a `comparing.Compared`; what lacks a score is scored first."""
        from .comparing import compare

        return self.opened.start("infer", compare, first, second, title="comparing two models")

    def write_compared(self, found: Any, out: Path) -> Job[int]:
        """Every object of a comparison as CSV; the number of rows."""
        from .comparing import write_compared

        return self.runner.submit("io", write_compared, found, Path(out), title=f"writing {Path(out).name}")

    @as_job
    def prospect(self, backend: str) -> Job[Any]:
        """What a training of this backend would learn from and change: a `prospect.Prospect`."""
        from .prospect import prospect

        return self.runner.submit("io", prospect, self.opened, backend, title="counting the grades", quiet=True)

    @as_job
    def unscored(self) -> Job[list[int]]:
        """Ids of the objects that the model in use has given no score."""
        from .lineage import unscored

        return self.runner.submit("io", unscored, self.opened, title="looking for objects without a score", quiet=True)

    def set_champion(self, model: str) -> Job[Changes]:
        """Roll back (or forward) to a model of this project, or to one that came with the program."""
        from .lineage import use

        opened = self.opened
        return opened.submit_db(lambda: use(opened, model))

    @as_job
    def restore(
        self, ids: Sequence[int], backend: str = "", model: str = "", draws: int = 8
    ) -> Job[list[restoring.Restoration]]:
        """Denoise or enhance objects to look at, by object and band; each object's are a partial as they are made."""
        from .restoring import restore

        what = "restoring" if len(ids) == 1 else f"restoring {len(ids):,} objects"
        return self.opened.start("infer", restore, list(ids), backend, model, draws, title=what)

    @as_job
    def write_restored(
        self, ids: Sequence[int], out: Path, backend: str = "", model: str = "", draws: int = 8
    ) -> Job[restoring.RestoreReport]:
        """The same as FITS files in the folder `out` (one object: also OUT.fits), of any size, marked as no data."""
        from .restoring import write_restored

        title = f"restoring {len(ids):,} objects into {Path(out).name}"
        return self.opened.start("infer", write_restored, list(ids), Path(out), backend, model, draws, title=title)

    def pairs(self, out: Path, **wanted: Any) -> Job[Any]:
        """Make a set of pairs that restorers learn from: a `PairSet`; `wanted` is a `pairing.Wanted`."""
        from .pairing import Wanted, make_pairs

        asked = Wanted(**wanted)
        return self.runner.submit("io", make_pairs, self, Path(out), asked, title=f"making pairs in {Path(out).name}")

    def simulate(
        self, backend: str, out: Path, count: int, *, seed: int = 0, params: dict[str, Any] | None = None, **how: Any
    ) -> Job[Path]:
        """Have a simulator write a sample; the path of its truth table. `how`: the rest of a `simulating.Sample`."""
        from .simulating import Sample, simulate

        sample = Sample(backend, Path(out), count, seed, dict(params or {}), **how)
        return self.runner.submit("io", simulate, self, sample, title=f"simulating {count} objects")
