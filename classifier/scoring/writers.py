"""Scores to files that appear whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from classifier.errors import InputError
from classifier.scoring.scores import ArticleScore


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """A file to write into, put in place only when everything went well."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open(
            "w", encoding="utf-8", errors="backslashreplace", newline="\n"
        ) as stream:
            yield stream
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
