"""What a sentence encoder adds on published English sentences, what it costs, and the cascade.

    python -m tests.benchmarks.encoders --backbone FOLDER -o MODELS [--kinds ...] [--speed 1000]

Models are trained on datasets/frames (never on gold) into the folder MODELS; one that lies there
is taken as it is. All rows of the label set are learned from; a backbone of one language reads
only sentences in it (--lang), the others are left to n-grams and cues. Figures are those of the
English part of shared/gold/dev.jsonl. Speeds are medians of three runs on the same sentences, one
process, in turn; `onnx` needs `framing export --onnx` to have been run on the hybrid.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from classifier import load_model, read_articles, read_codebook, read_labels, save_model, split
from classifier.encoders.runtime import Runtime
from classifier.labels.label_set import LabelSet
from classifier.model.cascade import Tally, make_cascade
from classifier.training.evaluate import Evaluation, measure
from classifier.training.train import TrainOptions, train

ROOT = Path(__file__).resolve().parent.parent.parent
SHARED = Path(os.environ.get("FRAMING_SHARED", ROOT.parent / "shared"))
SET = ROOT / "datasets" / "frames"
KINDS = ("ngrams", "transformer", "hybrid", "finetune")


def trained(kind: str, arguments: argparse.Namespace, runtime: Runtime) -> Any:
    folder = arguments.output / kind
    runtime = replace(runtime, checkpoints=arguments.output / "checkpoints")
    if not (folder / "model.json").is_file():
        options: dict[str, Any] = {}
        if kind != "ngrams":
            options["backbone"] = {"name": arguments.backbone, "langs": [arguments.lang]}
        if kind == "finetune":
            options["tuning"] = {"epochs": arguments.epochs}
        chosen = TrainOptions(kind, encoder=kind, encoder_options=options, folds=arguments.folds)
        rows = read_labels(SET)
        if kind == "transformer":  # it has nothing to say of other languages
            rows = rows.subset(i for i, label in enumerate(rows) if label.lang == arguments.lang)
        start = time.perf_counter()
        model = train(rows, read_codebook(SET), chosen, runtime)
        print(f"{kind}: trained in {time.perf_counter() - start:.0f} s", flush=True)
        save_model(model, folder, force=True)
    return load_model(folder, runtime)


def line(name: str, result: Evaluation) -> str:
    macro, micro = result.macro, result.micro
    return (
        f"{name:24} macro-F1 {macro['f1']:.3f}  AP {macro['average_precision']:.3f}  "
        f"micro-F1 {micro['f1']:.3f}  precision {micro['precision']:.3f}  "
        f"recall {micro['recall']:.3f}  calibration error {macro['calibration_error']:.3f}"
    )


def figures(model: Any, gold: LabelSet) -> Evaluation:
    probabilities = model.predict_proba(gold.texts, gold.langs)
    nothing = np.zeros(probabilities.shape, dtype=bool)
    return measure(gold, model.frames, probabilities, model.thresholds, nothing)


def sentences(lang: str, most: int) -> list[str]:
    found = [
        sentence.text
        for article in read_articles(SHARED / "articles", on_error=lambda _: None)
        if article.lang == lang
        for sentence in split(article)
    ]
    return found[:: max(1, len(found) // most)][:most]


def speed(score: Callable[[], object], n: int) -> float:
    rates = []
    for _ in range(3):
        start = time.perf_counter()
        score()
        rates.append(n / (time.perf_counter() - start))
    return statistics.median(rates)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS))
    parser.add_argument("--lang", default="en")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--speed", type=int, default=0, metavar="SENTENCES")
    parser.add_argument("--device", default="auto")
    arguments = parser.parse_args()
    runtime = Runtime(arguments.device, cache=arguments.output / "embeddings")
    gold = read_labels(SHARED / "gold" / "dev.jsonl")
    gold = gold.subset(i for i, label in enumerate(gold) if label.lang == arguments.lang)
    models = {kind: trained(kind, arguments, runtime) for kind in arguments.kinds}
    print(f"{len(gold)} published sentences in {arguments.lang}")
    for kind, model in models.items():
        print(line(kind, figures(model, gold)), flush=True)
    texts = sentences(arguments.lang, arguments.speed) if arguments.speed else []
    langs: list[str | None] = [arguments.lang] * len(texts)
    uncached = Runtime(arguments.device)
    again = {kind: load_model(arguments.output / kind, uncached) for kind in models}
    if (arguments.output / "hybrid" / "onnx").is_dir():
        again["onnx"] = load_model(arguments.output / "hybrid", replace(uncached, engine="onnx"))
    if texts:
        for kind, model in again.items():
            rate = speed(lambda model=model: model.predict_proba(texts, langs), len(texts))  # type: ignore[misc]
            print(f"{kind:24} {rate:10,.0f} sentences a second", flush=True)
    for second in ("hybrid", "finetune"):
        if "ngrams" in models and second in models:
            cascades(models["ngrams"], models[second], again[second], gold, texts, langs)


def cascades(
    first: Any, second: Any, uncached: Any, gold: LabelSet, texts: list[str], langs: Any
) -> None:
    """The limit chosen on half of the articles' sentences, the rest measured on the others."""
    half, other = len(texts) // 2, texts[1::2]
    for recall in (0.9, 0.95, 0.99):
        chosen = [("label set", make_cascade(first, second, recall))]
        if texts:
            own = make_cascade(first, second, recall, texts[::2], langs[: len(texts[::2])])
            chosen.append(("archive", own))
        for by, cascade in chosen:
            print(line(f"cascade {recall:g} by {by}", figures(cascade, gold)))
            print(f"{'':24} sent on: {cascade.tally.share:.1%} of the published sentences")
            if not texts:
                continue
            real = replace(cascade, second=uncached, tally=Tally())
            rate = speed(lambda real=real: real.predict_proba(other, langs[:half]), half)  # type: ignore[misc]
            flags = second.flag(second.predict_proba(other, langs[:half]))
            kept = real.flag(real.predict_proba(other, langs[:half]))[flags].mean()
            print(
                f"{'':24} sent on: {real.tally.share:.1%} of the articles' sentences, "
                f"{kept:.1%} of the flags kept; {rate:,.0f} a second",
                flush=True,
            )


if __name__ == "__main__":
    main()
