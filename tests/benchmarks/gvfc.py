"""Gun Violence Frame Corpus, five official folds: every kind of encoder beside the paper.

    python -m tests.benchmarks.gvfc --backbone FOLDER -o results.jsonl [--kinds ...]

Macro- and micro-F1 over the 9 frames, mean over the folds (Akyürek et al. 2020: EngBERT .76/.82),
at the thresholds the model chose on its own training rows, and at 0.5. The model is trained by
`train` as any other, without cues; calibration and thresholds come from grouped folds inside the
training rows. Every fold is one line of the results; a second run goes on where the first stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from pathlib import Path
from typing import Any

from classifier.codebook import codebook_from_dict
from classifier.encoders.runtime import Runtime
from classifier.labels.label_set import Label, LabelSet
from classifier.training.train import TrainOptions, train

ROOT = Path(__file__).resolve().parent.parent.parent
BENCH = Path(os.environ.get("FRAMING_SHARED", ROOT.parent / "shared")) / "bench" / "gvfc"
KINDS = ("ngrams", "transformer", "hybrid", "finetune")


def read(path: Path) -> LabelSet:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return LabelSet(
        tuple(
            Label(f"{i}", row["text"], row["lang"], tuple(row["labels"]), f"{i}")
            for i, row in enumerate(rows)
        )
    )


def measure(kind: str, fold: int, arguments: argparse.Namespace) -> dict[str, Any]:
    from sklearn.metrics import f1_score

    rows, test = (read(BENCH / "folds" / str(fold) / f"{part}.jsonl") for part in ("train", "test"))
    frames = sorted({frame for label in rows for frame in label.frames})
    codebook = codebook_from_dict(
        {
            "name": "gvfc",
            "version": "1",
            "frames": [{"name": f, "title": f, "definition": f, "cues": {}} for f in frames],
        }
    )
    options: dict[str, Any] = {}
    if kind != "transformer":
        options["ngrams"] = {"length": arguments.ngram_length, "min_sentences": 1}
    if kind != "ngrams":
        options["backbone"] = {"name": arguments.backbone, "length": arguments.length}
    if kind == "finetune":
        options["tuning"] = {"way": arguments.tuning}
    start = time.perf_counter()
    model = train(
        rows,
        codebook,
        TrainOptions(encoder=kind, encoder_options=options, folds=arguments.folds),
        Runtime(arguments.device, cache=arguments.cache, checkpoints=arguments.checkpoints),
    )
    seconds = time.perf_counter() - start
    probabilities, targets = model.predict_proba(test.texts, test.langs), test.targets(frames)
    found: dict[str, Any] = {"kind": kind, "fold": fold, "seconds": round(seconds, 1)}
    for name, flags in (("own", model.flag(probabilities)), ("half", probabilities >= 0.5)):
        for average in ("macro", "micro"):
            found[f"{average}_{name}"] = float(f1_score(targets, flags, average=average))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS))
    parser.add_argument("--folds", type=int, default=5, help="inner folds for calibration")
    parser.add_argument("--tuning", default="contrastive")
    parser.add_argument("--length", type=float, default=3.5)
    parser.add_argument("--ngram-length", type=float, default=2.0)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--checkpoints", type=Path)
    arguments = parser.parse_args()
    done: dict[str, dict[int, dict[str, Any]]] = {}
    if arguments.output.is_file():
        for line in arguments.output.read_text().splitlines():
            row = json.loads(line)
            done.setdefault(row["kind"], {})[row["fold"]] = row
    for kind in arguments.kinds:
        for fold in range(5):
            if fold not in done.setdefault(kind, {}):
                done[kind][fold] = row = measure(kind, fold, arguments)
                with arguments.output.open("a") as stream:
                    stream.write(json.dumps(row) + "\n")
    print("macro/micro F1, mean of the official folds: at the model's thresholds, at 0.5, seconds")
    for kind, folds in done.items():
        mean = {
            key: statistics.mean(row[key] for row in folds.values())
            for key in ("macro_own", "micro_own", "macro_half", "micro_half", "seconds")
        }
        print(
            f"{kind:12} {mean['macro_own']:.3f}/{mean['micro_own']:.3f}  "
            f"{mean['macro_half']:.3f}/{mean['micro_half']:.3f}  {mean['seconds']:.0f} s "
            f"({len(folds)} folds)"
        )
    print("EngBERT      0.76/0.82 (Akyürek et al. 2020)")


if __name__ == "__main__":
    main()
