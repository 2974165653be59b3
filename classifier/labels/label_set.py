"""Labelled sentences: what a model learns from and is measured on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classifier.errors import LabelError

if TYPE_CHECKING:
    from datasets import Dataset


@dataclass(frozen=True, slots=True)
class Label:
    """One labelled sentence.

    ``group`` ties a sentence to its translations, paraphrases and contrast twins: they never
    fall on two sides of a split. ``kind`` is ``positive``, ``contrast`` (the words without
    the frame) or ``plain``. ``line`` is its place in the file.
    """

    id: str
    text: str
    lang: str
    frames: tuple[str, ...]
    group: str
    kind: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Labelled sentences in file order, with the hash of the bytes they came from."""

    labels: tuple[Label, ...]
    origin: str = ""
    sha256: str = ""

    def __len__(self) -> int:
        return len(self.labels)

    def __iter__(self) -> Iterator[Label]:
        return iter(self.labels)

    @property
    def texts(self) -> list[str]:
        """The sentences."""
        return [label.text for label in self.labels]

    @property
    def groups(self) -> list[str]:
        """The group of every sentence."""
        return [label.group for label in self.labels]

    @property
    def langs(self) -> list[str | None]:
        """The language of every sentence."""
        return [label.lang or None for label in self.labels]

    def targets(self, frames: Iterable[str]) -> NDArray[np.bool_]:
        """Whether each sentence carries each frame: booleans, (n_labels, n_frames)."""
        names = list(frames)
        return np.array(
            [[name in label.frames for name in names] for label in self.labels], dtype=bool
        ).reshape(len(self.labels), len(names))

    def subset(self, rows: Iterable[int]) -> LabelSet:
        """The labels in the given rows; it keeps origin and hash of the whole."""
        return LabelSet(tuple(self.labels[row] for row in rows), self.origin, self.sha256)

    def to_dataset(self) -> Dataset:
        """The labels as a ``datasets.Dataset``."""
        from datasets import Dataset

        return Dataset.from_list(
            [
                {
                    "id": label.id,
                    "text": label.text,
                    "lang": label.lang,
                    "frames": list(label.frames),
                    "group": label.group,
                    "kind": label.kind,
                }
                for label in self.labels
            ]
        )


def read_labels(source: str | Path | Dataset) -> LabelSet:
    """Read a label set from JSON lines, a folder with ``labels.jsonl``, or a Dataset.

    A row needs ``text`` and ``frames``. Without a ``group``, the ``article`` a sentence comes
    from is taken as one, or else its ``id``.

    Raises:
        LabelError: a line cannot be read; the message lists every such line.
    """
    labels, problems, origin, digest = read_label_lines(source)
    if problems:
        raise LabelError("\n".join(problems))
    if not labels:
        raise LabelError(f"{origin}: no labels; expected one JSON object a line")
    return LabelSet(tuple(labels), origin, digest)


def read_label_lines(source: str | Path | Dataset) -> tuple[list[Label], list[str], str, str]:
    """The readable labels, the problems of the others, the origin, and the sha-256.

    Raises:
        LabelError: there is no such file.
    """
    labels: list[Label] = []
    problems: list[str] = []
    if not isinstance(source, str | Path):
        rows = [dict(row) for row in source]
        content = "\n".join(json.dumps(row, ensure_ascii=False, sort_keys=True) for row in rows)
        origin, data = "dataset", content.encode()
    else:
        path = Path(source)
        if path.is_dir():
            path = path / "labels.jsonl"
        try:
            data = path.read_bytes()
        except OSError as exc:
            raise LabelError(f"{path}: cannot be read; expected a file of JSON lines") from exc
        origin = str(path)
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            labels.append(_label(json.loads(line), number))
        except (ValueError, RecursionError, LabelError) as exc:
            problems.append(f"{origin}:{number}: broken line: {exc}")
    return labels, problems, origin, hashlib.sha256(data).hexdigest()


def _label(row: Any, number: int) -> Label:
    if not isinstance(row, Mapping):
        raise LabelError("expected a JSON object")
    for key, kind in (("text", str), ("frames", list)):
        if not isinstance(row.get(key), kind):
            raise LabelError(f"expected {key!r} with a {kind.__name__}")
    if not row["text"].strip():
        raise LabelError("the text is empty")
    name = str(row.get("id") or f"line-{number}")
    return Label(
        id=name,
        text=row["text"],
        lang=str(row.get("lang") or ""),
        frames=tuple(dict.fromkeys(str(frame) for frame in row["frames"])),
        group=str(row.get("group") or row.get("article") or name),
        kind=str(row.get("kind") or ""),
        line=number,
    )
