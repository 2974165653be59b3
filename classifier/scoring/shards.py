"""A part of an archive to score, and the shard of the two tables that comes of it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from classifier.errors import InputError
from classifier.model.cascade import Cascade
from classifier.model.frame_model import FrameModel
from classifier.scoring.score import score_batch
from classifier.scoring.tables import article_table, sentence_table
from classifier.scoring.writers import TableFormat, whole_file, write_table
from classifier.text.sources.pieces import Piece, parse_piece
from classifier.text.voice import VOICES, Voice

_LARGEST = 16 << 20  # characters or bytes of raw input in a part
_RECORDS = ".shards"


@dataclass(frozen=True, slots=True)
class ShardOptions:
    """How articles are read and what is written of them.

    ``text_column``, ``lang`` and ``encoding`` are those of ``read_articles``. ``kind`` is the
    format of the tables; ``all_sentences`` keeps the sentences without a frame too; only
    sentences in one of the ``voices`` are flagged; ``copies`` adds a signature of every article
    (:mod:`classifier.text.near_duplicates`), by which a report tells copies of one text;
    ``explain`` adds what spoke for and against the flagged frames. A shard holds ``articles``
    at most.
    """

    kind: TableFormat = "parquet"
    all_sentences: bool = False
    text_column: str = "text"
    lang: str | None = None
    encoding: str = "utf-8"
    articles: int = 2000
    voices: tuple[Voice, ...] = VOICES
    copies: bool = False
    explain: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive articles of the input, unparsed, and what could not be read among them.

    ``number`` counts parts, ``first`` is the running number of the first article.
    """

    number: int
    first: int
    pieces: tuple[Piece | InputError, ...]

    def digest(self) -> str:
        """A hash of the raw input, in hexadecimal digits."""
        digest = hashlib.sha256()
        for piece in self.pieces:
            digest.update(piece.digest() if isinstance(piece, Piece) else str(piece).encode())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Shard:
    """What came of a part: counts, refusals, and the sha-256 of the files.

    ``sent`` counts the sentences that a cascade sent on.
    """

    number: int
    digest: str
    articles: int
    sentences: int
    unsure: int
    flagged: Mapping[str, int]
    sent: int = 0
    errors: tuple[Mapping[str, Any], ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)


def parts(
    pieces: Iterable[Piece | InputError], articles: int, number: int = 0, first: int = 0
) -> Iterator[Part]:
    """Cut the input into parts; where, depends on nothing but the input.

    A part holds so many ``articles``, or 16 MB of them; where a file ends, half as much is
    enough, so that most parts begin with a file.
    """
    waiting: list[Piece | InputError] = []
    size = 0
    file = ""
    for piece in pieces:
        last, file = file, file_of(piece)
        full = len(waiting) >= articles or size >= _LARGEST
        if full or (file != last and (len(waiting) * 2 >= articles or size * 2 >= _LARGEST)):
            yield Part(number, first, tuple(waiting))
            number, first, size = number + 1, first + len(waiting), 0
            waiting = []
        waiting.append(piece)
        size += _size(piece)
    if waiting:
        yield Part(number, first, tuple(waiting))


def score_part(
    model: FrameModel | Cascade, part: Part, options: ShardOptions, folder: Path
) -> Shard:
    """Score a part and write its tables, then its record: a shard without a record is not there.

    Raises:
        InputError: a file cannot be written.
    """
    articles, numbers, errors = [], [], []
    for number, piece in enumerate(part.pieces, part.first):
        try:
            if isinstance(piece, InputError):
                raise piece
            articles.append(
                parse_piece(
                    piece,
                    text_column=options.text_column,
                    lang=options.lang,
                    encoding=options.encoding,
                )
            )
            numbers.append(number)
        except (InputError, OSError) as error:
            errors.append(_refusal(number, piece, error))
    sent = model.tally.sent if isinstance(model, Cascade) else 0
    batch = score_batch(model, articles, options.voices)
    flagged = batch.flags.sum(axis=0).tolist()
    tables = {
        "articles": article_table(batch, numbers, copies=options.copies),
        "sentences": sentence_table(
            batch, numbers, all_sentences=options.all_sentences, explain=options.explain
        ),
    }
    files = {}
    for name, table in tables.items():
        path = folder / f"{name}-{part.number:06d}.{options.kind}"
        write_table(table, path, options.kind)
        files[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    shard = Shard(
        number=part.number,
        digest=part.digest(),
        articles=len(articles),
        sentences=len(batch.spans),
        unsure=int(batch.unsure.sum()),
        flagged=dict(zip(model.frames, flagged, strict=True)),
        sent=model.tally.sent - sent if isinstance(model, Cascade) else 0,
        errors=tuple(errors),
        files=files,
    )
    with whole_file(record_path(folder, part.number)) as stream:
        json.dump(asdict(shard), stream, ensure_ascii=False)
    return shard


def record_path(folder: Path, number: int) -> Path:
    """Where a finished shard is recorded until the run is over."""
    return folder / _RECORDS / f"{number:06d}.json"


def read_shard(folder: Path, number: int) -> Shard | None:
    """The record of a shard whose files are all there; None of one that is not finished."""
    path = record_path(folder, number)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    for name, digest in values["files"].items():
        path = folder / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            return None
    return Shard(**values | {"errors": tuple(values["errors"])})


def _size(piece: Piece | InputError) -> int:
    if isinstance(piece, InputError):
        return len(str(piece))
    if piece.kind == "file":
        with suppress(OSError):
            return os.path.getsize(str(piece.payload))
    if isinstance(piece.payload, Mapping):
        return sum(len(value) for value in piece.payload.values() if isinstance(value, str))
    return len(piece.payload)


def file_of(piece: Piece | InputError) -> str:
    """The name of the file a piece stands in, or is."""
    return _place(piece)[0]


def _place(piece: Piece | InputError) -> tuple[str, int | None]:
    """The file of a piece, and its line there, None of a whole file."""
    where = piece.where if isinstance(piece, Piece) else str(piece).partition(": ")[0]
    file, _, line = where.rpartition(":")
    return (file, int(line)) if file and line.isdecimal() else (where, None)


def _refusal(number: int, piece: Piece | InputError, error: Exception) -> dict[str, Any]:
    file, line = _place(piece)
    where = file if line is None else f"{file}:{line}"
    reason = str(error).removeprefix(f"{where}: ")
    return {"article": number, "file": file, "line": line, "reason": reason}
