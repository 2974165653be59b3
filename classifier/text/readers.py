"""Articles from files, folders, standard input, web archives and datasets, one at a time.

========================  ======================================================
``.txt`` ``.md``          one article a file
``.html`` ``.htm``        one article a file, its main text found by trafilatura
``.jsonl`` ``.ndjson``    one article a line, an object with at least ``text``
``.csv`` ``.tsv``         one article a row, with a header line
``.parquet``              one article a row
``.warc``                 one article a web page that was fetched well
``hub:owner/name``        one article a row of a dataset of the Hugging Face Hub
========================  ======================================================

All files but Parquet may be packed: ``.txt.gz``, ``.zst``, ``.bz2``, ``.xz``. A row may also
say ``id``, ``title``, ``date``, ``lang`` and ``outlet`` (or ``source``). A folder that
``datasets.save_to_disk`` wrote is one article a row, too.

Reading has two stages: ``read_pieces`` finds the articles and looks into none of them, and
``parse_piece`` makes an ``Article`` of each, in another process if one likes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.errors import InputError
from classifier.text.article import Article
from classifier.text.sources.folders import folder_files, is_pattern, pattern_files
from classifier.text.sources.hub import hub_pieces, is_hub, row_pieces, saved_pieces
from classifier.text.sources.pieces import Piece, parse_piece
from classifier.text.sources.streams import ENDINGS, TEXT_ENDINGS, ending, shown
from classifier.text.sources.tables import csv_pieces, json_pieces, parquet_pieces
from classifier.text.sources.warc import warc_pieces

if TYPE_CHECKING:
    from datasets import Dataset

Refusal = Callable[[InputError], None]


def read_articles(
    *sources: str | Path | Dataset,
    text_column: str = "text",
    lang: str | None = None,
    encoding: str = "utf-8",
    on_error: Refusal | None = None,
) -> Iterator[Article]:
    """Read articles, one at a time, from any mix of sources.

    Args:
        sources: files, folders (read whole, in the order of their names), patterns
            (``archive/**/*.jsonl.gz``), ``"-"`` for plain text on standard input,
            ``"hub:owner/name/config@revision:split"`` for a dataset of the Hub, streamed, or
            a ``datasets.Dataset`` or ``IterableDataset``.
        text_column: the column or key that holds the text in tables.
        lang: the language of every article that does not say its own.
        encoding: of text files, JSON lines and CSV without a byte order mark.
        on_error: called with every article or file that cannot be read; reading goes on
            with the next. Without it the first one is raised.

    Raises:
        InputError: something cannot be read and no ``on_error`` is given. The message says
            where, what was expected and what to do.
    """
    for piece in read_pieces(*sources, text_column=text_column, encoding=encoding):
        try:
            if isinstance(piece, InputError):
                raise piece
            article = parse_piece(piece, text_column=text_column, lang=lang, encoding=encoding)
        except InputError as error:
            if on_error is None:
                raise
            on_error(error)
        else:
            yield article


def read_pieces(
    *sources: str | Path | Dataset, text_column: str = "text", encoding: str = "utf-8"
) -> Iterator[Piece | InputError]:
    """Find the articles of any mix of sources, in order, without parsing them.

    The arguments are those of ``read_articles``. What cannot be read is an ``InputError`` in
    its place; it costs nothing else.
    """
    for source in _flat(sources):
        try:
            yield from _source_pieces(source, text_column, encoding)
        except InputError as error:
            yield error
        except OSError as exc:
            yield InputError(f"{source}: cannot be read: {exc}")


def _flat(sources: Iterable[Any]) -> Iterator[Any]:
    """The sources, with lists of them opened."""
    for source in sources:
        if isinstance(source, list | tuple):
            yield from source
        else:
            yield source


def _source_pieces(
    source: str | Path | Dataset, text_column: str, encoding: str
) -> Iterator[Piece | InputError]:
    if not isinstance(source, str | Path):
        yield from row_pieces(source, "dataset", text_column)
    elif str(source) == "-":
        yield Piece("standard input", "text", sys.stdin.buffer.read(), "stdin")
    elif is_hub(str(source)):
        yield from hub_pieces(str(source), text_column)
    elif is_pattern(str(source)):
        files = pattern_files(str(source))
        yield from _files_pieces(files, source, None, text_column, encoding)
    elif Path(source).is_dir():
        files = folder_files(Path(source))
        yield from _files_pieces(files, source, Path(source), text_column, encoding)
    else:
        path = Path(source)
        yield from _file_pieces(path, path.name, text_column, encoding)


def _files_pieces(
    files: Iterable[Path | InputError],
    source: str | Path,
    folder: Path | None,
    text_column: str,
    encoding: str,
) -> Iterator[Piece | InputError]:
    """The pieces of many files; ``folder`` is what their names are told from."""
    found = False
    for path in files:
        found = True
        if isinstance(path, InputError):
            yield path
            continue
        name = shown(path.relative_to(folder) if folder else path)
        try:
            yield from _file_pieces(path, name, text_column, encoding)
        except InputError as error:
            yield error
    if not found:
        missing = "no articles in this folder" if folder else "matches no file"
        raise InputError(f"{shown(source)}: {missing}; expected {', '.join(ENDINGS)}")


def _file_pieces(
    path: Path, name: str, text_column: str, encoding: str
) -> Iterator[Piece | InputError]:
    if not path.exists():
        raise InputError(f"{shown(path)}: no such file or folder")
    kind = ending(path)
    if kind not in ENDINGS and not path.is_dir():
        raise InputError(
            f"{shown(path)}: cannot read {kind or 'this'} files; expected {', '.join(ENDINGS)}"
        )
    if path.is_dir():
        yield from saved_pieces(path, text_column)
    elif kind in TEXT_ENDINGS:
        yield Piece(shown(path), "file", str(path), name)
    elif kind == ".parquet":
        yield from parquet_pieces(path, text_column)
    elif kind in (".csv", ".tsv"):
        yield from csv_pieces(path, encoding, text_column)
    elif kind == ".warc":
        yield from warc_pieces(path)
    else:
        yield from json_pieces(path, encoding)
