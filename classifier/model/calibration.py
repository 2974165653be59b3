"""From margins to probabilities, and from probabilities to decisions."""

from __future__ import annotations

from dataclasses import dataclass, replace

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

    def at_priors(self, old: NDArray[np.float64], new: NDArray[np.float64]) -> Calibration:
        """The same evidence where frames are rarer or more common: logits move by the odds."""
        return replace(self, offsets=self.offsets + _logit(new) - _logit(old))


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


def estimate_priors(
    probabilities: NDArray[np.float64],
    priors: NDArray[np.float64],
    counts: NDArray[np.float64] | None = None,
    rounds: int = 200,
) -> NDArray[np.float64]:
    """How common each frame is in unlabelled sentences (Saerens et al. 2002).

    Expectation maximisation: the mean of the probabilities, corrected for the prior it
    implies, until it stays. It is not followed below a tenth of the prior: evidence that was
    calibrated on near misses understates how sure a clear case is, and a rare frame would be
    estimated away.

    Args:
        probabilities: (n_sentences, n_frames), calibrated for ``priors``.
        priors: (n_frames,).
        counts: how many sentences each row stands for, frame by frame: the shape of
            ``probabilities``; one each without it.

    Returns:
        The new priors, (n_frames,).
    """
    new = priors.copy()
    for _ in range(rounds):
        moved = shifted(probabilities, priors, new)
        last, new = new, np.maximum(np.average(moved, axis=0, weights=counts), priors / 10)
        if np.abs(new - last).max() < 1e-7:
            break
    return new


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What happens at one threshold on sentences the heads did not see.

    ``recall`` of framed sentences are flagged, and ``false_alarms`` of the others.
    """

    threshold: float
    recall: float
    false_alarms: float

    def precision(self, prior: float) -> float:
        """The share of flags that are right where a frame is as common as ``prior``."""
        right = prior * self.recall
        wrong = (1 - prior) * self.false_alarms
        return right / (right + wrong) if right + wrong else 0.0

    def f1(self, prior: float) -> float:
        """The F1 to expect where a frame is as common as ``prior``."""
        precision = self.precision(prior)
        return 2 * precision * self.recall / (precision + self.recall)


def best_threshold(points: tuple[OperatingPoint, ...], prior: float) -> float:
    """The threshold nearest 0.5 of those whose F1, expected at the prior, is best or nearly so.

    Nearly: within 0.01, far less than such an estimate can be trusted. Tuned on the label set
    as it lies, where every second sentence is framed, it would come out far too low.
    """
    best = max(point.f1(prior) for point in points)
    good = [point.threshold for point in points if point.f1(prior) > best - 0.01]
    return min(good, key=lambda threshold: abs(threshold - 0.5))


def operating_points(
    probabilities: NDArray[np.float64], target: NDArray[np.bool_]
) -> tuple[OperatingPoint, ...]:
    """What thresholds from 0.05 to 0.99 give, for one frame: both arrays are (n_rows,).

    Shares are smoothed by half a sentence, so that none looks free of error.
    """
    positives, negatives = int(target.sum()), int((~target).sum())
    points = []
    for threshold in (*np.arange(0.05, 0.96, 0.05).round(2).tolist(), 0.97, 0.98, 0.99):
        flags = probabilities >= threshold
        recall = (int(flags[target].sum()) + 0.5) / (positives + 1)
        false_alarms = (int(flags[~target].sum()) + 0.5) / (negatives + 1)
        points.append(OperatingPoint(threshold, round(recall, 5), round(false_alarms, 6)))
    return tuple(points)


def shifted(
    probabilities: NDArray[np.float64], old: NDArray[np.float64], new: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Probabilities (or thresholds) calibrated for one prior, as they are for another."""
    logits = _logit(np.clip(probabilities, 1e-12, 1 - 1e-12)) + _logit(new) - _logit(old)
    result: NDArray[np.float64] = 1 / (1 + np.exp(-logits))
    return result


def _logit(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = np.log(probability / (1 - probability))
    return result
