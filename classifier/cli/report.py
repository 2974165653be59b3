"""``framing report``."""

from __future__ import annotations

from pathlib import Path

import click

from classifier.cli.options import load_model, refuse_existing
from classifier.errors import InputError


@click.command()
@click.argument("scores", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The page to write.",
)
@click.option(
    "-m",
    "--model",
    "folder",
    type=click.Path(path_type=Path),
    help="Folder of the model that scored, for the methods box; the default model without it.",
)
@click.option("--title", default="", help="Heading of the page.")
@click.option(
    "--articles",
    type=click.IntRange(min=1),
    default=500,
    show_default=True,
    help="Most articles to show in full: the strongest and a random sample. All are counted.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the sample.")
@click.option("--force", is_flag=True, help="Overwrite a file that exists.")
def report(
    scores: tuple[Path, ...],
    output: Path,
    folder: Path | None,
    title: str,
    articles: int,
    seed: int,
    force: bool,
) -> None:
    """Make one self-contained HTML page from scores: figures, evidence, methods.

    SCORES are .jsonl files and score folders that `framing score` wrote. Articles are read
    as a whole on the page if they were scored with --all-sentences.
    """
    from classifier.report.methods import methods_of
    from classifier.report.page import render_page
    from classifier.report.report import ReportOptions, make_report
    from classifier.scoring.writers import whole_file

    if output.exists() and any(path.exists() and output.samefile(path) for path in scores):
        raise InputError(f"{output}: is read and would be overwritten; choose another output")
    refuse_existing(output, force)
    model = load_model(folder)
    made = make_report(scores, ReportOptions(title, articles, seed))
    page = render_page(made, model)
    with whole_file(output) as stream:
        stream.write(page)
    for warning in methods_of(made, model).warnings:
        click.secho(f"warning: {warning}", fg="yellow", err=True)
    told = f"{made.tally.whole.articles:,} articles, {len(made.shown):,} shown in full"
    click.echo(f"{told} → {output}", err=True)
