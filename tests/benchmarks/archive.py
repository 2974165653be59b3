"""The whole job on a large archive: read, split, score, write Parquet; and kill -9 on the way.

    python -m tests.benchmarks.archive ARTICLES            200,000 articles, 1 and 2 workers
    python -m tests.benchmarks.archive ARTICLES --kills 10 ten runs killed at random and resumed

ARTICLES is a folder of .jsonl.gz files; copies of them make up the archive.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from classifier.text.readers import read_articles, read_pieces


@dataclass(frozen=True)
class Run:
    seconds: float
    first_result: float
    peak_memory: int
    articles: int


def build(articles: Path, folder: Path, wanted: int) -> tuple[int, int]:
    """Copies of the files until there are enough articles; how many, and bytes of their text."""
    files = sorted(articles.glob("*.jsonl.gz"))
    if not files:
        sys.exit(f"{articles}: no .jsonl.gz files")
    n = sum(1 for path in files for _ in read_pieces(path))
    size = sum(len(article.text.encode()) for path in files for article in read_articles(path))
    copies = -(-wanted // n)
    for copy in range(copies):
        for path in files:
            shutil.copy(path, folder / f"{copy:04d}-{path.name}")
    return n * copies, size * copies


def command(archive: Path, output: Path, workers: int, *more: str) -> list[str]:
    arguments = ["score", archive, "-o", output, "--workers", workers, *more]
    return [sys.executable, "-m", "classifier", *map(str, arguments)]


def score(archive: Path, output: Path, workers: int) -> Run:
    begin = time.perf_counter()
    process = psutil.Popen(command(archive, output, workers), stderr=subprocess.DEVNULL)
    peak, first = 0, 0.0
    while process.poll() is None:
        peak = max(peak, memory(process))
        if not first and any(output.glob("sentences-*")):
            first = time.perf_counter() - begin
        time.sleep(1)
    seconds = time.perf_counter() - begin
    if process.returncode:
        sys.exit("scoring failed")
    manifest = json.loads((output / "manifest.json").read_text(encoding="utf-8"))
    return Run(seconds, first, peak, manifest["counts"]["articles"])


def memory(process: psutil.Process) -> int:
    """Bytes that a process and its children take, shared pages once."""
    total = 0
    for one in (process, *process.children(recursive=True)):
        try:
            total += one.memory_full_info().pss
        except psutil.Error:
            continue
    return total


def hashes(folder: Path) -> dict[str, str]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def kill_and_resume(archive: Path, output: Path, seconds: float, rng: random.Random) -> None:
    process = subprocess.Popen(command(archive, output, 2), stderr=subprocess.DEVNULL)
    time.sleep(rng.uniform(0, seconds))
    process.kill()
    process.wait()
    subprocess.run(command(archive, output, 2, "--resume"), stderr=subprocess.DEVNULL, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("articles", type=Path)
    parser.add_argument("--wanted", type=int, default=200_000)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = folder / "archive"
        archive.mkdir()
        n, size = build(options.articles, archive, options.wanted)
        if options.kills:
            rng = random.Random(options.seed)
            whole = score(archive, folder / "whole", 2)
            equal = 0
            for i in range(options.kills):
                output = folder / f"killed-{i}"
                kill_and_resume(archive, output, whole.seconds, rng)
                equal += hashes(output) == hashes(folder / "whole")
                shutil.rmtree(output)
            print(f"{n} articles: {equal} of {options.kills} killed runs resumed to equal bytes")
            return
        seconds = {}
        for workers in (1, 2):
            run = score(archive, folder / f"scores-{workers}", workers)
            seconds[workers] = run.seconds
            print(
                f"{workers} workers: {run.articles} articles in {run.seconds:.1f} s, "
                f"{run.articles / run.seconds:.0f} articles/s, "
                f"{size / run.seconds / 1e6:.1f} MB/s of text, "
                f"first result after {run.first_result:.1f} s, "
                f"peak memory {run.peak_memory / 1e6:.0f} MB; "
                f"1,000,000 articles: {run.seconds / run.articles * 1e6 / 60:.1f} min"
            )
        same = hashes(folder / "scores-1") == hashes(folder / "scores-2")
        print(f"2 workers {seconds[1] / seconds[2]:.2f} times as fast as 1; equal bytes: {same}")


if __name__ == "__main__":
    main()
