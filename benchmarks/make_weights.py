"""Makes the weights that come with the program: simulate, label by the truth, train, and keep the model folder.

    python benchmarks/make_weights.py [--survey euclid_vis] [--size 50] [--count 12000] [--out resources/weights]

The same arguments give the same weights on the same processor. They rank real stamps before anybody graded one; the first
training on real grades replaces them where it is not worse.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
from pathlib import Path

from astrolens_gui.demo_loop import truth_of
from astrolens_gui.workbench import Workbench


def make(survey: str, size: int, count: int, epochs: int, out: Path) -> Path:
    """Simulate and train in a temporary project; the model's folder below `out`."""
    with tempfile.TemporaryDirectory(prefix="astrolens-weights-") as work:
        folder = Path(work)
        os.environ["ASTROLENS_HOME"] = str(folder / "home")
        with Workbench.start() as bench:
            params = {"survey": survey, "size": size}
            table = bench.simulate("simulator", folder / "images", count, seed=2026, params=params).result()
            print(f"simulated {count} objects: {table}", flush=True)
            bench.open(folder / "w.astrolens", create={}).result()
            bench.import_images([folder / "images"]).result()
            grades = "ID,grade\n" + "".join(
                f"{name},{'A' if lens else 'X'}\n" for name, lens in truth_of(folder).items()
            )
            (folder / "grades.csv").write_text(grades, encoding="utf-8")
            bench.import_labels(folder / "grades.csv", "truth").result()
            report = bench.train("cnn", {"epochs": epochs}, seed=1).result()
            print(f"{report.verdict}: {report.reason} ({report.seconds:.0f} s)", flush=True)
            return keep(bench.project.models_dir / report.model, out / f"cnn-{survey.replace('_', '-')}")


def keep(model: Path, target: Path) -> Path:
    """Copy a model folder under its lasting name; the ids of labels that exist nowhere else are left out."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(model, target)
    about = json.loads((target / "model.json").read_text(encoding="utf-8"))
    about |= {"id": target.name, "label_ids": [], "parent": ""}
    (target / "model.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    return target


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--survey", default="euclid_vis")
    parser.add_argument("--size", type=int, default=50)
    parser.add_argument("--count", type=int, default=12_000)
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[1] / "resources" / "weights")
    given = parser.parse_args()
    print(make(given.survey, given.size, given.count, given.epochs, given.out))
