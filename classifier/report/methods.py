"""What a page says about how its figures came about."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from classifier import __version__
from classifier.model.frame_model import FrameModel
from classifier.report.report import Report

_TELLING = ("prior", "precision", "lang", "voices")
_VOICES = ("author", "reported", "quoted")


@dataclass(frozen=True, slots=True)
class FrameMethod:
    """One frame as the codebook defines it and the model measured it, out of fold.

    ``figures`` holds precision, recall and F1 with their intervals; empty where the model does
    not say. ``threshold`` and ``prior`` are None where the model lacks the frame.
    """

    name: str
    title: str
    definition: str
    included: tuple[str, ...]
    excluded: tuple[str, ...]
    threshold: float | None
    prior: float | None
    support: int | None
    figures: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Methods:
    """The model behind the scores, its frames, what scoring was told, and what does not fit.

    ``options`` are what the score folders' manifests state beyond the model's own;
    ``warnings`` are whole sentences.
    """

    scored_by: str
    codebook: str
    learned_from: str
    frames: tuple[FrameMethod, ...]
    options: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    package: str = __version__


def methods_of(report: Report, model: FrameModel) -> Methods:
    """What the model says of itself, checked against the model named in the records."""
    labels = model.facts.get("labels", {})
    langs = ", ".join(labels.get("languages", {}))
    learned = f"{labels['sentences']:,} labelled sentences ({langs})" if labels else ""
    scored = sorted(report.tally.models)
    codebook = model.codebook
    return Methods(
        scored_by=" and ".join(f"“{name}”, version {version}" for name, version in scored),
        codebook=f"{codebook.title or codebook.name}, version {codebook.version}",
        learned_from=learned,
        frames=tuple(_frame(name, model) for name in report.frames),
        options=tuple(_options(report)),
        warnings=tuple(_warnings(report, model)),
    )


def _frame(name: str, model: FrameModel) -> FrameMethod:
    if name not in model.frames:
        return FrameMethod(name, name.replace("_", " "), "", (), (), None, None, None, ())
    row = model.frames.index(name)
    frame = model.codebook.frames[row]
    held_out = model.facts.get("held_out", {}).get("frames", {}).get(name, {})
    figures = tuple(
        (float(held_out[key]), *map(float, held_out[f"{key}_interval"]))
        for key in ("precision", "recall", "f1")
        if held_out.get(key) is not None
    )
    return FrameMethod(
        name=name,
        title=frame.title,
        definition=frame.definition,
        included=frame.included,
        excluded=frame.excluded,
        threshold=float(model.thresholds[row]),
        prior=float(model.priors[row]),
        support=held_out.get("support"),
        figures=figures if len(figures) == 3 else (),  # type: ignore[arg-type]
    )


def _options(report: Report) -> list[tuple[str, str]]:
    told: dict[str, str] = {}
    for manifest in report.manifests:
        options: Any = manifest.get("options")
        if isinstance(options, dict):
            for key, value in options.items():
                if key not in _TELLING or (key == "voices" and set(value or ()) >= set(_VOICES)):
                    continue
                text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                told[key] = text if told.get(key, text) == text else f"{told[key]} / {text}"
    return sorted((key, text) for key, text in told.items() if text not in {"null", "false", ""})


def _warnings(report: Report, model: FrameModel) -> list[str]:
    found = []
    described = (model.name, model.version)
    others = sorted(set(report.tally.models) - {described})
    if len(report.tally.models) > 1:
        found.append(
            "These scores come from more than one model; their figures should not be compared."
        )
    if others:
        told = ", ".join(f"{name} version {version}" for name, version in others)
        found.append(
            f"Articles were scored by {told}, but the methods below describe {model.name} "
            f"version {model.version}: thresholds and held-out figures may not be theirs. "
            "Name the right model folder with --model."
        )
    missing = [name for name in report.frames if name not in model.frames]
    if missing:
        found.append(f"The model described below does not know the frame {', '.join(missing)}.")
    return found
