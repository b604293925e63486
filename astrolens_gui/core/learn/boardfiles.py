"""A scoreboard as Markdown, CSV, JSON or a picture; computes nothing."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.api import UserError

from .board import COMPARED, Board, Row
from .metrics import Ranking

KINDS = {"model": "o", "person": "s", "table": "D"}
"""The mark of each kind of entry in a picture."""


NONE = "–"


def named(pairs: Sequence[str]) -> dict[str, Path]:
    """`NAME=FILE` pairs as a mapping; a file alone is called by its stem.

    Raises:
        UserError: a name stands twice.
    """
    tables: dict[str, Path] = {}
    for pair in pairs:
        name, equals, path = pair.partition("=")
        file = Path(path if equals else pair)
        name = name.strip() if equals else file.stem
        if name in tables:
            raise UserError(f"two tables of scores are called {name}; write NAME=FILE to tell them apart")
        tables[name] = file
    return tables


def as_json(board: Board, note: str = "") -> dict[str, Any]:
    """The board as plain values: `rows`, best first, and what they were made on."""
    rows = []
    for row in board.rows:
        values = {name: list(value) if isinstance(value, tuple) else value for name, value in vars(row).items()}
        del values["difference"]
        for figure in COMPARED:
            value, interval = row.difference.get(figure, (None, None))
            values[f"{figure}_difference"] = value
            values[f"{figure}_difference_ci"] = None if interval is None else list(interval)
        rows.append(values)
    counts = {"N_pos": int(board.truth.is_lens.sum()), "N_neg": int((~board.truth.is_lens).sum())}
    about = {"truth": str(board.truth.path), "objects": board.objects, **counts, "excluded": board.truth.excluded}
    return {**about, "reference": board.reference, "rows": rows, "note": note}


def ranged(value: float, interval: Sequence[float] | None, sign: bool = False) -> str:
    """`0.912 (0.901–0.923)`, or with signs `+0.012 (−0.003 to +0.027)`."""
    if interval is None:
        return NONE
    low, high = interval
    if sign:
        return f"{value:+.3f} ({low:+.3f} to {high:+.3f})".replace("-", "−")
    return f"{value:.3f} ({low:.3f}–{high:.3f})"


def as_markdown(board: Board) -> str:
    """A table, best first, under one sentence that says what was counted."""
    truth = board.truth
    rows = board.rows
    lines = [
        f"{int(truth.is_lens.sum()):,} lenses and {int((~truth.is_lens).sum()):,} non-lenses of {truth.path.name}: "
        f"{board.objects}. 95 % intervals; differences are paired, to {_cell(board.reference)}.",
        "",
        "| entry | kind | AUROC | TPR0 | TPR10 | TPR at FPR 1e-3 | N_pos / N_neg | unscored | Δ AUROC | Δ TPR at 1e-3 |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        figures = [
            ranged(getattr(row, name), getattr(row, f"{name}_ci")) for name in ("AUROC", "TPR0", "TPR10", "tpr_fpr1e3")
        ]
        counts = [f"{row.N_pos:,} / {row.N_neg:,}", f"{row.unscored:,}"]
        lines.append(f"| {' | '.join([_cell(marked(row)), row.kind, *figures, *counts, *_differences(row)])} |")
    notes = [f"- {_cell(line)}" for line in _notes(rows)]
    return "\n".join([*lines, "", *notes] if notes else lines) + "\n"


def as_text(board: Board, note: str = "") -> list[str]:
    """For a terminal."""
    truth, rows = board.truth, board.rows
    width = max(len(marked(one)) for one in rows)
    lines = [
        f"{int(truth.is_lens.sum()):,} lenses and {int((~truth.is_lens).sum()):,} non-lenses: {board.objects}",
        f"95 % intervals; Δ: paired differences to {board.reference}",
        "",
        f"{'':{width}}  {'AUROC':19}  {'TPR0':19}  {'TPR10':19}  {'TPR at FPR 1e-3':19}  {'unscored':>8}  Δ AUROC",
    ]
    for row in rows:
        cells = [
            ranged(getattr(row, name), getattr(row, f"{name}_ci")) for name in ("AUROC", "TPR0", "TPR10", "tpr_fpr1e3")
        ]
        figures = "  ".join(f"{cell:19}" for cell in cells)
        lines.append(f"{marked(row):{width}}  {figures}  {row.unscored:8,}  {_differences(row)[0]}".rstrip())
    below = [*_notes(rows), *([note] if note else [])]
    return [*lines, "", *below] if below else lines


def as_csv(board: Board) -> str:
    """One line an entry; intervals as `…_low` and `…_high`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for at, row in enumerate(as_json(board)["rows"]):
        flat: dict[str, Any] = {}
        for name, value in row.items():
            if name.endswith("_ci"):
                flat[f"{name[:-3]}_low"], flat[f"{name[:-3]}_high"] = value or ("", "")
            else:
                flat[name] = "" if value is None else value
        if at == 0:
            writer.writerow(flat)
        writer.writerow(flat.values())
    return out.getvalue()


def write(board: Board, out: Path) -> None:
    """By the name's suffix: .md, .json, .csv, or a picture .png, .pdf, .svg.

    Raises:
        UserError: another suffix, or the file can't be written.
    """
    texts = {".md": as_markdown, ".csv": as_csv, ".json": lambda one: json.dumps(as_json(one), indent=1) + "\n"}
    try:
        if out.suffix in texts:
            out.write_text(texts[out.suffix](board), encoding="utf-8")
        elif out.suffix in {".png", ".pdf", ".svg"}:
            plot(board).savefig(out, dpi=160)
        else:
            raise UserError(f"{out}: a scoreboard is written as .md, .json, .csv or .png; end the name so")
    except OSError as error:
        raise UserError(f"{out} can't be written ({error.strerror}); choose another place") from None


def plot(board: Board) -> Any:
    """A matplotlib Figure: AUROC and TPR at FPR 1e-3 with their intervals, entry by entry, and the ROC curves over the
    logarithm of the false-positive rate."""
    from matplotlib.figure import Figure

    rows = board.rows
    height = max(3.6, 0.32 * len(rows) + 1.4)
    figure = Figure(figsize=(12, height), layout="constrained")
    area, rate, roc = figure.subplots(1, 3, width_ratios=(1.1, 1.1, 1.6))
    rate.sharey(area)
    for at, row in enumerate(rows):
        colour = f"C{at % 10}"
        for panel, name in ((area, "AUROC"), (rate, "tpr_fpr1e3")):
            value, (low, high) = getattr(row, name), getattr(row, f"{name}_ci")
            error = [[max(value - low, 0)], [max(high - value, 0)]]
            panel.errorbar(value, at, xerr=error, fmt=KINDS[row.kind], color=colour, ms=5, lw=1.6)
    area.set_yticks(range(len(rows)), [marked(row) for row in rows])
    area.invert_yaxis()
    area.set_xlabel("AUROC")
    rate.set_xlabel("TPR at FPR 1e-3")
    rate.tick_params(labelleft=False)
    entries = {one.name: one for one in board.entries}
    floor = 0.5 / max(int((~board.truth.is_lens).sum()), 1)
    for at, row in enumerate(rows):
        fpr, tpr = Ranking.of(board.truth.is_lens, entries[row.name].logit).roc()
        colour = f"C{at % 10}"
        roc.plot(*for_log(fpr, tpr, floor), lw=1.4, color=colour)
        if row.kind == "person":
            roc.plot(fpr[1:-1], tpr[1:-1], KINDS[row.kind], ms=5, color=colour)
        area.get_yticklabels()[at].set_color(colour)
    roc.set(
        xscale="log", xlim=(floor, 1), ylim=(-0.02, 1.02), xlabel="false-positive rate", ylabel="true-positive rate"
    )
    roc.axvline(1e-3, color="0.6", lw=0.8, ls=":")
    for panel in (area, rate, roc):
        panel.grid(alpha=0.25)
    figure.suptitle(
        f"{rows[0].N_pos:,} lenses, {rows[0].N_neg:,} non-lenses: {board.objects}; 95 % intervals", fontsize=9
    )
    return figure


def for_log(fpr: np.ndarray, tpr: np.ndarray, floor: float) -> tuple[np.ndarray, np.ndarray]:
    """The corners of a ROC curve with points between, so that its straight lines are drawn as what they are over
    log(FPR); all below `floor` is drawn there."""
    x, y = [fpr[:1]], [tpr[:1]]
    for left, right, low, high in zip(fpr[:-1], fpr[1:], tpr[:-1], tpr[1:], strict=True):
        if right > left and high > low:
            between = np.geomspace(max(left, floor), max(right, floor), 24)[:-1]
            x.append(between)
            y.append(low + (high - low) * (between - left) / (right - left))
        x.append(np.array([right]))
        y.append(np.array([high]))
    return np.concatenate(x).clip(floor), np.concatenate(y)


def marked(row: Row) -> str:
    """The entry's name, with an asterisk where it learnt from objects that it is judged on."""
    return f"{row.name} *" if row.learnt else row.name


def _notes(rows: Sequence[Row]) -> list[str]:
    """What stands under a table: each entry's note, and what the asterisk means."""
    notes = [f"{marked(row)}: {row.note}" for row in rows if row.note]
    if any(row.learnt for row in rows):
        notes.append("* learnt from some of the objects it is judged on; --unseen leaves them out")
    return notes


def _differences(row: Row) -> list[str]:
    if not row.difference:
        return ["reference"] * len(COMPARED)
    return [ranged(*row.difference[figure], sign=True) if figure in row.difference else NONE for figure in COMPARED]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")
