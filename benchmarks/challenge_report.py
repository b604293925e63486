"""The challenge's scoreboard as a page and a picture, from the results on disk alone; measures nothing."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from challenge_results import DEFAULT, Results, verdict

FAIR = 0.55
"""An AUROC whose interval reaches below this is told apart from a working entry's."""
HEAD = """# Scoreboard of the lens-finding challenge

The challenge of Metcalf et al. (2019, A&A 625, A119) imitated: simulated stamps as its space branch (one band, 101 px
of 0.1″) and its ground branch (four bands, 101 px of 0.2″, masked blocks) had them. Every entry learns from the same
stamps, for the same time, with its own settings, and is judged on a test set of **another population and harsher
nuisances** than it learnt from. Made by `benchmarks/challenge.py`; what the figures mean: [metrics](metrics.md).

AUROC and TPR at a false-positive rate of 10⁻³ have bootstrap intervals (95 %), TPR0 and TPR10 binomial ones. TPR10 is the
completeness with fewer than ten false positives among the non-lenses *of this test set*; the real challenge had ten times
as many of them, so its TPR10 is the harder figure. "Against the default" are paired differences on the same test stamps
(AUROC / TPR at 10⁻³): an entry is better only where the interval lies above 0.
"""


def write(results: Results, docs: Path) -> Path:
    """Write `docs`/scoreboard.md and `docs`/screenshots/scoreboard.png anew; the page's path."""
    docs.mkdir(parents=True, exist_ok=True)
    parts, drawn = [HEAD], {}
    found = {kind: list(results.all(kind)) for kind in results.kinds()}
    if any("figures" in one for rows in found.values() for one in rows):
        parts.append("\n![AUROC and TPR at FPR 1e-3 of every entry](screenshots/scoreboard.png)\n")
    for kind, rows in found.items():
        groups: dict[tuple, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            if not row.get("person"):
                groups[row.get("minutes", 0), row.get("count") or 0].append(row)
        people = [row for row in rows if row.get("person")]
        for number, ((minutes, small), group) in enumerate(sorted(groups.items(), reverse=True)):
            group = sorted(group, key=lambda row: -row.get("figures", {}).get("AUROC", -1))
            parts.append(_section(kind, minutes, small, group + (people if number == 0 else [])))
            drawn.setdefault(kind, []).append((minutes, group))
        parts.append(_against_negatives(kind, rows))
        parts.append(_shortfalls(rows))
    parts.append(_how(found))
    page = docs / "scoreboard.md"
    page.write_text("\n".join(part.strip("\n") + "\n" for part in parts if part), encoding="utf-8")
    if drawn:
        (docs / "screenshots").mkdir(exist_ok=True)
        _plot(drawn, docs / "screenshots" / "scoreboard.png")
    return page


def in_words(result: dict[str, Any]) -> str:
    """One line on a result, for the log."""
    if "failed" in result:
        return f"failed: {result['failed']}"
    one = result.get("figures", {})
    text = f"AUROC {one.get('AUROC', float('nan')):.4f}, TPR0 {one.get('TPR0', 0):.3f}, TPR10 {one.get('TPR10', 0):.3f}"
    text += f", TPR at 1e-3 {one.get('TPR1e-3', 0):.3f}; {len(result.get('epochs', []))} epochs"
    return f"{text} in {result.get('seconds', 0):.0f} s; against the default: {verdict(one) or '-'}"


def spent(minutes: float) -> str:
    return f"{minutes:g} minute{'s' * (minutes != 1)}"


def _section(kind: str, minutes: float, small: int, rows: list[dict[str, Any]]) -> str:
    budget = f"{spent(minutes)} each" if minutes else f"equal epochs, {small} training stamps"
    some = next((row["figures"] for row in rows if "figures" in row), {})
    counts = f" ({some['N_pos']:,} lenses, {some['N_neg']:,} non-lenses in the test set)" if some else ""
    lines = [
        f"\n## {kind.capitalize()}: {budget}{counts}\n",
        "| | entry | AUROC | TPR0 | TPR10 | TPR at FPR 10⁻³ | against the default | | epochs | trained | learns img/s | answers |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for place, row in enumerate(rows, 1):
        name = f"**{row['entry']}**" if row["entry"] == DEFAULT else row["entry"]
        if "failed" in row:
            lines.append(f"| | {name} | failed: {row['failed']} | | | | | | | | | |")
            continue
        one = row["figures"]
        cells = [_rate(one, key) for key in ("AUROC", "TPR0", "TPR10", "TPR1e-3")]
        if row.get("person"):
            cells[0] += f" on {one['N_pos']} lenses and {one['N_neg']} others"
        change = " / ".join(_change(one, key) for key in ("AUROC", "TPR1e-3")) if "AUROC_change" in one else ""
        speed = [f"{row[key]:,.0f}" if key in row else "" for key in ("train_images_per_s", "infer_images_per_s")]
        epochs = str(len(row["epochs"])) if row.get("epochs") else ""
        used = f"{row['seconds']:.0f} s" if "seconds" in row else ""
        place_ = "" if row.get("person") else str(place)
        lines.append("| " + " | ".join([place_, name, *cells, change, verdict(one), epochs, used, *speed]) + " |")
    beaten = [row["entry"] for row in rows if "better" in verdict(row.get("figures", {})) and not row.get("person")]
    if any(row["entry"] == DEFAULT and "figures" in row for row in rows) and len(rows) > 1:
        said = (
            f"**Better than the default: {', '.join(beaten)}.**" if beaten else "No entry is better than the default."
        )
        lines.append(f"\n{said}")
    return "\n".join(lines)


def _rate(one: dict[str, Any], key: str) -> str:
    digits = 4 if key == "AUROC" else 3
    low, high = one[f"{key}_ci"]
    return f"{one[key]:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def _change(one: dict[str, Any], key: str) -> str:
    low, high = one[f"{key}_change_ci"]
    return f"{one[f'{key}_change']:+.3f} ({low:+.3f} to {high:+.3f})"


def _against_negatives(kind: str, rows: list[dict[str, Any]]) -> str:
    rows = [row for row in rows if "figures_negatives" in row]
    if not rows:
        return ""
    rows.sort(key=lambda row: -row["figures_negatives"]["AUROC"])
    some = rows[0]["figures_negatives"]
    lines = [
        f"\n## {kind.capitalize()}: the best against {some['N_neg']:,} non-lenses (and the test set's {some['N_pos']:,} lenses)\n",
        "| entry | AUROC | TPR0 | TPR10 | TPR at FPR 10⁻³ |\n|---|---|---|---|---|",
    ]
    for row in rows:
        cells = [_rate(row["figures_negatives"], key) for key in ("AUROC", "TPR0", "TPR10", "TPR1e-3")]
        lines.append(f"| {row['entry']}, {spent(row['minutes'])} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _shortfalls(rows: list[dict[str, Any]]) -> str:
    """What failed, stayed near chance, or did not keep to its budget."""
    said = []
    for row in rows:
        where = f"{row['entry']} ({spent(row['minutes'])})" if row.get("minutes") else row["entry"]
        one = row.get("figures", {})
        if "failed" in row:
            said.append(f"- {where} failed: {row['failed']}")
        elif "AUROC_ci" in one and one["AUROC_ci"][0] < FAIR and not row.get("person"):
            epochs = len(row.get("epochs", []))
            reached = f"reached {epochs} epoch{'s' * (epochs != 1)} within its budget" if epochs else "has no epochs"
            said.append(
                f"- {where} is not clearly above chance (AUROC {_rate(one, 'AUROC')}, asked for: {FAIR} at least): it {reached}."
            )
        if row.get("minutes") and row.get("seconds", 0) > 60 * row["minutes"] * 1.1 + 5:
            said.append(f"- {where} took {row['seconds'] / 60:.1f} minutes: it overran.")
    return "\nWhat fell short:\n\n" + "\n".join(said) if said else ""


def _how(found: dict[str, list[dict[str, Any]]]) -> str:
    """Dates, machine, commands and settings."""
    rows = [row for group in found.values() for row in group if "date" in row]
    if not rows:
        return ""
    dates = sorted(row["date"][:10] for row in rows)
    clocks = sorted({row["clock"] for row in rows})
    told = {
        "wall": "the wall clock",
        "cpu": "processor time over the number of cores (other work ran on the machine; what uses one core alone is "
        "charged half of its time)",
    }
    lines = [
        "\n## How it was measured\n",
        f"- {dates[0]} to {dates[-1]}, on {', '.join(sorted({row['machine'] for row in rows}))}; "
        f"Python {', '.join(sorted({row['python'] for row in rows}))}; code at {', '.join(sorted({row['git'] for row in rows}))}.",
        f"- Budgets and images/s by {' and '.join(told[clock] for clock in clocks)}. 15 % of the training stamps are what an "
        "entry may stop by.",
        *(f"- `{command}`" for command in sorted({row["command"] for row in rows})),
    ]
    for kind, group in found.items():
        for part in ("train", "test"):
            if recipe := next((row[part] for row in group if part in row), None):
                lines.append(
                    f"- {kind} {part}: {recipe['count']:,} stamps, seed {recipe['seed']}, `{json.dumps(recipe['params'])}`"
                )
    return "\n".join(lines)


def _plot(drawn: dict[str, list[tuple[float, list[dict[str, Any]]]]], path: Path) -> None:
    """A row a kind: AUROC and TPR at FPR 1e-3 of every entry, best at the top, one mark a budget."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    kinds = {
        kind: [
            (minutes, [row for row in rows if "AUROC" in row.get("figures", {})]) for minutes, rows in groups if minutes
        ]
        for kind, groups in drawn.items()
    }
    kinds = {kind: groups for kind, groups in kinds.items() if any(rows for _, rows in groups)}
    if not kinds:
        return
    orders = {kind: _order(groups) for kind, groups in kinds.items()}
    heights = [0.6 + 0.3 * len(order) for order in orders.values()]
    figure, axes = plt.subplots(
        len(kinds), 2, figsize=(11, sum(heights) + 1.2), squeeze=False, sharey="row", height_ratios=heights
    )
    for row, (kind, groups) in zip(axes, kinds.items(), strict=True):
        order = orders[kind]
        for axis, key, label in zip(row, ("AUROC", "TPR1e-3"), ("AUROC", "TPR at FPR 10$^{-3}$"), strict=True):
            for shift, (_, rows) in enumerate(groups):
                for one in rows:
                    value, (low, high) = one["figures"][key], one["figures"][f"{key}_ci"]
                    at = order.index(one["entry"]) + 0.22 * (shift - (len(groups) - 1) / 2)
                    colour = "#c1440e" if one["entry"] == DEFAULT else "#1f4e79"
                    axis.plot([low, high], [at, at], color=colour, lw=1.6, solid_capstyle="butt")
                    axis.plot(value, at, "os^D"[shift % 4], color=colour, ms=5, mfc=colour if shift == 0 else "white")
            axis.set_xlabel(label)
            axis.grid(axis="x", alpha=0.3)
        row[0].set_yticks(range(len(order)), order)
        row[0].set_ylim(len(order) - 0.5, -0.5)
        marks = ", ".join(
            f"{'●■▲◆'[n % 4] if n == 0 else '○□△◇'[n % 4]} {minutes:g} min" for n, (minutes, _) in enumerate(groups)
        )
        row[0].set_title(f"{kind}: {marks}", loc="left", fontsize=10)
        row[1].set_title("bars: 95 %; orange: the default", loc="right", fontsize=9)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _order(groups: list[tuple[float, list[dict[str, Any]]]]) -> list[str]:
    """Entries by the AUROC of their longest budget."""
    best: dict[str, tuple[float, float]] = {}
    for minutes, rows in groups:
        for row in rows:
            best[row["entry"]] = max(best.get(row["entry"], (-1.0, 0.0)), (minutes, row["figures"]["AUROC"]))
    return sorted(best, key=lambda name: -best[name][1])
