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
from classifier.text.compiled import compiled

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
        rows, cues = self._found(tokens, langs)
        order = np.lexsort((cues, rows))
        return rows[order], cues[order]

    def _found(self, tokens: Tokens, langs: Langs | None) -> Pairs:
        """The same, by language."""
        places: dict[str | None, int] = {lang: place for place, lang in enumerate(self._numbers)}
        asked = [None] * len(tokens.ends) if langs is None else langs
        unknown = len(places)
        of_row = np.fromiter((places.get(lang, unknown) for lang in asked), np.int64, len(asked))
        parts = [np.zeros((2, 0), dtype=np.int64)]
        for place, lang in enumerate(self._numbers):
            wanted = np.flatnonzero((of_row == place) | (of_row == unknown))
            if len(wanted):
                rows, found = self._matcher(lang).find(tokens, wanted)
                parts.append(np.stack([rows, self._numbers[lang][found]]))
        rows, cues = np.concatenate(parts, axis=1)
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
        """Add what a linear head makes of the flags.

        Args:
            tokens: sentences.
            langs: their languages.
            weights: (n_features, n_frames).
            margins: (n_texts, n_frames), changed in place.
        """
        rows, cues = self._found(tokens, langs)
        _add_flags(
            rows,
            cues,
            self._frame_of,
            self._hint,
            weights,
            self.weight,
            self.single_weight,
            margins,
        )

    def _counts(
        self, rows: NDArray[np.int64], cues: NDArray[np.int64], n_rows: int
    ) -> NDArray[np.int64]:
        """How many cues of every frame stand in every sentence, hints left out."""
        counts = np.zeros((n_rows, len(self.frames)), dtype=np.int64)
        plain = ~self._hint[cues]
        np.add.at(counts, (rows[plain], self._frame_of[cues[plain]]), 1)
        return counts

    def features(
        self, tokens: Tokens, lang: str | None
    ) -> list[tuple[int, tuple[int, ...], tuple[int, ...], tuple[float, ...]]]:
        """What stands in one sentence: the cue, its words, its columns and their values.

        The flags of a frame are shared out evenly among the cues that set them.
        """
        rows, cues = self.find(tokens, [lang])
        counts = self._counts(rows, cues, 1)[0]
        found = []
        for cue in cues.tolist():
            frame = self._frame_of[cue]
            columns, values = [2 * len(self.frames) + cue], [self.single_weight]
            if not self._hint[cue]:
                flags = min(int(counts[frame]), 2)
                columns += [int(frame) + k * len(self.frames) for k in range(flags)]
                values += [self.weight / int(counts[frame])] * flags
            found.append((cue, self._words_of(cue, tokens), tuple(columns), tuple(values)))
        return found

    def _words_of(self, cue: int, tokens: Tokens) -> tuple[int, ...]:
        """The words a cue stands on: those without which, all others hidden, it falls."""
        lang = [self.cues[cue].lang]
        hidden: list[int] = []

        def hide(start: int, stop: int) -> None:
            some = [*hidden, *range(start, stop)]
            if cue in self.find(tokens.without(some), lang)[1]:
                hidden[:] = some
            elif stop - start > 1:
                hide(start, (start + stop) // 2)
                hide((start + stop) // 2, stop)

        hide(0, len(tokens.hashes))
        return tuple(sorted({*range(len(tokens.hashes))}.difference(hidden)))

    def dictionary(self, texts: Sequence[str], langs: Langs | None = None) -> NDArray[np.bool_]:
        """The cues alone as a classifier: whether any stands there, (n_texts, n_frames)."""
        rows, cues = self.find(tokenise(texts), langs)
        flags: NDArray[np.bool_] = self._counts(rows, cues, len(texts)) > 0
        return flags

    def options(self) -> dict[str, Any]:
        """The values of the flags; the cues stand in the codebook."""
        return {"weight": self.weight, "single_weight": self.single_weight}


@compiled
def _add_flags(rows, cues, frame_of, hint, weights, weight, single_weight, margins):  # type: ignore[no-untyped-def]
    n_frames = margins.shape[1]
    counts = np.zeros(margins.shape, dtype=np.int32)
    for k in range(len(rows)):
        row = rows[k]
        frame = frame_of[cues[k]]
        if not hint[cues[k]]:
            counts[row, frame] += 1
            if counts[row, frame] <= 2:  # that there is one, then that there are two
                flag = frame + (counts[row, frame] - 1) * n_frames
                for f in range(n_frames):
                    margins[row, f] += weight * weights[flag, f]
        for f in range(n_frames):
            margins[row, f] += single_weight * weights[2 * n_frames + cues[k], f]
