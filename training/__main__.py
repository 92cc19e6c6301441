"""Makes the weights of the bundled model's Japanese half, or checks those that are there.

    python -m training --data DIR            trains, prints the table, writes enrich/weights
    python -m training --data DIR --check    prints the table for the committed weights

Exit code 1 where a figure is below what it should at least be.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

# One reading of the threads for both: OpenBLAS's would fight torch's over the same cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from enrich.bilingual import Shape, Student
from enrich.embed import Encoder
from enrich.weights import FILE
from training import lessons, scores
from training.fit import Recipe, fit, steps

SHAPE = Shape(known=0, buckets=8192, gram=64, hidden=384, heads=4, inner=512)
"""How many words are known, the training counts."""
RECIPE = Recipe()
SEED = 20261122


def main() -> int:
    """Train or check, and print; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m training",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with the public data")
    parser.add_argument("--check", action="store_true", help="evaluate the committed weights only")
    options = parser.parse_args()
    console = Console()
    began = time.monotonic()
    if not options.check:
        train(options.data, console).save(FILE)
        seconds = time.monotonic() - began
        console.print(f"{FILE}, {FILE.stat().st_size / 2**20:.1f} MiB, after {seconds:.0f} s")
    found = scores.all_scores(options.data, Encoder())
    table = Table("measure", "value", "at least")
    for score in found:
        least = "" if score.least is None else f"{score.least:.2f}"
        table.add_row(score.name, f"{score.value:.3f}", least)
    console.print(table)
    return 0 if all(score.least is None or score.value >= score.least for score in found) else 1


def train(data: Path, console: Console) -> Student:
    """A student from the data below a folder."""
    with Progress(console=console) as progress:
        reading = progress.add_task("MiniLM reads the English sentences", total=None)
        corpus, learnt = lessons.read(data, SHAPE.buckets)
        progress.update(reading, total=1, completed=1)
        task = progress.add_task("training", total=steps(learnt, RECIPE))
        return fit(SHAPE, corpus, learnt, RECIPE, SEED, lambda: progress.advance(task))


if __name__ == "__main__":
    sys.exit(main())
