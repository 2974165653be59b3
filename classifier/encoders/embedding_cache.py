"""Rows of a frozen encoder kept on disk, by the hash of their text."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from classifier.encoders.embedder import Rows


class EmbeddingCache:
    """Embeddings of one backbone: texts go in, those never seen before are computed.

    A folder of files that each appear whole or not at all and are named after what they
    hold, so that two processes may write at once; a file that cannot be read is passed over.

    Args:
        folder: where caches of all backbones lie.
        fingerprint: of the backbone, with all that changes its rows.
    """

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self._folder = folder / fingerprint[:32]
        self._rows: dict[bytes, Rows] = {}
        self._read: set[str] = set()

    def rows(self, texts: Sequence[str], embed: Callable[[list[str]], Rows]) -> Rows:
        """The rows of texts, (n_texts, width); ``embed`` gives those of texts not yet known."""
        self._read_new_files()
        keys = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._rows}
        if new:
            rows = embed(list(new.values()))
            self._rows.update(zip(new, rows, strict=True))
            self._write(list(new), rows)
        if not keys:
            return embed([])
        return np.stack([self._rows[key] for key in keys])

    def _read_new_files(self) -> None:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        for path in sorted(self._folder.glob("*.safetensors")):
            if path.name in self._read:
                continue
            self._read.add(path.name)
            try:
                arrays = load_file(path)
                keys, rows = arrays["keys"], arrays["rows"]
            except (OSError, KeyError, SafetensorError):
                continue
            for key, row in zip(keys, rows, strict=True):
                self._rows[key.tobytes()] = row

    def _write(self, keys: list[bytes], rows: Rows) -> None:
        from safetensors.numpy import save

        name = hashlib.sha256(b"".join(keys)).hexdigest()[:32] + ".safetensors"
        data = save(
            {
                "keys": np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(len(keys), -1),
                "rows": np.ascontiguousarray(rows),
            }
        )
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(dir=self._folder, suffix=".part")
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            Path(part).replace(self._folder / name)
        except OSError:  # a cache that cannot be written costs time, never a result
            return
        self._read.add(name)


def default_cache_folder() -> Path:
    """Where the embeddings of a user lie: ``FRAMING_CACHE``, or below the user's cache folder."""
    stated = os.environ.get("FRAMING_CACHE")
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(stated) if stated else caches / "framing-classifier" / "embeddings"
