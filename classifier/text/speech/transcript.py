"""Transcripts: labels such as "Q:", "MS. BRUNO:" or "问：", and what stands under them."""

from __future__ import annotations

import numpy as np

from classifier.text.compiled import compiled, lean
from classifier.text.speech.quotation import BMP, COLON, LETTER
from classifier.text.speech.speech_words import FNV_PRIME, FNV_START, LABEL, TITLE
from classifier.text.speech.spoken_words import (
    AUTHOR,
    BY_LABEL,
    CAPITALS,
    HAS_COLON,
    HAS_COMMA,
    HAS_MARK,
    HAS_OPENING,
    HAS_STOP,
    QUOTED,
    REPORTED,
)

_LONGEST_LABEL = 60
_NEAR = 64  # labels before and behind that a label is compared with
_Q = np.uint64((FNV_START ^ ord("q")) * FNV_PRIME & (1 << 64) - 1)


@lean
def find_label(codes, kinds, count, words, classes, lengths):  # type: ignore[no-untyped-def]
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
        all_capitals = all_capitals and case[last] & CAPITALS > 0
        titled = titled or classes[last] & TITLE > 0
        small = small or (not case[last] and stops[last] - starts[last] > 3)
        if before[i] & HAS_COLON:
            colon = stops[last]
            while kinds[min(codes[colon], BMP - 1)] != COLON:
                colon += 1
            after = codes[colon + 1] if colon + 1 < len(codes) else np.uint32(32)
            digit = codes[starts[0]] < 58 and codes[starts[0]] > 47
            clings = codes[colon] == 58 and kinds[min(after, BMP - 1)] == LETTER
            if colon - starts[0] > _LONGEST_LABEL or digit or clings:
                return nothing
            initial = stops[0] - starts[0] == 1 and before[1] & HAS_STOP > 0 and case[0] > 0
            certain = (
                (known and (lengths[0] == i or (i <= 2 and not small)))
                or (all_capitals and i >= 2 and titled)
                or (initial and i <= 4 and not small)
            )
            return (i, value, certain) if certain or not small else nothing
        if i == count or before[i] & (HAS_COMMA | HAS_MARK | HAS_OPENING) or inside[i] >= 0:
            return nothing
        if before[i] & HAS_STOP and stops[last] - starts[last] > 3:
            return nothing
    return nothing


@compiled
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


@compiled
def talk_through(labels, certain, persons, label_stops, firsts, voices, markers):  # type: ignore[no-untyped-def]
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
