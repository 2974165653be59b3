"""Web archives (WARC, ISO 28500): the pages of a crawl as pieces.

Read here and not by a library: fastwarc 2.0 and warcio 1.8 end in silence where an archive is
damaged or cut off, and the records behind would be missing from every count.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

from classifier.errors import InputError
from classifier.text.sources.markup import LONGEST_PAGE
from classifier.text.sources.pieces import Piece
from classifier.text.sources.streams import open_stream, shown

_LINE = 2**16
_CHUNK = 2**20
_STATUS_OK = re.compile(rb"HTTP/\S+ +200\b")
_HTML = re.compile(rb"\ncontent-type:[ \t]*(text/html|application/xhtml\+xml)\b", re.IGNORECASE)


def warc_pieces(path: Path) -> Iterator[Piece | InputError]:
    """One piece for every page that was fetched well; other records are passed over.

    ``where`` counts the records of the file, ``name`` is the address of the page, ``date`` the
    day it was fetched.
    """
    where = shown(path)
    number = 0
    with open_stream(path) as stream:
        while line := stream.readline(_LINE):
            if line.isspace():
                continue
            number += 1
            try:
                piece = _record_piece(stream, line, f"{where}:{number}")
            except InputError as error:
                yield error
            else:
                if piece is not None:
                    yield piece


def _record_piece(stream: io.BufferedReader, line: bytes, where: str) -> Piece | None:
    """The record whose first line was read; None when it is no page or was not fetched well."""
    if not line.startswith(b"WARC/"):
        while line and not stream.peek(5).startswith(b"WARC/"):
            line = stream.readline(_LINE)
        raise InputError(f"{where}: not a WARC record; is its length, or the last one's, wrong?")
    fields = _fields(stream, where)
    length = fields.get("content-length", "")
    if not (length.isascii() and length.isdigit() and len(length) < 20):
        raise InputError(f"{where}: a WARC record that does not say its length")
    rest = int(length)
    if fields.get("warc-type", "").lower() != "response":
        _skip(stream, rest, where)
        return None
    head = stream.read(min(rest, _LINE))
    rest -= len(head)
    top = head.partition(b"\r\n\r\n")[0]
    if not (_STATUS_OK.match(top) and _HTML.search(top)):
        _skip(stream, rest, where)
        return None
    url = fields.get("warc-target-uri", "").strip("<>") or where
    if rest > LONGEST_PAGE:
        _skip(stream, rest, where)
        raise InputError(f"{where}: a page longer than {LONGEST_PAGE >> 20} MiB: {url}")
    block = head + stream.read(rest)
    if len(block) < int(length):
        raise InputError(f"{where}: the record is cut off: {url}")
    return Piece(where, "response", block, url, fields.get("warc-date", "")[:10] or None)


def _fields(stream: io.BufferedReader, where: str) -> dict[str, str]:
    fields = {}
    while not (line := stream.readline(_LINE)).isspace():
        if not line:
            raise InputError(f"{where}: the record is cut off")
        name, _, value = line.decode("utf-8", "replace").partition(":")
        fields[name.strip().lower()] = value.strip()
    return fields


def _skip(stream: io.BufferedReader, length: int, where: str) -> None:
    while length:
        chunk = stream.read(min(length, _CHUNK))
        if not chunk:
            raise InputError(f"{where}: the record is cut off")
        length -= len(chunk)
