"""``framing explain``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from classifier.cli.options import load_model


@click.command()
@click.argument("arguments", nargs=-1, required=True, metavar="[MODEL] SENTENCE")
@click.option("--lang", help="Language of the sentence (de, en ...); detected without it.")
@click.option("--all-frames", is_flag=True, help="Show every frame, not only the likeliest.")
@click.option(
    "--labels",
    type=click.Path(path_type=Path),
    help="Also show the nearest sentences of this label set.",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
def explain(
    arguments: tuple[str, ...],
    lang: str | None,
    all_frames: bool,
    labels: Path | None,
    as_json: bool,
) -> None:
    """Show what in SENTENCE spoke for and against a frame, and what the codebook says of it.

    MODEL is a model folder; the default model without it. Of every frame above its threshold
    (or the likeliest one) the strongest words, phrases and cues are listed; with the frame's
    intercept they add up to its margin.
    """
    from classifier.labels.label_set import read_labels
    from classifier.model.nearest import nearest_labels
    from classifier.text.language import detect_language, language_code

    if len(arguments) > 2:
        raise click.UsageError("expected [MODEL] and one SENTENCE in quotation marks")
    *folders, text = arguments
    model = load_model(Path(folders[0]) if folders else None)
    lang = language_code(lang) if lang is not None else detect_language(text)
    explanation = model.explain(text, lang)
    neighbours = [] if labels is None else nearest_labels(model, read_labels(labels), text, lang)
    if as_json:
        values = explanation.to_dict() | {"nearest": [asdict(one) for one in neighbours]}
        click.echo(json.dumps(values, ensure_ascii=False))
        return
    from classifier.cli.display import explanation_lines, neighbour_lines, wide_console

    console = wide_console()
    for line in explanation_lines(explanation, model.codebook, all_frames=all_frames):
        console.print(line)
    for line in neighbour_lines(neighbours):
        console.print(line)
