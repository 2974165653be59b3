"""One normal form of text, the same at training and at scoring.

NFKC, case folding, one kind of quotation mark, no soft hyphens, traditional Chinese
characters read as simplified ones. Words are runs of letters and digits; every Chinese
character is a word of its own.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

CAPITALS = "^"
QUOTE = '"'

_QUOTES = dict.fromkeys(map(ord, "„“”‟«»‹›「」『』〝〞＂‚‘‛❝❞"), QUOTE)
_DROPPED = dict.fromkeys([0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x0301])
_FOLDED = {ord("ё"): "е", ord("Ё"): "Е"}
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf'"|(?<!\w)(?:[^\W\d_]\.){{2,}}|[{_HAN}]|[^\W_{_HAN}]+')
HAN = re.compile(f"[{_HAN}]")


@cache
def _table() -> dict[int, str | None]:
    from importlib.resources import files

    lines = files("classifier.text").joinpath("simplified.txt").read_text(encoding="utf-8")
    simplified = {ord(line[0]): line[1] for line in lines.split()}
    return {**_QUOTES, **_DROPPED, **_FOLDED, **simplified}


def fold(text: str) -> str:
    """The text in NFKC with quotation marks, soft hyphens and Chinese variants folded."""
    return unicodedata.normalize("NFKC", text.translate(_table()))


def normal_words(text: str) -> list[str]:
    """The words of a text in normal form.

    A word written in capitals carries a trailing ``^``; quotation marks are kept as ``"``.
    """
    words = []
    for found in _WORD.findall(fold(text)):
        word = found.replace(".", "") if "." in found else found
        folded = word.casefold()
        words.append(folded + CAPITALS if len(word) > 1 and word.isupper() else folded)
    return words


def plain_words(text: str) -> list[str]:
    """The words of a text in normal form, without capitals and quotation marks."""
    return [word.rstrip(CAPITALS) for word in normal_words(text) if word != QUOTE]
