"""The words that tell whose words a sentence gives, per language: ``speech.toml``, compiled."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product

import numpy as np
from numpy.typing import NDArray

from classifier.text.compiled import lean
from classifier.text.speech.quotation import BMP, HAN_LETTER, LETTER, characters

# Compiled callers keep these numbers in their caches: after a change, empty __pycache__.
SAY, THINK, SOURCE, THAT, FIRST, MOOD, ONWARD, NARRATE, LABEL, BARE = (1 << i for i in range(10))
TITLE, PARTED, PARTICLE, READOUT, MUST, HEARER, ME = (1 << i for i in range(10, 17))
_LISTS = {
    "say": SAY, "think": THINK, "source": SOURCE, "that": THAT, "first": FIRST, "mood": MOOD,
    "onward": ONWARD, "narrate": NARRATE, "label": LABEL, "bare": BARE, "title": TITLE,
    "parted": PARTED, "particle": PARTICLE, "plain": 0,
    "readout": READOUT, "must": MUST, "hearer": HEARER, "me": ME,
}  # fmt: skip
_MORE = 1 << 20  # a longer phrase begins this way
_KNOWN = 1 << 21  # a phrase ends here
MISSING = -1
FNV_START = 14695981039346656037
FNV_PRIME = 1099511628211
_MIX = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
_ALTERNATIVES = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class SpeechWords:
    """One language's words: a table for compiled code (open addressing), and plain lists."""

    lists: dict[str, tuple[str, ...]]
    keys: NDArray[np.uint64]
    values: NDArray[np.int32]


@cache
def _file() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(files("classifier.text.speech").joinpath("speech.toml").read_text("utf-8"))


@cache
def speech_words(lang: str | None) -> SpeechWords:
    """The words of a language; none for one that ``speech.toml`` does not know."""
    lists = {
        name: tuple(phrase for entry in entries for phrase in spell_out(entry))
        for name, entries in _file().get(lang or "", {}).items()
    }
    entries: dict[int, int] = {}
    for name, phrases in lists.items():
        for phrase in phrases:
            chain = _chain(phrase)
            for key in chain[:-1]:
                entries[key] = entries.get(key, 0) | _MORE
            entries[chain[-1]] = entries.get(chain[-1], 0) | _LISTS[name] | _KNOWN
    for phrase in lists.get("plain", ()):
        entries[_chain(phrase)[-1]] &= _MORE | _KNOWN
    room = 64
    while room < 8 * len(entries):
        room *= 2
    keys, values = np.zeros(room, dtype=np.uint64), np.full(room, MISSING, dtype=np.int32)
    for key, value in entries.items():
        slot = (key * _MIX & _MASK) >> 40 & (room - 1)
        while values[slot] != MISSING:
            slot = (slot + 1) & (room - 1)
        keys[slot], values[slot] = key, value
    return SpeechWords(lists, keys, values)


def spell_out(entry: str) -> list[str]:
    """All phrases an entry stands for: ``"claim(s|ed)"`` is ``["claims", "claimed"]``."""
    parts = _ALTERNATIVES.split(entry)
    return ["".join(words) for words in product(*(part.split("|") for part in parts))]


def words_of(phrase: str) -> list[str]:
    """The words of a phrase, as compiled code reads them: runs of letters, or one character."""
    kinds, folds = characters()
    words: list[str] = []
    inside = False
    for character in phrase:
        code = ord(character)
        kind = kinds[code] if code < BMP else 0
        if kind == HAN_LETTER or (kind == LETTER and not inside):
            words.append("")
        inside = kind == LETTER
        if kind in (LETTER, HAN_LETTER):
            words[-1] += chr(folds[code])
    return words


def _chain(phrase: str) -> list[int]:
    """The keys of a phrase's beginnings, the whole phrase last."""
    keys = []
    key = 0
    for word in words_of(phrase):
        value = FNV_START
        for character in word:
            value = (value ^ ord(character)) * FNV_PRIME & _MASK
        key = value ^ (key * _MIX & _MASK)
        keys.append(key)
    return keys


@lean
def begins_none(key, values):  # type: ignore[no-untyped-def]
    """Whether certainly no phrase begins with a word: so for nine words in ten."""
    slot = (key * np.uint64(_MIX) >> np.uint64(40)) & np.uint64(len(values) - 1)
    return values[slot] == MISSING


@lean
def find_phrase(hashes, at, end, keys, values):  # type: ignore[no-untyped-def]
    """The classes of the longest phrase that begins at word ``at``, and its length in words."""
    mask = np.uint64(len(keys) - 1)
    key = np.uint64(0)
    best = 0
    length = 0
    for i in range(at, end):
        key = hashes[i] ^ (key * np.uint64(_MIX))
        slot = (key * np.uint64(_MIX) >> np.uint64(40)) & mask
        while values[slot] != MISSING and keys[slot] != key:
            slot = (slot + np.uint64(1)) & mask
        value = values[slot]
        if value == MISSING:
            break
        if value & _KNOWN:
            best = value
            length = i + 1 - at
        if not value & _MORE:
            break
    return best & (_MORE - 1), length
