"""Files as streams of bytes, unpacked on the way, and their encodings."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from classifier.errors import InputError

TEXT_ENDINGS = (".txt", ".md", ".markdown", ".html", ".htm")
TABLE_ENDINGS = (".jsonl", ".ndjson", ".csv", ".tsv", ".parquet", ".warc")
ENDINGS = TEXT_ENDINGS + TABLE_ENDINGS
PACKED = (".gz", ".zst", ".bz2", ".xz")
LONGEST = 2**28
"""No line, cell or single article is longer, in bytes: it would not fit in memory beside others."""
BINARY = "looks like a binary file; expected text (is it UTF-16? then --encoding utf-16)"

_BUFFER = 2**17


def ending(path: str | Path) -> str:
    """What a file holds, by the end of its name: ``.jsonl`` of ``a.jsonl.gz``."""
    stem, last = os.path.splitext(os.path.basename(path))
    if last.lower() in PACKED:
        last = os.path.splitext(stem)[1]
    return last.lower()


def shown(path: str | Path) -> str:
    """A path as it is printed: bytes of a name that are no UTF-8 become replacement characters."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


@contextmanager
def open_stream(path: Path) -> Iterator[io.BufferedReader[Any]]:
    """Open a file, unpacked if it is packed.

    Raises:
        InputError: it cannot be opened or, while it is read, turns out damaged.
    """
    suffix = path.suffix.lower()
    unpack: Any = open
    damage: tuple[type[Exception], ...] = (OSError, EOFError, zlib.error)
    if suffix == ".gz":
        unpack = gzip.open
    elif suffix == ".bz2":
        unpack = bz2.open
    elif suffix == ".xz":
        unpack, damage = lzma.open, (*damage, lzma.LZMAError)
    elif suffix == ".zst":
        zstd = _zstd()
        unpack, damage = zstd.open, (*damage, zstd.ZstdError)
    try:
        with unpack(path, "rb") as packed, io.BufferedReader(_Steps(packed), _BUFFER) as stream:
            yield stream
    except damage as exc:
        raise InputError(f"{shown(path)}: cannot be read: {exc}") from exc


class _Steps(io.RawIOBase):
    """An unpacked file that hands out what it has before it says that there is no more.

    The readers of packed files collect all that was asked for, and lose it where they fail.
    """

    def __init__(self, unpacked: Any) -> None:
        self._unpacked = unpacked

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return int(self._unpacked.readinto1(buffer))


def _zstd() -> Any:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


def stream_encoding(stream: io.BufferedReader, encoding: str, where: str) -> str:
    """The encoding a stream is read in: what its byte order mark says, or else the named one."""
    head = stream.peek(4)[:4]
    if head in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        name = codecs.lookup(encoding).name
    except LookupError as exc:
        raise InputError(
            f"{where}: unknown encoding {encoding!r}; name it as in --encoding cp1251"
        ) from exc
    return "utf-8-sig" if name == "utf-8" else name


def is_wide(encoding: str) -> bool:
    """Whether a line end is not the one byte that it is in ASCII, as in UTF-16."""
    return encoding != "utf-8-sig" and "\n".encode(encoding) != b"\n"


def text_lines(
    stream: IO[bytes], encoding: str, errors: str, newline: str = ""
) -> io.TextIOWrapper:
    """A stream as text, its line ends kept as they are."""
    if is_wide(encoding):
        errors = "surrogatepass"
    return io.TextIOWrapper(stream, encoding, errors, newline=newline)


def decode(data: bytes, where: str, encoding: str) -> str:
    """The text of some bytes.

    Raises:
        InputError: they are not text in this encoding.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif encoding.lower() in ("utf-8", "utf8", "utf_8"):
        encoding = "utf-8-sig"
    if encoding == "utf-8-sig" and b"\0" in data[:4096]:
        raise InputError(f"{where}: {BINARY}")
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError) as exc:
        raise InputError(
            f"{where}: not {encoding.removesuffix('-sig')} text ({exc}); "
            "save it as UTF-8 or name its encoding (--encoding cp1251)"
        ) from exc
