"""Which articles a page shows in full: the strongest of every frame, and a random part."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from classifier.report.records import Evidence, ScoredArticle


@dataclass(frozen=True, slots=True)
class Shown:
    """An article to show: its row among all, and why; ``evidence`` is all that is recorded."""

    row: int
    article: ScoredArticle
    evidence: tuple[Evidence, ...]
    strongest: bool = False


_Heap = list[tuple[float, int, Shown]]


class Choice:
    """Keeps at most ``most`` articles while all of them pass by, a few times that on the way.

    Half are the strongest: those with the highest peak of each frame in turn. The others are
    drawn at random: by the hash of seed, text and origin, so that the order of the
    articles does not matter.
    """

    def __init__(self, frames: Sequence[str], most: int, seed: int) -> None:
        self._frames = frames
        self._most = most
        self._seed = seed
        self._count = 0
        self._random: _Heap = []
        self._peaks: dict[str, _Heap] = {name: [] for name in frames}

    def see(self, row: int, article: ScoredArticle, evidence: tuple[Evidence, ...] | None) -> None:
        """Consider an article; ``evidence`` is given when it has been read out already."""
        self._count += 1
        shown: Shown | None = None
        for heap, key in self._places(article):
            size = self._most if heap is self._random else -(-self._most // 4)
            if len(heap) < size or (key, -row) > heap[0][:2]:
                shown = shown or Shown(row, article, evidence or article.recorded())
                push = heapq.heappush if len(heap) < size else heapq.heappushpop
                push(heap, (key, -row, shown))

    def _places(self, article: ScoredArticle) -> Iterator[tuple[_Heap, float]]:
        for name in self._frames:
            if article.frames[name].flagged:
                yield self._peaks[name], article.frames[name].peak
        known = f"{self._seed}\0{article.sha256}\0{article.origin}\0{article.id}"
        digest = blake2b(known.encode("utf-8", "surrogatepass"), digest_size=6).digest()
        yield self._random, -int.from_bytes(digest)

    def made(self) -> list[Shown]:
        """The chosen articles, in their order."""
        if self._count <= self._most:
            return sorted((entry[2] for entry in self._random), key=lambda shown: shown.row)
        chosen: dict[int, Shown] = {}
        ranked = [sorted(heap, reverse=True, key=lambda e: e[:2]) for heap in self._peaks.values()]
        for rank in range(max(map(len, ranked), default=0)):
            for heap in ranked:
                if rank < len(heap) and len(chosen) < self._most // 2:
                    shown = heap[rank][2]
                    chosen[shown.row] = Shown(shown.row, shown.article, shown.evidence, True)
        for _, _, shown in sorted(self._random, reverse=True, key=lambda e: e[:2]):
            if len(chosen) < self._most:
                chosen.setdefault(shown.row, shown)
        return [chosen[row] for row in sorted(chosen)]
