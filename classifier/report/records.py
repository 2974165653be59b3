"""Score records read back: JSON lines, or folders of shards, one article at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.errors import InputError
from classifier.report.rows import EXPECTED, READERS, json_rows


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence of a record; ``voice`` and ``speaker`` are None where nobody told them.

    ``explanation`` says by frame what spoke for and against it, where that was recorded.
    """

    text: str
    start: int
    end: int
    frames: tuple[str, ...]
    probabilities: Mapping[str, float]
    unsure: bool = False
    voice: str | None = None
    speaker: str | None = None
    explanation: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Figures:
    """One frame in one article, as scoring aggregated it."""

    peak: float
    expected: float
    flagged: int
    share: float


@dataclass(frozen=True, slots=True)
class ScoredArticle:
    """One article as its record tells it.

    ``flagged`` holds the sentences with a frame; ``recorded()`` gives every sentence that the
    scores hold: ``held`` of them, the whole text if they were written with ``--all-sentences``.
    """

    id: str
    origin: str
    title: str | None
    date: str | None
    outlet: str | None
    lang: str | None
    sha256: str
    model: tuple[str, str]
    sentences: int
    unsure: int
    frames: dict[str, Figures]
    flagged: tuple[Evidence, ...]
    held: int
    recorded: Callable[[], tuple[Evidence, ...]] = field(compare=False)
    signature: NDArray[np.uint32] | None = field(default=None, compare=False)


def read_scores(paths: Iterable[str | Path]) -> Iterator[ScoredArticle]:
    """Read score files and folders in the given order, one article in memory at a time.

    Raises:
        InputError: a path is neither, or a record in it cannot be read; the message says where.
    """
    for path in map(Path, paths):
        if (path / "manifest.json").is_file():
            yield from _read_folder(path)
        elif path.is_file():
            yield from _read_lines(path)
        else:
            found = "no manifest.json in it" if path.is_dir() else "no such file"
            raise InputError(f"{path}: {found}; {EXPECTED}")


def read_manifests(paths: Iterable[str | Path]) -> list[dict[str, Any]]:
    """The manifests of the score folders among the paths."""
    manifests = []
    for path in (Path(path) / "manifest.json" for path in paths):
        if path.is_file():
            try:
                manifest = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as exc:
                raise InputError(f"{path}: not a manifest ({exc}); score the texts again") from exc
            manifests.append(manifest if isinstance(manifest, dict) else {})
    return manifests


def _read_lines(path: Path) -> Iterator[ScoredArticle]:
    for number, record in enumerate(json_rows(path), 1):
        with _Place(f"{path}:{number}"):
            article = _from_record(record)
        yield article


class _Place:
    """Turns what goes wrong inside into an InputError that says where."""

    def __init__(self, where: str) -> None:
        self._where = where

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, _: Any) -> None:
        if isinstance(exc, KeyError):
            raise InputError(f"{self._where}: no {exc} in this record; {EXPECTED}") from exc
        if isinstance(exc, TypeError | ValueError | AttributeError):
            raise InputError(f"{self._where}: not a score record ({exc}); {EXPECTED}") from exc


def _from_record(record: dict[str, Any]) -> ScoredArticle:
    rows = record["evidence"]
    return ScoredArticle(
        **_about(record),
        model=(str(record["model"]["name"]), str(record["model"]["version"])),
        frames={
            name: Figures(
                float(values["peak"]),
                float(values["expected"]),
                int(values["flagged"]),
                float(values["share"]),
            )
            for name, values in record["frames"].items()
        },
        flagged=tuple(_nested(row) for row in rows if row["frames"]),
        held=len(rows),
        recorded=lambda: tuple(_nested(row) for row in rows),
    )


def _nested(row: dict[str, Any]) -> Evidence:
    speaker = row.get("speaker")
    return Evidence(
        text=str(row["text"]),
        start=int(row["start"]),
        end=int(row["end"]),
        frames=tuple(map(str, row["frames"])),
        probabilities=row["probabilities"],
        unsure=bool(row.get("unsure")),
        voice=row.get("voice") or None,
        speaker=str(speaker["name"]) if speaker else None,
        explanation=row.get("explanation") or {},
    )


def _about(row: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {
        key: str(row[key]) if row.get(key) not in {None, ""} else None
        for key in ("title", "date", "outlet", "lang")
    }
    values |= {key: str(row.get(key) or "") for key in ("id", "origin", "sha256")}
    values |= {"sentences": int(row["sentences"]), "unsure": int(row.get("unsure") or 0)}
    return values


def _read_folder(folder: Path) -> Iterator[ScoredArticle]:
    """Two tables in one walk: both are in the order of the articles' numbers."""
    tables = {name: _shards(folder, name) for name in ("articles", "sentences")}
    sentences = _Sentences(folder, groupby(_rows(tables["sentences"]), key=_number))
    for row in _rows(tables["articles"]):
        with _Place(f"{folder}: article {row.get('article')}"):
            flat = sentences.of(_number(row))
            names = [key[: -len("_peak")] for key in row if key.endswith("_peak")]
            article = _from_rows(row, names, flat)
        yield article
    sentences.finish()


class _Sentences:
    """The sentence rows of one article after the other."""

    def __init__(
        self, folder: Path, groups: Iterator[tuple[int, Iterator[dict[str, Any]]]]
    ) -> None:
        self._folder = folder
        self._groups = groups
        self._next = next(groups, None)

    def of(self, number: int) -> list[dict[str, Any]]:
        if self._next is None or self._next[0] != number:
            return []
        rows = list(self._next[1])
        self._next = next(self._groups, None)
        return rows

    def finish(self) -> None:
        if self._next is not None:
            raise InputError(
                f"{self._folder}: the sentences of article {self._next[0]} come out of order, or "
                "it is not in the table of articles; score again, or finish with --resume"
            )


def _number(row: dict[str, Any]) -> int:
    return int(row["article"])


def _from_rows(row: dict[str, Any], names: list[str], flat: list[dict[str, Any]]) -> ScoredArticle:
    signature = row.get("signature")
    return ScoredArticle(
        **_about(row),
        model=(str(row["model"]), str(row["version"])),
        frames={
            name: Figures(
                float(row[f"{name}_peak"]),
                float(row[f"{name}_expected"]),
                int(row[f"{name}_flagged"]),
                float(row[f"{name}_share"]),
            )
            for name in names
        },
        flagged=tuple(_flat(entry, names) for entry in flat if _frames(entry)),
        held=len(flat),
        recorded=lambda: tuple(_flat(entry, names) for entry in flat),
        signature=np.frombuffer(bytes.fromhex(signature), dtype="<u4") if signature else None,
    )


def _frames(row: dict[str, Any]) -> tuple[str, ...]:
    frames = row["frames"]
    return tuple(frames.split()) if isinstance(frames, str) else tuple(frames or ())


def _flat(row: dict[str, Any], names: list[str]) -> Evidence:
    return Evidence(
        text=str(row["text"]),
        start=int(row["start"]),
        end=int(row["end"]),
        frames=_frames(row),
        probabilities={name: float(row[f"{name}_probability"]) for name in names},
        unsure=str(row.get("unsure")).lower() in {"true", "1"},
        voice=row.get("voice") or None,
        speaker=row.get("speaker") or None,
        explanation=json.loads(row["explanation"]) if row.get("explanation") else {},
    )


def _shards(folder: Path, table: str) -> list[Path]:
    shards = sorted(path for path in folder.glob(f"{table}-*") if path.suffix in READERS)
    if not shards:
        kinds = ", ".join(READERS)
        raise InputError(f"{folder}: no {table}-00000 shard ({kinds}); the scoring did not finish?")
    return shards


def _rows(shards: list[Path]) -> Iterator[dict[str, Any]]:
    for path in shards:
        yield from READERS[path.suffix](path)
