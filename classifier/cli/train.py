"""``framing train``."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from classifier.cli.backbone import encoder_options, make_runtime, training_options
from classifier.cli.options import codebook_option, folder_of
from classifier.errors import InputError


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
@training_options
@click.option("--force", is_flag=True, help="Overwrite a model that is already there.")
def train(
    labels: Path,
    output: Path,
    codebook_path: Path | None,
    name: str | None,
    model_version: str,
    folds: int,
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
    """Train a model on LABELS (a folder with labels.jsonl and codebook.toml, or a file).

    An interrupted training of a sentence encoder goes on from OUTPUT.checkpoints when the same
    command is given again; in the end that is removed. The model card is written from
    what was measured; a model-notes.md beside the labels is put at its end.
    """
    from classifier.codebook import read_codebook
    from classifier.labels.label_set import read_labels
    from classifier.model.card import model_card
    from classifier.model.storage import check_target, save_model, write_whole
    from classifier.training.train import TrainOptions
    from classifier.training.train import train as train_model

    codebook = read_codebook(codebook_path or folder_of(labels))
    notes = _notes(folder_of(labels) / "model-notes.md")
    output = Path(os.path.abspath(output))  # "." has no name
    _keep_apart(backbone, output)
    options = TrainOptions(
        name=name or output.name,
        version=model_version,
        encoder=encoder,
        encoder_options=encoder_options(encoder, backbone, revision, langs, tuning),
        folds=folds,
        seed=seed,
        describe=describe,
    )
    label_set = read_labels(labels)
    checkpoints = _checkpoints(output, [label_set.sha256, asdict(options)])
    runtime = None if encoder == "ngrams" else make_runtime(device, download, checkpoints)
    check_target(output, force=force)
    click.echo(f"training on {len(label_set)} sentences, {folds} grouped folds ...", err=True)
    model = train_model(label_set, codebook, options, runtime)
    save_model(model, output, force=force)
    write_whole(output / "README.md", model_card(model, notes).encode())
    shutil.rmtree(checkpoints, ignore_errors=True)
    with suppress(OSError):  # another training's may be there
        checkpoints.parent.rmdir()
    macro = model.facts["held_out"]["macro"]
    click.echo(
        f"model → {output}; held-out macro-F1 {macro['f1']:.3f} "
        f"(cues alone {macro['dictionary_f1']:.3f})",
        err=True,
    )


def _checkpoints(output: Path, run: list[Any]) -> Path:
    """Where this very training keeps what to go on from; another one has a folder of its own."""
    key = hashlib.sha256(json.dumps(run, sort_keys=True).encode()).hexdigest()[:16]
    return output.with_name(f"{output.name}.checkpoints") / key


def _notes(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8") if path.is_file() else ""
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"{path}: cannot be read as UTF-8 text: {exc}") from exc


def _keep_apart(backbone: str | None, output: Path) -> None:
    """Refuse to write a model over the backbone it is made from."""
    if backbone is not None and Path(os.path.abspath(backbone)).is_relative_to(output):
        raise InputError(f"{backbone}: lies in the folder the model goes to; choose another -o")
