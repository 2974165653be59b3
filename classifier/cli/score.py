"""``framing score``."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from classifier.cli.backbone import make_runtime, refuse_useless, runtime_options
from classifier.cli.options import load_model, refuse_existing
from classifier.cli.progress import shard_progress
from classifier.cli.streaming import stream
from classifier.errors import InputError

if TYPE_CHECKING:
    from classifier.model.cascade import Cascade
    from classifier.model.frame_model import FrameModel
    from classifier.scoring.batch import BatchOptions
    from classifier.scoring.writers import TableFormat
    from classifier.text.voice import Voice

_FILES = {".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".parquet", ".txt", ".gz", ".zst", ".xz"}


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
    type=click.Path(path_type=Path),
    help="A folder for two tables, articles and sentences, in shards; or a .jsonl file, one "
    "record an article ('-' for standard output).",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["parquet", "jsonl", "csv"]),
    help="Format of the tables in a folder; parquet without it.",
)
@click.option(
    "--workers", type=click.IntRange(1), help="Processes that fill a folder; all cores without it."
)
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Fill a folder with processes of this machine, or with a Ray cluster (extra [ray]).",
)
@click.option(
    "--resume", is_flag=True, help="Go on with a folder whose run was cut off; same bytes."
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
@click.option(
    "--voice",
    "voices",
    type=click.Choice(["author", "reported", "quoted"]),
    multiple=True,
    help="Flag only sentences in this voice, and count only those; may be given twice.",
)
@click.option("--explain", is_flag=True, help="Say what spoke for and against every flagged frame.")
@click.option(
    "--copies",
    is_flag=True,
    help="Record a signature of every article in a folder, so that a report can tell copies "
    "of one text in many outlets.",
)
@click.option(
    "--cascade",
    "recall",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="RECALL",
    help="Send on to the model named with --then only what the first cannot rule out, and keep "
    "this share of what is framed, as measured on held-out sentences.",
)
@click.option(
    "--then",
    "second",
    type=click.Path(path_type=Path),
    help="Folder of the better model of a --cascade.",
)
@click.option(
    "--backbone",
    metavar="NAME_OR_FOLDER",
    help="Where the model's sentence encoder lies, if not where it lay in training; the hashes "
    "of its files must agree.",
)
@runtime_options
@click.option("--force", is_flag=True, help="Overwrite an output file that exists.")
def score(
    paths: tuple[str, ...],
    folder: Path | None,
    output: Path | None,
    kind: TableFormat | None,
    workers: int | None,
    engine: Literal["local", "ray"],
    resume: bool,
    all_sentences: bool,
    text_column: str,
    lang: str | None,
    encoding: str,
    prior: str | None,
    precision: float | None,
    voices: tuple[Voice, ...],
    explain: bool,
    copies: bool,
    recall: float | None,
    second: Path | None,
    backbone: str | None,
    device: str,
    download: bool,
    force: bool,
) -> None:
    """Score articles: .txt, .md, .html, .jsonl, .csv, .tsv, .parquet, .warc, packed or not
    (.gz, .zst, .bz2, .xz), folders, patterns ('archive/**/*.jsonl.gz'), hub:owner/name, or -.

    Prints a table of every article's frames and its strongest sentences. With -o, writes every
    article's figures and its evidence: offsets, text, probabilities, flagged frames.
    Articles that cannot be read are listed; the others are scored, and the exit code is 1.
    """
    from classifier.text.language import language_code

    to_file = output is not None and str(output) != "-"
    if output is not None and any(_same_file(output, path) for path in paths):
        raise InputError(f"{output}: is read and would be overwritten; choose another output")
    fills_folder = output is not None and to_file and output.suffix != ".jsonl"
    if not fills_folder and (kind or workers or resume or copies or engine == "ray"):
        raise click.UsageError(
            "--format, --workers, --resume, --copies and --engine ray are for a folder: -o scores"
        )
    _refuse_misuse(output if fills_folder else None, lang, prior, paths)
    if (recall is None) != (second is None):
        raise click.UsageError("--cascade RECALL and --then MODEL belong together")
    share = None if prior is None else _prior(prior)
    runtime = make_runtime(device, download, backbone=backbone, keep=False)
    first = load_model(folder, runtime)
    if second is None:
        refuse_useless(backbone, first)
    model: FrameModel | Cascade = first
    if lang is not None:
        lang = language_code(lang)
        if model.languages and lang not in model.languages:
            known = ", ".join(sorted(model.languages))
            click.echo(f"the model was never shown {lang!r}; it knows {known}", err=True)
    reading: dict[str, Any] = {"text_column": text_column, "lang": lang, "encoding": encoding}
    if output is not None and fills_folder:
        from classifier.scoring.batch import BatchOptions
        from classifier.scoring.shards import ShardOptions
        from classifier.text.voice import VOICES

        shards = ShardOptions(
            kind=kind or "parquet",
            all_sentences=all_sentences,
            voices=voices or VOICES,
            copies=copies,
            explain=explain,
            **reading,
        )
        options = BatchOptions(shards, share, precision, second, recall or 0.99)
        running = {"workers": workers, "engine": engine, "resume": resume, "runtime": runtime}
        count, left_out = _fill_folder(paths, output, folder, options, running)
    else:
        if to_file:
            refuse_existing(output, force)
        cascade = None
        if second is not None and recall is not None:
            from classifier.model.cascade import make_cascade

            model = cascade = make_cascade(first, load_model(second, runtime), recall)
        model = _at(model, share, precision, paths, reading)
        count, left_out = stream(paths, output, model, reading, all_sentences, voices, explain)
        if cascade is not None:
            _say_sent(cascade.tally.sent, cascade.tally.seen)
    told = f", {left_out} left out" if left_out else ""
    where = f" → {output}" if to_file else ""
    click.echo(f"{count} articles scored{told}{where}", err=True)
    if left_out:
        sys.exit(1)


def _at(
    model: FrameModel | Cascade,
    prior: float | Literal["auto"] | None,
    precision: float | None,
    paths: tuple[str, ...],
    reading: dict[str, Any],
) -> FrameModel | Cascade:
    """The model at the base rate and the precision that were asked for."""
    if prior == "auto":
        from classifier.scoring.score import estimate_article_priors
        from classifier.text.readers import read_articles

        first_pass = read_articles(*paths, **reading, on_error=lambda _: None)
        model = estimate_article_priors(model, first_pass)
        _say_priors(model.frames, model.priors)
    elif prior is not None:
        import numpy as np

        model = model.at_priors(np.full(len(model.frames), prior))
    return model if precision is None else model.at_precision(precision)


def _fill_folder(
    paths: tuple[str, ...],
    output: Path,
    model: Path | None,
    options: BatchOptions,
    running: dict[str, Any],
) -> tuple[int, int]:
    """Score an archive into a folder; how many articles were scored, and left out."""
    from classifier.scoring.batch import score_archive

    with shard_progress(paths, options) as on_shard:
        manifest = score_archive(
            paths,
            output,
            model=model,
            options=options,
            on_shard=on_shard,
            **running,
        )
    if "priors" in manifest:
        _say_priors(manifest["counts"]["flagged"], manifest["priors"])
    counts = manifest["counts"]
    if options.second is not None:
        _say_sent(counts["sent"], counts["sentences"])
    if counts["unsure"] * 2 > counts["sentences"]:
        click.echo(
            f"{counts['unsure']:,} of {counts['sentences']:,} sentences were not judged: in no "
            "language the model knows, as their articles or --lang say, or of words it never saw",
            err=True,
        )
    if counts["refused"]:
        click.secho(
            f"error: what was left out, and why: {output / 'errors.jsonl'}", fg="red", err=True
        )
    return counts["articles"], counts["refused"]


def _refuse_misuse(
    folder: Path | None, lang: str | None, prior: str | None, paths: tuple[str, ...]
) -> None:
    """Refuse values that cannot be meant.

    Raises:
        click.UsageError: with what was expected.
    """
    if folder is not None and folder.suffix.lower() in _FILES:
        raise click.UsageError(
            f"{folder}: -o takes a folder (-o scores --format csv) or a .jsonl file"
        )
    if lang is not None and not lang.strip():
        raise click.UsageError("--lang is empty; expected a code such as de")
    if prior == "auto" and "-" in paths:
        raise click.UsageError("--prior auto reads twice and cannot read standard input")


def _same_file(output: Path, path: str) -> bool:
    return output.exists() and Path(path).exists() and output.samefile(path)


def _prior(value: str) -> float | Literal["auto"]:
    if value == "auto":
        return "auto"
    try:
        share = float(value)
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise click.BadParameter(f"{value!r} is neither 'auto' nor a share between 0 and 1")
    return share


def _say_priors(frames: Iterable[str], priors: Iterable[float]) -> None:
    shares = zip(frames, priors, strict=True)
    told = ", ".join(f"{frame} {share:.2%}" for frame, share in shares)
    click.echo(f"estimated share of sentences: {told}", err=True)


def _say_sent(sent: int, seen: int) -> None:
    share = sent / seen if seen else 0.0
    click.echo(
        f"sent on {sent:,} of {seen:,} sentences ({share:.1%}); the better model was spared "
        f"{1 - share:.1%}",
        err=True,
    )
