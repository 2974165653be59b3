"""What several commands share: their options, and the model they load."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from classifier.errors import InputError

if TYPE_CHECKING:
    from classifier.encoders.runtime import Runtime
    from classifier.model.frame_model import FrameModel

_PATIENCE = 4.0  # seconds before a silent start explains itself

codebook_option = click.option(
    "-c",
    "--codebook",
    "codebook_path",
    type=click.Path(path_type=Path),
    help="Codebook; the codebook.toml beside LABELS without it.",
)


def folder_of(labels: Path) -> Path:
    """Where a label set lives, given as a folder or as its file."""
    return labels if labels.is_dir() else labels.parent


def refuse_existing(output: Path | None, force: bool) -> None:
    """Refuse to overwrite a file without --force, and a folder ever."""
    if output is not None and output.exists() and not (force and output.is_file()):
        raise InputError(f"{output}: exists already; choose another file or use --force")


def load_model(folder: Path | None, runtime: Runtime | None = None) -> FrameModel:
    """Load a model, and say so when a fresh installation compiles its code first."""
    from classifier.model.storage import load_model

    say = "loading; a fresh installation compiles for this machine, once (under a minute) ..."
    notice = threading.Timer(_PATIENCE, click.echo, [say], {"err": True})
    notice.daemon = True
    notice.start()
    try:
        return load_model(folder, runtime)
    finally:
        notice.cancel()
