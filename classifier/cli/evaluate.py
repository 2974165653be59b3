"""``framing evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from classifier.cli.backbone import (
    encoder_options,
    make_runtime,
    refuse_useless,
    training_options,
)
from classifier.cli.options import codebook_option, folder_of, load_model, refuse_existing

if TYPE_CHECKING:
    from classifier.training.evaluate import Evaluation


@click.command()
@click.argument("arguments", nargs=-1, required=True, metavar="[MODEL] LABELS")
@click.option(
    "--folds",
    type=click.IntRange(2),
    help="Cross-validate on LABELS in so many grouped folds; takes no MODEL.",
)
@codebook_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the figures here as JSON.",
)
@click.option(
    "--confusions",
    default=0,
    show_default=True,
    type=click.IntRange(0),
    help="Print so many of the worst errors of every frame.",
)
@training_options
@click.option("--force", is_flag=True, help="Overwrite an output file that exists.")
def evaluate(
    arguments: tuple[str, ...],
    folds: int | None,
    codebook_path: Path | None,
    output: Path | None,
    confusions: int,
    encoder: str,
    backbone: str | None,
    revision: str | None,
    langs: tuple[str, ...],
    tuning: str,
    describe: int,
    seed: int,
    device: str,
    download: bool,
    force: bool,
) -> None:
    """Measure MODEL ('default' for the one that comes along) on LABELS it has not seen.

    Prints per frame and language: support, precision, recall and F1 with 95 % intervals,
    average precision, calibration error, and the F1 of the codebook's cues alone. With MODEL,
    --backbone says where its backbone lies, if not where the model names it.
    """
    from classifier.labels.label_set import read_labels
    from classifier.scoring.writers import whole_file

    if len(arguments) != (1 if folds else 2):
        raise click.UsageError("expected MODEL LABELS, or --folds N LABELS")
    labels = Path(arguments[-1])
    refuse_existing(output, force)
    if folds:
        from classifier.codebook import read_codebook
        from classifier.training.train import TrainOptions, cross_validate

        codebook = read_codebook(codebook_path or folder_of(labels))
        chosen = encoder_options(encoder, backbone, revision, langs, tuning)
        options = TrainOptions(
            encoder=encoder, encoder_options=chosen, folds=folds, seed=seed, describe=describe
        )
        result = cross_validate(
            read_labels(labels), codebook, options, make_runtime(device, download)
        )
    else:
        if (encoder, tuning) != ("ngrams", "contrastive") or any(
            (revision, langs, describe, seed, codebook_path)
        ):
            raise click.UsageError("MODEL is what it is: these options go with --folds")
        from classifier.training.evaluate import evaluate as evaluate_model

        folder = None if arguments[0] == "default" else Path(arguments[0])
        runtime = make_runtime(device, download, backbone=backbone)
        model = load_model(folder, runtime)
        refuse_useless(backbone, model)
        result = evaluate_model(model, read_labels(labels))
    _print_evaluation(result, confusions)
    if output:
        with whole_file(output) as stream:
            values = result.to_dict() | {"confusions": [_confusion(c) for c in result.confusions]}
            json.dump(values, stream, ensure_ascii=False, indent=1)


def _print_evaluation(result: Evaluation, confusions: int) -> None:
    from classifier.cli.display import evaluation_table, wide_console

    console = wide_console()
    console.print(evaluation_table(result, console.width))
    for frame in result.frames:
        for kind in ("false alarm", "miss"):
            found = [c for c in result.confusions if c.frame == frame and c.kind == kind]
            for confusion in found[:confusions]:
                console.print(
                    f"{frame} {kind} {confusion.probability:.2f} {confusion.id}: {confusion.text}",
                    markup=False,
                )


def _confusion(confusion: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(confusion)
