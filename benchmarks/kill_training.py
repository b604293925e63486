"""The child that trains the real network is killed (SIGKILL) at random moments of its life: does anything change that it should not?

    python benchmarks/kill_training.py [--kills 20] [--seed 1] [--backend cnn] [--whole]

A project of simulated g, r, i stamps with a champion of that backend. Each training is killed at a moment drawn evenly from the life of
one that was let be: while it imports, learns, scores or saves. Meanwhile another object is graded. After each kill: is the champion the
same, byte by byte, do its scores stand, are all grades there and no new model, is nothing left in the models folder, does the job say in
a sentence what happened; the next training starts in the same program. In the end one is let be, and one in a program opened anew.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from astrolens_gui.demo_loop import truth_of
from astrolens_gui.workbench import Workbench

COUNT, GRADED = 150, 60
EPOCHS, WHOLE_EPOCHS = 3, 20
LONGEST_S = 600


def digest(folder: Path) -> dict[str, str]:
    """What lies in the models folder: {path: sha256}."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def children() -> set[int]:
    return {each.pid for each in psutil.Process().children() if "resource_tracker" not in " ".join(each.cmdline())}


class Campaign:
    def __init__(self, bench: Workbench, folder: Path, backend: str, whole: bool) -> None:
        self.bench, self.folder, self.backend, self.whole = bench, folder, backend, whole
        images = folder / "images"
        bench.simulate("simulator", images, COUNT, seed=3, params={"survey": "des_gri"}).result(LONGEST_S)
        self.truth = truth_of(folder)
        bench.open(folder / "p.astrolens", create={}).result(60)
        bench.import_images([images]).result(LONGEST_S)
        queue = bench.queue("random").result(60)
        self.left = [(int(at), queue.name[place]) for place, at in enumerate(queue.object)]
        self.given: dict[int, str] = {}
        for _ in range(GRADED):
            self.grade()

    def grade(self) -> None:
        number, name = self.left.pop()
        self.given[number] = "A" if self.truth[name] else "X"
        self.bench.label(number, self.given[number]).result(60)

    def train(self) -> Any:
        if self.whole:
            return self.bench.train(self.backend, {"epochs": WHOLE_EPOCHS}, go_on=False)
        return self.bench.train(self.backend, {"epochs": EPOCHS})

    def state(self) -> dict[str, Any]:
        bench = self.bench
        return {
            "champion": bench.info().result(60).champion,
            "models": [row.id for row in bench.model_rows().result(60)],
            "files": digest(bench.project.models_dir),
            "entries": sorted(path.name for path in bench.project.models_dir.iterdir()),
            "scores": self.scores(),
        }

    def scores(self) -> dict[int, float]:
        """Of every object, by the champion."""
        store, champion = self.bench.store, self.bench.info().result(60).champion
        found = self.bench.runner.submit("db", lambda: store.scores(champion)).result(60)
        return dict(zip(found["object"].tolist(), found["score"].tolist(), strict=True))

    def grades_lost(self) -> int:
        stored = {row.object: row.grade for row in self.bench.runner.submit("db", self.bench.store.labels).result(60)}
        return sum(stored.get(number) != grade for number, grade in self.given.items())

    def killed(self, after_s: float) -> tuple[str, str] | None:
        """(what the training last said, the job's error) of one that is killed so long after its child began; None: it ended before."""
        before, job = children(), self.train()
        until = time.monotonic() + LONGEST_S
        while not (new := children() - before):
            if job.state in {"done", "failed"} or time.monotonic() > until:
                raise SystemExit(f"no child was seen: {job.state} {job.error}")
            time.sleep(0.005)
        time.sleep(after_s / 2)
        self.grade()
        time.sleep(after_s / 2)
        said = job.progress.message if job.progress else ""
        for pid in new:
            try:
                psutil.Process(pid).kill()
            except psutil.NoSuchProcess:
                job.result(LONGEST_S)
                return None
        try:
            job.result(LONGEST_S)
        except Exception as error:
            return said, str(error)
        return None


def life_s(campaign: Campaign) -> float:
    """Seconds that the child of a whole training lives."""
    before, job, began = children(), campaign.train(), 0.0
    while job.state not in {"done", "failed"}:
        if not began and children() - before:
            began = time.monotonic()
        time.sleep(0.005)
    job.result(60)
    return time.monotonic() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--backend", default="cnn")
    parser.add_argument(
        "--whole", action="store_true", help="all layers from the beginning: most of a life is learning"
    )
    asked = parser.parse_args()
    random = np.random.default_rng(asked.seed)
    moments: Counter[str] = Counter()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="astrolens-kill-") as name:
        os.environ["ASTROLENS_HOME"] = str(Path(name) / "home")
        with Workbench.start() as bench:
            campaign = Campaign(bench, Path(name), asked.backend, asked.whole)
            life = life_s(campaign)
            bench.score().result(LONGEST_S)
            stood, done = campaign.state(), 0
            print(f"a whole training's child lives {life:.1f} s; champion {stood['champion']}", flush=True)
            while done < asked.kills:
                after = float(random.uniform(0, life))
                ended = campaign.killed(after)
                if ended is None:  # faster than the one that was measured: the new model is the state that must stand
                    bench.score().result(LONGEST_S)
                    stood = campaign.state()
                    continue
                done += 1
                said, error = ended
                moments[re.sub(r"[\d.,:]+", "#", said) or "starting"] += 1
                now, lost = campaign.state(), campaign.grades_lost()
                changed = [key for key in stood if stood[key] != now[key]]
                good = not changed and not lost and "SIGKILL" in error and "\n" not in error
                if not good:
                    wrong.append(f"after {after:.1f} s: changed {changed}, {lost} grades lost, {error}")
                print(
                    f"{done:3} after {after:5.1f} s, at {said!r}: {'nothing changed' if good else wrong[-1]}",
                    flush=True,
                )
            report = campaign.train().result(LONGEST_S)
            print(f"let be: {report.verdict}: {report.reason}")
        with Workbench.start() as bench:
            bench.open(Path(name) / "p.astrolens").result(60)
            campaign.bench = bench
            report = campaign.train().result(LONGEST_S)
            print(f"let be in a program opened anew: {report.verdict}; {campaign.grades_lost()} grades lost")
    print(f"\n{asked.kills} kills, {len(wrong)} with harm, {len(campaign.given)} grades; killed while: {dict(moments)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
