"""Two models in a row: a fast one rules out, a better one judges what is left.

Viola and Jones (2001): most sentences of an archive carry no frame and are cheap to rule out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.codebook import Codebook
from classifier.errors import ModelError
from classifier.model.calibration import shifted
from classifier.model.explanation import Explanation
from classifier.model.frame_model import FrameModel

_FEWEST_FLAGGED = 20
_RECALLS = (0.8, 0.9, 0.95, 0.98, 0.99, 0.995)


@dataclass(slots=True)
class Tally:
    """How many sentences a cascade has seen, and how many it sent on."""

    seen: int = 0
    sent: int = 0

    @property
    def share(self) -> float:
        """The share that was sent on; 0 of nothing."""
        return self.sent / self.seen if self.seen else 0.0


@dataclass(frozen=True, slots=True)
class Cascade:
    """A fast model and a better one with the same frames, used as one model.

    A sentence is sent on to ``second`` where any of ``first``'s probabilities, at
    ``gate_priors``, reaches ``limit``, and where one as it is reaches the threshold: what keeps
    ``first``'s probabilities is never flagged. ``tally`` counts both.
    """

    first: FrameModel
    second: FrameModel
    recall: float
    limit: float
    gate_priors: NDArray[np.float64]
    tally: Tally = field(default_factory=Tally, compare=False)

    @property
    def name(self) -> str:
        """Both names."""
        return f"{self.first.name}>{self.second.name}"

    @property
    def version(self) -> str:
        """Both versions, and the recall that was asked for."""
        return f"{self.first.version}>{self.second.version}@{self.recall:g}"

    @property
    def codebook(self) -> Codebook:
        """The codebook of the second model."""
        return self.second.codebook

    @property
    def encoder(self) -> Any:
        """The encoder of the second model."""
        return self.second.encoder

    @property
    def frames(self) -> tuple[str, ...]:
        """The frame names, in the order of every probability array."""
        return self.second.frames

    @property
    def thresholds(self) -> NDArray[np.float64]:
        """The thresholds of the second model: (n_frames,)."""
        return self.second.thresholds

    @property
    def priors(self) -> NDArray[np.float64]:
        """The priors of the second model: (n_frames,)."""
        return self.second.priors

    @property
    def languages(self) -> frozenset[str]:
        """The languages that both models have learned from."""
        return self.first.languages & self.second.languages

    def predict_proba(
        self, texts: Sequence[str], langs: Sequence[str | None] | None = None
    ) -> NDArray[np.float64]:
        """The probability of every frame in every sentence, as ``FrameModel`` gives it."""
        return self.judge(texts, langs)[0]

    def judge(
        self, texts: Sequence[str], langs: Sequence[str | None] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Probabilities, (n_texts, n_frames), and which sentences it is unsure of, (n_texts,)."""
        probabilities, unsure = self.first.judge(texts, langs)
        at_gate = shifted(probabilities, self.first.priors, self.gate_priors)
        doubtful = (at_gate >= self.limit) | (probabilities >= self.second.thresholds)
        sent = np.flatnonzero(doubtful.any(axis=1)).tolist()
        self.tally.seen += len(texts)
        self.tally.sent += len(sent)
        if sent:
            some = None if langs is None else [langs[row] for row in sent]
            probabilities[sent], unsure[sent] = self.second.judge([texts[i] for i in sent], some)
        return probabilities, unsure

    def flag(self, probabilities: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which probabilities reach their frame's threshold: booleans of the same shape."""
        return self.second.flag(probabilities)

    def explain(self, text: str, lang: str | None = None) -> Explanation:
        """Why the second model judges a sentence as it does."""
        return self.second.explain(text, lang)

    def at_priors(self, priors: NDArray[np.float64]) -> Cascade:
        """The same cascade where frames are as common as ``priors``.

        What was sent on still is, and what would now be flagged as well.
        """
        first, second = self.first.at_priors(priors), self.second.at_priors(priors)
        return replace(self, first=first, second=second)

    def at_precision(self, precision: float) -> Cascade:
        """The same cascade with the second model's thresholds for a precision.

        Raises:
            ModelError: it cannot be had.
        """
        return replace(self, second=self.second.at_precision(precision))


def make_cascade(
    first: FrameModel,
    second: FrameModel,
    recall: float,
    texts: Sequence[str] | None = None,
    langs: Sequence[str | None] | None = None,
) -> Cascade:
    """Put two models in a row so that ``first`` rules out little that ``second`` would flag.

    Args:
        first: the fast model.
        second: the better model.
        recall: the share to send on, such as 0.99: of what ``second`` flags in ``texts``, or
            without them of every frame's labelled sentences, as measured on held-out rows when
            ``first`` was trained. A label set is made of near misses, so that the latter sends
            on far more than an archive needs.
        texts: a few thousand sentences of those to be scored; no labels are needed.
        langs: their languages.

    Raises:
        ModelError: the models have other frames, ``first`` was trained before such
            measurements were kept, or ``texts`` hold too little that ``second`` flags.
    """
    if first.frames != second.frames:
        raise ModelError(
            f"a cascade needs models of the same frames; {first.name} has "
            f"{', '.join(first.frames)}, {second.name} has {', '.join(second.frames)}"
        )
    if texts is None:
        limit = _measured_limit(first, recall)
    else:
        limit = _limit_in(first, second, recall, texts, langs)
    return Cascade(first, second, recall, limit, first.priors)


def _measured_limit(first: FrameModel, recall: float) -> float:
    limits = {float(key): value for key, value in first.facts.get("rule_out", {}).items()}
    enough = [kept for kept in sorted(limits) if kept >= recall]
    if not enough:
        most = f"at most {max(limits):g}" if limits else "train it again"
        raise ModelError(f"{first.name} was not measured for a recall of {recall:g}: {most}")
    return float(limits[enough[0]])


def _limit_in(
    first: FrameModel,
    second: FrameModel,
    recall: float,
    texts: Sequence[str],
    langs: Sequence[str | None] | None,
) -> float:
    """The limit that sends on this share of the sentences that the second model flags."""
    probabilities, unsure = second.judge(texts, langs)
    flagged = second.flag(probabilities).any(axis=1) & ~unsure
    if flagged.sum() < _FEWEST_FLAGGED:
        raise ModelError(
            f"{second.name} flags {flagged.sum()} of {len(texts)} sentences, too few to choose a "
            f"cascade by; expected {_FEWEST_FLAGGED} or more: take more sentences"
        )
    highest = first.predict_proba(texts, langs).max(axis=1)[flagged]
    return float(np.quantile(highest, 1 - recall, method="lower"))


def rule_out_limits(
    probabilities: NDArray[np.float64], targets: NDArray[np.bool_]
) -> dict[str, float]:
    """By recall, how high a sentence's highest probability must be to be sent on.

    The limit keeps that share of the sentences of every frame, in held-out sentences.

    Args:
        probabilities: of held-out sentences, (n_rows, n_frames).
        targets: (n_rows, n_frames).
    """
    highest = probabilities.max(axis=1)
    framed = [highest[column] for column in targets.T if column.any()]
    limits = {}
    for recall in _RECALLS:
        limit = min(np.quantile(some, 1 - recall, method="lower") for some in framed)
        limits[f"{recall:g}"] = float(np.floor(limit * 1e6) / 1e6)
    return limits
