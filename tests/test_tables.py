from __future__ import annotations

import datetime
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import InputError
from classifier.text.readers import read_articles


def read(path: Path, **options: str) -> tuple[list[str], list[str]]:
    """The texts and the refusals of a file, these without its name."""
    refused: list[InputError] = []
    texts = [a.text for a in read_articles(path, on_error=refused.append, **options)]
    return texts, [str(error).removeprefix(f"{path}:") for error in refused]


def csv_file(folder: Path, text: str) -> Path:
    path = folder / "a.csv"
    path.write_bytes(text.encode())
    return path


def test_an_unclosed_quotation_mark_costs_one_row(tmp_path: Path) -> None:
    rows = [f'{i},"Number {i}."' for i in range(10)]
    rows[3] = '3,"Number 3.'
    texts, refused = read(csv_file(tmp_path, "\n".join(["id,text", *rows, ""])))
    assert texts == [f"Number {i}." for i in range(10) if i != 3]
    assert [message.split(":")[0] for message in refused] == ["5"]
    assert "quotation mark missing" in refused[0]


def test_an_unclosed_quotation_mark_swallows_no_file(tmp_path: Path) -> None:
    rows = [f"{i},Number {i}." for i in range(1000)]
    rows[500] = '500,"Number 500.'
    texts, refused = read(csv_file(tmp_path, "\n".join(["id,text", *rows, ""])))
    assert len(texts) == 999
    assert [message.split(":")[0] for message in refused] == ["502"]
    assert "goes on over many rows" in refused[0]


def test_a_quotation_mark_open_at_the_end_costs_one_row(tmp_path: Path) -> None:
    texts, refused = read(csv_file(tmp_path, 'id,text\n1,One.\n2,"Two\n\nlines'))
    assert texts == ["One."]
    assert len(refused) == 1
    assert refused[0].startswith("3: unexpected end of data")
    assert refused[0].endswith("Left out up to line 5.")


def test_rows_of_many_lines_lose_only_the_broken_one(tmp_path: Path) -> None:
    rows = [f'{i},"Number {i}.\nMore, and more.",2021' for i in range(5)]
    rows[2] = rows[2].replace('",2021', ",2021")
    texts, refused = read(csv_file(tmp_path, "\n".join(["id,text,date", *rows, ""])))
    assert [text[7] for text in texts] == ["0", "1", "3", "4"]
    assert len(refused) == 1
    assert refused[0].startswith("6: ")


def test_a_mark_that_is_not_doubled_is_refused_and_not_eaten(tmp_path: Path) -> None:
    texts, refused = read(csv_file(tmp_path, 'id,text\n1,"He said "no" twice."\n2,Fine.\n'))
    assert texts == ["Fine."]
    assert "not doubled" in refused[0]


def test_a_long_article_of_many_lines_is_one_row(tmp_path: Path) -> None:
    text = "\n".join(f"Paragraph {i}, which ends, as they do, here." for i in range(1000))
    texts, refused = read(csv_file(tmp_path, f'id,text\n1,"{text}"\n2,Two.\n'))
    assert (texts, refused) == ([text, "Two."], [])


@given(rows=st.lists(st.text('a",\n', min_size=1), max_size=6), broken=st.text('a",\n', max_size=9))
def test_rows_behind_a_broken_one_are_found_again(
    tmp_path_factory: pytest.TempPathFactory, rows: list[str], broken: str
) -> None:
    good = [f'{i},"x{row.replace(chr(34), 2 * chr(34))}",2021-07-01' for i, row in enumerate(rows)]
    lines = ["id,text,date", *good, f'9,"{broken},', "10,The last.,2021-07-02", ""]
    texts, _ = read(csv_file(tmp_path_factory.getbasetemp(), "\n".join(lines)))
    assert texts[: len(rows)] == [f"x{row}" for row in rows]
    assert "The last." in texts[-1]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_utf16_tables_are_read_when_marked_or_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    text = '{"text": "Grüße, 世界."}\r\n' if name == "a.jsonl" else 'text\r\n"Grüße, 世界."\r\n'
    path.write_bytes(text.encode("utf-16"))
    assert read(path) == (["Grüße, 世界."], [])
    path.write_bytes(text.encode("utf-16-be"))
    assert read(path, encoding="utf-16-be") == (["Grüße, 世界."], [])


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.txt"])
def test_utf16_without_a_mark_is_refused_with_the_way_out(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes('{"text": "x"}\n'.encode("utf-16-le"))
    texts, refused = read(tmp_path / name)
    assert texts == []
    assert "--encoding utf-16" in refused[0]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.txt"])
def test_an_unknown_encoding_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b'{"text": "x"}\n')
    texts, refused = read(tmp_path / name, encoding="klingon")
    assert texts == []
    assert "klingon" in refused[0]


def test_a_utf16_file_that_is_cut_off_gives_what_stands_before(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(('{"text": "One."}\n' * 3).encode("utf-16")[:-5])
    texts, refused = read(path)
    assert texts == ["One.", "One."]
    assert len(refused) == 1


@pytest.mark.parametrize("line", [b'{"text": "a\0b"}', b'{"text": "a\\u0000b"}'])
def test_nul_bytes_cost_one_line(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(line + b'\n{"text": "Fine."}\n')
    texts, refused = read(path)
    assert texts == ["Fine."]
    assert "binary" in refused[0]


def test_nul_bytes_cost_one_row(tmp_path: Path) -> None:
    texts, refused = read(csv_file(tmp_path, "id,text\n1,a\0b\n2,Fine.\n"))
    assert texts == ["Fine."]
    assert "binary" in refused[0]


def test_a_line_of_a_hundred_megabytes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    text = "A long story. " * (100 * 2**20 // 14)
    path.write_text(f'{{"text": "{text}"}}\n{{"text": "Fine."}}\n', "utf-8")
    assert [len(article.text) for article in read_articles(path)] == [len(text), 5]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_a_line_without_end_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("classifier.text.sources.tables.LONGEST", 100)
    line = {"a.jsonl": '{{"text": "{}"}}\n', "a.csv": "{}\n"}[name]
    lines = [line.format(text) for text in ("Fine.", "x" * 1000, "Good.")]
    head = "text\n" if name == "a.csv" else ""
    (tmp_path / name).write_text(head + "".join(lines), "utf-8")
    texts, refused = read(tmp_path / name)
    assert texts == ["Fine.", "Good."]
    assert len(refused) == 1


def test_ids_may_repeat(tmp_path: Path) -> None:
    texts, refused = read(csv_file(tmp_path, "id,text\n1,One.\n1,One.\n"))
    assert (texts, refused) == (["One.", "One."], [])


def test_columns_of_parquet_may_hold_dates_and_numbers(tmp_path: Path) -> None:
    row = {"id": 7, "text": "One.", "date": datetime.date(2021, 7, 1), "picture": b"\xff"}
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([row]), tmp_path / "a.parquet")
    (article,) = read_articles(tmp_path / "a.parquet")
    assert (article.id, article.date) == ("7", "2021-07-01")
