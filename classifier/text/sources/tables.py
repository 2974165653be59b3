"""Tables as pieces, a line or a row each: JSON lines, CSV and Parquet."""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import IO, Any

from classifier.errors import InputError
from classifier.text.sources.pieces import KNOWN_COLUMNS, Piece, need_column
from classifier.text.sources.streams import (
    BINARY,
    LONGEST,
    is_wide,
    open_stream,
    shown,
    stream_encoding,
    text_lines,
)

_LONGEST_CELL = 2**24
_SWALLOWED = 200
"""Lines that look like rows inside one cell before a missing quotation mark is assumed."""


def json_pieces(path: Path, encoding: str) -> Iterator[Piece | InputError]:
    """One piece a line, not looked into."""
    where = shown(path)
    with open_stream(path) as stream:
        encoding = stream_encoding(stream, encoding, where)
        lines: IO[Any] = stream
        if encoding == "utf-8-sig" and stream.peek(3).startswith(codecs.BOM_UTF8):
            stream.read(3)
        if is_wide(encoding):
            lines = text_lines(stream, encoding, "strict", "\n")
        try:
            for number in count(1):
                line = lines.readline(LONGEST)
                if not line:
                    break
                if len(line) >= LONGEST:
                    yield InputError(f"{where}:{number}: {_skip_line(lines)}")
                elif not line.isspace():
                    yield Piece(f"{where}:{number}", "line", line)
        except UnicodeError as exc:
            raise InputError(f"{where}:{number}: not {encoding} text ({exc})") from exc


def _skip_line(lines: IO[Any]) -> str:
    """Read on to the end of a line without keeping it; what to say of it."""
    while (rest := lines.readline(LONGEST)) and rest[-1:] not in (b"\n", "\n"):
        pass
    return f"a line longer than {LONGEST >> 20} MiB; expected one article a line"


def csv_pieces(path: Path, encoding: str, text_column: str) -> Iterator[Piece | InputError]:
    """One piece a row; the mark that separates the columns is told from the first line."""
    csv.field_size_limit(_LONGEST_CELL)
    where = shown(path)
    with open_stream(path) as stream:
        encoding = stream_encoding(stream, encoding, where)
        lines = text_lines(stream, encoding, "surrogateescape")
        number = 1
        try:
            header = lines.readline(LONGEST)
            if "\0" in header:
                raise InputError(f"{where}: {BINARY}")
            columns = {mark: next(csv.reader([header], delimiter=mark), []) for mark in ",;\t|"}
            mark = max(columns, key=lambda mark: (text_column in columns[mark], len(columns[mark])))
            names = columns[mark]
            need_column(names, text_column, f"{where}:1")
            kept = [
                (i, name) for i, name in enumerate(names) if name in {*KNOWN_COLUMNS, text_column}
            ]
            for number, row in _rows(lines, mark, len(names)):
                if isinstance(row, str):
                    yield InputError(f"{where}:{number}: {row}")
                elif len(row) > len(names):
                    yield InputError(
                        f"{where}:{number}: more columns than the header; is a quote missing?"
                    )
                elif row:
                    row.extend([None] * (len(names) - len(row)))
                    yield Piece(f"{where}:{number}", "cells", {name: row[i] for i, name in kept})
        except (UnicodeError, csv.Error) as exc:
            raise InputError(
                f"{where}:{number}: cannot be read as a table in {encoding.removesuffix('-sig')}: "
                f"{exc}; save it as UTF-8 or name its encoding (--encoding cp1251)"
            ) from exc
        finally:
            lines.detach()


def _rows(lines: io.TextIOWrapper, mark: str, width: int) -> Iterator[tuple[int, list[Any] | str]]:
    """The rows after the header with the line each begins on; for a broken one, what is wrong.

    After a broken row, reading goes on with the next row of full width.
    """
    source = _Lines(lines, mark, width)
    reader = csv.reader(source, delimiter=mark, strict=True)
    number, broken = 2, ""
    while True:
        source.taken.clear()
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as exc:
            source.give_back(only_one=not broken)
            if not broken:
                first, broken = number, f"{exc}; is a quotation mark missing or not doubled?"
            reader = csv.reader(source, delimiter=mark, strict=True)
        else:
            if broken and len(row) == width:
                yield first, _left_out(broken, first, number)
                broken = ""
            if not broken:
                yield number, row
        number += len(source.taken)
    if broken:
        yield first, _left_out(broken, first, number)


class _Lines:
    """The lines of a table; those that a missing quotation mark swallowed are read again."""

    def __init__(self, lines: io.TextIOWrapper, mark: str, width: int) -> None:
        self._lines = lines
        self._mark = mark
        self._width = width
        self._again: deque[str] = deque()
        self.taken: list[str] = []
        """The lines of the present row."""

    def __iter__(self) -> Iterator[str]:
        while line := self._again.popleft() if self._again else self._lines.readline(LONGEST):
            self.taken.append(line)
            if len(line) >= LONGEST:
                raise csv.Error(_skip_line(self._lines))
            count = len(self.taken)
            if count % _SWALLOWED == 0 and self._like_rows(self.taken[1 - _SWALLOWED :]):
                raise csv.Error("a cell that goes on over many rows")
            yield line

    def give_back(self, only_one: bool) -> None:
        """Have the lines behind the first of a broken row read again.

        ``only_one``: where they do not look like rows, give back no more than the last. There
        the quotation marks turned out wrong, so that it may well begin a row.
        """
        behind = self.taken[1:]
        if only_one and not self._like_rows(behind):
            behind = behind[-1:]
        self._again.extendleft(reversed(behind))
        del self.taken[len(self.taken) - len(behind) :]

    def _like_rows(self, lines: list[str]) -> bool:
        """Whether nearly all of some lines would be rows of their own."""
        full = [line for line in lines if not line.isspace()]
        alike = sum(_width(line, self._mark) == self._width for line in full)
        return self._width > 1 and bool(full) and alike >= 0.9 * len(full)


def _left_out(broken: str, first: int, after: int) -> str:
    return broken if after == first + 1 else f"{broken} Left out up to line {after - 1}."


def _width(line: str, mark: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=mark, strict=True)))
    except csv.Error:
        return 0


def parquet_pieces(path: Path, text_column: str) -> Iterator[Piece | InputError]:
    """One piece a row; only the columns that an article has are read."""
    import pyarrow
    import pyarrow.parquet

    where = shown(path)
    number = count(1)
    try:
        with pyarrow.parquet.ParquetFile(path) as table:
            names = table.schema_arrow.names
            need_column(names, text_column, where)
            kept = [name for name in names if name in {*KNOWN_COLUMNS, text_column}]
            for batch in table.iter_batches(batch_size=256, columns=kept):
                for row in batch.to_pylist():
                    yield Piece(f"{where}:{next(number)}", "row", row)
    except (pyarrow.ArrowException, UnicodeDecodeError, OSError) as exc:
        raise InputError(f"{where}: not a readable Parquet file: {exc}") from exc
