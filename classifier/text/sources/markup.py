"""The words of web pages and Markdown texts, without their markup."""

from __future__ import annotations

import codecs
import io
import re
from dataclasses import replace
from urllib.parse import urlsplit

from classifier.errors import InputError
from classifier.text.article import Article

LONGEST_PAGE = 2**24
"""No page is longer, in bytes; parsing takes some twenty times as much memory."""

_PARSER_FAILS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
_DECLARED = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?([\w.:-]+)""", re.I
)
_BROWSERS_READ = {  # what browsers read under these names (WHATWG Encoding)
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
}


def page_article(
    article: Article, data: bytes, *, charset: str | None = None, url: str | None = None
) -> Article:
    """The article with the main text of a page, its title, date, outlet and language.

    ``charset`` is what the server said, ``url`` where the page was fetched: its host is then
    the outlet, and the article's date stays where the page does not say its own.

    Raises:
        InputError: no article text is found.
    """
    from lxml.etree import LxmlError
    from trafilatura import bare_extraction
    from trafilatura.settings import Document

    if len(data) > LONGEST_PAGE:
        raise InputError(f"{article.origin}: a page longer than {LONGEST_PAGE >> 20} MiB")
    try:
        found = bare_extraction(_page_text(data, charset), url=url, with_metadata=True)
    except (LxmlError, *_PARSER_FAILS) as exc:
        raise InputError(f"{article.origin}: a page that cannot be parsed: {exc}") from exc
    if not isinstance(found, Document) or not found.text:
        at = f" ({url})" if url else ""
        raise InputError(f"{article.origin}: no article text found in this page{at}")
    return replace(
        article,
        text=found.text,
        title=found.title,
        date=found.date or article.date,
        outlet=_host(url) if url else found.sitename or found.hostname,
        lang=found.language,
    )


def response_article(article: Article, block: bytes, url: str) -> Article:
    """The article of a page as a server sent it: an HTTP response with its head.

    Raises:
        InputError: it cannot be unpacked, or no article text is found.
    """
    from http.client import HTTPException, parse_headers

    from urllib3 import HTTPResponse
    from urllib3.exceptions import HTTPError

    stream = io.BytesIO(block)
    stream.readline()
    try:
        headers = parse_headers(stream)
        body = stream.read()
        if headers.get("Transfer-Encoding", "").strip().lower() == "chunked":
            body = _unchunked(body)
        packed = {"content-encoding": headers.get("Content-Encoding", "")}
        response = HTTPResponse(io.BytesIO(body), headers=packed, preload_content=False)
        data = response.read(LONGEST_PAGE + 1, decode_content=True)
    except (HTTPException, HTTPError) as exc:
        raise InputError(f"{article.origin}: cannot be unpacked: {exc.args[0]} ({url})") from exc
    charset = headers.get_content_charset()
    return page_article(article, data, charset=charset, url=url)


def _unchunked(body: bytes) -> bytes:
    """The body without the lengths of its chunks; as it is where there are none."""
    chunks, at = [], 0
    while at < len(body):
        size, _, _ = body[at : at + 80].partition(b"\r\n")
        try:
            length = int(size.split(b";")[0], 16)
        except ValueError:
            return body
        if length <= 0:
            break
        at += len(size) + 2
        chunks.append(body[at : at + length])
        at += length + 2
    return b"".join(chunks)


def _page_text(data: bytes, charset: str | None) -> str | bytes:
    """A page decoded by its byte order mark, the server's word or its own; else as it is."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        charset = "utf-16"
    said = _DECLARED.search(data, 0, 4096)
    own = said[1].decode("ascii", "replace") if said else "utf-8"
    if own.lower().startswith("utf-16"):  # it could not be read if it were, as browsers know
        own = "utf-8"
    for errors in ("strict", "replace"):
        for name in (charset, own):
            try:
                known = codecs.lookup(name or own).name
                text = data.decode(_BROWSERS_READ.get(known, known), errors)
            except (LookupError, ValueError):
                continue
            if errors == "strict" or text.count("\ufffd") * 100 < len(text):
                return text.removeprefix("\ufeff")
    return data


def _host(url: str) -> str | None:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.") or None
    except ValueError:
        return None


def markdown_text(text: str) -> str:
    """The words of a Markdown text, block by block, without its markup."""
    from markdown_it import MarkdownIt

    blocks = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "inline":
            breaks = {"softbreak": " ", "hardbreak": "\n"}
            blocks.append(
                "".join(breaks.get(child.type, child.content) for child in token.children or ())
            )
        elif token.type in ("fence", "code_block"):
            blocks.append(token.content.rstrip())
    return "\n\n".join(blocks)
