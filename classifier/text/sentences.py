"""From an article to its sentences, offsets kept."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from sentencex import segment

from classifier.text.article import Article, Sentence
from classifier.text.language import detect_language
from classifier.text.passages import code_points
from classifier.text.sentence_places import classes, cut_long, lines, place

_PARAGRAPH = "\n\n"
_LONG_QUOTATION = 180
_SHORTEST = 20  # what is cut off a long quotation is longer
_ORDINAL = re.compile(
    r"\b(?:am|vom|zum|zur|der|des|dem|den|die|das|im|beim|bis|seit|seinem|ihrem|ihren|seiner|ihrer"
    r"|unserem|jeder|jeden|und|–|-)\s+\d{1,3}\.$",
    re.IGNORECASE,
)
_MONTH = re.compile(
    r"(?:Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November"
    r"|Dezember|Jahrhundert|Jahrestag|Lebensjahr|Mal\b)"
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
    for start, end in sentence_spans(text, code_points(text), lang).tolist():
        yield Sentence(text[start:end], start, end)


def sentence_spans(text: str, codes: NDArray[np.uint32], lang: str) -> NDArray[np.int64]:
    """Where the sentences of a text begin and end, (n_sentences, 2); see :func:`split`.

    ``codes`` are the text's :func:`~classifier.text.passages.code_points`.
    """
    kinds = classes()
    starts, stops = lines(codes, kinds)
    # A call of sentencex costs as much as splitting a paragraph, so the lines are joined.
    places = zip(starts.tolist(), stops.tolist(), strict=True)
    joined = _PARAGRAPH.join([text[start:stop] for start, stop in places])
    pieces = segment(lang, joined)
    lengths = np.fromiter(map(len, pieces), np.int64, len(pieces))
    ends = lengths.cumsum()
    begins = ends - lengths
    if len(pieces) and ends[-1] != len(joined):
        begins = np.fromiter(_places(pieces, joined), np.int64, len(pieces))
    spans, homes = place(codes, kinds, starts, stops, len(_PARAGRAPH), begins, lengths)
    if lang == "de":
        spans = _join_ordinals(text, spans, homes)
    found: NDArray[np.int64] = cut_long(codes, kinds, spans, _LONG_QUOTATION, _SHORTEST)
    return found


def _places(pieces: list[str], joined: str) -> Iterator[int]:
    """Where each piece begins; of a long text sentencex drops a paragraph mark here and there."""
    at = 0
    for piece in pieces:
        if not joined.startswith(piece, at):
            at = joined.index(piece, at)
        yield at
        at += len(piece)


def _join_ordinals(
    text: str, spans: NDArray[np.int64], homes: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The spans, those that an ordinal number parted as one."""
    joined: list[list[int]] = []
    last = -1
    for span, home in zip(spans.tolist(), homes.tolist(), strict=True):
        if last == home:
            begin, end = joined[-1]
            number = text[end - 1] == "." and text[end - 2].isdecimal()
            start = span[0]
            if number and (
                _ORDINAL.search(text, begin, end)
                or _MONTH.match(text, start)
                or text[start].islower()
            ):
                joined[-1][1] = span[1]
                continue
        joined.append(span)
        last = home
    return np.array(joined, dtype=np.int64).reshape(-1, 2)
