"""Codebook cues, compiled: which cues stand in a sentence, and where.

The literal beginnings of all cues go into one Aho-Corasick automaton. A sentence is
scanned once; only the cues whose literals were seen are tried as patterns, so that an
ordinary sentence costs one scan.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from collections.abc import Sequence as Rows
from functools import cached_property
from typing import Any, Self

import ahocorasick
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from classifier.codebook import FrameCue
from classifier.cues import Cue, NotHere, OneOf, Optional, Part, Word
from classifier.errors import CodebookError
from classifier.text.normal import CAPITALS, QUOTE, normal_words

_STAR = "ʭ"  # a letter no language here uses, so that it stays part of its word
_QUOTES = f"(?:{QUOTE} )*"
_ANY_WORD = f"(?:{_QUOTES}[^ ]+ )"


def _word_pattern(word: Word) -> tuple[str, list[str]]:
    """A pattern over the spaced normal form, and the literals one of which must occur."""
    pattern = ""
    literals = []
    for single in normal_words(word.text.replace("*", _STAR)):
        pieces = single.split(_STAR)
        if not any(pieces):
            continue
        capitals = "" if single.endswith((_STAR, CAPITALS)) else f"{re.escape(CAPITALS)}?"
        pattern += _QUOTES + "[^ ]*".join(map(re.escape, pieces)) + capitals + " "
        longest = max(pieces, key=len)
        literals.append(" " + longest if longest == pieces[0] else longest)
    if word.quoted:
        pattern = f"{QUOTE} {pattern}"
    if not literals:
        raise CodebookError(f"{word.text!r} holds no letter or digit; a cue is made of words")
    return pattern, [max(literals, key=len)]


def _pattern(part: Part) -> tuple[str, list[str] | None]:
    if isinstance(part, Word):
        return _word_pattern(part)
    if isinstance(part, Optional):
        return f"(?:{_pattern(part.part)[0]})?", None
    if isinstance(part, NotHere):
        return f"(?!{_pattern(part.part)[0]})", None
    if isinstance(part, OneOf):
        made = [_pattern(option) for option in part.options]
        literals: list[str] | None = []
        for _, some in made:
            literals = None if literals is None or some is None else literals + some
        return "(?:" + "|".join(pattern for pattern, _ in made) + ")", literals
    made = [_pattern(piece) for piece in part.parts]
    pattern = made[0][0]
    for gap, (piece, _) in zip(part.gaps, made[1:], strict=True):
        pattern += (f"{_ANY_WORD}{{0,{gap}}}?" if gap else "") + piece
    return pattern, rarest([some for _, some in made])


def rarest(choices: Iterable[list[str] | None]) -> list[str] | None:
    """Of several literal sets the one that will be seen least: few and long literals."""
    known = [some for some in choices if some]
    return min(known, key=lambda some: sum(4.0 ** -len(s.replace(" ", "")) for s in some), default=None)


class _Patterns:
    """The patterns of one cue, compiled when the cue is first tried."""

    def __init__(self, required: list[str], excluded: list[str]) -> None:
        self._sources = required, excluded

    @cached_property
    def _compiled(self) -> tuple[list[re.Pattern[str]], list[re.Pattern[str]]]:
        required, excluded = self._sources
        return (
            [re.compile(f"(?<= ){pattern}") for pattern in required],
            [re.compile(f"(?<= ){pattern}") for pattern in excluded],
        )

    def stand_in(self, line: str) -> bool:
        required, excluded = self._compiled
        return all(pattern.search(line) for pattern in required) and not any(
            pattern.search(line) for pattern in excluded
        )


class CueMatcher:
    """Finds the cues of a codebook in sentences."""

    def __init__(self, cues: Rows[Cue]) -> None:
        self._always: list[int] = []
        self._patterns: list[_Patterns] = []
        by_literal: dict[str, list[int]] = {}
        for index, cue in enumerate(cues):
            required = [_pattern(part) for part in cue.required]
            excluded = [_pattern(part)[0] for part in cue.excluded]
            self._patterns.append(_Patterns([pattern for pattern, _ in required], excluded))
            literals = rarest([some for _, some in required])
            if literals is None:
                self._always.append(index)
            for literal in literals or ():
                by_literal.setdefault(literal, []).append(index)
        self._automaton = ahocorasick.Automaton()
        for literal, indices in by_literal.items():
            self._automaton.add_word(literal, tuple(indices))
        self._automaton.make_automaton()

    def find(self, words: Rows[str]) -> list[int]:
        """The numbers of the cues that stand in a sentence given by its normal words."""
        line = f" {' '.join(words)} "
        candidates = set(self._always)
        if len(self._automaton):
            for _, indices in self._automaton.iter(line):
                candidates.update(indices)
        return [i for i in sorted(candidates) if self._patterns[i].stand_in(line)]


class CueEncoder:
    """The cues of a codebook as features, so that a head learns how far to trust them.

    For every frame a flag that any of its cues stands in the sentence, and one that two do;
    then one flag for every cue, hints included.

    Args:
        cues: the parsed cues, in the order of their features.
        frames: the frame names.
        weight: the value of a flag for a frame.
        single_weight: the value of a flag for a single cue.
    """

    kind = "cues"

    def __init__(
        self,
        cues: Rows[FrameCue],
        frames: Rows[str],
        weight: float = 1.0,
        single_weight: float = 0.5,
    ) -> None:
        self.cues = list(cues)
        self.frames = list(frames)
        self.weight = weight
        self.single_weight = single_weight
        self._matcher = CueMatcher([cue.cue for cue in self.cues])
        self._frame_of = [self.frames.index(cue.frame) for cue in self.cues]

    @property
    def n_features(self) -> int:
        """Two flags a frame and one a cue."""
        return 2 * len(self.frames) + len(self.cues)

    def fit(self, texts: Rows[str]) -> Self:
        """Nothing is learned here."""
        return self

    def transform(self, texts: Rows[str]) -> csr_matrix:
        """The flags of every sentence: (n_texts, n_features)."""
        n_frames = len(self.frames)
        indices: list[int] = []
        values: list[float] = []
        ends = [0]
        for text in texts:
            found = self._matcher.find(normal_words(text))
            counts = Counter(self._frame_of[i] for i in found if not self.cues[i].cue.hint)
            for frame, count in sorted(counts.items()):
                flags = [frame, n_frames + frame] if count > 1 else [frame]
                indices.extend(flags)
                values.extend([self.weight] * len(flags))
            indices.extend(2 * n_frames + i for i in found)
            values.extend([self.single_weight] * len(found))
            ends.append(len(indices))
        return csr_matrix((values, indices, ends), shape=(len(texts), self.n_features))

    def options(self) -> dict[str, Any]:
        """The values of the flags; the cues stand in the codebook."""
        return {"weight": self.weight, "single_weight": self.single_weight}

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Nothing is learned here."""
        return {}

    def dictionary(self, texts: Rows[str]) -> NDArray[np.bool_]:
        """The cues alone as a classifier: whether any stands there, (n_texts, n_frames)."""
        flags = np.zeros((len(texts), len(self.frames)), dtype=bool)
        for row, text in enumerate(texts):
            for i in self._matcher.find(normal_words(text)):
                if not self.cues[i].cue.hint:
                    flags[row, self._frame_of[i]] = True
        return flags
