"""Words, stems and their neighbours, hashed into a fixed number of buckets.

For every word of the normal form: the word, its stem (its first five letters), a long
word's ending, the pair and the skip-pair of stems that it opens; in Chinese, where every
character is a word, runs of three and four as well. Features are hashed (Weinberger et al.
2009), weighted by inverse document frequency, and scaled to length one. Compiled with
numba; training and scoring run the same code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from classifier.encoders.tokens import HAN_WORD, Tokens, hash_of
from classifier.text.compiled import compiled, lean

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_WORD_BITS = 2**20
A_WORD = 7  # how many features one word opens at most
_MIX = np.uint64(0x9E3779B97F4A7C15)

STEM = 5
ENDING = 5
LONG = 8
WORD, STEM_OF_WORD, ENDING_OF_WORD, PAIR, SKIP_PAIR, HAN_THREE, HAN_FOUR = range(1, 8)
"""The kinds of features; they go into the hashes."""


class NgramEncoder:
    """Hashed n-grams of words and stems, tf-idf weighted.

    Args:
        buckets: how many features there are; a power of two.
        min_sentences: a feature seen in fewer training sentences is left out.
        length: what every row is scaled to; longer rows count for more beside the cues.
    """

    kind = "ngrams"

    def __init__(self, buckets: int = 2**18, min_sentences: int = 2, length: float = 3.5) -> None:
        if buckets < 2 or buckets & (buckets - 1):
            raise ValueError(f"buckets is {buckets}; expected a power of two")
        self.buckets = buckets
        self.min_sentences = min_sentences
        self.length = length
        self.idf_: NDArray[np.float32] = np.ones(buckets, dtype=np.float32)
        self.words_: NDArray[np.uint8] = np.zeros(_WORD_BITS // 8, dtype=np.uint8)

    @property
    def n_features(self) -> int:
        """The number of buckets."""
        return self.buckets

    def fit(self, tokens: Tokens) -> Self:
        """Learn the smoothed inverse document frequency of every bucket, and the words."""
        rows = self._rows(tokens)
        rows.sum_duplicates()
        counts = np.bincount(rows.indices, minlength=self.buckets)
        idf = np.log((1 + len(tokens.ends)) / (1 + counts)) + 1
        self.idf_ = np.where(counts >= self.min_sentences, idf, 0).astype(np.float32)
        self.words_ = np.zeros_like(self.words_)
        _remember(tokens.hashes, self.words_)
        return self

    def transform(self, tokens: Tokens) -> csr_matrix:
        """Rows of one length (zero without any known word): (n_texts, buckets)."""
        rows = self._rows(tokens)
        rows.data = self.idf_[rows.indices].astype(np.float64)
        n_in_row = np.diff(rows.indptr)
        squares = np.zeros(len(n_in_row))
        np.add.at(squares, np.repeat(np.arange(len(n_in_row)), n_in_row), rows.data**2)
        norms = np.sqrt(np.where(squares > 0, squares, 1))
        rows.data *= np.repeat(self.length / norms, n_in_row)
        rows.sum_duplicates()
        rows.eliminate_zeros()
        return rows

    def features(self, tokens: Tokens) -> list[tuple[str, tuple[int, ...], int, float]]:
        """What stands in one sentence: kind, the words it is made of, column and value."""
        columns = self._rows(tokens).indices
        kinds = [kind for i in range(len(tokens.hashes)) for kind in _kinds(tokens, i)]
        values = self.idf_[columns].astype(np.float64)
        values *= self.length / (np.sqrt((values**2).sum()) or 1.0)
        found = zip(kinds, columns.tolist(), values.tolist(), strict=True)
        return [(kind, words, column, value) for (kind, words), column, value in found if value]

    def options(self) -> dict[str, Any]:
        """The number of buckets, the fewest sentences, and the length of a row."""
        return {
            "buckets": self.buckets,
            "min_sentences": self.min_sentences,
            "length": self.length,
        }

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """The inverse document frequencies, and the words that were seen."""
        return {"idf": self.idf_, "words": self.words_}

    def restore(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Take back what :meth:`arrays` gave."""
        self.idf_ = np.asarray(arrays["idf"], dtype=np.float32)
        self.words_ = np.asarray(arrays["words"], dtype=np.uint8)

    def _rows(self, tokens: Tokens) -> csr_matrix:
        from scipy.sparse import csr_matrix

        found = np.empty(len(tokens.hashes) * A_WORD, dtype=np.int32)
        limits = np.zeros(len(tokens.ends) + 1, dtype=np.int64)
        count = _collect(
            tokens.letters, tokens.starts, tokens.stops, tokens.hashes, tokens.flags, tokens.ends,
            self.buckets, found, limits,
        )  # fmt: skip
        shape = (len(tokens.ends), self.buckets)
        return csr_matrix((np.ones(count), found[:count].copy(), limits), shape=shape)


def _kinds(tokens: Tokens, i: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The kinds of the features that word ``i`` opens, and their words, in their order."""
    length = tokens.stops[i] - tokens.starts[i]
    left = len(tokens.hashes) - i
    han = tokens.flags[i] & HAN_WORD
    yield "word", (i,)
    if length > STEM:
        yield "stem", (i,)
    if length >= LONG:
        yield "ending", (i,)
    if left > 1:
        yield "pair", (i, i + 1)
    if left > 2:
        yield "skip-pair", (i, i + 2)
    if left > 2 and han:
        yield "characters", (i, i + 1, i + 2)
    if left > 3 and han:
        yield "characters", (i, i + 1, i + 2, i + 3)


@lean
def _bucket(value, kind, mask):  # type: ignore[no-untyped-def]
    value = (value ^ np.uint64(kind)) * _MIX
    value ^= value >> np.uint64(32)
    return np.int64(value & mask)


@lean
def own_features(letters, start, stop, value, mask, out):  # type: ignore[no-untyped-def]
    """The buckets of a word by itself, and the hash of its stem; returns stem and count."""
    length = stop - start
    stem = hash_of(letters, start, start + STEM) if length > STEM else value
    out[0] = _bucket(value, WORD, mask)
    n = 1
    if length > STEM:
        out[n] = _bucket(stem, STEM_OF_WORD, mask)
        n += 1
    if length >= LONG:
        out[n] = _bucket(hash_of(letters, stop - ENDING, stop), ENDING_OF_WORD, mask)
        n += 1
    return stem, n


@lean
def pair_features(stems, i, end, han, mask, out, n):  # type: ignore[no-untyped-def]
    """Enter the buckets that stem ``i`` opens with those behind it; returns the new count.

    Their order: pair, skip-pair, and for Chinese characters runs of three and of four.
    """
    if i + 1 < end:
        pair = stems[i] * _MIX + stems[i + 1]
        out[n] = _bucket(pair, PAIR, mask)
        n += 1
        if i + 2 < end:
            out[n] = _bucket(stems[i] * _MIX + stems[i + 2], SKIP_PAIR, mask)
            n += 1
            if han:
                triple = pair * _MIX + stems[i + 2]
                out[n] = _bucket(triple, HAN_THREE, mask)
                n += 1
                if i + 3 < end:
                    out[n] = _bucket(triple * _MIX + stems[i + 3], HAN_FOUR, mask)
                    n += 1
    return n


@compiled
def _collect(letters, starts, stops, hashes, flags, ends, buckets, found, limits):  # type: ignore[no-untyped-def]
    mask = np.uint64(buckets - 1)
    own = np.empty((len(hashes), 4), dtype=np.int32)
    stems = np.empty(len(hashes), dtype=np.uint64)
    for i in range(len(hashes)):
        stems[i], own[i, 3] = own_features(letters, starts[i], stops[i], hashes[i], mask, own[i])
    count = 0
    i = 0
    for sentence in range(len(ends)):
        while i < ends[sentence]:
            for k in range(own[i, 3]):
                found[count] = own[i, k]
                count += 1
            han = flags[i] & HAN_WORD
            count = pair_features(stems, i, ends[sentence], han, mask, found, count)
            i += 1
        limits[sentence + 1] = count
    return count


@lean
def _bit(value):  # type: ignore[no-untyped-def]
    return np.int64(value * _MIX >> np.uint64(64 - 20))


@lean
def _remember(hashes, words):  # type: ignore[no-untyped-def]
    for value in hashes:
        bit = _bit(value)
        words[bit >> 3] |= np.uint8(1 << (bit & 7))


@lean
def is_known(value, words):  # type: ignore[no-untyped-def]
    """Whether a word of this hash was seen; about one unseen word in twenty passes."""
    bit = _bit(value)
    return words[bit >> 3] >> np.uint8(bit & 7) & 1
