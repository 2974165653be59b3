"""Words, stems and their neighbours, hashed into a fixed number of buckets.

For every word of the normal form: the word, its stem (its first five letters), a long
word's ending, the pair and the skip-pair of stems that it opens; in Chinese, where every
character is a word, runs of up to four as well. Features are hashed (Weinberger et al.
2009), weighted by inverse document frequency, and scaled to length one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from classifier.text.normal import HAN, plain_words

_STEM = 5
_ENDING = 5
_LONG = 8


class NgramEncoder:
    """Hashed n-grams of words and stems, tf-idf weighted.

    Args:
        buckets: how many features there are; a power of two.
    """

    kind = "ngrams"

    def __init__(self, buckets: int = 2**17) -> None:
        self.buckets = buckets
        self.idf_: NDArray[np.float32] = np.ones(buckets, dtype=np.float32)

    @property
    def n_features(self) -> int:
        """The number of buckets."""
        return self.buckets

    def fit(self, texts: Sequence[str]) -> Self:
        """Learn the smoothed inverse document frequency of every bucket."""
        counts = np.zeros(self.buckets)
        for text in texts:
            counts[self._buckets_of(text)] += 1
        self.idf_ = (np.log((1 + len(texts)) / (1 + counts)) + 1).astype(np.float32)
        return self

    def transform(
        self, texts: Sequence[str], langs: Sequence[str | None] | None = None
    ) -> csr_matrix:
        """Rows of length one (or zero, without any word): (n_texts, buckets)."""
        indices: list[NDArray[np.int64]] = []
        values: list[NDArray[np.float64]] = []
        ends = [0]
        for text in texts:
            found = self._buckets_of(text)
            weights = self.idf_[found].astype(np.float64)
            norm = np.sqrt((weights**2).sum())
            indices.append(found)
            values.append(weights / norm if norm else weights)
            ends.append(ends[-1] + len(found))
        flat = np.concatenate(indices) if indices else np.zeros(0, dtype=np.int64)
        data = np.concatenate(values) if values else np.zeros(0)
        return csr_matrix((data, flat, ends), shape=(len(texts), self.buckets))

    def options(self) -> dict[str, Any]:
        """The number of buckets."""
        return {"buckets": self.buckets}

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """The inverse document frequencies."""
        return {"idf": self.idf_}

    def _buckets_of(self, text: str) -> NDArray[np.int64]:
        mask = self.buckets - 1
        return np.array(
            sorted({crc32(gram.encode()) & mask for gram in grams(text)}), dtype=np.int64
        )


def grams(text: str) -> Iterator[str]:
    """The n-grams of a text, as readable strings; what they are stands in the first letter."""
    words = plain_words(text)
    stems = [word[:_STEM] for word in words]
    for i, word in enumerate(words):
        yield f"w{word}"
        if len(word) > _STEM:
            yield f"p{stems[i]}"
        if len(word) >= _LONG:
            yield f"e{word[-_ENDING:]}"
        if i + 1 < len(words):
            yield f"b{stems[i]} {stems[i + 1]}"
        if i + 2 < len(words):
            yield f"s{stems[i]} {stems[i + 2]}"
            if HAN.match(word):
                yield f"t{' '.join(stems[i : i + 3])}"
                if i + 3 < len(words):
                    yield f"q{' '.join(stems[i : i + 4])}"
