"""From sentences to rows of a sentence encoder: windows, batches by length, pooling.

Whatever runs the network (torch or onnxruntime) is an :class:`Engine`; this part is the same
for both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from classifier.encoders.backbone import missing
from classifier.errors import ModelError

Progress = Callable[[str, int, int], None]
Ids = NDArray[np.int64]
Rows = NDArray[np.float32]


class Engine(Protocol):
    """Runs the network. ``batch_tokens`` is about how many tokens it likes at once."""

    batch_tokens: int

    def pool(self, ids: Ids, mask: Ids) -> Rows:
        """One row for each window of token numbers, (n, width); ``mask`` is 0 on padding."""
        ...


class Tokeniser:
    """A backbone's own tokenizer; a sentence too long for it comes in several windows.

    Raises:
        MissingExtraError: the package tokenizers is not installed.
        ModelError: ``tokenizer.json`` cannot be read.
    """

    def __init__(self, folder: Path, max_tokens: int) -> None:
        try:
            from tokenizers import Tokenizer
        except ImportError as exc:
            raise missing("tokenizers") from exc
        try:
            self.file = (folder / "tokenizer.json").read_bytes()
            self._tokenizer = Tokenizer.from_buffer(self.file)
        except Exception as exc:  # the library raises no narrower one
            raise ModelError(f"{folder}: tokenizer.json cannot be read: {exc}") from exc
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        mask = self._tokenizer.encode("a").special_tokens_mask
        ids = self._tokenizer.encode("a").ids
        opening = mask.index(0) if 0 in mask else len(mask)
        closing = mask[::-1].index(0) if 0 in mask else 0
        self._before, self._behind = ids[:opening], ids[len(ids) - closing :]
        self._room = max_tokens - opening - closing
        self._unknown = self._unknown_id()

    def _unknown_id(self) -> int | None:
        token = getattr(self._tokenizer.model, "unk_token", None) or "<unk>"
        number: int | None = self._tokenizer.token_to_id(token)
        return number

    def windows(self, texts: Sequence[str]) -> tuple[list[list[int]], Ids, Ids]:
        """The windows of all texts, the row of the text each belongs to, and its own length."""
        windows: list[list[int]] = []
        rows, lengths = [], []
        for row, ids in enumerate(self._encode(texts)):
            n = max(1, -(-len(ids) // self._room))
            for part in np.array_split(np.array(ids, dtype=np.int64), n):
                windows.append([*self._before, *part.tolist(), *self._behind])
                rows.append(row)
                lengths.append(max(1, len(part)))
        return windows, np.array(rows, dtype=np.int64), np.array(lengths, dtype=np.int64)

    def known(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """The share of each sentence's tokens that are in the vocabulary: (n_texts,)."""
        shares = np.ones(len(texts))
        for row, ids in enumerate(self._encode(texts)):
            if ids and self._unknown is not None:
                shares[row] = 1 - ids.count(self._unknown) / len(ids)
        return shares

    def _encode(self, texts: Sequence[str]) -> list[list[int]]:
        whole = [text.encode("utf-8", "replace").decode() for text in texts]
        encoded = self._tokenizer.encode_batch(whole, add_special_tokens=False)
        return [entry.ids for entry in encoded]


def batches(windows: Sequence[Sequence[int]], most: int) -> list[Ids]:
    """Rows of windows of like length, at most about ``most`` tokens (padding counted) a batch."""
    order = np.argsort([len(window) for window in windows], kind="stable")
    found: list[list[int]] = []
    for row in order.tolist():
        if not found or (len(found[-1]) + 1) * len(windows[row]) > most:
            found.append([])
        found[-1].append(row)
    return [np.array(rows, dtype=np.int64) for rows in found]


def padded(windows: Sequence[Sequence[int]]) -> tuple[Ids, Ids]:
    """Windows as one array, padded with zeros, and the mask that tells them from padding."""
    longest = max(len(window) for window in windows)
    ids = np.zeros((len(windows), longest), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, window in enumerate(windows):
        ids[row, : len(window)] = window
        mask[row, : len(window)] = 1
    return ids, mask


def embed(
    texts: Sequence[str],
    tokeniser: Tokeniser,
    engine: Engine,
    width: int,
    progress: Progress | None = None,
) -> Rows:
    """Rows of length one for sentences, in their order: (n_texts, width) float32.

    A sentence longer than the encoder reads is the mean of its windows, weighted by their
    tokens; nothing is cut off. A row does not depend on the others beyond rounding (1e-6).
    """
    windows, owners, lengths = tokeniser.windows(texts)
    sums = np.zeros((len(texts), width), dtype=np.float64)
    done = 0
    for rows in batches(windows, engine.batch_tokens):
        pooled = engine.pool(*padded([windows[row] for row in rows]))
        np.add.at(sums, owners[rows], pooled * lengths[rows, None].astype(np.float64))
        done += len(rows)
        if progress is not None:
            progress("sentences", done, len(windows))
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    return (sums / np.where(norms > 0, norms, 1)).astype(np.float32)
