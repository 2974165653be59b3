"""Every problem of a label set at once, in plain words."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.codebook import Codebook
from classifier.labels.label_set import Label, read_label_lines
from classifier.text.language import detect_language
from classifier.text.near_duplicates import SENTENCE_WORDS, clusters, signatures
from classifier.text.normal import plain_words

if TYPE_CHECKING:
    from datasets import Dataset

MIN_POSITIVES = 20
_NEAR = 0.6
_KINDS = ("positive", "contrast", "plain")
_LETTERS_TO_TELL_A_LANGUAGE = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a label set: where, of what kind, and what to do."""

    where: str
    kind: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message} [{self.kind}]"


def check_labels(
    source: str | Path | Dataset, codebook: Codebook, against: str | Path | None = None
) -> list[Problem]:
    """List every problem of a label set, in file order.

    Args:
        source: what :func:`~classifier.labels.label_set.read_labels` reads.
        codebook: the frames that may be named.
        against: another label set (a test set) that must share no group with it, and no text
            or nearly so.

    Raises:
        LabelError: the file itself cannot be opened.
    """
    labels, broken, origin, _ = read_label_lines(source)
    problems = [Problem(*_split_broken(line)) for line in broken]
    problems += _row_problems(labels, codebook, origin)
    problems += _duplicates(labels, origin)
    problems += _languages(labels, origin)
    problems += _positives(labels, codebook, origin)
    if against is not None:
        problems += _two_sides(labels, origin, against)
    return problems


def _split_broken(line: str) -> tuple[str, str, str]:
    where, _, message = line.partition(": ")
    return where, "broken-line", message


def _row_problems(labels: list[Label], codebook: Codebook, origin: str) -> Iterator[Problem]:
    names = codebook.frame_names
    first_with_id: dict[str, int] = {}
    for label in labels:
        where = f"{origin}:{label.line}"
        for frame in label.frames:
            if frame not in names:
                close = difflib.get_close_matches(frame, names, n=1)
                hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(names)}"
                yield Problem(where, "unknown-frame", f"unknown frame {frame!r}; {hint}")
        if label.kind and label.kind not in _KINDS:
            yield Problem(where, "unknown-kind", f"kind {label.kind!r} is none of {_KINDS}")
        elif label.kind and (label.kind == "positive") != bool(label.frames):
            frames = ", ".join(label.frames) or "no frame"
            yield Problem(where, "kind", f"kind is {label.kind!r} but it carries {frames}")
        if label.id in first_with_id:
            first = first_with_id[label.id]
            yield Problem(where, "same-id", f"id {label.id!r} stands already in line {first}")
        first_with_id.setdefault(label.id, label.line)


def _duplicates(labels: list[Label], origin: str) -> Iterator[Problem]:
    first_with_text: dict[str, Label] = {}
    for label, first in zip(labels, _first_of_cluster(labels), strict=True):
        where = f"{origin}:{label.line}"
        one = first_with_text.setdefault(_plain(label), label)
        if one is not label and set(one.frames) != set(label.frames):
            yield Problem(where, "two-labels", f"same text as line {one.line}, labelled otherwise")
        elif one is not label:
            yield Problem(where, "duplicate", f"same text as line {one.line}; drop one")
        elif first.group != label.group:
            yield Problem(
                where,
                "near-duplicate",
                f"nearly the text of line {first.line}; drop one or give both one group",
            )


def _plain(label: Label) -> str:
    return " ".join(plain_words(label.text))


def _first_of_cluster(labels: list[Label]) -> list[Label]:
    """For every label, the first one whose text is nearly its own: itself, as a rule.

    Nearly: they share three of five pairs of neighbouring words.
    """
    found = clusters(signatures([label.text for label in labels], SENTENCE_WORDS), _NEAR)
    return [labels[row] for row in found]


def _languages(labels: list[Label], origin: str) -> Iterator[Problem]:
    for label in labels:
        where = f"{origin}:{label.line}"
        if not label.lang:
            yield Problem(
                where, "no-language", "no 'lang'; expected an ISO 639-1 code such as 'de'"
            )
        elif sum(map(str.isalpha, label.text)) >= _LETTERS_TO_TELL_A_LANGUAGE:
            found = detect_language(label.text)
            if found and found != label.lang:
                yield Problem(
                    where, "language", f"'lang' is {label.lang!r}, but this reads like {found!r}"
                )


def _positives(labels: list[Label], codebook: Codebook, origin: str) -> Iterator[Problem]:
    counts = Counter(frame for label in labels for frame in label.frames)
    for frame in codebook.frame_names:
        if counts[frame] < MIN_POSITIVES:
            yield Problem(
                origin,
                "too-few",
                f"{frame} has {counts[frame]} positive sentences; a model needs {MIN_POSITIVES}",
            )


def _two_sides(labels: list[Label], origin: str, against: str | Path) -> Iterator[Problem]:
    others = read_label_lines(against)[0]
    texts = _places(others, _plain)
    groups = _places(others, lambda label: label.group)
    known = _first_of_cluster([*others, *labels])
    first_lines = {id(other): other.line for other in others}
    for label, near in zip(labels, known[len(others) :], strict=True):
        where = f"{origin}:{label.line}"
        same = texts.get(_plain(label))
        if same:
            yield Problem(where, "two-sides", f"the same text stands in {against}:{same}")
        elif id(near) in first_lines:
            line = first_lines[id(near)]
            yield Problem(where, "two-sides", f"nearly the same text stands in {against}:{line}")
        elif label.group in groups:
            line = groups[label.group]
            yield Problem(where, "two-sides", f"group {label.group!r} is also in {against}:{line}")


def _places(labels: Iterable[Label], key: Callable[[Label], str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for label in labels:
        places.setdefault(key(label), label.line)
    return places
