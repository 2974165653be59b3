"""What linear heads make of n-grams, without building rows of features.

Few words make up most of any text (Zipf's law), so what a word adds by itself, its weights
as word, stem and ending, is summed once and kept in a small table; a word met again costs
one look-up. Of the pairs it opens most were never seen in training: one bit tells those.

What a sentence gets must not depend on which words were met before it, and so not on the
order of summing: weights are multiples of 2^-36, and sums of such numbers are exact.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from classifier.encoders.ngrams import A_WORD, NgramEncoder, is_known, own_features, pair_features
from classifier.encoders.tokens import HAN_WORD, Tokens
from classifier.text.compiled import compiled, lean, prefetch

_LINE = 64  # bytes that come from memory at once
_KEPT = 2**16  # words; a later word takes the place of an earlier one
_KEY, _STEM, _KNOWN, _HEAD = range(4)  # of an entry, in 8 bytes each; then come its weights
_STEP = 8  # weights that are added at once
_AHEAD = 24  # words
_GRAIN = 2.0**36


class NgramMargins:
    """The weights of linear heads laid out for scoring; usable by several threads at once.

    Args:
        ngrams: a fitted encoder.
        weights: (n_frames, buckets).
    """

    def __init__(self, ngrams: NgramEncoder, weights: NDArray[np.float32]) -> None:
        n_frames = len(weights)
        width = -(-(n_frames + 1) // _STEP) * _STEP
        self._table = _aligned(ngrams.buckets, width * 4).view(np.float32)
        self._table[:, :n_frames] = (weights * ngrams.idf_ * ngrams.length).T
        self._table[:, n_frames] = ngrams.idf_**2
        self._table[:] = np.rint(self._table * _GRAIN) / _GRAIN
        self._live = np.packbits(ngrams.idf_ > 0, bitorder="little")
        self._words = ngrams.words_
        self._entry = -(-(8 * _HEAD + 4 * width) // _LINE) * _LINE
        self._kept: deque[NDArray[np.uint64]] = deque()

    def add(self, tokens: Tokens, margins: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add what the heads make of sentences to ``margins``, (n_texts, n_frames).

        Returns:
            the share of each sentence's words that training sentences held, (n_texts,).
        """
        known = np.ones(len(tokens.ends))
        try:
            kept = self._kept.pop()
        except IndexError:  # all are in other threads' hands
            kept = self._nothing_kept()
        _add_margins(
            tokens.letters, tokens.starts, tokens.stops, tokens.hashes, tokens.flags, tokens.ends,
            self._table, self._live, self._words, kept, kept.view(np.float32), margins, known,
        )  # fmt: skip
        self._kept.append(kept)
        return known

    def _nothing_kept(self) -> NDArray[np.uint64]:
        kept = _aligned(_KEPT, self._entry).view(np.uint64)
        kept[:, _KEY] = ~np.arange(_KEPT, dtype=np.uint64)  # keys that belong elsewhere
        return kept


def _aligned(rows: int, width: int) -> NDArray[np.uint8]:
    """Zeros, so laid that a row does not begin in the midst of what memory gives at once."""
    data = np.zeros(rows * width + _LINE, dtype=np.uint8)
    begin = -data.ctypes.data % _LINE
    return data[begin : begin + rows * width].reshape(rows, width)


@lean
def _add(sums, table, row, begin):  # type: ignore[no-untyped-def]
    for step in range(0, len(sums), _STEP):
        for k in range(step, step + _STEP):
            sums[k] += table[row, begin + k]


@compiled
def _keep(value, stem, known, features, table, slot, kept, kept_weights):  # type: ignore[no-untyped-def]
    """Enter a word and what it adds by itself."""
    kept[slot, _KEY] = value
    kept[slot, _STEM] = stem
    kept[slot, _KNOWN] = known
    for k in range(table.shape[1]):
        weight = np.float32(0.0)
        for feature in features:
            weight += table[feature, k]
        kept_weights[slot, 2 * _HEAD + k] = weight


@compiled
def _add_margins(  # type: ignore[no-untyped-def]
    letters, starts, stops, hashes, flags, ends, table, live, words, kept, kept_weights, margins,
    known,
):  # fmt: skip
    mask = np.uint64(len(table) - 1)
    n_frames = margins.shape[1]
    sums = np.empty(table.shape[1], dtype=np.float64)
    most = len(hashes)
    stems = np.empty(most, dtype=np.uint64)
    found = np.empty(A_WORD * most, dtype=np.int32)  # buckets of the sentence that count
    new = np.empty((most, 2), dtype=np.int32)  # words met first, and where their buckets begin
    out = np.empty(4, dtype=np.int32)
    first = 0
    for sentence in range(len(ends)):
        last = ends[sentence]
        sums[:] = 0.0
        n_known = np.int64(0)
        n_found = 0
        n_new = 0
        for i in range(first, last):
            if i + _AHEAD < most:
                prefetch(kept, hashes[i + _AHEAD] & np.uint64(_KEPT - 1))
            slot = hashes[i] & np.uint64(_KEPT - 1)
            if kept[slot, _KEY] == hashes[i]:
                stems[i] = kept[slot, _STEM]
                n_known += np.int64(kept[slot, _KNOWN])
                _add(sums, kept_weights, slot, 2 * _HEAD)
            else:
                stems[i], n = own_features(letters, starts[i], stops[i], hashes[i], mask, out)
                n_known += is_known(hashes[i], words)
                new[n_new, 0] = i
                new[n_new, 1] = n_found
                n_new += 1
                for k in range(n):
                    prefetch(table, out[k])
                    found[n_found] = out[k]
                    n_found += 1
        own = n_found
        for i in range(first, last):
            n = pair_features(stems, i, last, flags[i] & HAN_WORD, mask, out, 0)
            for k in range(n):
                prefetch(table, out[k])
                found[n_found] = out[k]
                n_found += live[out[k] >> 3] >> (out[k] & 7) & 1
        for k in range(own, n_found):
            _add(sums, table, found[k], 0)
        for k in range(n_new):
            i = new[k, 0]
            stop = new[k + 1, 1] if k + 1 < n_new else own
            features = found[new[k, 1] : stop]
            slot = hashes[i] & np.uint64(_KEPT - 1)
            is_it = is_known(hashes[i], words)
            _keep(hashes[i], stems[i], is_it, features, table, slot, kept, kept_weights)
            _add(sums, kept_weights, slot, 2 * _HEAD)
        if sums[n_frames] > 0.0:
            length = np.sqrt(sums[n_frames])
            for frame in range(n_frames):
                margins[sentence, frame] += sums[frame] / length
        if last > first:
            known[sentence] = n_known / (last - first)
        first = last
