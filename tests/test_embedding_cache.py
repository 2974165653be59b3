from __future__ import annotations

from pathlib import Path

import numpy as np

from classifier.encoders.embedder import Rows
from classifier.encoders.embedding_cache import EmbeddingCache

ASKED: list[str] = []


def lengths(texts: list[str]) -> Rows:
    ASKED.extend(texts)
    return np.array([[len(text), 1] for text in texts], dtype=np.float32).reshape(-1, 2)


def asked(cache: EmbeddingCache, texts: list[str]) -> list[str]:
    """Which texts were embedded for this call; its rows are checked."""
    ASKED.clear()
    assert cache.rows(texts, lengths)[:, 0].tolist() == [len(text) for text in texts]
    return list(ASKED)


def test_a_text_is_embedded_once(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path, "a" * 64)
    assert asked(cache, ["one", "three", "one"]) == ["one", "three"]
    assert asked(cache, ["three", "seven!!"]) == ["seven!!"]


def test_another_process_finds_the_rows(tmp_path: Path) -> None:
    asked(EmbeddingCache(tmp_path, "a" * 64), ["one", "three"])
    assert asked(EmbeddingCache(tmp_path, "a" * 64), ["three", "one"]) == []


def test_rows_of_another_backbone_are_not_taken(tmp_path: Path) -> None:
    asked(EmbeddingCache(tmp_path, "a" * 64), ["one"])
    assert asked(EmbeddingCache(tmp_path, "b" * 64), ["one"]) == ["one"]


def test_two_processes_may_write_at_once(tmp_path: Path) -> None:
    one, other = EmbeddingCache(tmp_path, "a" * 64), EmbeddingCache(tmp_path, "a" * 64)
    asked(one, ["one"])
    asked(other, ["one", "three"])
    assert asked(one, ["one", "three"]) == []


def test_a_damaged_file_is_passed_over(tmp_path: Path) -> None:
    asked(EmbeddingCache(tmp_path, "a" * 64), ["one"])
    (path,) = tmp_path.rglob("*.safetensors")
    path.write_bytes(path.read_bytes()[:20])
    assert asked(EmbeddingCache(tmp_path, "a" * 64), ["one"]) == ["one"]
    assert asked(EmbeddingCache(tmp_path, "a" * 64), ["one"]) == []


def test_a_folder_that_cannot_be_written_costs_no_result(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert asked(EmbeddingCache(tmp_path / "file", "a" * 64), ["one"]) == ["one"]


def test_no_text_gives_no_row(tmp_path: Path) -> None:
    assert EmbeddingCache(tmp_path, "a" * 64).rows([], lengths).shape == (0, 2)
