"""One normal form of text, the same at training and at scoring.

Character by character: compatibility forms (NFKC), one kind of quotation mark, no soft
hyphens or accents of stress, traditional Chinese characters read as simplified ones. Words
are runs of letters and digits, case folded; every Chinese character is a word of its own.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files
from itertools import pairwise

CAPITALS = "^"
QUOTE = '"'

_QUOTES = frozenset('"„“”‟«»‹›「」『』〝〞＂‚‘‛❝❞')
_JOINING = (range(0x1100, 0x1200), range(0x16D63, 0x16D6B))  # letters that join, not marks
_DROPPED = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff\u0301")
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
HAN = re.compile(f"[{_HAN}]")
_WORD = re.compile(rf'"|(?<![^\W_])(?:[^\W\d_{_HAN}]\.){{2,}}|[{_HAN}]|[^\W_{_HAN}]+')


@cache
def _variants() -> dict[str, str]:
    lines = files("classifier.text").joinpath("simplified.txt").read_text(encoding="utf-8")
    return {pair[0]: pair[1] for pair in lines.split()} | {"ё": "е", "Ё": "Е"}


def fold_character(character: str) -> str:
    """What a character becomes: usually one, none if it is dropped, several if it is a ligature."""
    if character in _QUOTES:
        return QUOTE
    if character in _DROPPED:
        return ""
    variants = _variants()
    return "".join(variants.get(c, c) for c in unicodedata.normalize("NFKC", character))


def folds_otherwise(character: str) -> bool:
    """Whether :func:`fold_character` changes a letter or digit."""
    return character in _variants() or not unicodedata.is_normalized("NFKC", character)


class _Folds(dict[int, str]):
    """For ``str.translate``: every character is folded when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = fold_character(chr(code))
        return folded


_FOLDS = _Folds()


def compose(text: str) -> str:
    """The text in NFC: letters and their accents as one character."""
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return text
    return unicodedata.normalize("NFC", text)


def may_join(character: str) -> bool:
    """Whether NFC may make it one with the character before it, or writes it otherwise."""
    return (
        unicodedata.category(character).startswith("M")
        or any(ord(character) in letters for letters in _JOINING)
        or not unicodedata.is_normalized("NFC", character)
    )


def composed_places(text: str) -> list[tuple[int, int]]:
    """Where in a text each character of :func:`compose` comes from: (start, end)."""
    composed = compose(text)
    if composed == text:
        return [(place, place + 1) for place in range(len(text))]
    begins = [0, *(i for i in range(1, len(text)) if not may_join(text[i])), len(text)]
    places: list[tuple[int, int]] = []
    for start, end in pairwise(begins):
        piece = unicodedata.normalize("NFC", text[start:end])
        if piece == text[start:end]:
            places += [(place, place + 1) for place in range(start, end)]
        else:
            places += [(start, end)] * len(piece)
    return places


def normal_words(text: str) -> list[str]:
    """The words of a text in normal form.

    A word written in capitals carries a trailing ``^``; quotation marks are kept as ``"``.
    """
    words = []
    for found in _WORD.findall(compose(text).translate(_FOLDS)):
        for word in _without_stops(found) if "." in found else (found,):
            folded = word.casefold()
            words.append(folded + CAPITALS if len(folded) > 1 and word.isupper() else folded)
    return words


def _without_stops(word: str) -> list[str]:
    """An abbreviation such as "U.S." as one word, unless a letter of it folds into several."""
    letters = word.split(".")[:-1]
    return letters if any(len(c.casefold()) > 1 for c in letters) else ["".join(letters)]


def plain_words(text: str) -> list[str]:
    """The words of a text in normal form, without capitals and quotation marks."""
    return [word.rstrip(CAPITALS) for word in normal_words(text) if word != QUOTE]
