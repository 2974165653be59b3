"""Rows of a sentence encoder, loaded when the first sentence comes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.encoders.backbone import Backbone, locate, tuned
from classifier.encoders.embedder import Engine, Rows, Tokeniser, embed
from classifier.encoders.embedding_cache import EmbeddingCache
from classifier.encoders.finetune import TuneOptions, finetune
from classifier.encoders.onnx import is_exported, load_onnx, write_onnx
from classifier.encoders.runtime import Runtime
from classifier.encoders.transformer import TorchEngine, load_network, pick_device, write_network
from classifier.errors import ModelError

Langs = Sequence[str | None]
FOLDER = "backbone"  # inside a model's folder
ONNX = "onnx"


class SentenceEncoder:
    """A backbone as an encoder of sentences.

    Args:
        backbone: what it is, and the sha-256 of its files.
        folder: the model's own folder, None while it has none.
        length: what every row is scaled to; longer rows count for more beside n-grams.
        langs: the languages the backbone knows; sentences in others get a row of zeros.
            None: all.
        runtime: how it is run here.
    """

    def __init__(
        self,
        backbone: Backbone,
        folder: Path | None = None,
        length: float = 3.5,
        langs: Sequence[str] | None = None,
        runtime: Runtime | None = None,
    ) -> None:
        self.backbone = backbone
        self.length = length
        self.langs = None if langs is None else tuple(langs)
        self.runtime = runtime or Runtime()
        self._folder = folder
        self._parts: tuple[Tokeniser, Engine] | None = None
        self._cache: EmbeddingCache | None = None

    def embed(self, texts: Sequence[str]) -> Rows:
        """Rows of length one, (n_texts, width) float32, from the cache where it has them."""
        if self.runtime.cache is None or self.backbone.tuned:
            return self._embed(texts)
        if self._cache is None:
            self._cache = EmbeddingCache(self.runtime.cache, self.backbone.fingerprint)
        return self._cache.rows(texts, self._embed)

    def _embed(self, texts: Sequence[str]) -> Rows:
        tokeniser, engine = self._loaded()
        return embed(texts, tokeniser, engine, self.backbone.width, self.runtime.progress)

    def transform(self, texts: Sequence[str], langs: Langs | None = None) -> NDArray[np.float64]:
        """Rows scaled to ``length``, zero in languages it does not know: (n_texts, width)."""
        rows = np.zeros((len(texts), self.backbone.width))
        known = np.flatnonzero(self.reads(langs, len(texts)))
        if len(known):
            rows[known] = self.embed([texts[row] for row in known.tolist()])
        return rows * self.length

    def reads(self, langs: Langs | None, n: int) -> NDArray[np.bool_]:
        """Which sentences are in a language it knows, or in none that is stated: (n,)."""
        if self.langs is None or langs is None:
            return np.ones(n, dtype=bool)
        return np.array([lang is None or lang in self.langs for lang in langs], dtype=bool)

    def known(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """The share of each sentence's tokens that the backbone has in its vocabulary."""
        return self._loaded()[0].known(texts)

    def learn(
        self,
        texts: Sequence[str],
        targets: NDArray[np.bool_],
        groups: Sequence[str],
        options: TuneOptions,
        seed: int,
    ) -> None:
        """Train the backbone for frames; from then on it is another one, in memory only.

        Raises:
            ModelError: the backbone is not here.
        """
        tokeniser, network = self._load_network()
        finetune(
            network, tokeniser, self.backbone.pooling, texts, targets, groups, options, seed,
            self.runtime.progress, self.runtime.checkpoints,
        )  # fmt: skip
        self._parts = (tokeniser, TorchEngine(network, self.backbone.pooling))
        self.backbone = replace(self.backbone, files={}, tuned=True)

    def write(self, folder: Path) -> None:
        """Put a backbone that was trained into a model's folder; others stay where they are.

        Raises:
            ModelError: it cannot be written.
        """
        if not self.backbone.tuned:
            self._clear(folder)
            return
        try:
            with _whole_folder(folder / FOLDER) as part:
                self._write(part)
        except OSError as exc:
            raise ModelError(f"{folder}: the backbone cannot be written: {exc}") from exc
        self.backbone = tuned(self.backbone, folder / FOLDER)
        self._clear(folder)

    def _clear(self, folder: Path) -> None:
        """Remove what an overwritten model left behind and this one would trip over."""
        if (folder / FOLDER).is_dir():
            try:
                self.backbone.check(folder / FOLDER)
            except ModelError:
                shutil.rmtree(folder / FOLDER)
        if (folder / ONNX).is_dir() and not is_exported(folder / ONNX, self.backbone):
            shutil.rmtree(folder / ONNX)

    def export(self, folder: Path) -> None:
        """Write the network for onnxruntime into a model's folder.

        Raises:
            ModelError: it cannot be written.
            MissingExtraError: torch or onnx is not installed.
        """
        tokeniser, network = self._load_network()
        try:
            with _whole_folder(folder / ONNX) as part:
                write_onnx(network, tokeniser, self.backbone, part)
        except OSError as exc:
            raise ModelError(f"{folder}: the encoder cannot be written: {exc}") from exc

    def _write(self, part: Path) -> None:
        tokeniser, engine = self._parts or (None, None)
        if tokeniser is not None and isinstance(engine, TorchEngine):
            write_network(engine.network, part)
            (part / "tokenizer.json").write_bytes(tokeniser.file)
            return
        source = self._locate()
        for name in self.backbone.files:
            shutil.copyfile(source / name, part / name)

    def _loaded(self) -> tuple[Tokeniser, Engine]:
        if self._parts is None:
            if self._engine() == "onnx" and self._folder is not None:
                self._parts = load_onnx(self._folder / ONNX, self.backbone)
            else:
                tokeniser, network = self._load_network()
                self._parts = (tokeniser, TorchEngine(network, self.backbone.pooling))
        return self._parts

    def _load_network(self) -> tuple[Tokeniser, Any]:
        folder = self._locate()
        network = load_network(folder, pick_device(self.runtime.device))
        return Tokeniser(folder, self.backbone.max_tokens), network

    def _locate(self) -> Path:
        beside = None if self._folder is None else self._folder / FOLDER
        runtime = self.runtime
        return locate(self.backbone, beside, runtime.backbone, download=runtime.download)

    def _engine(self) -> str:
        exported = self._folder is not None and (self._folder / ONNX).is_dir()
        if self.runtime.engine == "onnx" and not exported:
            raise ModelError(
                f"{self._folder}: holds no encoder for onnxruntime; "
                "write it with 'framing export --onnx'"
            )
        if self.runtime.engine == "auto" and exported and find_spec("torch") is None:
            return "onnx"
        return "onnx" if self.runtime.engine == "onnx" else "torch"

    def options(self) -> dict[str, Any]:
        """What it is, as plain values."""
        langs = None if self.langs is None else list(self.langs)
        return {**asdict(self.backbone), "length": self.length, "langs": langs}


@contextmanager
def _whole_folder(target: Path) -> Iterator[Path]:
    """A folder to write into that takes ``target``'s place when all is written."""
    part, old = target.with_name(f".{target.name}.part"), target.with_name(f".{target.name}.old")
    for folder in (part, old):
        shutil.rmtree(folder, ignore_errors=True)
    part.mkdir(parents=True)
    yield part
    if target.exists():
        target.replace(old)
    part.replace(target)
    shutil.rmtree(old, ignore_errors=True)
