"""Scores printed or written article by article, as they come."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from classifier.cli.progress import with_progress
from classifier.errors import InputError

if TYPE_CHECKING:
    from classifier.model.cascade import Cascade
    from classifier.model.frame_model import FrameModel
    from classifier.scoring.scores import ArticleScore
    from classifier.text.voice import Voice


def stream(
    paths: tuple[str, ...],
    output: Path | None,
    model: FrameModel | Cascade,
    reading: dict[str, Any],
    all_sentences: bool,
    voices: tuple[Voice, ...],
    explain: bool,
) -> tuple[int, int]:
    """Print or write article by article; how many were scored, and left out."""
    from classifier.scoring.score import score_articles
    from classifier.text.readers import read_articles
    from classifier.text.voice import VOICES

    refused: list[InputError] = []
    articles = read_articles(*paths, **reading, on_error=refused.append)
    scores = score_articles(
        model, with_progress(articles), voices=voices or VOICES, explain=explain
    )
    if output is None:
        count = _print_scores(scores, model)
    else:
        count = _write_scores(scores, output, all_sentences)
    for error in refused:
        click.secho(f"error: {error}", fg="red", err=True)
    return count, len(refused)


def _write_scores(scores: Iterable[ArticleScore], output: Path, all_sentences: bool) -> int:
    from classifier.scoring.writers import whole_file, write_jsonl

    if str(output) == "-":
        return write_jsonl(scores, sys.stdout, all_sentences=all_sentences)
    with whole_file(output) as stream:
        return write_jsonl(scores, stream, all_sentences=all_sentences)


def _print_scores(scores: Iterable[ArticleScore], model: FrameModel | Cascade) -> int:
    from classifier.cli.display import article_lines, wide_console

    console = wide_console()
    count = 0
    for result in scores:
        count += 1
        for line in article_lines(result, model.frames):
            console.print(line)
    return count
