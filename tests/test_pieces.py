from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import os
import pickle
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import InputError
from classifier.text.readers import read_articles, read_pieces
from classifier.text.sources.pieces import Piece, parse_piece

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstd.compress,
}
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")).filter(str.strip)
ROWS = st.lists(st.fixed_dictionaries({"id": st.text("ab1", min_size=1), "text": TEXTS}))


def json_lines(rows: list[dict[str, str]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def csv_table(rows: list[dict[str, str]]) -> str:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, ["id", "text"])
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


@given(
    rows=ROWS,
    write=st.sampled_from([("a.jsonl", json_lines), ("a.csv", csv_table)]),
    packed=st.sampled_from(list(PACK)),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "gb18030"]),
)
def test_what_was_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[dict[str, str]],
    write: tuple[str, Callable[[list[dict[str, str]]], str]],
    packed: str,
    encoding: str,
) -> None:
    path = tmp_path_factory.getbasetemp() / (write[0] + packed)
    path.write_bytes(PACK[packed](write[1](rows).encode(encoding)))
    named = "utf-8" if encoding == "utf-8-sig" else encoding
    articles = read_articles(path, encoding=named)
    assert [{"id": a.id, "text": a.text} for a in articles] == rows


def test_pieces_come_unharmed_through_another_process(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json_lines([{"text": "One."}]), "utf-8")
    (tmp_path / "b.csv").write_text("text\nTwo.\n", "utf-8")
    (tmp_path / "c.txt").write_text("Three.", "utf-8")
    pieces = list(read_pieces(tmp_path))
    sent = pickle.loads(pickle.dumps(pieces))
    assert sent == pieces
    assert [parse_piece(piece).text for piece in sent] == ["One.", "Two.", "Three."]


def test_a_piece_of_a_table_is_not_looked_into(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": \n')
    assert list(read_pieces(path)) == [Piece(f"{path}:1", "line", b'{"text": \n')]


def test_an_article_says_its_language_before_the_reader_does() -> None:
    piece = Piece("a:1", "line", b'{"text": "Hallo.", "lang": "de"}')
    assert parse_piece(piece, lang="en").lang == "de"
    assert parse_piece(replace(piece, payload=b'{"text": "Hello."}'), lang="en").lang == "en"


def test_what_cannot_be_opened_is_an_error_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("One.", "utf-8")
    (tmp_path / "c.txt").write_text("Three.", "utf-8")
    sources = [tmp_path / name for name in ("a.txt", "b.jsonl", "c.txt")]
    kinds = [type(piece) for piece in read_pieces(sources)]
    assert kinds == [Piece, InputError, Piece]


@pytest.mark.parametrize("packed", [".gz", ".bz2", ".xz", ".zst"])
def test_a_file_that_is_cut_off_gives_all_that_stands_before(tmp_path: Path, packed: str) -> None:
    parts = [json_lines([{"text": f"Number {i}."} for i in range(j, j + 50)]) for j in (0, 50)]
    data = [PACK[packed](part.encode()) for part in parts]
    path = tmp_path / f"a.jsonl{packed}"
    path.write_bytes(data[0] + data[1][:-5])
    refused: list[InputError] = []
    texts = [article.text for article in read_articles(path, on_error=refused.append)]
    assert texts[:50] == [f"Number {i}." for i in range(50)]
    assert len(refused) == 1
    assert "cannot be read" in str(refused[0])


def test_the_same_content_has_the_same_digest(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json_lines([{"text": "One."}]), "utf-8")
    (tmp_path / "b.csv").write_text("text\nTwo.\n", "utf-8")
    (tmp_path / "c.txt").write_text("Three.", "utf-8")
    first, second = ([p.digest() for p in read_pieces(tmp_path)] for _ in range(2))
    assert first == second
    assert len(set(first)) == 3


@pytest.mark.parametrize(
    "changed",
    [
        Piece("a:2", "line", b"{}"),
        Piece("a:1", "line", b"{} "),
        Piece("a:1", "row", {"text": "x"}),
        Piece("a:1", "line", b"{}", "name"),
        Piece("a:1", "line", b"{}", date="2021"),
    ],
)
def test_another_piece_has_another_digest(changed: Piece) -> None:
    assert changed.digest() != Piece("a:1", "line", b"{}").digest()


def test_a_file_that_was_touched_or_is_gone_has_another_digest(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("One.", "utf-8")
    (piece,) = read_pieces(path)
    assert isinstance(piece, Piece)
    digests = {piece.digest()}
    os.utime(path, ns=(1, 1))
    digests.add(piece.digest())
    path.unlink()
    digests.add(piece.digest())
    assert len(digests) == 3


def test_a_file_that_vanishes_before_it_is_parsed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("One.", "utf-8")
    (piece,) = read_pieces(path)
    assert isinstance(piece, Piece)
    path.unlink()
    with pytest.raises(InputError, match=r"a\.txt: cannot be read"):
        parse_piece(piece)


@pytest.mark.parametrize("name", ["title", "id", "outlet"])
def test_half_a_character_is_replaced_in_what_is_said_of_an_article(name: str) -> None:
    line = json.dumps({"text": "x", name: "a\ud800b"}).encode()
    assert getattr(parse_piece(Piece("a:1", "line", line)), name) == "a\ufffdb"
