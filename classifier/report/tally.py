"""What articles add up to, in one pass: by outlet, date, language, voice and speaker."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from classifier.report.dates import calendar_date
from classifier.report.records import ScoredArticle
from classifier.report.shares import Sums

UNTOLD = "not told"
_MOST_SPEAKERS = 50_000


@dataclass(slots=True)
class Tally:
    """Counts over articles, none of which is kept.

    What grows is the number of outlets, days, languages and (up to 50,000) speakers, not
    that of articles. ``voices`` counts flagged sentences by (frame, voice), ``speakers``
    by name and ``speaker_frames`` by (name, frame).
    """

    frames: tuple[str, ...]
    whole: Sums = field(init=False)
    outlets: defaultdict[str | None, Sums] = field(init=False)
    dates: defaultdict[str | None, Sums] = field(init=False)
    languages: defaultdict[str | None, Sums] = field(init=False)
    models: Counter[tuple[str, str]] = field(default_factory=Counter)
    voices: Counter[tuple[str, str]] = field(default_factory=Counter)
    speakers: Counter[str] = field(default_factory=Counter)
    speaker_frames: Counter[tuple[str, str]] = field(default_factory=Counter)
    framed: int = 0
    unsure: int = 0
    flagged: int = 0
    whole_texts: int = 0

    def __post_init__(self) -> None:
        nothing = partial(Sums, len(self.frames))
        self.whole = nothing()
        self.outlets = defaultdict(nothing)
        self.dates = defaultdict(nothing)
        self.languages = defaultdict(nothing)

    def add(self, article: ScoredArticle, whole_text: bool) -> None:
        """Count one article in; ``whole_text`` when all of its sentences are recorded."""
        flagged = np.array([article.frames[name].flagged for name in self.frames])
        judged = article.sentences - article.unsure
        groups = (
            self.whole,
            self.outlets[article.outlet],
            self.dates[calendar_date(article.date)],
            self.languages[article.lang],
        )
        for sums in groups:
            sums.add(judged, flagged)
        self.models[article.model] += 1
        self.framed += bool(flagged.any())
        self.unsure += article.unsure
        self.flagged += len(article.flagged)
        self.whole_texts += whole_text
        self._add_voices(article)

    def _add_voices(self, article: ScoredArticle) -> None:
        for sentence in article.flagged:
            speaker = sentence.speaker and " ".join(sentence.speaker.split())
            if speaker:
                self.speakers[speaker] += 1
            for name in sentence.frames:
                self.voices[name, sentence.voice or UNTOLD] += 1
                if speaker:
                    self.speaker_frames[speaker, name] += 1
        if len(self.speakers) > 2 * _MOST_SPEAKERS:
            kept = dict(self.speakers.most_common(_MOST_SPEAKERS))
            counts = self.speaker_frames.items()
            self.speakers = Counter(kept)
            self.speaker_frames = Counter({key: n for key, n in counts if key[0] in kept})
