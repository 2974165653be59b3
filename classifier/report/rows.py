"""Rows of score files, one at a time: JSON lines, CSV and Parquet."""

from __future__ import annotations

import csv
import gzip
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

from classifier.errors import InputError

EXPECTED = "expected a .jsonl file or a score folder that `framing score` wrote"
_BATCH = 4096


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8", newline="" if path.suffix == ".csv" else None)


def json_rows(path: Path) -> Iterator[dict[str, Any]]:
    """One JSON object a line, plain or .gz.

    Raises:
        InputError: the file cannot be read, or a line is not JSON; the message says where.
    """
    try:
        with _open(path) as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    try:
                        yield json.loads(line)
                    except ValueError as exc:
                        where = f"{path}:{number}"
                        raise InputError(f"{where}: not JSON ({exc}); {EXPECTED}") from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"{path}: cannot be read ({exc}); {EXPECTED}") from exc


def _csv_rows(path: Path) -> Iterator[dict[str, Any]]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        with _open(path) as stream:
            yield from csv.DictReader(stream)
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise InputError(f"{path}: cannot be read ({exc}); {EXPECTED}") from exc


def _parquet_rows(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_BATCH):
                yield from batch.to_pylist()
    except (OSError, pa.ArrowException) as exc:
        raise InputError(f"{path}: cannot be read ({exc}); {EXPECTED}") from exc


READERS: dict[str, Callable[[Path], Iterator[dict[str, Any]]]] = {
    ".parquet": _parquet_rows,
    ".jsonl": json_rows,
    ".csv": _csv_rows,
}
