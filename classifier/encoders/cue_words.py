"""From words to what cues know of them, compiled.

What is known of a word, a stem or a run of Chinese characters is a record in an array of
int32: two lists, each behind its length, of its symbols and of the cues that are tried where it
stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from classifier.encoders.cue_program import STAR, SymbolTable
from classifier.encoders.hash_table import EMPTY, MIX, HashTable, place_of
from classifier.encoders.tokens import CAPITAL_WORD, FNV_PRIME, FNV_START, tokenise
from classifier.text.compiled import lean
from classifier.text.normal import CAPITALS

_LONGEST = 64  # letters of a stem; a longer one is found nowhere
_CAPITAL, _BEGINNING, _ENDING, _PATTERN = (
    np.uint64(key)
    for key in (0x5851F42D4C957F2D, 0x2545F4914F6CDD1D, 0xD1342543DE82EF95, 0x9FB21C651E98DF25)
)
_BITS = 16  # of a key, that tell most of the keys that are not in a table
_64_BITS = 2**64 - 1


class CueWords:
    """The words of all cues of a language.

    Args:
        table: words, stems and runs with their symbols.
        triggers: by symbol the cues that are tried where it stands.
    """

    def __init__(self, table: SymbolTable, triggers: Mapping[int, Sequence[int]]) -> None:
        def record(symbols: Sequence[int]) -> list[int]:
            cues = sorted({cue for symbol in symbols for cue in triggers.get(symbol, ())})
            return [number for some in (sorted({*symbols}), cues) for number in (len(some), *some)]

        entries: dict[int, list[int]] = {}
        for word, symbols in table.exact.items():
            salt = int(_CAPITAL) if word.endswith(CAPITALS) else 0
            entries[_hash(word.rstrip(CAPITALS)) ^ salt] = record(symbols)
        for stem, symbols in table.beginnings.items():
            entries[_hash(stem) ^ int(_BEGINNING)] = record(symbols)
        for ending, symbols in table.endings.items():
            entries[_hash(ending[::-1]) ^ int(_ENDING)] = record(symbols)
        for pattern, symbols in table.others.items():
            entries[_hash(pattern) ^ int(_PATTERN)] = record(symbols)
        self.words = HashTable(entries)
        self.patterns = self._patterns(list(table.others))
        self.runs = _runs({run: record(symbols) for run, symbols in table.han_runs.items()})
        self.word_bits = _bits(self.words)
        self.run_bits = _bits(self.runs)

    @property
    def most_records(self) -> int:
        """How many records may belong to one word."""
        return 2 + 2 * _LONGEST + int(self.patterns[0])

    def _patterns(self, patterns: list[str]) -> NDArray[np.int32]:
        """A count, then for each the place of its record, its pieces and their letters."""
        numbers = [len(patterns)]
        for pattern in patterns:
            key = np.uint64(_hash(pattern) ^ int(_PATTERN))
            pieces = pattern.split(STAR)
            numbers += [place_of(key, self.words.keys, self.words.places), len(pieces)]
            numbers += [n for piece in pieces for n in (len(piece), *map(ord, piece))]
        return np.array(numbers, dtype=np.int32)


def _hash(letters: str) -> int:
    value = int(FNV_START)
    for letter in letters:
        value = (value ^ ord(letter)) * int(FNV_PRIME) & _64_BITS
    return value


def _runs(records: Mapping[str, list[int]]) -> HashTable:
    """By a pair of characters the runs it begins: how many, and each with its record.

    Of every run where the next begins, its length, and its letters from the third on.
    """
    by_pair: dict[str, list[int]] = {}
    for run, record in records.items():
        content = by_pair.setdefault(run[:2], [0])
        content[0] += 1
        content += [len(run) + len(record), len(run), *map(ord, run[2:]), *record]
    hashes = tokenise(list(by_pair)).hashes
    pairs = zip(hashes[0::2], hashes[1::2], strict=True)
    keys = [int(pair_key(one, other)) for one, other in pairs]
    return HashTable(dict(zip(keys, by_pair.values(), strict=True)))


def _bits(table: HashTable) -> NDArray[np.uint8]:
    flags = np.zeros(2**_BITS, dtype=bool)
    flags[table.keys[table.places != EMPTY] & np.uint64(2**_BITS - 1)] = True
    return np.packbits(flags, bitorder="little")


@lean
def may_hold(key, bits):  # type: ignore[no-untyped-def]
    """Whether a table may hold a key; most that it does not are told by one bit."""
    bit = np.int64(key & np.uint64(2**_BITS - 1))
    return bits[bit >> 3] >> (bit & 7) & 1


@lean
def run_that_stands(runs, place, letters, start, longest):  # type: ignore[no-untyped-def]
    """Of a run of Chinese characters its record, EMPTY if it does not stand; and the next run."""
    n = runs[place + 1]
    fits = n <= longest
    k = 2  # it was found by two; every character is a word, so that they lie side by side
    while fits and k < n:
        fits = letters[start + k] == runs[place + k]
        k += 1
    return place + n if fits else EMPTY, place + runs[place]


@lean
def pair_key(one, other):  # type: ignore[no-untyped-def]
    """The key of two Chinese characters, from their hashes."""
    return one * MIX + other


@lean
def word_key(value, flags):  # type: ignore[no-untyped-def]
    """The key of a word: another one where it is written in capitals."""
    return value ^ _CAPITAL if flags & CAPITAL_WORD else value


@lean
def records_of(letters, start, stop, value, flags, keys, places, bits, patterns, records):  # type: ignore[no-untyped-def]
    """Enter the places of a word's records; returns how many there are."""
    n = 0
    place = place_of(value, keys, places)
    if place != EMPTY:
        records[n] = place
        n += 1
    if flags & CAPITAL_WORD:
        place = place_of(value ^ _CAPITAL, keys, places)
        if place != EMPTY:
            records[n] = place
            n += 1
    forward = backward = FNV_START
    for k in range(min(stop - start, _LONGEST)):
        forward = (forward ^ np.uint64(letters[start + k])) * FNV_PRIME
        if may_hold(forward ^ _BEGINNING, bits):
            place = place_of(forward ^ _BEGINNING, keys, places)
            if place != EMPTY:
                records[n] = place
                n += 1
        backward = (backward ^ np.uint64(letters[stop - 1 - k])) * FNV_PRIME
        if may_hold(backward ^ _ENDING, bits):
            place = place_of(backward ^ _ENDING, keys, places)
            if place != EMPTY:
                records[n] = place
                n += 1
    at = 1
    for _ in range(patterns[0]):
        fits, after = _fits(letters, start, stop, patterns, at + 1)
        if fits:
            records[n] = patterns[at]
            n += 1
        at = after
    return n


@lean
def _fits(letters, start, stop, patterns, at):  # type: ignore[no-untyped-def]
    """Whether a word holds the pieces of a pattern, and where the next pattern begins.

    The first piece stands at the beginning of the word, the last at its end.
    """
    n_pieces = patterns[at]
    at += 1
    fits = True
    for piece in range(n_pieces):
        length = patterns[at]
        at += 1
        if fits:
            if piece == n_pieces - 1:
                begin, last = max(start, stop - length), stop - length
            else:
                begin, last = start, min(start, stop - length) if piece == 0 else stop - length
            fits = False
            while begin <= last and not fits:
                fits = True
                for k in range(length):
                    if letters[begin + k] != patterns[at + k]:
                        fits = False
                        break
                begin += 1
            if fits:
                start = begin - 1 + length
        at += length
    return fits, at
