from __future__ import annotations

import gzip
import re
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.text.article import Article
from classifier.text.readers import read_articles

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BODY = "<p>The ministers met in the capital on Monday and spoke about trade for hours.</p>"
RUSSIAN = "<p>Министры встретились в столице в понедельник и долго говорили о торговле.</p>"
PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".zst": zstd.compress,
}


def page(title: str, head: str = "", body: str = BODY) -> str:
    return f"<html><head>{head}<title>{title}</title></head><body><article><h1>{title}</h1>{body * 3}</article></body></html>"


def response(
    number: int, body: bytes, kind: str = "text/html", status: str = "200 OK", head: str = ""
) -> bytes:
    top = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{head}\r\n".encode()
    return record("response", f"https://www.paper.example/{number}", top + body)


def record(kind: str, url: str, block: bytes) -> bytes:
    return (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\n"
        f"WARC-Date: 2021-03-04T05:06:07Z\r\nContent-Length: {len(block)}\r\n\r\n"
    ).encode() + b"%b\r\n\r\n" % block


def read(path: Path) -> tuple[list[Article], list[str]]:
    refused: list[InputError] = []
    articles = list(read_articles(path, on_error=refused.append))
    return articles, [str(error).removeprefix(str(path)) for error in refused]


def archive(folder: Path, *records: bytes, packed: str = "", cut: int | None = None) -> Path:
    path = folder / f"a.warc{packed}"
    path.write_bytes(b"".join(map(PACK[packed], records))[:cut])
    return path


@pytest.mark.parametrize("packed", PACK)
def test_every_page_that_was_fetched_well_is_an_article(tmp_path: Path, packed: str) -> None:
    html = page("Talks").encode()
    records = [
        record("warcinfo", "", b"software: a crawler\r\n"),
        record("request", "https://www.paper.example/1", b"GET / HTTP/1.1\r\n\r\n"),
        response(1, html),
        response(2, html, status="404 Not Found"),
        response(3, b"\x89PNG", "image/png"),
        response(4, html, "application/xhtml+xml; charset=utf-8"),
    ]
    articles, refused = read(archive(tmp_path, *records, packed=packed))
    assert refused == []
    assert [article.id[-1] for article in articles] == ["1", "4"]
    article = articles[0]
    assert (article.title, article.outlet, article.date) == ("Talks", "paper.example", "2021-03-04")
    assert article.origin.endswith(f"a.warc{packed}:3")


def test_a_page_says_its_own_date(tmp_path: Path) -> None:
    meta = '<meta property="article:published_time" content="2019-05-06T10:00:00Z">'
    ((article,), _) = read(archive(tmp_path, response(1, page("Talks", meta).encode())))
    assert article.date == "2019-05-06"


@pytest.mark.parametrize(
    ("head", "pack"),
    [
        ("Content-Encoding: gzip\r\n", gzip.compress),
        ("Content-Encoding: deflate\r\n", zlib.compress),
        ("Transfer-Encoding: chunked\r\n", lambda b: b"%x\r\n%b\r\n0\r\n\r\n" % (len(b), b)),
        ("Transfer-Encoding: chunked\r\n", bytes),  # as crawlers write that unpack and forget
    ],
)
def test_pages_are_unpacked(tmp_path: Path, head: str, pack: Callable[[bytes], bytes]) -> None:
    ((article,), _) = read(archive(tmp_path, response(1, pack(page("Talks").encode()), head=head)))
    assert "The ministers met" in article.text


@pytest.mark.parametrize(
    ("kind", "head", "encoding"),
    [
        ("text/html; charset=windows-1251", "", "cp1251"),
        ("text/html", '<meta charset="windows-1251">', "cp1251"),
        ("text/html", '<meta http-equiv="x" content="text/html; charset=koi8-r">', "koi8-r"),
        ("text/html; charset=nonsense", "<meta charset=koi8-r>", "koi8-r"),
        ("text/html", "", "utf-16"),
        ("text/html", "<meta charset=utf-16>", "utf-8"),  # as if anyone could read that
        ("text/html", "", "utf-8"),
    ],
)
def test_pages_are_read_in_their_encoding(
    tmp_path: Path, kind: str, head: str, encoding: str
) -> None:
    html = page("Встреча", head, RUSSIAN).encode(encoding)
    ((article,), _) = read(archive(tmp_path, response(1, html, kind)))
    assert "Министры встретились" in article.text


def test_a_bad_byte_costs_a_page_one_character(tmp_path: Path) -> None:
    html = page("Встреча", body=RUSSIAN * 4).encode().replace(b"<h1>", b"<h1>\xff")
    ((article,), _) = read(archive(tmp_path, response(1, html, "text/html; charset=utf-8")))
    assert "Министры встретились" in article.text
    assert article.text.count("\ufffd") == 1


def test_a_page_without_text_and_a_broken_one_are_refused(tmp_path: Path) -> None:
    broken = response(2, b"no gzip", head="Content-Encoding: gzip\r\n")
    good = response(3, page("Talks").encode())
    articles, refused = read(archive(tmp_path, response(1, b"<html></html>"), broken, good))
    assert len(articles) == 1
    assert refused[0].startswith(":1: no article text found in this page (https://")
    assert refused[1].startswith(":2: cannot be unpacked")


@pytest.mark.parametrize("packed", PACK)
def test_no_cut_is_silent_and_none_costs_a_whole_record(tmp_path: Path, packed: str) -> None:
    records = [response(1, page("One").encode()), response(2, page("Two").encode())]
    first, second = (len(PACK[packed](part)) for part in records)
    for kept in range(1, first + second - 4, 41):
        articles, refused = read(archive(tmp_path, *records, packed=packed, cut=kept))
        assert refused or first - 4 <= kept <= first
        assert len(articles) >= (kept >= first)


def test_a_record_with_a_wrong_length_costs_no_later_one(tmp_path: Path) -> None:
    records = [response(i, page(f"Number {i}").encode()) for i in (1, 2, 3)]
    records[1] = re.sub(rb"Content-Length: \d+", b"Content-Length: 200", records[1], count=1)
    records[0] = records[0].replace(b"Content-Length: ", b"X-Length: ", 1)
    articles, refused = read(archive(tmp_path, *records, response(4, page("Last").encode())))
    assert articles[-1].title == "Last"
    assert refused[0].startswith(":1: a WARC record that does not say its length")


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    articles, refused = read(archive(tmp_path, b"Hello.\nWorld.\n"))
    assert articles == []
    assert len(refused) == 1
    assert "not a WARC record" in refused[0]
