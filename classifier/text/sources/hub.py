"""Datasets as pieces, a row each: of the Hugging Face Hub, saved in a folder, or at hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from classifier.errors import InputError
from classifier.text.sources.pieces import KNOWN_COLUMNS, Piece, need_column
from classifier.text.sources.streams import shown

_BATCH = 256
_SOURCE = re.compile(
    r"hub:(?P<path>[\w.-]+/[\w.-]+)(/(?P<name>[\w.-]+))?(@(?P<revision>[^:@]+))?(:(?P<split>\w+))?"
)


def is_hub(source: str) -> bool:
    """Whether a source names a dataset of the Hub: nothing else is ever fetched."""
    return source.startswith("hub:")


def hub_pieces(source: str, text_column: str) -> Iterator[Piece | InputError]:
    """The rows of ``hub:owner/name[/config][@revision][:split]``, streamed.

    All splits are read where none is named. A folder ``owner/name`` at hand goes before the
    Hub, as with ``datasets.load_dataset``. No code of a dataset is run.
    """
    found = _SOURCE.fullmatch(source)
    if found is None:
        raise InputError(
            f"{source}: expected hub:owner/name, or more of hub:owner/name/config@revision:split"
        )
    from datasets import load_dataset

    hint = "it is streamed from the Hub: check its name, the network and HF_HUB_OFFLINE"
    with _failures(source, hint):
        data = load_dataset(**found.groupdict(), streaming=True)
        yield from _split_pieces(data, source, text_column)


def saved_pieces(folder: Path, text_column: str) -> Iterator[Piece | InputError]:
    """The rows of a dataset that ``save_to_disk`` wrote, of all its splits."""
    from datasets import load_from_disk

    where = shown(folder)
    with _failures(where, "expected a folder that datasets.save_to_disk wrote"):
        yield from _split_pieces(load_from_disk(str(folder)), where, text_column)


def row_pieces(
    rows: Iterable[Mapping[str, Any]], where: str, text_column: str
) -> Iterator[Piece | InputError]:
    """One piece a row, whatever the rows come from."""
    for number, row in enumerate(rows, 1):
        try:
            need_column(row, text_column, f"{where}:{number}")
        except InputError as error:
            yield error
        else:
            kept = {name: row[name] for name in row if name in {*KNOWN_COLUMNS, text_column}}
            yield Piece(f"{where}:{number}", "row", kept)


def _split_pieces(data: Any, where: str, text_column: str) -> Iterator[Piece | InputError]:
    if isinstance(data, Mapping):
        for split in data:
            yield from _split_pieces(data[split], f"{where}:{split}", text_column)
    elif data.column_names is None:  # a stream that does not say its columns beforehand
        yield from row_pieces(data, where, text_column)
    else:
        need_column(data.column_names, text_column, where)
        kept = [name for name in data.column_names if name in {*KNOWN_COLUMNS, text_column}]
        number = count(1)
        for table in data.select_columns(kept).with_format("arrow").iter(_BATCH):
            for row in table.to_pylist():
                yield Piece(f"{where}:{next(number)}", "row", row)


@contextmanager
def _failures(where: str, hint: str) -> Iterator[None]:
    """Say in our words what goes wrong in loading, which may be anything."""
    try:
        yield
    except InputError:
        raise
    except Exception as exc:
        raise InputError(f"{where}: cannot be read: {exc}; {hint}") from exc
