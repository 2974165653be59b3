"""``framing train``."""

from __future__ import annotations

from pathlib import Path

import click

from classifier.cli.backbone import encoder_options, make_runtime, training_options
from classifier.cli.options import codebook_option, folder_of


@click.command()
@click.argument("labels", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the model.",
)
@codebook_option
@click.option("--name", help="Name of the model; the folder's name without it.")
@click.option("--model-version", default="1", show_default=True, help="Version of the model.")
@click.option(
    "--folds",
    default=5,
    show_default=True,
    type=click.IntRange(2),
    help="Grouped folds for calibration and held-out figures.",
)
@click.option("--seed", default=0, show_default=True)
@click.option(
    "--describe",
    default=0,
    show_default=True,
    type=click.IntRange(0),
    help="Learn also from what the codebook says of every frame, so many times; for few labels.",
)
@training_options
@click.option("--force", is_flag=True, help="Overwrite a model that is already there.")
def train(
    labels: Path,
    output: Path,
    codebook_path: Path | None,
    name: str | None,
    model_version: str,
    folds: int,
    seed: int,
    describe: int,
    encoder: str,
    backbone: str | None,
    revision: str | None,
    langs: tuple[str, ...],
    tuning: str,
    device: str,
    download: bool,
    force: bool,
) -> None:
    """Train a model on LABELS (a folder with labels.jsonl and codebook.toml, or a file).

    An interrupted training of a sentence encoder goes on from OUTPUT.checkpoints when the same
    command is given again; it is emptied in the end. The model card is written from
    what was measured; a model-notes.md beside the labels is put at its end.
    """
    from classifier.codebook import read_codebook
    from classifier.labels.label_set import read_labels
    from classifier.model.card import model_card
    from classifier.model.storage import check_target, save_model, write_whole
    from classifier.training.train import TrainOptions
    from classifier.training.train import train as train_model

    codebook = read_codebook(codebook_path or folder_of(labels))
    options = TrainOptions(
        name=name or output.name,
        version=model_version,
        encoder=encoder,
        encoder_options=encoder_options(encoder, backbone, revision, langs, tuning),
        folds=folds,
        seed=seed,
        describe=describe,
    )
    checkpoints = output.with_name(f"{output.name}.checkpoints")
    runtime = None if encoder == "ngrams" else make_runtime(device, download, checkpoints)
    label_set = read_labels(labels)
    check_target(output, force=force)
    click.echo(f"training on {len(label_set)} sentences, {folds} grouped folds ...", err=True)
    model = train_model(label_set, codebook, options, runtime)
    save_model(model, output, force=force)
    notes = folder_of(labels) / "model-notes.md"
    text = notes.read_text(encoding="utf-8") if notes.is_file() else ""
    write_whole(output / "README.md", model_card(model, text).encode())
    _clear(checkpoints)
    macro = model.facts["held_out"]["macro"]
    click.echo(
        f"model → {output}; held-out macro-F1 {macro['f1']:.3f} "
        f"(cues alone {macro['dictionary_f1']:.3f})",
        err=True,
    )


def _clear(checkpoints: Path) -> None:
    """Remove what fine-tuning left to go on from, and nothing that is not its own."""
    for path in checkpoints.glob("*.safetensors"):
        path.unlink()
    if checkpoints.is_dir() and not any(checkpoints.iterdir()):
        checkpoints.rmdir()
