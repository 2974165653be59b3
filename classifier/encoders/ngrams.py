"""Words, stems and their neighbours, hashed into a fixed number of buckets.

For every word of the normal form: the word, its stem (its first five letters), a long
word's ending, the pair and the skip-pair of stems that it opens; in Chinese, where every
character is a word, runs of three and four as well. Features are hashed (Weinberger et al.
2009), weighted by inverse document frequency, and scaled to length one. Compiled with
numba; training and scoring run the same code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numba import njit
from numpy.typing import NDArray

from classifier.encoders.tokens import HAN_WORD, LONG, STEM, Tokens

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_A_WORD = 7  # how many features one word opens at most
_MIX = np.uint64(0x9E3779B97F4A7C15)


class NgramEncoder:
    """Hashed n-grams of words and stems, tf-idf weighted.

    Args:
        buckets: how many features there are; a power of two.
    """

    kind = "ngrams"

    def __init__(self, buckets: int = 2**17) -> None:
        if buckets < 2 or buckets & (buckets - 1):
            raise ValueError(f"buckets is {buckets}; expected a power of two")
        self.buckets = buckets
        self.idf_: NDArray[np.float32] = np.ones(buckets, dtype=np.float32)

    @property
    def n_features(self) -> int:
        """The number of buckets."""
        return self.buckets

    def fit(self, tokens: Tokens) -> Self:
        """Learn the smoothed inverse document frequency of every bucket."""
        rows = self._rows(tokens)
        rows.sum_duplicates()
        counts = np.bincount(rows.indices, minlength=self.buckets)
        self.idf_ = (np.log((1 + len(tokens.ends)) / (1 + counts)) + 1).astype(np.float32)
        return self

    def transform(self, tokens: Tokens) -> csr_matrix:
        """Rows of length one (or zero, without any word): (n_texts, buckets)."""
        rows = self._rows(tokens)
        rows.data = self.idf_[rows.indices].astype(np.float64)
        squares = np.zeros(len(tokens.ends))
        lengths = np.diff(rows.indptr)
        np.add.at(squares, np.repeat(np.arange(len(lengths)), lengths), rows.data**2)
        rows.data /= np.repeat(np.sqrt(squares), lengths)
        rows.sum_duplicates()
        return rows

    def add_margins(
        self, tokens: Tokens, table: NDArray[np.float32], margins: NDArray[np.float64]
    ) -> None:
        """Add what a linear head makes of the rows, without building them.

        Args:
            tokens: sentences.
            table: from :meth:`table`.
            margins: (n_texts, n_frames), changed in place.
        """
        _add_margins(
            tokens.hashes, tokens.stems, tokens.endings, tokens.starts, tokens.stops,
            tokens.flags, tokens.ends, table, margins,
        )  # fmt: skip

    def table(self, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """Weights (n_frames, buckets) laid out for scoring: a bucket's weights side by side."""
        table = np.empty((self.buckets, len(weights) + 1), dtype=np.float32)
        table[:, :-1] = (weights * self.idf_).T
        table[:, -1] = self.idf_**2
        return table

    def options(self) -> dict[str, Any]:
        """The number of buckets."""
        return {"buckets": self.buckets}

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """The inverse document frequencies."""
        return {"idf": self.idf_}

    def _rows(self, tokens: Tokens) -> csr_matrix:
        from scipy.sparse import csr_matrix

        found = np.empty(len(tokens.hashes) * _A_WORD, dtype=np.int32)
        limits = np.zeros(len(tokens.ends) + 1, dtype=np.int64)
        count = _collect(
            tokens.hashes, tokens.stems, tokens.endings, tokens.starts, tokens.stops,
            tokens.flags, tokens.ends, self.buckets, found, limits,
        )  # fmt: skip
        shape = (len(tokens.ends), self.buckets)
        return csr_matrix((np.ones(count), found[:count].copy(), limits), shape=shape)


@njit(cache=True, nogil=True, inline="always")
def _bucket(value, kind, mask):  # type: ignore[no-untyped-def]
    value = (value ^ np.uint64(kind)) * _MIX
    value ^= value >> np.uint64(32)
    return np.int64(value & mask)


@njit(cache=True, nogil=True)
def _features(hashes, stems, endings, starts, stops, flags, i, end, mask, out):  # type: ignore[no-untyped-def]
    """The buckets that word ``i`` opens; returns how many."""
    length = stops[i] - starts[i]
    out[0] = _bucket(hashes[i], 1, mask)
    n = 1
    if length > STEM:
        out[n] = _bucket(stems[i], 2, mask)
        n += 1
    if length >= LONG:
        out[n] = _bucket(endings[i], 3, mask)
        n += 1
    if i + 1 < end:
        pair = stems[i] * _MIX + stems[i + 1]
        out[n] = _bucket(pair, 4, mask)
        n += 1
        if i + 2 < end:
            out[n] = _bucket(stems[i] * _MIX + stems[i + 2], 5, mask)
            n += 1
            if flags[i] & HAN_WORD:
                triple = pair * _MIX + stems[i + 2]
                out[n] = _bucket(triple, 6, mask)
                n += 1
                if i + 3 < end:
                    out[n] = _bucket(triple * _MIX + stems[i + 3], 7, mask)
                    n += 1
    return n


@njit(cache=True, nogil=True)
def _collect(hashes, stems, endings, starts, stops, flags, ends, buckets, found, limits):  # type: ignore[no-untyped-def]
    mask = np.uint64(buckets - 1)
    out = np.empty(_A_WORD, dtype=np.int64)
    count = 0
    i = 0
    for sentence in range(len(ends)):
        while i < ends[sentence]:
            n = _features(
                hashes, stems, endings, starts, stops, flags, i, ends[sentence], mask, out
            )
            for k in range(n):
                found[count] = out[k]
                count += 1
            i += 1
        limits[sentence + 1] = count
    return count


@njit(cache=True, nogil=True)
def _add_margins(hashes, stems, endings, starts, stops, flags, ends, table, margins):  # type: ignore[no-untyped-def]
    mask = np.uint64(len(table) - 1)
    n_frames = table.shape[1] - 1
    out = np.empty(_A_WORD, dtype=np.int64)
    sums = np.empty(n_frames, dtype=np.float64)
    i = 0
    for sentence in range(len(ends)):
        sums[:] = 0.0
        squares = 0.0
        while i < ends[sentence]:
            n = _features(
                hashes, stems, endings, starts, stops, flags, i, ends[sentence], mask, out
            )
            for k in range(n):
                row = out[k]
                for frame in range(n_frames):
                    sums[frame] += table[row, frame]
                squares += table[row, n_frames]
            i += 1
        if squares > 0.0:
            length = np.sqrt(squares)
            for frame in range(n_frames):
                margins[sentence, frame] += sums[frame] / length
