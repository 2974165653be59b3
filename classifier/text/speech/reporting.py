"""The word in a sentence that says that somebody else speaks."""

from __future__ import annotations

from classifier.text.compiled import lean
from classifier.text.speech.speech_words import (
    BARE,
    FIRST,
    ME,
    MOOD,
    PARTED,
    PARTICLE,
    SAY,
    SOURCE,
    THAT,
    THINK,
)
from classifier.text.speech.spoken_words import (
    BY_MOOD,
    BY_SOURCE,
    BY_VERB,
    HAS_COLON,
    HAS_COMMA,
    HAS_MARK,
    HAS_STOP,
    NO_MARKER,
    has_class,
)

_LAST_WORDS = 2  # words behind a verb that ends its sentence


@lean
def _foreign(at, count, classes, inside):  # type: ignore[no-untyped-def]
    """Whether a verb is somebody else's: not "I said", and outside quotation marks."""
    if inside[at] >= 0:
        return False
    if (at > 0 and classes[at - 1] & FIRST) or (at > 1 and classes[at - 2] & FIRST):
        return False
    return not (at + 1 < count and classes[at + 1] & FIRST)


@lean
def _clause_follows(at, count, words, classes, lengths, han):  # type: ignore[no-untyped-def]
    """Whether the content of a verb follows it: a "that", or in Chinese a comma or colon."""
    before = words[4]
    behind = at + lengths[at]
    if han:
        return before[behind] & (HAS_COMMA | HAS_COLON | HAS_MARK) > 0
    if at > 0 and classes[at - 1] & BARE:
        return False
    if at > 2 and before[at] & (HAS_COMMA | HAS_MARK) and count - behind <= 8:
        return True  # ", suggested the minister."
    for i in range(behind, min(behind + 6, count)):
        if classes[i] & THAT:
            return True
        if before[i] & (HAS_STOP | HAS_COLON):
            return False
    return False


@lean
def _particle_follows(at, count, words, classes):  # type: ignore[no-untyped-def]
    """Whether the second part of a German verb ends the clause: "wies den Vorwurf zurück"."""
    before = words[4]
    for i in range(at + 1, min(at + 24, count)):
        if classes[i] & PARTICLE and before[i + 1] & (HAS_COMMA | HAS_STOP | HAS_COLON):
            return True
    return False


@lean
def find_marker(count, words, classes, lengths, han, mood):  # type: ignore[no-untyped-def]
    """The word that says that somebody else speaks: its place, its kind, and if it is strong."""
    inside, before, case = words[3], words[4], words[5]
    first = -1
    kind = NO_MARKER
    for i in range(count):
        found = classes[i]
        if not found & (SAY | THINK | SOURCE | MOOD | PARTED):
            continue
        if i > 0 and case[i] and not found & SOURCE and not before[i] & (HAS_COLON | HAS_STOP):
            continue  # a name or a heading
        if not _foreign(i, count, classes, inside):
            continue
        if found & SOURCE:
            if first < 0 or kind == BY_MOOD:
                first, kind = i, BY_SOURCE
        elif found & SAY or (
            (found & THINK and _clause_follows(i, count, words, classes, lengths, han))
            or (found & PARTED and _particle_follows(i, count, words, classes))
        ):
            ends = found & SAY and count - i - lengths[i] <= _LAST_WORDS and not han
            if kind != BY_VERB or ends:  # ", Ada said." rules over verbs before it
                first, kind = i, BY_VERB
        elif (
            found & MOOD
            and mood
            and first < 0
            and (not case[i] or i == 0)
            and not has_class(i, classes, ME)
        ):
            first, kind = i, BY_MOOD
    return first, kind
