"""Shares of articles and of sentences, with intervals, from sums that add up in one pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.training.evaluate import Interval, wilson_interval


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``of``, with a 95 % interval; of nothing, the share is 0 and holds nothing."""

    hits: int
    of: int
    interval: Interval

    @property
    def value(self) -> float:
        """The share itself."""
        return self.hits / self.of if self.of else 0.0


class Sums:
    """Sums over articles for n frames: enough for every share and interval of a group of them.

    ``articles``, ``sentences`` (judged ones) and ``squares`` (of sentences) are numbers;
    ``framed`` (articles with the frame), ``flagged`` (sentences), ``flagged_squares`` and
    ``products`` (flagged times sentences) are (n_frames,).
    """

    def __init__(self, n_frames: int) -> None:
        self.articles = self.sentences = self.squares = 0
        self._by_frame = np.zeros((4, n_frames), dtype=np.int64)

    def add(self, sentences: int, flagged: NDArray[np.int64]) -> None:
        """Count one article in: its judged sentences, and how many carry each frame."""
        self.articles += 1
        self.sentences += sentences
        self.squares += sentences * sentences
        self._by_frame += np.stack([flagged > 0, flagged, flagged * flagged, flagged * sentences])

    def add_all(self, other: Sums) -> None:
        """Count the articles of another group in."""
        self.articles += other.articles
        self.sentences += other.sentences
        self.squares += other.squares
        self._by_frame += other._by_frame

    def of_articles(self, frame: int) -> Share:
        """The share of articles with at least one sentence in the frame; Wilson (1927)."""
        hits = int(self._by_frame[0, frame])
        return Share(hits, self.articles, wilson_interval(hits, self.articles))

    def of_sentences(self, frame: int, whole: Sums) -> Share:
        """The share of sentences in the frame, when whole articles are drawn, not sentences.

        Wilson's interval with the effective number of sentences: the number divided by
        the design effect (Kish 1965; Franco et al. 2019). The design effect is the variance of
        the ratio over articles by that of independent sentences, at least 1; where fewer
        than two articles carry the frame, that of ``whole``, all articles, is taken.
        """
        hits = int(self._by_frame[1, frame])
        few = self._by_frame[0, frame] < 2 or self.articles < 2
        effect = (whole if few else self).design_effect(frame)
        interval = wilson_interval(hits / effect, self.sentences / effect)
        return Share(hits, self.sentences, interval)

    def design_effect(self, frame: int) -> float:
        """How many times larger the variance is than with independent sentences; at least 1.

        Without a flagged sentence: the sentences of a mean article, as if they were all alike.
        """
        _, hits, squares, products = (int(value) for value in self._by_frame[:, frame])
        n, total = self.articles, self.sentences
        if hits in {0, total} or n < 2:
            return max(1.0, total / n) if n else 1.0
        share = hits / total
        spread = squares - 2 * share * products + share * share * self.squares
        variance = n / (n - 1) * spread / (total * total)
        return max(1.0, variance * total / (share * (1 - share)))
