from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from classifier.errors import InputError
from classifier.text.article import Article
from classifier.text.readers import read_articles

ROWS = [
    {"id": "a", "text": "One.\nTwo, too.", "title": "T", "date": "2021-07-01", "lang": "en"},
    {"id": "b", "text": "第二篇“文章”。", "title": "", "date": "", "lang": "zh"},
]


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    if ".parquet" in path.suffixes:
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
        return path
    if ".csv" in path.suffixes:
        stream = io.StringIO()
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        data = stream.getvalue().encode()
    else:
        data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.csv", "a.csv.gz", "a.parquet"])
def test_tables_give_one_article_a_row(tmp_path: Path, name: str) -> None:
    articles = list(read_articles(write(tmp_path / name, ROWS)))
    assert [article.text for article in articles] == [row["text"] for row in ROWS]
    assert (articles[0].id, articles[0].title, articles[0].date) == ("a", "T", "2021-07-01")
    assert (articles[1].id, articles[1].title, articles[1].lang) == ("b", None, "zh")


def test_a_dataset_gives_one_article_a_row() -> None:
    from datasets import Dataset

    assert [a.id for a in read_articles(Dataset.from_list(ROWS))] == ["a", "b"]


def test_a_gzipped_text_is_read_like_a_plain_one(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Hello.", encoding="utf-8")
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"Hello."))
    assert [a.text for a in read_articles(tmp_path)] == ["Hello.", "Hello."]


def test_markdown_loses_its_markup(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# Title\n\nSome *strong* [link](http://x.y).\n\n- item\n", encoding="utf-8")
    assert next(read_articles(path)).text == "Title\n\nSome strong link.\n\nitem"


def test_a_page_gives_its_main_text_and_title(tmp_path: Path) -> None:
    body = "<p>The ministers met in the capital on Monday and spoke about trade for hours.</p>"
    page = f"<html><head><title>Talks</title></head><body><nav>Home</nav><article><h1>Talks</h1>{body * 3}</article></body></html>"
    path = tmp_path / "a.html"
    path.write_text(page, encoding="utf-8")
    article = next(read_articles(path))
    assert "The ministers met" in article.text
    assert "Home" not in article.text
    assert article.title == "Talks"


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "sub/c.txt", ".hidden.txt", "picture.png"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("Hello.", encoding="utf-8")
    assert [a.id for a in read_articles(tmp_path)] == ["a.txt", "b.txt", "sub/c.txt"]


def test_standard_input_is_one_article(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("Grüße.".encode())))
    assert next(read_articles("-")).text == "Grüße."


def test_other_encodings_are_read_when_named(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("Привет".encode("cp1251"))
    assert next(read_articles(path, encoding="cp1251")).text == "Привет"


def test_utf16_with_a_byte_order_mark_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("Hello.".encode("utf-16"))
    assert next(read_articles(path)).text == "Hello."


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.txt", b"", "the article is empty"),
        ("a.txt", b"\x89PNG\0\0\0", "looks like a binary file"),
        ("a.txt", b"Gr\xfc\xdfe", "not utf-8 text .* name its encoding"),
        ("a.pdf", b"x", "cannot read .pdf files; expected .txt"),
        ("a.jsonl", b'{"text": 3}', "a.jsonl:1: 'text' holds int"),
        ("a.jsonl", b'{"body": "x"}', "no column 'text'; it has: body"),
        ("a.jsonl", b'{"text": ', "a.jsonl:1: broken JSON line"),
        ("a.jsonl", b"[1]", "a.jsonl:1: expected a JSON object"),
        ("a.csv", b"body\nx\n", "a.csv:1: no column 'text'; it has: body"),
        ("a.parquet", b"x", "not a readable Parquet file"),
        ("a.txt.gz", b"x", "cannot be read"),
        ("a.html", b"<html></html>", "no article text found"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(
    tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=message):
        list(read_articles(tmp_path / name))


def test_a_missing_path_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        list(read_articles(tmp_path / "nothing.txt"))
    with pytest.raises(InputError, match="no articles in this folder"):
        list(read_articles(tmp_path))


def test_a_bad_row_costs_no_other_row(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "One."}\n{"text": \n\n{"text": ""}\n{"text": "Two."}\n', "utf-8")
    refused: list[InputError] = []
    articles = list(read_articles(path, on_error=refused.append))
    assert [article.text for article in articles] == ["One.", "Two."]
    assert [str(error).split(":")[1] for error in refused] == ["2", "4"]


def test_tables_with_semicolons_are_read_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id;text;date\n1;"One; two, three.";2020\n', encoding="utf-8")
    (article,) = read_articles(path)
    assert (article.id, article.text, article.date) == ("1", "One; two, three.", "2020")
    assert article.origin.endswith("a.csv:2")


def test_a_missing_column_is_said_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", ROWS)
    refused: list[InputError] = []
    assert list(read_articles(path, text_column="body", on_error=refused.append)) == []
    assert len(refused) == 1


def test_half_a_character_becomes_the_replacement_character(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "A \\ud800 storm."}\n', encoding="utf-8")
    assert next(read_articles(path)).text == "A \ufffd storm."


def test_the_hash_of_an_article_is_that_of_its_text() -> None:
    assert Article("a").sha256.startswith("ca978112ca1bbdca")


@pytest.mark.parametrize(
    ("said", "read"), [("deu", "de"), ("English", "en"), ("chi", "zh"), ("ukr", "ukr"), (5, None)]
)
def test_other_names_of_a_language_are_understood(
    said: object, read: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": "x", "lang": said}), encoding="utf-8")
    assert [article.lang for article in read_articles(path)] == [read]


def test_language_codes_are_read_by_their_first_part(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "x", "lang": "en-US"}\n{"text": "x", "lang": "DE"}\n', "utf-8")
    assert [article.lang for article in read_articles(path)] == ["en", "de"]


def test_a_row_with_too_many_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,text\n1,We met, and parted.\n2,Fine.\n", encoding="utf-8")
    refused: list[InputError] = []
    assert [a.text for a in read_articles(path, on_error=refused.append)] == ["Fine."]
    assert "more columns than the header" in str(refused[0])


def test_a_bad_byte_in_a_table_costs_one_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,text\n1,One.\n2,Caf\xe9.\n3,Three.\n")
    refused: list[InputError] = []
    assert [a.text for a in read_articles(path, on_error=refused.append)] == ["One.", "Three."]
    assert "a.csv:3: not utf-8 text" in str(refused[0])


def test_a_list_of_paths_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Hello.", encoding="utf-8")
    assert [a.id for a in read_articles([tmp_path / "a.txt"])] == ["a.txt"]


@pytest.mark.parametrize("line", ["[" * 100_000, '{"text": "x", "id": ' + "1" * 5000 + "}"])
def test_a_monstrous_line_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{line}\n{{"text": "Fine."}}\n', encoding="utf-8")
    refused: list[InputError] = []
    assert len(list(read_articles(path, on_error=refused.append))) == 1
    assert len(refused) == 1
