"""Sentence embeddings as features, alone or beside n-grams and cues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from classifier.encoders.finetune import TuneOptions
from classifier.encoders.lexical import LexicalEncoder
from classifier.encoders.sentence import SentenceEncoder

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Langs = Sequence[str | None]


class CombinedEncoder:
    """A sentence encoder's rows, behind the n-grams and cues where it has them.

    ``transformer`` and ``hybrid`` take a frozen backbone, without and with n-grams and cues;
    ``finetune`` trains the backbone for the frames and puts n-grams and cues beside it.
    """

    def __init__(
        self,
        kind: str,
        sentence: SentenceEncoder,
        lexical: LexicalEncoder | None = None,
        tuning: TuneOptions | None = None,
    ) -> None:
        self.kind = kind
        self.sentence = sentence
        self.lexical = lexical
        self.tuning = tuning
        self._halves: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]] | None
        self._halves = None

    @property
    def cues(self) -> Any:
        """The cues, where there are any."""
        return None if self.lexical is None else self.lexical.cues

    @property
    def n_features(self) -> int:
        """N-grams and cues, then the embedding."""
        return self._n_lexical + self.sentence.backbone.width

    @property
    def _n_lexical(self) -> int:
        return 0 if self.lexical is None else self.lexical.n_features

    def fit(self, texts: Sequence[str]) -> Self:
        """Learn how rare every n-gram is."""
        if self.lexical is not None:
            self.lexical.fit(texts)
        return self

    def learn(
        self,
        texts: Sequence[str],
        langs: Langs,
        targets: NDArray[np.bool_],
        groups: Sequence[str],
        seed: int,
    ) -> None:
        """Train the backbone on labelled sentences in languages it knows; a frozen one stays."""
        if self.tuning is None:
            return
        rows = np.flatnonzero(self.sentence.reads(langs, len(texts))).tolist()
        self.sentence.learn(
            [texts[row] for row in rows],
            targets[rows],
            [groups[row] for row in rows],
            self.tuning,
            seed,
        )

    def transform(self, texts: Sequence[str], langs: Langs | None = None) -> csr_matrix:
        """Rows of n-grams, cues and embeddings: (n_texts, n_features)."""
        from scipy.sparse import csr_matrix, hstack

        rows = csr_matrix(self.sentence.transform(texts, langs))
        if self.lexical is None:
            return rows
        return csr_matrix(hstack([self.lexical.transform(texts, langs), rows], format="csr"))

    def margins(
        self, texts: Sequence[str], langs: Langs | None, weights: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What linear heads make of sentences, and the share of words or tokens known."""
        left, right = self._halve(weights)
        rows = self.sentence.transform(texts, langs)
        margins = rows @ right.T.astype(np.float64)
        if self.lexical is None:
            return margins, self.sentence.known(texts) * self.sentence.reads(langs, len(texts))
        more, known = self.lexical.margins(texts, langs, left)
        return margins + more, known

    def _halve(
        self, weights: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The heads' weights for n-grams and cues, and for embeddings; made once."""
        if self._halves is None or self._halves[0] is not weights:
            split = self._n_lexical
            self._halves = (weights, weights[:, :split].copy(), weights[:, split:].copy())
        return self._halves[1:]

    def write(self, folder: Path) -> None:
        """Put what does not fit among a model's arrays into its folder: a trained backbone."""
        self.sentence.write(folder)

    def options(self) -> dict[str, Any]:
        """The options of all parts."""
        parts = {} if self.lexical is None else self.lexical.options()
        tuning = {} if self.tuning is None else {"tuning": asdict(self.tuning)}
        return {**parts, "backbone": self.sentence.options(), **tuning}

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What the n-grams learned."""
        return {} if self.lexical is None else self.lexical.arrays()

    def restore(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Take back what :meth:`arrays` gave."""
        if self.lexical is not None:
            self.lexical.restore(arrays)
