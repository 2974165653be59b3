"""A trained model: an encoder, one head and one threshold per frame. It knows no file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.codebook import Codebook
from classifier.encoders.encoder import Encoder
from classifier.errors import ModelError
from classifier.model.calibration import Calibration, OperatingPoint
from classifier.model.explanation import Explanation, FrameExplanation, contributions
from classifier.model.head import Heads

_BATCH = 2048
_FEWEST_KNOWN_WORDS = 0.2  # one real sentence in a hundred knows fewer than 0.25 to 0.88


@dataclass(frozen=True, slots=True)
class FrameModel:
    """Probabilities and decisions for the frames of a codebook.

    ``thresholds`` and ``priors`` are (n_frames,) float64: probabilities hold where a frame
    is as common as its prior. ``operating`` says per frame what other thresholds give.
    ``facts`` holds what made the model: the label set's hash and languages, library
    versions, seed, options and held-out figures.
    """

    name: str
    version: str
    codebook: Codebook
    encoder: Encoder
    heads: Heads
    calibration: Calibration
    thresholds: NDArray[np.float64]
    priors: NDArray[np.float64]
    operating: tuple[tuple[OperatingPoint, ...], ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def frames(self) -> tuple[str, ...]:
        """The frame names, in the order of every probability array."""
        return self.codebook.frame_names

    def predict_proba(
        self, texts: Sequence[str], langs: Sequence[str | None] | None = None
    ) -> NDArray[np.float64]:
        """The probability of every frame in every sentence: (n_texts, n_frames).

        Args:
            texts: sentences.
            langs: their languages as ISO 639-1 codes, None where unknown; then the cues of
                all languages are tried.

        Raises:
            TypeError: ``texts`` or ``langs`` is one string instead of a sequence of them.
            ValueError: there are not as many languages as sentences.
        """
        return self.judge(texts, langs)[0]

    def judge(
        self, texts: Sequence[str], langs: Sequence[str | None] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Probabilities, (n_texts, n_frames), and which sentences it is unsure of, (n_texts,).

        Unsure: in a language the model was never shown, or with hardly any word it knows.
        """
        if isinstance(texts, str) or isinstance(langs, str):
            raise TypeError("expected a list of sentences (and of languages), not one string")
        if langs is not None and len(langs) != len(texts):
            raise ValueError(f"{len(langs)} languages for {len(texts)} sentences; expected as many")
        probabilities = [np.zeros((0, len(self.frames)))]
        unsure = [np.zeros(0, dtype=bool)]
        for start in range(0, len(texts), _BATCH):
            rows = slice(start, start + _BATCH)
            some = None if langs is None else list(langs[rows])
            margins, known = self.encoder.margins(texts[rows], some, self.heads.weights)
            probabilities.append(self.calibration.probabilities(margins + self.heads.intercepts))
            unsure.append((known < _FEWEST_KNOWN_WORDS) | self._foreign(some, len(known)))
        return np.concatenate(probabilities), np.concatenate(unsure)

    def explain(self, text: str, lang: str | None = None) -> Explanation:
        """What in a sentence spoke for and against every frame, with its places.

        Exact for linear heads on features that can be traced: they add up to the margin.
        For other encoders by leaving out each word in turn.
        """
        probabilities, unsure = self.judge([text], [lang])
        margins = self.encoder.margins([text], [lang], self.heads.weights)[0]
        margins = margins[0] + self.heads.intercepts
        found, exact = contributions(self.encoder, self.heads, text, lang)
        frames = tuple(
            FrameExplanation(
                frame,
                float(margins[i]),
                float(probabilities[0, i]),
                float(self.thresholds[i]),
                float(self.heads.intercepts[i]),
                tuple(found[i]),
            )
            for i, frame in enumerate(self.frames)
        )
        return Explanation(text, lang, exact, bool(unsure[0]), frames)

    def _foreign(self, langs: Sequence[str | None] | None, n: int) -> NDArray[np.bool_]:
        known = self.languages
        if not langs or not known:
            return np.zeros(n, dtype=bool)
        return np.array([lang is not None and lang not in known for lang in langs])

    @property
    def languages(self) -> frozenset[str]:
        """The languages of the sentences it learned from."""
        return frozenset(self.facts.get("labels", {}).get("languages", ()))

    def at_priors(self, priors: NDArray[np.float64]) -> FrameModel:
        """The same model for texts where the frames are as common as ``priors``, (n_frames,)."""
        calibration = self.calibration.at_priors(self.priors, priors)
        return replace(self, calibration=calibration, priors=priors)

    def at_precision(self, precision: float) -> FrameModel:
        """The same model with the lowest thresholds that keep so many flags right.

        What a threshold gives was measured out of fold on the label set, and is reckoned for
        the model's priors.

        Raises:
            ModelError: no threshold of some frame reaches it; the message says what can be had.
        """
        thresholds, short = [], []
        for frame, prior, points in zip(self.frames, self.priors, self.operating, strict=True):
            reached = [point for point in points if point.precision(prior) >= precision]
            if reached:
                thresholds.append(reached[0].threshold)
            else:
                best = max(point.precision(prior) for point in points)
                short.append(f"{frame} {best:.2f}")
        if short:
            raise ModelError(
                f"a precision of {precision:.2f} cannot be had from every frame; "
                f"the most there is: {', '.join(short)}"
            )
        return replace(self, thresholds=np.array(thresholds))

    def flag(self, probabilities: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which probabilities reach their frame's threshold: booleans of the same shape."""
        reached: NDArray[np.bool_] = probabilities >= self.thresholds
        return reached
