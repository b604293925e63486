"""Lenses painted into a real field: a detector learns them on its upper half and is asked for them on its lower one."""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path
from typing import Any

import detect_data
import numpy as np
import real_stamps
from astrolens_simulator.arcs import ArcBand, draw_arcs
from astrolens_simulator.light import Grid

from astrolens_gui.api import Context, InputSpec, TrainingSet, build
from astrolens_gui.core.detect import metrics
from astrolens_gui.core.detect.mesh import Mesh
from astrolens_gui.core.plugins import create

FIELD = "fields/profound_multiband/r.fits"
SCALE, SEEING_PX, SIDE, FINE = 0.339, 2.0, 64, 3
"""Arcsec a pixel (the file has no WCS), width of the stars in pixels, side of what an arc is drawn in, samples a pixel."""
THETA_E, ARC_SNR = (1.0, 4.0), (15.0, 300.0)
TILE = 128
TRAINING, TESTING = 8, 4
"""Paintings of the half that is learnt from, each with other galaxies and arcs, and of the other half."""


def recovery(minutes: float) -> dict[str, Any]:
    """Completeness at one false find in 100,000 pixels by Einstein radius and by the arcs' signal-to-noise."""
    from astrolens_rcnn.plugin import RCNN
    from astropy.io import fits

    with fits.open(real_stamps.DATA / FIELD) as hdus:
        image = next(np.asarray(hdu.data, np.float32) for hdu in hdus if hdu.data is not None)
    band = [detect_data.Pixels(image)]
    background, noise = (each[..., 0] for each in Mesh(band).at(0, image.shape[0], 0, image.shape[1]))
    image = (image - background) / noise  # all below is in units of the noise
    half = image.shape[0] // 2 // TILE * TILE
    upper, lower = image[-half:], image[:half]
    rng = np.random.default_rng(7)
    with tempfile.TemporaryDirectory(prefix="astrolens-painted-") as work:
        data = _set(Path(work) / "set", [painted(upper, rng) for _ in range(TRAINING)])
        backend = create(RCNN.factory, build(RCNN.params, {"least_score": 0.01}))
        how = build(RCNN.fit_params, {"minutes": minutes, "epochs": 400, "patience": 400, "batch_size": 24})
        backend.fit(data, how, Context(seed=1))
    tests = [painted(lower, rng) for _ in range(TESTING)]
    found = []
    for number, (test, _) in enumerate(tests):
        one = backend.detect(np.arcsinh(test)[None, ..., None], Context())
        found.append(type(one)(one.image + number, one.boxes, one.score, one.label, one.masks))
    every = type(found[0])(
        *(np.concatenate(each) for each in zip(*(one.arrays().values() for one in found), strict=True))
    )
    lenses = [(number, lens) for number, (_, drawn) in enumerate(tests) for lens in drawn]
    truth = metrics.Truth(
        np.array([number for number, _ in lenses]), np.array([lens["box"] for _, lens in lenses]),
        np.zeros(len(lenses), np.int64), np.array([lens["mask"] for _, lens in lenses]),
    )  # fmt: skip
    matched, mpx = metrics.match(every, truth), TESTING * lower.size / 1e6
    false = matched.score[~matched.right]
    allowed = int(10 * mpx)
    least = float(false[allowed]) if len(false) > allowed else 0.0
    seen = np.zeros(len(lenses), bool)
    seen[matched.of[matched.right & (matched.score > least)]] = True
    overlaps = metrics.mask_overlap(every, truth, matched)
    said: dict[str, Any] = {
        "lenses": len(lenses),
        "mpx": mpx,
        "AP50": metrics.average_precision(matched),
        "false_per_mpx": 10,
    }
    said |= {"completeness": float(seen.mean()), "mask_iou": float(overlaps.mean()) if len(overlaps) else None}
    for name, edges in (("theta_e", (1.0, 1.5, 2.0, 3.0, 4.0)), ("arc_snr", (15, 30, 60, 120, 300))):
        values = np.array([lens[name] for _, lens in lenses])
        place = np.clip(np.digitize(values, edges) - 1, 0, len(edges) - 2)
        said[f"by {name}"] = {
            f"{edges[k]:g}-{edges[k + 1]:g}": f"{seen[place == k].sum()} of {(place == k).sum()}"
            for k in range(len(edges) - 1)
        }
    return said


def painted(image: np.ndarray, rng: np.random.Generator, count: int = 130) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """`image` (units of the noise) with arcs about `count` of its galaxies; {box, mask, theta_e, arc_snr} of each."""
    import sep

    out, drawn = image.copy(), []
    sources = sep.extract(np.ascontiguousarray(image), 3.0, minarea=12, deblend_cont=0.01)
    # extended and not tiny: what stars and noise are not; bright enough to be a lens
    extended = (sources["a"] > 1.25 * SEEING_PX / 2.355) & (sources["flux"] > 60) & (sources["a"] < 12)
    inside = (np.abs(sources["x"] - image.shape[1] / 2) < image.shape[1] / 2 - SIDE / 2) & (
        np.abs(sources["y"] - image.shape[0] / 2) < image.shape[0] / 2 - SIDE / 2
    )
    chosen = rng.permutation(np.flatnonzero(extended & inside & (sources["npix"] < 1500)))[:count]
    axis = np.arange(-12, 13)
    psf = (1 + (np.hypot(*np.meshgrid(axis, axis)) / (SEEING_PX / (2 * math.sqrt(2 ** (1 / 3) - 1)))) ** 2) ** -3.0
    for row in chosen:
        x, y = float(sources["x"][row]), float(sources["y"][row])
        left, top = round(x) - SIDE // 2, round(y) - SIDE // 2
        part = out[top : top + SIDE, left : left + SIDE]
        theta_e, snr = rng.uniform(*THETA_E), math.exp(rng.uniform(*np.log(ARC_SNR)))
        ratio = float(sources["b"][row] / sources["a"][row])
        light, _ = draw_arcs(
            Grid(SIDE * FINE, SCALE / FINE), rng, [ArcBand("r", 0.62, 25.0, psf, 1.0)], oversample=FINE,
            theta_e=theta_e, arc_snr=snr, q=ratio, angle=float(sources["theta"][row]),
        )  # fmt: skip
        part += light[0]
        above = light[0] > min(1.0, float(light[0].max()) / 3)
        edges = []
        for along, corner in ((1, left), (0, top)):
            hit, middle = np.flatnonzero(above.any(axis=1 - along)), corner + (SIDE - 1) / 2
            reach = theta_e / SCALE
            edges.append((min(corner + hit[0] - 0.5, middle - reach), max(corner + hit[-1] + 0.5, middle + reach)))
        (a, b), (c, d) = edges
        box = ((a + b) / 2, (c + d) / 2, b - a, d - c)
        labels = np.zeros(image.shape, np.int8)
        labels[top : top + SIDE, left : left + SIDE] = above
        drawn.append({"box": box, "mask": detect_data.mask(labels, 1, box), "theta_e": theta_e, "arc_snr": snr})
    return out, drawn


def _set(folder: Path, paintings: list[tuple[np.ndarray, list[dict[str, Any]]]]) -> TrainingSet:
    """Tiles of the paintings; those of the left sixth are only watched."""
    images, boxes, masks, split = [], [], [], []
    for image, lenses in paintings:
        for top in range(0, image.shape[0] - TILE + 1, TILE):
            for left in range(0, image.shape[1] - TILE + 1, TILE):
                for lens in lenses:
                    x, y, w, h = lens["box"]
                    if left - 0.5 <= x < left + TILE - 0.5 and top - 0.5 <= y < top + TILE - 0.5:
                        boxes.append((len(images), x - left, y - top, w, h, 0))
                        masks.append(lens["mask"])
                images.append(np.arcsinh(image[top : top + TILE, left : left + TILE, None]))
                split.append(int(left < image.shape[1] / 6))
    folder.mkdir(parents=True)
    np.save(folder / "images.npy", np.stack(images).astype(np.float32))
    np.save(folder / "boxes.npy", np.array(boxes, np.float32))
    np.save(folder / "masks.npy", np.stack(masks))
    # empty tiles are shown less often: most of the field is sky
    full = np.bincount([int(box[0]) for box in boxes], minlength=len(images)) > 0
    np.save(folder / "weights.npy", np.where(full, 1.0, 0.3).astype(np.float32))
    np.save(folder / "split.npy", np.array(split, np.int8))
    about = {"kind": "boxes", "classes": ["lens"], "input": InputSpec(("r",), SCALE, TILE).as_dict()}
    (folder / "set.json").write_text(json.dumps(about), encoding="utf-8")
    return TrainingSet.open(folder)
