"""Sentences as they lie in their texts, cut out only where somebody asks for one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray


def code_points(text: str) -> NDArray[np.uint32]:
    """The code points of a text, (n_characters,)."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


class Passages(Sequence[str]):
    """A list of sentences that lie in texts.

    Args:
        texts: the texts.
        homes: which text a sentence lies in, ascending: (n_sentences,).
        spans: where it starts and ends there, in code points: (n_sentences, 2).
    """

    def __init__(
        self, texts: Sequence[str], homes: NDArray[np.int64], spans: NDArray[np.int64]
    ) -> None:
        self._texts = texts
        self._homes = homes
        self._spans = spans

    def __len__(self) -> int:
        return len(self._homes)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Passages: ...
    def __getitem__(self, index: int | slice) -> str | Passages:
        if isinstance(index, slice):
            return Passages(self._texts, self._homes[index], self._spans[index])
        text: str = self._texts[self._homes[index]]
        return text[slice(*self._spans[index].tolist())]

    def code_points(self) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """The texts in one array, and where each sentence starts and ends in it, (n, 2)."""
        if not len(self):
            return code_points(""), self._spans
        first, last = self._homes[0], self._homes[-1]
        texts = self._texts[first : last + 1]
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        begins = lengths.cumsum() - lengths
        return code_points("".join(texts)), self._spans + begins[self._homes - first, None]


def sentence_code_points(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Sentences in one array, and where each starts and ends in it, (n_sentences, 2)."""
    if isinstance(texts, Passages):
        return texts.code_points()
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    ends = lengths.cumsum()
    return code_points("".join(texts)), np.stack([ends - lengths, ends], axis=1)
