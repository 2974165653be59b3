"""The ``framing`` command: the only place that prints or exits.

Data goes to standard output, talk to standard error. Exit codes: 0 done, 1 something was
refused (and said so), 2 the command was misused.
"""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from classifier import __version__
from classifier.errors import ClassifierError, InputError

if TYPE_CHECKING:
    from rich.console import Console

    from classifier.model.frame_model import FrameModel
    from classifier.scoring.scores import ArticleScore
    from classifier.text.article import Article
    from classifier.training.evaluate import Evaluation

_PLAIN_WIDTH = 110  # where the output is no terminal
_PATIENCE = 4.0  # seconds before a silent start explains itself


_codebook_option = click.option(
    "-c",
    "--codebook",
    "codebook_path",
    type=click.Path(path_type=Path),
    help="Codebook; the codebook.toml beside LABELS without it.",
)


class _Commands(click.Group):
    """Turns every error of the package into one line on standard error and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ClassifierError as error:
            for line in str(error).splitlines():
                click.secho(f"error: {line}", fg="red", err=True)
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
    _let_numba_cache()


@main.command()
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
        _refuse_existing(output, force)
    model = _load_model(folder)
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


@main.command()
@click.argument("labels", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the model.",
)
@_codebook_option
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
@click.option("--force", is_flag=True, help="Overwrite a model that is already there.")
def train(
    labels: Path,
    output: Path,
    codebook_path: Path | None,
    name: str | None,
    model_version: str,
    folds: int,
    seed: int,
    force: bool,
) -> None:
    """Train a model on LABELS (a folder with labels.jsonl and codebook.toml, or a file).

    The model card is written from what was measured; a model-notes.md beside the labels is
    put at its end.
    """
    from classifier.codebook import read_codebook
    from classifier.labels.label_set import read_labels
    from classifier.model.card import model_card
    from classifier.model.storage import check_target, save_model, write_whole
    from classifier.training.train import TrainOptions
    from classifier.training.train import train as train_model

    codebook = read_codebook(codebook_path or _folder_of(labels))
    options = TrainOptions(name=name or output.name, version=model_version, folds=folds, seed=seed)
    label_set = read_labels(labels)
    check_target(output, force=force)
    click.echo(f"training on {len(label_set)} sentences, {folds} grouped folds ...", err=True)
    model = train_model(label_set, codebook, options)
    save_model(model, output, force=force)
    notes = _folder_of(labels) / "model-notes.md"
    text = notes.read_text(encoding="utf-8") if notes.is_file() else ""
    write_whole(output / "README.md", model_card(model, text).encode())
    macro = model.facts["held_out"]["macro"]
    click.echo(
        f"model → {output}; held-out macro-F1 {macro['f1']:.3f} "
        f"(cues alone {macro['dictionary_f1']:.3f})",
        err=True,
    )


@main.command()
@click.argument("arguments", nargs=-1, required=True, metavar="[MODEL] LABELS")
@click.option(
    "--folds",
    type=click.IntRange(2),
    help="Cross-validate on LABELS in so many grouped folds; takes no MODEL.",
)
@_codebook_option
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
@click.option("--force", is_flag=True, help="Overwrite an output file that exists.")
def evaluate(
    arguments: tuple[str, ...],
    folds: int | None,
    codebook_path: Path | None,
    output: Path | None,
    confusions: int,
    force: bool,
) -> None:
    """Measure MODEL ('default' for the one that comes along) on LABELS it has not seen.

    Prints per frame and language: support, precision, recall and F1 with 95 % intervals,
    average precision, calibration error, and the F1 of the codebook's cues alone.
    """
    from classifier.labels.label_set import read_labels
    from classifier.scoring.writers import whole_file

    if len(arguments) != (1 if folds else 2):
        raise click.UsageError("expected MODEL LABELS, or --folds N LABELS")
    labels = Path(arguments[-1])
    _refuse_existing(output, force)
    if folds:
        from classifier.codebook import read_codebook
        from classifier.training.train import TrainOptions, cross_validate

        codebook = read_codebook(codebook_path or _folder_of(labels))
        result = cross_validate(read_labels(labels), codebook, TrainOptions(folds=folds))
    else:
        from classifier.training.evaluate import evaluate as evaluate_model

        folder = None if arguments[0] == "default" else Path(arguments[0])
        result = evaluate_model(_load_model(folder), read_labels(labels))
    _print_evaluation(result, confusions)
    if output:
        with whole_file(output) as stream:
            values = result.to_dict() | {"confusions": [_confusion(c) for c in result.confusions]}
            json.dump(values, stream, ensure_ascii=False, indent=1)


@main.command()
@click.argument("labels", type=click.Path(path_type=Path))
@_codebook_option
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

    codebook = read_codebook(codebook_path or _folder_of(labels))
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


def _let_numba_cache() -> None:
    """Name a folder for compiled code where neither the package's nor the home's can be written."""
    package = Path(__file__).parent
    writable = any(os.access(folder, os.W_OK) for folder in (package / "encoders", Path.home()))
    if not writable and "NUMBA_CACHE_DIR" not in os.environ:
        folder = Path(tempfile.gettempdir()) / f"framing-classifier-{os.getuid()}"
        os.environ["NUMBA_CACHE_DIR"] = str(folder)


def _folder_of(labels: Path) -> Path:
    return labels if labels.is_dir() else labels.parent


def _refuse_existing(output: Path | None, force: bool) -> None:
    if output is not None and output.exists() and not (force and output.is_file()):
        raise InputError(f"{output}: exists already; choose another file or use --force")


def _same_file(output: Path, path: str) -> bool:
    return output.exists() and Path(path).exists() and output.samefile(path)


def _load_model(folder: Path | None) -> FrameModel:
    """Load a model, and say so when a fresh installation compiles its code first."""
    from classifier.model.storage import load_model

    say = "compiling for this machine, once after installation (about half a minute) ..."
    notice = threading.Timer(_PATIENCE, click.echo, [say], {"err": True})
    notice.daemon = True
    notice.start()
    try:
        return load_model(folder)
    finally:
        notice.cancel()


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


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(stderr=stderr, highlight=False, width=None if terminal else _PLAIN_WIDTH)


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

    columns = (SpinnerColumn(), TextColumn("scoring"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_console(stderr=True), transient=True) as progress:
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
    from classifier.display import article_lines

    console = _console()
    count = 0
    for result in scores:
        count += 1
        for line in article_lines(result, model.frames):
            console.print(line)
    return count


def _print_evaluation(result: Evaluation, confusions: int) -> None:
    from classifier.display import evaluation_table

    console = _console()
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
