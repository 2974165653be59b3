"""Labels that a model would set the other way: errors of the set, or hard sentences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from classifier.codebook import Codebook
from classifier.errors import MissingExtraError
from classifier.labels.label_set import LabelSet
from classifier.training.train import held_out_probabilities


@dataclass(frozen=True, slots=True)
class Doubt:
    """One label in doubt: ``probability`` is what the frame got from a model without it."""

    where: str
    frame: str
    labelled: bool
    probability: float
    text: str

    def __str__(self) -> str:
        said = "has" if self.labelled else "lacks"
        return f"{self.where}: {said} {self.frame}, held-out {self.probability:.2f}: {self.text}"


def doubtful_labels(label_set: LabelSet, codebook: Codebook) -> list[Doubt]:
    """Find labels in doubt by confident learning (Northcutt et al. 2021), worst first.

    Raises:
        MissingExtraError: cleanlab is not installed.
        LabelError: the label set cannot be trained on.
    """
    try:
        from cleanlab.filter import find_label_issues
    except ImportError as exc:
        raise MissingExtraError(
            "doubts need cleanlab: pip install 'framing-classifier[check]'"
        ) from exc
    probabilities = held_out_probabilities(label_set, codebook)
    targets = label_set.targets(codebook.frame_names)
    doubts = []
    for i, frame in enumerate(codebook.frame_names):
        both = np.column_stack([1 - probabilities[:, i], probabilities[:, i]])
        rows = find_label_issues(
            targets[:, i].astype(int), both, return_indices_ranked_by="self_confidence", n_jobs=1
        )
        for row in rows:
            label = label_set.labels[row]
            doubts.append(
                Doubt(
                    f"{label_set.origin}:{label.line}",
                    frame,
                    bool(targets[row, i]),
                    round(float(probabilities[row, i]), 4),
                    label.text,
                )
            )
    return sorted(doubts, key=lambda doubt: -abs(doubt.probability - doubt.labelled))
