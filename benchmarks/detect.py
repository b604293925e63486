"""The detector against what an astronomer would do: sources by sep, each scored by the shipped CNN; on fields not trained on.

    python benchmarks/detect.py [--fields 6] [--density 2] [--weights resources/weights/rcnn-euclid-vis] [--json]
    python benchmarks/detect.py --stamps      real Euclid Q1 stamps, beside the CNN
    python benchmarks/detect.py --tiled 4096  a made field of that side in tiles: time, memory, and a part of it untiled
    python benchmarks/detect.py --painted     lenses painted into the real 2,600² KiDS field, learnt on its upper half and
                                              looked for in its lower one (see detect_painted.py)

Finds count as right by their box (an overlap of 0.5) and, since a source has no box, by their place (1″ or so from the
middle of the true box); a source's box is a square of the true boxes' median side. Real stamps lie beside the checkout.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import detect_data
import numpy as np
import real_stamps
from astrolens_simulator.fields import Field

from astrolens_gui.api import Context, Detections, InputSpec
from astrolens_gui.core.detect import metrics
from astrolens_gui.core.detect.mesh import Mesh
from astrolens_gui.core.detect.sweep import found as joined
from astrolens_gui.core.detect.sweep import sweep
from astrolens_gui.core.images.prepare import prepare_many
from astrolens_gui.core.learn.models import read_model
from astrolens_gui.core.learn.scoring import lens_logit
from astrolens_gui.core.plugins import Plugins, create

ROOT = Path(__file__).resolve().parents[1]
RCNN, CNN = (ROOT / "resources" / "weights" / name for name in ("rcnn-euclid-vis", "cnn-euclid-vis"))
SEED = 5051
"""Of the fields that are judged here; neither training nor the weights' card has seen them."""
PLACE_PX, PLACE_OVERLAP = 20.0, 0.25
"""Squares of this side that overlap so much have their middles within 12 px of each other along an axis."""
SEP = {"thresh": 1.5, "minarea": 8, "deblend_cont": 0.005}
"""In units of the noise: as deep as a lens's galaxy can be faint."""

Find = Callable[[np.ndarray], Detections]
"""Fluxes (bands, h, w) → finds."""


def opened(folder: Path) -> tuple[Any, Any]:
    """(backend with its weights, model.json)."""
    info = read_model(folder)
    spec = Plugins.discover().backend(info.backend)
    backend = create(spec.factory, info.network(spec.params))
    backend.load(folder)
    return backend, info


def by_network(backend: Any, images: np.ndarray) -> Detections:
    return backend.detect(detect_data.prepared(images)[None], Context())


def by_sources(backend: Any, info: Any, side: float, images: np.ndarray) -> Detections:
    """Every source of the field as a find, its score the CNN's for the stamp about it."""
    import sep

    light, size = np.ascontiguousarray(np.sinh(detect_data.prepared(images)[..., 0])), info.input.size
    sources = sep.extract(light, **SEP)
    half = size // 2
    framed = np.pad(images[0], half, mode="reflect")
    x, y = (np.rint(sources[axis]).astype(int) for axis in "xy")
    stamps = np.stack([framed[b : b + size, a : a + size] for a, b in zip(x, y, strict=True)])
    logits = lens_logit(
        backend.classify(prepare_many({info.input.bands[0]: stamps}, info.input), Context()), info.classes
    )
    boxes = np.stack([sources["x"], sources["y"], *[np.full(len(x), side)] * 2], axis=1).astype(np.float32)
    score = (1 / (1 + np.exp(-logits))).astype(np.float32)
    nothing = np.zeros(len(x), np.int32)
    # one lens is often several sources: of those the best counts, as among the detector's finds
    from astrolens_gui.core.detect.boxes import best

    return best(Detections(nothing, boxes, score, nothing), 0.3)


def on_all(find: Find, drawn: list[Field]) -> tuple[Detections, float]:
    """(the finds of all fields, seconds a million pixels); the first field is looked at twice, for what is compiled."""
    find(drawn[0].images)
    parts, began = [], time.perf_counter()
    for number, field in enumerate(drawn):
        found = find(field.images)
        parts.append(replace(found, image=np.full(len(found), number, np.int32)))
    seconds = time.perf_counter() - began
    return merged(parts), seconds / (sum(field.arcs.size for field in drawn) / 1e6)


def merged(parts: list[Detections]) -> Detections:
    return Detections(*(np.concatenate(each) for each in zip(*(part.arrays().values() for part in parts), strict=True)))


def squares(boxes: np.ndarray) -> np.ndarray:
    return np.concatenate([boxes[:, :2], np.full((len(boxes), 2), PLACE_PX)], axis=1)


def judged(found: Detections, truth: metrics.Truth, mpx: float) -> dict[str, Any]:
    boxed = metrics.match(found, truth)
    placed = metrics.match(
        replace(found, boxes=squares(found.boxes)), replace(truth, boxes=squares(truth.boxes)), PLACE_OVERLAP
    )
    overlaps = metrics.mask_overlap(found, truth, boxed)
    _, completeness, purity = metrics.curve(placed)
    said: dict[str, Any] = {
        "AP50": metrics.average_precision(boxed), "AP_place": metrics.average_precision(placed),
        "mask_iou": float(overlaps.mean()) if len(overlaps) else None, "finds": len(found),
        "completeness_at_1_false_per_mpx": metrics.completeness_at(placed, 1.0, mpx),
    }  # fmt: skip
    for wanted in (0.3, 0.5, 0.7, 0.8):
        reached = purity[completeness >= wanted]
        said[f"purity_at_completeness_{wanted}"] = float(reached.max()) if len(reached) else 0.0
    return said


def on_fields(count: int, density: float, weights: Path) -> dict[str, Any]:
    """Simulated fields: the network, the network at sep's sources, and sep with the CNN."""
    params = {"lenses_arcmin2": density, "impostors_arcmin2": 12.0, "size": 1024}
    drawn = list(detect_data.fields(count, SEED, params))
    truth = detect_data.truth(drawn)
    rcnn, about = opened(weights)
    cnn, cnn_info = opened(CNN)
    side = float(np.median(truth.boxes[:, 2:]))
    ways: dict[str, Find] = {
        "rcnn": partial(by_network, rcnn),
        "sep + cnn": partial(by_sources, cnn, cnn_info, side),
    }
    mpx = sum(field.arcs.size for field in drawn) / 1e6
    said: dict[str, Any] = {"lenses": len(truth.image), "mpx": mpx, "model": about.id}
    for name, find in ways.items():
        found, seconds = on_all(find, drawn)
        said[name] = {**judged(found, truth, mpx), "s_per_mpx": seconds}
    return said


def on_stamps(weights: Path) -> dict[str, Any]:
    """Real Euclid Q1 stamps: the best find near the middle beside the CNN's score, as AUROC."""
    from astrolens_gui.core.learn.ranking import auroc

    stamps, (backend, _) = real_stamps.euclid(), opened(weights)
    side = min(one.side for one in stamps)
    cut = real_stamps.cut(stamps, InputSpec(("VIS",), 0.1, side))
    logit, scores = real_stamps.answers(CNN, stamps), []
    for image in cut:
        found = backend.detect(image[None], Context())
        near = np.hypot(*(found.boxes[:, :2] - (side - 1) / 2).T) < 15
        scores.append(float(found.score[near].max(initial=0.0)))
    is_lens = np.array([one.is_lens for one in stamps])
    return {
        "lenses": int(is_lens.sum()), "others": int((~is_lens).sum()), "side_px": side,
        "AUROC_rcnn": auroc(is_lens, np.array(scores)), "AUROC_cnn": auroc(is_lens, logit),
        "scores": {one.name: round(score, 3) for one, score in zip(stamps, scores, strict=True)},
    }  # fmt: skip


class Repeated:
    """An image of any side made of one that is repeated, as a large file would be read."""

    def __init__(self, image: np.ndarray, side: int) -> None:
        self.image, self.shape = image, (side, side)

    def read(self, y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
        rows, columns = (np.arange(low, high) % self.image.shape[0] for low, high in ((y0, y1), (x0, x1)))
        return self.image[np.ix_(rows, columns)]


def tiled(side: int, weights: Path) -> dict[str, Any]:
    """A large field in tiles: seconds, peak memory, and whether a part of it answers untiled as it does in tiles."""
    backend, info = opened(weights)
    field = next(detect_data.fields(1, SEED + 1, {"lenses_arcmin2": 2.0, "impostors_arcmin2": 12.0, "size": 2048}))
    spec = Plugins.discover().backend(info.backend)
    band, began = Repeated(field.images[0], side), time.perf_counter()
    mesh = Mesh([band])

    def run(batch: np.ndarray, ctx: Context) -> dict[str, np.ndarray]:
        return backend.detect(batch, ctx).arrays()

    def all_of(image: Any, sky: Any, tile: int = 0) -> Detections:
        return joined(list(sweep([image], sky, info.input, run, Context(), halo=spec.halo, tile=tile)))

    large = all_of(band, mesh)
    said = {"side": side, "finds": len(large), "seconds": time.perf_counter() - began}
    said["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    part = detect_data.Pixels(field.images[0])
    sky = Mesh([part])
    one, many = all_of(part, sky, 2048), all_of(part, sky, 768)
    same = len(one) == len(many) and np.allclose(np.sort(one.score), np.sort(many.score), atol=1e-3)
    return {**said, "finds_untiled": len(one), "finds_tiled": len(many), "same": bool(same)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fields", type=int, default=6)
    parser.add_argument("--density", type=float, default=2.0, help="lenses a square arcminute")
    parser.add_argument("--weights", type=Path, default=RCNN)
    parser.add_argument("--stamps", action="store_true")
    parser.add_argument("--tiled", type=int, default=0, metavar="SIDE")
    parser.add_argument("--painted", action="store_true")
    parser.add_argument("--minutes", type=float, default=5.0, help="of training, with --painted")
    asked = parser.parse_args()
    if asked.painted:
        import detect_painted

        answer = detect_painted.recovery(asked.minutes)
    elif asked.stamps:
        answer = on_stamps(asked.weights)
    else:
        answer = (
            tiled(asked.tiled, asked.weights) if asked.tiled else on_fields(asked.fields, asked.density, asked.weights)
        )
    print(json.dumps(answer, indent=1))
