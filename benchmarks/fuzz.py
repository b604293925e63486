"""Mutated and truncated FITS files against the reader: no crash, no hang, no other exception than ImageError.

    python benchmarks/fuzz.py [--data DIR] [--cases 2000] [--seed 1]

Each case is read in a child process that reports time and memory; a case over 2 s, over 1 GB above the start, or that kills the child
or raises anything but ImageError is a failure and is written to --keep for a look.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

MAX_SECONDS, MAX_BYTES = 2.0, 1 << 30
BLOCK = 2880

_NUMBERS = [
    "0",
    "-1",
    "1",
    "2",
    "3",
    "999",
    "1000",
    "65536",
    "2147483647",
    "2147483648",
    "99999999999999999999",
    "1E400",
    "NaN",
    "-8",
    "7",
    "32767",
]
_VALUES = [
    *_NUMBERS,
    "T",
    "F",
    "''",
    "'IMAGE   '",
    "'BINTABLE'",
    "'RICE_1  '",
    "'HCOMPRESS_1'",
    "'PLIO_1  '",
    "'GZIP_2  '",
    "'1PB(99999999)'",
    "'\x01\x7f'",
    "",
    "/",
]
_KEYS = [
    "NAXIS",
    "NAXIS1",
    "NAXIS2",
    "NAXIS3",
    "BITPIX",
    "PCOUNT",
    "GCOUNT",
    "BSCALE",
    "BZERO",
    "BLANK",
    "ZNAXIS",
    "ZNAXIS1",
    "ZNAXIS2",
    "ZTILE1",
    "ZTILE2",
    "ZBITPIX",
    "ZCMPTYPE",
    "ZVAL1",
    "ZVAL2",
    "ZBLANK",
    "ZSCALE",
    "ZZERO",
    "ZQUANTIZ",
    "THEAP",
    "TFIELDS",
    "TFORM1",
    "TTYPE1",
    "CTYPE1",
    "CTYPE2",
    "CRPIX1",
    "CRVAL2",
    "CD1_1",
    "CDELT1",
    "WCSAXES",
    "A_ORDER",
    "PV2_1",
    "LONPOLE",
    "CUNIT1",
    "EXTNAME",
    "FILTER",
    "XTENSION",
    "SIMPLE",
    "GROUPS",
]


def _card(rng: random.Random, key: str) -> bytes:
    value = rng.choice(_VALUES)
    return f"{key:<8}= {value:>20}"[:80].ljust(80).encode("latin-1")


def mutate(data: bytes, rng: random.Random) -> bytes:
    """One damaged variant: cards replaced, added, removed or moved, bytes flipped in headers or data, or the end cut off."""
    out = bytearray(data)
    ends = [at for at in range(0, len(out) - 79, 80) if out[at : at + 80] == b"END" + b" " * 77] or [0]
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        end = rng.choice(ends)
        start = max(
            (BLOCK * n for n in range(end // BLOCK + 1) if out[BLOCK * n : BLOCK * n + 6] in (b"SIMPLE", b"XTENSI")),
            default=0,
        )
        cards = max((end - start) // 80, 1)
        at = start + 80 * rng.randrange(cards)
        kind = rng.random()
        if kind < 0.35:
            key = out[at : at + 8].decode("latin-1").strip()
            out[at : at + 80] = _card(rng, key or "KEY")
        elif kind < 0.55:
            out[at : at + 80] = _card(rng, rng.choice(_KEYS))
        elif kind < 0.65:
            other = start + 80 * rng.randrange(cards)
            out[at : at + 80], out[other : other + 80] = bytes(out[other : other + 80]), bytes(out[at : at + 80])
        elif kind < 0.75:
            for _ in range(rng.randrange(1, 9)):
                out[start + rng.randrange(max(end - start, 1))] = rng.randrange(256)
        elif kind < 0.88:
            for _ in range(rng.randrange(1, 40)):
                out[rng.randrange(len(out))] = rng.randrange(256)
        else:
            del out[rng.choice((rng.randrange(len(out)), rng.randrange(len(out)), 2880, 80, 0)) :]
            if not out:
                break
            ends = [e for e in ends if e < len(out)] or [0]
    return bytes(out)


def cases(folder: Path, count: int, seed: int, largest: int = 1_200_000) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of `count` damaged variants of the folder's FITS files, the same for the same seed."""
    files = sorted(
        p for p in folder.rglob("*") if p.suffix.lower() in {".fits", ".gz", ".z"} and p.stat().st_size <= largest
    )
    if not files:
        raise SystemExit(f"no FITS file below {folder}; give another --data")
    rng = random.Random(seed)
    # every kind as often as the most frequent one: compressed and odd files are few, and need it most
    kinds = [[f for f in files if f.parent == parent] for parent in sorted({f.parent for f in files})]
    for n in range(count):
        path = (
            rng.choice(rng.choice(kinds)) if n % 2 else rng.choice([f for f in files if "formats" in f.parts] or files)
        )
        yield f"{n:05d}_{path.name}", mutate(path.read_bytes(), random.Random(seed * 1_000_003 + n))


def look(path: str) -> str:
    """Everything that the program does with a new file; "" if it opened, else the sentence. Only ImageError is caught."""
    from astrolens_gui.core.images import fast, fits, ingest

    fast.read(path, (0,))
    fast.read(path, (1,))
    list(ingest.scan([path]))
    try:
        found = fits.inspect(path)
        for plane in found.planes[:8]:
            pixels = fits.read(plane)
            assert pixels.shape == plane.shape, "the array has not the announced shape"
            fits.wcs_problem(plane)
            fits.celestial(plane)
    except fits.ImageError as error:
        sentence = str(error)
        return sentence if "\n" not in sentence and Path(path).name in sentence else f"!not one sentence: {sentence!r}"
    return ""


def _serve(pipe: Connection) -> None:
    import faulthandler
    import warnings

    faulthandler.enable(open(os.devnull, "w"))  # noqa: SIM115
    warnings.simplefilter("ignore")
    from astropy.io import fits as _  # noqa: F401
    from astropy.wcs import WCS as _W  # noqa: F401

    start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    pipe.send(None)
    while (path := pipe.recv()) is not None:
        begun = time.perf_counter()
        try:
            outcome = look(path)
        except Exception as error:
            outcome = f"!{type(error).__name__}: {error}"
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start) * 1024
        pipe.send((outcome, time.perf_counter() - begun, grown))


class Reader:
    """The child that reads; started again when it dies."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other,), daemon=True)
        self.process.start()
        other.close()
        self.pipe.recv()

    def __call__(self, path: str) -> tuple[str, float, int]:
        """(outcome, seconds, bytes): the outcome begins with "!" where the reader failed."""
        self.pipe.send(path)
        try:
            if self.pipe.poll(20 * MAX_SECONDS):
                return self.pipe.recv()
            self.process.kill()
        except EOFError:
            pass
        self.process.join()
        code = self.process.exitcode
        self._start()
        return f"!the reader died or hung (exit code {code})", 20 * MAX_SECONDS, 0

    def close(self) -> None:
        self.pipe.send(None)
        self.process.join(5)


def run(folder: Path, count: int, seed: int, keep: Path | None = None) -> tuple[Counter[str], list[str], float, int]:
    """(outcomes, failures, slowest seconds, largest growth in bytes)."""
    reader, outcomes, failures = Reader(), Counter[str](), []
    slowest, largest = 0.0, 0
    with tempfile.TemporaryDirectory() as scratch:
        for name, data in cases(folder, count, seed):
            path = Path(scratch) / name
            path.write_bytes(data)
            outcome, seconds, grown = reader(str(path))
            slowest, largest = max(slowest, seconds), max(largest, grown)
            failed = outcome.startswith("!") or seconds > MAX_SECONDS or grown > MAX_BYTES
            outcomes["failed" if failed else "refused" if outcome else "opened"] += 1
            if failed:
                failures.append(f"{name}: {outcome or 'opened'} ({seconds:.2f} s, {grown / 2**20:.0f} MB)")
                if keep is not None:
                    keep.mkdir(parents=True, exist_ok=True)
                    (keep / name).write_bytes(data)
            path.unlink()
    reader.close()
    return outcomes, failures, slowest, largest


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    default = os.environ.get("ASTROLENS_DATA", str(Path(__file__).resolve().parents[2] / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default))
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    begun = time.perf_counter()
    outcomes, failures, slowest, largest = run(args.data, args.cases, args.seed, args.keep)
    for failure in failures:
        print(failure)
    print(f"{args.cases} cases in {time.perf_counter() - begun:.0f} s: {dict(outcomes)}")
    print(f"slowest {slowest:.2f} s, largest growth of memory {largest / 2**20:.0f} MB")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
