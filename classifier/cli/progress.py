"""A bar on a terminal while articles are scored."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.scoring.batch import BatchOptions
    from classifier.scoring.shards import Shard
    from classifier.text.article import Article


def with_progress(articles: Iterable[Article]) -> Iterator[Article]:
    """Show how many articles were read, on a terminal."""
    with _progress() as advance:
        for article in articles:
            yield article
            advance(1)


@contextmanager
def shard_progress(
    paths: tuple[str, ...], options: BatchOptions
) -> Iterator[Callable[[Shard], None]]:
    """Show articles, rate and time left, on a terminal; the articles are counted meanwhile."""
    from classifier.text.readers import read_pieces

    reading = {"text_column": options.shards.text_column, "encoding": options.shards.encoding}

    def total() -> int:
        return sum(1 for _ in read_pieces(*paths, **reading))

    with _progress(None if "-" in paths else total) as advance:
        yield lambda shard: advance(shard.articles + len(shard.errors))


@contextmanager
def _progress(total: Callable[[], int] | None = None) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, nothing elsewhere; gives what moves it on."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from classifier.cli.display import RateColumn, wide_console

    columns = (
        TextColumn("scoring"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn("articles/s"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=wide_console(stderr=True), transient=True) as progress:
        task = progress.add_task("scoring", total=None)

        def count() -> None:
            if total is not None:
                progress.update(task, total=total())

        threading.Thread(target=count, daemon=True).start()
        yield lambda n: progress.advance(task, n)
