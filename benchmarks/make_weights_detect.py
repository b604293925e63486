"""Makes the detector's weights that come with the program: simulate fields, train, judge on other fields, write the card.

    python benchmarks/make_weights_detect.py rcnn-euclid-vis [--share 0.02] [--minutes 14] [--judge] [--out resources/weights]

Fields for training are crowded with lenses and lookalikes, so that each step teaches; those for the figures have a tenth of
them. No real image is trained on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import shutil
import tempfile
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import detect_data
import numpy as np

from astrolens_gui.api import Context, Detections, InputSpec, as_dict, build
from astrolens_gui.core.detect import metrics
from astrolens_gui.core.learn.models import ModelInfo, read_model, write_model
from astrolens_gui.core.plugins import create

ROOT = Path(__file__).resolve().parents[1]
CROWDED = {"lenses_arcmin2": 20.0, "impostors_arcmin2": 30.0, "size": 1024}
INGREDIENTS: tuple[tuple[int, dict[str, Any], str], ...] = (
    (36, {**CROWDED}, "the survey's own population and arcs"),
    (24, {**CROWDED, "arc_snr_scale": 2.0, "population": "shifted"}, "another population, brighter arcs"),
    (12, {**CROWDED, "nuisance": "harsh"}, "harsher nuisances"),
)
VALIDATION = 8
"""Every such field is watched while training, not learnt from."""
JUDGED = (6, {"lenses_arcmin2": 2.0, "impostors_arcmin2": 12.0, "size": 1024})
SEED, JUDGED_SEED = 3031, 4041
INPUT = InputSpec(("VIS",), 0.1, detect_data.TILE)


def make(name: str, share: float, minutes: float, out: Path) -> Path:
    """The model's folder below `out`."""
    from astrolens_rcnn.plugin import RCNN

    with tempfile.TemporaryDirectory(prefix="astrolens-weights-") as work:
        began = time.perf_counter()
        data = detect_data.training_set(Path(work) / "set", _drawn(share), INPUT)
        print(f"{len(data.images)} tiles, {len(data.boxes)} lenses, {time.perf_counter() - began:.0f} s", flush=True)
        backend = create(RCNN.factory, build(RCNN.params, {}))
        how = build(RCNN.fit_params, {"minutes": minutes, "epochs": 400, "patience": 400})
        began = time.perf_counter()
        report = backend.fit(data, how, Context(seed=1, on_progress=_Told()))
        seconds = time.perf_counter() - began
        print(f"trained for {seconds:.0f} s: {report.stopped}, {report.epochs[-1]}", flush=True)
        figures = judged(backend, max(1, round(JUDGED[0] * min(share * 4, 1))))
        figures |= {
            "tiles": len(data.images),
            "boxes": len(data.boxes),
            "epochs": len(report.epochs),
            "seconds": seconds,
        }
        print(json.dumps(figures, indent=1), flush=True)
        saved = Path(work) / "saved"
        saved.mkdir()
        backend.save(saved)
        boxes = np.ascontiguousarray(data.boxes)
        info = ModelInfo(
            id=name, backend=RCNN.id, backend_version=RCNN.version, params=as_dict(backend.params),
            fit_params={**as_dict(how), **report.used}, input=INPUT, classes=data.classes,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            dataset_hash=hashlib.sha256(boxes.tobytes() + np.ascontiguousarray(data.images).tobytes()).hexdigest(),
            seed=1, split={"seed": SEED, "rule": "field"}, versions=_versions(), metrics=figures, verdict="accepted",
            reason=_reason(figures), folder=out / name,
        )  # fmt: skip
        shutil.rmtree(out / name, ignore_errors=True)
        write_model(info, saved)
        (out / name / "README.md").write_text(card(info), encoding="utf-8")
    return out / name


def judge_again(folder: Path) -> Path:
    """New figures and a new card for weights that are there, after the code that finds with them has changed."""
    from astrolens_rcnn.plugin import RCNN

    info = read_model(folder)
    backend = create(RCNN.factory, info.network(RCNN.params))
    backend.load(folder)
    figures = {**info.metrics, **judged(backend, JUDGED[0])}
    info = replace(info, metrics=figures, reason=_reason(figures))
    (folder / "model.json").write_text(json.dumps(info.as_dict(), indent=1) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(card(info), encoding="utf-8")
    return folder


def _reason(figures: dict[str, Any]) -> str:
    return f"AP {figures['AP50']:.3f} at an overlap of 0.5 on {figures['lenses']} simulated lenses of other fields"


class _Told:
    """A line every half a minute."""

    def __init__(self) -> None:
        self.said = 0.0

    def __call__(self, progress: Any) -> None:
        if time.monotonic() - self.said > 30:
            self.said = time.monotonic()
            numbers = " ".join(f"{name} {value:.3f}" for name, value in progress.metrics.items())
            print(f"{progress.fraction:.0%} {progress.message} {numbers}", flush=True)


def _drawn(share: float) -> Any:
    number = 0
    for place, (count, params, _) in enumerate(INGREDIENTS):
        for field in detect_data.fields(max(1, round(count * share)), SEED * 10 + place, params):
            number += 1
            yield field, int(number % VALIDATION == 0)


def judged(backend: Any, count: int) -> dict[str, Any]:
    """AP at an overlap of 0.5 and the rest, on fields of another seed."""
    drawn = list(detect_data.fields(count, JUDGED_SEED, JUDGED[1]))
    truth, parts, seconds = detect_data.truth(drawn), [], 0.0
    for number, field in enumerate(drawn):
        image = detect_data.prepared(field.images)[None]
        if not number:
            backend.detect(image, Context())  # the first call compiles
        began = time.perf_counter()
        found = backend.detect(image, Context())
        seconds += time.perf_counter() - began
        parts.append(Detections(found.image + number, found.boxes, found.score, found.label, found.masks))
    found = Detections(
        *(np.concatenate(each) for each in zip(*(part.arrays().values() for part in parts), strict=True))
    )
    matched, mpx = metrics.match(found, truth), sum(field.arcs.size for field in drawn) / 1e6
    score, completeness, purity = metrics.curve(matched)
    best = int(np.argmax(2 * completeness * purity / np.maximum(completeness + purity, 1e-9))) if len(score) else 0
    overlaps = metrics.mask_overlap(found, truth, matched)
    return {
        "AP50": metrics.average_precision(matched), "lenses": int(matched.total), "mpx": mpx,
        "completeness": float(completeness[best]), "purity": float(purity[best]), "at_score": float(score[best]),
        "completeness_at_1_false_per_mpx": metrics.completeness_at(matched, 1.0, mpx),
        "mask_iou": float(overlaps.mean()) if len(overlaps) else 0.0, "s_per_mpx": seconds / mpx,
    }  # fmt: skip


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {"python": platform.python_version(), **{name: version(name) for name in ("keras", "tensorflow", "numpy")}}


def card(info: ModelInfo) -> str:
    """The model card: data, seed, metrics, limits, command."""
    found = info.metrics
    parts = "\n".join(f"- {count} fields: {what} (`{json.dumps(params)}`)" for count, params, what in INGREDIENTS)
    judged = (
        f"AP {found['AP50']:.3f} at an overlap of 0.5; completeness {found['completeness']:.2f} at purity {found['purity']:.2f} "
        f"(score {found['at_score']:.2f});\ncompleteness {found['completeness_at_1_false_per_mpx']:.2f} at one false find a million "
        f"pixels; arcs' masks overlap by {found['mask_iou']:.2f};\n{found['s_per_mpx']:.1f} s a million pixels."
    )
    return f"""# {info.id}

Finds lenses in Euclid VIS images of any size, 0.1″ a pixel, and outlines their arcs: the detector `rcnn`, made
{date.today()} by

    python benchmarks/make_weights_detect.py {info.id}

**Input** band VIS, 0.1″ a pixel, in units of the noise, `asinh`. **Data** {found["tiles"]:,} tiles of {detect_data.TILE} px with
{found["boxes"]:,} lenses out of simulated fields (backend `fields`, survey `euclid_vis`, seed {SEED}); no real image was trained on:

{parts}

{found["epochs"]} epochs in {found["seconds"] / 60:.0f} minutes on two shared cores; every {VALIDATION}th field was only watched.

**Figures** on {found["mpx"]:.1f} Mpx of other fields with a tenth of the lenses ({found["lenses"]}, and six times as many
lookalikes): {judged} Against sources scored one by one: `benchmarks/detect.py`.

**Limits** A first guess: simulations are not the survey. Scores are those of fields crowded with lenses; in the sky, where
there is one lens in ten thousand galaxies, most finds of a low score are false. Boxes of 8 to 80 px: Einstein radii of
0.4″ to 3″.
"""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=["rcnn-euclid-vis"])
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--minutes", type=float, default=14.0)
    parser.add_argument("--out", type=Path, default=ROOT / "resources" / "weights")
    parser.add_argument("--judge", action="store_true", help="new figures and card for the weights that are there")
    asked = parser.parse_args()
    if asked.judge:
        print(judge_again(asked.out / asked.name))
    else:
        print(make(asked.name, asked.share, asked.minutes, asked.out))
