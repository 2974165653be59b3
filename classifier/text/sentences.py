"""From an article to its sentences, offsets kept."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sentencex import segment

from classifier.text.article import Article, Sentence
from classifier.text.language import detect_language

_PARAGRAPH = "\n\n"
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")
_LINE_ENDS = ".!?:;…。！？：；"
_LONG_QUOTATION = 180
_SHORTEST = 20  # what is cut off a long quotation is longer
_MARKS = ".!?…。！？"
_ORDINAL = re.compile(
    r"\b(?:am|vom|zum|zur|der|des|dem|den|die|das|im|beim|bis|seit|seinem|ihrem|ihren|seiner|ihrer"
    r"|unserem|jeder|jeden|und|–|-)\s+\d{1,3}\.$",
    re.IGNORECASE,
)
_NUMBER_END = re.compile(r"\d\.$")
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
    for start, end in sentence_spans(text, lang):
        yield Sentence(text[start:end], start, end)


def sentence_spans(text: str, lang: str) -> list[tuple[int, int]]:
    """Where the sentences of a text begin and end; see :func:`split`."""
    spans = _segments(text, lang)
    if lang == "de":
        spans = _join_ordinals(text, spans)
    found: list[tuple[int, int]] = []
    for start, end, _ in spans:
        if end - start <= _LONG_QUOTATION or not _may_end_inside(text[start : end - _SHORTEST]):
            found.append((start, end))
        else:
            for first, last in _split_long(text, start, end):
                piece = text[first:last].strip()
                if _LETTER_OR_DIGIT.search(piece):
                    begin = text.index(piece, first)
                    found.append((begin, begin + len(piece)))
    return found


def _segments(text: str, lang: str) -> list[tuple[int, int, int]]:
    """What sentencex makes of all lines in one call: start, end and line, without spaces around.

    A call costs as much as splitting a paragraph, so the lines are joined.
    """
    lines = list(_lines(text))
    joined = _PARAGRAPH.join([text[start:end] for start, end in lines])
    pieces = segment(lang, joined)
    found = []
    line = shift = 0
    stop = -len(_PARAGRAPH)  # where the line ends in the joined text
    for at, core in zip(_places(pieces, joined), map(str.strip, pieces), strict=False):
        if not core or not (core[0].isalnum() or _LETTER_OR_DIGIT.search(core)):
            continue
        first = joined.index(core, at) if joined[at].isspace() else at
        end = first + len(core)
        while first < end:
            while first >= stop:
                begin = stop + len(_PARAGRAPH)
                stop, shift = begin + lines[line][1] - lines[line][0], lines[line][0] - begin
                line += 1
            last = min(end, stop)
            if last == end or joined[first:last].strip():
                found.append((first + shift, last + shift, line))
            first = last if last == end else last + len(_PARAGRAPH)
    return found


def _places(pieces: list[str], joined: str) -> Iterator[int]:
    """Where each piece begins; of a long text sentencex drops a paragraph mark here and there."""
    at = 0
    for piece in pieces:
        if not joined.startswith(piece, at):
            at = joined.index(piece, at)
        yield at
        at += len(piece)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """The lines of a text; one that was wrapped in mid-sentence goes on in the next."""
    start = at = 0
    pieces = text.splitlines(keepends=True)
    for piece, following in zip(pieces, [*pieces[1:], ""], strict=False):
        at += len(piece)
        line = piece.rstrip()
        wrapped = line and following[:1].islower() and line[-1] not in _LINE_ENDS
        if not wrapped:
            if line or start < at - len(piece):
                yield start, at
            start = at


def _join_ordinals(text: str, spans: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    joined: list[tuple[int, int, int]] = []
    for start, end, line in spans:
        before = text[joined[-1][0] : joined[-1][1]] if joined and joined[-1][2] == line else ""
        ordinal = _NUMBER_END.search(before[-2:]) and (
            _ORDINAL.search(before) or _MONTH.match(text, start) or text[start].islower()
        )
        if ordinal:
            joined[-1] = (joined[-1][0], end, line)
        else:
            joined.append((start, end, line))
    return joined


def _may_end_inside(text: str) -> bool:
    return any(mark in text for mark in _MARKS)


def _split_long(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A long span, cut at the sentence ends inside it."""
    for match in _INNER_END.finditer(text, start, end):
        cut = match.end()
        rest = text[cut:end].strip()
        if len(rest) > _SHORTEST and cut - start > _SHORTEST and not _abbreviation(text[start:cut]):
            yield start, cut
            start = cut
    yield start, end


def _abbreviation(text: str) -> bool:
    """Whether the full stop at the end belongs to an initial, a number or a short abbreviation."""
    if not text.endswith("."):
        return False
    last = re.search(r"(\w+)\.$", text[-12:])
    return last is None or len(last[1]) < 4 or last[1].isdigit()
