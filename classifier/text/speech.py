"""Whose words every sentence of an article gives: the compiled pass.

Each character is looked at twice: once for quotation marks, once to hash the words of its
sentence. The words of interest (``speech.toml``) then decide, sentence by sentence, with what
the sentences before left open: a transcript's speaker, a statement introduced by a colon, a
readout that goes on in indirect speech.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from classifier.text.quotation import (
    BMP, BULLET, COLON, COMMA, DASH, HAN_LETTER, LETTER, LINE, MARK, OPENING, STOP, quotations,
)  # fmt: skip
from classifier.text.speech_words import (
    BARE, FIRST, FNV_PRIME, FNV_START, HEARER, LABEL, ME, MOOD, MUST, NARRATE, ONWARD, PARTED,
    PARTICLE, READOUT, SAY, SOURCE, THAT, THINK, TITLE, begins_none, find_phrase,
)  # fmt: skip

AUTHOR, REPORTED, QUOTED = 0, 1, 2
NO_MARKER, BY_VERB, BY_SOURCE, BY_LABEL, BY_MOOD, GOING_ON = range(6)

_ROOM = 1024  # words of a sentence that are read
_SPEECH = 8  # units (a word counts two, a Chinese character one) that make a quotation speech
_INTRODUCTION = 12  # words of a sentence that only introduces what follows its colon
_NEAR_SPEECH = 8  # sentences after a verb of saying in which a Chinese order is reported
_BLOCK = 4  # sentences that a colon may introduce
_LONGEST_LABEL = 60
_NEAR = 64  # labels before and behind that a label is compared with

# what stands before a word, behind the word before it
_COMMA, _COLON, _DASH, _STOP, _MARK, _OPEN = (1 << i for i in range(6))
_CAPITAL, _CAPITALS = 1, 2


@njit(cache=True, nogil=True)
def _read(codes, start, end, kinds, folds, spans, first_span, words):  # type: ignore[no-untyped-def]
    """Enter the words of a sentence; returns how many there are."""
    starts, stops, hashes, inside, before, case = words
    count = 0
    span = first_span
    span_start, span_stop = spans
    n_spans = len(span_start)
    value = np.uint64(FNV_START)
    in_word = False
    marks = 0
    at = start
    while at < end and count < _ROOM - 1:
        code = codes[at]
        kind = kinds[code] if code < BMP else HAN_LETTER
        if kind == LETTER or kind == HAN_LETTER:
            fold = folds[code] if code < BMP else code
            if not in_word or kind == HAN_LETTER:
                while span < n_spans and span_stop[span] <= at:
                    span += 1
                starts[count] = at
                value = np.uint64(FNV_START)
                inside[count] = span if span < n_spans and span_start[span] <= at else -1
                before[count] = marks
                case[count] = _CAPITAL | _CAPITALS if fold != code and kind == LETTER else 0
                marks = 0
                count += 1
            elif fold == code:
                case[count - 1] &= _CAPITAL
            value = (value ^ np.uint64(fold)) * np.uint64(FNV_PRIME)
            hashes[count - 1] = value
            stops[count - 1] = at + 1
            in_word = kind == LETTER
        else:
            in_word = False
            if kind == COMMA:
                marks |= _COMMA
            elif kind == COLON:
                marks |= _COLON
            elif kind == STOP:
                marks |= _STOP
            elif kind == MARK:
                marks |= _MARK
            elif kind == DASH:
                marks |= _DASH
            elif kind == OPENING:
                marks |= _OPEN
        at += 1
    before[count] = marks
    starts[count] = end
    inside[count] = -1
    case[count] = 0
    return count


@njit(cache=True, nogil=True)
def _class_words(count, hashes, keys, values, classes, lengths):  # type: ignore[no-untyped-def]
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


_Q = np.uint64((FNV_START ^ ord("q")) * FNV_PRIME & (1 << 64) - 1)


@njit(cache=True, nogil=True)
def _label(codes, kinds, count, words, classes, lengths):  # type: ignore[no-untyped-def]
    """A speaker's label at the beginning: how many words, their hash, and whether it is certain."""
    starts, stops, hashes, inside, before, case = words
    nothing = 0, np.uint64(0), False
    if count < 2 or inside[0] >= 0:
        return nothing
    if hashes[0] == _Q and case[0] and case[1] and not before[1]:
        return 1, _Q, True
    value = np.uint64(0)
    known = classes[0] & LABEL > 0
    all_capitals = True
    small = titled = False
    for i in range(1, min(count + 1, 12)):
        last = i - 1
        value = value * np.uint64(31) + hashes[last]
        all_capitals = all_capitals and case[last] & _CAPITALS > 0
        titled = titled or classes[last] & TITLE > 0
        small = small or (not case[last] and stops[last] - starts[last] > 3)
        if before[i] & _COLON:
            colon = stops[last]
            while kinds[min(codes[colon], BMP - 1)] != COLON:
                colon += 1
            after = codes[colon + 1] if colon + 1 < len(codes) else np.uint32(32)
            digit = codes[starts[0]] < 58 and codes[starts[0]] > 47
            clings = codes[colon] == 58 and kinds[min(after, BMP - 1)] == LETTER
            if colon - starts[0] > _LONGEST_LABEL or digit or clings:
                return nothing
            initial = stops[0] - starts[0] == 1 and before[1] & _STOP > 0 and case[0] > 0
            certain = (
                (known and (lengths[0] == i or (i <= 2 and not small)))
                or (all_capitals and i >= 2 and titled)
                or (initial and i <= 4 and not small)
            )
            return (i, value, certain) if certain or not small else nothing
        if i == count or before[i] & (_COMMA | _MARK | _OPEN) or inside[i] >= 0:
            return nothing
        if before[i] & _STOP and stops[last] - starts[last] > 3:
            return nothing
    return nothing


@njit(cache=True, nogil=True)
def _foreign(at, count, classes, inside):  # type: ignore[no-untyped-def]
    """Whether a verb is somebody else's: not "I said", and outside quotation marks."""
    if inside[at] >= 0:
        return False
    if at > 0 and classes[at - 1] & FIRST or at > 1 and classes[at - 2] & FIRST:
        return False
    return not (at + 1 < count and classes[at + 1] & FIRST)


@njit(cache=True, nogil=True)
def _clause_follows(at, count, words, classes, lengths, han):  # type: ignore[no-untyped-def]
    """Whether the content of a verb follows it: a "that", or in Chinese a comma or colon."""
    before = words[4]
    behind = at + lengths[at]
    if han:
        return before[behind] & (_COMMA | _COLON | _MARK) > 0
    if at > 0 and classes[at - 1] & BARE:
        return False
    if at > 2 and before[at] & (_COMMA | _MARK) and count - behind <= 8:
        return True  # ", suggested the minister."
    for i in range(behind, min(behind + 6, count)):
        if classes[i] & THAT:
            return True
        if before[i] & (_STOP | _COLON):
            return False
    return False


@njit(cache=True, nogil=True)
def _particle_follows(at, count, words, classes):  # type: ignore[no-untyped-def]
    """Whether the second part of a German verb ends the clause: "wies den Vorwurf zurück"."""
    before = words[4]
    for i in range(at + 1, min(at + 24, count)):
        if classes[i] & PARTICLE and before[i + 1] & (_COMMA | _STOP | _COLON):
            return True
    return False


@njit(cache=True, nogil=True)
def _me(at, classes):  # type: ignore[no-untyped-def]
    """Whether "ich" stands before a verb: "habe" is then no Konjunktiv."""
    for i in range(at):
        if classes[i] & ME:
            return True
    return False


@njit(cache=True, nogil=True)
def _marker(count, words, classes, lengths, han, mood):  # type: ignore[no-untyped-def]
    """The word that says that somebody else speaks: its place, its kind, and if it is strong."""
    inside, before, case = words[3], words[4], words[5]
    first = -1
    kind = NO_MARKER
    for i in range(count):
        found = classes[i]
        if not found & (SAY | THINK | SOURCE | MOOD | PARTED):
            continue
        if i > 0 and case[i] and not found & SOURCE and not before[i] & (_COLON | _STOP):
            continue  # a name or a heading
        if not _foreign(i, count, classes, inside):
            continue
        if found & SOURCE:
            if first < 0 or kind == BY_MOOD:
                first, kind = i, BY_SOURCE
        elif found & SAY or (
            found & THINK
            and _clause_follows(i, count, words, classes, lengths, han)
            or found & PARTED
            and _particle_follows(i, count, words, classes)
        ):
            if kind != BY_VERB:
                first, kind = i, BY_VERB
        elif (
            found & MOOD and mood and first < 0 and (not case[i] or i == 0) and not _me(i, classes)
        ):
            first, kind = i, BY_MOOD
    return first, kind


@njit(cache=True, nogil=True)
def _quoted(start, end, count, words, spans, said, kinds, codes, marker):  # type: ignore[no-untyped-def]
    """Whether what stands in quotation marks makes the sentence direct speech."""
    starts, stops, hashes, inside, before, case = words
    span_start, span_stop = spans
    within = without = longest = run = 0
    last = -1
    crosses = colon = fragment = False
    for i in range(count):
        han = stops[i] - starts[i] == 1 and kinds[min(codes[starts[i]], BMP - 1)] == HAN_LETTER
        unit = 1 if han else 2
        if inside[i] < 0:
            without += unit
            continue
        within += unit
        if inside[i] != last:
            last = inside[i]
            run = 0
            crosses = crosses or span_start[last] < start or span_stop[last] > end
            colon = colon or before[i] & _COLON > 0
            fragment = fragment or (not han and not case[i] and 0 <= marker < i)
        run += unit
        longest = max(longest, run)
    if within == 0:
        return False
    total = within + without
    if without <= 2 and (longest >= 6 or crosses):
        return True
    if longest < _SPEECH:
        return False
    if colon and within * 10 >= total * 3:
        return True
    if fragment and not crosses and within * 10 < total * 8:
        return False  # the reporting sentence borrows some words
    if within * 2 >= total:
        return True
    return said and longest >= 12 and within * 10 >= total * 4


@njit(cache=True, nogil=True)
def _ends_in_colon(codes, kinds, end):  # type: ignore[no-untyped-def]
    at = end - 1
    return kinds[min(codes[at], BMP - 1)] == COLON


@njit(cache=True, nogil=True)
def _opens_readout(marker, kind, words, lengths):  # type: ignore[no-untyped-def]
    """Whether a Chinese sentence begins "X said," so that what follows may still be X's."""
    before = words[4]
    if kind != BY_VERB or marker > 36:
        return False
    for i in range(marker + 1):
        if before[i] & (_OPEN | _MARK):
            return False
    return before[marker + lengths[marker]] & _COMMA > 0


@njit(cache=True, nogil=True)
def _reads_out(count, classes, inside, onward, readout, near, broken, codes, end):  # type: ignore[no-untyped-def]
    """Whether a Chinese sentence without a verb of saying is part of the report of a talk."""
    if broken == 2 or count == 0 or inside[0] >= 0:
        return False
    if classes[0] & MUST and near:
        return True
    for i in range(count):
        if classes[i] & READOUT and inside[i] < 0:
            return True
    if not readout or onward:
        return readout
    told = _has(count, classes, NARRATE) and not _has(count, classes, HEARER)
    return broken == 0 and not told and not _asks(codes, end)


@njit(cache=True, nogil=True)
def _asks(codes, end):  # type: ignore[no-untyped-def]
    return codes[end - 1] == 0x3F or codes[end - 1] == 0xFF1F


@njit(cache=True, nogil=True)
def _has(count, classes, wanted):  # type: ignore[no-untyped-def]
    for i in range(count):
        if classes[i] & wanted:
            return True
    return False


@njit(cache=True, nogil=True)
def _line_between(codes, kinds, start, end):  # type: ignore[no-untyped-def]
    """1 for a line break before this sentence, 2 for a list's bullet, else 0."""
    broken = 0
    for at in range(start, end):
        kind = kinds[min(codes[at], BMP - 1)]
        if kind == LINE:
            broken = max(broken, 1)
        elif kind == BULLET or kind == DASH:
            broken = 2
    return broken


@njit(cache=True, nogil=True)
def _after_dash(codes, kinds, firsts, ends, s):  # type: ignore[no-untyped-def]
    """The sentence of this paragraph that a dash opens as direct speech, -1 if none does."""
    for back in range(s, max(-1, s - 8), -1):
        if kinds[min(codes[firsts[back]], BMP - 1)] == DASH:
            return back
        before = ends[back - 1] if back else 0
        for at in range(before, firsts[back]):
            kind = kinds[min(codes[at], BMP - 1)]
            if kind == DASH:
                return back
            if kind == LINE:
                return -1
    return -1


@njit(cache=True, nogil=True)
def _talk(labels, certain):  # type: ignore[no-untyped-def]
    """Which labels are those of a transcript: certain ones, and those that two parties repeat."""
    count = len(labels)
    repeated = np.zeros(count, dtype=np.bool_)
    parties = 0
    for i in range(count):
        for j in range(max(0, i - _NEAR), min(count, i + _NEAR)):
            if i != j and labels[i] == labels[j]:
                repeated[i] = True
        first = True
        for j in range(max(0, i - _NEAR), i):
            first = first and labels[i] != labels[j]
        if repeated[i] and first:
            parties += 1
    for i in range(count):
        repeated[i] = certain[i] or (repeated[i] and parties >= 2)
    return repeated


@njit(cache=True, nogil=True)
def hear(codes, firsts, ends, kinds, folds, keys, values, han, mood, voices, markers, spans_of):  # type: ignore[no-untyped-def]
    """Enter the voice of every sentence, what told it, and the quotation it lies in.

    ``markers`` has a row a sentence: kind, first and last code point of the word that told;
    for a sentence under a label the label's.
    Returns the quotations as two arrays.
    """
    n_marks = 2
    for code in codes:
        n_marks += code < BMP and kinds[code] == MARK
    span_start = np.empty(n_marks, dtype=np.int64)
    span_stop = np.empty(n_marks, dtype=np.int64)
    n_spans = quotations(codes, kinds, firsts, ends, span_start, span_stop)
    spans = span_start[:n_spans], span_stop[:n_spans]
    words = (
        np.empty(_ROOM, dtype=np.int64), np.empty(_ROOM, dtype=np.int64),
        np.empty(_ROOM, dtype=np.uint64), np.empty(_ROOM, dtype=np.int64),
        np.empty(_ROOM, dtype=np.uint8), np.empty(_ROOM, dtype=np.uint8),
    )  # fmt: skip
    classes = np.empty(_ROOM, dtype=np.int32)
    lengths = np.empty(_ROOM, dtype=np.int32)
    count_all = len(firsts)
    labels = np.zeros(count_all, dtype=np.uint64)
    certain = np.zeros(count_all, dtype=np.bool_)
    label_stops = np.zeros(count_all, dtype=np.int64)
    persons = np.zeros(count_all, dtype=np.bool_)  # whether a label names somebody
    last_words = np.zeros(count_all, dtype=np.uint64)
    speakers = np.zeros((count_all, 4), dtype=np.uint64)  # the words around the verbs
    first_span = 0
    readout = False  # a Chinese readout goes on
    block = 0  # sentences that a colon before them still introduces
    last_end = 0
    last_said = 0  # the last sentence with a verb of saying
    for s in range(count_all):
        start, end = firsts[s], ends[s]
        while first_span < n_spans and span_stop[first_span] <= start:
            first_span += 1
        count = _read(codes, start, end, kinds, folds, spans, first_span, words)
        _class_words(count, words[2], keys, values, classes, lengths)
        broken = _line_between(codes, kinds, last_end, min(start + 1, end))
        last_end = end
        stop, labels[s], certain[s] = _label(codes, kinds, count, words, classes, lengths)
        if stop:
            label_stops[s] = words[1][stop - 1]
            persons[s] = _has(stop, classes, TITLE)
            last_words[s] = words[2][stop - 1]
        marker, kind = _marker(count, words, classes, lengths, han, mood)
        spans_of[s] = -1
        for i in range(count):
            if words[3][i] >= 0:
                spans_of[s] = words[3][i]
                break
        markers[s, 0] = kind
        if marker >= 0:
            for i in range(4):
                near = marker + (-2, -1, 1, 2)[i]
                if 0 <= near < count:
                    speakers[s, i] = words[2][near]
            markers[s, 1] = words[0][marker]
            markers[s, 2] = words[1][marker + lengths[marker] - 1]
        begun = block < _BLOCK and broken > 0  # a paragraph of it has ended
        if block and (begun or broken == 2 or marker >= 0 and kind != BY_MOOD):
            block = 0
        said = kind == BY_VERB or kind == BY_SOURCE
        spoken = kind == BY_VERB and spans_of[s] < 0 and words[4][marker] & _DASH > 0 and (
            words[4][marker] & (_COMMA | _STOP) > 0
        )  # fmt: skip
        dashed = _after_dash(codes, kinds, firsts, ends, s) if spoken else -1
        if dashed >= 0:
            voices[dashed:s] = QUOTED
        onward = han and count > 0 and classes[0] & (ONWARD | MUST) > 0
        if dashed >= 0 or (
            spans_of[s] >= 0
            and _quoted(start, end, count, words, spans, said, kinds, codes, marker)
        ):
            voices[s] = QUOTED
            readout = False
            block = 0
        elif said and count <= _INTRODUCTION and _ends_in_colon(codes, kinds, end):
            voices[s] = AUTHOR  # "Wang added:" tells only that something follows
        elif marker >= 0:
            voices[s] = REPORTED
            readout = han and (readout and onward or _opens_readout(marker, kind, words, lengths))
        elif block and spans_of[s] < 0:
            voices[s] = QUOTED
            markers[s, 0] = GOING_ON
            block -= 1
        elif han and _reads_out(
            count,
            classes,
            words[3],
            onward,
            readout,
            s - last_said <= _NEAR_SPEECH,
            broken,
            codes,
            end,
        ):
            voices[s] = REPORTED
            markers[s, 0] = GOING_ON
            readout = True
        else:
            voices[s] = AUTHOR
            readout = False
        if said:
            last_said = s
        if said and _ends_in_colon(codes, kinds, end):
            block = _BLOCK
    for s in range(count_all):
        if label_stops[s] and not persons[s]:
            persons[s] = np.any(speakers == last_words[s])
    talk = _talk_through(labels, certain, persons, label_stops, firsts, voices, markers)
    return spans[0], spans[1], talk


@njit(cache=True, nogil=True)
def _talk_through(labels, certain, persons, label_stops, firsts, voices, markers):  # type: ignore[no-untyped-def]
    """What stands under a transcript's labels is quoted; a lone label reports its sentence."""
    found = np.flatnonzero(label_stops)
    of_talk = _talk(labels[found], certain[found])
    talking = -1
    at = 0
    for s in range(len(firsts)):
        if at < len(found) and found[at] == s:
            if of_talk[at]:
                talking = s
            elif voices[s] == AUTHOR and talking < 0 and persons[s]:
                voices[s] = REPORTED
                markers[s, 0], markers[s, 1], markers[s, 2] = BY_LABEL, firsts[s], label_stops[s]
            at += 1
        if talking >= 0:
            voices[s] = QUOTED
            markers[s, 0] = BY_LABEL
            markers[s, 1], markers[s, 2] = firsts[talking], label_stops[talking]
    return talking >= 0
