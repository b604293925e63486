"""A simulator that children can import: each object is its number and seed; FITS enough to be moved."""

from __future__ import annotations

import csv
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from astrolens_gui.api import BackendSpec, Context, Param, UserError


@dataclass(frozen=True)
class CountingParams:
    pause_s: Annotated[float, Param("Rest after each.", 0, 1)] = 0.0
    breaks_at: Annotated[int, Param("This number raises.", -1, 10**6)] = -1


class Counting:
    SPEC = BackendSpec("counting", "Counting", ("simulate",), "simulating_toy:Counting", params=CountingParams)

    def __init__(self, params: CountingParams) -> None:
        self.params = params

    def simulate(self, out: Path, count: int, ctx: Context, first: int = 0) -> Path:
        with (out / "truth.csv").open("w", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(("ID", "is_lens"))
            for number in range(first, first + count):
                ctx.progress((number - first) / count, "counting")
                time.sleep(self.params.pause_s)
                if number == self.params.breaks_at:
                    raise UserError(f"number {number} can't be drawn")
                folder = out / f"field_{number // 100}"
                folder.mkdir(exist_ok=True)
                (folder / f"toy_{number:04d}.fits").write_text(f"{number} {ctx.seed}")
                writer.writerow((f"toy_{number:04d}", number % 2))
        ctx.progress(1.0, "counted")
        return out / "truth.csv"
