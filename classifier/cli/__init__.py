"""The ``framing`` command: the only package that prints or exits.

Data goes to standard output, talk to standard error. Exit codes: 0 done, 1 something was
refused (and said so), 2 the command was misused.
"""

from __future__ import annotations

import errno
import gc
import io
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from classifier import __version__
from classifier.cli.check import check
from classifier.cli.evaluate import evaluate
from classifier.cli.explain import explain
from classifier.cli.export import export
from classifier.cli.report import report
from classifier.cli.score import score
from classifier.cli.train import train
from classifier.errors import ClassifierError


class _Commands(click.Group):
    """Turns every error of the package into one line on standard error and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ClassifierError as error:
            for line in str(error).splitlines():
                click.secho(f"error: {line}", fg="red", err=True)
            ctx.exit(1)
        except OSError as error:  # of a full disk, say; click knows what to do of a closed pipe
            if error.errno == errno.EPIPE:
                raise
            click.secho(f"error: {error}", fg="red", err=True)
            ctx.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="framing")
def main() -> None:
    """Flag rhetorical frames in news sentences, with evidence.

    \b
    framing score article.txt archive/          read articles, print their frames
    framing score archive/ -o scores.jsonl      the same, one JSON record an article
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a narrow encoding must not cost a score
            stream.reconfigure(errors="backslashreplace")
    gc.set_threshold(100_000)  # a model is a million objects that all stay
    _let_numba_cache()


def _let_numba_cache() -> None:
    """Name a folder for compiled code where neither the package's nor the home's can be written."""
    package = Path(__file__).parent.parent
    writable = any(os.access(folder, os.W_OK) for folder in (package / "encoders", Path.home()))
    if not writable and "NUMBA_CACHE_DIR" not in os.environ:
        folder = Path(tempfile.gettempdir()) / f"framing-classifier-{os.getuid()}"
        os.environ["NUMBA_CACHE_DIR"] = str(folder)


for command in (score, explain, report, train, evaluate, check, export):
    main.add_command(command)
