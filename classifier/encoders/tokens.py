"""Sentences as hashed words: what n-grams and cues are computed from.

The same normal form as :mod:`classifier.text.normal`, compiled: a batch of sentences goes
in as code points and comes out as arrays with one entry a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numba import njit
from numpy.typing import NDArray

from classifier.text.normal import CAPITALS, HAN, QUOTE, compose, fold_character

STEM = 5
ENDING = 5
LONG = 8

_WORD, _HAN, _QUOTE, _DROPPED, _UPPER, _LOWER, _LETTER, _SEVERAL = (1 << i for i in range(8))
HAN_WORD, CAPITAL_WORD, QUOTED_WORD = 1, 2, 4
_PAGE = 256
_ASTRAL = 0x20000  # from here on only Chinese characters are words
_FNV_START = np.uint64(14695981039346656037)
_FNV_PRIME = np.uint64(1099511628211)
_LONGEST_FOLD = 18  # U+FDFA


@dataclass(frozen=True, slots=True)
class Tokens:
    """The words of many sentences; quotation marks are flags of the word behind them.

    ``ends[i]`` is where sentence ``i`` ends in the arrays of words; ``hashes``, ``stems`` and
    ``endings`` are 64-bit FNV-1a hashes of the word, its first and its last five letters;
    ``starts`` and ``stops`` cut the word out of ``letters``.
    """

    letters: NDArray[np.uint32]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    stems: NDArray[np.uint64]
    endings: NDArray[np.uint64]
    flags: NDArray[np.uint8]
    ends: NDArray[np.int64]

    def word(self, index: int) -> str:
        """One word as it stands in the normal form, capitals marked."""
        letters = self.letters[self.starts[index] : self.stops[index]]
        mark = CAPITALS if self.flags[index] & CAPITAL_WORD else ""
        return letters.tobytes().decode("utf-32-le", "surrogatepass") + mark


class _Characters:
    """What every character is and becomes, page by page, filled when a page is first met."""

    def __init__(self) -> None:
        self.kinds = np.zeros(_ASTRAL, dtype=np.uint8)
        self.folds = np.zeros(_ASTRAL, dtype=np.uint32)
        self.several = np.zeros((1, _LONGEST_FOLD + 1), dtype=np.uint32)
        self._known = np.zeros(_ASTRAL // _PAGE, dtype=bool)

    def meet(self, codes: NDArray[np.uint32]) -> None:
        """Fill the pages of all characters of a batch."""
        seen = np.zeros(len(self._known), dtype=bool)
        seen[np.minimum(codes >> 8, len(self._known) - 1)] = True
        for page in np.flatnonzero(seen & ~self._known):
            for code in range(page * _PAGE, (page + 1) * _PAGE):
                self._fill(code)
            self._known[page] = True

    def _fill(self, code: int) -> None:
        folded = "" if 0xD800 <= code < 0xE000 else fold_character(chr(code))
        if folded == QUOTE:
            self.kinds[code] = _QUOTE
        elif not folded:
            self.kinds[code] = _DROPPED if not 0xD800 <= code < 0xE000 else 0
        elif len(folded) == 1 and len(folded.casefold()) == 1:
            self.kinds[code] = kind = _kind(folded)
            self.folds[code] = ord(folded.casefold()) if kind & _WORD else ord(folded)
        else:
            self._fill_several(code, folded)

    def _fill_several(self, code: int, folded: str) -> None:
        letters = [
            ord(letter) if character.isalnum() else 0
            for character in folded
            for letter in (character.casefold() if character.isalnum() else " ")
        ]
        case = 0
        for character in folded:
            case |= _kind(character) & (_UPPER | _LOWER)
        row = np.zeros((1, _LONGEST_FOLD + 1), dtype=np.uint32)
        letters = letters[:_LONGEST_FOLD]
        row[0, 0] = len(letters)
        row[0, 1 : 1 + len(letters)] = letters
        self.kinds[code] = _SEVERAL | _WORD | _LETTER | case
        self.folds[code] = len(self.several)
        self.several = np.concatenate([self.several, row])


def _kind(character: str) -> int:
    if HAN.match(character):
        return _WORD | _HAN | _LETTER
    if not character.isalnum():
        return 0
    kind = _WORD
    if character.isupper():
        kind |= _UPPER
    if character.islower():
        kind |= _LOWER
    if not character.isdecimal():
        kind |= _LETTER
    return kind


_CHARACTERS = _Characters()


def tokenise(texts: Sequence[str]) -> Tokens:
    """The words of a batch of sentences."""
    texts = [compose(text) for text in texts]
    data = "".join(texts).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(data, dtype=np.uint32)
    limits = np.fromiter(accumulate(map(len, texts), initial=0), np.int64, len(texts) + 1)
    _CHARACTERS.meet(codes)
    kinds, folds = _CHARACTERS.kinds, _CHARACTERS.folds
    room = len(codes) + 1
    several = int((kinds[np.minimum(codes, _ASTRAL - 1)] & _SEVERAL > 0).sum())
    if several:
        room += several * _LONGEST_FOLD
    letters = np.empty(room, dtype=np.uint32)
    starts, stops = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
    hashes, stems = np.empty(room, dtype=np.uint64), np.empty(room, dtype=np.uint64)
    endings, flags = np.empty(room, dtype=np.uint64), np.empty(room, dtype=np.uint8)
    ends = np.zeros(len(texts), dtype=np.int64)
    words = (starts, stops, hashes, stems, endings, flags)
    several_folds = _CHARACTERS.several
    count = _tokenise(codes, limits, kinds, folds, several_folds, letters, words, ends)
    return Tokens(
        letters, starts[:count], stops[:count], hashes[:count], stems[:count],
        endings[:count], flags[:count], ends,
    )  # fmt: skip


@njit(cache=True, nogil=True, inline="always")
def _hash(letters, start, stop):  # type: ignore[no-untyped-def]
    value = _FNV_START
    for i in range(start, stop):
        value = (value ^ np.uint64(letters[i])) * _FNV_PRIME
    return value


@njit(cache=True, nogil=True)
def _close(letters, start, stop, flag, at, words):  # type: ignore[no-untyped-def]
    """Enter the word that has just ended."""
    starts, stops, hashes, stems, endings, flags = words
    starts[at] = start
    stops[at] = stop
    value = _FNV_START
    length = stop - start
    for i in range(length):
        value = (value ^ np.uint64(letters[start + i])) * _FNV_PRIME
        if i == STEM - 1:
            stems[at] = value
    hashes[at] = value
    if length < STEM:
        stems[at] = value
    endings[at] = _hash(letters, stop - ENDING, stop) if length >= LONG else np.uint64(0)
    flags[at] = flag


@njit(cache=True, nogil=True)
def _abbreviation(codes, at, end, kinds):  # type: ignore[no-untyped-def]
    """How many letters with full stops begin here ("U.S." has two); below two it is none."""
    count = 0
    while at + 1 < end and codes[at] < _ASTRAL and codes[at + 1] == 46:
        kind = kinds[codes[at]]
        if not kind & _LETTER or kind & (_SEVERAL | _HAN):
            break
        count += 1
        at += 2
    return count


@njit(cache=True, nogil=True)
def _tokenise(codes, limits, kinds, folds, several, letters, words, ends):  # type: ignore[no-untyped-def]
    count = 0
    free = 0  # the next free place in letters
    for sentence in range(len(ends)):
        quoted = False
        start = free  # where the word being read began
        upper = lower = False
        after_word = False
        at = limits[sentence]
        end = limits[sentence + 1]
        while at <= end:
            code = codes[at] if at < end else np.uint32(32)
            if code < _ASTRAL:
                kind = kinds[code]
                fold = folds[code]
            else:
                kind = _WORD | _HAN | _LETTER if code < 0x323B0 else 0
                fold = code
            if kind & _DROPPED:
                at += 1
                continue
            ordinary = kind & _WORD and not kind & (_HAN | _SEVERAL)
            if ordinary and start == free and not after_word:
                short = _abbreviation(codes, at, end, kinds)
                if short >= 2:
                    up = low = False
                    for i in range(short):
                        letter = codes[at + 2 * i]
                        letters[free] = folds[letter]
                        free += 1
                        up = up or kinds[letter] & _UPPER > 0
                        low = low or kinds[letter] & _LOWER > 0
                    flag = (CAPITAL_WORD if up and not low else 0) | (QUOTED_WORD if quoted else 0)
                    _close(letters, start, free, flag, count, words)
                    count += 1
                    quoted = False
                    start = free
                    at += 2 * short
                    continue
            if ordinary:
                letters[free] = fold
                free += 1
                upper = upper or kind & _UPPER > 0
                lower = lower or kind & _LOWER > 0
                after_word = True
                at += 1
                continue
            pieces = several[fold, 0] if kind & _SEVERAL else np.uint32(1)
            for piece in range(pieces):
                if kind & _SEVERAL:
                    letter = several[fold, 1 + piece]
                    if letter:
                        letters[free] = letter
                        free += 1
                        upper = upper or kind & _UPPER > 0
                        lower = lower or kind & _LOWER > 0
                        after_word = True
                        continue
                if start < free:
                    capital = upper and not lower and free - start > 1
                    flag = (CAPITAL_WORD if capital else 0) | (QUOTED_WORD if quoted else 0)
                    _close(letters, start, free, flag, count, words)
                    count += 1
                    quoted = False
                    start = free
                upper = lower = False
                after_word = False
                if kind & _HAN:
                    letters[free] = fold
                    free += 1
                    flag = HAN_WORD | (QUOTED_WORD if quoted else 0)
                    _close(letters, start, free, flag, count, words)
                    count += 1
                    quoted = False
                    start = free
                    after_word = True
                elif kind & _QUOTE:
                    quoted = True
            at += 1
        ends[sentence] = count
    return count
