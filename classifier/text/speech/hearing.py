"""Whose words every sentence of an article gives: the compiled pass.

Each character is looked at twice: once for quotation marks, once to hash the words of its
sentence. The words of interest (``speech.toml``) then decide, sentence by sentence, with what
the sentences before left open: a transcript's speaker, a statement introduced by a colon, a
readout that goes on in indirect speech.
"""

from __future__ import annotations

import numpy as np

from classifier.text.compiled import compiled, lean
from classifier.text.speech.quotation import (
    BMP,
    BULLET,
    COLON,
    DASH,
    HAN_LETTER,
    LINE,
    MARK,
    quotations,
)
from classifier.text.speech.readout import opens_readout, reads_out
from classifier.text.speech.reporting import find_marker
from classifier.text.speech.speech_words import (
    MUST,
    ONWARD,
    TITLE,
)
from classifier.text.speech.spoken_words import (
    AUTHOR,
    BY_MOOD,
    BY_SOURCE,
    BY_VERB,
    GOING_ON,
    HAS_COLON,
    HAS_COMMA,
    HAS_DASH,
    HAS_STOP,
    QUOTED,
    REPORTED,
    ROOM,
    class_words,
    has_class,
    read_words,
    room_for_words,
)
from classifier.text.speech.transcript import find_label, talk_through

_SPEECH = 8  # units (a word counts two, a Chinese character one) that make a quotation speech
_INTRODUCTION = 12  # words of a sentence that only introduces what follows its colon
_NEAR_SPEECH = 8  # sentences after a verb of saying in which a Chinese order is reported
_BLOCK = 4  # sentences that a colon may introduce


@lean
def _quoted(start, end, count, words, spans, said, kinds, codes, marker):  # type: ignore[no-untyped-def]
    """Whether what stands in quotation marks makes the sentence direct speech."""
    starts, stops, _, inside, before, case = words
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
            colon = colon or before[i] & HAS_COLON > 0
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


@lean
def _ends_in_colon(codes, kinds, end):  # type: ignore[no-untyped-def]
    at = end - 1
    return kinds[min(codes[at], BMP - 1)] == COLON


@lean
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


@lean
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


@compiled
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
    words = room_for_words()
    classes = np.empty(ROOM, dtype=np.int32)
    lengths = np.empty(ROOM, dtype=np.int32)
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
        count = read_words(codes, start, end, kinds, folds, spans, first_span, words)
        class_words(count, words[2], keys, values, classes, lengths)
        broken = _line_between(codes, kinds, last_end, min(start + 1, end))
        last_end = end
        stop, labels[s], certain[s] = find_label(codes, kinds, count, words, classes, lengths)
        if stop:
            label_stops[s] = words[1][stop - 1]
            persons[s] = has_class(stop, classes, TITLE)
            last_words[s] = words[2][stop - 1]
        marker, kind = find_marker(count, words, classes, lengths, han, mood)
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
        if block and (begun or broken == 2 or (marker >= 0 and kind != BY_MOOD)):
            block = 0
        said = kind == BY_VERB or kind == BY_SOURCE
        spoken = kind == BY_VERB and spans_of[s] < 0 and words[4][marker] & HAS_DASH > 0 and (
            words[4][marker] & (HAS_COMMA | HAS_STOP) > 0
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
            readout = han and ((readout and onward) or opens_readout(marker, kind, words, lengths))
        elif block and spans_of[s] < 0:
            voices[s] = QUOTED
            markers[s, 0] = GOING_ON
            block -= 1
        elif han and reads_out(
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
    talk_through(labels, certain, persons, label_stops, firsts, voices, markers)
    return spans
