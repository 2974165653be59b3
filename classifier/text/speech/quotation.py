"""Where quotations begin and end: the marks of six languages, paired in one compiled pass.

Whether a mark opens or closes is told by the spaces around it and by what stands open, so that
„…“, “…”, »…«, «…», “…„ and "…" need no settings. A quotation may run over sentences and, when the
next paragraph repeats its opening mark or closes it, over paragraphs; one that is never closed
ends with its paragraph.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from classifier.text.compiled import lean
from classifier.text.normal import HAN, fold_character, folds_otherwise

BMP = 0x10000
# kinds of characters
OTHER, SPACE, LETTER, HAN_LETTER, STOP, COMMA, COLON, DASH, OPENING, LINE, BULLET, MARK = range(12)

_CURLY, _ANGLE, _CORNER, _STRAIGHT, _SINGLE = range(5)
_FAMILIES = ('“”„‟〝〞"\uff02', "«»‹›", "「」『』", "", "‘’‚'")
_CUT = 700  # the most a quotation in single marks runs on
_AHEAD = 2000  # how far a paragraph is searched for the mark that closes a quotation


@cache
def characters() -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """What every character of the basic plane is, and what it is compared as."""
    codes = np.arange(BMP, dtype=np.uint32)
    written = codes.view("<U1")
    kinds = np.zeros(BMP, dtype=np.uint8)
    kinds[np.strings.isspace(written)] = SPACE
    letters = np.strings.isalnum(written) & ~((codes >= 0xAC00) & (codes < 0xD7B0))  # no Hangul
    kinds[letters] = LETTER
    folds = codes.astype(np.uint16)
    for code in codes[letters].tolist():
        character = chr(code)
        if character.lower() != character or folds_otherwise(character):
            lower = fold_character(character).lower()
            if len(lower) == 1 and ord(lower) < BMP:
                folds[code] = ord(lower)
    for found in HAN.finditer("".join(map(chr, range(0x3400, 0xFB00)))):
        kinds[ord(found[0])] = HAN_LETTER
    for kind, members in (
        (STOP, ".!?。！？…"), (COMMA, ",，;；、"), (COLON, ":："), (DASH, "-–—"),
        (OPENING, "([{（【《〈"), (LINE, "\n\r\u2028\u2029"), (BULLET, "•*+·▪●"),
        (MARK, "".join(_FAMILIES)),
    ):  # fmt: skip
        for member in members:
            kinds[ord(member)] = kind
    return kinds, folds


@lean
def _kind(codes, at, kinds):  # type: ignore[no-untyped-def]
    if at < 0 or at >= len(codes):
        return LINE
    code = codes[at]
    if code < BMP:
        return kinds[code]
    return HAN_LETTER if code < 0x32400 and code >= 0x20000 else OTHER


@lean
def _family(code):  # type: ignore[no-untyped-def]
    if code == 0x22 or code == 0xFF02:
        return _STRAIGHT
    if code in (0xAB, 0xBB, 0x2039, 0x203A):
        return _ANGLE
    if 0x300C <= code <= 0x300F:
        return _CORNER
    if code in (0x2018, 0x2019, 0x201A, 0x27):
        return _SINGLE
    return _CURLY


@lean
def _spacing(codes, at, kinds):  # type: ignore[no-untyped-def]
    """1 where a mark clings to what follows, -1 to what stands before, 0 to both or neither."""
    before = _kind(codes, at - 1, kinds)
    after = _kind(codes, at + 1, kinds)
    free_left = before in (SPACE, LINE, OPENING, DASH, COLON, MARK)
    if before == MARK:
        free_left = _kind(codes, at - 2, kinds) in (SPACE, LINE, OPENING)
    free_right = after not in (LETTER, HAN_LETTER, OPENING, MARK, DASH, OTHER) and not (
        after == STOP and _kind(codes, at + 2, kinds) == STOP and free_left
    )
    if after == DASH:
        free_right = not free_left
    if free_left and not free_right:
        return 1
    if free_right and not free_left:
        return -1
    return 0


@lean
def direction(codes, at, kinds, opener):  # type: ignore[no-untyped-def]
    """1 if the mark opens a quotation, -1 if it closes one; ``opener`` is what stands open."""
    code = codes[at]
    family = _family(code)
    if family == _CORNER:
        return 1 if code in (0x300C, 0x300E) else -1
    if code in (0x201E, 0x201F, 0x301D, 0x201A):
        return (
            -1 if opener == 0x201D or (opener == 0x201C and _spacing(codes, at, kinds) < 0) else 1
        )
    spacing = _spacing(codes, at, kinds)
    if opener == 0x201E and code in (0x201C, 0x201D, 0x22):
        return -1
    if code in (0x22, 0xFF02):
        return spacing if spacing else (-1 if opener else 1)
    if code in (0x201C, 0x2018):
        return -1 if spacing < 0 else 1
    if code in (0x201D, 0x301E, 0x2019):
        return 1 if spacing > 0 and opener == 0 else -1
    if code in (0xAB, 0x2039):
        return -1 if opener in (0xBB, 0x203A) or spacing < 0 else 1
    if code in (0xBB, 0x203A):
        return 1 if spacing > 0 and opener not in (0xAB, 0x2039) else -1
    return 0


@lean
def _single_close(codes, at, kinds):  # type: ignore[no-untyped-def]
    """Where a quotation in single marks ends in this paragraph, -1 if it does not."""
    for i in range(at + 2, min(at + _CUT, len(codes))):
        kind = _kind(codes, i, kinds)
        if kind == LINE:
            return -1
        if kind == MARK:
            family = _family(codes[i])
            if family == _SINGLE:
                after = _kind(codes, i + 1, kinds)
                before = _kind(codes, i - 1, kinds)
                if after not in (LETTER, HAN_LETTER) and before != SPACE:
                    return i
            elif family != _CORNER:
                return -1
    return -1


@lean
def _goes_on(codes, line, kinds, opener):  # type: ignore[no-untyped-def]
    """Whether the quotation that stands open at the end of a paragraph goes on in the next."""
    at = line
    while at < len(codes) and _kind(codes, at, kinds) in (LINE, SPACE):
        at += 1
    family = _family(opener)
    first = at
    for i in range(at, min(at + _AHEAD, len(codes))):
        if _kind(codes, i, kinds) == MARK:
            other = _family(codes[i])
            if other == family or (other != _SINGLE and opener == 0x201E and other == _STRAIGHT):
                way = direction(codes, i, kinds, opener)
                return way < 0 or i == first
    return False


@lean
def _nested(codes, at, kinds, opener):  # type: ignore[no-untyped-def]
    """Whether a second opening mark of the same kind lies inside the quotation that is open."""
    family = _family(opener)
    closed = 0
    for i in range(at + 1, min(at + _AHEAD, len(codes))):
        kind = _kind(codes, i, kinds)
        if kind == LINE:
            return False
        if kind == MARK and _family(codes[i]) == family:
            if direction(codes, i, kinds, opener) > 0:
                return closed != 1
            closed += 1
            if closed == 2:
                return True
    return False


@lean
def _rest(ends, at):  # type: ignore[no-untyped-def]
    """Where the sentence that holds a place ends."""
    sentence = np.searchsorted(ends, at + 1)
    return ends[sentence] if sentence < len(ends) else at + _CUT


@lean
def quotations(codes, kinds, firsts, ends, starts, stops):  # type: ignore[no-untyped-def]
    """Enter every quotation, marks included, into ``starts`` and ``stops``; returns how many.

    ``firsts`` and ``ends`` are those of the sentences: a mark that closes what was never opened
    takes its sentence from the beginning, one that opens what is never closed takes the rest.
    """
    count = 0
    opener = np.uint32(0)
    begun = 0
    depth = 0
    skip = -1
    for at in range(len(codes)):
        code = codes[at]
        kind = kinds[code] if code < BMP else OTHER
        if kind != MARK and kind != LINE:
            continue
        end = -1
        if kind == LINE:
            if opener and not _goes_on(codes, at, kinds, opener):
                end = min(at, _rest(ends, begun))
            depth = min(depth, 1)
        elif at > skip:
            family = _family(code)
            if family == _SINGLE:
                if not opener and _kind(codes, at - 1, kinds) not in (LETTER, HAN_LETTER):
                    close = _single_close(codes, at, kinds)
                    if close > 0 and _spacing(codes, at, kinds) > 0:
                        starts[count], stops[count] = at, close + 1
                        count += 1
                        skip = close
                continue
            same = not opener or family == _family(opener) or (
                opener == 0x201E and family == _STRAIGHT
            )  # fmt: skip
            if not same:
                continue
            way = direction(codes, at, kinds, opener)
            if way < 0 and opener:
                depth -= 1
                if depth <= 0:
                    end = at + 1
            elif way < 0:  # closes what was never opened
                sentence = np.searchsorted(ends, at + 1)
                first = firsts[sentence] if sentence < len(firsts) else at
                if first < at and (count == 0 or stops[count - 1] <= first):
                    starts[count], stops[count] = first, at + 1
                    count += 1
            elif way > 0 and not opener:
                opener, begun, depth = code, at, 1
            elif way > 0 and family != _STRAIGHT:
                if _kind(codes, at - 1, kinds) == LINE or _nested(codes, at, kinds, opener):
                    depth += _kind(codes, at - 1, kinds) != LINE
                else:  # the first was never closed
                    starts[count], stops[count] = begun, min(at, _rest(ends, begun))
                    count += 1
                    opener, begun, depth = code, at, 1
        if end >= 0:
            starts[count], stops[count] = begun, end
            count += 1
            opener = np.uint32(0)
    if opener:
        starts[count], stops[count] = begun, min(len(codes), _rest(ends, begun))
        count += 1
    return count
