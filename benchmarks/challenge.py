"""The lens-finding challenge, run here: every entry learns for the same time on the same stamps and is ranked on others.

    python benchmarks/challenge_data.py                                # once; tens of minutes
    python benchmarks/challenge.py --list
    python benchmarks/challenge.py --minutes 3 --leaders 6 --leader-minutes 10
    python benchmarks/challenge.py --deeplens-epochs 5 --small 2000    # CMU DeepLens and the default, equal epochs
    python benchmarks/challenge.py --negatives FOLDER/negatives        # the best three against 100,000 non-lenses
    python benchmarks/challenge.py --labels NAME=FILE                  # a person's grades of the test set (ID, grade)
    python benchmarks/challenge.py --report                            # only write the scoreboard again

An entry is every installed backend that classifies and can be trained. Each trains in a child process (memory limit; a
crash is a row of the scoreboard, with its reason), is scored on the test set at once, and leaves `result.json` with
`logit.npy` (float64) in the results folder. Interrupted and started again, it goes on with what is missing.

`--clock cpu` measures budgets by processor time over the number of cores: fair where the machine is shared. All
entries learn on the space kind; on the ground kind only its leaders, for the longer budget.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import challenge_child
import challenge_report
import numpy as np
from challenge_data import DEFAULT_DATA, Stamps
from challenge_results import Results

from astrolens_gui.api import BackendSpec, Cancelled, Context, InputSpec, UserError, as_dict, build, fields
from astrolens_gui.core.plugins import Plugins, missing
from astrolens_gui.jobs.process import run_in_child

DEFAULT, DEEPLENS, TEACHING = "cnn", "deeplens", ("toy",)
ROOT = Path(__file__).resolve().parents[1]
ENDLESS = 500
"""Epochs that no budget of these lasts for, where an entry has a budget."""


@dataclass(frozen=True)
class Job:
    """One result to be had: an entry on a kind, for a time or for a number of epochs, on (the first) training stamps."""

    entry: str
    kind: str
    minutes: float = 0.0
    epochs: int = 0
    count: int | None = None

    @property
    def name(self) -> str:
        budget = f"{self.epochs}epochs-{self.count}" if self.epochs else f"{self.minutes:g}min"
        return f"{self.entry}-{budget}"


@dataclass(frozen=True)
class How:
    """What is the same for all entries."""

    data: Path
    results: Path
    clock: str = "wall"
    memory_gb: float = 6.0
    seed: int = 1


def entries(plugins: Plugins, wanted: Sequence[str] = ()) -> dict[str, BackendSpec]:
    """The backends that classify and can be trained, the default first; without those for teaching unless asked for."""
    found = {
        spec.id: spec
        for spec in plugins.all(BackendSpec)
        if "classify" in spec.capabilities and spec.fit_params is not None
    }
    if unknown := [name for name in wanted if name not in found]:
        raise UserError(f"there is no entry {', '.join(unknown)}; there are: {', '.join(found)}")
    names = wanted or [name for name in found if name not in TEACHING]
    return {name: found[name] for name in sorted(names, key=lambda name: name != DEFAULT)}


def run(job: Job, spec: BackendSpec, how: How) -> dict[str, Any]:
    """Have the result of a job: from the results folder, or by training now. A failure is a result, too."""
    results = Results(how.results)
    folder = results.folder(job.kind, job.name)
    known = results.read(folder)
    if known:
        return known
    train, test = Stamps(how.data / job.kind / "train"), Stamps(how.data / job.kind / "test")
    results.keep_truth(job.kind, test.is_lens())
    wanted = train.input(spec.input)
    folder.mkdir(parents=True, exist_ok=True)
    fit_params = training(spec, job)
    result = {
        **{name: value for name, value in asdict(job).items() if name != "epochs"},
        "epochs_wanted": job.epochs,
        "title": spec.title,
        "params": as_dict(spec.params()),
        "fit_params": as_dict(fit_params),
        "input": wanted.as_dict(),
        "clock": how.clock,
        "seed": how.seed,
        "train": train.about,
        "test": test.about,
        **provenance(),
    }
    print(f"{job.kind} {job.name}: started {datetime.now():%H:%M:%S}", flush=True)
    try:
        if lacking := missing(spec):
            raise UserError(f"{spec.id} {lacking}")
        result |= run_in_child(
            challenge_child.ENTRY,
            {
                "factory": spec.factory,
                "params": spec.params(),
                "fit_params": fit_params,
                "set_folder": str(train.prepared(wanted, job.count)),
                "test_folder": str(test.prepared(wanted)),
                "out": str(folder),
                "clock": how.clock,
            },
            Context(device="cpu", seed=how.seed, workdir=folder, on_progress=Teller()),
            memory_limit_bytes=int(how.memory_gb * 1e9),
            timeout=3600 + 60 * 12 * (job.minutes or 60),
            name=spec.title,
        )
    except (Cancelled, KeyboardInterrupt):
        raise
    except Exception as error:
        sentence = next(iter(str(error).splitlines()), "") or type(error).__name__
        result["failed"] = sentence.partition("; its log is ")[0]
        result["traceback"] = getattr(error, "traceback_text", "")
    results.write(folder, result)
    print(f"{job.kind} {job.name}: {challenge_report.in_words(results.figured(folder))}", flush=True)
    return results.read(folder) or result


def training(spec: BackendSpec, job: Job) -> Any:
    """The entry's own settings with the job's budget; where it has no budget, its own epochs are all it gets."""
    names = {field.name: field for field in fields(spec.fit_params)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    if "minutes" in names and job.minutes:
        values["minutes"] = job.minutes
        if "epochs" in names:
            values["epochs"] = int(min(names["epochs"].param.high or ENDLESS, ENDLESS))
    if "epochs" in names and job.epochs:
        values |= {"epochs": job.epochs, **({"patience": job.epochs} if "patience" in names else {})}
    return build(spec.fit_params, values)  # type: ignore[type-var]


class Teller:
    """Prints progress once a minute."""

    def __init__(self) -> None:
        self.said = time.monotonic()

    def __call__(self, progress: Any) -> None:
        if time.monotonic() - self.said > 60:
            self.said = time.monotonic()
            numbers = ", ".join(f"{name} {value:.3g}" for name, value in progress.metrics.items())
            print(f"    {progress.fraction:.0%} {progress.message} {numbers}", flush=True)


def provenance() -> dict[str, Any]:
    """When, where and by which code."""
    git = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{processor()}, {os.cpu_count()} cores",
        "git": git.stdout.strip(),
        "command": " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *map(_short, sys.argv[1:])]),
        "python": platform.python_version(),
    }


def _short(argument: str) -> str:
    """A folder of this machine says nothing to a reader of the page: its name is enough."""
    return Path(argument).name if os.sep in argument else argument


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="ignore").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def against_negatives(how: How, kind: str, specs: dict[str, BackendSpec], negatives: Path, count: int = 3) -> None:
    """Score the best entries' saved models on a set of non-lenses alone, and keep the logits beside theirs."""
    results = Results(how.results)
    for result in results.leaders(kind, count):
        folder, spec = results.folder(kind, result["name"]), specs[result["entry"]]
        out = folder / "logit-negatives.npy"
        if out.exists():
            continue
        kwargs = {"factory": spec.factory, "params": build(spec.params, result["params"]), "out": str(out)}
        kwargs |= {"model": str(folder / "model"), "stamps": str(negatives), "input": read_input(result)}
        ctx = Context(device="cpu", workdir=folder, on_progress=Teller())
        rate = run_in_child(challenge_child.AGAIN, kwargs, ctx, name=spec.title)["infer_images_per_s_wall"]
        results.write(folder, result | {"negatives": Stamps(negatives).about, "negatives_images_per_s_wall": rate})
        print(f"{result['name']}: {len(np.load(out))} non-lenses, {rate:.0f} images/s", flush=True)


def read_input(result: dict[str, Any]) -> InputSpec:
    return InputSpec.from_dict(result["input"])


def plan(given: argparse.Namespace, specs: dict[str, BackendSpec], results: Results, kind: str) -> list[Job]:
    """What is wanted of a kind that can be named now: leaders are known when the others have run."""
    if given.deeplens_epochs:
        pair = [name for name in (DEFAULT, DEEPLENS) if name in specs]
        return [Job(name, kind, epochs=given.deeplens_epochs, count=given.small) for name in pair]
    all_of_them = kind == "space" or bool(given.entries) or not given.leaders
    jobs = [Job(name, kind, minutes=given.minutes) for name in specs] if all_of_them else []
    done = all(results.read(results.folder(kind, job.name)) for job in jobs)
    if given.leaders and done:
        first = results.leaders("space" if not jobs else kind, given.leaders, given.minutes)
        names = list(dict.fromkeys([DEFAULT, *(result["entry"] for result in first)]))[: given.leaders]
        jobs += [Job(name, kind, minutes=given.leader_minutes) for name in names if name in specs]
    return jobs


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", nargs="+", default=[], help="only these backends")
    parser.add_argument("--kinds", nargs="+", default=["space", "ground"])
    parser.add_argument("--minutes", type=float, default=3.0, help="of training, the same for every entry")
    parser.add_argument("--leaders", type=int, default=0, help="how many of the best go on")
    parser.add_argument("--leader-minutes", type=float, default=10.0)
    parser.add_argument("--deeplens-epochs", type=int, default=0, help="CMU DeepLens and the default for equal epochs")
    parser.add_argument("--small", type=int, default=2000, help="training stamps for that")
    parser.add_argument("--negatives", type=Path, help="a set of non-lenses for the best three of the space kind")
    parser.add_argument("--labels", action="append", default=[], metavar="NAME=FILE", help="a person's grades")
    parser.add_argument("--clock", choices=sorted(challenge_child.CLOCKS), default="wall")
    parser.add_argument("--memory-gb", type=float, default=6.0, help="an entry that takes more is stopped")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--results", type=Path, default=DEFAULT_DATA / "results")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="where scoreboard.md is written")
    parser.add_argument("--retry", action="store_true", help="run again what failed")
    parser.add_argument("--list", action="store_true", help="name the entries and end")
    parser.add_argument("--report", action="store_true", help="only write the scoreboard again")
    given = parser.parse_args(arguments)
    specs = entries(Plugins.discover(), given.entries)
    if given.list:
        print("\n".join(f"{spec.id:16} {spec.title}" for spec in specs.values()))
        return 0
    how = How(given.data, given.results, given.clock, given.memory_gb)
    results = Results(given.results)
    if given.retry:
        results.forget_failures()
    for pair in given.labels:
        name, _, path = pair.partition("=")
        results.keep_person(name, Path(path), Stamps(given.data / given.kinds[0] / "test"), given.kinds[0])
    if given.negatives:
        against_negatives(how, "space", entries(Plugins.discover()), given.negatives)
    elif not given.report and not given.labels:
        for kind in given.kinds:
            for _ in ("all", "leaders"):
                for job in plan(given, specs, results, kind):
                    run(job, specs[job.entry], how)
                    challenge_report.write(results, given.docs)
    print(f"wrote {challenge_report.write(results, given.docs)}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        sys.exit(f"challenge.py: {error}")
