"""Rows of tables and charts: shares per outlet, period and language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from classifier.report.dates import period, period_unit
from classifier.report.report import Report
from classifier.report.shares import Share, Sums

_MOST_OUTLETS = 15
_MOST_LANGUAGES = 15


@dataclass(frozen=True, slots=True)
class Group:
    """One row: its name, its size, and per frame its shares of articles and of sentences.

    ``rest`` marks a row that gathers others.
    """

    name: str
    articles: int
    sentences: int
    of_articles: tuple[Share, ...]
    of_sentences: tuple[Share, ...]
    rest: bool = False


def whole(report: Report) -> Group:
    """All articles as one row."""
    return _group("all articles", report.tally.whole, report)


def by_outlet(report: Report) -> list[Group]:
    """The outlets with most articles, the others in one row, then articles without one."""
    return _largest(report, report.tally.outlets, _MOST_OUTLETS, "outlet")


def by_language(report: Report) -> list[Group]:
    """The languages with most articles, the others in one row."""
    return _largest(report, report.tally.languages, _MOST_LANGUAGES, "language")


def by_period(report: Report) -> tuple[str, list[Group], int]:
    """The unit of time, the periods in order, and how many articles have no such date."""
    dates = {date: sums for date, sums in report.tally.dates.items() if date is not None}
    unit = period_unit(dates)
    spans: dict[str, Sums] = {}
    undated = 0
    for date, sums in report.tally.dates.items():
        name = None if date is None else period(date, unit)
        if name is None:
            undated += sums.articles
        else:
            spans.setdefault(name, Sums(len(report.frames))).add_all(sums)
    return unit, [_group(name, spans[name], report) for name in sorted(spans)], undated


def _largest(report: Report, by_name: dict[str | None, Sums], most: int, what: str) -> list[Group]:
    named = {name: sums for name, sums in by_name.items() if name is not None}
    ranked = sorted(named, key=lambda name: (-named[name].articles, name))
    most = most if len(ranked) > most + 1 else len(ranked)
    groups = [_group(name, named[name], report) for name in ranked[:most]]
    others = ranked[most:]
    if others:
        rest = _merged((named[name] for name in others), len(report.frames))
        groups.append(_group(f"{len(others)} other {what}s", rest, report, rest=True))
    if None in by_name:
        groups.append(_group(f"no {what} named", by_name[None], report, rest=True))
    return groups


def _merged(groups: Iterable[Sums], n_frames: int) -> Sums:
    sums = Sums(n_frames)
    for group in groups:
        sums.add_all(group)
    return sums


def _group(name: str, sums: Sums, report: Report, *, rest: bool = False) -> Group:
    frames = range(len(report.frames))
    return Group(
        name=name,
        articles=sums.articles,
        sentences=sums.sentences,
        of_articles=tuple(sums.of_articles(i) for i in frames),
        of_sentences=tuple(sums.of_sentences(i, report.tally.whole) for i in frames),
        rest=rest,
    )
