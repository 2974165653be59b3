"""From margins to probabilities, and from probabilities to decisions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.model.head import Margins


@dataclass(frozen=True, slots=True)
class Calibration:
    """Platt scaling per frame: ``probability = 1 / (1 + exp(-(slope * margin + offset)))``.

    ``slopes`` and ``offsets`` are (n_frames,) float64.
    """

    slopes: NDArray[np.float64]
    offsets: NDArray[np.float64]

    def probabilities(self, margins: Margins) -> NDArray[np.float64]:
        """Calibrated probabilities: (n_rows, n_frames)."""
        logits = margins * self.slopes + self.offsets
        result: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-np.clip(logits, -30.0, 30.0)))
        return result


def fit_calibration(margins: Margins, targets: NDArray[np.bool_]) -> Calibration:
    """Fit Platt scaling from out-of-fold margins (Platt 1999).

    Args:
        margins: (n_rows, n_frames), from heads that did not see the row.
        targets: (n_rows, n_frames).
    """
    from sklearn.linear_model import LogisticRegression

    n_frames = targets.shape[1]
    slopes, offsets = np.ones(n_frames), np.zeros(n_frames)
    for frame in range(n_frames):
        if 0 < targets[:, frame].sum() < len(targets):
            platt = LogisticRegression(C=1e4).fit(margins[:, [frame]], targets[:, frame])
            slopes[frame], offsets[frame] = platt.coef_[0, 0], platt.intercept_[0]
    return Calibration(slopes, offsets)
