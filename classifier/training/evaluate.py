"""How good a model is: per frame and language, with intervals, beside its dictionary."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.encoders.make import cues_of
from classifier.errors import LabelError
from classifier.labels.label_set import LabelSet
from classifier.model.frame_model import FrameModel

_BOOTSTRAPS = 1000
_BINS = 10
_CONFUSIONS = 10

Flags = NDArray[np.bool_]
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class FrameFigures:
    """Figures of one frame, or of one frame in one language.

    Intervals are 95 %: Wilson (1927) for precision and recall, a cluster bootstrap over
    groups for F1. ``average_precision`` and the calibration error (Naeini et al. 2015, ten
    bins of equal width) do not depend on the threshold. NaN: nothing to measure.
    """

    support: int
    flagged: int
    precision: float
    precision_interval: Interval
    recall: float
    recall_interval: Interval
    f1: float
    f1_interval: Interval
    average_precision: float
    calibration_error: float
    dictionary_f1: float


@dataclass(frozen=True, slots=True)
class Confusion:
    """One sentence a model got wrong, with the probability that misled it."""

    id: str
    lang: str
    frame: str
    kind: str
    probability: float
    text: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All figures of a model on a label set.

    ``languages`` maps a language to its figures per frame; ``macro`` and ``micro`` hold
    precision, recall, F1 and the dictionary's F1 over the frames that occur.
    """

    labels: str
    sha256: str
    sentences: int
    frames: dict[str, FrameFigures]
    languages: dict[str, dict[str, FrameFigures]]
    macro: dict[str, float]
    micro: dict[str, float]
    confusions: tuple[Confusion, ...]

    def to_dict(self) -> dict[str, Any]:
        """The figures as plain values; NaN becomes None, the confusions stay out."""
        values = asdict(self)
        del values["confusions"]
        cleaned: dict[str, Any] = _plain(values)
        return cleaned


def evaluate(model: FrameModel, label_set: LabelSet) -> Evaluation:
    """Measure a model on labelled sentences it has not been trained on.

    Raises:
        LabelError: the label set names a frame that the model does not have.
    """
    unknown = {frame for label in label_set for frame in label.frames} - set(model.frames)
    if unknown:
        raise LabelError(
            f"{label_set.origin}: the model has no frame {', '.join(sorted(unknown))}; "
            f"it has {', '.join(model.frames)}"
        )
    texts, langs = label_set.texts, label_set.langs
    dictionary = cues_of(model.encoder, model.codebook).dictionary(texts, langs)
    return measure(
        label_set, model.frames, model.predict_proba(texts, langs), model.thresholds, dictionary
    )


def measure(
    label_set: LabelSet,
    frames: Sequence[str],
    probabilities: NDArray[np.float64],
    thresholds: NDArray[np.float64],
    dictionary: Flags,
    seed: int = 0,
) -> Evaluation:
    """Figures from probabilities: (n_labels, n_frames), whoever computed them."""
    targets = label_set.targets(frames)
    flags = probabilities >= thresholds
    groups = np.unique(label_set.groups, return_inverse=True)[1]
    langs = np.array([lang or "unknown" for lang in label_set.langs])
    whole = np.ones(len(label_set), dtype=bool)

    def figures(rows: Flags) -> dict[str, FrameFigures]:
        return {
            frame: _figures(
                targets[rows, i],
                flags[rows, i],
                probabilities[rows, i],
                dictionary[rows, i],
                groups[rows],
                seed,
            )
            for i, frame in enumerate(frames)
        }

    by_frame = figures(whole)
    return Evaluation(
        labels=label_set.origin,
        sha256=label_set.sha256,
        sentences=len(label_set),
        frames=by_frame,
        languages={str(lang): figures(langs == lang) for lang in np.unique(langs)},
        macro=_macro(by_frame),
        micro=_micro(targets, flags, dictionary),
        confusions=_confusions(label_set, frames, targets, flags, probabilities),
    )


def _figures(
    target: Flags,
    flag: Flags,
    probability: NDArray[np.float64],
    dictionary: Flags,
    groups: NDArray[np.int64],
    seed: int,
) -> FrameFigures:
    from sklearn.metrics import average_precision_score

    hits = int((target & flag).sum())
    support, flagged = int(target.sum()), int(flag.sum())
    return FrameFigures(
        support=support,
        flagged=flagged,
        precision=_ratio(hits, flagged),
        precision_interval=wilson_interval(hits, flagged),
        recall=_ratio(hits, support),
        recall_interval=wilson_interval(hits, support),
        f1=_f1(target, flag),
        f1_interval=bootstrap_f1_interval(target, flag, groups, seed),
        average_precision=float(average_precision_score(target, probability))
        if support
        else np.nan,
        calibration_error=calibration_error(target, probability),
        dictionary_f1=_f1(target, dictionary),
    )


def wilson_interval(hits: float, of: float) -> Interval:
    """The 95 % Wilson score interval of a share (Wilson 1927); (0, 1) of nothing."""
    if not of:
        return 0.0, 1.0
    z = 1.959963984540054
    share = hits / of
    centre = share + z * z / (2 * of)
    reach = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return max(0.0, (centre - reach) / scale), min(1.0, (centre + reach) / scale)


def bootstrap_f1_interval(
    target: Flags, flag: Flags, groups: NDArray[np.int64], seed: int = 0
) -> Interval:
    """The 95 % percentile interval of F1 when whole groups are drawn again.

    Cluster bootstrap (Field and Welsh 2007), 1,000 draws; (0, 1) when nothing is to be found.
    """
    if not target.any():
        return 0.0, 1.0
    members = np.unique(groups, return_inverse=True)[1]
    hits = np.bincount(members, weights=target & flag)
    found = np.bincount(members, weights=target) + np.bincount(members, weights=flag)
    keep = np.flatnonzero(found)
    draws = np.random.default_rng(seed).multinomial(
        len(hits), np.full(len(hits), 1 / len(hits)), size=_BOOTSTRAPS
    )[:, keep]
    totals = draws @ found[keep]
    scores = np.divide(
        2 * (draws @ hits[keep]), totals, out=np.zeros(_BOOTSTRAPS), where=totals > 0
    )
    low, high = np.quantile(scores, [0.025, 0.975])
    return float(low), float(high)


def calibration_error(target: Flags, probability: NDArray[np.float64]) -> float:
    """Expected calibration error over ten bins of equal width (Naeini et al. 2015)."""
    if not len(target):
        return float("nan")
    bins = np.minimum((probability * _BINS).astype(int), _BINS - 1)
    gaps = np.bincount(bins, weights=probability - target, minlength=_BINS)
    return float(np.abs(gaps).sum() / len(target))


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _f1(target: Flags, flag: Flags) -> float:
    total = int(target.sum() + flag.sum())
    return _ratio(2 * int((target & flag).sum()), total)


def _macro(figures: dict[str, FrameFigures]) -> dict[str, float]:
    present = [figure for figure in figures.values() if figure.support]

    def mean(name: str) -> float:
        values = np.array([getattr(figure, name) for figure in present])
        return float(np.nan_to_num(values).mean()) if len(values) else float("nan")

    return {name: mean(name) for name in ("precision", "recall", "f1", "dictionary_f1")} | {
        "average_precision": mean("average_precision"),
        "calibration_error": mean("calibration_error"),
    }


def _micro(targets: Flags, flags: Flags, dictionary: Flags) -> dict[str, float]:
    hits = int((targets & flags).sum())
    return {
        "precision": _ratio(hits, int(flags.sum())),
        "recall": _ratio(hits, int(targets.sum())),
        "f1": _f1(targets.ravel(), flags.ravel()),
        "dictionary_f1": _f1(targets.ravel(), dictionary.ravel()),
    }


def _confusions(
    label_set: LabelSet,
    frames: Sequence[str],
    targets: Flags,
    flags: Flags,
    probabilities: NDArray[np.float64],
) -> tuple[Confusion, ...]:
    """The most confident errors of every frame, false alarms and misses."""
    found = []
    for i, frame in enumerate(frames):
        for kind, wrong, sign in (
            ("false alarm", flags[:, i] & ~targets[:, i], -1),
            ("miss", targets[:, i] & ~flags[:, i], 1),
        ):
            rows = np.flatnonzero(wrong)
            order = np.argsort(sign * probabilities[rows, i], kind="stable")
            for row in rows[order][:_CONFUSIONS]:
                label = label_set.labels[row]
                probability = round(float(probabilities[row, i]), 4)
                found.append(Confusion(label.id, label.lang, frame, kind, probability, label.text))
    return tuple(found)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float):
        return None if np.isnan(value) else round(value, 4)
    return value
