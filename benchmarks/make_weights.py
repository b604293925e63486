"""Makes the weights that come with the program: simulate, label by the truth, train, and keep the model with its card.

    python benchmarks/make_weights.py cnn-euclid-vis [--share 0.02] [--minutes 0] [--out resources/weights]
    python benchmarks/make_weights.py cnn-ground-gri

The same arguments give the same weights on the same processor. They rank real stamps before anybody graded one; the
first training on real grades replaces them where it is not worse. `--share` makes a small sample of each ingredient, to
see that the command runs; `--minutes` trains for so long instead of the backend's own number of epochs.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import real_stamps

from astrolens_gui.api import UserError
from astrolens_gui.workbench import Workbench

ROOT = Path(__file__).resolve().parents[1]
BACKEND = "cnn"
LARGEST_MB = 10.0


@dataclass(frozen=True)
class Recipe:
    """What one set of weights learns from: `ingredients` are (stamps, parameters of the simulator, what for)."""

    survey: str
    size: int
    title: str
    ingredients: tuple[tuple[int, dict[str, Any], str], ...]
    seed: int
    limits: str


MIXED: tuple[tuple[int, dict[str, Any], str], ...] = (
    (12_000, {}, "the survey's own population and nuisances"),
    (8_000, {"population": "shifted", "nuisance": "harsh"}, "another population, harsher nuisances"),
    (4_000, {"lens_fraction": 0.0, "nuisance": "harsh"}, "non-lenses alone: what looks like a lens"),
)
RECIPES = {
    "cnn-euclid-vis": Recipe(
        "euclid_vis",
        50,
        "Euclid VIS, one band, 0.1″ pixels, 50 px (5″) or more",
        MIXED,
        2026,
        "Einstein radii above 2.2″ reach beyond the 5″ that it sees.",
    ),
    "cnn-ground-gri": Recipe(
        "kids_gri",
        64,
        "g, r, i from the ground (KiDS), 0.2″ pixels, 64 px (13″) or more",
        MIXED,
        2027,
        "No real three-band lens was at hand to test it on; other surveys' seeing and depth differ from KiDS's.",
    ),
}


def make(name: str, recipe: Recipe, share: float, minutes: float, out: Path) -> Path:
    """Simulate and train in a temporary project; the model's folder below `out`, with its card.

    Raises:
        UserError: the model is larger than a shipped one may be.
    """
    with tempfile.TemporaryDirectory(prefix="astrolens-weights-") as work:
        folder = Path(work)
        os.environ["ASTROLENS_HOME"] = str(folder / "home")
        with Workbench.start() as bench:
            grades = ["ID,grade"]
            for number, (count, params, _) in enumerate(recipe.ingredients):
                given = {"survey": recipe.survey, "size": recipe.size, **params}
                part = folder / "images" / f"part{number}"
                bench.simulate(
                    "simulator", part, round(count * share), seed=recipe.seed * 10 + number, params=given
                ).result()
                grades += [f"{row['ID']},{'A' if row['is_lens'] == '1' else 'X'}" for row in _rows(part / "truth.csv")]
                print(f"simulated {len(grades) - 1} stamps", flush=True)
            bench.open(folder / "w.astrolens", create={}).result()
            bench.import_images([folder / "images"]).result()
            (folder / "grades.csv").write_text("\n".join(grades) + "\n", encoding="utf-8")
            bench.import_labels(folder / "grades.csv", "truth").result()
            report = bench.train(BACKEND, {"minutes": minutes} if minutes else {}, seed=1).result()
            print(f"{report.verdict}: {report.reason} ({report.seconds:.0f} s)", flush=True)
            if not report.verdict.startswith(("accepted", "provisional")) and share >= 1:
                raise UserError(f"the weights that are shipped now are better ({report.reason}); they stay")
            return keep(bench.project.models_dir / report.model, out / name, recipe, share)


def _rows(table: Path) -> list[dict[str, str]]:
    with table.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def keep(model: Path, target: Path, recipe: Recipe, share: float) -> Path:
    """Copy a model folder under its lasting name and write its card; the ids of labels that exist nowhere else are left
    out, and so is what it was held against: its forerunner, which is gone then."""
    size = sum(path.stat().st_size for path in model.iterdir()) / 1e6
    if size > LARGEST_MB:
        raise UserError(
            f"{model} has {size:.1f} MB; a shipped model has at most {LARGEST_MB:g}: make the network smaller"
        )
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(model, target)
    about = json.loads((target / "model.json").read_text(encoding="utf-8"))
    found = {key: value for key, value in about["metrics"].items() if "champion" not in key and "change" not in key}
    low, high = found["AUROC_ci"]
    reason = (
        f"AUROC {found['AUROC']:.3f} ({low:.3f} to {high:.3f}) on {found['N_pos']} lenses and {found['N_neg']} others"
    )
    about |= {"id": target.name, "label_ids": [], "parent": "", "metrics": found}
    about |= {"verdict": "accepted", "reason": f"{reason}, simulated and held out"}
    (target / "model.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    (target / "README.md").write_text(card(target, about, recipe, share, size), encoding="utf-8")
    return target


def card(folder: Path, about: dict[str, Any], recipe: Recipe, share: float, size_mb: float) -> str:
    """The model card: data, seed, metrics, limits, command."""
    found, used = about["metrics"], about["input"]
    low, high = found["AUROC_ci"]
    counts = [round(number * share) for number, *_ in recipe.ingredients]
    shares = "\n".join(
        f"- {counts[place]:,} stamps of seed {recipe.seed * 10 + place}: {what} (`{json.dumps(params)}`)"
        for place, (_, params, what) in enumerate(recipe.ingredients)
    )
    made = f"astrolens {about['versions'].get('astrolens', '')}, keras {about['versions'].get('keras', '')}"
    return f"""# {folder.name}

{recipe.title}. The program's default network (`{about["backend"]}`), {size_mb:.1f} MB, made {date.today()} with {made} by

    python benchmarks/make_weights.py {folder.name}

**Input** bands {", ".join(used["bands"])}, {used["pixel_scale"]:g}″ a pixel, the central {used["size"]} px, normalised by
`{used["normalisation"]}`.

**Data** {sum(counts):,} simulated stamps of the survey `{recipe.survey}`, {recipe.size} px; no real image was trained on:

{shares}

Of these, whole simulated fields (a quarter) were held out for the figures below. Seed of the training 1; settings in
`model.json`.

**Figures on the held-out simulations** ({found["N_pos"]:,} lenses, {found["N_neg"]:,} non-lenses): AUROC {found["AUROC"]:.4f} ({low:.4f}
to {high:.4f}, 95 %), TPR0 {found["TPR0"]:.3f}, TPR10 {found["TPR10"]:.3f}, ECE {found.get("ECE", float("nan")):.3f}.

{on_real(folder, recipe)}

**Limits** A first guess: simulations are not the survey, and its scores on real stamps are shown as provisional. Scores are
probabilities for a sample with as many lenses as the training had, not for the sky. {recipe.limits}
"""


def on_real(folder: Path, recipe: Recipe) -> str:
    """What it does on real stamps, where these are at hand."""
    if recipe.survey != "euclid_vis" or not real_stamps.DATA.is_dir():
        return "**On real stamps** not measured."
    stamps = real_stamps.euclid()
    found = real_stamps.judged(stamps, real_stamps.answers(folder, stamps), recipe.size)
    low, high = found["AUROC_ci"]
    missed = ", ".join(found["misses"]) or "none"
    return (
        f"**On real Euclid Q1 stamps** ({found['lenses']} lenses, {found['others']} neighbours from the same frames, all cut to "
        f"{recipe.size} px): AUROC {found['AUROC']:.2f} ({low:.2f} to {high:.2f}). The neighbours are fainter than the lenses: the "
        f"brightness alone has {found['AUROC of the brightness in the field']:.2f}, the stamps' size before cutting "
        f"{found['AUROC of the size before cutting']:.2f}. Missed: {missed}. "
        f"Measured by `benchmarks/real_stamps.py`; none of them was trained on."
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=sorted(RECIPES))
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--out", type=Path, default=ROOT / "resources" / "weights")
    asked = parser.parse_args()
    try:
        print(make(asked.name, RECIPES[asked.name], asked.share, asked.minutes, asked.out))
    except UserError as error:
        sys.exit(f"make_weights.py: {error}")
