"""``framing score``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from classifier.cli.options import load_model, refuse_existing
from classifier.errors import InputError

if TYPE_CHECKING:
    from classifier.model.frame_model import FrameModel
    from classifier.scoring.scores import ArticleScore
    from classifier.text.article import Article


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "-m",
    "--model",
    "folder",
    type=click.Path(path_type=Path),
    help="Model folder; the default model without it.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write JSON lines here, one record an article ('-' for standard output).",
)
@click.option(
    "--all-sentences", is_flag=True, help="Record every sentence, not only those with a frame."
)
@click.option(
    "--text-column",
    default="text",
    show_default=True,
    help="Column or key that holds the text in tables.",
)
@click.option("--lang", help="Language of articles that do not say their own; detected without it.")
@click.option("--encoding", default="utf-8", show_default=True, help="Encoding of text files.")
@click.option(
    "--prior",
    help="How common a frame is in these texts: a share such as 0.02 for every frame, or 'auto' "
    "to estimate it from the texts (they are read twice). The model's own without it.",
)
@click.option(
    "--precision",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Choose thresholds that keep this share of the flags right, measured out of fold.",
)
@click.option("--force", is_flag=True, help="Overwrite an output file that exists.")
def score(
    paths: tuple[str, ...],
    folder: Path | None,
    output: Path | None,
    all_sentences: bool,
    text_column: str,
    lang: str | None,
    encoding: str,
    prior: str | None,
    precision: float | None,
    force: bool,
) -> None:
    """Score articles: .txt, .md, .html, .jsonl, .csv, .parquet (plain or .gz), folders, or -.

    Prints a table of every article's frames and its strongest sentences. With -o, writes one
    JSON record an article with its evidence: offsets, text, probabilities, flagged frames.
    Articles that cannot be read are listed; the others are scored, and the exit code is 1.
    """
    from classifier.scoring.score import estimate_article_priors, score_articles
    from classifier.text.language import language_code
    from classifier.text.readers import read_articles

    to_file = output is not None and str(output) != "-"
    if output is not None and any(_same_file(output, path) for path in paths):
        raise InputError(f"{output}: is read and would be overwritten; choose another output")
    if to_file:
        refuse_existing(output, force)
    model = load_model(folder)
    reading: dict[str, Any] = {"text_column": text_column, "lang": lang, "encoding": encoding}
    if lang is not None:
        lang = reading["lang"] = language_code(lang)
        if model.languages and lang not in model.languages:
            known = ", ".join(sorted(model.languages))
            click.echo(f"the model was never shown {lang!r}; it knows {known}", err=True)
    if prior == "auto" and "-" in paths:
        raise click.UsageError("--prior auto reads twice and cannot read standard input")
    if prior == "auto":
        first_pass = read_articles(*paths, **reading, on_error=lambda _: None)
        model = estimate_article_priors(model, first_pass)
        _say_priors(model)
    elif prior is not None:
        model = model.at_priors(_prior(prior, len(model.frames)))
    if precision is not None:
        model = model.at_precision(precision)
    refused: list[InputError] = []
    articles = read_articles(*paths, **reading, on_error=refused.append)
    scores = score_articles(model, _with_progress(articles))
    if output is None:
        count = _print_scores(scores, model)
    else:
        count = _write_scores(scores, output, all_sentences)
    for error in refused:
        click.secho(f"error: {error}", fg="red", err=True)
    left_out = f", {len(refused)} left out" if refused else ""
    where = f" → {output}" if to_file else ""
    click.echo(f"{count} articles scored{left_out}{where}", err=True)
    if refused:
        sys.exit(1)


def _same_file(output: Path, path: str) -> bool:
    return output.exists() and Path(path).exists() and output.samefile(path)


def _prior(value: str, n_frames: int) -> Any:
    import numpy as np

    try:
        share = float(value)
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise click.BadParameter(f"{value!r} is neither 'auto' nor a share between 0 and 1")
    return np.full(n_frames, share)


def _say_priors(model: FrameModel) -> None:
    shares = zip(model.frames, model.priors, strict=True)
    told = ", ".join(f"{frame} {share:.2%}" for frame, share in shares)
    click.echo(f"estimated share of sentences: {told}", err=True)


def _with_progress(articles: Iterable[Article]) -> Iterator[Article]:
    """Show how many articles were read, on a terminal and only when it takes a while."""
    if not sys.stderr.isatty():
        yield from articles
        return
    from rich.progress import (
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    from classifier.cli.display import wide_console

    columns = (SpinnerColumn(), TextColumn("scoring"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=wide_console(stderr=True), transient=True) as progress:
        task = progress.add_task("scoring", total=None)
        for article in articles:
            yield article
            progress.advance(task)


def _write_scores(scores: Iterable[ArticleScore], output: Path, all_sentences: bool) -> int:
    from classifier.scoring.writers import whole_file, write_jsonl

    if str(output) == "-":
        return write_jsonl(scores, sys.stdout, all_sentences=all_sentences)
    with whole_file(output) as stream:
        return write_jsonl(scores, stream, all_sentences=all_sentences)


def _print_scores(scores: Iterable[ArticleScore], model: FrameModel) -> int:
    from classifier.cli.display import article_lines, wide_console

    console = wide_console()
    count = 0
    for result in scores:
        count += 1
        for line in article_lines(result, model.frames):
            console.print(line)
    return count
