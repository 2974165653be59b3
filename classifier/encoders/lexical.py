"""The default encoder: hashed n-grams beside the codebook's cues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from classifier.encoders.cues import CueEncoder
from classifier.encoders.encoder import Feature
from classifier.encoders.ngram_margins import NgramMargins
from classifier.encoders.ngrams import NgramEncoder
from classifier.encoders.tokens import tokenise
from classifier.text.normal import composed_places

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


class LexicalEncoder:
    """N-grams and cues side by side, computed from the same words."""

    kind = "ngrams"

    def __init__(self, ngrams: NgramEncoder, cues: CueEncoder) -> None:
        self.ngrams = ngrams
        self.cues = cues
        self._laid_out: tuple[NDArray[np.float32], NgramMargins, NDArray[np.float64]] | None
        self._laid_out = None

    @property
    def n_features(self) -> int:
        """The n-grams, then the cues."""
        return self.ngrams.n_features + self.cues.n_features

    def fit(self, texts: Sequence[str]) -> Self:
        """Learn how rare every n-gram is."""
        self.ngrams.fit(tokenise(texts))
        return self

    def transform(
        self, texts: Sequence[str], langs: Sequence[str | None] | None = None
    ) -> csr_matrix:
        """Rows of n-grams and cues: (n_texts, n_features)."""
        from scipy.sparse import csr_matrix, hstack

        tokens = tokenise(texts)
        parts = [self.ngrams.transform(tokens), self.cues.transform(tokens, langs)]
        return csr_matrix(hstack(parts, format="csr"))

    def margins(
        self,
        texts: Sequence[str],
        langs: Sequence[str | None] | None,
        weights: NDArray[np.float32],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What linear heads make of sentences, without a matrix of features."""
        ngrams, cue_weights = self._lay_out(weights)
        tokens = tokenise(texts)
        margins = np.zeros((len(texts), len(weights)))
        known = ngrams.add(tokens, margins)
        self.cues.add_margins(tokens, langs, cue_weights, margins)
        return margins, known

    def features(self, text: str, lang: str | None) -> list[Feature]:
        """Every word, stem, ending, pair and cue of a sentence with its places."""
        tokens = tokenise([text])
        where = composed_places(text)

        def places(words: Sequence[int]) -> tuple[tuple[int, int], ...]:
            """Where words stand in the sentence; those that follow each other as one place."""
            spans: list[tuple[int, int]] = []
            for k, word in enumerate(words):
                first, last = tokens.places[word]
                start, end = where[first][0], where[last - 1][1]
                if k and words[k - 1] == word - 1:
                    start = spans.pop()[0]
                spans.append((start, end))
            return tuple(spans)

        ngrams = self.ngrams.features(tokens)
        found = [
            Feature(kind, None, places(words), (column,), (value,))
            for kind, words, column, value in ngrams
        ]
        first = self.ngrams.n_features
        for cue, words, columns, values in self.cues.features(tokens, lang):
            text_of_cue = self.cues.cues[cue].text
            shifted = tuple(first + column for column in columns)
            found.append(Feature("cue", text_of_cue, places(words), shifted, values))
        return found

    def _lay_out(self, weights: NDArray[np.float32]) -> tuple[NgramMargins, NDArray[np.float64]]:
        """The weights as the compiled code wants them; done once for the same heads."""
        laid_out = self._laid_out
        if laid_out is None or laid_out[0] is not weights:
            split = self.ngrams.n_features
            cues = np.ascontiguousarray(weights[:, split:].T, dtype=np.float64)
            laid_out = (weights, NgramMargins(self.ngrams, weights[:, :split]), cues)
            self._laid_out = laid_out
        return laid_out[1:]

    def options(self) -> dict[str, Any]:
        """The options of both parts."""
        return {"ngrams": self.ngrams.options(), "cues": self.cues.options()}

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What the n-grams learned; the cues learn nothing."""
        return self.ngrams.arrays()

    def restore(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Take back what :meth:`arrays` gave."""
        self.ngrams.restore(arrays)
