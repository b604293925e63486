"""Models on real survey stamps: Euclid lenses and their neighbours, and HST F140W trained from labels, field by field.

    python benchmarks/real_stamps.py [--weights resources/weights/cnn-euclid-vis] [--hst] [--picture FILE] [--json]

The stamps lie beside the checkout (shared/data, or where ASTROLENS_DATA says). Lenses are 100-150 px wide there and
their neighbours 40-50: the size of a stamp alone tells the class (its AUROC is printed), so all are cut to the same
central field before anything sees them. The neighbours are also fainter than the lenses: the AUROC of the brightness in
that field is printed beside the model's, and a model has shown nothing on these stamps unless it is read with that in
mind. None of these stamps ever trains the Euclid model.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.api import BackendSpec, Context, InputSpec, Plane, UserError
from astrolens_gui.core.images import ingest, readers
from astrolens_gui.core.images.prepare import crop, prepare_many
from astrolens_gui.core.learn import metrics
from astrolens_gui.core.learn.dataset import balance
from astrolens_gui.core.learn.models import read_model
from astrolens_gui.core.learn.scoring import CLASSES, lens_logit
from astrolens_gui.core.plugins import Plugins
from astrolens_gui.jobs.process import run_in_child

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("ASTROLENS_DATA", ROOT.parent / "shared" / "data"))
FIT = "real_stamps:fit_and_answer"


@dataclass(frozen=True)
class Real:
    """One real stamp: `image` float32 (h, w) of the band, `field` what it was cut from."""

    name: str
    is_lens: bool
    field: str
    image: np.ndarray

    @property
    def side(self) -> int:
        return min(self.image.shape)


def load(folders: dict[str, bool], band: str) -> list[Real]:
    """The stamps of these folders of the data ({folder: are they lenses}) in this band; those without it are left out."""
    found = []
    for folder, is_lens in folders.items():
        if not (DATA / folder).is_dir():
            raise UserError(f"{DATA / folder} is missing; set ASTROLENS_DATA to the folder of the real stamps")
        for record in ingest.scan([DATA / folder]):
            if not isinstance(record, ingest.ObjectRecord):
                continue
            planes = [Plane.from_dict(values, Path(record.base) / values["path"]) for values in record.planes]
            if wanted := [plane for plane in planes if plane.band == band]:
                image = np.asarray(readers.read(wanted[0]), np.float32)
                found.append(Real(record.name, is_lens, re.split(r"_n\d+$", record.name)[0], image))
    return sorted(found, key=lambda one: (not one.is_lens, one.name))


def euclid() -> list[Real]:
    return load({"lenses/euclid_q1": True, "nonlenses/euclid_q1_neighbours": False}, "VIS")


def hst() -> list[Real]:
    return load({"lenses/desi_hst_f140w": True, "nonlenses/desi_hst_f140w_neighbours": False}, "F140W")


def cut(stamps: list[Real], spec: InputSpec) -> np.ndarray:
    """Prepared stamps float32 (N, size, size, 1), all of the same central field."""
    fields = np.stack([crop(one.image, spec.size or 0) for one in stamps])
    return prepare_many({spec.bands[0]: fields}, spec)


def answers(model: Path, stamps: list[Real]) -> np.ndarray:
    """A model folder's own lens log-odds of the stamps, float64 (N,)."""
    info = read_model(model)
    spec = Plugins.discover().backend(info.backend)
    params = info.network(spec.params)
    small = [one.name for one in stamps if one.side < info.input.size]
    if small:
        raise UserError(f"{model} needs {info.input.size} px and {', '.join(small)} has fewer; use a smaller network")
    kwargs = {"factory": spec.factory, "params": params, "folder": str(model), "images": cut(stamps, info.input)}
    return lens_logit(run_in_child("real_stamps:load_and_answer", kwargs, Context(device="cpu")), info.classes)


def load_and_answer(*, factory: str, params: Any, folder: str, images: np.ndarray, ctx: Context) -> np.ndarray:
    """Child: logits of a saved model."""
    from astrolens_gui.core.plugins import create

    backend = create(factory, params)
    backend.load(Path(folder))
    return np.asarray(backend.classify(images, ctx))


def fit_and_answer(
    *,
    factory: str,
    params: Any,
    fit_params: Any,
    images: np.ndarray,
    truth: np.ndarray,
    fields: list[str],
    ctx: Context,
) -> np.ndarray:
    """Child: lens log-odds float64 (N,) of every stamp by a network trained on the stamps of all other fields."""
    from astrolens_gui.api import TrainingSet
    from astrolens_gui.core.plugins import create

    logit, names = np.full(len(truth), np.nan), np.array(fields)
    for number, name in enumerate(sorted(set(fields))):
        left_out = names == name
        with tempfile.TemporaryDirectory() as work:
            folder = Path(work)
            lens = truth[~left_out].astype(np.float64)
            split = np.zeros(len(lens), np.int8)
            np.save(folder / "images.npy", images[~left_out])
            np.save(folder / "targets.npy", np.stack([1 - lens, lens], axis=1).astype(np.float32))
            np.save(folder / "weights.npy", balance(lens, split).astype(np.float32))
            np.save(folder / "split.npy", split)
            spec = InputSpec(("F140W",), 0.08, images.shape[1])
            about = {"classes": CLASSES, "input": spec.as_dict()}
            (folder / "set.json").write_text(json.dumps(about), encoding="utf-8")
            backend = create(factory, params)
            backend.fit(TrainingSet.open(folder), fit_params, ctx)
        logit[left_out] = lens_logit(np.asarray(backend.classify(images[left_out], ctx)), CLASSES)
        print(f"field {number + 1}: {name} left out", flush=True)
    return logit


def leave_one_field_out(stamps: list[Real], spec: BackendSpec, size: int) -> np.ndarray:
    """Log-odds of each stamp by a network that saw no stamp of its field."""
    kwargs = {
        "factory": spec.factory,
        "params": spec.params(),
        "fit_params": spec.fit_params(),  # type: ignore[misc]
        "images": cut(stamps, InputSpec(("F140W",), 0.08, size)),
        "truth": np.array([one.is_lens for one in stamps]),
        "fields": [one.field for one in stamps],
    }
    return run_in_child(FIT, kwargs, Context(device="cpu", seed=1))


def judged(stamps: list[Real], logit: np.ndarray, size: int) -> dict[str, Any]:
    """AUROC with its interval, that of size and of brightness alone, each stamp's score, and what stands wrong."""
    truth = np.array([one.is_lens for one in stamps])
    fields = np.stack([crop(one.image, size) for one in stamps])
    bright = np.nansum(fields - np.nanmedian(fields, axis=(1, 2), keepdims=True), axis=(1, 2))
    (interval, *_), _ = metrics.bootstrap(truth, (logit,))
    middle = (np.median(logit[truth]) + np.median(logit[~truth])) / 2
    return {
        "lenses": int(truth.sum()),
        "others": int((~truth).sum()),
        "size_px": size,
        "AUROC": metrics.auroc(truth, logit),
        "AUROC_ci": list(interval),
        "AUROC of the size before cutting": metrics.auroc(truth, np.array([one.side for one in stamps])),
        "AUROC of the brightness in the field": metrics.auroc(truth, bright),
        "scores": {one.name: round(float(value), 3) for one, value in zip(stamps, logit, strict=True)},
        "misses": [
            one.name for one, value in zip(stamps, logit, strict=True) if one.is_lens and value <= max(0.0, middle)
        ],
        "false alarms": [
            one.name for one, value in zip(stamps, logit, strict=True) if not one.is_lens and value > max(0.0, middle)
        ],
    }


def picture(stamps: list[Real], logit: np.ndarray, size: int, path: Path) -> None:
    """All stamps as the network sees them, surest lens first; lenses framed."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    seen = cut(stamps, InputSpec(("band",), None, size))
    columns = 10
    rows = -(-len(stamps) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(1.5 * columns, 1.8 * rows), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, place in zip(axes.flat, np.argsort(-logit), strict=False):
        axis.imshow(seen[place, ..., 0], origin="lower", cmap="gray", vmin=-1.5)
        colour = "tab:orange" if stamps[place].is_lens else "0.4"
        axis.set_title(f"{stamps[place].name[:14]}\n{logit[place]:+.1f}", fontsize=7, color=colour)
    figure.tight_layout()
    figure.savefig(path, dpi=90)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=ROOT / "resources" / "weights" / "cnn-euclid-vis")
    parser.add_argument("--hst", action="store_true", help="train from labels on HST F140W, leave one field out")
    parser.add_argument("--backend", default="cnn", help="what --hst trains")
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.hst:
        stamps = hst()
        size = min(one.side for one in stamps)
        logit = leave_one_field_out(stamps, Plugins.discover().backend(given.backend), size)
    else:
        stamps, size = euclid(), read_model(given.weights).input.size or 0
        logit = answers(given.weights, stamps)
    found = judged(stamps, logit, size)
    if given.picture:
        picture(stamps, logit, size, given.picture)
    if given.json:
        print(json.dumps(found, indent=1))
        return 0
    for name, value in found.items():
        if name == "scores":
            for stamp, score in sorted(value.items(), key=lambda pair: -pair[1]):
                print(
                    f"    {score:+7.2f} {'lens' if stamp in {s.name for s in stamps if s.is_lens} else '    '} {stamp}"
                )
        else:
            print(
                f"{name}: {', '.join(value) if value and isinstance(value[0], str) else value}"
                if isinstance(value, list)
                else f"{name}: {value}"
            )
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        sys.exit(f"real_stamps.py: {error}")
