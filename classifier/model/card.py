"""The model card, written from what was measured (Mitchell et al. 2019)."""

from __future__ import annotations

from typing import Any

from classifier.model.frame_model import FrameModel

_HEADER = """---
license: cc-by-4.0
language: [{langs}]
library_name: framing-classifier
pipeline_tag: text-classification
tags: [framing, media-analysis, rhetoric]
---

# {name}, version {version}

Flags {n_frames} frames of the codebook “{codebook}” ({codebook_version}) in single sentences.
One probability per frame; a sentence may carry none, one or several.

Trained on {sentences} labelled sentences ({counts}), sha-256 `{digest}`,
with seed {seed} and {libraries}.

## Held-out figures

Grouped cross-validation on the label set: no figure comes from a sentence, or the
translation or twin of a sentence, that the scoring heads or their calibration had seen.
Brackets are 95 % intervals (Wilson for precision and recall, cluster bootstrap over groups for
F1). “Cues” is the F1 of the codebook's cues alone, as a dictionary.

| frame | positives | prior | threshold | precision | recall | F1 | AP | ECE | cues |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|
"""

_CAVEATS = """
## Read this before you publish a number

- The label set was written by authors, not sampled from the press: these figures say how well
  the model separates what they wrote, not how well it does on your articles. Label a few hundred
  of your own sentences and run `framing evaluate`.
- A flag says that a sentence uses a frame's words the way the codebook describes, whoever
  speaks. It says nothing about truth, intent or the outlet's own stance.
- Probabilities hold where each frame is carried by the share of sentences under “prior” above.
  Where frames are rarer, more of the flags are false alarms: state the share
  (`framing score --prior 0.01`) or have it estimated from the texts (`--prior auto`).
- Languages other than those above were never seen in training.
"""


def model_card(model: FrameModel, notes: str = "") -> str:
    """The card as Markdown with the Hub's metadata header; ``notes`` are put at its end."""
    facts = model.facts
    langs = facts["labels"]["languages"]
    held_out = facts["held_out"]
    lines = [
        _HEADER.format(
            langs=", ".join(langs),
            name=model.name,
            version=model.version,
            n_frames=len(model.frames),
            codebook=model.codebook.title or model.codebook.name,
            codebook_version=model.codebook.version,
            sentences=facts["labels"]["sentences"],
            counts=", ".join(f"{lang} {count}" for lang, count in langs.items()),
            digest=facts["labels"]["sha256"],
            seed=facts["seed"],
            libraries=", ".join(
                f"{name} {version}" for name, version in facts["libraries"].items()
            ),
        ).rstrip("\n")
    ]
    for i, frame in enumerate(model.frames):
        figures = held_out["frames"][frame]
        lines.append(
            f"| {frame} | {figures['support']} | {model.priors[i]:.3f} | "
            f"{model.thresholds[i]:.2f} | "
            f"{_interval(figures, 'precision')} | {_interval(figures, 'recall')} | "
            f"{_interval(figures, 'f1')} | {_number(figures['average_precision'])} | "
            f"{_number(figures['calibration_error'])} | {_number(figures['dictionary_f1'])} |"
        )
    for name in ("macro", "micro"):
        values = held_out[name]
        cells = [_number(values.get(key)) for key in ("precision", "recall", "f1")]
        more = [_number(values.get(key)) for key in ("average_precision", "calibration_error")]
        cues = _number(values["dictionary_f1"])
        lines.append(f"| {name} | | | | {' | '.join(cells)} | {' | '.join(more)} | {cues} |")
    lines += ["", "F1 by language:", "", *_by_language(model, held_out)]
    return "\n".join(lines) + "\n" + _CAVEATS + (f"\n{notes.strip()}\n" if notes else "")


def _by_language(model: FrameModel, held_out: dict[str, Any]) -> list[str]:
    langs = list(held_out["languages"])
    lines = [f"| frame | {' | '.join(langs)} |", f"|---|{'--:|' * len(langs)}"]
    for frame in model.frames:
        cells = [_number(held_out["languages"][lang][frame]["f1"]) for lang in langs]
        lines.append(f"| {frame} | {' | '.join(cells)} |")
    return lines


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _interval(figures: dict[str, Any], name: str) -> str:
    low, high = figures[f"{name}_interval"]
    return f"{_number(figures[name])} [{low:.2f}, {high:.2f}]"
