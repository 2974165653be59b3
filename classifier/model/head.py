"""One regularised linear head per frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Margins = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Heads:
    """The linear heads of all frames.

    ``weights`` is (n_frames, n_features) float32, ``intercepts`` (n_frames,) float64.
    """

    weights: NDArray[np.float32]
    intercepts: NDArray[np.float64]

    def margins(self, features: csr_matrix) -> Margins:
        """Signed distances from every head's boundary: (n_rows, n_frames)."""
        return np.asarray(features @ self.weights.T.astype(np.float64)) + self.intercepts


def fit_heads(
    features: csr_matrix, targets: NDArray[np.bool_], regularisation: float, seed: int
) -> Heads:
    """Fit one L2-regularised logistic regression per frame (liblinear, Fan et al. 2008).

    Args:
        features: (n_rows, n_features).
        targets: (n_rows, n_frames); a frame without positives gets a head that says no.
        regularisation: liblinear's C; larger trusts the rows more.
        seed: of the coordinate descent.
    """
    from sklearn.linear_model import LogisticRegression

    n_frames = targets.shape[1]
    weights = np.zeros((n_frames, features.shape[1]), dtype=np.float32)
    intercepts = np.full(n_frames, -10.0)
    for frame in range(n_frames):
        if 0 < targets[:, frame].sum() < len(targets):
            head = LogisticRegression(
                C=regularisation, solver="liblinear", random_state=seed, max_iter=1000, tol=1e-5
            ).fit(features, targets[:, frame])
            weights[frame] = head.coef_[0]
            intercepts[frame] = head.intercept_[0]
    return Heads(weights, intercepts)
