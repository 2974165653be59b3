"""The words of a sentence for telling its voice: hashed, classed, with what stands between."""

from __future__ import annotations

import numpy as np

from classifier.text.compiled import compiled, lean
from classifier.text.speech.quotation import (
    BMP,
    COLON,
    COMMA,
    DASH,
    HAN_LETTER,
    LETTER,
    MARK,
    OPENING,
    STOP,
)
from classifier.text.speech.speech_words import FNV_PRIME, FNV_START, begins_none, find_phrase

AUTHOR, REPORTED, QUOTED = 0, 1, 2
NO_MARKER, BY_VERB, BY_SOURCE, BY_LABEL, BY_MOOD, GOING_ON = range(6)  # what told a voice

ROOM = 1024  # words of a sentence that are read

# what stands before a word, behind the word before it
HAS_COMMA, HAS_COLON, HAS_DASH, HAS_STOP, HAS_MARK, HAS_OPENING = (1 << i for i in range(6))
_FLAGS = np.zeros(MARK + 1, dtype=np.int64)  # by the kind of a character
for _kind, _flag in (
    (COMMA, HAS_COMMA), (COLON, HAS_COLON), (DASH, HAS_DASH), (STOP, HAS_STOP), (MARK, HAS_MARK),
    (OPENING, HAS_OPENING),
):  # fmt: skip
    _FLAGS[_kind] = _flag
CAPITAL, CAPITALS = 1, 2  # the first letter is one, all are


@compiled
def room_for_words():  # type: ignore[no-untyped-def]
    """Arrays for the words of a sentence, one entry a word and one for what stands behind.

    Where they start and stop, their hashes, the quotation they are in (-1: none), what stands
    before them, and their capitals.
    """
    return (
        np.empty(ROOM, dtype=np.int64), np.empty(ROOM, dtype=np.int64),
        np.empty(ROOM, dtype=np.uint64), np.empty(ROOM, dtype=np.int64),
        np.empty(ROOM, dtype=np.uint8), np.empty(ROOM, dtype=np.uint8),
    )  # fmt: skip


@lean
def read_words(codes, start, end, kinds, folds, spans, first_span, words):  # type: ignore[no-untyped-def]
    """Enter the words of a sentence; returns how many there are."""
    starts, stops, hashes, inside, before, case = words
    count = 0
    span = first_span
    span_start, span_stop = spans
    n_spans = len(span_start)
    marks = 0
    at = start
    while at < end and count < ROOM - 1:
        code = codes[at]
        kind = kinds[code] if code < BMP else HAN_LETTER
        if kind == LETTER or kind == HAN_LETTER:
            while span < n_spans and span_stop[span] <= at:
                span += 1
            starts[count] = at
            inside[count] = span if span < n_spans and span_start[span] <= at else -1
            before[count] = marks
            marks = 0
            fold = folds[code] if code < BMP else code
            value = (np.uint64(FNV_START) ^ np.uint64(fold)) * np.uint64(FNV_PRIME)
            at += 1
            capital = kind == LETTER and fold != code
            small = not capital
            while kind == LETTER and at < end:
                code = codes[at]
                if code >= BMP or kinds[code] != LETTER:
                    break
                small |= folds[code] == code
                value = (value ^ np.uint64(folds[code])) * np.uint64(FNV_PRIME)
                at += 1
            hashes[count] = value
            stops[count] = at
            case[count] = CAPITAL * capital | CAPITALS * (not small)
            count += 1
            continue
        marks |= _FLAGS[kind]
        at += 1
    before[count] = marks
    starts[count] = end
    inside[count] = -1
    case[count] = 0
    return count


@lean
def class_words(count, hashes, keys, values, classes, lengths):  # type: ignore[no-untyped-def]
    """What each word is; the words behind a phrase's first are nothing of their own."""
    at = 0
    while at < count:
        if begins_none(hashes[at], values):
            classes[at] = lengths[at] = 0
            at += 1
            continue
        found, length = find_phrase(hashes, at, count, keys, values)
        classes[at] = found
        lengths[at] = length
        for i in range(at + 1, at + length):
            classes[i] = 0
            lengths[i] = 0
        at += max(length, 1)
    classes[count] = 0
    lengths[count] = 0


@lean
def has_class(count, classes, wanted):  # type: ignore[no-untyped-def]
    """Whether some word is of a class."""
    for i in range(count):
        if classes[i] & wanted:
            return True
    return False
