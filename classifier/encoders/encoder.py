"""What every encoder does: sentences in, one row of features a sentence out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack


class Encoder(Protocol):
    """From sentences to features.

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
        """The features of sentences: float64, (n_texts, n_features).

        ``langs`` says their languages as ISO 639-1 codes, where they are known.
        """
        ...

    def options(self) -> dict[str, Any]:
        """The choices that made this encoder, as plain values."""
        ...

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What was learned, by name."""
        ...


class StackedEncoder:
    """Several encoders side by side."""

    kind = "stacked"

    def __init__(self, parts: Mapping[str, Encoder]) -> None:
        self.parts = dict(parts)

    @property
    def n_features(self) -> int:
        """The sum of the widths of all parts."""
        return sum(part.n_features for part in self.parts.values())

    def fit(self, texts: Sequence[str]) -> Self:
        """Fit every part."""
        for part in self.parts.values():
            part.fit(texts)
        return self

    def transform(
        self, texts: Sequence[str], langs: Sequence[str | None] | None = None
    ) -> csr_matrix:
        """The rows of all parts, joined in their order."""
        rows = [part.transform(texts, langs) for part in self.parts.values()]
        return csr_matrix(hstack(rows, format="csr"))

    def options(self) -> dict[str, Any]:
        """The options of every part."""
        return {name: part.options() for name, part in self.parts.items()}

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """The arrays of every part, prefixed with its name."""
        return {
            f"{name}.{key}": array
            for name, part in self.parts.items()
            for key, array in part.arrays().items()
        }
