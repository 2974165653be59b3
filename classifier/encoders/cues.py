"""The cues of a codebook as features, and by themselves as a dictionary classifier."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classifier.codebook import Codebook
from classifier.encoders.cue_matcher import CueMatcher, Pairs
from classifier.encoders.tokens import Tokens, tokenise

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Langs = Sequence[str | None]


class CueEncoder:
    """Cues as features, so that a head learns how far to trust them.

    For every frame a flag that any of its cues stands in the sentence, and one that two do;
    then one flag for every cue, hints included. Only the cues of a sentence's language are
    tried; where that is unknown or has no cues, those of all languages are.

    Args:
        codebook: where the cues and the frames stand; a language's cues are compiled when
            its first sentence comes.
        weight: the value of a flag for a frame.
        single_weight: the value of a flag for a single cue.
    """

    kind = "cues"

    def __init__(
        self,
        codebook: Codebook,
        weight: float = 0.25,
        single_weight: float = 0.5,
    ) -> None:
        self._codebook = codebook
        self.cues = list(codebook.cues())
        self.frames = list(codebook.frame_names)
        self.weight = weight
        self.single_weight = single_weight
        self._frame_of = np.array([self.frames.index(cue.frame) for cue in self.cues], dtype=int)
        self._hint = np.array([cue.hint for cue in self.cues], dtype=bool)
        numbers: dict[str, list[int]] = defaultdict(list)
        for number, cue in enumerate(self.cues):
            numbers[cue.lang].append(number)
        self._numbers = {lang: np.array(some) for lang, some in numbers.items()}
        self._matchers: dict[str, CueMatcher] = {}

    @property
    def n_features(self) -> int:
        """Two flags a frame and one a cue."""
        return 2 * len(self.frames) + len(self.cues)

    def find(self, tokens: Tokens, langs: Langs | None = None) -> Pairs:
        """Which cues stand in which sentences: rows and cue numbers, sorted."""
        langs = langs or [None] * len(tokens.ends)
        rows_of: dict[str, list[int]] = defaultdict(list)
        for row, lang in enumerate(langs):
            for each in (lang,) if lang in self._numbers else self._numbers:
                rows_of[str(each)].append(row)
        parts = [np.zeros((2, 0), dtype=np.int64)]
        for lang, wanted in rows_of.items():
            rows, found = self._matcher(lang).find(tokens, np.array(wanted, dtype=np.int64))
            parts.append(np.stack([rows, self._numbers[lang][found]]))
        pairs = np.concatenate(parts, axis=1)
        rows, cues = pairs[:, np.lexsort((pairs[1], pairs[0]))]
        return rows, cues

    def _matcher(self, lang: str) -> CueMatcher:
        if lang not in self._matchers:
            self._matchers[lang] = CueMatcher(self._codebook.parsed_cues(lang))
        return self._matchers[lang]

    def transform(self, tokens: Tokens, langs: Langs | None = None) -> csr_matrix:
        """The flags of every sentence: (n_texts, n_features)."""
        from scipy.sparse import csr_matrix

        rows, cues = self.find(tokens, langs)
        counts = self._counts(rows, cues, len(tokens.ends))
        any_row, any_frame = np.nonzero(counts > 0)
        two_row, two_frame = np.nonzero(counts > 1)
        n_frames = len(self.frames)
        values = np.repeat(
            [self.weight, self.single_weight], [len(any_row) + len(two_row), len(rows)]
        )
        at = np.concatenate([any_row, two_row, rows])
        columns = np.concatenate([any_frame, n_frames + two_frame, 2 * n_frames + cues])
        return csr_matrix((values, (at, columns)), shape=(len(tokens.ends), self.n_features))

    def add_margins(
        self,
        tokens: Tokens,
        langs: Langs | None,
        weights: NDArray[np.float64],
        margins: NDArray[np.float64],
    ) -> None:
        """Add what a linear head makes of the flags: weights are (n_frames, n_features)."""
        rows, cues = self.find(tokens, langs)
        if not len(rows):
            return
        n_frames = len(self.frames)
        counts = self._counts(rows, cues, len(margins))
        some = np.flatnonzero(counts.any(axis=1))
        margins[some] += self.weight * (
            (counts[some] > 0) @ weights[:, :n_frames].T
            + (counts[some] > 1) @ weights[:, n_frames : 2 * n_frames].T
        )
        np.add.at(margins, rows, self.single_weight * weights[:, 2 * n_frames + cues].T)

    def _counts(
        self, rows: NDArray[np.int64], cues: NDArray[np.int64], n_rows: int
    ) -> NDArray[np.int64]:
        """How many cues of every frame stand in every sentence, hints left out."""
        counts = np.zeros((n_rows, len(self.frames)), dtype=np.int64)
        plain = ~self._hint[cues]
        np.add.at(counts, (rows[plain], self._frame_of[cues[plain]]), 1)
        return counts

    def dictionary(self, texts: Sequence[str], langs: Langs | None = None) -> NDArray[np.bool_]:
        """The cues alone as a classifier: whether any stands there, (n_texts, n_frames)."""
        rows, cues = self.find(tokenise(texts), langs)
        flags: NDArray[np.bool_] = self._counts(rows, cues, len(texts)) > 0
        return flags

    def options(self) -> dict[str, Any]:
        """The values of the flags; the cues stand in the codebook."""
        return {"weight": self.weight, "single_weight": self.single_weight}
