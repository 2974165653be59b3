"""Sentences a second: the default model beside what a user would pick instead.

    python -m tests.benchmarks.scoring [--runs 5] [--fasttext PYTHON] [--transformer MODEL]

All contenders score the same sentences in one process on one thread, in turn, and the medians of
several runs are compared as ratios: a scikit-learn pipeline (word and character n-grams, one
logistic regression a frame) and fastText (one-vs-all, word pairs, subwords of 2 to 5), both
trained on the label set. fastText's package does not live beside the one this project uses to
tell languages, so it runs in a Python of its own, named with --fasttext: an environment with
`pip install fasttext-wheel "numpy<2"`. --transformer names a model folder that was trained with
`--encoder transformer`: a frozen sentence encoder and one logistic regression a frame.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from classifier import load_model, read_articles, read_labels, split  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent.parent
SHARED = Path(os.environ.get("FRAMING_SHARED", ROOT.parent / "shared"))
LABELS = read_labels(ROOT / "datasets" / "frames")
Scorer = Callable[[list[str], list[str | None]], object]


def sentences(most: int) -> tuple[list[str], list[str | None]]:
    """Sentences of the real articles where they lie beside the project, else of the label set."""
    texts: list[str] = []
    langs: list[str | None] = []
    if SHARED.is_dir():
        for article in read_articles(SHARED / "articles", on_error=lambda _: None):
            for sentence in split(article):
                texts.append(sentence.text)
                langs.append(article.lang)
    else:
        texts, langs = LABELS.texts, LABELS.langs
    step = max(1, len(texts) // most)
    return texts[::step][:most], langs[::step][:most]


def ours() -> Scorer:
    return load_model().predict_proba


def sklearn_pipeline() -> Scorer:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline, make_union

    model = make_pipeline(
        make_union(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
        ),
        OneVsRestClassifier(LogisticRegression(solver="liblinear")),
    )
    model.fit(LABELS.texts, LABELS.targets(load_model().frames).astype(int))
    return lambda texts, _: model.predict_proba(texts)


_FASTTEXT = """
import fasttext, json, sys, time
model = fasttext.train_supervised(sys.argv[1], loss="ova", wordNgrams=2, minn=2, maxn=5,
                                  thread=1, epoch=5, verbose=0)
texts = [text + "\\n" for text in json.load(open(sys.argv[2], encoding="utf-8"))]
for line in sys.stdin:
    start = time.perf_counter()
    model.f.multilinePredict(texts, -1, 0.0, "strict")
    print(time.perf_counter() - start, flush=True)
"""


def fasttext(python: str, texts: list[str]) -> Scorer:
    """A scorer that times itself, in another process, with its model and texts loaded before."""
    folder = Path(tempfile.mkdtemp())
    lines = [
        " ".join([*(f"__label__{frame}" for frame in label.frames or ("none",)), label.text])
        for label in LABELS
    ]
    (folder / "train.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    process = subprocess.Popen(
        [python, "-c", _FASTTEXT, str(folder / "train.txt"), str(folder / "texts.json")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def score(_: list[str], __: list[str | None]) -> float:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        return float(process.stdout.readline())

    return score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--fasttext", metavar="PYTHON")
    parser.add_argument("--transformer", metavar="MODEL", type=Path)
    parser.add_argument("--sentences", type=int, default=20_000)
    arguments = parser.parse_args()
    texts, langs = sentences(arguments.sentences)
    texts = [" ".join(text.split()) for text in texts]
    contenders: dict[str, Scorer] = {"default model": ours(), "scikit-learn": sklearn_pipeline()}
    if arguments.fasttext:
        contenders["fastText"] = fasttext(arguments.fasttext, texts)
    if arguments.transformer:
        contenders["transformer"] = load_model(arguments.transformer).predict_proba
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for run in range(arguments.runs + 1):
        for name, score in contenders.items():
            few = len(texts) // {"scikit-learn": 5, "transformer": 50}.get(name, 1)
            start = time.perf_counter()
            result = score(texts[:few], langs[:few])
            seconds = time.perf_counter() - start
            if name == "fastText":
                seconds = float(result)  # type: ignore[arg-type]
            if run:  # the first run only warms up
                rates[name].append(few / seconds)
    best = statistics.median(rates["default model"])
    print(f"{len(texts)} sentences, median of {arguments.runs} runs, one thread")
    for name, measured in rates.items():
        median = statistics.median(measured)
        print(
            f"{name:14} {median:10,.0f} a second   default model is {best / median:6.1f} times as fast"
        )


if __name__ == "__main__":
    main()
