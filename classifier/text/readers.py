"""Articles from files, folders, standard input and datasets, one at a time.

========================  ======================================================
``.txt`` ``.md``          one article a file
``.html`` ``.htm``        one article a file, its main text found by trafilatura
``.jsonl`` ``.ndjson``    one article a line, an object with at least ``text``
``.csv`` ``.tsv``         one article a row, with a header line
``.parquet``              one article a row
========================  ======================================================

All but Parquet may be gzipped (``.txt.gz``). A row may also say ``id``, ``title``,
``date``, ``lang`` and ``outlet`` (or ``source``).
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from classifier.errors import InputError
from classifier.text.article import Article
from classifier.text.language import language_code
from classifier.text.markup import markdown_text, page_article

if TYPE_CHECKING:
    from datasets import Dataset

Refusal = Callable[[InputError], None]

_TEXT_ENDINGS = (".txt", ".md", ".markdown", ".html", ".htm")
_TABLE_ENDINGS = (".jsonl", ".ndjson", ".csv", ".tsv", ".parquet")
ENDINGS = _TEXT_ENDINGS + _TABLE_ENDINGS
_SURROGATE = re.compile("[\ud800-\udfff]")
_OUTLET_COLUMNS = ("outlet", "source", "publisher")
_COLUMNS = ("id", "title", "date", "lang")


def read_articles(
    *sources: str | Path | Dataset,
    text_column: str = "text",
    lang: str | None = None,
    encoding: str = "utf-8",
    on_error: Refusal | None = None,
) -> Iterator[Article]:
    """Read articles, one at a time, from any mix of sources.

    Args:
        sources: files, folders (read whole, in the order of their names), ``"-"`` for plain
            text on standard input, or a ``datasets.Dataset``.
        text_column: the column or key that holds the text in tables.
        lang: the language of every article that does not say its own.
        encoding: of text files, JSON lines and CSV.
        on_error: called with every article or file that cannot be read; reading goes on
            with the next. Without it the first one is raised.

    Raises:
        InputError: something cannot be read and no ``on_error`` is given. The message says
            where, what was expected and what to do.
    """

    def refuse(error: InputError) -> None:
        if on_error is None:
            raise error
        on_error(error)

    for source in _flat(sources):
        try:
            for article in _read(source, text_column, encoding, refuse):
                yield article if article.lang else replace(article, lang=lang)
        except InputError as error:
            refuse(error)
        except OSError as exc:
            refuse(InputError(f"{source}: cannot be read: {exc}"))


def _flat(sources: Iterable[Any]) -> Iterator[Any]:
    """The sources, with lists of them opened."""
    for source in sources:
        if isinstance(source, list | tuple):
            yield from source
        else:
            yield source


def _read(
    source: str | Path | Dataset, text_column: str, encoding: str, refuse: Refusal
) -> Iterator[Article]:
    if not isinstance(source, str | Path):
        yield from _rows(enumerate(source, 1), "dataset", text_column, refuse)
    elif str(source) == "-":
        text = _decode(sys.stdin.buffer.read(), "standard input", encoding)
        yield _checked(Article(text, id="stdin", origin="standard input"))
    elif Path(source).is_dir():
        yield from _folder(Path(source), text_column, encoding, refuse)
    else:
        yield from _file(Path(source), text_column, encoding, refuse)


def _folder(folder: Path, text_column: str, encoding: str, refuse: Refusal) -> Iterator[Article]:
    found = False
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and _ending(path) in ENDINGS:
            found = True
            try:
                for article in _file(path, text_column, encoding, refuse):
                    name = str(path.relative_to(folder))
                    yield replace(article, id=name) if article.id == path.name else article
            except InputError as error:
                refuse(error)
    if not found:
        raise InputError(f"{folder}: no articles in this folder; expected {', '.join(ENDINGS)}")


def _ending(path: Path) -> str:
    endings = [ending.lower() for ending in path.suffixes]
    if endings and endings[-1] == ".gz":
        endings.pop()
    return endings[-1] if endings else ""


def _file(path: Path, text_column: str, encoding: str, refuse: Refusal) -> Iterator[Article]:
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    ending = _ending(path)
    if ending not in ENDINGS:
        raise InputError(
            f"{path}: cannot read {ending or 'this'} files; expected {', '.join(ENDINGS)}"
        )
    try:
        if ending == ".parquet":
            yield from _rows(_parquet_rows(path, text_column), str(path), text_column, refuse)
            return
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as stream:
            if ending in _TEXT_ENDINGS:
                yield _checked(_whole_file(path, ending, stream.read(), encoding))
            elif ending in (".csv", ".tsv"):
                rows = _csv_rows(stream, path, encoding, text_column, refuse)
                yield from _rows(rows, str(path), text_column, refuse)
            else:
                rows = _json_rows(stream, path, encoding, refuse)
                yield from _rows(rows, str(path), text_column, refuse)
    except (OSError, EOFError, zlib.error) as exc:
        raise InputError(f"{path}: cannot be read: {exc}") from exc


def _decode(data: bytes, where: str, encoding: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif encoding.lower().replace("_", "-") in ("utf-8", "utf8"):
        encoding = "utf-8-sig"
    if encoding == "utf-8-sig" and b"\0" in data[:4096]:
        raise InputError(f"{where}: looks like a binary file; expected text")
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError) as exc:
        raise InputError(
            f"{where}: not {encoding.removesuffix('-sig')} text ({exc}); "
            "save it as UTF-8 or name its encoding (--encoding cp1251)"
        ) from exc


def _whole_file(path: Path, ending: str, data: bytes, encoding: str) -> Article:
    article = Article("", id=path.name, origin=str(path))
    if ending in (".html", ".htm"):
        return page_article(article, data)
    text = _decode(data, str(path), encoding)
    if ending in (".md", ".markdown"):
        text = markdown_text(text)
    return replace(article, text=text)


def _json_rows(
    stream: BinaryIO | gzip.GzipFile, path: Path, encoding: str, refuse: Refusal
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(stream, 1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            row = json.loads(_decode(line, where, encoding))
            if not isinstance(row, dict):
                raise InputError(f"{where}: expected a JSON object, found {type(row).__name__}")
        except InputError as error:
            refuse(error)
        except (ValueError, RecursionError) as exc:
            refuse(InputError(f"{where}: broken JSON line: {exc}"))
        else:
            yield number, row


def _csv_rows(
    stream: BinaryIO | gzip.GzipFile, path: Path, encoding: str, text_column: str, refuse: Refusal
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The rows of a table; the mark that separates its columns is told from its first line."""
    csv.field_size_limit(2**31 - 1)
    if encoding.lower() in ("utf-8", "utf8"):
        encoding = "utf-8-sig"
    number = 0
    try:
        lines = io.TextIOWrapper(stream, encoding, "surrogateescape", newline="")
        header = lines.readline()
        names = {mark: next(csv.reader([header], delimiter=mark), []) for mark in ",;\t|"}
        mark = max(names, key=lambda mark: (text_column in names[mark], len(names[mark])))
        _need_column(names[mark], text_column, f"{path}:1")
        reader = csv.DictReader(lines, names[mark], delimiter=mark)
        for row in reader:
            number = reader.line_num
            where = f"{path}:{number + 1}"
            if None in row:
                refuse(InputError(f"{where}: more columns than the header; is a quote missing?"))
            elif any(_SURROGATE.search(value or "") for value in row.values()):
                refuse(InputError(f"{where}: not {encoding.removesuffix('-sig')} text"))
            else:
                yield number + 1, row
        lines.detach()
    except (UnicodeError, LookupError, csv.Error) as exc:
        raise InputError(
            f"{path}:{number + 2}: cannot be read as a table in {encoding.removesuffix('-sig')}: "
            f"{exc}; save it as UTF-8 or name its encoding (--encoding cp1251)"
        ) from exc


def _need_column(names: Iterable[Any], text_column: str, where: str) -> None:
    names = [str(name) for name in names]
    if text_column not in names:
        raise InputError(
            f"{where}: no column {text_column!r}; it has: {', '.join(names)} "
            "(choose with --text-column)"
        )


def _parquet_rows(path: Path, text_column: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.ParquetFile(path)
        _need_column(table.schema_arrow.names, text_column, str(path))
        number = 0
        for batch in table.iter_batches(batch_size=256):
            for row in batch.to_pylist():
                number += 1
                yield number, row
    except (pyarrow.ArrowException, UnicodeDecodeError) as exc:
        raise InputError(f"{path}: not a readable Parquet file: {exc}") from exc


def _rows(
    rows: Iterable[tuple[int, Mapping[str, Any]]], where: str, text_column: str, refuse: Refusal
) -> Iterator[Article]:
    for number, row in rows:
        try:
            yield _row(row, f"{where}:{number}", text_column)
        except InputError as error:
            refuse(error)


def _row(row: Mapping[str, Any], origin: str, text_column: str) -> Article:
    _need_column(row, text_column, origin)
    text = row[text_column]
    if not isinstance(text, str):
        raise InputError(f"{origin}: {text_column!r} holds {type(text).__name__}, expected text")
    values = {name: said for name in _COLUMNS if (said := _said(row.get(name)))}
    if "lang" in values:
        values["lang"] = language_code(values["lang"])
    outlet = next((said for name in _OUTLET_COLUMNS if (said := _said(row.get(name)))), None)
    values.setdefault("id", origin)
    return _checked(Article(text, outlet=outlet, origin=origin, **values))


def _said(value: Any) -> str:
    """A cell's text; nothing for an empty cell, in whatever way it is empty."""
    return "" if value is None or value != value else str(value)  # noqa: PLR0124 (NaN)


def _checked(article: Article) -> Article:
    if not article.text.strip():
        raise InputError(f"{article.origin}: the article is empty")
    if "\0" in article.text:
        raise InputError(f"{article.origin}: looks like binary data; expected text")
    if _SURROGATE.search(article.text):  # half a character, as broken JSON escapes give it
        return replace(article, text=_SURROGATE.sub("\ufffd", article.text))
    return article
