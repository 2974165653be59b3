"""What the commands that train or run a sentence encoder share: its options and its progress."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from classifier.encoders.runtime import Runtime
    from classifier.model.frame_model import FrameModel

KINDS = ("ngrams", "transformer", "hybrid", "finetune")  # held equal to the library's by a test
_Command = Callable[..., Any]


def training_options(command: _Command) -> _Command:
    """Add the options that choose an encoder and its backbone."""
    for option in reversed(
        (
            click.option(
                "--encoder",
                type=click.Choice(KINDS),
                default="ngrams",
                show_default=True,
                help="N-grams and cues; a frozen sentence encoder; both; or both with the "
                "sentence encoder trained for the frames.",
            ),
            click.option(
                "--backbone",
                metavar="NAME_OR_FOLDER",
                help="The sentence encoder: a folder, or a name on the Hub (from the local "
                "cache, unless --download).",
            ),
            click.option("--revision", help="Branch, tag or commit of a backbone on the Hub."),
            click.option(
                "--backbone-lang",
                "langs",
                multiple=True,
                help="A language the backbone knows; sentences in others are left to n-grams "
                "and cues. Can be repeated; all languages without it.",
            ),
            click.option(
                "--tuning",
                type=click.Choice(("contrastive", "plain")),
                default="contrastive",
                show_default=True,
                help="How --encoder finetune learns: from pairs, or through a plain head with "
                "early stopping.",
            ),
            click.option(
                "--describe",
                default=0,
                show_default=True,
                type=click.IntRange(0),
                help="Learn also from what the codebook says of every frame, so many times; for "
                "few labels.",
            ),
            click.option("--seed", default=0, show_default=True, type=click.IntRange(0)),
        )
    ):
        command = option(command)
    return runtime_options(command)


def runtime_options(command: _Command) -> _Command:
    """Add the options that say where a backbone runs, and whether it may be fetched."""
    for option in reversed(
        (
            click.option(
                "--device",
                default="auto",
                show_default=True,
                help="cpu, cuda, mps; with auto a GPU where there is one.",
            ),
            click.option(
                "--download",
                is_flag=True,
                help="Allow a backbone to be fetched from the Hub; nothing is without it.",
            ),
        )
    ):
        command = option(command)
    return command


def encoder_options(
    encoder: str, backbone: str | None, revision: str | None, langs: tuple[str, ...], tuning: str
) -> dict[str, dict[str, Any]]:
    """What ``TrainOptions.encoder_options`` is to hold.

    Raises:
        click.UsageError: a backbone is needed and not named, or named and not used.
    """
    if encoder == "ngrams":
        if backbone or revision or langs:
            raise click.UsageError("n-grams have no backbone; choose another --encoder")
        return {}
    if not backbone:
        raise click.UsageError(f"--encoder {encoder} needs --backbone NAME_OR_FOLDER")
    chosen: dict[str, Any] = {"name": backbone}
    if revision:
        chosen["revision"] = revision
    if langs:
        from classifier.text.language import language_code

        chosen["langs"] = [language_code(lang) for lang in langs]
    return {"backbone": chosen} | ({"tuning": {"way": tuning}} if encoder == "finetune" else {})


def make_runtime(
    device: str,
    download: bool,
    checkpoints: Path | None = None,
    backbone: str | None = None,
    *,
    keep: bool = True,
) -> Runtime:
    """How a backbone is run by a command: embeddings kept, progress shown on a terminal."""
    from classifier.encoders.embedding_cache import default_cache_folder
    from classifier.encoders.runtime import Runtime

    return Runtime(
        device=device,
        backbone=backbone,
        download=download,
        cache=default_cache_folder() if keep else None,
        checkpoints=checkpoints,
        progress=_show_progress if sys.stderr.isatty() else None,
    )


def refuse_useless(backbone: str | None, model: FrameModel) -> None:
    """Refuse a backbone for a model that has none.

    Raises:
        click.UsageError: it would be ignored.
    """
    if backbone is not None and model.encoder.kind == "ngrams":
        raise click.UsageError("--backbone: the model has no backbone")


def _show_progress(what: str, done: int, total: int) -> None:
    click.echo(f"\r{what} {done} of {total}\x1b[K", err=True, nl=done == total)
