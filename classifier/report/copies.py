"""Syndicated texts: how many different texts there are among the articles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.report.records import Evidence, ScoredArticle
from classifier.text.near_duplicates import SIZE, Signatures, clusters, signatures

_BATCH = 256
_MOST_CLUSTERS = 15
_MOST_OUTLETS = 6


@dataclass(frozen=True, slots=True)
class Cluster:
    """One text in several outlets: its first article's row and title, and who carries it."""

    row: int
    title: str
    readings: int
    outlets: tuple[str, ...]
    frames: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Copies:
    """Which articles are copies.

    ``told`` is False when only exact copies could be told; ``first`` is, for every article,
    the row of the first with the same text; ``framed`` counts different texts by frame.
    """

    told: bool
    first: NDArray[np.int64]
    framed: dict[str, int]
    any_frame: int
    largest: tuple[Cluster, ...]

    @property
    def texts(self) -> int:
        """How many different texts there are."""
        return len(np.unique(self.first))

    def readings(self, row: int) -> int:
        """How many articles share an article's text, with itself."""
        return int((self.first == self.first[row]).sum())


class Copyist:
    """Remembers of every article a signature of 512 bytes, its title, outlet and frames."""

    def __init__(self, frames: Sequence[str]) -> None:
        self._frames = tuple(frames)
        self._signatures: list[Signatures] = []
        self._texts: list[str] = []
        self._told = True
        self._hashes: dict[str, int] = {}
        self._first: list[int] = []
        self._titles: list[tuple[str, str | None]] = []
        self._framed: list[tuple[bool, ...]] = []

    def add(self, article: ScoredArticle, evidence: tuple[Evidence, ...] | None) -> None:
        """Remember one article; ``evidence`` is its whole text where that is recorded."""
        row = len(self._first)
        self._first.append(self._hashes.setdefault(article.sha256 or f"row {row}", row))
        self._titles.append((article.title or article.id, article.outlet))
        self._framed.append(tuple(article.frames[name].flagged > 0 for name in self._frames))
        if not self._told:
            return
        if article.signature is not None and len(article.signature) == SIZE:
            self._sign()
            self._signatures.append(article.signature[None].astype(np.uint32))
        elif evidence is not None:
            self._texts.append("\n".join(sentence.text for sentence in evidence))
            if len(self._texts) >= _BATCH:
                self._sign()
        else:
            self._told = False
            self._signatures, self._texts = [], []

    def _sign(self) -> None:
        if self._texts:
            self._signatures.append(signatures(self._texts))
            self._texts = []

    def told(self) -> Copies:
        """Who is whose copy."""
        first = np.array(self._first, dtype=np.int64)
        if self._told and len(first):
            self._sign()
            near = clusters(np.concatenate(self._signatures))
            first = near[first]
        framed = np.array(self._framed, dtype=bool).reshape(len(first), len(self._frames))
        return Copies(
            told=self._told,
            first=first,
            framed={
                name: len(np.unique(first[framed[:, i]])) for i, name in enumerate(self._frames)
            },
            any_frame=len(np.unique(first[framed.any(axis=1)])),
            largest=tuple(self._largest(first, framed)),
        )

    def _largest(self, first: NDArray[np.int64], framed: NDArray[np.bool_]) -> list[Cluster]:
        rows, counts = np.unique(first, return_counts=True)
        order = np.lexsort((rows, -counts))[:_MOST_CLUSTERS]
        found = []
        for row, count in zip(rows[order].tolist(), counts[order].tolist(), strict=True):
            members = np.flatnonzero(first == row)
            if count > 1:
                outlets = Counter(self._titles[i][1] or "no outlet" for i in members)
                names = [f"{name} ×{n}" if n > 1 else name for name, n in outlets.most_common()]
                more = [f"{len(names) - _MOST_OUTLETS} more"] if len(names) > _MOST_OUTLETS else []
                on = [name for i, name in enumerate(self._frames) if framed[members, i].any()]
                title = self._titles[row][0]
                found.append(Cluster(row, title, count, (*names[:_MOST_OUTLETS], *more), tuple(on)))
        return found
