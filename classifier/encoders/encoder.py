"""What every encoder does: sentences in, one row of features a sentence out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature as it stands in a sentence.

    ``kind`` says what it is (a word, a pair, a cue ...); ``text`` is the cue as the codebook
    writes it, None for what is read off the sentence; ``places`` are (start, end) in code
    points of the sentence; it has the ``values`` in the ``columns`` of the sentence's row.
    """

    kind: str
    text: str | None
    places: tuple[tuple[int, int], ...]
    columns: tuple[int, ...]
    values: tuple[float, ...]


@runtime_checkable
class Traceable(Protocol):
    """An encoder that can say where in a sentence its features stand."""

    def features(self, text: str, lang: str | None) -> list[Feature]:
        """All features of a sentence; their values add up to its row."""
        ...


class Encoder(Protocol):
    """From sentences to features; ``langs`` says their languages, where they are known.

    ``kind`` names the encoder in a saved model; ``n_features`` is the width of its rows.
    """

    kind: str

    @property
    def n_features(self) -> int:
        """How many features a row has."""
        ...

    def fit(self, texts: Sequence[str]) -> Self:
        """Learn what is learned from unlabelled sentences, such as how rare a feature is."""
        ...

    def transform(
        self, texts: Sequence[str], langs: Sequence[str | None] | None = None
    ) -> csr_matrix:
        """The features of sentences: float64, (n_texts, n_features)."""
        ...

    def margins(
        self,
        texts: Sequence[str],
        langs: Sequence[str | None] | None,
        weights: NDArray[np.float32],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What linear heads make of sentences, by the shortest way.

        Returns:
            ``transform(texts, langs) @ weights.T``, (n_texts, n_frames), and the share of
            each sentence's words that were seen in training, (n_texts,).
        """
        ...

    def options(self) -> dict[str, Any]:
        """The choices that made this encoder, as plain values."""
        ...

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What was learned, by name."""
        ...

    def restore(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Take back what :meth:`arrays` gave."""
        ...
