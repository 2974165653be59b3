"""From an article to its sentences, offsets kept."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sentencex import get_sentence_boundaries

from classifier.text.article import Article, Sentence
from classifier.text.language import detect_language

_BREAK = re.compile(r"\r\n|[\n\r\u2028\u2029]")
_LINE_ENDS = ".!?:;…。！？：；"
_LONG_QUOTATION = 180
_ORDINAL = re.compile(
    r"\b(?:am|vom|zum|zur|der|des|dem|den|die|das|im|beim|bis|seit|seinem|ihrem|ihren|seiner|ihrer"
    r"|unserem|jeder|jeden|und|–|-)\s+\d{1,3}\.$",
    re.IGNORECASE,
)
_MONTH = re.compile(
    r"(?:Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November"
    r"|Dezember|Jahrhundert|Jahrestag|Lebensjahr|Mal\b)"
)
_INNER_END = re.compile(
    r"[.!?…。！？][”“»’\"'」』]?(?=\s+[^\W\da-zа-яё]|\s+[„“«\"])|[。！？…][」』”]?"
)


def split(article: Article) -> list[Sentence]:
    """The sentences of an article, in order.

    A line break ends a sentence, unless the next line goes on in lower case.
    Splitting is sentencex's, with two repairs: a German ordinal number ("des 20.
    Jahrestages") does not end a sentence, and a long quotation is split inside.
    """
    return list(split_text(article.text, article.lang or detect_language(article.text) or "en"))


def split_text(text: str, lang: str) -> Iterator[Sentence]:
    """The sentences of a text in a known language; see :func:`split`."""
    for line_start, line_end in _lines(text):
        line = text[line_start:line_end]
        spans = _boundaries(line, lang)
        if lang == "de":
            spans = _join_ordinals(line, spans)
        for start, end in spans:
            for inner_start, inner_end in _split_long(line, start, end):
                piece = line[inner_start:inner_end]
                lead = len(piece) - len(piece.lstrip())
                piece = piece.strip()
                if any(char.isalnum() for char in piece):
                    first = line_start + inner_start + lead
                    yield Sentence(piece, first, first + len(piece))


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """The lines of a text; one that was wrapped in mid-sentence goes on in the next."""
    start = 0
    for match in _BREAK.finditer(text):
        end = match.start()
        while end > start and text[end - 1].isspace():
            end -= 1
        wrapped = (
            end > start
            and text[end - 1] not in _LINE_ENDS
            and text[match.end() : match.end() + 1].islower()
        )
        if not wrapped:
            if end > start:
                yield start, match.start()
            start = match.end()
    if text[start:].strip():
        yield start, len(text)


def _boundaries(line: str, lang: str) -> list[tuple[int, int]]:
    spans = []
    at = 0
    for boundary in get_sentence_boundaries(lang, line):
        end = min(int(boundary["end_index"]), len(line))
        if end > at:
            spans.append((at, end))
            at = end
    if at < len(line):
        spans.append((at, len(line)))
    return spans


def _join_ordinals(line: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        before = line[joined[-1][0] : joined[-1][1]].rstrip() if joined else ""
        ordinal = re.search(r"\d\.$", before) and (
            _ORDINAL.search(before) or _MONTH.match(line, start) or line[start:end][:1].islower()
        )
        if ordinal:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _split_long(line: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A span, cut at the sentence ends inside it when it is long."""
    if end - start > _LONG_QUOTATION:
        for match in _INNER_END.finditer(line, start, end):
            cut = match.end()
            rest = line[cut:end].strip()
            if len(rest) > 20 and cut - start > 20 and not _abbreviation(line[start:cut]):
                yield start, cut
                start = cut
    yield start, end


def _abbreviation(text: str) -> bool:
    """Whether the full stop at the end belongs to an initial, a number or a short abbreviation."""
    if not text.endswith("."):
        return False
    last = re.search(r"(\w+)\.$", text[-12:])
    return last is None or len(last[1]) < 4 or last[1].isdigit()
