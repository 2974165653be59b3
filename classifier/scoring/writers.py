"""Scores to files that appear whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO

from classifier.errors import InputError
from classifier.scoring.scores import ArticleScore

if TYPE_CHECKING:
    import pyarrow as pa

TableFormat = Literal["parquet", "jsonl", "csv"]


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """A text file to write into, put in place only when everything went well."""
    with (
        _whole(path) as temporary,
        temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream,
    ):
        yield stream


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """Another name for a file, which becomes its own when everything went well."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as exc:
        raise InputError(f"{path}: cannot be written: {exc}") from exc
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_jsonl(
    scores: Iterable[ArticleScore], stream: TextIO, *, all_sentences: bool = False
) -> int:
    """Write one record an article; returns how many."""
    count = 0
    for score in scores:
        record = score.to_dict(all_sentences=all_sentences)
        stream.write(json.dumps(record, ensure_ascii=False) + "\n")
        count += 1
    return count


def write_table(table: pa.Table, path: Path, kind: TableFormat) -> None:
    """Write a table as Parquet (zstd), JSON lines or CSV, the same bytes every time.

    CSV has no lists: the frames of a sentence stand side by side, with spaces between.
    """
    with _whole(path) as temporary:
        if kind == "parquet":
            import pyarrow.parquet as pq

            pq.write_table(table, temporary, compression="zstd")
        elif kind == "csv":
            _write_csv(table, temporary)
        else:
            with temporary.open("w", encoding="utf-8", newline="\n") as stream:
                for row in table.to_pylist():
                    stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def _write_csv(table: pa.Table, path: Path) -> None:
    import csv

    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(table.column_names)
        for row in table.to_pylist():
            cells = row.values()
            writer.writerow([" ".join(cell) if isinstance(cell, list) else cell for cell in cells])
