"""Who speaks a sentence: the author, somebody reported, or somebody quoted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from classifier.text.article import Sentence
from classifier.text.language import detect_language, language_code
from classifier.text.quotation import characters
from classifier.text.speech import hear
from classifier.text.speech_words import speech_words

Voice = Literal["author", "reported", "quoted"]
VOICES: tuple[Voice, ...] = ("author", "reported", "quoted")


@dataclass(frozen=True, slots=True)
class Heard:
    voices: NDArray[np.int8]
    markers: NDArray[np.int64]
    spans_of: NDArray[np.int64]
    span_starts: NDArray[np.int64]
    span_stops: NDArray[np.int64]


def listen(text: str, sentences: Sequence[Sentence], lang: str | None) -> Heard:
    firsts = np.array([s.start for s in sentences], dtype=np.int64)
    ends = np.array([s.end for s in sentences], dtype=np.int64)
    lang = language_code(lang or detect_language(text) or "")
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    kinds, folds = characters()
    words = speech_words(lang)
    voices = np.zeros(len(firsts), dtype=np.int8)
    markers = np.zeros((len(firsts), 3), dtype=np.int64)
    spans_of = np.empty(len(firsts), dtype=np.int64)
    starts, stops, _ = hear(
        codes, firsts, ends, kinds, folds, words.keys, words.values,
        lang == "zh", lang == "de", voices, markers, spans_of,
    )  # fmt: skip
    return Heard(voices, markers, spans_of, starts, stops)
