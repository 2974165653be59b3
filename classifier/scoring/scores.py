"""Scores: a sentence's probabilities, and what they add up to in an article."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from classifier.text.article import Article, Sentence
from classifier.text.speech.speakers import Speaker
from classifier.text.voice import Voice


@dataclass(frozen=True, slots=True)
class SentenceScore:
    """One scored sentence: its place, its probabilities by frame, and the flagged frames.

    An ``unsure`` one is in a language the model was never shown, or holds hardly any word it
    knows: its probabilities mean little, and no frame is flagged. ``speaker`` is looked for
    where a frame is flagged; None is the author, or somebody who is not safely named.
    ``explanation`` says by flagged frame what spoke for and against it, where it was asked for
    (:meth:`~classifier.model.explanation.Explanation.in_short`).
    """

    sentence: Sentence
    probabilities: dict[str, float]
    frames: tuple[str, ...]
    unsure: bool = False
    voice: Voice = "author"
    speaker: Speaker | None = None
    explanation: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The evidence as plain values; offsets count code points of the article's text."""
        told = {} if self.explanation is None else {"explanation": self.explanation}
        return {
            "start": self.sentence.start,
            "end": self.sentence.end,
            "text": self.sentence.text,
            "frames": list(self.frames),
            "probabilities": self.probabilities,
            "unsure": self.unsure,
            "voice": self.voice,
            "speaker": None if self.speaker is None else asdict(self.speaker),
            **told,
        }


@dataclass(frozen=True, slots=True)
class FrameScore:
    """One frame in one article.

    ``peak`` is the highest probability of a sentence, ``expected`` the sum of all (the
    expected number of framed sentences), ``flagged`` how many reach the threshold, ``share``
    how large a part of all sentences that count that is, and ``voices`` how many of the
    flagged ones each voice speaks.
    """

    peak: float
    expected: float
    flagged: int
    share: float
    voices: Mapping[Voice, int]


@dataclass(frozen=True, slots=True)
class ArticleScore:
    """One scored article: every frame's figures, and every sentence's score."""

    article: Article
    lang: str | None
    model: str
    version: str
    frames: dict[str, FrameScore]
    sentences: tuple[SentenceScore, ...]

    @property
    def evidence(self) -> tuple[SentenceScore, ...]:
        """The sentences that carry a frame, in their order."""
        return tuple(score for score in self.sentences if score.frames)

    @property
    def unsure(self) -> int:
        """How many sentences the model had no ground to judge; no figure counts them in."""
        return sum(score.unsure for score in self.sentences)

    def to_dict(self, *, all_sentences: bool = False) -> dict[str, Any]:
        """The record that is written: plain values, evidence only unless all are asked for."""
        article = self.article
        kept = self.sentences if all_sentences else self.evidence
        return {
            "id": article.id,
            "origin": article.origin,
            "title": article.title,
            "date": article.date,
            "outlet": article.outlet,
            "lang": self.lang,
            "sha256": article.sha256,
            "model": {"name": self.model, "version": self.version},
            "sentences": len(self.sentences),
            "unsure": self.unsure,
            "frames": {
                name: {
                    "peak": score.peak,
                    "expected": score.expected,
                    "flagged": score.flagged,
                    "share": score.share,
                    **score.voices,
                }
                for name, score in self.frames.items()
            },
            "evidence": [score.to_dict() for score in kept],
        }
