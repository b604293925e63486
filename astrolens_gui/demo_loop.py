"""The demo's loop without a window: simulate, rank by shipped weights, grade by the truth, train, rank, retrain, report."""

from __future__ import annotations

import csv
import html
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.api import UserError

if TYPE_CHECKING:
    from astrolens_gui.workbench import Workbench

FIRST_SHARE = 0.1
"""Of the sample, graded in random order before the first training."""

SAMPLE = {"survey": "kids_gri", "arc_snr_scale": 0.3}
"""Three bands from the ground, arcs three times fainter than the shipped weights learnt from: they rank it before anybody
graded, and the sample's own labels teach the rest."""

SECOND_SHARE = 0.4
"""Graded in the order of the first model's queue before the retraining."""

Say = Callable[[str], None]
Wait = Callable[[Any], Any]


@dataclass
class Result:
    """What the demo measured; the AUROCs are on the same objects, which nobody graded at any time. `shipped` names the weights
    that came with the program and ranked the sample first, "" where none fits it. `auroc`, `lenses_in_top`: of the orders
    random, shipped, before (the retraining) and after."""

    objects: int
    graded_first: int = 0
    graded_second: int = 0
    shipped: str = ""
    auroc: dict[str, float] = field(default_factory=lambda: dict.fromkeys(("random", "before", "after"), math.nan))
    lenses_in_top: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("before", "after"), 0))
    top: int = 50
    rest: int = 0
    verdicts: list[str] = field(default_factory=list)


def make_project(bench: Workbench, folder: Path, count: int, seed: int, wait: Wait, say: Say) -> Path:
    """Simulate a sample into `folder`/images and import it into `folder`/demo.astrolens; the project's path.

    Raises:
        UserError: the folder holds a demo already, or other files.
    """
    project = folder / "demo.astrolens"
    if project.exists():
        raise UserError(f"{folder} holds a demo already; choose another folder with --out, or open {project}")
    say(f"simulating {count} lenses and impostors into {folder / 'images'}")
    wait(bench.simulate("simulator", folder / "images", count, seed=seed, params=SAMPLE))
    wait(bench.open(project, create={"scheme": "abcx"}))
    bench.opened.project.settings["seed"] = seed  # the same seed gives the same order and the same held-out objects
    bench.opened.project.save()
    report = wait(bench.import_images([folder / "images"]))
    say(f"imported {report.added} objects into {project}")
    return project


def rank_by_shipped(bench: Workbench, wait: Wait, say: Say) -> str:
    """Score the sample by weights that came with the program; their name, "" where none fits."""
    try:
        report = wait(bench.score())
    except UserError as error:
        say(f"no first ranking: {error}")
        return ""
    say(f"{report.model}, which came with the program, ranked {report.scored} objects ({report.rate:.0f} a second)")
    return str(report.model)


def truth_of(folder: Path) -> dict[str, bool]:
    """{name: is_lens} from the simulator's table."""
    with (folder / "images" / "truth.csv").open(newline="", encoding="utf-8") as file:
        return {row["ID"]: row["is_lens"] == "1" for row in csv.DictReader(file)}


def run(bench: Workbench, folder: Path, backend: str, wait: Wait, say: Say, seed: int = 0) -> Result:
    """Rank by shipped weights, grade by the truth, train, rank, grade what the queue asks for, retrain, rank; the project must
    be open."""
    from astrolens_gui.core.learn import metrics

    truth = truth_of(folder)
    queue = wait(bench.queue("random"))
    result = Result(objects=len(queue))
    first, second = round(FIRST_SHARE * len(queue)), round(SECOND_SHARE * len(queue))

    result.shipped = rank_by_shipped(bench, wait, say)
    ranks = {"shipped": _logits(bench, wait)} if result.shipped else {}

    result.graded_first = _grade(bench, queue, truth, first, wait)
    say(f"the truth graded {result.graded_first} objects in random order")
    result.verdicts.append(_train(bench, backend, seed, wait, say))
    ranks["before"] = _logits(bench, wait)

    result.graded_second = _grade(bench, wait(bench.queue("mixed")), truth, second, wait)
    say(f"the truth graded the {result.graded_second} objects that the queue put first")
    result.verdicts.append(_train(bench, backend, seed, wait, say))
    ranks["after"] = _logits(bench, wait)

    # Judged on what stayed ungraded: no model of this project has seen any of it.
    graded = set(_graded(wait(bench.queue("random"))))
    rest = [name for name in ranks["after"] if name not in graded]
    labels = np.array([truth[name] for name in rest])
    result.rest = len(rest)
    if labels.any() and not labels.all():
        result.auroc["random"] = metrics.auroc(labels, np.random.default_rng(seed).random(len(rest)))
        for when, logits in ranks.items():
            rank = np.array([logits[name] for name in rest])
            result.auroc[when] = metrics.auroc(labels, rank)
            result.lenses_in_top[when] = _found(labels, rank, result.top)
    auroc, in_top = result.auroc, result.lenses_in_top
    first_look = f"shipped weights {auroc['shipped']:.3f}, " if "shipped" in auroc else ""
    say(
        f"AUROC on the {result.rest} objects that nobody graded: random order {auroc['random']:.3f}, {first_look}"
        f"before retraining {auroc['before']:.3f}, after retraining {auroc['after']:.3f}"
    )
    say(f"lenses among the first {result.top}: {in_top['before']} before, {in_top['after']} after")
    return result


def _grade(bench: Workbench, queue: Any, truth: dict[str, bool], count: int, wait: Wait) -> int:
    """Grade the first `count` ungraded objects of a queue."""
    done = 0
    for position in range(len(queue)):
        if done == count:
            break
        if not queue.labelled[position]:
            grade = "A" if truth[queue.name[position]] else "X"
            wait(bench.label(int(queue.object[position]), grade, why=queue.why(position), origin="demo"))
            done += 1
    return done


def _train(bench: Workbench, backend: str, seed: int, wait: Wait, say: Say) -> str:
    report = wait(bench.train(backend, seed=seed))
    say(f"trained {report.model} in {report.seconds:.0f} s: {report.verdict}: {report.reason}")
    scored = wait(bench.score(model=report.model))
    say(f"scored {scored.scored} objects ({scored.rate:.0f} a second)")
    return f"{report.verdict}: {report.reason}"


def _logits(bench: Workbench, wait: Wait) -> dict[str, float]:
    queue = wait(bench.queue("top"))
    return dict(zip(queue.name, map(float, queue.logit), strict=True))


def _graded(queue: Any) -> list[str]:
    return [name for name, labelled in zip(queue.name, queue.labelled, strict=True) if labelled]


def _found(labels: np.ndarray, rank: np.ndarray, top: int) -> int:
    return int(labels[np.argsort(-rank, kind="stable")[:top]].sum())


def write_report(result: Result, path: Path, screenshot: Path | None) -> None:
    """One self-contained HTML page (the screenshot beside it)."""
    rows = [
        ("objects", f"{result.objects}"),
        ("graded before the first training, in random order", f"{result.graded_first}"),
        ("graded before the retraining, as the queue asked", f"{result.graded_second}"),
        ("objects nobody graded, on which all below is measured", f"{result.rest}"),
        ("AUROC of a random order", f"{result.auroc['random']:.3f}"),
        *(
            [(f"AUROC of {result.shipped}, before any grade", f"{result.auroc['shipped']:.3f}")]
            if "shipped" in result.auroc
            else []
        ),
        ("AUROC before retraining", f"{result.auroc['before']:.3f}"),
        ("AUROC after retraining", f"{result.auroc['after']:.3f}"),
        (f"lenses among the first {result.top}, before", f"{result.lenses_in_top['before']}"),
        (f"lenses among the first {result.top}, after", f"{result.lenses_in_top['after']}"),
        *[(f"the gate on training {number}", verdict) for number, verdict in enumerate(result.verdicts, 1)],
    ]
    table = "\n".join(f"<tr><td>{html.escape(name)}</td><td>{html.escape(value)}</td></tr>" for name, value in rows)
    picture = f'<p><img src="{html.escape(screenshot.name)}" width="1100" alt="the window"></p>' if screenshot else ""
    path.write_text(
        "<!doctype html><meta charset='utf-8'><title>AstroLens demo</title>"
        "<style>body{font:15px/1.5 sans-serif;margin:2em;max-width:1100px}"
        "td{padding:.2em 1em .2em 0;vertical-align:top}td+td{font-variant-numeric:tabular-nums}</style>"
        f"<h1>AstroLens demo</h1><table>{table}</table>{picture}\n",
        encoding="utf-8",
    )
