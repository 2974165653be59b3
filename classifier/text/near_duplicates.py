"""Near-duplicate texts: the same wire story in forty outlets, the same sentence in two sets.

MinHash (Broder 1997) over runs of words: two texts get signatures that agree in as many
places as their word runs overlap (Jaccard). Words are those of :mod:`classifier.text.normal`
without its abbreviations, so case, punctuation and quotation marks do not matter and
every Chinese character is a word. Same text, same signature, on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import accumulate

import numpy as np
from numba import njit
from numpy.typing import NDArray

from classifier.text.normal import HAN, compose, fold_character

SIZE = 128
ARTICLE_WORDS = 5
SENTENCE_WORDS = 2
_SEED = 1
_BAND = 4  # 32 bands of 4: texts that overlap by half meet with a chance of .87, by .7 surely
_NOTHING = np.uint32(0xFFFFFFFF)
_UNKNOWN, _DROPPED, _HAN_BIT = 0xFFFFFFFF, 0xFFFFFFFE, 1 << 31
_LIGATURE = 1 << 30
_PRIME = np.uint64(1099511628211)

Signatures = NDArray[np.uint32]


def signature(text: str, words: int = ARTICLE_WORDS) -> Signatures:
    """The MinHash signature of one text: (128,) uint32; all ones for a text without a word."""
    row: Signatures = signatures([text], words)[0]
    return row


def signatures(texts: Sequence[str], words: int = ARTICLE_WORDS) -> Signatures:
    """The signatures of texts, (n_texts, 128) uint32, over runs of so many words.

    A shorter text counts as one run. Only signatures over equally long runs can be compared.
    """
    from rensa import RMinHash

    runs = [_run_hashes(text, words) for text in texts]
    ends = [0, *accumulate(map(len, runs))]
    flat = np.concatenate(runs) if runs else np.empty(0, dtype=np.uint64)
    rows = RMinHash.digest_matrix_from_flat_token_hashes(flat, ends, SIZE, _SEED).to_rows()
    return np.array(rows, dtype=np.uint32).reshape(len(texts), SIZE)


def clusters(signatures: Signatures, threshold: float = 0.5) -> NDArray[np.int64]:
    """Which texts belong together: for each, the row of the first text of its cluster.

    Texts whose signatures share a band are compared with the first and the nearest of that
    band (locality-sensitive hashing, Indyk and Motwani 1998); those that agree in at least
    ``threshold`` of their places are joined, and so are whoever they are joined with.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(signatures)
    rows = np.flatnonzero((signatures != _NOTHING).any(axis=1))
    pairs = [np.empty((0, 2), dtype=np.int64)]
    pairs += [_meetings(signatures, rows, band) for band in range(0, SIZE, _BAND)]
    met = np.unique(np.concatenate(pairs), axis=0)
    agree = similarity(signatures, met) >= threshold
    one, other = met[agree].T
    graph = coo_array((np.ones(len(one), dtype=np.int8), (one, other)), shape=(n, n))
    number = connected_components(graph, directed=False)[1] if n else np.empty(0, dtype=np.int64)
    return np.unique(number, return_index=True)[1][number].astype(np.int64)


def similarity(signatures: Signatures, pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """The estimated overlap of pairs of texts, given as rows (n_pairs, 2): (n_pairs,)."""
    shares = np.empty(len(pairs))
    for start in range(0, len(pairs), 10_000):
        one, other = pairs[start : start + 10_000].T
        shares[start : start + 10_000] = (signatures[one] == signatures[other]).mean(axis=1)
    return shares


def _meetings(signatures: Signatures, rows: NDArray[np.int64], start: int) -> NDArray[np.int64]:
    """The pairs of rows that one band brings together, lower row first."""
    band = np.ascontiguousarray(signatures[rows, start : start + _BAND]).view(np.uint64)
    order = np.lexsort((rows, band[:, 1], band[:, 0]))
    band, rows = band[order], rows[order]
    same = (band[1:] == band[:-1]).all(axis=1)
    at = np.flatnonzero(same) + 1
    first = np.maximum.accumulate(
        np.where(np.concatenate([[False], same]), 0, np.arange(len(rows)))
    )
    nearest = np.stack([rows[at - 1], rows[at]], axis=1)
    return np.concatenate([nearest, np.stack([rows[first[at]], rows[at]], axis=1)])


@cache
def _characters() -> NDArray[np.uint32]:
    """What every code point becomes in a word; 0 ends a word; filled when one is first met."""
    return np.full(0x110000, _UNKNOWN, dtype=np.uint32)


def _run_hashes(text: str, words: int) -> NDArray[np.uint64]:
    table = _characters()
    encoded = compose(text).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(encoded, dtype="<u4")
    found = np.empty(len(codes) + 1, dtype=np.uint64)
    count = _hash_runs(codes, table, words, found)
    if count < 0:
        for code in np.unique(codes).tolist():
            if table[code] == _UNKNOWN:
                table[code] = _become(chr(code))
        count = _hash_runs(codes, table, words, found)
    return found[:count]


def _become(character: str) -> int:
    folded = fold_character(character).casefold()
    if not folded:
        return _DROPPED
    if not any(part.isalnum() for part in folded):
        return 0
    if len(folded) == 1:
        return ord(folded) | (_HAN_BIT if HAN.match(folded) else 0)
    value = 0
    for part in folded:
        value = (value * 1_000_003 + ord(part)) % _LIGATURE
    return value | _LIGATURE


@njit(cache=True, nogil=True, inline="always")
def _mix(value):  # type: ignore[no-untyped-def]
    """Splitmix64's last steps (Steele et al. 2014)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@njit(cache=True, nogil=True)
def _hash_runs(codes, table, size, found):  # type: ignore[no-untyped-def]
    """Write the hash of every run of ``size`` words into ``found``; return how many.

    Returns -1 at a character the table does not hold yet.

    A word's hash is FNV-1a's, mixed; a run's is a polynomial of its words', rolled on.
    """
    recent = np.zeros(size, dtype=np.uint64)
    leaving = np.uint64(1)
    for _ in range(size):
        leaving *= _PRIME
    words = slot = 0
    run = np.uint64(0)
    word = np.uint64(0)
    for i in range(len(codes) + 1):
        code = table[codes[i]] if i < len(codes) else np.uint32(0)
        if code == _UNKNOWN:
            return -1
        if code == _DROPPED:
            continue
        han = code >= _HAN_BIT
        for closing in range(2):  # the word before, then a Chinese character by itself
            if closing and not han:
                break
            if closing:
                word = np.uint64(code)
            if word != 0 and (closing or han or code == 0):
                word = _mix(word)
                run = run * _PRIME + word - recent[slot] * leaving
                recent[slot] = word
                words += 1
                slot = slot + 1 if slot + 1 < size else 0
                word = np.uint64(0)
                if words >= size:
                    found[words - size] = run
        if code != 0 and not han:
            word = (word ^ np.uint64(code)) * _PRIME
    if 0 < words < size:
        found[0] = run
    return min(words, 1) if words < size else words - size + 1
