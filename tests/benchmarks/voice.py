"""Microseconds a sentence: telling the voice, beside scoring the same sentences.

    python -m tests.benchmarks.voice [--runs 5] [--articles 400]

Both run in turn on one thread on the real articles where they lie beside the project, else on
the example articles; medians of several runs, and their ratio.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np  # noqa: E402

from classifier import load_model, read_articles, split, voices  # noqa: E402
from classifier.text.passages import code_points  # noqa: E402
from classifier.text.voice import hear_spans  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent.parent
SHARED = Path(os.environ.get("FRAMING_SHARED", ROOT.parent / "shared"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--articles", type=int, default=400)
    arguments = parser.parse_args()
    folder = SHARED / "articles" if SHARED.is_dir() else ROOT / "datasets" / "articles"
    articles = list(read_articles(folder, on_error=lambda _: None))
    articles = articles[:: max(1, len(articles) // arguments.articles)]
    sentences = [split(article) for article in articles]
    spans = [
        (np.array([s.start for s in each]), np.array([s.end for s in each])) for each in sentences
    ]
    texts = [s.text for each in sentences for s in each]
    langs = [a.lang for a, each in zip(articles, sentences, strict=True) for _ in each]
    model = load_model()

    def hear() -> None:
        for article, (starts, ends) in zip(articles, spans, strict=True):
            hear_spans(article.text, code_points(article.text), starts, ends, article.lang)

    def name() -> None:
        for article, each in zip(articles, sentences, strict=True):
            voices(article.text, each, article.lang)

    contenders: dict[str, Callable[[], object]] = {
        "scoring": lambda: model.predict_proba(texts, langs),
        "voice": hear,
        "voice and all speakers": name,
    }
    times: dict[str, list[float]] = {key: [] for key in contenders}
    for run in range(arguments.runs + 1):
        for key, work in contenders.items():
            start = time.perf_counter()
            work()
            if run:  # the first run only warms up
                times[key].append((time.perf_counter() - start) / len(texts) * 1e6)
    scoring = statistics.median(times["scoring"])
    print(f"{len(articles)} articles, {len(texts)} sentences, median of {arguments.runs} runs")
    for key, measured in times.items():
        median = statistics.median(measured)
        print(f"{key:24} {median:7.2f} µs a sentence   {median / scoring:6.2f} of scoring")


if __name__ == "__main__":
    main()
