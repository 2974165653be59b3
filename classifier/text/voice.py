"""Who speaks a sentence: the author, somebody reported, or somebody quoted.

As the codebook's section "voice" defines it, for German, English, Chinese, Russian, Spanish and
French; in other languages only quotation marks are heard. One compiled pass over an article
tells the voices; speakers are looked for only where they are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from classifier.text.article import Sentence
from classifier.text.language import detect_language, language_code
from classifier.text.passages import code_points
from classifier.text.speech.hearing import hear
from classifier.text.speech.quotation import characters
from classifier.text.speech.speakers import Speaker, Speech, find_speakers
from classifier.text.speech.speech_words import speech_words

Voice = Literal["author", "reported", "quoted"]
VOICES: tuple[Voice, ...] = ("author", "reported", "quoted")


@dataclass(frozen=True, slots=True)
class SentenceVoice:
    """The voice of a sentence; the speaker is None for the author and where nobody is named."""

    voice: Voice
    speaker: Speaker | None = None


def voices(text: str, sentences: Sequence[Sentence], lang: str | None) -> list[SentenceVoice]:
    """The voice and the speaker of every sentence of an article.

    Args:
        text: the whole article; offsets count its code points.
        sentences: its sentences, in order.
        lang: an ISO 639-1 code, or None to have the language told from the text.
    """
    speech = hear_article(text, sentences, lang)
    heard = np.flatnonzero(speech.voices)
    speakers = dict(zip(heard.tolist(), find_speakers(speech, heard.tolist()), strict=True))
    return [
        SentenceVoice(VOICES[voice], speakers.get(index))
        for index, voice in enumerate(speech.voices.tolist())
    ]


def hear_article(text: str, sentences: Sequence[Sentence], lang: str | None) -> Speech:
    """The voices of an article's sentences, without the speakers (:func:`find_speakers`)."""
    starts = np.fromiter((s.start for s in sentences), np.int64, len(sentences))
    ends = np.fromiter((s.end for s in sentences), np.int64, len(sentences))
    return hear_spans(text, code_points(text), starts, ends, lang)


def hear_spans(
    text: str,
    codes: NDArray[np.uint32],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    lang: str | None,
) -> Speech:
    """The same from arrays: where each sentence starts and ends (int64, ascending, none empty).

    ``codes`` are the text's :func:`~classifier.text.passages.code_points`.
    """
    lang = language_code(lang or (detect_language(text) if len(starts) else "") or "")
    kinds, folds = characters()
    words = speech_words(lang)
    count = len(starts)
    heard = np.empty(count, dtype=np.int8)
    markers = np.zeros((count, 3), dtype=np.int64)
    quotation_of = np.empty(count, dtype=np.int64)
    spans = hear(
        codes, starts, ends, kinds, folds, words.keys, words.values,
        lang == "zh", lang == "de", heard, markers, quotation_of,
    )  # fmt: skip
    return Speech(text, lang, starts, ends, heard, markers, quotation_of, spans)
