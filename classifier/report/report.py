"""From score files to everything a page says, in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from classifier.errors import InputError
from classifier.report.copies import Copies, Copyist
from classifier.report.records import ScoredArticle, read_manifests, read_scores
from classifier.report.shown import Choice, Shown
from classifier.report.tally import Tally


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """``title`` heads the page; at most ``articles`` are shown in full, drawn with ``seed``.

    Raises:
        ValueError: fewer than one article is asked for.
    """

    title: str = ""
    articles: int = 500
    seed: int = 0

    def __post_init__(self) -> None:
        if self.articles < 1:
            raise ValueError(f"{self.articles} articles to show; expected at least 1")


@dataclass(frozen=True, slots=True)
class Report:
    """What the scores add up to: counts of all articles, and the articles that are shown."""

    tally: Tally
    copies: Copies
    shown: Sequence[Shown]
    manifests: Sequence[dict[str, Any]]
    options: ReportOptions

    @property
    def frames(self) -> tuple[str, ...]:
        """The frames, in the order of the records."""
        return self.tally.frames


def make_report(paths: Sequence[str | Path], options: ReportOptions = ReportOptions()) -> Report:
    """Read score files and folders once, count every article, keep those to show.

    Memory holds the shown articles, and of every other one about a kilobyte: a signature that
    tells copies, its title and outlet.

    Raises:
        InputError: a file cannot be read, holds no article, or not the frames of the others.
    """
    articles = read_scores(paths)
    first = next(articles, None)
    if first is None:
        raise InputError(f"{', '.join(map(str, paths))}: no article in it; score some first")
    frames = tuple(first.frames)
    tally, copyist = Tally(frames), Copyist(frames)
    choice = Choice(frames, options.articles, options.seed)
    for row, article in enumerate(_checked(chain([first], articles), frames)):
        whole = article.held == article.sentences
        evidence = article.recorded() if whole and article.signature is None else None
        tally.add(article, whole)
        copyist.add(article, evidence)
        choice.see(row, article, evidence)
    return Report(tally, copyist.told(), choice.made(), read_manifests(paths), options)


def _checked(articles: Iterable[ScoredArticle], frames: tuple[str, ...]) -> Iterable[ScoredArticle]:
    for article in articles:
        if set(article.frames) != set(frames):
            raise InputError(
                f"article {article.id!r} ({article.origin}) was scored for the frames "
                f"{', '.join(article.frames)}, the first one for {', '.join(frames)}; "
                "make a report for each model"
            )
        yield article
