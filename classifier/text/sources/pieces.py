"""Pieces: articles not yet parsed, cheap to read and to send to another process."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from classifier.errors import InputError
from classifier.text.article import Article
from classifier.text.language import language_code
from classifier.text.sources.markup import markdown_text, page_article, response_article
from classifier.text.sources.streams import LONGEST, decode, ending, open_stream

Row = Mapping[str, Any]

_SURROGATE = re.compile("[\ud800-\udfff]")
_OUTLET_COLUMNS = ("outlet", "source", "publisher")
_COLUMNS = ("id", "title", "date", "lang")
_LONGEST_CODE = 3  # letters of a language code
KNOWN_COLUMNS = frozenset(_COLUMNS + _OUTLET_COLUMNS)


@dataclass(frozen=True, slots=True)
class Piece:
    """One article not yet parsed.

    ``where`` is what an error begins with (``file.jsonl:17``). ``kind`` says what ``payload`` is:

    ============  ===================================================================
    ``line``      a JSON object, as bytes, or as text where a line of bytes is no line
    ``cells``     a row of a CSV table, its cells as text
    ``row``       a row of a Parquet table or a dataset, its values as they are there
    ``file``      the path of a file that holds one article; whoever parses opens it
    ``response``  a web page as a server sent it, head and body, as bytes
    ``text``      plain text, as bytes
    ============  ===================================================================

    ``name`` is the id of an article that says none, of a page its address; ``date`` holds where
    the article has no other.
    """

    where: str
    kind: Literal["line", "cells", "row", "file", "response", "text"]
    payload: bytes | str | Row
    name: str = ""
    date: str | None = None

    def __reduce__(self) -> tuple[type[Piece], tuple[Any, ...]]:
        # What dataclasses make of frozen slots takes four times as long between processes.
        return Piece, (self.where, self.kind, self.payload, self.name, self.date)

    def digest(self) -> bytes:
        """16 bytes that change when the piece does; of a file, its name, size and time count."""
        head = f"{self.where}\0{self.kind}\0{self.name}\0{self.date}\0"
        digest = hashlib.sha256(head.encode("utf-8", "surrogatepass"))
        if isinstance(self.payload, bytes):
            digest.update(self.payload)
        else:
            told = _file_state(self.payload) if self.kind == "file" else repr(self.payload)
            digest.update(told.encode("utf-8", "surrogatepass"))
        return digest.digest()[:16]


def _file_state(path: Any) -> str:
    try:
        status = os.stat(path)
    except OSError:
        return f"{path}\0missing"
    return f"{path}\0{status.st_size}\0{status.st_mtime_ns}"


def parse_piece(
    piece: Piece, *, text_column: str = "text", lang: str | None = None, encoding: str = "utf-8"
) -> Article:
    """The article of a piece. The arguments are those of ``read_articles``.

    Raises:
        InputError: it is no article. The message says where, what was expected and what to do.
    """
    payload = piece.payload
    if isinstance(payload, Mapping):
        article = _row_article(piece, payload, text_column, encoding)
    elif piece.kind == "line":
        article = _row_article(piece, _json_row(piece, encoding), text_column, encoding)
    elif piece.kind == "file":
        article = _file_article(piece, Path(str(payload)), encoding)
    else:
        assert isinstance(payload, bytes)
        article = Article("", piece.name, date=piece.date, origin=piece.where)
        if piece.kind == "response":
            article = response_article(article, payload, piece.name)
        else:
            article = replace(article, text=decode(payload, piece.where, encoding))
    article = _checked(article)
    return article if article.lang else replace(article, lang=lang)


def need_column(names: Iterable[Any], text_column: str, where: str) -> None:
    """Refuse a table or a row without the column that holds the text."""
    names = [str(name) for name in names]
    if text_column not in names:
        raise InputError(
            f"{where}: no column {text_column!r}; it has: {', '.join(names)} "
            "(choose with --text-column)"
        )


def _file_article(piece: Piece, path: Path, encoding: str) -> Article:
    with open_stream(path) as stream:
        data = stream.read(LONGEST + 1)
    if len(data) > LONGEST:
        raise InputError(
            f"{piece.where}: longer than {LONGEST >> 20} MiB; expected one article a file"
        )
    article = Article("", piece.name, origin=piece.where)
    kind = ending(path)
    if kind in (".html", ".htm"):
        return page_article(article, data)
    text = decode(data, piece.where, encoding)
    return replace(article, text=markdown_text(text) if kind in (".md", ".markdown") else text)


def _json_row(piece: Piece, encoding: str) -> Row:
    line = piece.payload
    try:
        text = decode(line, piece.where, encoding) if isinstance(line, bytes) else str(line)
        row = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise InputError(f"{piece.where}: broken JSON line: {exc}") from exc
    if not isinstance(row, dict):
        raise InputError(f"{piece.where}: expected a JSON object, found {type(row).__name__}")
    return row


def _row_article(piece: Piece, row: Row, text_column: str, encoding: str) -> Article:
    need_column(row, text_column, piece.where)
    text = row[text_column]
    if not isinstance(text, str):
        raise InputError(
            f"{piece.where}: {text_column!r} holds {type(text).__name__}, expected text"
        )
    if piece.kind == "cells" and any(_halved(cell or "") for cell in row.values()):
        raise InputError(f"{piece.where}: not {encoding} text")
    values = {name: said for name in _COLUMNS if (said := _said(row.get(name)))}
    if "lang" in values:
        code = language_code(values.pop("lang"))
        if code.isalpha() and len(code) <= _LONGEST_CODE:  # else it is told from the text
            values["lang"] = code
    outlet = next((said for name in _OUTLET_COLUMNS if (said := _said(row.get(name)))), None)
    values.setdefault("id", piece.where)
    return Article(text, outlet=outlet, origin=piece.where, **values)


def _said(value: Any) -> str:
    """A cell's text; nothing for an empty cell, in whatever way it is empty."""
    said = "" if value is None or value != value else str(value)  # noqa: PLR0124 (NaN)
    return _SURROGATE.sub("\ufffd", said) if _halved(said) else said


def _checked(article: Article) -> Article:
    if not article.text.strip():
        raise InputError(f"{article.origin}: the article is empty")
    if "\0" in article.text:
        raise InputError(f"{article.origin}: looks like binary data; expected text")
    if _halved(article.text):  # as broken JSON escapes give it
        return replace(article, text=_SURROGATE.sub("\ufffd", article.text))
    return article


def _halved(text: str) -> bool:
    """Whether a text holds half a character; encoding it is the fastest way to tell."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
