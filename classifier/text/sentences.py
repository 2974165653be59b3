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
    found: list[tuple[int, int]] = []
    for line in _split_lines(text, lang):
        for start, end in _join_ordinals(text, line) if lang == "de" else line:
            whole = end - start <= _LONG_QUOTATION
            for first, last in ((start, end),) if whole else _split_long(text, start, end):
                sentence = text[first:last].strip()
                if sentence and (sentence[0].isalnum() or _LETTER_OR_DIGIT.search(sentence)):
                    begin = text.index(sentence, first)
                    found.append((begin, begin + len(sentence)))
    return found


def _split_lines(text: str, lang: str) -> Iterator[list[tuple[int, int]]]:
    """The spans that sentencex cuts every line into, from one call for all lines.

    A call costs as much as splitting a paragraph. Only the places of the cuts are taken from
    it: of a long text sentencex drops a paragraph mark here and there.
    """
    lines = list(_lines(text))
    joined = _PARAGRAPH.join([text[start:end] for start, end in lines])
    cuts = []
    at = 0
    for piece in segment(lang, joined):
        at = joined.index(piece, at) + len(piece)
        cuts.append(at)
    cut = begin = 0  # the next cut, and where the line begins in the joined text
    for start, end in lines:
        spans = []
        first, stop = start, begin + end - start
        while cut < len(cuts) and cuts[cut] < stop:
            place = cuts[cut] - begin + start
            if place > first:
                spans.append((first, place))
                first = place
            cut += 1
        spans.append((first, end))
        yield spans
        begin = stop + len(_PARAGRAPH)


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


def _join_ordinals(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        before = text[joined[-1][0] : joined[-1][1]].rstrip() if joined else ""
        ordinal = _NUMBER_END.search(before[-2:]) and (
            _ORDINAL.search(before) or _MONTH.match(text, start) or text[start].islower()
        )
        if ordinal:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _split_long(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A long span, cut at the sentence ends inside it."""
    for match in _INNER_END.finditer(text, start, end):
        cut = match.end()
        rest = text[cut:end].strip()
        if len(rest) > 20 and cut - start > 20 and not _abbreviation(text[start:cut]):
            yield start, cut
            start = cut
    yield start, end


def _abbreviation(text: str) -> bool:
    """Whether the full stop at the end belongs to an initial, a number or a short abbreviation."""
    if not text.endswith("."):
        return False
    last = re.search(r"(\w+)\.$", text[-12:])
    return last is None or len(last[1]) < 4 or last[1].isdigit()
