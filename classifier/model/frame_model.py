"""A trained model: an encoder, one head and one threshold per frame. It knows no file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.codebook import Codebook
from classifier.encoders.encoder import Encoder
from classifier.model.calibration import Calibration
from classifier.model.head import Heads

_BATCH = 2048


@dataclass(frozen=True, slots=True)
class FrameModel:
    """Probabilities and decisions for the frames of a codebook.

    ``thresholds`` is (n_frames,) float64; ``facts`` holds what made the model: the label
    set's hash and languages, library versions, seed, options and held-out figures.
    """

    name: str
    version: str
    codebook: Codebook
    encoder: Encoder
    heads: Heads
    calibration: Calibration
    thresholds: NDArray[np.float64]
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
            TypeError: ``texts`` is one string instead of a sequence of them.
        """
        if isinstance(texts, str):
            raise TypeError("predict_proba takes a list of sentences, not one string")
        parts = [np.zeros((0, len(self.frames)))]
        for start in range(0, len(texts), _BATCH):
            rows = slice(start, start + _BATCH)
            some = langs[rows] if langs else None
            margins = self.encoder.margins(texts[rows], some, self.heads.weights)
            parts.append(self.calibration.probabilities(margins + self.heads.intercepts))
        return np.concatenate(parts)

    def flag(self, probabilities: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which probabilities reach their frame's threshold: booleans of the same shape."""
        reached: NDArray[np.bool_] = probabilities >= self.thresholds
        return reached
