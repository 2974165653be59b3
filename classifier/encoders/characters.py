"""What every character is and becomes in the normal form, as one table for compiled code.

An entry holds what the character becomes in its low 21 bits and what it is above them, as
:func:`classifier.text.normal.fold_character` says; a page of the table is filled when a
character of it is first met.
"""

from __future__ import annotations

from threading import Lock

import numpy as np
from numpy.typing import NDArray

from classifier.text.compiled import lean
from classifier.text.normal import HAN, QUOTE, fold_character, may_join

FOLD = (1 << 21) - 1
PLAIN, HAN_CHARACTER, QUOTATION, DROPPED, UPPER, LOWER, LETTER, SEVERAL, LOOSE, UNKNOWN = (
    1 << bit for bit in range(21, 31)
)
"""PLAIN: a letter or digit that becomes one, not Chinese. SEVERAL: becomes several, see
:attr:`CharacterTable.several`. LOOSE: may be one with the character before it (not in NFC).
"""
LONGEST_FOLD = 18  # U+FDFA
_PAGE = 256
_ASTRAL = 0x20000  # from here on only Chinese characters are words
_LAST_HAN = 0x323AF
_COMPATIBLE = 0x2F800  # from here on Chinese characters that compose to others


class CharacterTable:
    """One number a character, and the letters of those that become several.

    ``several[i]`` is a count and so many letters, 0 for what parts words.
    """

    def __init__(self) -> None:
        self.entries = np.full(_ASTRAL, UNKNOWN, dtype=np.uint32)
        self.several = np.zeros((1, LONGEST_FOLD + 1), dtype=np.uint32)
        self._lock = Lock()

    def survey(
        self, codes: NDArray[np.uint32], spans: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], int]:
        """Which sentences hold a loose character, and how many characters become several.

        Sentence ``i`` is ``codes[spans[i, 0] : spans[i, 1]]``; unknown pages are filled.
        """
        kinds = np.empty(len(spans), dtype=np.int64)
        several = _survey(codes, spans, self.entries, kinds)
        if (kinds & UNKNOWN).any():
            self._meet(codes)
            several = _survey(codes, spans, self.entries, kinds)
        return np.flatnonzero(kinds & LOOSE), several

    def _meet(self, codes: NDArray[np.uint32]) -> None:
        with self._lock:
            low = codes[codes < _ASTRAL]
            for page in np.unique(low[self.entries[low] & UNKNOWN > 0] // _PAGE).tolist():
                for code in range(page * _PAGE, (page + 1) * _PAGE):
                    self.entries[code] = self._entry(code)

    def _entry(self, code: int) -> int:
        if 0xD800 <= code < 0xE000:
            return 0
        character = chr(code)
        folded = fold_character(character)
        loose = LOOSE if may_join(character) else 0
        if folded == QUOTE:
            return QUOTATION | loose
        if not folded:
            return DROPPED | loose
        if len(folded) == 1 and len(folded.casefold()) == 1:
            kind = _kind(folded)
            return kind | loose | (ord(folded.casefold()) if kind else 0)
        return self._several(folded) | loose

    def _several(self, folded: str) -> int:
        letters = [
            ord(letter) if character.isalnum() else 0
            for character in folded
            for letter in (character.casefold() if character.isalnum() else " ")
        ][:LONGEST_FOLD]
        case = 0
        for character in folded:
            case |= _kind(character) & (UPPER | LOWER)
        row = np.zeros((1, LONGEST_FOLD + 1), dtype=np.uint32)
        row[0, 0] = len(letters)
        row[0, 1 : 1 + len(letters)] = letters
        place = len(self.several)
        self.several = np.concatenate([self.several, row])
        return SEVERAL | case | place


def _kind(character: str) -> int:
    if HAN.match(character):
        return HAN_CHARACTER | LETTER
    if not character.isalnum():
        return 0
    kind = PLAIN
    if character.isupper():
        kind |= UPPER
    if character.islower():
        kind |= LOWER
    if not character.isdecimal():
        kind |= LETTER
    return kind


@lean
def entry_of(code, entries):  # type: ignore[no-untyped-def]
    """The entry of a character, from the table or, beyond it, reckoned."""
    if code < _ASTRAL:
        return np.int64(entries[code])
    if code <= _LAST_HAN:
        kind = HAN_CHARACTER | LETTER
        return np.int64(code) | (kind | LOOSE if code >= _COMPATIBLE else kind)
    return np.int64(0)


@lean
def _survey(codes, spans, entries, kinds):  # type: ignore[no-untyped-def]
    several = 0
    for sentence in range(len(kinds)):
        found = np.int64(0)
        for at in range(spans[sentence, 0], spans[sentence, 1]):
            entry = entry_of(codes[at], entries)
            found |= entry
            several += entry & SEVERAL != 0
        kinds[sentence] = found & ~FOLD
    return several
