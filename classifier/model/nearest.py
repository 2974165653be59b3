"""The labelled sentences that stand nearest to a sentence, as a model sees them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from classifier.labels.label_set import Label, LabelSet
from classifier.model.frame_model import FrameModel


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A labelled sentence and its similarity, the cosine of the encoder's features."""

    label: Label
    similarity: float


def nearest_labels(
    model: FrameModel, label_set: LabelSet, text: str, lang: str | None = None, n: int = 3
) -> list[Neighbour]:
    """The ``n`` sentences of a label set most similar to a text, the nearest first.

    Similar in words and cues, not in meaning; a text without a feature in common has none.
    """
    rows = _directions(model, [*label_set.texts, text], [*label_set.langs, lang])
    similarities = _dense(rows[:-1] @ rows[-1].T).ravel()
    order = np.argsort(-similarities, kind="stable")[:n]
    labels = list(label_set)
    return [Neighbour(labels[i], float(similarities[i])) for i in order if similarities[i] > 0]


def _directions(model: FrameModel, texts: list[str], langs: list[str | None]) -> csr_matrix:
    from sklearn.preprocessing import normalize

    return csr_matrix(normalize(model.encoder.transform(texts, langs)))


def _dense(matrix: csr_matrix) -> NDArray[np.float64]:
    return np.asarray(matrix.todense(), dtype=np.float64)
