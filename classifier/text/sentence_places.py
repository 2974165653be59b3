"""Where lines and sentences begin and end in an array of code points: the compiled part."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from classifier.text.compiled import compiled, lean

(
    SPACE,
    ALNUM,
    BREAK,
    LOWER,
    NUMERAL,
    LINE_END,
    MARK,
    FULL_MARK,
    QUOTE,
    FULL_QUOTE,
    OPENER,
    BEGINS,
) = (1 << bit for bit in range(12))
"""What a character is. LINE_END: a line that ends so is not wrapped. MARK: ends a sentence,
FULL_MARK even without a space behind it. QUOTE, FULL_QUOTE: may follow such a mark. BEGINS: a
sentence begins so behind a space, or with an OPENER."""

_KNOWN = 0x20000  # characters from here on are Chinese letters, or none
_LAST_HAN = 0x323AF
_FULL_STOP, _UNDERSCORE = 46, 95
_RETURN, _NEWLINE = 13, 10
_ABBREVIATION = 4  # letters; a shorter word before a full stop may be one
_LAST_WORD = 11  # letters that are looked at before a full stop


@cache
def classes() -> NDArray[np.uint16]:
    """What every character of the first two planes is, as ``str`` and ``re`` tell it."""
    characters = np.arange(_KNOWN, dtype=np.uint32).view("<U1")
    alnum = np.strings.isalnum(characters)
    small = [*range(ord("a"), ord("z") + 1), *range(ord("а"), ord("я") + 1), ord("ё")]
    begins = (alnum & ~np.strings.isdecimal(characters)) | (characters == "_")
    begins[small] = False
    found = np.zeros(_KNOWN, dtype=np.uint16)
    for kind, members in (
        (SPACE, np.strings.isspace(characters)),
        (ALNUM, alnum),
        (LOWER, np.strings.islower(characters)),
        (NUMERAL, np.strings.isdigit(characters)),
        (BEGINS, begins),
        (BREAK, [*map(ord, "\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029")]),
        (LINE_END, [*map(ord, ".!?:;…。！？：；")]),
        (MARK, [*map(ord, ".!?…。！？")]),
        (FULL_MARK, [*map(ord, "。！？…")]),
        (QUOTE, [*map(ord, "”“»’\"'」』")]),
        (FULL_QUOTE, [*map(ord, "」』”")]),
        (OPENER, [*map(ord, '„“«"')]),
    ):
        found[members] |= kind
    return found


@lean
def _is(codes, at, kind, classes):  # type: ignore[no-untyped-def]
    code = codes[at]
    if code < _KNOWN:
        return classes[code] & kind
    return kind & (ALNUM | BEGINS) if code <= _LAST_HAN else 0


@compiled
def lines(codes, classes):  # type: ignore[no-untyped-def]
    """Where the lines that hold something start and stop, as two arrays.

    A line that was wrapped in mid-sentence goes on in the next, which begins in lower case.
    """
    room = 1
    for at in range(len(codes)):
        room += _is(codes, at, BREAK, classes) > 0
    starts = np.empty(room, dtype=np.int64)
    stops = np.empty(room, dtype=np.int64)
    n = 0
    start = piece = 0
    last = -1  # the last character of the piece that is no space
    for at in range(len(codes)):
        if not _is(codes, at, SPACE, classes):
            last = at
        end = at + 1
        if end < len(codes):
            if not _is(codes, at, BREAK, classes):
                continue
            if codes[at] == _RETURN and codes[end] == _NEWLINE:
                continue
        filled = last >= piece
        wrapped = (
            filled
            and end < len(codes)
            and _is(codes, end, LOWER, classes)
            and not _is(codes, last, LINE_END, classes)
        )
        if not wrapped:
            if filled or start < piece:
                starts[n] = start
                stops[n] = end
                n += 1
            start = end
        piece = end
    return starts[:n], stops[:n]


@lean
def _trim(codes, start, end, classes):  # type: ignore[no-untyped-def]
    """A span without the spaces around it; empty if it holds no letter or digit."""
    while start < end and _is(codes, start, SPACE, classes):
        start += 1
    while start < end and _is(codes, end - 1, SPACE, classes):
        end -= 1
    for at in range(start, end):
        if _is(codes, at, ALNUM, classes):
            return start, end
    return start, start


@compiled
def place(codes, classes, starts, stops, mark, begins, lengths):  # type: ignore[no-untyped-def]
    """Where pieces of the joined lines stand in the text, (n, 2), and the line of each, (n,).

    A piece over two lines is parted. ``starts`` and ``stops`` are those of the lines, which were
    joined with ``mark`` characters between two; ``begins`` and ``lengths`` are the pieces.
    """
    room = len(begins) + len(starts)
    spans = np.empty((room, 2), dtype=np.int64)
    homes = np.empty(room, dtype=np.int64)
    n = 0
    line = 0
    shift = starts[0] if len(starts) else 0  # from the joined lines to the text
    for piece in range(len(begins)):
        at = begins[piece]
        end = at + lengths[piece]
        while at < end and line < len(starts):
            stop = stops[line] - shift
            start = max(at + shift, starts[line])
            first, last = _trim(codes, start, min(end, stop) + shift, classes)
            if first < last:
                spans[n, 0] = first
                spans[n, 1] = last
                homes[n] = line
                n += 1
            if end < stop:
                break
            at = stop + mark
            line += 1
            if line < len(starts):
                shift = starts[line] - at
    return spans[:n], homes[:n]


@lean
def _abbreviated(codes, start, at, classes):  # type: ignore[no-untyped-def]
    """Whether the full stop ``at`` belongs to an initial, a number or a short abbreviation."""
    if codes[at] != _FULL_STOP:
        return False
    n = numerals = 0
    while n < min(_LAST_WORD, at - start):
        before = at - 1 - n
        if not _is(codes, before, ALNUM, classes) and codes[before] != _UNDERSCORE:
            break
        numerals += _is(codes, before, NUMERAL, classes) > 0
        n += 1
    return n < _ABBREVIATION or n == numerals


@lean
def _ends_inside(codes, at, end, classes):  # type: ignore[no-untyped-def]
    """Where a sentence ends whose mark stands ``at``, 0 if none ends there."""
    behind = at + 1
    if behind < end and _is(codes, behind, QUOTE, classes):
        behind += 1
    begins = behind
    while begins < end and _is(codes, begins, SPACE, classes):
        begins += 1
    if behind < begins < end and _is(codes, begins, BEGINS | OPENER, classes):
        return behind
    if not _is(codes, at, FULL_MARK, classes):
        return 0
    return at + 2 if at + 1 < end and _is(codes, at + 1, FULL_QUOTE, classes) else at + 1


@compiled
def cut_long(codes, classes, spans, long, shortest):  # type: ignore[no-untyped-def]
    """The spans, those longer than ``long`` cut at the sentence ends inside them: (n, 2).

    What is cut off is longer than ``shortest``.
    """
    room = 0
    for i in range(len(spans)):
        room += 1 + (spans[i, 1] - spans[i, 0]) // shortest
    cut = np.empty((room, 2), dtype=np.int64)
    n = 0
    for i in range(len(spans)):
        start, end = spans[i, 0], spans[i, 1]
        at = start if end - start > long else end
        while at < end - shortest:
            behind = _ends_inside(codes, at, end, classes) if _is(codes, at, MARK, classes) else 0
            if not behind:
                at += 1
                continue
            at = behind
            rest = behind
            while rest < end and _is(codes, rest, SPACE, classes):
                rest += 1
            enough = behind - start > shortest and end - rest > shortest
            if enough and not _abbreviated(codes, start, behind - 1, classes):
                first, last = _trim(codes, start, behind, classes)
                if first < last:
                    cut[n, 0] = first
                    cut[n, 1] = last
                    n += 1
                start = behind
        first, last = _trim(codes, start, end, classes)
        if first < last:
            cut[n, 0] = first
            cut[n, 1] = last
            n += 1
    return cut[:n]
