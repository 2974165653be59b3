"""Few-shot accuracy of the sentence encoder on the SetFit paper's protocol.

    python -m tests.benchmarks.fewshot --backbone FOLDER -o results.jsonl [--shots 8] [--ways ...]

Emotion, SST-5 and CR, 10 draws of 8 or 64 rows a class, accuracy on the whole test file, mean
over the draws. Single labels, so no frames, cues or thresholds: the encoder's rows and one
multinomial logistic head. Ways: `frozen`; `contrastive` and `plain`, the two ways of fine-tuning;
with `+names`, the names of the classes in four short sentences count as rows too, three times
each (a codebook's titles would be their like). What is chosen here (layers, rate, steps, C,
weight of the names) was chosen on other draws from the training rows of the 64-shot files.
Every draw is one line of the results; a second run goes on where the first stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from pathlib import Path

import numpy as np

from classifier.encoders.backbone import find_backbone
from classifier.encoders.finetune import TuneOptions
from classifier.encoders.runtime import Runtime
from classifier.encoders.sentence import SentenceEncoder

ROOT = Path(__file__).resolve().parent.parent.parent
BENCH = Path(os.environ.get("FRAMING_SHARED", ROOT.parent / "shared")) / "bench"
SETS = ("cr", "sst5", "emotion6")
PUBLISHED = {
    8: {"SetFit MiniLM": (71.6, 29.8, 39.1), "frozen MPNet": (84.2, 36.7, 37.8)},
    64: {"frozen MPNet": (88.2, 42.2, 50.8)},
}
SENTENCES = ("{}", "This is {}.", "It was {}.", "I feel {}.")
COPIES = 3
C = 1.0

Rows = list[tuple[str, str]]


def read(path: Path) -> Rows:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [(row["text"], row["labels"][0]) for row in rows]


def accuracy(
    encoder: SentenceEncoder, rows: Rows, names: Rows, test: Rows, way: str, seed: int, steps: int
) -> float:
    from sklearn.linear_model import LogisticRegression

    classes = sorted({label for _, label in rows})
    if not way.startswith("frozen"):
        both = rows + names
        targets = np.array([[label == each for each in classes] for _, label in both])
        groups = [str(number) for number in range(len(both))]
        options = TuneOptions(way=way.partition("+")[0], epochs=1, least_steps=steps)
        encoder.learn([text for text, _ in both], targets, groups, options, seed)
    trained = rows + names * COPIES
    features = encoder.transform([text for text, _ in trained])
    head = LogisticRegression(C=C, max_iter=2000).fit(features, [label for _, label in trained])
    said = head.predict(encoder.transform([text for text, _ in test]))
    return float(np.mean(said == np.array([label for _, label in test])))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--shots", type=int, choices=(8, 64), default=8)
    parser.add_argument(
        "--ways",
        nargs="+",
        default=["frozen", "frozen+names", "contrastive+names", "contrastive", "plain"],
    )
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--steps", type=int, default=16)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--cache", type=Path)
    arguments = parser.parse_args()
    backbone, _ = find_backbone(arguments.backbone)
    done: dict[tuple[object, ...], float] = {}
    if arguments.output.is_file():
        for line in arguments.output.read_text().splitlines():
            row = json.loads(line)
            done[row["set"], row["way"], row["shots"], row["draw"]] = row["accuracy"]
    runtime = Runtime(device=arguments.device, cache=arguments.cache)
    for way in arguments.ways:
        for name in arguments.sets:
            test = read(BENCH / name / "test.jsonl")
            for draw in range(arguments.draws):
                key = (name, way, arguments.shots, draw)
                if key in done:
                    continue
                rows = read(BENCH / name / "fewshot" / f"train-{arguments.shots}-{draw}.jsonl")
                classes = sorted({label for _, label in rows})
                names = [(text.format(label), label) for label in classes for text in SENTENCES]
                start = time.perf_counter()
                done[key] = accuracy(
                    SentenceEncoder(backbone, length=1.0, runtime=runtime),
                    rows, names if way.endswith("+names") else [], test, way, draw,
                    arguments.steps,
                )  # fmt: skip
                record = dict(zip(("set", "way", "shots", "draw"), key, strict=True))
                record |= {"accuracy": done[key], "seconds": time.perf_counter() - start}
                with arguments.output.open("a") as stream:
                    stream.write(json.dumps(record) + "\n")
    report(done, arguments.shots)


def report(done: dict[tuple[object, ...], float], shots: int) -> None:
    print(f"{shots} rows a class, mean accuracy ± deviation over the draws")
    print(f"{'':20}" + "".join(f"{name:>16}" for name in SETS))
    for way in dict.fromkeys(way for _, way, n, _ in done if n == shots):
        cells = []
        for name in SETS:
            found = [100 * v for (s, w, n, _), v in done.items() if (s, w, n) == (name, way, shots)]
            spread = statistics.pstdev(found) if found else 0.0
            mean = f"{statistics.mean(found):.1f} ±{spread:.1f}" if found else "-"
            cells.append(f"{mean} ({len(found)})")
        print(f"{way!s:20}" + "".join(f"{cell:>16}" for cell in cells))
    for system, figures in PUBLISHED[shots].items():
        print(f"{system:20}" + "".join(f"{figure:>12.1f}    " for figure in figures))


if __name__ == "__main__":
    main()
