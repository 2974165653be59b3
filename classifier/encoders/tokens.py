"""Sentences as hashed words: what n-grams and cues are computed from.

The same normal form as :mod:`classifier.text.normal`, compiled: a batch of sentences goes
in as code points and comes out as arrays with one entry a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from classifier.encoders.characters import (
    DROPPED,
    FOLD,
    HAN_CHARACTER,
    LETTER,
    LONGEST_FOLD,
    LOWER,
    PLAIN,
    QUOTATION,
    SEVERAL,
    UPPER,
    CharacterTable,
    entry_of,
)
from classifier.text.compiled import lean
from classifier.text.normal import CAPITALS, compose
from classifier.text.passages import sentence_code_points

HAN_WORD, CAPITAL_WORD, QUOTED_WORD = 1, 2, 4
FNV_START = np.uint64(14695981039346656037)
FNV_PRIME = np.uint64(1099511628211)
_CHARACTERS = CharacterTable()


@dataclass(frozen=True, slots=True)
class Tokens:
    """The words of many sentences; quotation marks are flags of the word behind them.

    ``ends[i]`` is where sentence ``i`` ends in the arrays of words; ``hashes`` are 64-bit
    FNV-1a hashes of the words; ``starts`` and ``stops`` cut a word out of ``letters``,
    ``places`` out of the sentence in NFC: (n_words, 2), counted in code points.
    """

    letters: NDArray[np.uint32]
    starts: NDArray[np.int32]
    stops: NDArray[np.int32]
    places: NDArray[np.int32]
    hashes: NDArray[np.uint64]
    flags: NDArray[np.uint8]
    ends: NDArray[np.int64]

    def word(self, index: int) -> str:
        """One word as it stands in the normal form, capitals marked."""
        letters = self.letters[self.starts[index] : self.stops[index]]
        mark = CAPITALS if self.flags[index] & CAPITAL_WORD else ""
        return letters.tobytes().decode("utf-32-le", "surrogatepass") + mark

    def without(self, words: Sequence[int]) -> Tokens:
        """The same with some words hidden: they are still counted, and nothing is known of them."""
        letters, stops = self.letters.copy(), self.stops.copy()
        hashes, flags = self.hashes.copy(), self.flags.copy()
        for word in words:
            letters[self.starts[word] : self.stops[word]] = 0
            stops[word] = self.starts[word]
        hashes[words] = FNV_START
        flags[words] = 0
        return replace(self, letters=letters, stops=stops, hashes=hashes, flags=flags)


def tokenise(texts: Sequence[str]) -> Tokens:
    """The words of a batch of sentences."""
    codes, spans = sentence_code_points(texts)
    loose, several = _CHARACTERS.survey(codes, spans)
    composed = {i: compose(texts[i]) for i in loose.tolist()}
    if any(text != texts[i] for i, text in composed.items()):
        texts = [composed.get(i, text) for i, text in enumerate(texts)]
        codes, spans = sentence_code_points(texts)
        several = _CHARACTERS.survey(codes, spans)[1]
    room = len(codes) + several * LONGEST_FOLD + 1
    letters = np.empty(room, dtype=np.uint32)
    starts, stops = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
    places = np.empty((room, 2), dtype=np.int32)
    hashes, flags = np.empty(room, dtype=np.uint64), np.empty(room, dtype=np.uint8)
    ends = np.zeros(len(texts), dtype=np.int64)
    words = (starts, stops, places, hashes, flags)
    count = _tokenise(codes, spans, _CHARACTERS.entries, _CHARACTERS.several, letters, words, ends)
    return Tokens(
        letters, starts[:count], stops[:count], places[:count], hashes[:count], flags[:count], ends
    )


@lean
def hash_of(letters, start, stop):  # type: ignore[no-untyped-def]
    """The hash of some letters, as of a word."""
    value = FNV_START
    for i in range(start, stop):
        value = (value ^ np.uint64(letters[i])) * FNV_PRIME
    return value


@lean
def _close(start, stop, place, end_place, value, flag, at, words):  # type: ignore[no-untyped-def]
    """Enter the word that has just ended."""
    starts, stops, places, hashes, flags = words
    starts[at] = start
    stops[at] = stop
    places[at, 0] = place
    places[at, 1] = end_place
    hashes[at] = value
    flags[at] = flag


@lean
def _abbreviation(codes, at, end, entries):  # type: ignore[no-untyped-def]
    """How many letters with full stops begin here ("U.S." has two); below two it is none."""
    count = 0
    while at + 1 < end and codes[at + 1] == 46:
        entry = entry_of(codes[at], entries)
        if entry & (PLAIN | LETTER) != PLAIN | LETTER:
            break
        count += 1
        at += 2
    return count


@lean
def _tokenise(codes, spans, entries, several, letters, words, ends):  # type: ignore[no-untyped-def]
    count = 0
    free = 0  # the next free place in letters
    for sentence in range(len(ends)):
        base = spans[sentence, 0]
        end = spans[sentence, 1]
        start = free  # where the word being read began, in letters and in the sentence
        place = finish = base
        value = FNV_START
        case = np.int64(0)
        quoted = 0
        after_word = False
        at = base
        while at <= end:
            entry = entry_of(codes[at], entries) if at < end else np.int64(0)
            if entry & PLAIN:
                if start == free:
                    place = at
                    short = 0
                    if not after_word and at + 1 < end and codes[at + 1] == 46:
                        short = _abbreviation(codes, at, end, entries)
                    if short >= 2:
                        for i in range(short):
                            entry = entry_of(codes[at + 2 * i], entries)
                            letters[free] = entry & FOLD
                            value = (value ^ np.uint64(entry & FOLD)) * FNV_PRIME
                            free += 1
                            case |= entry
                        at += 2 * short
                        flag = quoted | (CAPITAL_WORD if case & (UPPER | LOWER) == UPPER else 0)
                        _close(start, free, place - base, at - base, value, flag, count, words)
                        count += 1
                        quoted = 0
                        start = free
                        value = FNV_START
                        case = np.int64(0)
                        continue
                while entry & PLAIN:
                    letters[free] = entry & FOLD
                    value = (value ^ np.uint64(entry & FOLD)) * FNV_PRIME
                    free += 1
                    case |= entry
                    at += 1
                    entry = entry_of(codes[at], entries) if at < end else np.int64(0)
                finish = at
                after_word = True
            if entry & DROPPED:
                at += 1
                continue
            pieces = np.int64(several[entry & FOLD, 0]) if entry & SEVERAL else 1
            for piece in range(pieces):
                if entry & SEVERAL:
                    letter = several[entry & FOLD, 1 + piece]
                    if letter:
                        if start == free:
                            place = at
                        letters[free] = letter
                        value = (value ^ np.uint64(letter)) * FNV_PRIME
                        free += 1
                        case |= entry
                        finish = at + 1
                        after_word = True
                        continue
                if start < free:
                    capital = case & (UPPER | LOWER) == UPPER and free - start > 1
                    flag = quoted | (CAPITAL_WORD if capital else 0)
                    _close(start, free, place - base, finish - base, value, flag, count, words)
                    count += 1
                    quoted = 0
                    start = free
                    value = FNV_START
                case = np.int64(0)
                after_word = False
                if entry & HAN_CHARACTER:
                    letter = entry & FOLD
                    letters[free] = letter
                    free += 1
                    value = (FNV_START ^ np.uint64(letter)) * FNV_PRIME
                    flag = quoted | HAN_WORD
                    _close(start, free, at - base, at + 1 - base, value, flag, count, words)
                    count += 1
                    quoted = 0
                    start = free
                    value = FNV_START
                    after_word = True
                elif entry & QUOTATION:
                    quoted = QUOTED_WORD
            at += 1
        ends[sentence] = count
    return count
