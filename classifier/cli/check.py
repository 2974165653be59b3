"""``framing check``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from classifier.cli.options import codebook_option, folder_of


@click.command()
@click.argument("labels", type=click.Path(path_type=Path))
@codebook_option
@click.option(
    "--doubts",
    is_flag=True,
    help="Also cross-validate, and list labels that the model would set the other way "
    "(confident learning; needs the extra [check]). They do not count as problems.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    help="A test set that must share no text and no group.",
)
def check(labels: Path, codebook_path: Path | None, doubts: bool, against: Path | None) -> None:
    """List every problem of a label set at once; exit code 1 if there are any."""
    from classifier.codebook import read_codebook
    from classifier.labels.checks import check_labels

    codebook = read_codebook(codebook_path or folder_of(labels))
    problems = check_labels(labels, codebook, against)
    for problem in problems:
        click.echo(str(problem))
    click.echo(f"{len(problems)} problems" if problems else "no problems", err=True)
    if doubts:
        from classifier.labels.label_set import read_labels
        from classifier.training.doubts import doubtful_labels

        found = doubtful_labels(read_labels(labels), codebook)
        for doubt in found:
            click.echo(str(doubt))
        click.echo(f"{len(found)} doubtful labels, the most doubtful first", err=True)
    if problems:
        sys.exit(1)
